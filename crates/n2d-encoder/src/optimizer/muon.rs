//! Muon's step: momentum, then the nearest orthogonal matrix by Newton and Schulz.

use n2d_core::matmul::{Matrix, product_into};
use rayon::prelude::*;

use crate::tiles::Cut;

/// Of the polynomial `a X + (b A + c A^2) X` with `A = X X^T` (Jordan et al. 2024), which brings all singular values near 1.
pub(crate) const COEFFICIENTS: (f32, f32, f32) = (3.4445, -4.7750, 2.0315);
/// Rounds of it.
pub(crate) const ROUNDS: usize = 5;
/// Keeps a gradient of zeros from being divided by its length.
const TINY: f64 = 1e-7;

/// What an orthogonal matrix is multiplied by, so that its entries are as large as Adam's steps (Liu et al. 2025).
pub(crate) fn scale(n_rows: usize, n_columns: usize) -> f64 {
    0.2 * (n_rows.max(n_columns) as f64).sqrt()
}

/// One step of one rate.
pub(super) struct Step {
    pub(super) momentum: f64,
    pub(super) weight_decay: f64,
    pub(super) rate: f64,
}

impl Step {
    /// Steps a matrix of so many rows; `mean` is what is remembered.
    pub(super) fn apply(
        &self,
        values: &mut [f32],
        mean: &mut [f32],
        gradient: impl Fn(usize) -> f32,
        n_rows: usize,
    ) {
        let momentum = self.momentum as f32;
        let mut direction = vec![0.0; values.len()];
        for (at, (m, d)) in mean.iter_mut().zip(&mut direction).enumerate() {
            let g = gradient(at);
            *m = *m * momentum + g;
            *d = g + *m * momentum;
        }
        let n_columns = values.len() / n_rows;
        orthogonalize(&mut direction, n_rows, n_columns);
        let rate = (self.rate * scale(n_rows, n_columns)) as f32;
        let decay = (self.rate * self.weight_decay) as f32;
        for (value, d) in values.iter_mut().zip(&direction) {
            *value -= *value * decay + d * rate;
        }
    }
}

/// Brings the singular values of a row-major matrix near 1.
fn orthogonalize(x: &mut Vec<f32>, n_rows: usize, n_columns: usize) {
    let wide = n_rows <= n_columns;
    if !wide {
        *x = transposed(x, n_rows, n_columns);
    }
    let (rows, columns) = (n_rows.min(n_columns), n_rows.max(n_columns));
    let length = x.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt() + TINY;
    x.iter_mut().for_each(|v| *v = (f64::from(*v) / length) as f32);
    let (a, b, c) = COEFFICIENTS;
    let (mut square, mut fourth) = (vec![0.0; rows * rows], vec![0.0; rows * rows]);
    let mut next = vec![0.0; x.len()];
    for _ in 0..ROUNDS {
        let of_x = Matrix::new(x, rows, columns);
        multiply(of_x, of_x.t(), &mut square, (rows, rows));
        let of_square = Matrix::new(&square, rows, rows);
        multiply(of_square, of_square, &mut fourth, (rows, rows));
        fourth
            .iter_mut()
            .zip(&square)
            .for_each(|(f, s)| *f = b * s + c * *f);
        multiply(Matrix::new(&fourth, rows, rows), of_x, &mut next, (rows, columns));
        x.par_iter_mut().zip(&next).for_each(|(x, n)| *x = a * *x + n);
    }
    if !wide {
        *x = transposed(x, n_columns, n_rows);
    }
}

fn multiply(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32], (rows, columns): (usize, usize)) {
    Cut::of(rows, columns).for_each(out, |(rows, columns), tile| {
        product_into(a.rows(rows), b.columns(columns), tile);
    });
}

fn transposed(x: &[f32], n_rows: usize, n_columns: usize) -> Vec<f32> {
    (0..x.len())
        .map(|at| x[at % n_rows * n_columns + at / n_rows])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_values_come_near_one() {
        for (rows, columns) in [(6, 9), (9, 6), (5, 5), (1, 4), (4, 1)] {
            let mut numbers = n2d_core::rng::SplitMix64::new(1, 2, 3);
            let mut x: Vec<f32> = (0..rows * columns)
                .map(|_| numbers.below(1000) as f32 - 500.0)
                .collect();
            orthogonalize(&mut x, rows, columns);
            let wide = if rows <= columns {
                x
            } else {
                transposed(&x, rows, columns)
            };
            let (rows, columns) = (rows.min(columns), rows.max(columns));
            // The Gram matrix has the squares of the singular values as eigenvalues.
            for i in 0..rows {
                for j in 0..rows {
                    let dot: f32 = (0..columns)
                        .map(|k| wide[i * columns + k] * wide[j * columns + k])
                        .sum();
                    let expected = if i == j { 1.0 } else { 0.0 };
                    assert!(
                        (dot - expected).abs() < 0.6,
                        "{rows} x {columns}, {i}, {j}: {dot}"
                    );
                }
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let mut x = vec![0.0; 6];
        orthogonalize(&mut x, 2, 3);
        assert_eq!(x, [0.0; 6]);
    }
}
