use std::borrow::Borrow;

use n2d_core::{ApplyError, BoxError, PartConfig};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::kernel::Forces;
use super::layout::Layout;
use super::{Umap, UmapConfig};

/// A graph that has been laid out: the places of its points, and how new points that are near them are placed.
#[derive(Debug, Clone)]
pub struct GraphEmbedding {
    pub(super) embedding: Array2<f32>,
    pub(super) layout: Layout,
}

/// Why a new point can't be placed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "new point {row}: its memberships must be of different points below {n_points}, finite and not all 0, but are {given:?}"
)]
pub struct BadMemberships {
    /// Which, from zero.
    pub row: usize,
    /// Points of the graph.
    pub n_points: usize,
    /// What was given.
    pub given: Vec<(u32, f32)>,
}

/// What a new point is near to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Near {
    /// It is this point of the graph.
    Same(u32),
    /// Points of the graph, with how much each counts.
    Among(Vec<(u32, f32)>),
}

impl GraphEmbedding {
    pub(super) fn new(umap: &Umap, embedding: Array2<f32>, seed: u64) -> Self {
        let config = &umap.config;
        // As umap-learn: a third of the epochs asked for, else 100 or 30, and a quarter of the learning rate.
        let usual = if embedding.nrows() <= 10_000 { 100 } else { 30 };
        let layout = Layout {
            forces: Forces::new(umap.curve, config.repulsion_strength),
            n_epochs: config.n_epochs.map_or(usual, |n_epochs| (n_epochs / 3).max(1)),
            learning_rate: config.learning_rate / 4.0,
            negative_sample_rate: config.negative_sample_rate,
            seed,
        };
        Self { embedding, layout }
    }

    /// Where the points lie, `(n_points, n_components)`, row-major and finite.
    pub fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    /// Gives the places away.
    pub fn into_embedding(self) -> Array2<f32> {
        self.embedding
    }

    /// Places new points by their memberships, pairs of a point of the graph and a weight above 0, while the graph's points stand still.
    /// `(n_new, n_components)`; a point's place does not depend on the others asked for.
    ///
    /// # Errors
    /// [`ApplyError::Part`] with [`BadMemberships`] for weights that are not finite or below 0, points that the graph does not have or that
    /// stand twice, and rows without any weight.
    pub fn place(&self, memberships: &[Vec<(u32, f32)>]) -> Result<Array2<f32>, ApplyError> {
        let near: Vec<Near> = memberships.iter().cloned().map(Near::Among).collect();
        self.place_near(&near)
    }

    /// Places new points by what they are near to, which is checked.
    pub(super) fn place_near(&self, near: &[Near]) -> Result<Array2<f32>, ApplyError> {
        for (row, near) in near.iter().enumerate() {
            self.check(row, near)?;
        }
        Ok(self.place_all(near.len(), |row| &near[row]))
    }

    /// That what a new point is near to is of this graph.
    fn check(&self, row: usize, near: &Near) -> Result<(), ApplyError> {
        let n_points = self.embedding.nrows();
        let same;
        let given = match near {
            Near::Same(point) => {
                same = [(*point, 1.0)];
                &same[..]
            }
            Near::Among(memberships) => memberships,
        };
        if are_usable(given, n_points) {
            return Ok(());
        }
        let given = given.to_vec();
        Err(ApplyError::Part {
            part: UmapConfig::NAME.to_owned(),
            source: BoxError::from(BadMemberships { row, n_points, given }),
        })
    }

    pub(super) fn place_all<N: Borrow<Near>>(
        &self,
        n_rows: usize,
        near: impl Fn(usize) -> N + Sync,
    ) -> Array2<f32> {
        let n_components = self.embedding.ncols();
        let mut placed = vec![0.0; n_rows * n_components];
        placed
            .par_chunks_mut(n_components)
            .with_min_len(16)
            .enumerate()
            .for_each(|(row, position)| self.place_one(near(row).borrow(), position));
        Array2::from_shape_vec((n_rows, n_components), placed).expect("n_components values a row")
    }

    /// What is a point of the graph lies where that lies. All else settles among the points.
    fn place_one(&self, near: &Near, position: &mut [f32]) {
        match near {
            Near::Same(point) => {
                let place = self.embedding.row(*point as usize);
                position.iter_mut().zip(place).for_each(|(v, other)| *v = *other);
            }
            Near::Among(memberships) => self.settle(memberships, position),
        }
    }

    /// Starts at the mean of the neighbours, weighted by their memberships, or at the first that counts fully; then settles among all points.
    fn settle(&self, memberships: &[(u32, f32)], position: &mut [f32]) {
        let twin = memberships.iter().find(|&&(_, weight)| weight == 1.0);
        let near = twin.map_or(memberships, std::slice::from_ref);
        let total: f32 = near.iter().map(|&(_, weight)| weight).sum();
        for &(point, weight) in near {
            let place = self.embedding.row(point as usize);
            let factor = weight / total;
            position
                .iter_mut()
                .zip(place)
                .for_each(|(v, other)| *v += factor * other);
        }
        let others = self
            .embedding
            .as_slice()
            .expect("row-major: made from a vector of rows");
        self.layout.place(memberships, others, position);
    }
}

fn are_usable(memberships: &[(u32, f32)], n_points: usize) -> bool {
    let mut points: Vec<u32> = memberships.iter().map(|&(point, _)| point).collect();
    points.sort_unstable();
    let total: f32 = memberships.iter().map(|&(_, weight)| weight).sum();
    points.windows(2).all(|pair| pair[0] != pair[1])
        && points.last().is_some_and(|&last| (last as usize) < n_points)
        && memberships.iter().all(|&(_, weight)| weight >= 0.0)
        && total.is_normal()
}
