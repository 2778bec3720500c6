//! The sums over rows behind the moments, with explicit vector instructions: a compiler left to itself mixes up the sums
//! that run side by side.
//!
//! A processor's widest vectors fix the order of each sum, so processors differ in the last bits, and one always gives the same.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::moments::Shared;
use crate::cholesky::{packed_len, row_start};
use crate::lanes::LANES;

/// Rows that are summed over at once. A whole number of blocks, and chunks are whole strips.
const STRIP: usize = 128;

/// Features whose sums run side by side, so that each value loaded serves all of them.
const ABREAST: usize = 4;

/// Features whose differences stay in the innermost cache while all others are multiplied with them. A multiple of [`ABREAST`].
const TILE: usize = 16;

/// Features from which on rows may be picked: with fewer there is little to save, and the order of a sum would hang on the shares.
const WIDE: usize = 64;

/// Rows are picked where at most one share in so many is above zero: a row is then moved once for every component that it is in.
const SPARSE: usize = 4;

/// Sums, for each component, of shared differences from the reference, then of shares.
pub(crate) fn sum_shifts(data: Shared<'_>, reference: &[f64], sums: &mut [f64]) {
    let (points, work) = (reference, PhantomData::<Shifts>);
    Arch::new().dispatch(Sum {
        data,
        points,
        sums,
        work,
    });
}

/// Sums, for each component, of shared products of differences from its mean: a packed lower triangle. Where there is room
/// for one triangle only, the components share it.
pub(crate) fn sum_products(data: Shared<'_>, means: &[f64], sums: &mut [f64]) {
    let (points, work) = (means, PhantomData::<Products>);
    Arch::new().dispatch(Sum {
        data,
        points,
        sums,
        work,
    });
}

/// Sums, for each component, of shared squares of differences from its mean, feature by feature.
pub(crate) fn sum_squares(data: Shared<'_>, means: &[f64], sums: &mut [f64]) {
    let (points, work) = (means, PhantomData::<Squares>);
    Arch::new().dispatch(Sum {
        data,
        points,
        sums,
        work,
    });
}

/// What to add up of a strip and a component.
trait Work {
    fn add<S: Simd>(simd: S, strip: &mut Strip, k: usize, sums: &mut [f64]);
}

struct Shifts;
struct Products;
struct Squares;

struct Sum<'a, W> {
    data: Shared<'a>,
    points: &'a [f64],
    sums: &'a mut [f64],
    work: PhantomData<W>,
}

impl<W: Work> WithSimd for Sum<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.data.n_features >= WIDE && self.is_sparse() {
            self.over_rows_with_shares(simd);
        } else {
            self.over_all_rows(simd);
        }
    }
}

impl<W: Work> Sum<'_, W> {
    fn is_sparse(&self) -> bool {
        let shares = self.data.shares.as_flattened();
        let n_shared = shares.iter().filter(|&&share| share > 0.0).count();
        n_shared * SPARSE <= shares.len()
    }

    /// Strip by strip, for all components.
    #[inline(always)]
    fn over_all_rows<S: Simd>(self, simd: S) {
        let (data, n_features) = (self.data, self.data.n_features);
        let mut strip = Strip::new(n_features);
        let strips = data
            .rows
            .chunks(STRIP * n_features)
            .zip(data.shares.chunks(STRIP / LANES * data.n_clusters));
        for (rows, shares) in strips {
            strip.load(rows);
            for (k, point) in self.points.chunks_exact(n_features).enumerate() {
                if strip.take_shares(k, data.n_clusters, shares) {
                    strip.subtract(simd, point);
                    W::add(simd, &mut strip, k, self.sums);
                }
            }
        }
    }

    /// Component by component, of the rows that it has a share in: in many dimensions most rows belong to one wholly.
    #[inline(always)]
    fn over_rows_with_shares<S: Simd>(self, simd: S) {
        let mut strip = Strip::new(self.data.n_features);
        for (k, point) in self.points.chunks_exact(self.data.n_features).enumerate() {
            let mut next = 0;
            while strip.pick(self.data, k, &mut next) {
                strip.subtract(simd, point);
                W::add(simd, &mut strip, k, self.sums);
            }
        }
    }
}

