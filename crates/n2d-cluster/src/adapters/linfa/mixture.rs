//! Linfa's mixture as plain arrays, and its densities.
//!
//! Linfa's own are plain sums of exponentials: a row far from all components has density 0 there, and shares that are
//! infinite. Here the greatest logarithm is taken out first.

use n2d_core::Samples;
use ndarray::{Array1, Array2, Array3};
use rayon::prelude::*;

use crate::cholesky::{cholesky, invert, packed_len, row_start};
use crate::chunks::ROWS;

#[derive(Debug, Clone)]
pub(super) struct Mixture {
    pub(super) weights: Array1<f64>,
    pub(super) means: Array2<f64>,
    pub(super) covariances: Array3<f64>,
    components: Vec<Component>,
}

#[derive(Debug, Clone)]
struct Component {
    /// The inverse of the covariance's Cholesky factor, a packed lower triangle.
    whitening: Vec<f64>,
    /// Logarithm of the weight and of the normal density's constant factor.
    log_factor: f64,
}

impl Mixture {
    /// The error is the first component whose parameters are not finite or whose covariance is not positive definite.
    pub(super) fn new(
        weights: Array1<f64>,
        means: Array2<f64>,
        covariances: Array3<f64>,
    ) -> Result<Self, usize> {
        let component = |(k, covariance): (usize, ndarray::ArrayView2<'_, f64>)| {
            let finite = weights[k].is_finite() && means.row(k).iter().all(|x| x.is_finite());
            let component = Component::new(weights[k], covariance);
            component.filter(|_| finite).ok_or(k)
        };
        let components = covariances
            .outer_iter()
            .enumerate()
            .map(component)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            weights,
            means,
            covariances,
            components,
        })
    }

    /// The logarithm of each row's density.
    pub(super) fn log_densities(&self, y: Samples<'_>) -> Vec<f64> {
        self.by_row(y, 1, |logs, out| out[0] = log_sum(logs))
    }

    /// For each row the component of the greatest share, the lowest for a tie.
    pub(super) fn labels(&self, y: Samples<'_>) -> Vec<i32> {
        self.by_row(y, 1, |logs, out| {
            let mut best = 0;
            for (k, log) in logs.iter().enumerate() {
                if *log > logs[best] {
                    best = k;
                }
            }
            out[0] = best as i32;
        })
    }

    /// The share of each component in each row's density, row after row.
    pub(super) fn shares(&self, y: Samples<'_>) -> Vec<f32> {
        self.by_row(y, self.components.len(), |logs, out| {
            let log_density = log_sum(logs);
            for (out, log) in out.iter_mut().zip(logs) {
                *out = (log - log_density).exp() as f32;
            }
        })
    }

    /// `width` figures for each row, which `finish` makes of its log-densities under the components, weights included.
    fn by_row<T: Send + Clone + Default>(
        &self,
        y: Samples<'_>,
        width: usize,
        finish: impl Fn(&[f64], &mut [T]) + Sync,
    ) -> Vec<T> {
        let n_features = y.n_features();
        let mut out = vec![T::default(); y.n_samples() * width];
        y.as_slice()
            .par_chunks(ROWS * n_features)
            .zip(out.par_chunks_mut(ROWS * width))
            .for_each(|(rows, out)| {
                let mut logs = vec![0.0; self.components.len()];
                let mut difference = vec![0.0; n_features];
                for (row, out) in rows.chunks_exact(n_features).zip(out.chunks_exact_mut(width)) {
                    for (k, log) in logs.iter_mut().enumerate() {
                        for ((d, &x), mean) in difference.iter_mut().zip(row).zip(self.means.row(k)) {
                            *d = f64::from(x) - mean;
                        }
                        *log = self.components[k].log_density(&difference);
                    }
                    finish(&logs, out);
                }
            });
        out
    }
}

impl Component {
    fn new(weight: f64, covariance: ndarray::ArrayView2<'_, f64>) -> Option<Self> {
        let n = covariance.nrows();
        let mut packed = Vec::with_capacity(packed_len(n));
        for (i, row) in covariance.outer_iter().enumerate() {
            packed.extend(row.iter().take(i + 1));
        }
        let factor = cholesky(&packed, n)?;
        let half_log_det: f64 = (0..n).map(|i| factor[row_start(i) + i].ln()).sum();
        let half_log_circle = 0.5 * n as f64 * std::f64::consts::TAU.ln();
        Some(Self {
            whitening: invert(&factor, n),
            log_factor: weight.ln() - half_log_det - half_log_circle,
        })
    }

    fn log_density(&self, difference: &[f64]) -> f64 {
        let white = |i: usize| -> f64 {
            let row = &self.whitening[row_start(i)..][..=i];
            row.iter().zip(difference).map(|(w, d)| w * d).sum()
        };
        let squared: f64 = (0..difference.len()).map(|i| white(i) * white(i)).sum();
        self.log_factor - 0.5 * squared
    }
}

/// The logarithm of the sum of the exponentials.
fn log_sum(logs: &[f64]) -> f64 {
    let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    greatest + logs.iter().map(|log| (log - greatest).exp()).sum::<f64>().ln()
}
