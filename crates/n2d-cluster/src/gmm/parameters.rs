use ndarray::{Array1, Array2, Array3};

use crate::cholesky::{packed_len, row_start};
use crate::error::{StartError, check_start};

/// Shares, centres and shapes of the components of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureParameters {
    /// The share of each component, `(n_clusters)`; at least 0, sum 1.
    pub weights: Array1<f64>,
    /// The centre of each component, `(n_clusters, n_features)`.
    pub means: Array2<f64>,
    /// The covariance of each component, `(n_clusters, n_features, n_features)`; symmetric and positive definite.
    pub covariances: Array3<f64>,
}

impl MixtureParameters {
    /// That these can begin a fit of so many components on so wide rows; whether a covariance is positive definite shows
    /// when it is factored.
    pub(crate) fn check(&self, n_clusters: usize, n_features: usize) -> Result<(), StartError> {
        let (weights, means, covariances) = (&self.weights, &self.means, &self.covariances);
        check_start("weights", weights, weights.shape(), &[n_clusters])?;
        check_start("means", means, means.shape(), &[n_clusters, n_features])?;
        let shape = [n_clusters, n_features, n_features];
        check_start("covariances", covariances, covariances.shape(), &shape)?;
        let (least, sum) = (weights.fold(f64::INFINITY, |a, &b| a.min(b)), weights.sum());
        if least < 0.0 || (sum - 1.0).abs() > 1e-6 {
            return Err(StartError::Weights { least, sum });
        }
        match (0..n_clusters).find(|&component| !self.is_symmetric(component)) {
            Some(component) => Err(StartError::Covariance { component }),
            None => Ok(()),
        }
    }

    fn is_symmetric(&self, component: usize) -> bool {
        let covariance = self.covariances.index_axis(ndarray::Axis(0), component);
        covariance.indexed_iter().all(|((i, j), &entry)| {
            let other = covariance[[j, i]];
            (entry - other).abs() <= 1e-8 * entry.abs().max(other.abs())
        })
    }
}

/// The same, as the iterations hold it: slices, covariances as packed lower triangles.
#[derive(Debug, Clone)]
pub(crate) struct Components {
    pub(crate) n_features: usize,
    pub(crate) weights: Vec<f64>,
    /// One after the other.
    pub(crate) means: Vec<f64>,
    /// One after the other.
    pub(crate) covariances: Vec<f64>,
}

impl Components {
    pub(crate) fn n_clusters(&self) -> usize {
        self.weights.len()
    }

    pub(crate) fn mean(&self, component: usize) -> &[f64] {
        &self.means[component * self.n_features..][..self.n_features]
    }

    pub(crate) fn covariance(&self, component: usize) -> &[f64] {
        let len = packed_len(self.n_features);
        &self.covariances[component * len..][..len]
    }
}

impl From<&MixtureParameters> for Components {
    fn from(parameters: &MixtureParameters) -> Self {
        let lower = |((_, i, j), &entry): ((usize, usize, usize), &f64)| (j <= i).then_some(entry);
        Self {
            n_features: parameters.means.ncols(),
            weights: parameters.weights.to_vec(),
            means: parameters.means.iter().copied().collect(),
            covariances: parameters.covariances.indexed_iter().filter_map(lower).collect(),
        }
    }
}

impl From<&Components> for MixtureParameters {
    fn from(components: &Components) -> Self {
        let (n_clusters, n_features) = (components.n_clusters(), components.n_features);
        let entry = |(component, i, j): (usize, usize, usize)| {
            components.covariance(component)[row_start(i.max(j)) + i.min(j)]
        };
        Self {
            weights: Array1::from_vec(components.weights.clone()),
            means: Array2::from_shape_fn((n_clusters, n_features), |(k, i)| components.mean(k)[i]),
            covariances: Array3::from_shape_fn((n_clusters, n_features, n_features), entry),
        }
    }
}
