use n2d_core::persist::Save;
use n2d_core::{FittedClusterer, Labels, PartConfig};
use ndarray::{Array2, ArrayView2};

use super::SpectralClusteringConfig;

/// A fitted [`SpectralClustering`](crate::SpectralClustering).
#[derive(Debug, Clone)]
pub struct FittedSpectralClustering {
    pub(super) n_features: usize,
    pub(super) n_clusters: usize,
    pub(super) labels: Labels,
    pub(super) embedding: Array2<f64>,
    pub(super) eigenvalues: Vec<f64>,
}

impl FittedSpectralClustering {
    /// Where the rows were clustered, `(n_samples, n_components)`: the smoothest functions on the graph. Fewer columns where there
    /// are fewer rows than components.
    pub fn embedding(&self) -> ArrayView2<'_, f64> {
        self.embedding.view()
    }

    /// The eigenvalue of each function, ascending from 0: how little the graph holds it.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }
}

impl FittedClusterer for FittedSpectralClustering {
    fn name(&self) -> &str {
        SpectralClusteringConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}
