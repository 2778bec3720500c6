use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::BayesianGaussianMixture;
use crate::KMeansConfig;
use crate::cholesky::cholesky;
use crate::gmm::config::MixtureInit;
use crate::gmm::covariances::{CovarianceType, is_symmetric, lower};

/// Options of [`BayesianGaussianMixture`]. The names are scikit-learn's, and so are the defaults but for `n_clusters`, and for
/// `init` where `n_init` is above 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct BayesianGaussianMixtureConfig {
    /// Most components; at least 1, and at most as many as there are rows. Those that the data do not need end without rows.
    /// Default 8, as for [`GaussianMixtureConfig`](crate::GaussianMixtureConfig); in a pipeline it is the number of clusters
    /// asked for.
    pub n_clusters: usize,
    /// How free the shapes of the components are. Default [`CovarianceType::Full`].
    pub covariance_type: CovarianceType,
    /// Where the iterations begin. Default [`MixtureInit::Auto`].
    pub init: MixtureInit,
    /// Fits from different beginnings, of which the one with the greatest lower bound is kept; at least 1. Each costs a whole
    /// fit. Default 1.
    pub n_init: usize,
    /// Most iterations of one fit; at least 1. Default 100. Components that are not needed vanish slowly: a few hundred are
    /// often too few.
    pub max_iter: usize,
    /// A fit has converged when the lower bound changes by less than this; 0 or above. Default 1e-3. The bound is that of all
    /// rows together, not of a row, as in scikit-learn.
    pub tol: f64,
    /// Added to the variances of the rows of every component, in squared units of the data; 0 or above. Default 1e-6.
    pub reg_covar: f64,
    /// What is believed of the weights before. Default [`WeightConcentrationType::DirichletProcess`].
    pub weight_concentration_prior_type: WeightConcentrationType,
    /// How evenly the weights are spread before: the lower, the fewer components stay; above 0. Default none: 1 /
    /// `n_clusters`.
    pub weight_concentration_prior: Option<f64>,
    /// How many rows the belief in `mean_prior` is worth; above 0. Default none: 1.
    pub mean_precision_prior: Option<f64>,
    /// Where the means lie before, one number for each feature. Default none: the mean of the rows.
    pub mean_prior: Option<Vec<f64>>,
    /// How many rows the belief in `covariance_prior` is worth; above the number of features less 1. Default none: the number
    /// of features.
    pub degrees_of_freedom_prior: Option<f64>,
    /// What is believed of the covariances before. Default none: the covariance of the rows, of the kind of `covariance_type`
    /// (variances of the features for [`CovarianceType::Diag`], the mean of these for [`CovarianceType::Spherical`]).
    pub covariance_prior: Option<CovariancePrior>,
}

impl Default for BayesianGaussianMixtureConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            covariance_type: CovarianceType::default(),
            init: MixtureInit::default(),
            n_init: 1,
            max_iter: 100,
            tol: 1e-3,
            reg_covar: 1e-6,
            weight_concentration_prior_type: WeightConcentrationType::default(),
            weight_concentration_prior: None,
            mean_precision_prior: None,
            mean_prior: None,
            degrees_of_freedom_prior: None,
            covariance_prior: None,
        }
    }
}

impl BayesianGaussianMixtureConfig {
    /// The defaults with a greatest number of components.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// The prior of a mixture's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightConcentrationType {
    /// A Dirichlet process, cut off at `n_clusters` components (stick breaking; Blei and Jordan 2006): some few components take
    /// most of the weight. The default.
    #[default]
    DirichletProcess,
    /// A symmetric Dirichlet distribution (Attias 2000): all components are alike before.
    DirichletDistribution,
}