/// A strip of rows, and what one component has to do with them. Each feature has a number for each row.
struct Strip {
    n_features: usize,
    values: Vec<f64>,
    /// With zeros for the features that lack in the last that run side by side.
    difference: Vec<f64>,
    share: [f64; STRIP],
    /// Shares times the differences of two features.
    shared: [[f64; STRIP]; 2],
}

impl Strip {
    fn new(n_features: usize) -> Self {
        Self {
            n_features,
            values: vec![0.0; n_features * STRIP],
            difference: vec![0.0; n_features.next_multiple_of(ABREAST) * STRIP],
            share: [0.0; STRIP],
            shared: [[0.0; STRIP]; 2],
        }
    }

    /// Turns rows on their side. Those that are missing from the last strip keep what was there: their shares are zero.
    #[inline(always)]
    fn load(&mut self, rows: &[f32]) {
        for (at, row) in rows.chunks_exact(self.n_features).enumerate() {
            self.put(at, row);
        }
    }

    /// Takes in the shares of component `k`; false where all are zero.
    #[inline(always)]
    fn take_shares(&mut self, k: usize, n_clusters: usize, shares: &[[f64; LANES]]) -> bool {
        let mut any = [0.0; LANES];
        for (block, out) in self.share.chunks_exact_mut(LANES).enumerate() {
            let share = shares.get(block * n_clusters + k).copied().unwrap_or_default();
            for lane in 0..LANES {
                // Shares are never negative.
                any[lane] += share[lane];
            }
            out.copy_from_slice(&share);
        }
        any != [0.0; LANES]
    }

    /// Takes in the next rows that component `k` has a share in; false where none is left.
    #[inline(always)]
    fn pick(&mut self, data: Shared<'_>, k: usize, next: &mut usize) -> bool {
        let n_rows = data.rows.len() / self.n_features;
        let mut taken = 0;
        while taken < STRIP && *next < n_rows {
            let share = data.shares[*next / LANES * data.n_clusters + k][*next % LANES];
            if share > 0.0 {
                self.share[taken] = share;
                self.put(taken, &data.rows[*next * self.n_features..][..self.n_features]);
                taken += 1;
            }
            *next += 1;
        }
        self.share[taken..].fill(0.0);
        taken > 0
    }

    /// Turns a row on its side.
    #[inline(always)]
    fn put(&mut self, at: usize, row: &[f32]) {
        for (values, &x) in self.values.chunks_exact_mut(STRIP).zip(row) {
            values[at] = f64::from(x);
        }
    }

    #[inline(always)]
    fn subtract<S: Simd>(&mut self, simd: S, point: &[f64]) {
        let by_feature = self
            .difference
            .chunks_exact_mut(STRIP)
            .zip(self.values.chunks_exact(STRIP));
        for ((difference, values), &origin) in by_feature.zip(point) {
            let (difference, values) = (S::as_mut_simd_f64s(difference).0, S::as_simd_f64s(values).0);
            let origin = simd.splat_f64s(origin);
            for (difference, &values) in difference.iter_mut().zip(values) {
                *difference = simd.sub_f64s(values, origin);
            }
        }
    }

    /// The differences of a feature.
    #[inline(always)]
    fn feature<S: Simd>(&self, at: usize) -> &[S::f64s] {
        S::as_simd_f64s(&self.difference[at * STRIP..][..STRIP]).0
    }

    /// The differences of four features from one on.
    #[inline(always)]
    fn four<S: Simd>(&self, first: usize) -> [&[S::f64s]; ABREAST] {
        [
            self.feature::<S>(first),
            self.feature::<S>(first + 1),
            self.feature::<S>(first + 2),
            self.feature::<S>(first + 3),
        ]
    }

    /// Multiplies the differences of a feature with the shares.
    #[inline(always)]
    fn share_out<S: Simd>(&mut self, simd: S, feature: usize, to: usize) {
        let difference = S::as_simd_f64s(&self.difference[feature * STRIP..][..STRIP]).0;
        let share = S::as_simd_f64s(&self.share).0;
        let shared = S::as_mut_simd_f64s(&mut self.shared[to]).0;
        for ((shared, &share), &difference) in shared.iter_mut().zip(share).zip(difference) {
            *shared = simd.mul_f64s(share, difference);
        }
    }
}

