//! What is believed after the rows are seen, and the lower bound of their evidence.

use super::config::WeightConcentrationType;
use super::prior::Prior;
use crate::cholesky::{packed_len, row_start};
use crate::gmm::covariances::CovarianceType;
use crate::gmm::density::{Density, Expectation};
use crate::gmm::em::Model;
use crate::gmm::moments::Moments;
use crate::special::{digamma, ln_beta, ln_gamma};

/// The parameters of the weights' posterior.
#[derive(Debug, Clone)]
pub(crate) enum Concentration {
    /// Of the beta distribution of each break of the stick: how much is taken, and how much is left.
    Process(Vec<f64>, Vec<f64>),
    Distribution(Vec<f64>),
}

impl Concentration {
    fn new(prior: &Prior, counts: &[f64]) -> Self {
        match prior.concentration_type {
            WeightConcentrationType::DirichletDistribution => {
                Self::Distribution(counts.iter().map(|count| prior.concentration + count).collect())
            }
            WeightConcentrationType::DirichletProcess => {
                let mut after = 0.0;
                let mut left: Vec<f64> = Vec::with_capacity(counts.len());
                for count in counts.iter().rev() {
                    left.push(prior.concentration + after);
                    after += count;
                }
                left.reverse();
                Self::Process(counts.iter().map(|count| 1.0 + count).collect(), left)
            }
        }
    }

    /// The expected logarithm of each weight.
    fn log_weights(&self) -> Vec<f64> {
        match self {
            Self::Distribution(all) => {
                let of_sum = digamma(all.iter().sum());
                all.iter().map(|&one| digamma(one) - of_sum).collect()
            }
            Self::Process(taken, left) => {
                let mut before = 0.0;
                let log_weight = |(&taken, &left): (&f64, &f64)| {
                    let of_sum = digamma(taken + left);
                    let log = digamma(taken) - of_sum + before;
                    before += digamma(left) - of_sum;
                    log
                };
                taken.iter().zip(left).map(log_weight).collect()
            }
        }
    }

    /// The expected weights, made to sum to one.
    pub(crate) fn weights(&self) -> Vec<f64> {
        let mut weights = match self {
            Self::Distribution(all) => all.clone(),
            Self::Process(taken, left) => {
                let mut rest = 1.0;
                let weight = |(taken, left): (&f64, &f64)| {
                    let sum = taken + left;
                    let weight = taken / sum * rest;
                    rest *= left / sum;
                    weight
                };
                taken.iter().zip(left).map(weight).collect()
            }
        };
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        weights
    }

    /// The logarithm of the normalisation.
    fn log_norm(&self) -> f64 {
        match self {
            Self::Distribution(all) => {
                ln_gamma(all.iter().sum()) - all.iter().map(|&one| ln_gamma(one)).sum::<f64>()
            }
            Self::Process(taken, left) => {
                let pairs = taken.iter().zip(left);
                -pairs.map(|(&taken, &left)| ln_beta(taken, left)).sum::<f64>()
            }
        }
    }
}

/// The factors of the variational posterior (Bishop 2006, section 10.2), the Wishart's scale matrices as covariances.
pub(crate) struct Posterior<'p> {
    prior: &'p Prior,
    pub(crate) concentration: Concentration,
    pub(crate) mean_precision: Vec<f64>,
    pub(crate) means: Vec<f64>,
    pub(crate) degrees_of_freedom: Vec<f64>,
    pub(crate) shapes: Vec<f64>,
    pub(crate) density: Density,
}

/// All of a [`Posterior`] but what follows from it.
pub(crate) struct Factors {
    pub(crate) concentration: Concentration,
    pub(crate) mean_precision: Vec<f64>,
    pub(crate) means: Vec<f64>,
    pub(crate) degrees_of_freedom: Vec<f64>,
    pub(crate) shapes: Vec<f64>,
}

impl Factors {
    /// What is expected of the logarithm of the mixture's density. The error is a component whose covariance is not positive
    /// definite.
    pub(crate) fn density(&self, kind: CovarianceType, n_features: usize) -> Result<Density, usize> {
        let log_weights = self.concentration.log_weights();
        let d = n_features as f64;
        let log_weight = |k: usize| {
            let freedom = self.degrees_of_freedom[k];
            let halves = (0..n_features).map(|i| digamma(0.5 * (freedom - i as f64)));
            let log_lambda = d * std::f64::consts::LN_2 + halves.sum::<f64>();
            log_weights[k] - 0.5 * d * freedom.ln() + 0.5 * (log_lambda - d / self.mean_precision[k])
        };
        Density::new(kind, n_features, &self.means, &self.shapes, log_weight)
    }
}

impl<'p> Posterior<'p> {
    /// The error is a component whose covariance is not positive definite.
    pub(crate) fn new(prior: &'p Prior, factors: Factors) -> Result<Self, usize> {
        let density = factors.density(prior.kind, prior.n_features)?;
        Ok(Self {
            prior,
            concentration: factors.concentration,
            mean_precision: factors.mean_precision,
            means: factors.means,
            degrees_of_freedom: factors.degrees_of_freedom,
            shapes: factors.shapes,
            density,
        })
    }

