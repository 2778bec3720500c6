//! What each row and its neighbours should keep: a sum of squares over them, as a small matrix.

use faer::{Mat, Side};
use n2d_core::{FitContext, FitError, PartConfig, Progress};
use rayon::prelude::*;

use super::config::{LocallyLinearEmbeddingConfig, Method};
use super::weights::{apart, barycenter, gram};
use crate::error::ManifoldError;
use crate::training::TrainingRows;

/// Rows between two looks at the cancel token.
const ROWS_A_STEP: usize = 4096;
/// Reflections shorter than this are none (scikit-learn's `modified_tol`).
const NO_REFLECTION: f64 = 1e-12;
/// By how much the weights of the modified method are kept small, relative to all variances (the paper's value).
const REGULARISATION: f64 = 1e-3;

/// The small matrix of each row, over its neighbours and, last, the row itself.
pub(super) fn blocks(
    config: &LocallyLinearEmbeddingConfig,
    training: &TrainingRows,
    neighbors: &[Vec<u32>],
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Vec<f64>>, FitError> {
    match config.method {
        Method::Standard => in_steps(neighbors.len(), ctx, |row| {
            let others = others(training, &neighbors[row]);
            let weights = barycenter(training.row(row), &others, config.reg);
            let ways: Vec<f64> = weights.iter().map(|w| -w).chain([1.0]).collect();
            Ok(squared(&ways, 1))
        }),
        Method::Modified => modified(config.n_components, training, neighbors, ctx),
    }
}

fn others<'a>(training: &'a TrainingRows, neighbors: &[u32]) -> Vec<&'a [f32]> {
    neighbors.iter().map(|&row| training.row(row as usize)).collect()
}

fn in_steps<T: Send>(
    n: usize,
    ctx: &mut FitContext<'_>,
    of: impl Fn(usize) -> Result<T, FitError> + Sync + Send,
) -> Result<Vec<T>, FitError> {
    let mut all = Vec::with_capacity(n);
    for first in (0..n).step_by(ROWS_A_STEP) {
        let rows = first..n.min(first + ROWS_A_STEP);
        let end = rows.end;
        all.extend(
            rows.into_par_iter()
                .map(&of)
                .collect::<Result<Vec<T>, FitError>>()?,
        );
        ctx.step(Progress::new("weights", end, n))?;
    }
    Ok(all)
}

/// `A A^T` for as many columns, the matrix given row after row.
fn squared(a: &[f64], n_columns: usize) -> Vec<f64> {
    let n = a.len() / n_columns;
    let row = |i: usize| &a[i * n_columns..][..n_columns];
    let product = |at: usize| row(at / n).iter().zip(row(at % n)).map(|(a, b)| a * b).sum();
    (0..n * n).map(product).collect()
}

/// The principal axes of a row's neighbours around it.
struct Axes {
    /// Variances, descending; as many as there can be directions.
    variances: Vec<f64>,
    /// As columns, those without variance too.
    vectors: Mat<f64>,
}

impl Axes {
    fn of(row: &[f32], others: &[&[f32]]) -> Result<Self, FitError> {
        let k = others.len();
        let gram = gram(&apart(row, others), k);
        let gram = Mat::from_fn(k, k, |i, j| gram[i * k + j]);
        let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|_| {
            let reason = "the axes of some row's neighbours could not be computed";
            ManifoldError::NoEigenvectors { reason }.of(LocallyLinearEmbeddingConfig::NAME)
        })?;
        let values = eigen.S().column_vector();
        let n_directions = k.min(row.len());
        Ok(Self {
            variances: (0..n_directions).map(|i| values[k - 1 - i].max(0.0)).collect(),
            vectors: Mat::from_fn(k, k, |i, j| eigen.U()[(i, k - 1 - j)]),
        })
    }

    /// What lies outside the first directions, as a part of what lies in them.
    fn outside(&self, n_components: usize) -> f64 {
        let n = n_components.min(self.variances.len());
        let inside: f64 = self.variances[..n].iter().sum();
        let outside: f64 = self.variances[n..].iter().sum();
        if inside > 0.0 { outside / inside } else { 0.0 }
    }

    /// How many of the last axes hardly matter, by what usually lies outside; at least one.
    fn n_negligible(&self, usual: f64) -> usize {
        let total: f64 = self.variances.iter().sum();
        let mut inside = 0.0;
        let negligible = self.variances[..self.variances.len() - 1].iter().filter(|&&v| {
            inside += v;
            inside > 0.0 && total / inside - 1.0 < usual
        });
        let n = negligible.count() + self.vectors.nrows() - self.variances.len();
        n.max(1)
    }

    /// The weights that fit best, kept small.
    fn weights(&self) -> Vec<f64> {
        let k = self.vectors.nrows();
        let reg = REGULARISATION * self.variances.iter().sum::<f64>();
        if reg == 0.0 {
            return vec![1.0 / k as f64; k];
        }
        let mut weights = vec![0.0; k];
        for j in 0..k {
            let along: f64 = (0..k).map(|i| self.vectors[(i, j)]).sum();
            let share = along / (self.variances.get(j).copied().unwrap_or(0.0) + reg);
            weights
                .iter_mut()
                .enumerate()
                .for_each(|(i, w)| *w += share * self.vectors[(i, j)]);
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        weights
    }
}

fn modified(
    n_components: usize,
    training: &TrainingRows,
    neighbors: &[Vec<u32>],
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Vec<f64>>, FitError> {
    let axes = in_steps(neighbors.len(), ctx, |row| {
        Axes::of(training.row(row), &others(training, &neighbors[row]))
    })?;
    let mut outside: Vec<f64> = axes.iter().map(|axes| axes.outside(n_components)).collect();
    outside.sort_by(f64::total_cmp);
    let half = outside.len() / 2;
    let usual = if outside.len() % 2 == 1 {
        outside[half]
    } else {
        0.5 * (outside[half - 1] + outside[half])
    };
    Ok(axes
        .par_iter()
        .map(|axes| many_ways(axes, axes.n_negligible(usual)))
        .collect())
}

/// The small matrix of a row that is made of its neighbours in `s` ways: the best weights with each of the axes that hardly
/// matter, turned by a reflection so that the weights of each way are one in all.
fn many_ways(axes: &Axes, s: usize) -> Vec<f64> {
    let k = axes.vectors.nrows();
    let axis = |i: usize, j: usize| axes.vectors[(i, k - s + j)];
    let sums: Vec<f64> = (0..s).map(|j| (0..k).map(|i| axis(i, j)).sum()).collect();
    let alpha = sums.iter().map(|v| v * v).sum::<f64>().sqrt() / (s as f64).sqrt();
    let mut h: Vec<f64> = sums.iter().map(|sum| alpha - sum).collect();
    let length = h.iter().map(|v| v * v).sum::<f64>().sqrt();
    let scale = if length < NO_REFLECTION { 0.0 } else { 1.0 / length };
    h.iter_mut().for_each(|v| *v *= scale);
    let weights = axes.weights();
    let mut ways = Vec::with_capacity((k + 1) * s);
    for (i, weight) in weights.iter().enumerate() {
        let along: f64 = h.iter().enumerate().map(|(j, h)| axis(i, j) * h).sum();
        ways.extend((0..s).map(|j| -(axis(i, j) - 2.0 * along * h[j] + (1.0 - alpha) * weight)));
    }
    ways.extend(std::iter::repeat_n(1.0, s));
    squared(&ways, s)
}
