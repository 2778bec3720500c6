use n2d_core::check::same_features;
use n2d_core::persist::Save;
use n2d_core::{ApplyError, FittedClusterer, Labels, PartConfig, Predict, PredictProba, Samples};
use ndarray::{Array2, ArrayView1, ArrayView2};

use super::config::GaussianMixtureConfig;
use super::covariances::{CovarianceType, Covariances};
use super::density::Density;
use super::parameters::{Components, MixtureParameters};
use super::sampling::sample;

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

    pub(super) fn from_parts(parameters: MixtureParameters, density: Density, labels: Labels) -> Self {
        Self {
            parameters,
            density,
            labels,
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

    /// The shapes of the components, `reg_covar` included.
    pub fn covariances(&self) -> &Covariances {
        &self.parameters.covariances
    }

    /// How free the shapes of the components are.
    pub fn covariance_type(&self) -> CovarianceType {
        self.parameters.covariances.covariance_type()
    }

    /// The logarithm of the density of each row.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score_samples(&self, y: Samples<'_>) -> Result<Vec<f64>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(self.density.log_densities(y))
    }

    /// The mean of the logarithms of the rows' densities; the higher the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        Ok(self.score_samples(y)?.iter().sum::<f64>() / y.n_samples() as f64)
    }

    /// Akaike's information criterion on rows; the lower the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn aic(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        let log_likelihood: f64 = self.score_samples(y)?.iter().sum();
        Ok(aic(self.n_parameters(), log_likelihood))
    }

    /// The Bayesian information criterion on rows; the lower the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn bic(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        let log_likelihood: f64 = self.score_samples(y)?.iter().sum();
        Ok(bic(self.n_parameters(), log_likelihood, y.n_samples()))
    }

    /// Free parameters of the mixture: those of the means, the covariances, and all weights but one.
    pub fn n_parameters(&self) -> usize {
        let (n_clusters, n_features) = self.parameters.means.dim();
        n_parameters(self.covariance_type(), n_clusters, n_features)
    }

    /// `n_samples` new rows, `(n_samples, n_features)`, with the component of each: drawn from the mixture. A seed fixes them;
    /// the first rows of many are those of few. What would lie beyond single precision lies at its border.
    ///
    /// ```
    /// use n2d_cluster::GaussianMixtureConfig;
    /// use n2d_core::{Clusterer, FitContext, PartConfig, Samples};
    ///
    /// let y = Samples::from_rows(&[0.0, 0.5, 1.0, 97.0, 98.0, 99.0], 1)?;
    /// let gmm = GaussianMixtureConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?.model;
    /// let (rows, components) = gmm.sample(100, 7);
    /// assert_eq!((rows.dim(), components.len()), ((100, 1), 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sample(&self, n_samples: usize, seed: u64) -> (Array2<f32>, Labels) {
        sample(&self.parameters, "gmm sample", n_samples, seed)
    }
}

/// Free parameters of a mixture.
pub(crate) fn n_parameters(kind: CovarianceType, n_clusters: usize, n_features: usize) -> usize {
    kind.n_parameters(n_clusters, n_features) + n_clusters * n_features + n_clusters - 1
}

/// Akaike's information criterion (Akaike 1974).
pub(crate) fn aic(n_parameters: usize, log_likelihood: f64) -> f64 {
    2.0 * n_parameters as f64 - 2.0 * log_likelihood
}

/// The Bayesian information criterion (Schwarz 1978).
pub(crate) fn bic(n_parameters: usize, log_likelihood: f64, n_samples: usize) -> f64 {
    n_parameters as f64 * (n_samples as f64).ln() - 2.0 * log_likelihood
}

pub(crate) fn labels(density: &Density, y: Samples<'_>) -> Labels {
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

    fn as_save(&self) -> Option<&dyn Save> {
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
