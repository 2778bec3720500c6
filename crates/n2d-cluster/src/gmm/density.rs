//! The log-density of rows under each component, and what follows from it: shares, labels, likelihood.

use n2d_core::Samples;
use rayon::prelude::*;

use super::covariances::CovarianceType;
use super::parameters::Components;
use super::whitening::Whitening;
use crate::chunks::ROWS;
use crate::exp::exp;
use crate::lanes::{LANES, Lane, load};
use crate::multiversion::fused_multiversion;

/// Components ready for evaluation.
#[derive(Debug, Clone)]
pub(crate) struct Density {
    n_features: usize,
    /// One after the other.
    means: Vec<f64>,
    whitening: Whitening,
    /// Logarithm of the weight and of the normal density's constant factor, for each component.
    log_factors: Vec<f64>,
    half_log_dets: Vec<f64>,
}

/// What the rows have to do with the components, in two sums over the rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expectation {
    /// Of the logarithms of the rows' densities.
    pub(crate) log_density: f64,
    /// Of the entropies of the rows' shares.
    pub(crate) entropy: f64,
}

impl Density {
    /// Factors the covariances; the error is the first component whose covariance is not positive definite.
    /// `log_weight` is what each component's log-density gets on top.
    pub(crate) fn new(
        kind: CovarianceType,
        n_features: usize,
        means: &[f64],
        shapes: &[f64],
        log_weight: impl Fn(usize) -> f64,
    ) -> Result<Self, usize> {
        let (whitening, half_log_dets) = Whitening::new(kind, n_features, means, shapes)?;
        let half_log_circle = 0.5 * n_features as f64 * std::f64::consts::TAU.ln();
        let log_factor = |(k, det): (usize, &f64)| log_weight(k) - det - half_log_circle;
        Ok(Self {
            n_features,
            means: means.to_vec(),
            whitening,
            log_factors: half_log_dets.iter().enumerate().map(log_factor).collect(),
            half_log_dets,
        })
    }

    /// Of a mixture with known parameters.
    pub(crate) fn of(components: &Components) -> Result<Self, usize> {
        Self::new(
            components.kind,
            components.n_features,
            &components.means,
            &components.shapes,
            |k| components.weights[k].ln(),
        )
    }

    pub(crate) fn n_clusters(&self) -> usize {
        self.log_factors.len()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.n_features
    }

    /// What is added to each component's exponent.
    pub(crate) fn log_factors(&self) -> &[f64] {
        &self.log_factors
    }

    /// The centre of each component, one after the other.
    pub(crate) fn means(&self) -> &[f64] {
        &self.means
    }

    /// Half the logarithm of each covariance's determinant.
    pub(crate) fn half_log_dets(&self) -> &[f64] {
        &self.half_log_dets
    }

    /// For each row the component of the greatest density, weight included; the lowest for a tie.
    pub(crate) fn labels(&self, y: Samples<'_>) -> Vec<i32> {
        self.by_row(y, 1, |logs, n_rows, out| {
            let best = most_likely(logs);
            out.copy_from_slice(&best[..n_rows]);
        })
    }

    /// The logarithm of each row's density.
    pub(crate) fn log_densities(&self, y: Samples<'_>) -> Vec<f64> {
        self.by_row(y, 1, |logs, n_rows, out| {
            let log_sums = shares_of_block(logs).log_sums;
            out.copy_from_slice(&log_sums[..n_rows]);
        })
    }

    /// The share of each component in each row's density, row after row.
    pub(crate) fn shares(&self, y: Samples<'_>) -> Vec<f32> {
        let n_clusters = self.n_clusters();
        self.by_row(y, n_clusters, |shares, _, out| {
            shares_of_block(shares);
            for (lane, out) in out.chunks_exact_mut(n_clusters).enumerate() {
                for (out, shares) in out.iter_mut().zip(shares.iter()) {
                    *out = shares[lane] as f32;
                }
            }
        })
    }

