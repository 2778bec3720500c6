//! The engines for CPUs: forward, backward and optimiser by hand, on matrix products alone. This one is for dense networks; that for convolutions is
//! [`stack`].
//!
//! What it saves against a tensor library is memory traffic. Bias and activation are applied to a tile of a product while
//! it is in the cache; buffers are allocated once; and a tile of a gradient goes into the optimiser at once, so that no
//! gradient of the whole network is ever written down, unless the optimiser needs to see it whole.
//!
//! Every product is cut into tiles by its shape alone, each worked out by one task. So the bits of a result do not depend on the
//! number of threads.

mod backward;
mod forward;
mod head;
mod learner;
mod stack;
mod wanted;

use forward::{add_penalty, penalty};
pub(crate) use head::Head;
pub(crate) use learner::NativeLearner;
pub use stack::Stack;
pub(crate) use stack::StackLearner;
use wanted::Wanted;

use crate::learner::Batch;
use crate::optimizer::Optimization;
use crate::{Activation, DenseNetwork, Loss};

/// Rows that a task gathers, or whose loss it works out.
const ROWS: usize = 32;

/// The buffers of one network for batches of up to some size.
pub(crate) struct NativeEngine {
    loss: Loss,
    /// Weight of the mean absolute latent in the loss.
    sparsity: f64,
    /// What learns the labels, where there are any.
    head: Option<Head>,
    /// Weight of the reconstruction in the loss; where it is 0, nothing is decoded.
    reconstruction: f64,
    /// The batch, then the output of every layer: what the next one takes, and at last the reconstruction.
    outputs: Vec<Vec<f32>>,
    wanted: Wanted,
    /// What the activation behind each layer took, where its derivative can't be told from what it gave; else empty.
    affine: Vec<Vec<f32>>,
    /// The gradients by what a layer's activation took, of the layer at work and of the one before it.
    deltas: [Vec<f32>; 2],
    /// The gradient by the weights of the layer at work, tile after tile.
    gradient: Vec<f32>,
    /// The gradients by all parameters, if the optimiser needs them whole.
    whole: Option<Vec<Vec<f32>>>,
}

impl NativeEngine {
    pub(crate) fn new(
        (loss, sparsity): (Loss, f64),
        network: &DenseNetwork,
        optimization: &Optimization,
        batch_size: usize,
    ) -> Self {
        let layers = network.layers();
        let buffer = |width: usize| vec![0.0; batch_size * width];
        let kept = |(layer, n_out): (usize, usize)| match network.activation_after(layer) {
            Activation::Gelu => buffer(n_out),
            _ => Vec::new(),
        };
        let widths: Vec<usize> = layers.iter().map(|layer| layer.n_out()).collect();
        let widest = widths.iter().copied().max().unwrap_or(0);
        let largest = layers.iter().map(|l| l.n_in() * l.n_out()).max().unwrap_or(0);
        let whole = optimization.needs_whole_gradients();
        Self {
            loss,
            sparsity,
            head: None,
            reconstruction: 1.0,
            outputs: std::iter::once(&network.n_features())
                .chain(&widths)
                .map(|&width| buffer(width))
                .collect(),
            wanted: Wanted::default(),
            affine: widths.iter().copied().enumerate().map(kept).collect(),
            deltas: [buffer(widest), buffer(widest)],
            gradient: vec![0.0; if whole { 0 } else { largest }],
            whole: whole.then(|| {
                network
                    .parameters()
                    .map(|values| vec![0.0; values.len()])
                    .collect()
            }),
        }
    }

    /// One step of training of this rate, on at most as many rows as the buffers are for; gives the loss before the step. Where that
    /// is not finite, no step is made.
    pub(crate) fn train(
        &mut self,
        network: &mut DenseNetwork,
        optimization: &mut Optimization,
        batch: &Batch<'_, '_>,
        rate: f64,
    ) -> f64 {
        let loss = self.loss_of(network, batch);
        if loss.is_finite() {
            self.backward(network, optimization, batch.rows.len(), rate);
        }
        loss
    }

    /// The loss of a batch, whose gradient by the reconstruction is left in the first of the deltas.
    pub(crate) fn loss_of(&mut self, network: &DenseNetwork, batch: &Batch<'_, '_>) -> f64 {
        self.wanted.gather(batch, &mut self.outputs[0]);
        self.forward(network, batch.rows.len())
    }

    /// With labels in the loss, too.
    pub(crate) fn with_head(self, head: Head) -> Self {
        Self {
            reconstruction: head.reconstruction(),
            head: Some(head),
            ..self
        }
    }

    /// Layers that are trained: those of the encoder where nothing is decoded.
    fn n_trained(&self, network: &DenseNetwork) -> usize {
        if self.reconstruction > 0.0 {
            network.layers().len()
        } else {
            network.encoder().len()
        }
    }
}
