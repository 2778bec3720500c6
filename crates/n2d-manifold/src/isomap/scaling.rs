//! Classical scaling: places whose distances are as given, as nearly as so many dimensions can.

use n2d_core::{FitContext, FitError};
use n2d_neighbors::{EigenOptions, SymmetricOperator, largest_eigenpairs};
use rayon::prelude::*;

use crate::numbers::fix_sign;

/// Residual of the eigenvectors, relative to the length of the whole matrix, and the most products for it.
const TOLERANCE: f64 = 1e-7;
const MAX_PRODUCTS: usize = 1000;
/// Residual relative to the least eigenvalue, where that is so small that the other would leave its vector open.
const RELATIVE_TOLERANCE: f64 = 1e-3;
/// An eigenvalue of at most this part of the largest, over the root of the number of rows, is rounding: distances are in single precision, and
/// what that errs in each of `n^2` makes eigenvalues that grow as the root of `n`, where those of directions grow as `n`.
const ROUNDING: f64 = 1e-6;
/// Rows a task.
const ROWS: usize = 64;

/// Directions in the space of the doubly centred matrix `-J D^2 J / 2`, with positive eigenvalues, descending.
pub(super) struct Directions {
    pub(super) values: Vec<f64>,
    /// Of unit length.
    pub(super) vectors: Vec<Vec<f64>>,
    /// The mean squared distance from each row.
    pub(super) means: Vec<f64>,
    /// The sum of the squares of the matrix.
    pub(super) squares: f64,
    pub(super) note: Option<String>,
}

/// `-J D^2 J / 2`, from distances; of length one, so that tolerances have a meaning.
struct Centred<'a> {
    distances: &'a [f32],
    means: Vec<f64>,
    mean: f64,
    scale: f64,
}

impl<'a> Centred<'a> {
    fn new(distances: &'a [f32], n: usize) -> Self {
        let of_row = |row: &[f32]| row.iter().map(|&d| f64::from(d).powi(2)).sum::<f64>() / n as f64;
        let means: Vec<f64> = distances.par_chunks(n).with_min_len(ROWS).map(of_row).collect();
        let mean = means.iter().sum::<f64>() / n as f64;
        Self {
            distances,
            means,
            mean,
            scale: 1.0,
        }
    }

    fn squares(&self) -> f64 {
        let n = self.dim();
        let of_row = |(row, distances): (usize, &[f32])| -> f64 {
            let entry = |(&d, mean): (&f32, &f64)| {
                let entry = -0.5 * (f64::from(d).powi(2) - mean - self.means[row] + self.mean);
                entry * entry
            };
            distances.iter().zip(&self.means).map(entry).sum()
        };
        let rows = self.distances.par_chunks(n).enumerate().with_min_len(ROWS);
        rows.map(of_row).collect::<Vec<f64>>().iter().sum()
    }
}

impl SymmetricOperator for Centred<'_> {
    fn dim(&self) -> usize {
        self.means.len()
    }

    /// For a vector that is orthogonal to the constant one, as all are here; the result is made so again by the solver.
    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let n = self.dim();
        let along: f64 = x.iter().zip(&self.means).map(|(x, mean)| x * mean).sum();
        let rows = out
            .par_iter_mut()
            .with_min_len(ROWS)
            .zip(self.distances.par_chunks(n));
        rows.for_each(|(out, distances)| *out = -0.5 * self.scale * (squared_dot(distances, x) - along));
    }
}

/// The sum of `d^2 x`, in eight partial sums for vector registers.
fn squared_dot(distances: &[f32], x: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (blocks, rest) = distances.as_chunks::<8>();
    let (x_blocks, x_rest) = x.as_chunks::<8>();
    for (d, x) in blocks.iter().zip(x_blocks) {
        for lane in 0..8 {
            let d = f64::from(d[lane]);
            sums[lane] += d * d * x[lane];
        }
    }
    let rest = rest.iter().zip(x_rest).map(|(&d, x)| f64::from(d).powi(2) * x);
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

/// The first directions of `n` rows with such distances from each to all.
pub(super) fn directions(
    distances: &[f32],
    n: usize,
    n_components: usize,
    ctx: &FitContext<'_>,
) -> Result<Directions, FitError> {
    let mut matrix = Centred::new(distances, n);
    let squares = matrix.squares();
    let mut found = Directions {
        values: vec![],
        vectors: vec![],
        means: matrix.means.clone(),
        squares,
        note: None,
    };
    // Rows that are all at one place have no direction at all.
    if squares == 0.0 || n < 2 {
        return Ok(found);
    }
    matrix.scale = 1.0 / squares.sqrt();
    let solve = |tol| {
        let options = EigenOptions {
            n_pairs: n_components,
            tol,
            max_applications: MAX_PRODUCTS,
        };
        let constant = vec![1.0 / (n as f64).sqrt(); n];
        largest_eigenpairs(&matrix, constant, &options, &mut ctx.rng("isomap", 0), ctx)
    };
    let (mut pairs, mut tolerance) = (solve(TOLERANCE)?, TOLERANCE);
    let least = ROUNDING / (n as f64).sqrt() * pairs.values.first().copied().unwrap_or(0.0);
    // Groups far apart: their distance takes the first eigenvalue, and what is within them has small ones.
    let smallest = pairs.values.iter().copied().filter(|&value| value > least);
    let needed = RELATIVE_TOLERANCE * smallest.fold(f64::INFINITY, f64::min);
    if needed < tolerance {
        (pairs, tolerance) = (solve(needed)?, needed);
    }
    found.note = (pairs.residual > tolerance).then(|| {
        format!(
            "the eigenvectors are inexact: residual {:.1e} of the whole after {MAX_PRODUCTS} products",
            pairs.residual
        )
    });
    for (value, mut vector) in pairs.values.into_iter().zip(pairs.vectors) {
        if value > least {
            fix_sign(&mut vector);
            found.values.push(value / matrix.scale);
            found.vectors.push(vector);
        }
    }
    Ok(found)
}
