use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use serde::{Deserialize, Serialize};

use super::SpectralEmbedding;
use crate::numbers::check_width;

/// The options of [`SpectralEmbedding`]. Names are those of scikit-learn; defaults too, but where said.
///
/// ```
/// use n2d_core::PartConfig;
/// use n2d_manifold::SpectralEmbeddingConfig;
///
/// let spectral = SpectralEmbeddingConfig { n_neighbors: 15, ..SpectralEmbeddingConfig::new(3) }.build()?;
/// assert_eq!(spectral.config().n_components, 3);
/// let error = SpectralEmbeddingConfig { n_neighbors: 1, ..SpectralEmbeddingConfig::new(3) }.build().unwrap_err();
/// assert_eq!(error.to_string(), "spectral_embedding.n_neighbors must be at least 2, but is 1");
/// # Ok::<(), n2d_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct SpectralEmbeddingConfig {
    /// Width of the embedding; at least 1. Default 2 (scikit-learn).
    pub n_components: usize,
    /// What holds rows together. Default [`Affinity::NearestNeighbors`] (scikit-learn).
    pub affinity: Affinity,
    /// For [`Affinity::NearestNeighbors`]: how many rows nearest to each are held to it, the row itself counted as in
    /// scikit-learn; at least 2. Default 10; scikit-learn's is a tenth of all rows, which takes `O(n^2)` memory. Where there are
    /// fewer rows, all are used, and the report says so.
    pub n_neighbors: usize,
    /// For [`Affinity::Rbf`]: how fast affinity falls with the squared distance; above 0. Default none: `1 / n_features`
    /// (scikit-learn).
    pub gamma: Option<f64>,
    /// The most by which `L v` may differ from `l v` for an eigenvector `v` of unit length; above 0. Default 1e-6; scikit-learn's
    /// `"auto"` is what the solver can do.
    pub eigen_tol: f64,
    /// For [`Affinity::NearestNeighbors`]: how far apart rows are. Default euclidean (scikit-learn has no other).
    pub metric: Metric,
    /// For [`Affinity::NearestNeighbors`]: how neighbours are searched. Default auto: exactly, but for very many rows, which the
    /// report then says.
    pub search: NeighborSearch,
}

/// What holds two rows together in [`SpectralEmbedding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Affinity {
    /// One half where one is among the nearest rows of the other, one where both are.
    #[default]
    NearestNeighbors,
    /// `exp(-gamma d^2)` of their distance `d`, for all pairs: up to [`SpectralEmbedding::MAX_RBF_SAMPLES`] rows.
    Rbf,
}

impl Default for SpectralEmbeddingConfig {
    fn default() -> Self {
        Self {
            n_components: 2,
            affinity: Affinity::NearestNeighbors,
            n_neighbors: 10,
            gamma: None,
            eigen_tol: 1e-6,
            metric: Metric::Euclidean,
            search: NeighborSearch::Auto,
        }
    }
}

impl SpectralEmbeddingConfig {
    /// The defaults with a width of the embedding.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }

    /// What the affinity does not look at must stay as it is by default: it would be ignored in silence.
    fn only_used_options(&self, options: Options) -> Result<(), ConfigError> {
        let refuse = |field: &str, by: &str, given: String| {
            let allowed = format!("left alone with {by}, which does not use it");
            Err(options.refuse(field, allowed, given))
        };
        match (self.affinity, self.gamma) {
            (Affinity::NearestNeighbors, Some(gamma)) => {
                refuse("gamma", "affinity = nearest_neighbors", gamma.to_string())
            }
            (Affinity::Rbf, _) if self.n_neighbors != Self::default().n_neighbors => {
                refuse("n_neighbors", "affinity = rbf", self.n_neighbors.to_string())
            }
            (Affinity::Rbf, _) if self.metric != Self::default().metric => {
                refuse("metric", "affinity = rbf", self.metric.to_string())
            }
            (Affinity::Rbf, _) if self.search != Self::default().search => {
                refuse("search", "affinity = rbf", self.search.to_string())
            }
            _ => Ok(()),
        }
    }
}

impl PartConfig for SpectralEmbeddingConfig {
    const NAME: &'static str = "spectral_embedding";
    type Part = SpectralEmbedding;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<SpectralEmbedding, ConfigError> {
        let options = Options::of(Self::NAME);
        check_width(options, self.n_components)?;
        options.at_least("n_neighbors", self.n_neighbors, 2)?;
        if let Some(gamma) = self.gamma {
            options.positive("gamma", gamma)?;
        }
        options.positive("eigen_tol", self.eigen_tol)?;
        self.metric.check(options, "metric")?;
        self.search.check(options, "search", &self.metric.into())?;
        self.only_used_options(options)?;
        Ok(SpectralEmbedding { config: self.clone() })
    }
}
