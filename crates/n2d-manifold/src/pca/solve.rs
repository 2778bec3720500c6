//! The directions of greatest variance.

use faer::{Mat, Side};
use n2d_core::{FitContext, FitError, PartConfig, Progress, Samples};
use n2d_neighbors::{EigenOptions, SymmetricOperator, largest_eigenpairs};
use rayon::prelude::*;

use super::PcaConfig;
use crate::error::ManifoldError;
use crate::numbers::{dot, fix_sign};

/// Rows a task: sums over rows are made task by task, in order, so the number of threads changes no bit.
const ROWS: usize = 1024;
/// Tasks between two looks at the cancel token, whose sums are kept at once.
const TASKS_A_STEP: usize = 8;
/// Residual of Lanczos' pairs, relative to the total variance, and the most products for it.
const TOLERANCE: f64 = 1e-9;
const MAX_PRODUCTS: usize = 2000;

/// Directions of unit length with the variance along each, descending.
pub(super) struct Directions {
    pub(super) vectors: Vec<Vec<f64>>,
    pub(super) variances: Vec<f64>,
    pub(super) note: Option<String>,
}

/// The mean of each feature.
pub(super) fn mean(z: Samples<'_>) -> Vec<f64> {
    let sum = |rows: &[f32]| {
        let mut sum = vec![0.0; z.n_features()];
        for row in rows.chunks_exact(z.n_features()) {
            sum.iter_mut().zip(row).for_each(|(sum, &v)| *sum += f64::from(v));
        }
        sum
    };
    let mut mean = in_order(z, sum);
    mean.iter_mut().for_each(|v| *v /= z.n_samples() as f64);
    mean
}

/// The variances of all features together.
pub(super) fn total_variance(z: Samples<'_>, mean: &[f64]) -> f64 {
    let squares = |rows: &[f32]| {
        let row = |row: &[f32]| -> f64 {
            let squares = row.iter().zip(mean).map(|(&v, m)| (f64::from(v) - m).powi(2));
            squares.sum()
        };
        vec![rows.chunks_exact(z.n_features()).map(row).sum()]
    };
    in_order(z, squares)[0] / degrees_of_freedom(z)
}

/// One row has no variance, and is not divided by zero.
fn degrees_of_freedom(z: Samples<'_>) -> f64 {
    z.n_samples().saturating_sub(1).max(1) as f64
}

/// The sum over all tasks' rows, in their order.
fn in_order(z: Samples<'_>, of: impl Fn(&[f32]) -> Vec<f64> + Sync + Send) -> Vec<f64> {
    let tasks = z.as_slice().par_chunks(ROWS * z.n_features());
    let parts: Vec<Vec<f64>> = tasks.map(of).collect();
    let mut parts = parts.into_iter();
    let mut total = parts.next().expect("at least one row");
    for part in parts {
        total
            .iter_mut()
            .zip(part)
            .for_each(|(total, part)| *total += part);
    }
    total
}

/// By all directions, with a dense decomposition.
pub(super) fn exact(
    z: Samples<'_>,
    mean: &[f64],
    n: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Directions, FitError> {
    let (values, vectors) = if z.n_samples() < z.n_features() {
        by_singular_values(z, mean)
    } else {
        let covariance = covariance(z, mean, ctx)?;
        let eigen = covariance
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| unsolved())?;
        let d = z.n_features();
        let values: Vec<f64> = (0..d).rev().map(|i| eigen.S().column_vector()[i]).collect();
        Ok((
            values,
            Mat::from_fn(d, d, |row, column| eigen.U()[(row, d - 1 - column)]),
        ))
    }?;
    let vector = |column| -> Vec<f64> { (0..z.n_features()).map(|row| vectors[(row, column)]).collect() };
    Ok(Directions {
        vectors: (0..n).map(vector).map(signed).collect(),
        variances: values[..n].iter().map(|v| v.max(0.0)).collect(),
        note: None,
    })
}

fn signed(mut vector: Vec<f64>) -> Vec<f64> {
    fix_sign(&mut vector);
    vector
}

