//! Principal components, for a start.

use faer::{Mat, Side};
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError, Samples};
use rand::RngExt;
use rayon::prelude::*;

/// Directions more than asked for, which make those that are converge sooner (Halko, Martinsson and Tropp 2011).
const EXTRA: usize = 10;
/// Ends when no variance changes by more than this part of the largest, or after so many rounds.
const TOLERANCE: f64 = 1e-9;
const MAX_ROUNDS: usize = 200;
/// Rows a task, and tasks whose sums are held at once.
const ROWS: usize = 1024;
const TASKS: usize = 16;

/// The projections of rows on the directions of their greatest variance, `(n, n_components)` values. Directions that are
/// none, behind the last of the data, give 0.
pub(super) fn principal_components(
    x: Samples<'_>,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Vec<f32>, FitError> {
    let d = x.n_features();
    let m = (n_components + EXTRA).min(d);
    let rows = Centred::new(x);
    let random = Mat::from_fn(d, m, |_, _| rng.random_range(-1.0..1.0));
    let mut basis = orthonormalised(&random);
    let mut variances = vec![0.0; m];
    for _ in 0..MAX_ROUNDS {
        let image = rows.scattered(&basis, ctx)?;
        let before = std::mem::take(&mut variances);
        (variances, basis) = rotated(&basis, &image);
        let changed = variances.iter().zip(&before).map(|(a, b)| (a - b).abs());
        if changed.fold(0.0, f64::max) <= TOLERANCE * variances[0] {
            break;
        }
    }
    Ok(rows.projected(&basis, n_components))
}

/// Rows less their mean.
struct Centred<'a> {
    x: Samples<'a>,
    mean: Vec<f64>,
    /// What makes the largest difference from the mean about one, so that no square overflows or vanishes.
    scale: f64,
}

impl<'a> Centred<'a> {
    fn new(x: Samples<'a>) -> Self {
        let mut mean = vec![0.0; x.n_features()];
        for row in x.rows() {
            mean.iter_mut()
                .zip(row)
                .for_each(|(sum, &v)| *sum += f64::from(v));
        }
        mean.iter_mut().for_each(|sum| *sum /= x.n_samples() as f64);
        let apart = x.rows().flat_map(|row| row.iter().zip(&mean));
        let largest = apart
            .map(|(&v, mean)| (f64::from(v) - mean).abs())
            .fold(0.0, f64::max);
        Self {
            x,
            mean,
            scale: if largest > 0.0 { largest.recip() } else { 1.0 },
        }
    }

    /// One row's products with the columns of `basis`, which is given row by row.
    fn products(&self, row: &[f32], basis: &[f64], products: &mut [f64]) {
        products.fill(0.0);
        let m = products.len();
        for ((&v, mean), basis) in row.iter().zip(&self.mean).zip(basis.chunks_exact(m)) {
            let v = (f64::from(v) - mean) * self.scale;
            products.iter_mut().zip(basis).for_each(|(sum, b)| *sum += v * b);
        }
    }

    /// The scatter matrix times a basis.
    fn scattered(&self, basis: &Mat<f64>, ctx: &FitContext<'_>) -> Result<Mat<f64>, FitError> {
        let (d, m) = (basis.nrows(), basis.ncols());
        let basis = row_major(basis);
        let mut sums = vec![0.0; d * m];
        for values in self.x.as_slice().chunks(ROWS * TASKS * d) {
            ctx.check_cancelled()?;
            let of_task = |values: &[f32]| {
                let (mut sums, mut products) = (vec![0.0; d * m], vec![0.0; m]);
                for row in values.chunks_exact(d) {
                    self.products(row, &basis, &mut products);
                    for ((&v, mean), sums) in row.iter().zip(&self.mean).zip(sums.chunks_exact_mut(m)) {
                        let v = (f64::from(v) - mean) * self.scale;
                        sums.iter_mut().zip(&products).for_each(|(sum, p)| *sum += v * p);
                    }
                }
                sums
            };
            let partials: Vec<Vec<f64>> = values.par_chunks(ROWS * d).map(of_task).collect();
            for partial in partials {
                sums.iter_mut().zip(partial).for_each(|(sum, part)| *sum += part);
            }
        }
        Ok(Mat::from_fn(d, m, |row, column| sums[row * m + column]))
    }

    /// The products of all rows with the first `n` columns of a basis.
    fn projected(&self, basis: &Mat<f64>, n: usize) -> Vec<f32> {
        let (d, m) = (basis.nrows(), basis.ncols());
        let basis = row_major(basis);
        let mut projected = vec![0.0; self.x.n_samples() * n];
        projected
            .par_chunks_mut(ROWS * n)
            .zip(self.x.as_slice().par_chunks(ROWS * d))
            .for_each(|(projected, rows)| {
                let mut products = vec![0.0; m];
                for (projected, row) in projected.chunks_exact_mut(n).zip(rows.chunks_exact(d)) {
                    self.products(row, &basis, &mut products);
                    projected
                        .iter_mut()
                        .zip(&products)
                        .for_each(|(to, &p)| *to = p as f32);
                }
            });
        projected
    }
}

fn row_major(matrix: &Mat<f64>) -> Vec<f64> {
    let columns = matrix.ncols();
    (0..matrix.nrows() * columns)
        .map(|at| matrix[(at / columns, at % columns)])
        .collect()
}

fn orthonormalised(matrix: &Mat<f64>) -> Mat<f64> {
    matrix.qr().compute_thin_Q()
}

/// The variances along the best directions within a basis, descending, and these directions after one more step towards
/// those of the whole; `image` is the scatter matrix times the basis.
fn rotated(basis: &Mat<f64>, image: &Mat<f64>) -> (Vec<f64>, Mat<f64>) {
    let m = basis.ncols();
    let within = basis.transpose() * image;
    let symmetric = Mat::from_fn(m, m, |i, j| (within[(i, j)] + within[(j, i)]) / 2.0);
    let Ok(eigen) = symmetric.self_adjoint_eigen(Side::Lower) else {
        // A finite symmetric matrix always has eigenvectors.
        return (vec![0.0; m], basis.clone());
    };
    let values = eigen.S().column_vector();
    let descending = (0..m).rev().map(|i| values[i]).collect();
    let turn = Mat::from_fn(m, m, |row, column| eigen.U()[(row, m - 1 - column)]);
    (descending, orthonormalised(&(image * &turn)))
}