impl Work for Shifts {
    #[inline(always)]
    fn add<S: Simd>(simd: S, strip: &mut Strip, k: usize, sums: &mut [f64]) {
        let n_features = strip.n_features;
        let n_clusters = sums.len() / (n_features + 1);
        let share = S::as_simd_f64s(&strip.share).0;
        for first in (0..n_features).step_by(ABREAST) {
            let four = dot::<S>(simd, share, strip.four::<S>(first));
            for (sum, total) in sums[k * n_features..][..n_features][first..].iter_mut().zip(four) {
                *sum += total;
            }
        }
        let mut count = simd.splat_f64s(0.0);
        for &share in share {
            count = simd.add_f64s(count, share);
        }
        sums[n_clusters * n_features + k] += simd.reduce_sum_f64s(count);
    }
}

impl Work for Products {
    #[inline(always)]
    fn add<S: Simd>(simd: S, strip: &mut Strip, k: usize, sums: &mut [f64]) {
        let n_features = strip.n_features;
        let len = packed_len(n_features);
        let first = if sums.len() == len { 0 } else { k * len };
        let sums = &mut sums[first..][..len];
        for tile in (0..n_features).step_by(TILE) {
            for i in (tile..n_features).step_by(2) {
                // The second row of the triangle may be missing.
                let last = (i + 1).min(n_features - 1);
                strip.share_out(simd, i, 0);
                strip.share_out(simd, last, 1);
                for j in (tile..=last.min(tile + TILE - 1)).step_by(ABREAST) {
                    let [upper, lower] = dot_two::<S>(simd, &strip.shared, strip.four::<S>(j));
                    add_to_row(sums, i, j, upper);
                    if last > i {
                        add_to_row(sums, last, j, lower);
                    }
                }
            }
        }
    }
}

/// Adds to row `i` of a triangle from column `j` on; what lies beyond the diagonal is left out.
#[inline(always)]
fn add_to_row(sums: &mut [f64], i: usize, j: usize, totals: [f64; ABREAST]) {
    let row = &mut sums[row_start(i)..][..=i];
    for (sum, total) in row.iter_mut().skip(j).zip(totals) {
        *sum += total;
    }
}

impl Work for Squares {
    #[inline(always)]
    fn add<S: Simd>(simd: S, strip: &mut Strip, k: usize, sums: &mut [f64]) {
        let n_features = strip.n_features;
        let share = S::as_simd_f64s(&strip.share).0;
        for first in (0..n_features).step_by(ABREAST) {
            let [a, b, c, d] = strip.four::<S>(first);
            let mut totals = [simd.splat_f64s(0.0); ABREAST];
            for ((((&share, &a), &b), &c), &d) in share.iter().zip(a).zip(b).zip(c).zip(d) {
                for (total, difference) in totals.iter_mut().zip([a, b, c, d]) {
                    *total = simd.mul_add_e_f64s(simd.mul_f64s(share, difference), difference, *total);
                }
            }
            for (sum, total) in sums[k * n_features..][..n_features][first..]
                .iter_mut()
                .zip(totals)
            {
                *sum += simd.reduce_sum_f64s(total);
            }
        }
    }
}

/// The sums of the products of one factor with each of four.
#[inline(always)]
fn dot<S: Simd>(simd: S, factor: &[S::f64s], [a, b, c, d]: [&[S::f64s]; ABREAST]) -> [f64; ABREAST] {
    let mut totals = [simd.splat_f64s(0.0); ABREAST];
    for ((((&factor, &a), &b), &c), &d) in factor.iter().zip(a).zip(b).zip(c).zip(d) {
        for (total, difference) in totals.iter_mut().zip([a, b, c, d]) {
            *total = simd.mul_add_e_f64s(factor, difference, *total);
        }
    }
    reduce(simd, totals)
}

