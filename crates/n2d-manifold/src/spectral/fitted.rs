use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::SpectralEmbeddingConfig;
use crate::numbers::single;
use crate::training::TrainingRows;

/// Functions are stretched by at most this where new rows are placed.
const MAX_STRETCH: f64 = 2.0;

/// A fitted [`SpectralEmbedding`](super::SpectralEmbedding).
#[derive(Debug, Clone)]
pub struct FittedSpectralEmbedding {
    pub(super) training: TrainingRows,
    pub(super) held_by: HeldBy,
    /// The eigenvalue of each component; none for those that are zero for want of rows.
    pub(super) eigenvalues: Vec<f64>,
    pub(super) embedding: Array2<f32>,
}

/// What holds a new row to the training rows.
#[derive(Debug, Clone, Copy)]
pub(super) enum HeldBy {
    /// So many nearest, all alike.
    Nearest(usize),
    /// All, by `exp(-gamma d^2)`.
    All { gamma: f64 },
}

impl FittedSpectralEmbedding {
    /// The eigenvalue of each component, ascending: how little the graph holds it.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// The mean of the training rows that hold a new one, by weight, stretched.
    ///
    /// An eigenfunction is at each row `1 / (1 - l)` times its mean over those that hold the row.
    fn place(&self, indices: &[u32], distances: &[f32], out: &mut [f32]) {
        let mut sum = vec![0.0; out.len()];
        let mut total = 0.0;
        // The nearest has weight one, so that not all can vanish.
        let nearest = f64::from(distances[0]).powi(2);
        for (&row, &distance) in indices.iter().zip(distances) {
            let weight = match self.held_by {
                HeldBy::Nearest(_) => 1.0,
                HeldBy::All { gamma } => (-gamma * (f64::from(distance).powi(2) - nearest)).exp(),
            };
            total += weight;
            let place = self.embedding.row(row as usize);
            sum.iter_mut()
                .zip(place)
                .for_each(|(sum, &v)| *sum += weight * f64::from(v));
        }
        for (component, (out, sum)) in out.iter_mut().zip(sum).enumerate() {
            let l = self.eigenvalues.get(component).copied().unwrap_or(0.0);
            let stretch = (1.0 - l).max(1.0 / MAX_STRETCH).recip();
            *out = single(sum / total * stretch);
        }
    }
}

impl FittedManifold for FittedSpectralEmbedding {
    fn name(&self) -> &str {
        SpectralEmbeddingConfig::NAME
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

impl Persist for FittedSpectralEmbedding {
    const KIND: &'static str = SpectralEmbeddingConfig::NAME;

    fn save(&self, state: &mut State) {
        state.put_matrix("embedding", self.embedding.view());
        state.put("eigenvalues", &self.eigenvalues);
        self.training.save(state);
        match self.held_by {
            HeldBy::Nearest(k) => state.set("n_neighbors", &k),
            HeldBy::All { gamma } => state.set("gamma", &gamma),
        }
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let embedding: Array2<f32> = state.finite_matrix("embedding")?;
        let eigenvalues: Vec<f64> = state.finite_vec("eigenvalues")?;
        let few = eigenvalues.len() <= embedding.ncols();
        state.expect("eigenvalues", "at most one for each component", few)?;
        let held_by = if state.values().any(|(name, _)| name == "gamma") {
            let gamma: f64 = state.get("gamma")?;
            state.expect(
                "gamma",
                "a finite number above 0",
                gamma > 0.0 && gamma.is_finite(),
            )?;
            HeldBy::All { gamma }
        } else {
            let k: usize = state.get("n_neighbors")?;
            state.expect(
                "n_neighbors",
                "from 1 to the number of rows",
                (1..=embedding.nrows()).contains(&k),
            )?;
            HeldBy::Nearest(k)
        };
        Ok(Self {
            training: TrainingRows::load(state, embedding.nrows())?,
            held_by,
            eigenvalues,
            embedding,
        })
    }
}

impl Transform for FittedSpectralEmbedding {
    /// By Nystrom's extension (Bengio et al. 2003, "Out-of-sample extensions for LLE, Isomap, MDS, eigenmaps, and spectral
    /// clustering"): the mean of the places of the training rows that hold a new row, stretched by what the eigenvalue says such a
    /// mean falls short, at most twofold.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(SpectralEmbeddingConfig::NAME, self.n_features(), z)?;
        let k = match self.held_by {
            HeldBy::Nearest(k) => k,
            HeldBy::All { .. } => self.embedding.nrows(),
        };
        let width = self.n_components();
        let mut placed = vec![0.0; z.n_samples() * width];
        // In blocks, as all training rows may be neighbours.
        let block = (4_000_000 / k).clamp(64, 65_536);
        let blocks = z.as_slice().chunks(block * z.n_features());
        for (values, placed) in blocks.zip(placed.chunks_mut(block * width)) {
            let rows = Samples::from_rows(values, z.n_features()).expect("rows of checked data");
            let found = self.training.query(rows, k)?;
            placed.par_chunks_mut(width).enumerate().for_each(|(row, out)| {
                self.place(found.indices(row), found.distances(row), out);
            });
        }
        Ok(Array2::from_shape_vec((z.n_samples(), width), placed).expect("n_components values a row"))
    }
}
