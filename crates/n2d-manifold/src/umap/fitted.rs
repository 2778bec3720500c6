use n2d_core::check::same_features;
use n2d_core::persist::Save;
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use n2d_neighbors::{NeighborIndex, Neighbors};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::density::Radii;
use super::fuzzy::Surroundings;
use super::kernel::Forces;
use super::place::Near;
use super::{GraphEmbedding, Umap, UmapConfig};

/// A fitted [`Umap`]: the embedding of its training rows, and what placing new rows needs.
#[derive(Debug, Clone)]
pub struct FittedUmap {
    pub(super) seen: Seen,
    pub(super) placed: GraphEmbedding,
    pub(super) radii: Option<Radii>,
}

/// The training rows as new rows see them.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) index: NeighborIndex,
    pub(super) n_neighbors: usize,
    /// Rows at this distance or farther are no neighbours.
    pub(super) cut: Option<f32>,
    pub(super) local_connectivity: f64,
    pub(super) mean_distance: f64,
    /// Whether a training row, given again, lies where it lay. Not in models that were saved before it did: they answer as ever.
    pub(super) keeps_rows: bool,
}

impl Seen {
    pub(super) fn new(umap: &Umap, z: Samples<'_>, index: NeighborIndex, mean_distance: f64) -> Self {
        let config = &umap.config;
        Self {
            index,
            n_neighbors: config.n_neighbors.min(z.n_samples()),
            cut: config.disconnection_distance,
            // A new point is connected to none at full weight, unless it coincides.
            local_connectivity: (f64::from(config.local_connectivity) - 1.0).max(0.0),
            mean_distance,
            keeps_rows: true,
        }
    }

    /// How much each neighbour of a new row counts, nearest first. The nearest does where all are cut off.
    pub(super) fn memberships(&self, indices: &[u32], distances: &[f32]) -> Vec<(u32, f32)> {
        let cut = self.cut.unwrap_or(f32::INFINITY);
        let kept = distances.partition_point(|&distance| distance < cut);
        if kept == 0 {
            return vec![(indices[0], 1.0)];
        }
        let seen = Surroundings::of(&distances[..kept], self.local_connectivity, self.mean_distance);
        let memberships = distances[..kept].iter().map(|&d| seen.membership(d));
        indices[..kept].iter().copied().zip(memberships).collect()
    }

    /// The training rows at no distance of a new one, which is one of them given again, or the same to the metric.
    pub(super) fn same<'n>(&self, neighbors: &'n Neighbors, row: usize) -> &'n [u32] {
        let distances = neighbors.distances(row);
        let n_same = distances.partition_point(|&distance| distance == 0.0);
        &neighbors.indices(row)[..if self.keeps_rows { n_same } else { 0 }]
    }

    /// What a new row is near to, of as many neighbours as count.
    fn near(&self, neighbors: &Neighbors, row: usize) -> Near {
        let (indices, distances) = (neighbors.indices(row), neighbors.distances(row));
        let k = self.n_neighbors.min(neighbors.k());
        match self.same(neighbors, row).first() {
            Some(&point) => Near::Same(point),
            None => Near::Among(self.memberships(&indices[..k], &distances[..k])),
        }
    }
}

impl FittedUmap {
    pub(super) fn new(seen: Seen, placed: GraphEmbedding, radii: Option<Radii>) -> Self {
        Self { seen, placed, radii }
    }

    /// How wide the surroundings of the training rows are in the data and in the embedding, where `output_dens` asks for it.
    pub fn radii(&self) -> Option<&Radii> {
        self.radii.as_ref()
    }

    /// The training rows as a graph that has been laid out.
    pub fn graph_embedding(&self) -> &GraphEmbedding {
        &self.placed
    }

    pub(super) fn n_neighbors(&self) -> usize {
        self.seen.n_neighbors
    }

    pub(super) fn training_rows(&self) -> Vec<f32> {
        self.seen.index.points()
    }

    pub(super) fn forces(&self) -> &Forces {
        &self.placed.layout.forces
    }

    /// The training rows that each new row is near to and how much each counts, nearest first: what [`Transform::transform`] places
    /// them by.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn memberships(&self, z: Samples<'_>) -> Result<Vec<Vec<(u32, f32)>>, ApplyError> {
        same_features(UmapConfig::NAME, self.n_features(), z)?;
        let neighbors = self.seen.index.query(z, self.seen.n_neighbors)?;
        let row = |row: usize| {
            self.seen
                .memberships(neighbors.indices(row), neighbors.distances(row))
        };
        Ok((0..z.n_samples()).into_par_iter().map(row).collect())
    }
}

impl FittedUmap {
    /// Places new rows by their nearest training rows as they were found elsewhere, by a metric of one's own, say; as many of each as there
    /// are, nearest first, of which [`n_neighbors`](UmapConfig::n_neighbors) count. Otherwise as [`Transform::transform`].
    ///
    /// # Errors
    /// [`ApplyError::Part`] with [`BadMemberships`](super::BadMemberships) for neighbours that are no training rows.
    pub fn transform_neighbors(&self, neighbors: &Neighbors) -> Result<Array2<f32>, ApplyError> {
        let near: Vec<Near> = (0..neighbors.n_rows())
            .map(|row| self.seen.near(neighbors, row))
            .collect();
        self.placed.place_near(&near)
    }
}

impl FittedManifold for FittedUmap {
    fn name(&self) -> &str {
        UmapConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.seen.index.n_features()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.placed.embedding()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Transform for FittedUmap {
    /// Each row in `O(log n)` for its neighbours in few dimensions, and a few epochs of layout among points that stand still. A training row,
    /// given again, lies where it lay; of rows that are the same to the metric, where the first does.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(UmapConfig::NAME, self.n_features(), z)?;
        let neighbors = self.seen.index.query(z, self.seen.n_neighbors)?;
        Ok(self
            .placed
            .place_all(z.n_samples(), |row| self.seen.near(&neighbors, row)))
    }
}
