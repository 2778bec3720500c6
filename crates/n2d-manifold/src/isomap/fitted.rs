use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::IsomapConfig;
use super::geodesics::{Links, Search};
use crate::numbers::{dot, single};
use crate::training::TrainingRows;

/// A fitted [`Isomap`](super::Isomap): the embedding of its training rows, their links, and the directions of the scaling.
#[derive(Debug, Clone)]
pub struct FittedIsomap {
    pub(super) training: TrainingRows,
    pub(super) n_neighbors: usize,
    pub(super) links: Links,
    pub(super) scaling: Scaling,
    pub(super) embedding: Array2<f32>,
}

/// Turns distances from the landmarks, which may be all rows, into places.
#[derive(Debug, Clone)]
pub(super) struct Scaling {
    /// The landmarks' rows.
    pub(super) landmarks: Vec<u32>,
    /// The mean squared distance of each landmark from all.
    pub(super) means: Vec<f64>,
    /// `-v / (2 sqrt(l))` for each direction `v` with its eigenvalue `l`.
    pub(super) directions: Vec<Vec<f64>>,
    pub(super) eigenvalues: Vec<f64>,
}

impl Scaling {
    /// The place of a row at such squared distances from the landmarks less the means; zero in components without a direction.
    pub(super) fn place(&self, apart: &[f64], out: &mut [f32]) {
        out.fill(0.0);
        for (out, direction) in out.iter_mut().zip(&self.directions) {
            *out = single(dot(apart, direction));
        }
    }
}

impl FittedIsomap {
    /// The eigenvalue of each component that has a direction, descending: the sum of the squares of the landmarks' places along it.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.scaling.eigenvalues
    }

    /// The rows from which distances were measured, ascending; all of them where there were no landmarks.
    pub fn landmarks(&self) -> &[u32] {
        &self.scaling.landmarks
    }

    /// Neighbours by which new rows are linked.
    pub fn n_neighbors(&self) -> usize {
        self.n_neighbors
    }
}

impl FittedManifold for FittedIsomap {
    fn name(&self) -> &str {
        IsomapConfig::NAME
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

impl Transform for FittedIsomap {
    /// By geodesic extension: a new row is linked with its nearest training rows, and placed by its distances along the graph. Takes
    /// one search of the graph a row, `O(n log n)`, so that no matrix of distances need be kept.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(IsomapConfig::NAME, self.n_features(), z)?;
        let (n, width) = self.embedding.dim();
        let found = self.training.query(z, self.n_neighbors.clamp(1, n))?;
        let mut placed = vec![0.0; z.n_samples() * width];
        placed.par_chunks_mut(width).enumerate().for_each_init(
            || {
                (
                    Search::default(),
                    vec![0.0; n],
                    vec![0.0; self.scaling.landmarks.len()],
                )
            },
            |(search, distances, apart), (row, out)| {
                let nearest = found
                    .indices(row)
                    .iter()
                    .copied()
                    .zip(found.distances(row).iter().copied());
                self.links.from(nearest, search, distances);
                let landmarks = self.scaling.landmarks.iter().zip(&self.scaling.means);
                for (apart, (&landmark, mean)) in apart.iter_mut().zip(landmarks) {
                    *apart = f64::from(distances[landmark as usize]).powi(2) - mean;
                }
                self.scaling.place(apart, out);
            },
        );
        Ok(Array2::from_shape_vec((z.n_samples(), width), placed).expect("n_components values a row"))
    }
}

impl Persist for FittedIsomap {
    const KIND: &'static str = IsomapConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("n_neighbors", &self.n_neighbors);
        state.put_matrix("embedding", self.embedding.view());
        self.training.save(state);
        self.links.save(state);
        state.put("landmarks", &self.scaling.landmarks);
        state.put("means", &self.scaling.means);
        state.put("eigenvalues", &self.scaling.eigenvalues);
        let shape = [self.scaling.directions.len(), self.scaling.landmarks.len()];
        state.put_shaped("directions", &shape, &self.scaling.directions.concat());
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let embedding: Array2<f32> = state.finite_matrix("embedding")?;
        let (n, width) = embedding.dim();
        let n_neighbors: usize = state.get("n_neighbors")?;
        state.expect("n_neighbors", "below the number of rows", n_neighbors < n.max(1))?;
        let landmarks: Vec<u32> = state.vec("landmarks")?;
        let rows = !landmarks.is_empty() && landmarks.iter().all(|&row| (row as usize) < n);
        state.expect("landmarks", "rows of the embedding, at least one", rows)?;
        let eigenvalues: Vec<f64> = state.finite_vec("eigenvalues")?;
        state.expect(
            "eigenvalues",
            "at most one for each component",
            eigenvalues.len() <= width,
        )?;
        let means: Vec<f64> = state.finite_vec("means")?;
        state.expect("means", "one for each landmark", means.len() == landmarks.len())?;
        let (shape, values) = state.shaped::<f64>("directions")?;
        let fits = *shape == [eigenvalues.len(), landmarks.len()] && values.iter().all(|v| v.is_finite());
        state.expect("directions", "one finite row for each eigenvalue", fits)?;
        let directions = values
            .chunks_exact(landmarks.len())
            .map(<[f64]>::to_vec)
            .collect();
        Ok(Self {
            training: TrainingRows::load(state, n)?,
            links: Links::load(state, n)?,
            scaling: Scaling {
                landmarks,
                means,
                directions,
                eigenvalues,
            },
            n_neighbors,
            embedding,
        })
    }
}
