//! A spectral clustering as plain arrays.

use n2d_core::PartConfig;
use n2d_core::persist::{LoadError, Persist, State};

use super::{FittedSpectralClustering, SpectralClusteringConfig};
use crate::saved::count;

impl Persist for FittedSpectralClustering {
    const KIND: &'static str = SpectralClusteringConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("n_features", &self.n_features);
        state.set("n_clusters", &self.n_clusters);
        state.put_labels("labels", &self.labels);
        state.put_matrix("embedding", self.embedding.view());
        state.put("eigenvalues", &self.eigenvalues);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let embedding = state.finite_matrix("embedding")?;
        let (n_samples, width) = embedding.dim();
        let n_clusters = count(state, "n_clusters")?;
        let allowed = format!("at most {n_samples}, the number of rows");
        state.expect("n_clusters", &allowed, n_clusters <= n_samples)?;
        let labels = state.labels_of("labels", n_clusters)?;
        let eigenvalues: Vec<f64> = state.finite_vec("eigenvalues")?;
        if labels.len() != n_samples {
            return Err(state.wrong_shape("labels", &format!("[{n_samples}]")));
        }
        if eigenvalues.len() != width {
            return Err(state.wrong_shape("eigenvalues", &format!("[{width}]")));
        }
        Ok(Self {
            n_features: count(state, "n_features")?,
            n_clusters,
            labels,
            embedding,
            eigenvalues,
        })
    }
}