/// The prior of a mixture's covariances, in the form that goes with its [`CovarianceType`]: in a configuration file a number,
/// a list, or a list of lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "it must be a number, a list of numbers or a list of rows"
)]
pub enum CovariancePrior {
    /// A variance above 0, for [`CovarianceType::Spherical`].
    Variance(f64),
    /// A variance above 0 for each feature, for [`CovarianceType::Diag`].
    Variances(Vec<f64>),
    /// A symmetric, positive definite matrix, row after row, for [`CovarianceType::Full`] and [`CovarianceType::Tied`].
    Matrix(Vec<Vec<f64>>),
}

impl CovariancePrior {
    /// As a shape of a kind, where it is one.
    pub(crate) fn to_shape(&self, kind: CovarianceType) -> Option<Vec<f64>> {
        let variances = |values: &[f64]| values.iter().all(|&x| x > 0.0 && x.is_finite());
        match (self, kind) {
            (Self::Variance(variance), CovarianceType::Spherical) => {
                variances(&[*variance]).then(|| vec![*variance])
            }
            (Self::Variances(values), CovarianceType::Diag) => {
                (variances(values) && !values.is_empty()).then(|| values.clone())
            }
            (Self::Matrix(rows), CovarianceType::Full | CovarianceType::Tied) => {
                let n = rows.len();
                let square = n > 0 && rows.iter().all(|row| row.len() == n);
                let matrix = square.then(|| Array2::from_shape_fn((n, n), |(i, j)| rows[i][j]))?;
                let shape = is_symmetric(matrix.view()).then(|| lower(matrix.view()))?;
                cholesky(&shape, n).map(|_| shape)
            }
            _ => None,
        }
    }

    /// How many features it is for; a single variance is for any number.
    pub(crate) fn n_features(&self) -> Option<usize> {
        match self {
            Self::Variance(_) => None,
            Self::Variances(values) => Some(values.len()),
            Self::Matrix(rows) => Some(rows.len()),
        }
    }
}

impl PartConfig for BayesianGaussianMixtureConfig {
    const NAME: &'static str = "bayesian_gmm";
    type Part = BayesianGaussianMixture;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<BayesianGaussianMixture, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.not_negative("tol", self.tol)?;
        options.not_negative("reg_covar", self.reg_covar)?;
        let positive = [
            ("weight_concentration_prior", self.weight_concentration_prior),
            ("mean_precision_prior", self.mean_precision_prior),
            ("degrees_of_freedom_prior", self.degrees_of_freedom_prior),
        ];
        for (name, given) in positive {
            given.map_or(Ok(()), |given| options.positive(name, given))?;
        }
        self.check_mean_prior(options)?;
        self.check_covariance_prior(options)?;
        Ok(BayesianGaussianMixture {
            config: self.clone(),
            kmeans: KMeansConfig::new(self.n_clusters).build()?,
        })
    }
}

impl BayesianGaussianMixtureConfig {
    fn check_mean_prior(&self, options: Options) -> Result<(), ConfigError> {
        let bad = |mean: &&Vec<f64>| mean.is_empty() || mean.iter().any(|x| !x.is_finite());
        match self.mean_prior.as_ref().filter(bad) {
            None => Ok(()),
            Some(mean) => {
                let allowed = "a finite number for each feature";
                Err(options.refuse("mean_prior", allowed, format!("{mean:?}")))
            }
        }
    }

    fn check_covariance_prior(&self, options: Options) -> Result<(), ConfigError> {
        let kind = self.covariance_type;
        match self
            .covariance_prior
            .as_ref()
            .filter(|prior| prior.to_shape(kind).is_none())
        {
            None => Ok(()),
            Some(prior) => {
                let form = match kind {
                    CovarianceType::Full | CovarianceType::Tied => {
                        "a symmetric and positive definite matrix, as a list of rows,"
                    }
                    CovarianceType::Diag => "a list of variances above 0, one for each feature,",
                    CovarianceType::Spherical => "a variance above 0",
                };
                let allowed = format!("{form} for covariance_type = {kind}");
                Err(options.refuse("covariance_prior", allowed, format!("{prior:?}")))
            }
        }
    }
}