/// The sums of the products of each of two factors with each of four.
#[inline(always)]
fn dot_two<S: Simd>(
    simd: S,
    [first, second]: &[[f64; STRIP]; 2],
    [a, b, c, d]: [&[S::f64s]; ABREAST],
) -> [[f64; ABREAST]; 2] {
    let (first, second) = (S::as_simd_f64s(first).0, S::as_simd_f64s(second).0);
    let mut upper = [simd.splat_f64s(0.0); ABREAST];
    let mut lower = upper;
    let factors = first.iter().zip(second);
    for (((((&first, &second), &a), &b), &c), &d) in factors.zip(a).zip(b).zip(c).zip(d) {
        for ((upper, lower), difference) in upper.iter_mut().zip(&mut lower).zip([a, b, c, d]) {
            *upper = simd.mul_add_e_f64s(first, difference, *upper);
            *lower = simd.mul_add_e_f64s(second, difference, *lower);
        }
    }
    [reduce(simd, upper), reduce(simd, lower)]
}

/// Sums over the lanes. A loop and no closure: what a closure does is not compiled for the wide instructions.
#[inline(always)]
fn reduce<S: Simd>(simd: S, totals: [S::f64s; ABREAST]) -> [f64; ABREAST] {
    let mut out = [0.0; ABREAST];
    for (out, total) in out.iter_mut().zip(totals) {
        *out = simd.reduce_sum_f64s(total);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;

    const N_ROWS: usize = 3 * STRIP + 21;
    const N_CLUSTERS: usize = 5;

    /// A share of the row, of 0 in some components, or in all but one, and in the rows that are missing from the last block.
    fn share(row: usize, k: usize, sparse: bool) -> f64 {
        if row >= N_ROWS || (row + k).is_multiple_of(N_CLUSTERS) != sparse {
            return 0.0;
        }
        (1 + (row * 7 + k * 3) % 11) as f64 / 16.0
    }

    /// The three sums as they are defined, each beside the kernel's.
    fn pairs(n_features: usize, sparse: bool) -> [(Vec<f64>, Vec<f64>); 3] {
        let mut rng = SplitMix64::new(n_features as u64, 0, 0);
        let rows: Vec<f32> = (0..N_ROWS * n_features)
            .map(|_| rng.below(512) as f32 / 64.0)
            .collect();
        let points: Vec<f64> = (0..N_CLUSTERS * n_features).map(|at| at as f64 / 4.0).collect();
        let shares: Vec<[f64; LANES]> = (0..N_ROWS.div_ceil(LANES) * N_CLUSTERS)
            .map(|at| {
                std::array::from_fn(|lane| share(at / N_CLUSTERS * LANES + lane, at % N_CLUSTERS, sparse))
            })
            .collect();
        let data = Shared {
            rows: &rows,
            n_features,
            shares: &shares,
            n_clusters: N_CLUSTERS,
        };
        let sum = |k: usize, of: &dyn Fn(&dyn Fn(usize) -> f64) -> f64| -> f64 {
            (0..N_ROWS)
                .map(|row| {
                    let at = |i: usize| f64::from(rows[row * n_features + i]) - points[k * n_features + i];
                    share(row, k, sparse) * of(&at)
                })
                .sum()
        };
        let (mut shifts, mut counts) = (Vec::new(), Vec::new());
        let (mut products, mut squares) = (Vec::new(), Vec::new());
        for k in 0..N_CLUSTERS {
            counts.push(sum(k, &|_| 1.0));
            for i in 0..n_features {
                shifts.push(sum(k, &|at| at(i)));
                squares.push(sum(k, &|at| at(i) * at(i)));
                products.extend((0..=i).map(|j| sum(k, &|at| at(i) * at(j))));
            }
        }
        shifts.extend(counts);
        let run = |kernel: fn(Shared<'_>, &[f64], &mut [f64]), expected: Vec<f64>| {
            let mut sums = vec![0.0; expected.len()];
            kernel(data, &points, &mut sums);
            (sums, expected)
        };
        [
            run(sum_shifts, shifts),
            run(sum_products, products),
            run(sum_squares, squares),
        ]
    }

    #[test]
    fn sums_are_what_they_are_defined_to_be() {
        for n_features in (1..12).chain([WIDE, WIDE + 3]) {
            let of_both = [false, true]
                .into_iter()
                .flat_map(|sparse| pairs(n_features, sparse));
            for (ours, expected) in of_both {
                for (ours, expected) in ours.iter().zip(&expected) {
                    assert!(
                        (ours - expected).abs() <= 1e-12 * (1.0 + expected.abs()),
                        "{n_features} features: {ours} for {expected}"
                    );
                }
            }
        }
    }
}