fn unsolved() -> FitError {
    let reason = "the dense decomposition did not converge";
    ManifoldError::NoEigenvectors { reason }.of(PcaConfig::NAME)
}

/// Variances and directions of fewer rows than features.
fn by_singular_values(z: Samples<'_>, mean: &[f64]) -> Result<(Vec<f64>, Mat<f64>), FitError> {
    let centred = centred(z.as_slice(), mean);
    let svd = centred.thin_svd().map_err(|_| unsolved())?;
    let variance = |i: usize| svd.S().column_vector()[i].powi(2) / degrees_of_freedom(z);
    Ok(((0..z.n_samples()).map(variance).collect(), svd.V().to_owned()))
}

fn centred(rows: &[f32], mean: &[f64]) -> Mat<f64> {
    let d = mean.len();
    Mat::from_fn(rows.len() / d, d, |row, column| {
        f64::from(rows[row * d + column]) - mean[column]
    })
}

fn covariance(z: Samples<'_>, mean: &[f64], ctx: &mut FitContext<'_>) -> Result<Mat<f64>, FitError> {
    let (n, d) = (z.n_samples(), z.n_features());
    let mut total = Mat::<f64>::zeros(d, d);
    for first in (0..n).step_by(ROWS * TASKS_A_STEP) {
        let rows = (ROWS * TASKS_A_STEP).min(n - first);
        let tasks = z.as_slice()[first * d..][..rows * d].par_chunks(ROWS * d);
        let parts: Vec<Mat<f64>> = tasks
            .map(|rows| {
                let centred = centred(rows, mean);
                centred.transpose() * &centred
            })
            .collect();
        for part in parts {
            total += part;
        }
        ctx.step(Progress::new("covariance", first + rows, n))?;
    }
    Ok(total * faer::Scale(1.0 / degrees_of_freedom(z)))
}

/// By the first directions alone.
pub(super) fn lanczos(
    z: Samples<'_>,
    mean: &[f64],
    total: f64,
    n: usize,
    ctx: &FitContext<'_>,
) -> Result<Directions, FitError> {
    // Without variance every direction is as good; and scaled by the total, no eigenvalue is above one.
    let scale = if total > 0.0 { 1.0 / total } else { 1.0 };
    let covariance = Covariance { z, mean, scale };
    let options = EigenOptions {
        n_pairs: n,
        tol: TOLERANCE,
        max_applications: MAX_PRODUCTS,
    };
    let nothing_known = vec![0.0; z.n_features()];
    let mut rng = ctx.rng("pca", 0);
    let pairs = largest_eigenpairs(&covariance, nothing_known, &options, &mut rng, ctx)?;
    let note = (pairs.residual > TOLERANCE).then(|| {
        format!(
            "the components are inexact: residual {:.1e} of the variance after {MAX_PRODUCTS} products",
            pairs.residual
        )
    });
    Ok(Directions {
        vectors: pairs.vectors.into_iter().map(signed).collect(),
        variances: pairs.values.iter().map(|v| v.max(0.0) / scale).collect(),
        note,
    })
}

/// The covariance, by products with the data alone.
struct Covariance<'z, 'a> {
    z: Samples<'z>,
    mean: &'a [f64],
    scale: f64,
}

impl SymmetricOperator for Covariance<'_, '_> {
    fn dim(&self) -> usize {
        self.z.n_features()
    }

    fn apply(&self, x: &[f64], out: &mut [f64]) {
        let scale = self.scale / degrees_of_freedom(self.z);
        let product = |rows: &[f32]| {
            let mut sum = vec![0.0; x.len()];
            let mut row = vec![0.0; x.len()];
            for values in rows.chunks_exact(x.len()) {
                let centred = values.iter().zip(self.mean).map(|(&v, m)| f64::from(v) - m);
                row.iter_mut().zip(centred).for_each(|(row, v)| *row = v);
                let along = dot(&row, x);
                sum.iter_mut().zip(&row).for_each(|(sum, v)| *sum += along * v);
            }
            sum
        };
        for (out, sum) in out.iter_mut().zip(in_order(self.z, product)) {
            *out = sum * scale;
        }
    }
}
