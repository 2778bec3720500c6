//! The log-density of rows under each component, and what follows from it: shares, labels, likelihood.

use n2d_core::Samples;
use rayon::prelude::*;

use super::parameters::Components;
use crate::cholesky::{cholesky, invert, row_start};
use crate::chunks::ROWS;
use crate::lanes::{LANES, Lane, load, subtract};
use crate::multiversion::multiversion;

/// Components ready for evaluation.
#[derive(Debug, Clone)]
pub(crate) struct Density {
    n_features: usize,
    components: Vec<Evaluated>,
}

#[derive(Debug, Clone)]
struct Evaluated {
    mean: Vec<f64>,
    /// The inverse of the covariance's Cholesky factor: it makes differences from the mean white. A packed lower triangle.
    whitening: Vec<f64>,
    /// Logarithm of the weight and of the normal density's constant factor.
    log_factor: f64,
}

impl Density {
    /// Factors the covariances; the error is the first component whose covariance is not positive definite.
    pub(crate) fn new(components: &Components) -> Result<Self, usize> {
        let evaluated = (0..components.n_clusters())
            .map(|k| Evaluated::new(components, k).ok_or(k))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            n_features: components.n_features,
            components: evaluated,
        })
    }

    pub(crate) fn n_clusters(&self) -> usize {
        self.components.len()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.n_features
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
            let log_sums = to_shares(logs);
            out.copy_from_slice(&log_sums[..n_rows]);
        })
    }

    /// The share of each component in each row's density, row after row.
    pub(crate) fn shares(&self, y: Samples<'_>) -> Vec<f32> {
        let n_clusters = self.n_clusters();
        self.by_row(y, n_clusters, |shares, _, out| {
            to_shares(shares);
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

    /// Sets `shares` to those of some rows and returns the sum of the rows' log-densities. The shares of rows that are
    /// missing from the last block are zero.
    pub(crate) fn expect(&self, rows: &[f32], shares: &mut [Lane]) -> f64 {
        let n_rows = rows.len() / self.n_features;
        log_densities_of_chunk(self, rows, shares);
        let mut sum = 0.0;
        for (at, shares) in shares.chunks_exact_mut(self.n_clusters()).enumerate() {
            let log_sums = to_shares(shares);
            let present = (n_rows - at * LANES).min(LANES);
            sum += log_sums[..present].iter().sum::<f64>();
            for share in shares {
                share[present..].fill(0.0);
            }
        }
        sum
    }
}

impl Evaluated {
    fn new(components: &Components, k: usize) -> Option<Self> {
        let n_features = components.n_features;
        let factor = cholesky(components.covariance(k), n_features)?;
        let half_log_det: f64 = (0..n_features).map(|i| factor[row_start(i) + i].ln()).sum();
        let half_log_circle = 0.5 * n_features as f64 * std::f64::consts::TAU.ln();
        Some(Self {
            mean: components.mean(k).to_vec(),
            whitening: invert(&factor, n_features),
            log_factor: components.weights[k].ln() - half_log_det - half_log_circle,
        })
    }

    #[inline(always)]
    fn log_density(&self, block: &[Lane], difference: &mut [Lane]) -> Lane {
        subtract(block, &self.mean, difference);
        let mut squared = [0.0; LANES];
        for i in 0..difference.len() {
            let row = &self.whitening[row_start(i)..][..=i];
            let mut white = [0.0; LANES];
            for (&factor, difference) in row.iter().zip(difference.iter()) {
                for lane in 0..LANES {
                    white[lane] += factor * difference[lane];
                }
            }
            for lane in 0..LANES {
                squared[lane] += white[lane] * white[lane];
            }
        }
        squared.map(|squared| self.log_factor - 0.5 * squared)
    }
}

multiversion! {
    /// Block by block, for each component the log-density of sixteen rows, weight included.
    fn log_densities_of_chunk(density: &Density, rows: &[f32], logs: &mut [Lane]) {
        let n_features = density.n_features;
        let mut block = vec![[0.0; LANES]; n_features];
        let mut difference = block.clone();
        let blocks = logs.chunks_exact_mut(density.components.len());
        for (rows, logs) in rows.chunks(LANES * n_features).zip(blocks) {
            load(rows, &mut block);
            for (log, component) in logs.iter_mut().zip(&density.components) {
                *log = component.log_density(&block, &mut difference);
            }
        }
    }
}

/// Turns log-densities into shares that sum to one, and returns the logarithms of their sums. The greatest is taken out
/// first (log-sum-exp), so that nothing overflows or vanishes. Where all are zero beyond measure, the shares are equal.
fn to_shares(logs: &mut [Lane]) -> Lane {
    let mut greatest = [f64::NEG_INFINITY; LANES];
    for log in logs.iter() {
        for lane in 0..LANES {
            greatest[lane] = greatest[lane].max(log[lane]);
        }
    }
    let reference = greatest.map(|log| if log.is_finite() { log } else { 0.0 });
    let mut sums = [0.0; LANES];
    for log in logs.iter_mut() {
        for lane in 0..LANES {
            let relative = share_of_greatest(log[lane] - reference[lane]);
            sums[lane] += relative;
            log[lane] = relative;
        }
    }
    let n_clusters = logs.len() as f64;
    for share in logs.iter_mut() {
        for lane in 0..LANES {
            share[lane] = if sums[lane] > 0.0 {
                share[lane] / sums[lane]
            } else {
                1.0 / n_clusters
            };
        }
    }
    std::array::from_fn(|lane| reference[lane] + sums[lane].ln())
}

/// Less than 1e-200 counts as nothing: it would change no sum, but processors are slow with numbers that vanish.
#[inline(always)]
fn share_of_greatest(log: f64) -> f64 {
    if log < -460.0 { 0.0 } else { log.exp() }
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

    fn standard(n_features: usize, means: Vec<f64>, weights: Vec<f64>) -> Density {
        let identity = (0..n_features).flat_map(|i| (0..=i).map(move |j| f64::from(u8::from(i == j))));
        let covariances = identity
            .cycle()
            .take(weights.len() * row_start(n_features))
            .collect();
        Density::new(&Components {
            n_features,
            weights,
            means,
            covariances,
        })
        .unwrap()
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
        let sums = to_shares(&mut logs);
        assert!(logs.iter().flatten().all(|&share| share == 0.25));
        assert!(sums.iter().all(|&log| log == f64::NEG_INFINITY));
    }
}
