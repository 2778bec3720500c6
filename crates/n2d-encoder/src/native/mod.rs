//! The engine for CPUs: forward, backward and optimiser by hand, on matrix products alone.
//!
//! What it saves against a tensor library is memory traffic. Bias and activation are applied to a tile of a product while
//! it is in the cache; buffers are allocated once; and a tile of a gradient goes into the optimiser at once, so that no
//! gradient of the whole network is ever written down.
//!
//! Every product is cut into tiles by its shape alone, each worked out by one task. So the bits of a result do not depend on the
//! number of threads.

mod backward;
mod forward;

use n2d_core::Samples;
use rayon::prelude::*;

use crate::optimizer::Optimization;
use crate::{Activation, DenseNetwork, Loss};

/// Rows that a task gathers, or whose loss it works out.
const ROWS: usize = 32;

/// The buffers of one network for batches of up to some size.
pub(crate) struct NativeEngine {
    loss: Loss,
    /// The batch, then the output of every layer: what the next one takes, and at last the reconstruction.
    outputs: Vec<Vec<f32>>,
    /// What the activation behind each layer took, where its derivative can't be told from what it gave; else empty.
    affine: Vec<Vec<f32>>,
    /// The gradients by what a layer's activation took, of the layer at work and of the one before it.
    deltas: [Vec<f32>; 2],
    /// The gradient by the weights of the layer at work, tile after tile.
    gradient: Vec<f32>,
}

impl NativeEngine {
    pub(crate) fn new(loss: Loss, network: &DenseNetwork, batch_size: usize) -> Self {
        let layers = network.layers();
        let buffer = |width: usize| vec![0.0; batch_size * width];
        let kept = |(layer, n_out): (usize, usize)| match network.activation_after(layer) {
            Activation::Gelu => buffer(n_out),
            _ => Vec::new(),
        };
        let widths: Vec<usize> = layers.iter().map(|layer| layer.n_out()).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        let largest = layers.iter().map(|l| l.n_in() * l.n_out()).max().unwrap_or(0);
        Self {
            loss,
            outputs: std::iter::once(&network.n_features())
                .chain(&widths)
                .map(|&width| buffer(width))
                .collect(),
            affine: widths.iter().copied().enumerate().map(kept).collect(),
            deltas: [buffer(widest), buffer(widest)],
            gradient: vec![0.0; largest],
        }
    }

    /// One step of training on some rows of `x`, at most as many as the buffers are for; gives the loss before the step. Where that
    /// is not finite, no step is made.
    pub(crate) fn train(
        &mut self,
        network: &mut DenseNetwork,
        optimization: &mut Optimization,
        x: Samples<'_>,
        rows: &[usize],
    ) -> f64 {
        self.gather(x, rows);
        let loss = self.forward(network, rows.len());
        if loss.is_finite() {
            self.backward(network, optimization, rows.len());
        }
        loss
    }

    fn gather(&mut self, x: Samples<'_>, rows: &[usize]) {
        let (values, width) = (x.as_slice(), x.n_features());
        self.outputs[0][..rows.len() * width]
            .par_chunks_mut(ROWS * width)
            .zip(rows.par_chunks(ROWS))
            .for_each(|(out, rows)| {
                for (out, row) in out.chunks_exact_mut(width).zip(rows) {
                    out.copy_from_slice(&values[row * width..(row + 1) * width]);
                }
            });
    }
}
