use ndarray::{Array1, Array2};

use super::covariances::{CovarianceType, Covariances};
use super::moments::Moments;
use crate::error::{StartError, check_start};

/// Shares, centres and shapes of the components of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureParameters {
    /// The share of each component, `(n_clusters)`; at least 0, sum 1.
    pub weights: Array1<f64>,
    /// The centre of each component, `(n_clusters, n_features)`.
    pub means: Array2<f64>,
    /// The shapes of the components.
    pub covariances: Covariances,
}

impl MixtureParameters {
    /// That these can begin a fit of so many components on so wide rows; whether a covariance is positive definite shows
    /// when it is factored.
    pub(crate) fn check(
        &self,
        kind: CovarianceType,
        n_clusters: usize,
        n_features: usize,
    ) -> Result<(), StartError> {
        let (weights, means) = (&self.weights, &self.means);
        check_start("weights", weights, weights.shape(), &[n_clusters])?;
        check_start("means", means, means.shape(), &[n_clusters, n_features])?;
        self.covariances.check(kind, n_clusters, n_features)?;
        let (least, sum) = (weights.fold(f64::INFINITY, |a, &b| a.min(b)), weights.sum());
        if least < 0.0 || (sum - 1.0).abs() > 1e-6 {
            return Err(StartError::Weights { least, sum });
        }
        Ok(())
    }
}

/// The same, as the iterations hold it: slices, covariances as shapes.
#[derive(Debug, Clone)]
pub(crate) struct Components {
    pub(crate) kind: CovarianceType,
    pub(crate) n_features: usize,
    pub(crate) weights: Vec<f64>,
    /// One after the other.
    pub(crate) means: Vec<f64>,
    /// One after the other.
    pub(crate) shapes: Vec<f64>,
}

impl Components {
    pub(crate) fn n_clusters(&self) -> usize {
        self.weights.len()
    }

    /// The components of greatest likelihood.
    pub(crate) fn from_moments(moments: Moments) -> Self {
        let total: f64 = moments.counts.iter().sum();
        Self {
            kind: moments.kind,
            n_features: moments.n_features,
            weights: moments.counts.iter().map(|count| count / total).collect(),
            means: moments.means,
            shapes: moments.shapes,
        }
    }
}

impl From<&MixtureParameters> for Components {
    fn from(parameters: &MixtureParameters) -> Self {
        Self {
            kind: parameters.covariances.covariance_type(),
            n_features: parameters.means.ncols(),
            weights: parameters.weights.to_vec(),
            means: parameters.means.iter().copied().collect(),
            shapes: parameters.covariances.to_shapes(),
        }
    }
}

impl From<&Components> for MixtureParameters {
    fn from(components: &Components) -> Self {
        let (n_clusters, n_features) = (components.n_clusters(), components.n_features);
        Self {
            weights: Array1::from_vec(components.weights.clone()),
            means: Array2::from_shape_fn((n_clusters, n_features), |(k, i)| {
                components.means[k * n_features + i]
            }),
            covariances: Covariances::from_shapes(
                components.kind,
                n_clusters,
                n_features,
                &components.shapes,
            ),
        }
    }
}
