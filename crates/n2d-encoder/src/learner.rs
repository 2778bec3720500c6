//! What the training loop needs of a network: our own engine's and burn's networks train in the same way.

use n2d_core::{BoxError, Samples};

use crate::Engine;
use crate::optimizer::Memory;
use crate::transform::Draw;

/// The values of every buffer of parameters.
pub(crate) type Weights = Vec<Vec<f32>>;

/// The rows of a step.
pub(crate) struct Batch<'x, 'a> {
    pub(crate) x: Samples<'x>,
    pub(crate) rows: &'a [usize],
    /// What is to be reconstructed, row after row, if it is not the rows as they stand.
    pub(crate) target: Option<&'a [f32]>,
    /// What is encoded, if it is not the target.
    pub(crate) input: Option<&'a [f32]>,
    /// The labels of all rows, -1 where there is none, if they count.
    pub(crate) labels: Option<&'a [i32]>,
    /// For networks with random numbers of their own.
    pub(crate) draw: Draw,
}

/// A network with its optimiser.
pub(crate) trait Learner {
    /// What makes the steps: [`Engine::Native`] or [`Engine::Burn`].
    fn engine(&self) -> Engine;

    /// A step of this rate; gives the loss before it. Where that is not finite, nothing is changed.
    fn step(&mut self, batch: &Batch<'_, '_>, rate: f64) -> Result<f64, BoxError>;

    /// The loss of rows, without a step.
    fn loss(&mut self, batch: &Batch<'_, '_>) -> Result<f64, BoxError>;

    /// The name and shape of each buffer of parameters, as in saved files.
    fn names(&self) -> Vec<(String, Vec<usize>)>;

    /// A copy of the parameters.
    fn weights(&self) -> Result<Weights, BoxError>;

    /// Puts such a copy back.
    fn set_weights(&mut self, weights: Weights) -> Result<(), BoxError>;

    /// Steps made, and what the optimiser remembers of each buffer.
    fn memories(&self) -> Result<(u64, Vec<Memory>), BoxError>;

    /// Puts these back.
    fn set_memories(&mut self, steps: u64, memories: Vec<Memory>) -> Result<(), BoxError>;
}

impl Batch<'_, '_> {
    /// The values to be encoded and those to be reconstructed; the former empty where they are the latter.
    pub(crate) fn gathered(&self) -> (Vec<f32>, Vec<f32>) {
        let target = match self.target {
            Some(target) => target.to_vec(),
            None => self
                .rows
                .iter()
                .flat_map(|&row| self.x.row(row))
                .copied()
                .collect(),
        };
        (self.input.map_or_else(Vec::new, <[f32]>::to_vec), target)
    }
}
