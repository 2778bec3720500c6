//! The configuration of k-means.

use documented::DocumentedFieldsOpt;
use serde::{Deserialize, Serialize};

use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};

use super::KMeans;

/// Options of [`KMeans`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct KMeansConfig {
    /// Number of clusters; at least 1, and at most as many as there are rows. Default 8, scikit-learn's.
    pub n_clusters: usize,
    /// How the first centres are chosen. Default [`KMeansInit::PlusPlus`], scikit-learn's.
    pub init: KMeansInit,
    /// Fits from different first centres, of which the one with the least inertia is kept; at least 1. Each costs a whole
    /// fit. Default 1: scikit-learn's `"auto"` for k-means++; for [`KMeansInit::Random`] it takes 10.
    pub n_init: usize,
    /// Most rounds of one fit; at least 1. Default 300, scikit-learn's.
    pub max_iter: usize,
    /// A fit ends when the centres move, squared and summed, by no more than this share of the mean variance of a column;
    /// 0 or above. Default 1e-4, scikit-learn's. With 0 a fit ends when no label changes.
    pub tol: f64,
    /// How the rounds are made. Default [`KMeansAlgorithm::Auto`].
    pub algorithm: KMeansAlgorithm,
}

impl Default for KMeansConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: KMeansInit::default(),
            n_init: 1,
            max_iter: 300,
            tol: 1e-4,
            algorithm: KMeansAlgorithm::default(),
        }
    }
}

impl KMeansConfig {
    /// The defaults with a number of clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// How [`KMeans`] chooses its first centres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KMeansInit {
    /// Rows far from those chosen before, each the best of `2 + ln k` drawn ones (greedy k-means++).
    #[default]
    #[serde(rename = "k-means++")]
    PlusPlus,
    /// Different rows at random: cheaper, and worse.
    #[serde(rename = "random")]
    Random,
}

/// How [`KMeans`] finds the nearest centres in each round. The results are equal up to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KMeansAlgorithm {
    /// Whichever is quicker: [`Elkan`](Self::Elkan) above 32 features, [`Lloyd`](Self::Lloyd) up to them.
    #[default]
    Auto,
    /// Every distance, every round.
    Lloyd,
    /// Only of rows that may have come nearer to another centre, as the triangle inequality tells (Elkan 2003). Keeps
    /// `n_samples (n_clusters + 1)` bounds of four bytes.
    Elkan,
}

impl KMeansAlgorithm {
    /// Whether bounds are kept from round to round.
    pub(crate) fn keeps_bounds(self, n_features: usize) -> bool {
        match self {
            Self::Auto => n_features > super::scaled::MAX_LANES_FEATURES,
            Self::Lloyd => false,
            Self::Elkan => true,
        }
    }
}

impl PartConfig for KMeansConfig {
    const NAME: &'static str = "kmeans";
    type Part = KMeans;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<KMeans, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.not_negative("tol", self.tol)?;
        Ok(KMeans { config: self.clone() })
    }
}
