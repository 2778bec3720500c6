//! The configuration of agglomerative clustering.

use documented::DocumentedFieldsOpt;
use serde::{Deserialize, Serialize};

use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::Metric;

use super::Agglomerative;

/// Options of [`Agglomerative`]. The defaults are scikit-learn's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct AgglomerativeConfig {
    /// Number of clusters; at least 1, and at most as many as there are rows. Default 2. None where
    /// [`distance_threshold`](Self::distance_threshold) decides; exactly one of the two must be given.
    pub n_clusters: Option<usize>,
    /// Clusters this far apart, or farther, are not merged; 0 or above. Default none.
    pub distance_threshold: Option<f64>,
    /// How far apart clusters are. Default [`Linkage::Ward`].
    pub linkage: Linkage,
    /// How far apart rows are. Default [`Metric::Euclidean`], the only one that Ward's linkage allows.
    pub metric: Metric,
    /// Where given, only clusters are merged that touch in the graph of so many nearest rows of each row (by euclidean
    /// distance, itself not counted), which follows the data's shape and takes `O(n_samples n_neighbors)` memory; at least
    /// 1. It is what scikit-learn makes of `connectivity=kneighbors_graph(x, n_neighbors)`. Default none: any clusters.
    pub n_neighbors: Option<usize>,
}

impl Default for AgglomerativeConfig {
    fn default() -> Self {
        Self {
            n_clusters: Some(2),
            distance_threshold: None,
            linkage: Linkage::default(),
            metric: Metric::Euclidean,
            n_neighbors: None,
        }
    }
}

impl AgglomerativeConfig {
    /// The defaults with a number of clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters: Some(n_clusters),
            ..Self::default()
        }
    }
}

/// How far apart two clusters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Linkage {
    /// By how much merging them adds to the squared distances of rows to the means of their clusters (Ward 1963): the root of
    /// twice that. Finds round clusters of like size.
    #[default]
    Ward,
    /// The mean distance of their rows.
    Average,
    /// The greatest distance of two of their rows.
    Complete,
    /// The least distance of two of their rows. Finds clusters of any shape, and chains through noise.
    Single,
}

impl PartConfig for AgglomerativeConfig {
    const NAME: &'static str = "agglomerative";
    type Part = Agglomerative;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Agglomerative, ConfigError> {
        let options = Options::of(Self::NAME);
        if self.n_clusters.is_some() == self.distance_threshold.is_some() {
            let given = if self.n_clusters.is_some() {
                "given as well"
            } else {
                "not given either"
            };
            let allowed = "given where n_clusters is none, and only there";
            return Err(options.refuse("distance_threshold", allowed, given));
        }
        options.at_least("n_clusters", self.n_clusters.unwrap_or(1), 1)?;
        options.not_negative("distance_threshold", self.distance_threshold.unwrap_or(0.0))?;
        options.at_least("n_neighbors", self.n_neighbors.unwrap_or(1), 1)?;
        self.metric.check(options, "metric")?;
        if self.linkage == Linkage::Ward && self.metric != Metric::Euclidean {
            return Err(options.refuse("metric", "euclidean for ward's linkage", self.metric));
        }
        Ok(Agglomerative { config: self.clone() })
    }
}