    /// `width` figures for each row, which `finish` makes of the log-densities of up to sixteen rows.
    fn by_row<T: Send + Clone + Default>(
        &self,
        y: Samples<'_>,
        width: usize,
        finish: impl Fn(&mut [Lane], usize, &mut [T]) + Sync,
    ) -> Vec<T> {
        let n_features = self.n_features;
        let mut out = vec![T::default(); y.n_samples() * width];
        y.as_slice()
            .par_chunks(ROWS * n_features)
            .zip(out.par_chunks_mut(ROWS * width))
            .for_each(|(rows, out)| {
                let n_clusters = self.n_clusters();
                let n_blocks = (rows.len() / n_features).div_ceil(LANES);
                let mut logs = vec![[0.0; LANES]; n_blocks * n_clusters];
                log_densities_of_chunk(self, rows, &mut logs);
                let blocks = logs
                    .chunks_exact_mut(n_clusters)
                    .zip(out.chunks_mut(LANES * width));
                for (logs, out) in blocks {
                    finish(logs, out.len() / width, out);
                }
            });
        out
    }

    /// Sets `shares` to those of some rows, times the rows' weights where these are given. The shares of rows that are missing
    /// from the last block are zero.
    pub(crate) fn expect(
        &self,
        rows: &[f32],
        row_weights: Option<&[f64]>,
        shares: &mut [Lane],
    ) -> Expectation {
        let n_rows = rows.len() / self.n_features;
        log_densities_of_chunk(self, rows, shares);
        let mut sums = Expectation {
            log_density: 0.0,
            entropy: 0.0,
        };
        for (at, shares) in shares.chunks_exact_mut(self.n_clusters()).enumerate() {
            let first = at * LANES;
            let block = shares_of_block(shares);
            let weights = weights_of_block(row_weights, first, n_rows);
            let present = (n_rows - first).min(LANES);
            for (lane, weight) in weights[..present].iter().enumerate() {
                sums.log_density += weight * block.log_sums[lane];
                sums.entropy += weight * block.entropies[lane];
            }
            if row_weights.is_some() || n_rows - first < LANES {
                weigh(shares, &weights);
            }
        }
        sums
    }
}

impl std::iter::Sum for Expectation {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let none = Self {
            log_density: 0.0,
            entropy: 0.0,
        };
        all.fold(none, |a, b| Self {
            log_density: a.log_density + b.log_density,
            entropy: a.entropy + b.entropy,
        })
    }
}

/// The weights of the rows of a block: 1 where none are given, 0 for rows that are missing.
pub(crate) fn weights_of_block(row_weights: Option<&[f64]>, first: usize, n_rows: usize) -> Lane {
    std::array::from_fn(|lane| match row_weights {
        _ if first + lane >= n_rows => 0.0,
        None => 1.0,
        Some(weights) => weights[first + lane],
    })
}

pub(crate) fn weigh(shares: &mut [Lane], weights: &Lane) {
    for share in shares {
        for lane in 0..LANES {
            share[lane] *= weights[lane];
        }
    }
}

fused_multiversion! {
    /// Block by block, for each component the log-density of sixteen rows, weight included.
    fn log_densities_of_chunk<A>(density: &Density, rows: &[f32], logs: &mut [Lane]) {
        let n_features = density.n_features;
        let mut block = vec![[0.0; LANES]; n_features];
        let mut buffer = vec![[0.0; LANES]; 2 * n_features];
        let blocks = logs.chunks_exact_mut(density.log_factors.len());
        for (rows, logs) in rows.chunks(LANES * n_features).zip(blocks) {
            load(rows, &mut block);
            density.whitening.squared::<A>(&block, &density.means, &mut buffer, logs);
            for (log, factor) in logs.iter_mut().zip(&density.log_factors) {
                for value in log {
                    *value = factor - 0.5 * *value;
                }
            }
        }
    }
}

/// What a block's log-densities come to besides the shares.
pub(crate) struct BlockSums {
    /// The logarithm of each row's density.
    log_sums: Lane,
    /// The entropy of each row's shares.
    entropies: Lane,
}

