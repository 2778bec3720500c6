//! The configuration of spectral clustering.

use documented::DocumentedFieldsOpt;
use serde::{Deserialize, Serialize};

use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};

use super::SpectralClustering;
use crate::KMeansConfig;

/// Options of [`SpectralClustering`]. The defaults are scikit-learn's, but for the affinity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct SpectralClusteringConfig {
    /// Number of clusters; at least 1, and at most as many as there are rows. Default 8.
    pub n_clusters: usize,
    /// Number of functions by which rows are placed; at least 1. Default none: as many as clusters.
    pub n_components: Option<usize>,
    /// What holds rows together. Default [`Affinity::NearestNeighbors`], which the N2D authors' code takes; scikit-learn's is `rbf`.
    pub affinity: Affinity,
    /// For [`Affinity::NearestNeighbors`]: how many rows nearest to each are held to it, **itself counted**; at least 2, and at
    /// most as many as there are rows. Default 10.
    pub n_neighbors: usize,
    /// For [`Affinity::Rbf`]: how fast affinity falls with the squared distance; above 0. Default 1.
    pub gamma: f64,
    /// How rows are clustered in their new places. Default [`AssignLabels::KMeans`].
    pub assign_labels: AssignLabels,
    /// Fits of k-means from different first centres, of which the best is kept; at least 1. Default 10.
    pub n_init: usize,
    /// The most by which `L v` may differ from `l v` for an eigenvector `v`; above 0. Default 1e-5: of 70 000 labels (MNIST in ten
    /// principal components) one was another with 1e-8. scikit-learn's `"auto"` is what the solver can do.
    pub eigen_tol: f64,
}

impl Default for SpectralClusteringConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            n_components: None,
            affinity: Affinity::default(),
            n_neighbors: 10,
            gamma: 1.0,
            assign_labels: AssignLabels::default(),
            n_init: 10,
            eigen_tol: 1e-5,
        }
    }
}

impl SpectralClusteringConfig {
    /// The defaults with a number of clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// What holds two rows together in [`SpectralClustering`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Affinity {
    /// One half where one is among the nearest rows of the other, one where both are.
    #[default]
    NearestNeighbors,
    /// `exp(-gamma d^2)` of their distance `d`, for all pairs: up to
    /// [`MAX_RBF_SAMPLES`](SpectralClustering::MAX_RBF_SAMPLES) rows.
    Rbf,
}

/// How [`SpectralClustering`] clusters rows in their new places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AssignLabels {
    /// By [`KMeans`](crate::KMeans).
    #[default]
    #[serde(rename = "kmeans")]
    KMeans,
    /// By a rotation of the functions that makes each tell one cluster (Damle, Minden and Ying 2019). Nothing is random in it, and
    /// it is quicker; needs as many functions as clusters.
    #[serde(rename = "cluster_qr")]
    ClusterQr,
}

impl SpectralClusteringConfig {
    /// What the affinity or the assignment does not look at must stay as it is by default: it would be ignored in silence.
    fn only_used_options(&self, options: Options) -> Result<(), ConfigError> {
        let default = Self::default();
        let refuse = |field: &str, by: &str, given: String| {
            let allowed = format!("left alone with {by}, which does not use it");
            Err(options.refuse(field, allowed, given))
        };
        let rbf = self.affinity == Affinity::Rbf;
        if rbf && self.n_neighbors != default.n_neighbors {
            return refuse("n_neighbors", "affinity = rbf", self.n_neighbors.to_string());
        }
        if !rbf && self.gamma != default.gamma {
            return refuse("gamma", "affinity = nearest_neighbors", self.gamma.to_string());
        }
        if self.assign_labels == AssignLabels::ClusterQr && self.n_init != default.n_init {
            return refuse("n_init", "assign_labels = cluster_qr", self.n_init.to_string());
        }
        Ok(())
    }
}

impl PartConfig for SpectralClusteringConfig {
    const NAME: &'static str = "spectral";
    type Part = SpectralClustering;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<SpectralClustering, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_components", self.n_components.unwrap_or(1), 1)?;
        options.at_least("n_neighbors", self.n_neighbors, 2)?;
        options.positive("gamma", self.gamma)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.positive("eigen_tol", self.eigen_tol)?;
        let n_components = self.n_components.unwrap_or(self.n_clusters);
        if self.assign_labels == AssignLabels::ClusterQr && n_components != self.n_clusters {
            return Err(options.refuse("n_components", "n_clusters for cluster_qr", n_components));
        }
        self.only_used_options(options)?;
        let kmeans = KMeansConfig {
            n_init: self.n_init,
            ..KMeansConfig::new(self.n_clusters)
        };
        Ok(SpectralClustering {
            config: self.clone(),
            kmeans: kmeans.build()?,
        })
    }
}
