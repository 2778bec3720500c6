use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::LocallyLinearEmbeddingConfig;
use super::weights::barycenter;
use crate::numbers::single;
use crate::training::TrainingRows;

/// A fitted [`LocallyLinearEmbedding`](super::LocallyLinearEmbedding).
#[derive(Debug, Clone)]
pub struct FittedLocallyLinearEmbedding {
    pub(super) training: TrainingRows,
    pub(super) n_neighbors: usize,
    pub(super) reg: f64,
    pub(super) embedding: Array2<f32>,
}

impl FittedManifold for FittedLocallyLinearEmbedding {
    fn name(&self) -> &str {
        LocallyLinearEmbeddingConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.training.n_features()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Transform for FittedLocallyLinearEmbedding {
    /// Each row as it is made of its nearest training rows: their places, by the weights of the standard method (as in scikit-learn).
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(LocallyLinearEmbeddingConfig::NAME, self.n_features(), z)?;
        let (n, width) = self.embedding.dim();
        let found = self.training.query(z, self.n_neighbors.clamp(1, n))?;
        let mut placed = vec![0.0; z.n_samples() * width];
        placed
            .par_chunks_mut(width)
            .with_min_len(16)
            .enumerate()
            .for_each(|(row, out)| {
                let indices = found.indices(row);
                let others: Vec<&[f32]> = indices
                    .iter()
                    .map(|&other| self.training.row(other as usize))
                    .collect();
                let values = z.row(row);
                let values = values.to_slice().expect("samples are row-major");
                let weights = barycenter(values, &others, self.reg);
                for (component, out) in out.iter_mut().enumerate() {
                    let places = indices
                        .iter()
                        .map(|&other| f64::from(self.embedding[[other as usize, component]]));
                    *out = single(weights.iter().zip(places).map(|(w, place)| w * place).sum());
                }
            });
        Ok(Array2::from_shape_vec((z.n_samples(), width), placed).expect("n_components values a row"))
    }
}

impl Persist for FittedLocallyLinearEmbedding {
    const KIND: &'static str = LocallyLinearEmbeddingConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("n_neighbors", &self.n_neighbors);
        state.set("reg", &self.reg);
        state.put_matrix("embedding", self.embedding.view());
        self.training.save(state);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let embedding: Array2<f32> = state.finite_matrix("embedding")?;
        let n_neighbors: usize = state.get("n_neighbors")?;
        let allowed = "below the number of rows";
        state.expect("n_neighbors", allowed, n_neighbors < embedding.nrows())?;
        let reg: f64 = state.get("reg")?;
        state.expect("reg", "between 1e-12 and 1", (1e-12..=1.0).contains(&reg))?;
        Ok(Self {
            training: TrainingRows::load(state, embedding.nrows())?,
            n_neighbors,
            reg,
            embedding,
        })
    }
}
