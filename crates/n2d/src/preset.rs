use n2d_cluster::{GaussianMixture, GaussianMixtureConfig};
use n2d_core::{ConfigError, ManifoldClusterer, PartConfig};
use n2d_manifold::{Umap, UmapConfig};

/// UMAP with a Gaussian mixture on top, as in the N2D paper: `n_neighbors` 20, `min_dist` 0, as many components as
/// clusters. The counterpart of the Python library's `UmapGMM`.
///
/// ```
/// use n2d::{N2d, UmapGmm, PartConfig, encoder::DenseAutoencoderConfig};
///
/// let mut preset = UmapGmm::new(10);
/// preset.umap.n_neighbors = 30;
/// let encoder = DenseAutoencoderConfig::new(10).build()?;
/// let pipeline = N2d::new(encoder, preset.build()?);
/// # Ok::<(), n2d::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct UmapGmm {
    /// Options of the manifold learner.
    pub umap: UmapConfig,
    /// Options of the clusterer.
    pub gmm: GaussianMixtureConfig,
}

impl UmapGmm {
    /// The paper's settings for this many clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            umap: UmapConfig::new(n_clusters),
            gmm: GaussianMixtureConfig::new(n_clusters),
        }
    }

    /// Checks all options and makes the parts.
    ///
    /// # Errors
    /// [`ConfigError`] for the first option out of its range.
    pub fn build(&self) -> Result<ManifoldClusterer<Umap, GaussianMixture>, ConfigError> {
        Ok(ManifoldClusterer::new(self.umap.build()?, self.gmm.build()?))
    }
}
