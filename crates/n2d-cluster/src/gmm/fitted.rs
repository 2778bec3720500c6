use n2d_core::check::same_features;
use n2d_core::{ApplyError, FittedClusterer, Labels, PartConfig, Predict, PredictProba, Samples};
use ndarray::{Array2, ArrayView1, ArrayView2, ArrayView3};

use super::config::GaussianMixtureConfig;
use super::density::Density;
use super::parameters::{Components, MixtureParameters};
use crate::cholesky::packed_len;

/// A fitted [`GaussianMixture`](crate::GaussianMixture). Each row, new or not, has the label of the component with the
/// greatest share in its density.
#[derive(Debug, Clone)]
pub struct FittedGaussianMixture {
    parameters: MixtureParameters,
    density: Density,
    labels: Labels,
}

impl FittedGaussianMixture {
    pub(crate) fn new(y: Samples<'_>, components: &Components, density: Density) -> Self {
        Self {
            parameters: components.into(),
            labels: labels(&density, y),
            density,
        }
    }

    /// All parameters: what [`fit_from`](crate::GaussianMixture::fit_from) can go on from.
    pub fn parameters(&self) -> &MixtureParameters {
        &self.parameters
    }

    /// The share of each component, `(n_clusters)`.
    pub fn weights(&self) -> ArrayView1<'_, f64> {
        self.parameters.weights.view()
    }

    /// The centre of each component, `(n_clusters, n_features)`.
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.parameters.means.view()
    }

    /// The covariance of each component, `(n_clusters, n_features, n_features)`, `reg_covar` included.
    pub fn covariances(&self) -> ArrayView3<'_, f64> {
        self.parameters.covariances.view()
    }

    /// The logarithm of the density of each row.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score_samples(&self, y: Samples<'_>) -> Result<Vec<f64>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(self.density.log_densities(y))
    }

    /// Akaike's information criterion on rows; the lower the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn aic(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        let log_likelihood: f64 = self.score_samples(y)?.iter().sum();
        Ok(2.0 * self.n_parameters() as f64 - 2.0 * log_likelihood)
    }

    /// The Bayesian information criterion on rows; the lower the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn bic(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        let log_likelihood: f64 = self.score_samples(y)?.iter().sum();
        Ok(self.n_parameters() as f64 * (y.n_samples() as f64).ln() - 2.0 * log_likelihood)
    }

    /// Free parameters of the mixture.
    pub fn n_parameters(&self) -> usize {
        let (n_clusters, n_features) = self.parameters.means.dim();
        n_clusters * (packed_len(n_features) + n_features) + n_clusters - 1
    }
}

fn labels(density: &Density, y: Samples<'_>) -> Labels {
    Labels::new(density.labels(y)).expect("labels are counted from zero")
}

impl FittedClusterer for FittedGaussianMixture {
    fn name(&self) -> &str {
        GaussianMixtureConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.density.n_features()
    }

    fn n_clusters(&self) -> usize {
        self.density.n_clusters()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        Some(self)
    }

    fn as_predict_proba(&self) -> Option<&dyn PredictProba> {
        Some(self)
    }
}

impl Predict for FittedGaussianMixture {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(labels(&self.density, y))
    }
}

impl PredictProba for FittedGaussianMixture {
    fn predict_proba(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let shape = (y.n_samples(), self.n_clusters());
        Ok(Array2::from_shape_vec(shape, self.density.shares(y)).expect("a share for each row and cluster"))
    }
}
