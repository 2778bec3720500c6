//! Counts, means and covariances of components from rows and the shares that components have in them.

use super::covariances::CovarianceType;
use super::sums::{sum_products, sum_shifts, sum_squares};
use crate::cholesky::packed_len;
use crate::chunks::{Chunk, sum_over_chunks};
use crate::lanes::{LANES, Lane};

/// Keeps the weight of a component without rows above zero, as in scikit-learn.
const LEAST_COUNT: f64 = 10.0 * f64::EPSILON;

/// Rows with shares: for each block of sixteen rows, a lane of shares for each component.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) n_features: usize,
    pub(crate) shares: &'a [Lane],
    pub(crate) n_clusters: usize,
}

/// What the shares come to.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pub(crate) kind: CovarianceType,
    pub(crate) n_features: usize,
    /// The sum of the shares of each component, and a trace more.
    pub(crate) counts: Vec<f64>,
    /// Of each component, one after the other.
    pub(crate) means: Vec<f64>,
    /// Covariances about the means, `reg_covar` included, one after the other.
    pub(crate) shapes: Vec<f64>,
}

/// The moments of rows for their shares, with `reg_covar` added to the variances.
///
/// The new means are found as shifts from `reference`, which lies near them, and the covariances in a second pass as squares
/// of differences from the new means: no large numbers cancel, however far from the origin the data lie.
pub(crate) fn moments(data: Shared<'_>, reference: &[f64], kind: CovarianceType, reg_covar: f64) -> Moments {
    let (n_features, n_clusters) = (data.n_features, data.n_clusters);
    let len = n_clusters * (n_features + 1);
    let first = sum_over_chunks(data.rows, n_features, len, |chunk, sums| {
        sum_shifts(data.of(chunk), reference, sums);
    });
    let (shifts, counts) = first.split_at(n_clusters * n_features);
    let counts: Vec<f64> = counts.iter().map(|count| count + LEAST_COUNT).collect();
    let mean = |(at, &old): (usize, &f64)| old + shifts[at] / counts[at / n_features];
    let means: Vec<f64> = reference.iter().enumerate().map(mean).collect();
    let mut shapes = square_sums(data, &means, kind);
    divide(&mut shapes, kind, n_features, &counts);
    for shape in shapes.chunks_exact_mut(kind.shape_len(n_features)) {
        kind.add_to_variances(shape, n_features, reg_covar);
    }
    Moments {
        kind,
        n_features,
        counts,
        means,
        shapes,
    }
}

/// For each shape the sum of shared squares of differences from the means.
fn square_sums(data: Shared<'_>, means: &[f64], kind: CovarianceType) -> Vec<f64> {
    let (n_features, n_clusters) = (data.n_features, data.n_clusters);
    let by_feature = |work: fn(Shared<'_>, &[f64], &mut [f64]), len: usize| {
        sum_over_chunks(data.rows, n_features, len, |chunk, sums| {
            work(data.of(chunk), means, sums);
        })
    };
    match kind {
        CovarianceType::Full => by_feature(sum_products, n_clusters * packed_len(n_features)),
        CovarianceType::Tied => by_feature(sum_products, packed_len(n_features)),
        CovarianceType::Diag => by_feature(sum_squares, n_clusters * n_features),
        CovarianceType::Spherical => {
            let sums = by_feature(sum_squares, n_clusters * n_features);
            // A ball's variance is the mean of those along the axes.
            let mean = |sums: &[f64]| sums.iter().sum::<f64>() / n_features as f64;
            sums.chunks_exact(n_features).map(mean).collect()
        }
    }
}

fn divide(shapes: &mut [f64], kind: CovarianceType, n_features: usize, counts: &[f64]) {
    let all = [counts.iter().sum()];
    let counts = if kind == CovarianceType::Tied {
        &all
    } else {
        counts
    };
    for (shape, count) in shapes.chunks_exact_mut(kind.shape_len(n_features)).zip(counts) {
        shape.iter_mut().for_each(|entry| *entry /= count);
    }
}

impl<'a> Shared<'a> {
    /// The part of the data that is in a chunk. Chunks begin with a block.
    fn of(&self, chunk: Chunk<'a>) -> Self {
        let n_blocks = (chunk.rows.len() / self.n_features).div_ceil(LANES);
        let first = chunk.first / LANES * self.n_clusters;
        Self {
            rows: chunk.rows,
            shares: &self.shares[first..][..n_blocks * self.n_clusters],
            ..*self
        }
    }
}
