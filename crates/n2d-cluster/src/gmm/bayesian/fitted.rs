use n2d_core::check::same_features;
use n2d_core::persist::Save;
use n2d_core::{ApplyError, FittedClusterer, Labels, PartConfig, Predict, PredictProba, Samples};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::config::{BayesianGaussianMixtureConfig, WeightConcentrationType};
use super::posterior::{Concentration, Factors, Posterior};
use super::prior::Prior;
use crate::error::{StartError, check_start};
use crate::gmm::covariances::{CovarianceType, Covariances};
use crate::gmm::density::Density;
use crate::gmm::fitted::labels;
use crate::gmm::parameters::MixtureParameters;
use crate::gmm::sampling::sample;

/// The parameters of what is believed of a mixture after its rows were seen.
#[derive(Debug, Clone, PartialEq)]
pub struct BayesianMixtureParameters {
    /// Of the weights.
    pub weight_concentration: WeightConcentration,
    /// How many rows the belief in each mean is worth, `(n_clusters)`; above 0.
    pub mean_precision: Array1<f64>,
    /// The expected centre of each component, `(n_clusters, n_features)`.
    pub means: Array2<f64>,
    /// How many rows the belief in each covariance is worth, `(n_clusters)`; above `n_features - 1`. All the same for
    /// [`CovarianceType::Tied`].
    pub degrees_of_freedom: Array1<f64>,
    /// The expected shapes of the components.
    pub covariances: Covariances,
}

/// What is believed of a mixture's weights, by the [`WeightConcentrationType`].
#[derive(Debug, Clone, PartialEq)]
pub enum WeightConcentration {
    /// For each component the two parameters of a beta distribution, `(n_clusters)` each; above 0: of what is left by the
    /// components before, it takes `taken / (taken + left)`.
    DirichletProcess {
        /// 1 and the rows of the component.
        taken: Array1<f64>,
        /// The prior and the rows of the components after it.
        left: Array1<f64>,
    },
    /// The parameters of a Dirichlet distribution, `(n_clusters)`; above 0.
    DirichletDistribution(Array1<f64>),
}

impl WeightConcentration {
    pub(super) fn concentration_type(&self) -> WeightConcentrationType {
        match self {
            Self::DirichletProcess { .. } => WeightConcentrationType::DirichletProcess,
            Self::DirichletDistribution(_) => WeightConcentrationType::DirichletDistribution,
        }
    }

    fn arrays(&self) -> Vec<&Array1<f64>> {
        match self {
            Self::DirichletProcess { taken, left } => vec![taken, left],
            Self::DirichletDistribution(all) => vec![all],
        }
    }
}

impl BayesianMixtureParameters {
    /// As the factors to begin with, where they are of the kinds and shapes that the prior is for.
    pub(crate) fn to_factors(&self, prior: &Prior) -> Result<Factors, StartError> {
        if self.weight_concentration.concentration_type() != prior.concentration_type {
            return Err(StartError::WeightConcentration);
        }
        self.to_factors_of(prior.kind, prior.n_clusters, prior.n_features)
    }

    /// The same whatever the type of the weight concentration.
    pub(super) fn to_factors_of(
        &self,
        kind: CovarianceType,
        n_clusters: usize,
        n_features: usize,
    ) -> Result<Factors, StartError> {
        for array in self.weight_concentration.arrays() {
            check_above("weight_concentration", array, n_clusters, 0.0)?;
        }
        check_above("mean_precision", &self.mean_precision, n_clusters, 0.0)?;
        let least = n_features as f64 - 1.0;
        check_above("degrees_of_freedom", &self.degrees_of_freedom, n_clusters, least)?;
        check_start(
            "means",
            &self.means,
            self.means.shape(),
            &[n_clusters, n_features],
        )?;
        self.covariances.check(kind, n_clusters, n_features)?;
        Ok(Factors {
            concentration: match &self.weight_concentration {
                WeightConcentration::DirichletProcess { taken, left } => {
                    Concentration::Process(taken.to_vec(), left.to_vec())
                }
                WeightConcentration::DirichletDistribution(all) => Concentration::Distribution(all.to_vec()),
            },
            mean_precision: self.mean_precision.to_vec(),
            means: self.means.iter().copied().collect(),
            degrees_of_freedom: self.degrees_of_freedom.to_vec(),
            shapes: self.covariances.to_shapes(),
        })
    }
}

