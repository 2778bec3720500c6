//! A network of one's own with noise of one's own, in the same pipeline as ours:
//! `cargo run --release -p n2d-examples --example own_network`
//!
//! The counterpart of `autoencoder_generator` with an `x_lambda` in the Python library's documentation.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use n2d::BoxError;
use n2d::encoder::burn::nn::{Linear, LinearConfig};
use n2d::encoder::burn::tensor::{Device, Tensor, activation::relu};
use n2d::encoder::{Network, RowShape, burn, burn::module::Module, rand::RngExt};
use n2d::prelude::*;

#[derive(Module, Debug)]
struct Denoising {
    layers: [Linear; 4],
}

impl Network for Denoising {
    type Config = [usize; 2];
    const NAME: &'static str = "denoising";

    fn new(&[hidden, latent]: &[usize; 2], rows: &RowShape, device: &Device) -> Result<Self, BoxError> {
        let widths = [rows.n_features(), hidden, latent, hidden, rows.n_features()];
        let layer = |i| LinearConfig::new(widths[i], widths[i + 1]).init(device);
        Ok(Self {
            layers: [0, 1, 2, 3].map(layer),
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.layers[1].forward(relu(self.layers[0].forward(x)))
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.layers[3].forward(relu(self.layers[2].forward(z)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = BuiltIn::Pendigits.load(&DataDirs::none())?;
    let encoder = Autoencoder::<Denoising>::new([500, 10], TrainingConfig::default())?.with_input_transform(
        |batch, rng| {
            batch
                .iter_mut()
                .for_each(|x| *x += 0.1 * (rng.random::<f32>() - 0.5));
        },
    );
    let fitted = N2d::new(encoder, UmapGmm::new(10).build()?)
        .fit(data.samples()?, &mut FitContext::new(0))?
        .model;
    println!(
        "{}",
        fitted.assess(data.labels.as_ref().ok_or("pendigits has classes")?)?
    );
    Ok(())
}
