//! The dense network on burn's tensors, for devices other than the CPU and as a check of our own engine.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use n2d_core::BoxError;
use serde::{Deserialize, Serialize};

use super::{Network, RowShape};
use crate::Activation;

/// Widths and activation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DenseShape {
    pub(crate) hidden: Vec<usize>,
    pub(crate) latent_dim: usize,
    pub(crate) activation: Activation,
}

#[derive(Module, Debug)]
pub(crate) struct DenseModule {
    encoder: Vec<Linear>,
    decoder: Vec<Linear>,
    #[module(skip)]
    activation: Activation,
}

/// Linear layers one after the other, with an activation between them.
fn chained(layers: &[Linear], activation: Activation, x: Tensor<2>) -> Tensor<2> {
    layers.iter().enumerate().fold(x, |x, (i, layer)| {
        let affine = layer.forward(x);
        if i + 1 == layers.len() {
            affine
        } else {
            activation.on_tensor(affine)
        }
    })
}

/// Layers of these widths.
pub(crate) fn linear_layers(widths: &[usize], device: &Device) -> Vec<Linear> {
    widths
        .windows(2)
        .map(|w| LinearConfig::new(w[0], w[1]).init(device))
        .collect()
}

impl Network for DenseModule {
    type Config = DenseShape;
    const NAME: &'static str = "dense";

    fn new(shape: &DenseShape, rows: &RowShape, device: &Device) -> Result<Self, BoxError> {
        let n_features = rows.n_features();
        let mut widths: Vec<usize> = std::iter::once(n_features)
            .chain(shape.hidden.iter().copied())
            .collect();
        widths.push(shape.latent_dim);
        let encoder = linear_layers(&widths, device);
        widths.reverse();
        Ok(Self {
            encoder,
            decoder: linear_layers(&widths, device),
            activation: shape.activation,
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        chained(&self.encoder, self.activation, x)
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        chained(&self.decoder, self.activation, z)
    }
}
