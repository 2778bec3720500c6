use n2d_core::check::same_features;
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use n2d_neighbors::NeighborIndex;
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::fuzzy::Surroundings;
use super::kernel::Forces;
use super::layout::Layout;
use super::{Umap, UmapConfig};

/// A fitted [`Umap`]: the embedding of its training rows, and what placing new rows needs.
#[derive(Debug, Clone)]
pub struct FittedUmap {
    index: NeighborIndex,
    embedding: Array2<f32>,
    n_neighbors: usize,
    local_connectivity: f64,
    mean_distance: f64,
    layout: Layout,
}

impl FittedUmap {
    pub(super) fn new(
        umap: &Umap,
        index: NeighborIndex,
        embedding: Array2<f32>,
        mean_distance: f64,
        seed: u64,
    ) -> Self {
        let config = &umap.config;
        let n = embedding.nrows();
        // As umap-learn: a third of the epochs asked for, else 100 or 30, and a quarter of the learning rate.
        let n_epochs = config
            .n_epochs
            .map_or(if n <= 10_000 { 100 } else { 30 }, |n_epochs| {
                (n_epochs / 3).max(1)
            });
        let layout = Layout {
            forces: Forces::new(umap.curve, config.repulsion_strength),
            n_epochs,
            learning_rate: config.learning_rate / 4.0,
            negative_sample_rate: config.negative_sample_rate,
            seed,
        };
        Self {
            index,
            embedding,
            n_neighbors: config.n_neighbors.min(n),
            // A new point is connected to none at full weight, unless it coincides.
            local_connectivity: (f64::from(config.local_connectivity) - 1.0).max(0.0),
            mean_distance,
            layout,
        }
    }

    /// Starts at the mean of the neighbours, weighted by their memberships, then settles among the training points.
    fn place(&self, indices: &[u32], distances: &[f32], position: &mut [f32]) {
        let seen = Surroundings::of(distances, self.local_connectivity, self.mean_distance);
        let edges: Vec<(u32, f32)> = indices
            .iter()
            .zip(distances)
            .map(|(&index, &distance)| (index, seen.membership(distance)))
            .collect();
        let total: f32 = edges.iter().map(|&(_, weight)| weight).sum();
        let twin = distances.iter().position(|&distance| distance == 0.0);
        match twin {
            Some(at) => add_scaled(position, self.embedding.row(indices[at] as usize), 1.0),
            None => {
                for &(index, weight) in &edges {
                    add_scaled(position, self.embedding.row(index as usize), weight / total);
                }
            }
        }
        let others = self
            .embedding
            .as_slice()
            .expect("row-major: made from a vector of rows");
        self.layout.place(&edges, others, position);
    }
}

fn add_scaled(position: &mut [f32], other: ndarray::ArrayView1<'_, f32>, factor: f32) {
    position
        .iter_mut()
        .zip(other)
        .for_each(|(v, other)| *v += factor * other);
}

impl FittedManifold for FittedUmap {
    fn name(&self) -> &str {
        UmapConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.index.n_features()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }
}

impl Transform for FittedUmap {
    /// Each row in `O(log n)` for its neighbours in few dimensions, and a few epochs of layout among points that stand still.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(UmapConfig::NAME, self.n_features(), z)?;
        let neighbors = self.index.query(z, self.n_neighbors)?;
        let n_components = self.n_components();
        let mut placed = vec![0.0; z.n_samples() * n_components];
        placed
            .par_chunks_mut(n_components)
            .with_min_len(16)
            .enumerate()
            .for_each(|(row, position)| {
                self.place(neighbors.indices(row), neighbors.distances(row), position);
            });
        Ok(Array2::from_shape_vec((z.n_samples(), n_components), placed).expect("n_components values a row"))
    }
}