fused_multiversion! {
    /// Turns log-densities into shares that sum to one. The greatest is taken out first (log-sum-exp), so that nothing
    /// overflows or vanishes. Where all are zero beyond measure, the shares are equal.
    fn shares_of_block<A>(logs: &mut [Lane]) -> BlockSums {
        let mut greatest = [f64::NEG_INFINITY; LANES];
        for log in logs.iter() {
            for lane in 0..LANES {
                greatest[lane] = if log[lane] > greatest[lane] { log[lane] } else { greatest[lane] };
            }
        }
        let reference = greatest.map(|log| if log.is_finite() { log } else { 0.0 });
        let (mut sums, mut crossed) = ([0.0; LANES], [0.0; LANES]);
        for log in logs.iter_mut() {
            let mut relative = [0.0; LANES];
            for lane in 0..LANES {
                relative[lane] = log[lane] - reference[lane];
            }
            *log = exp::<A>(&relative);
            for lane in 0..LANES {
                sums[lane] += log[lane];
                // Nothing times infinity is nothing here.
                let finite = if log[lane] == 0.0 { 0.0 } else { relative[lane] };
                crossed[lane] = A::mul_add(log[lane], finite, crossed[lane]);
            }
        }
        divide(logs, &sums);
        let logs_of_sums = sums.map(f64::ln);
        BlockSums {
            log_sums: std::array::from_fn(|lane| reference[lane] + logs_of_sums[lane]),
            entropies: std::array::from_fn(|lane| logs_of_sums[lane] - crossed[lane] / sums[lane]),
        }
    }
}

#[inline(always)]
fn divide(shares: &mut [Lane], sums: &Lane) {
    let equal = 1.0 / shares.len() as f64;
    let inverse = sums.map(|sum| 1.0 / sum);
    for share in shares.iter_mut() {
        for lane in 0..LANES {
            share[lane] = if sums[lane] > 0.0 {
                share[lane] * inverse[lane]
            } else {
                equal
            };
        }
    }
}

fn most_likely(logs: &[Lane]) -> [i32; LANES] {
    let mut best = [0; LANES];
    for (k, log) in logs.iter().enumerate() {
        for lane in 0..LANES {
            if log[lane] > logs[best[lane] as usize][lane] {
                best[lane] = k as i32;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cholesky::row_start;

    fn standard(n_features: usize, means: Vec<f64>, weights: Vec<f64>) -> Density {
        let identity = (0..n_features).flat_map(|i| (0..=i).map(move |j| f64::from(u8::from(i == j))));
        let covariances: Vec<f64> = identity
            .cycle()
            .take(weights.len() * row_start(n_features))
            .collect();
        let full = CovarianceType::Full;
        Density::new(full, n_features, &means, &covariances, |k| weights[k].ln()).unwrap()
    }

    #[test]
    fn a_standard_normal_has_its_density() {
        let density = standard(2, vec![0.0, 0.0], vec![1.0]);
        let y = Samples::from_rows(&[0.0, 0.0, 3.0, 4.0], 2).unwrap();
        let logs = density.log_densities(y);
        let at_zero = -std::f64::consts::TAU.ln();
        assert!((logs[0] - at_zero).abs() < 1e-15);
        assert!((logs[1] - (at_zero - 12.5)).abs() < 1e-14);
    }

    #[test]
    fn far_rows_have_shares_too() {
        let density = standard(1, vec![0.0, 1.0], vec![0.5, 0.5]);
        let far = Samples::from_rows(&[-1e30, 1e30, 3e38], 1).unwrap();
        let shares = density.shares(far);
        assert!(
            shares.chunks(2).all(|row| (row[0] + row[1] - 1.0).abs() < 1e-6),
            "{shares:?}"
        );
        assert!(density.log_densities(far).iter().all(|log| log.is_finite()));
    }

    #[test]
    fn where_no_density_is_left_the_shares_are_equal() {
        let mut logs = [[f64::NEG_INFINITY; LANES]; 4];
        let sums = shares_of_block(&mut logs);
        assert!(logs.iter().flatten().all(|&share| share == 0.25));
        assert!(sums.log_sums.iter().all(|&log| log == f64::NEG_INFINITY));
    }
}
