//! Counts, means and covariances of components from rows and the shares that components have in them.

use super::covariances::CovarianceType;
use crate::cholesky::{packed_len, row_start};
use crate::chunks::{Chunk, sum_over_chunks};
use crate::lanes::{LANES, Lane, load_strided};
use crate::multiversion::{Arithmetic, fused_multiversion};

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

    #[inline(always)]
    fn strips(&self) -> impl Iterator<Item = (&'a [f32], &'a [Lane])> + use<'a> {
        self.rows
            .chunks(STRIP * LANES * self.n_features)
            .zip(self.shares.chunks(STRIP * self.n_clusters))
    }
}

/// Blocks that are summed over at once, so that the lanes of a sum are seldom brought together. Chunks are whole strips.
const STRIP: usize = 8;

/// Sums that run side by side, so that each value loaded serves all of them.
const ABREAST: usize = 4;

/// Lanes of a sum that runs beside others: few enough for all to stay in registers.
const NARROW: usize = 8;

/// A strip of rows, and what one component has to do with them. Features are lanes of `STRIP` blocks each.
struct Strip {
    values: Vec<Lane>,
    difference: Vec<Lane>,
    share: [Lane; STRIP],
}

impl Strip {
    fn new(n_features: usize) -> Self {
        Self {
            values: vec![[0.0; LANES]; n_features * STRIP],
            difference: vec![[0.0; LANES]; n_features * STRIP],
            share: [[0.0; LANES]; STRIP],
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

    /// Adds to each sum that of the products of `factor` with the differences of its feature, from `first` on.
    #[inline(always)]
    fn add_products<A: Arithmetic>(&self, factor: &[Lane; STRIP], first: usize, sums: &mut [f64]) {
        let differences = &self.difference[first * STRIP..];
        let whole = sums.len() / ABREAST * ABREAST;
        let (abreast, rest) = sums.split_at_mut(whole);
        for (sums, difference) in abreast
            .chunks_exact_mut(ABREAST)
            .zip(differences.chunks_exact(ABREAST * STRIP))
        {
            let products = dot_abreast::<A, ABREAST>(factor, difference);
            for (sum, product) in sums.iter_mut().zip(&products) {
                *sum += total(product);
            }
        }
        let differences = differences[whole * STRIP..].chunks_exact(STRIP);
        for (sum, difference) in rest.iter_mut().zip(differences) {
            *sum += total(&dot_abreast::<A, 1>(factor, difference)[0]);
        }
    }
}

/// Sums of the products of a strip of factors with some strips of differences.
#[inline(always)]
fn dot_abreast<A: Arithmetic, const N: usize>(
    factor: &[Lane; STRIP],
    differences: &[Lane],
) -> [[f64; NARROW]; N] {
    let mut sums = [[0.0; NARROW]; N];
    for (block, factor) in factor.iter().enumerate() {
        for half in [0, NARROW] {
            for (at, sum) in sums.iter_mut().enumerate() {
                let difference = &differences[at * STRIP + block];
                for lane in 0..NARROW {
                    sum[lane] = A::mul_add(factor[half + lane], difference[half + lane], sum[lane]);
                }
            }
        }
    }
    sums
}

/// Sum of all lanes, in one fixed order.
#[inline(always)]
fn total(lane: &[f64; NARROW]) -> f64 {
    let four: [f64; 4] = std::array::from_fn(|at| lane[at] + lane[at + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

fused_multiversion! {
    /// Sums, for each component, of shared differences from the reference, then of shares.
    fn sum_shifts<A>(data: Shared<'_>, reference: &[f64], sums: &mut [f64]) {
        let n_features = data.n_features;
        let (shifts, counts) = sums.split_at_mut(data.n_clusters * n_features);
        let mut strip = Strip::new(n_features);
        for (rows, shares) in data.strips() {
            strip.load(rows);
            for (k, point) in reference.chunks_exact(n_features).enumerate() {
                if !strip.turn_to(k, data.n_clusters, shares, point) {
                    continue;
                }
                let ones = [[1.0; LANES]; STRIP];
                counts[k] += total(&dot_abreast::<A, 1>(&strip.share, &ones)[0]);
                strip.add_products::<A>(&strip.share, 0, &mut shifts[k * n_features..][..n_features]);
            }
        }
    }
}

fused_multiversion! {
    /// Sums, for each component, of shared products of differences from its mean: a packed lower triangle. Where there is room
    /// for one triangle only, the components share it.
    fn sum_products<A>(data: Shared<'_>, means: &[f64], sums: &mut [f64]) {
        let n_features = data.n_features;
        let len = packed_len(n_features);
        let mut strip = Strip::new(n_features);
        for (rows, shares) in data.strips() {
            strip.load(rows);
            for (k, point) in means.chunks_exact(n_features).enumerate() {
                if !strip.turn_to(k, data.n_clusters, shares, point) {
                    continue;
                }
                let first = if sums.len() == len { 0 } else { k * len };
                for i in 0..n_features {
                    let shared = strip.shared(i);
                    strip.add_products::<A>(&shared, 0, &mut sums[first + row_start(i)..][..=i]);
                }
            }
        }
    }
}

fused_multiversion! {
    /// Sums, for each component, of shared squares of differences from its mean, feature by feature.
    fn sum_squares<A>(data: Shared<'_>, means: &[f64], sums: &mut [f64]) {
        let n_features = data.n_features;
        let mut strip = Strip::new(n_features);
        for (rows, shares) in data.strips() {
            strip.load(rows);
            let by_component = sums.chunks_exact_mut(n_features).zip(means.chunks_exact(n_features));
            for (k, (sums, point)) in by_component.enumerate() {
                if !strip.turn_to(k, data.n_clusters, shares, point) {
                    continue;
                }
                for (i, sum) in sums.iter_mut().enumerate() {
                    let shared = strip.shared(i);
                    strip.add_products::<A>(&shared, i, std::slice::from_mut(sum));
                }
            }
        }
    }
}