    pub(crate) fn from_moments(prior: &'p Prior, moments: Moments) -> Result<Self, usize> {
        let counts = &moments.counts;
        let mean_precision: Vec<f64> = counts.iter().map(|count| prior.mean_precision + count).collect();
        let n_features = prior.n_features;
        // A shift from the prior mean, so that no large numbers cancel.
        let mean = |(at, &mean): (usize, &f64)| {
            let (k, prior) = (at / n_features, prior.mean[at % n_features]);
            prior + counts[k] / mean_precision[k] * (mean - prior)
        };
        let degrees_of_freedom = degrees_of_freedom(prior, counts);
        let shapes = shapes(prior, &moments, &mean_precision, &degrees_of_freedom);
        Self::new(
            prior,
            Factors {
                concentration: Concentration::new(prior, counts),
                means: moments.means.iter().enumerate().map(mean).collect(),
                mean_precision,
                degrees_of_freedom,
                shapes,
            },
        )
    }

    /// The logarithm of the Wishart distribution's normalisation, but for a constant, summed over the components.
    fn log_wishart(&self) -> f64 {
        let n_features = self.prior.n_features;
        let d = n_features as f64;
        let of_component = |(&freedom, &half_log_det): (&f64, &f64)| {
            let log_det_precision = -half_log_det - 0.5 * d * freedom.ln();
            let halves = (0..n_features).map(|i| ln_gamma(0.5 * (freedom - i as f64)));
            freedom * log_det_precision + freedom * d * 0.5 * std::f64::consts::LN_2 + halves.sum::<f64>()
        };
        let components = self.degrees_of_freedom.iter().zip(self.density.half_log_dets());
        -components.map(of_component).sum::<f64>()
    }
}

impl Model for Posterior<'_> {
    fn density(&self) -> &Density {
        &self.density
    }

    fn update(&self, moments: Moments) -> Result<Self, usize> {
        Self::from_moments(self.prior, moments)
    }

    /// The lower bound of the evidence, but for a constant, as in scikit-learn.
    fn objective(&self, expectation: Expectation, _: f64) -> f64 {
        let log_precision: f64 = self.mean_precision.iter().map(|x| x.ln()).sum();
        expectation.entropy
            - self.log_wishart()
            - self.concentration.log_norm()
            - 0.5 * self.prior.n_features as f64 * log_precision
    }
}

fn degrees_of_freedom(prior: &Prior, counts: &[f64]) -> Vec<f64> {
    let own = |count: &f64| prior.degrees_of_freedom + count;
    match prior.kind {
        CovarianceType::Tied => {
            let mean = counts.iter().sum::<f64>() / counts.len() as f64;
            vec![own(&mean); counts.len()]
        }
        _ => counts.iter().map(own).collect(),
    }
}

/// The expected covariances: prior, rows about their mean, and the mean about its prior.
fn shapes(prior: &Prior, moments: &Moments, mean_precision: &[f64], freedom: &[f64]) -> Vec<f64> {
    let (counts, len) = (&moments.counts, prior.kind.shape_len(prior.n_features));
    let n_clusters = counts.len() as f64;
    let pull = |k: usize| prior.mean_precision / mean_precision[k];
    let tied = prior.kind == CovarianceType::Tied;
    let share = if tied {
        counts.iter().sum::<f64>() / n_clusters
    } else {
        0.0
    };
    let mut shapes = moments.shapes.clone();
    for (k, shape) in shapes.chunks_exact_mut(len).enumerate() {
        let count = if tied { share } else { counts[k] };
        shape
            .iter_mut()
            .zip(&prior.shape)
            .for_each(|(x, prior)| *x = prior + count * *x);
    }
    for (k, count) in counts.iter().enumerate() {
        let weight = if tied {
            count * pull(k) / n_clusters
        } else {
            count * pull(k)
        };
        let square = square_of_shift(prior, moments, k);
        let first = if tied { 0 } else { k * len };
        for (x, square) in shapes[first..][..len].iter_mut().zip(square) {
            *x += weight * square;
        }
    }
    for (shape, freedom) in shapes.chunks_exact_mut(len).zip(freedom) {
        shape.iter_mut().for_each(|x| *x /= freedom);
    }
    shapes
}

/// The square of a mean's difference from the prior mean, as a shape.
fn square_of_shift(prior: &Prior, moments: &Moments, k: usize) -> Vec<f64> {
    let n_features = prior.n_features;
    let mean = &moments.means[k * n_features..][..n_features];
    let shift: Vec<f64> = mean.iter().zip(&prior.mean).map(|(a, b)| a - b).collect();
    let squares = shift.iter().map(|x| x * x);
    match prior.kind {
        CovarianceType::Full | CovarianceType::Tied => {
            let mut product = vec![0.0; packed_len(n_features)];
            for i in 0..n_features {
                for j in 0..=i {
                    product[row_start(i) + j] = shift[i] * shift[j];
                }
            }
            product
        }
        CovarianceType::Diag => squares.collect(),
        CovarianceType::Spherical => vec![squares.sum::<f64>() / n_features as f64],
    }
}
