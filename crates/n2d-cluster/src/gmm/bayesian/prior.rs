//! What is believed before a row is seen, with the defaults that the rows give.

use super::config::{BayesianGaussianMixtureConfig, WeightConcentrationType};
use crate::cholesky::cholesky;
use crate::error::PriorError;
use crate::gmm::covariances::CovarianceType;
use crate::gmm::em::{Em, Task};
use crate::gmm::rows::Rows;

/// All priors, as numbers.
#[derive(Debug, Clone)]
pub(crate) struct Prior {
    pub(crate) kind: CovarianceType,
    pub(crate) n_clusters: usize,
    pub(crate) n_features: usize,
    pub(crate) concentration_type: WeightConcentrationType,
    pub(crate) concentration: f64,
    pub(crate) mean_precision: f64,
    pub(crate) mean: Vec<f64>,
    pub(crate) degrees_of_freedom: f64,
    /// The covariance prior, one shape.
    pub(crate) shape: Vec<f64>,
    /// What the user should know.
    pub(crate) note: Option<&'static str>,
}

impl Prior {
    pub(crate) fn new(
        config: &BayesianGaussianMixtureConfig,
        rows: &Rows<'_>,
        task: Task,
    ) -> Result<Self, PriorError> {
        let n_features = rows.samples().n_features();
        check(config, n_features)?;
        let given = config.covariance_prior.as_ref();
        let (shape, note) = match given.and_then(|prior| prior.to_shape(config.covariance_type)) {
            Some(shape) => (shape, None),
            None => regular_covariance_of(rows, task),
        };
        Ok(Self {
            kind: config.covariance_type,
            n_clusters: config.n_clusters,
            n_features,
            concentration_type: config.weight_concentration_prior_type,
            concentration: config
                .weight_concentration_prior
                .unwrap_or(1.0 / config.n_clusters as f64),
            mean_precision: config.mean_precision_prior.unwrap_or(1.0),
            mean: config.mean_prior.clone().unwrap_or_else(|| rows.mean()),
            degrees_of_freedom: config.degrees_of_freedom_prior.unwrap_or(n_features as f64),
            shape,
            note,
        })
    }
}

/// That what is configured is for rows of this width.
fn check(config: &BayesianGaussianMixtureConfig, n_features: usize) -> Result<(), PriorError> {
    let mean = config.mean_prior.as_ref().map(Vec::len);
    let covariance = config
        .covariance_prior
        .as_ref()
        .and_then(|prior| prior.n_features());
    for (option, width) in [("mean_prior", mean), ("covariance_prior", covariance)] {
        match width {
            Some(given) if given != n_features => {
                return Err(PriorError::Width {
                    option,
                    n_features,
                    given,
                });
            }
            _ => {}
        }
    }
    let least = n_features as f64 - 1.0;
    match config.degrees_of_freedom_prior {
        Some(given) if given <= least => Err(PriorError::DegreesOfFreedom { n_features, given }),
        _ => Ok(()),
    }
}

/// The covariance of the rows, `reg_covar` added to the variances where it is not positive definite without.
fn regular_covariance_of(rows: &Rows<'_>, task: Task) -> (Vec<f64>, Option<&'static str>) {
    let n_features = rows.samples().n_features();
    let mut shape = covariance_of(rows, task);
    let regular = match task.kind {
        CovarianceType::Full | CovarianceType::Tied => cholesky(&shape, n_features).is_some(),
        CovarianceType::Diag | CovarianceType::Spherical => shape.iter().all(|&x| x > 0.0),
    };
    if regular {
        return (shape, None);
    }
    task.kind.add_to_variances(&mut shape, n_features, task.reg_covar);
    let note = "the rows' covariance is not positive definite: covariance_prior is that with reg_covar added";
    (shape, Some(note))
}

/// The unbiased covariance of the rows. For weights of a sum below 2 the divisor is half the sum: one less would not do.
fn covariance_of(rows: &Rows<'_>, task: Task) -> Vec<f64> {
    let alone = Task {
        n_clusters: 1,
        reg_covar: 0.0,
        ..task
    };
    let mut em = Em::new(rows, alone);
    em.share_by_labels(&vec![0; rows.samples().n_samples()]);
    let moments = em.moments_about_the_mean();
    let total = rows.total();
    let scale = moments.counts[0] / (total - 1.0).max(0.5 * total);
    moments.shapes.iter().map(|entry| entry * scale).collect()
}
