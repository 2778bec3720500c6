use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use serde::{Deserialize, Serialize};

use super::GaussianMixture;
use super::covariances::CovarianceType;
use crate::KMeansConfig;

/// Options of [`GaussianMixture`]. The defaults are scikit-learn's, but for `n_clusters`, `n_init`, and where the beginnings after the first are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianMixtureConfig {
    /// Number of components; at least 1, and at most as many as there are rows. Default 8, as for
    /// [`KMeansConfig`](crate::KMeansConfig); in a pipeline it is the number of clusters asked for.
    pub n_clusters: usize,
    /// How free the shapes of the components are. Default [`CovarianceType::Full`], scikit-learn's. The others need fewer
    /// rows for each component, and less time.
    pub covariance_type: CovarianceType,
    /// Where the iterations begin. Default [`MixtureInit::Auto`]: the first at the clusters of k-means, the second at rows far from one
    /// another (k-means++), and so on by turns.
    pub init: MixtureInit,
    /// Fits from different beginnings, of which the one with the greatest likelihood is kept; at least 1. Each costs a whole
    /// fit. Default 20, where scikit-learn has 1: on UMAP's embedding of pendigits one beginning in six ends in an optimum of
    /// lesser likelihood and 0.08 lower accuracy, and the likelihood tells. 20 take 1 to 9 s on
    /// UMAP's embeddings of 70 000 images, on one thread; with hundreds of columns they take long.
    pub n_init: usize,
    /// Most iterations of one fit; at least 1. Default 100.
    pub max_iter: usize,
    /// A fit has converged when the mean log-likelihood of a row changes by less than this; 0 or above. Default 1e-3.
    pub tol: f64,
    /// Added to the variances of every component, in squared units of the data; 0 or above. Default 1e-6. It keeps
    /// components of equal rows, or with constant columns, from collapsing; make it greater for data of large numbers.
    pub reg_covar: f64,
}

impl Default for GaussianMixtureConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            covariance_type: CovarianceType::default(),
            init: MixtureInit::default(),
            n_init: 20,
            max_iter: 100,
            tol: 1e-3,
            reg_covar: 1e-6,
        }
    }
}

impl GaussianMixtureConfig {
    /// The defaults with a number of components.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// Where the iterations of a [`GaussianMixture`] begin: with shares of rows, from which the components are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MixtureInit {
    /// As `kmeans` and as `k-means++` by turns, beginning with `kmeans`: where k-means comes to nearly the same clusters every
    /// time, so would all fits. On UMAP's embeddings the likeliest of both is better in the mean, though not on every set; on
    /// t-SNE's maps `kmeans` is surer (`benches/records/mixtures.md`). The default; with an `n_init` of 1 it is scikit-learn's.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// The clusters of one run of [`KMeans`](crate::KMeans) with its defaults.
    #[serde(rename = "kmeans")]
    KMeans,
    /// Rows far from one another (greedy k-means++), each with the rows nearest to it: quicker, less sure.
    #[serde(rename = "k-means++")]
    PlusPlus,
    /// Different rows at random, each with the rows nearest to it: of use with many `n_init`.
    #[serde(rename = "random_from_data")]
    RandomFromData,
    /// Shares of every row drawn at random: the components begin nearly equal, and part slowly.
    #[serde(rename = "random")]
    Random,
}

impl PartConfig for GaussianMixtureConfig {
    const NAME: &'static str = "gmm";
    type Part = GaussianMixture;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<GaussianMixture, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.not_negative("tol", self.tol)?;
        options.not_negative("reg_covar", self.reg_covar)?;
        Ok(GaussianMixture {
            config: self.clone(),
            kmeans: KMeansConfig::new(self.n_clusters).build()?,
        })
    }
}
