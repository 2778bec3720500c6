//! What the networks are made of, with rows as columns: `(channels, rows)`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use n2d_core::ConfigError;
use n2d_core::check::Options;

use crate::burn_engine::parameter;

/// Largest width of anything: products of a few stay within what can be counted, also for the numbers in a hostile file.
const WIDEST: usize = 1 << 20;

/// That a width is at least 1, and one that can be.
pub(super) fn width(part: &'static str, field: &str, given: usize) -> Result<(), ConfigError> {
    if (1..=WIDEST).contains(&given) {
        return Ok(());
    }
    Err(Options::of(part).refuse(field, format!("between 1 and {WIDEST}"), given))
}

/// `W x + b`, with `W` of `(n_out, n_in)`.
#[derive(Module, Debug)]
pub(super) struct Affine {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Affine {
    pub(super) fn new(n_in: usize, n_out: usize, device: &Device) -> Self {
        Self {
            weight: parameter([n_out, n_in], device),
            bias: parameter([n_out], device),
        }
    }

    /// Width of what it makes.
    pub(super) fn n_out(&self) -> usize {
        self.bias.val().dims()[0]
    }

    /// Of `(n_in, rows)`.
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.weight.val().matmul(x) + self.bias.val().unsqueeze_dim(1)
    }

    /// Of `(places, n_in, rows)`, at each place the same.
    pub(super) fn at_each_place(&self, x: Tensor<3>) -> Tensor<3> {
        let weight = self.weight.val().unsqueeze_dim(0);
        let bias = self.bias.val().unsqueeze_dim::<2>(1).unsqueeze_dim(0);
        weight.matmul(x) + bias
    }
}

/// Rows as `(places, channels, rows)`.
pub(super) fn places_first(x: Tensor<2>, places: usize, channels: usize) -> Tensor<3> {
    let [n_rows, _] = x.dims();
    x.transpose().reshape([places, channels, n_rows])
}

/// The same back.
pub(super) fn rows_first(x: Tensor<3>) -> Tensor<2> {
    let [places, channels, n_rows] = x.dims();
    x.reshape([places * channels, n_rows]).transpose()
}
