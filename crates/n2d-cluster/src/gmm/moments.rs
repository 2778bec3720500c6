//! Components from rows and the shares that components have in them.

use super::parameters::Components;
use crate::cholesky::{packed_len, row_start};
use crate::chunks::{Chunk, sum_over_chunks};
use crate::lanes::{LANES, Lane, dot, load_strided, total};
use crate::multiversion::multiversion;

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

/// The components of greatest likelihood for the shares, with `reg_covar` added to the variances.
///
/// The new means are found as shifts from `reference`, the old ones, and the covariances in a second pass as squares of
/// differences from the new means: no large numbers cancel, however far from the origin the data lie.
pub(crate) fn components(data: Shared<'_>, reference: &[f64], reg_covar: f64) -> Components {
    let (n_features, n_clusters) = (data.n_features, data.n_clusters);
    let first = sum_over_chunks(
        data.rows,
        n_features,
        n_clusters * (n_features + 1),
        |chunk, sums| {
            sum_shifts(data.of(chunk), reference, sums);
        },
    );
    let (shifts, counts) = first.split_at(n_clusters * n_features);
    let counts: Vec<f64> = counts.iter().map(|count| count + LEAST_COUNT).collect();
    let mean = |(at, &old): (usize, &f64)| old + shifts[at] / counts[at / n_features];
    let means: Vec<f64> = reference.iter().enumerate().map(mean).collect();
    let len = packed_len(n_features);
    let mut covariances = sum_over_chunks(data.rows, n_features, n_clusters * len, |chunk, sums| {
        sum_squares(data.of(chunk), &means, sums);
    });
    for (covariance, count) in covariances.chunks_exact_mut(len).zip(&counts) {
        covariance.iter_mut().for_each(|entry| *entry /= count);
        (0..n_features).for_each(|i| covariance[row_start(i) + i] += reg_covar);
    }
    let total: f64 = counts.iter().sum();
    Components {
        n_features,
        weights: counts.iter().map(|count| count / total).collect(),
        means,
        covariances,
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

    #[inline(always)]
    fn strips(&self) -> impl Iterator<Item = (&'a [f32], &'a [Lane])> + use<'a> {
        self.rows
            .chunks(STRIP * LANES * self.n_features)
            .zip(self.shares.chunks(STRIP * self.n_clusters))
    }
}

/// Blocks that are summed over at once, so that the lanes of a sum are seldom brought together. Chunks are whole strips.
const STRIP: usize = 8;

/// A strip of rows, and what one component has to do with them. Features are lanes of `STRIP` blocks each.
struct Strip {
    values: Vec<Lane>,
    difference: Vec<Lane>,
    share: [Lane; STRIP],
    /// Sums whose lanes are still apart: bringing them together in a loop of its own leaves the other one wide.
    apart: Vec<Lane>,
}

impl Strip {
    fn new(n_features: usize) -> Self {
        Self {
            values: vec![[0.0; LANES]; n_features * STRIP],
            difference: vec![[0.0; LANES]; n_features * STRIP],
            share: [[0.0; LANES]; STRIP],
            apart: vec![[0.0; LANES]; n_features],
        }
    }

    #[inline(always)]
    fn load(&mut self, rows: &[f32]) {
        let size = self.values.len() / STRIP * LANES;
        for block in 0..STRIP {
            let rows = rows.get(block * size..).unwrap_or_default();
            load_strided(&rows[..rows.len().min(size)], &mut self.values[block..], STRIP);
        }
    }

    /// Takes in the shares of component `k` and the differences from a point; false where all its shares are zero.
    #[inline(always)]
    fn turn_to(&mut self, k: usize, n_clusters: usize, shares: &[Lane], point: &[f64]) -> bool {
        let mut any = [0.0; LANES];
        for (block, share) in self.share.iter_mut().enumerate() {
            *share = shares.get(block * n_clusters + k).copied().unwrap_or_default();
            for lane in 0..LANES {
                any[lane] += share[lane];
            }
        }
        // Shares are never negative.
        if any == [0.0; LANES] {
            return false;
        }
        let by_feature = self
            .difference
            .chunks_exact_mut(STRIP)
            .zip(self.values.chunks_exact(STRIP));
        for ((difference, values), &origin) in by_feature.zip(point) {
            for (difference, values) in difference.iter_mut().zip(values) {
                for lane in 0..LANES {
                    difference[lane] = values[lane] - origin;
                }
            }
        }
        true
    }

    /// The differences of a feature times the shares.
    #[inline(always)]
    fn shared(&self, feature: usize) -> [Lane; STRIP] {
        let mut shared = self.share;
        for (shared, difference) in shared.iter_mut().zip(&self.difference[feature * STRIP..]) {
            for lane in 0..LANES {
                shared[lane] *= difference[lane];
            }
        }
        shared
    }

    /// Adds to each sum that of the products of `factor` with the differences of its feature.
    #[inline(always)]
    fn add_products(&mut self, factor: &[Lane; STRIP], sums: &mut [f64]) {
        for (apart, difference) in self
            .apart
            .iter_mut()
            .zip(self.difference.chunks_exact(STRIP))
            .take(sums.len())
        {
            *apart = dot(factor, difference);
        }
        for (sum, apart) in sums.iter_mut().zip(&self.apart) {
            *sum += total(apart);
        }
    }
}

multiversion! {
    /// Sums, for each component, of shared differences from the reference, then of shares.
    fn sum_shifts(data: Shared<'_>, reference: &[f64], sums: &mut [f64]) {
        let n_features = data.n_features;
        let (shifts, counts) = sums.split_at_mut(data.n_clusters * n_features);
        let mut strip = Strip::new(n_features);
        for (rows, shares) in data.strips() {
            strip.load(rows);
            for (k, point) in reference.chunks_exact(n_features).enumerate() {
                if !strip.turn_to(k, data.n_clusters, shares, point) {
                    continue;
                }
                let share = strip.share;
                counts[k] += total(&dot(&share, &[[1.0; LANES]; STRIP]));
                strip.add_products(&share, &mut shifts[k * n_features..][..n_features]);
            }
        }
    }
}

multiversion! {
    /// Sums, for each component, of shared products of differences from its mean: a packed lower triangle.
    fn sum_squares(data: Shared<'_>, means: &[f64], sums: &mut [f64]) {
        let n_features = data.n_features;
        let mut strip = Strip::new(n_features);
        for (rows, shares) in data.strips() {
            strip.load(rows);
            let by_component = sums.chunks_exact_mut(packed_len(n_features)).zip(means.chunks_exact(n_features));
            for (k, (sums, point)) in by_component.enumerate() {
                if !strip.turn_to(k, data.n_clusters, shares, point) {
                    continue;
                }
                for i in 0..n_features {
                    let shared = strip.shared(i);
                    strip.add_products(&shared, &mut sums[row_start(i)..][..=i]);
                }
            }
        }
    }
}