fn check_above(
    what: &'static str,
    values: &Array1<f64>,
    n_clusters: usize,
    bound: f64,
) -> Result<(), StartError> {
    check_start(what, values, values.shape(), &[n_clusters])?;
    match values.iter().find(|&&value| value <= bound) {
        Some(&given) => Err(StartError::TooSmall { what, bound, given }),
        None => Ok(()),
    }
}

/// A fitted [`BayesianGaussianMixture`](crate::BayesianGaussianMixture). Each row, new or not, has the label of the component
/// that is most probably its own.
///
/// A component that the data do not need stays in all arrays, with a weight near 0 and, as a rule, without a row:
/// `n_clusters` is the number of components configured, [`active`](Self::active) tells which of them have rows.
#[derive(Debug, Clone)]
pub struct FittedBayesianGaussianMixture {
    /// The expected parameters.
    pub(super) expected: MixtureParameters,
    pub(super) posterior: BayesianMixtureParameters,
    pub(super) density: Density,
    pub(super) labels: Labels,
}

impl FittedBayesianGaussianMixture {
    pub(super) fn new(y: Samples<'_>, prior: &Prior, posterior: Posterior<'_>) -> Self {
        let shape = (prior.n_clusters, prior.n_features);
        let expected = MixtureParameters {
            weights: posterior.concentration.weights().into(),
            means: Array2::from_shape_vec(shape, posterior.means).expect("a mean for each component"),
            covariances: Covariances::from_shapes(prior.kind, shape.0, shape.1, &posterior.shapes),
        };
        Self {
            posterior: BayesianMixtureParameters {
                weight_concentration: match posterior.concentration {
                    Concentration::Process(taken, left) => WeightConcentration::DirichletProcess {
                        taken: taken.into(),
                        left: left.into(),
                    },
                    Concentration::Distribution(all) => {
                        WeightConcentration::DirichletDistribution(all.into())
                    }
                },
                mean_precision: posterior.mean_precision.into(),
                means: expected.means.clone(),
                degrees_of_freedom: posterior.degrees_of_freedom.into(),
                covariances: expected.covariances.clone(),
            },
            expected,
            labels: labels(&posterior.density, y),
            density: posterior.density,
        }
    }

    /// All that is believed: what [`fit_from`](crate::BayesianGaussianMixture::fit_from) can go on from.
    pub fn posterior(&self) -> &BayesianMixtureParameters {
        &self.posterior
    }

    /// The expected weights, means and covariances, as those of a mixture with known parameters.
    pub fn parameters(&self) -> &MixtureParameters {
        &self.expected
    }

    /// The expected share of each component, `(n_clusters)`.
    pub fn weights(&self) -> ArrayView1<'_, f64> {
        self.expected.weights.view()
    }

    /// The expected centre of each component, `(n_clusters, n_features)`.
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.expected.means.view()
    }

    /// The expected shapes of the components.
    pub fn covariances(&self) -> &Covariances {
        &self.expected.covariances
    }

    /// How free the shapes of the components are.
    pub fn covariance_type(&self) -> CovarianceType {
        self.expected.covariances.covariance_type()
    }

    /// The components that have training rows, from the lowest.
    pub fn active(&self) -> Vec<usize> {
        self.labels
            .sizes()
            .iter()
            .map(|&(label, _)| label as usize)
            .collect()
    }

    /// The logarithm of what is expected of the density of each row, as in scikit-learn: an expectation of logarithms, so lower
    /// than the density of the expected parameters.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score_samples(&self, y: Samples<'_>) -> Result<Vec<f64>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(self.density.log_densities(y))
    }

    /// The mean of [`score_samples`](Self::score_samples) over rows; the higher the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        Ok(self.score_samples(y)?.iter().sum::<f64>() / y.n_samples() as f64)
    }

    /// `n_samples` new rows with the component of each, drawn from the mixture of the expected parameters; see
    /// [`FittedGaussianMixture::sample`](crate::FittedGaussianMixture::sample).
    pub fn sample(&self, n_samples: usize, seed: u64) -> (Array2<f32>, Labels) {
        sample(&self.expected, "bayesian_gmm sample", n_samples, seed)
    }
}

impl FittedClusterer for FittedBayesianGaussianMixture {
    fn name(&self) -> &str {
        BayesianGaussianMixtureConfig::NAME
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

impl Predict for FittedBayesianGaussianMixture {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(labels(&self.density, y))
    }
}

impl PredictProba for FittedBayesianGaussianMixture {
    fn predict_proba(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let shape = (y.n_samples(), self.n_clusters());
        Ok(Array2::from_shape_vec(shape, self.density.shares(y)).expect("a share for each row and cluster"))
    }
}
