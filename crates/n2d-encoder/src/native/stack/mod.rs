//! Networks whose layers are the same affine map at each of their places: convolutions of sequences and images, down and up, and dense
//! layers, which have one place.
//!
//! Rows, places and channels lie as in the data: `(rows, places, channels)`. A task takes some rows through the whole network, so that tasks
//! wait for one another twice a step alone: for the loss, and for the sum of the gradients, which is taken in the order of the rows.

mod layer;
mod learner;
mod pass;

use crate::Activation;
use crate::gathers::Gathers;

pub(crate) use layer::Layer;
use layer::Scratch;
pub(crate) use learner::StackLearner;

/// The layers of an autoencoder of this kind, without their weights.
///
/// Weights come layer by layer, matrix before bias; a matrix has a row for each channel that is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    layers: Vec<Layer>,
    n_encoder: usize,
    /// Part of the values before the latents that a step of training leaves out.
    dropout: f64,
}

impl Stack {
    /// Convolutions, a dense layer to latents, one back, and convolutions, each with the activation behind all but the latents and the last.
    pub(crate) fn new(
        down: &[Gathers],
        (width, latent_dim): (usize, usize),
        up: &[Gathers],
        activation: Activation,
    ) -> Self {
        let encoder = down.iter().map(|gathers| Layer::convolution(gathers, activation));
        let to_latents = Layer::dense(width, latent_dim, Activation::Linear);
        let from_latents = Layer::dense(latent_dim, width, activation);
        let after = |at| {
            if at + 1 == up.len() {
                Activation::Linear
            } else {
                activation
            }
        };
        let decoder = up.iter().enumerate();
        let decoder = decoder.map(|(at, gathers)| Layer::convolution(gathers, after(at)));
        let layers = encoder.chain([to_latents, from_latents]).chain(decoder);
        Self {
            layers: layers.collect(),
            n_encoder: down.len() + 1,
            dropout: 0.0,
        }
    }

    /// With a part of the values before the latents left out in each step of training.
    pub(crate) fn with_dropout(self, dropout: f64) -> Self {
        Self { dropout, ..self }
    }

    fn n_features(&self) -> usize {
        self.layers[0].n_in()
    }

    pub(crate) fn latent_dim(&self) -> usize {
        self.layers[self.n_encoder - 1].n_out()
    }

    /// The latents of some rows of data, on this thread.
    pub(crate) fn encode(&self, weights: &[Vec<f32>], rows: &[f32]) -> Vec<f32> {
        apply(&self.layers[..self.n_encoder], weights, rows)
    }

    /// The data of some rows of latents, on this thread.
    pub(crate) fn decode(&self, weights: &[Vec<f32>], rows: &[f32]) -> Vec<f32> {
        apply(
            &self.layers[self.n_encoder..],
            &weights[2 * self.n_encoder..],
            rows,
        )
    }
}

fn apply(layers: &[Layer], weights: &[Vec<f32>], rows: &[f32]) -> Vec<f32> {
    let n_rows = rows.len() / layers[0].n_in();
    let mut scratch = Scratch::default();
    let mut values = rows.to_vec();
    for (layer, weights) in layers.iter().zip(weights.chunks_exact(2)) {
        let mut made = vec![0.0; n_rows * layer.n_out()];
        layer.forward(weights, &values, &mut made, &mut scratch);
        layer.activation().apply(&mut made);
        values = made;
    }
    values
}
