use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device as BurnDevice, Tensor};
use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{BoxError, ConfigError, PartConfig};

use super::layers::width;
use crate::burn_engine::{Autoencoder, Draws, Network, RowShape, linear_layers};
use crate::{Activation, Device, Loss, Optimizer, Schedule};

with_training_options! {
    /// Options of the encoder `variational`: an [`Autoencoder`] of dense layers whose latents are drawn around what it encodes, and kept near a standard normal
    /// distribution (Kingma and Welling 2014, [arXiv 1312.6114](https://arxiv.org/abs/1312.6114)).
    ///
    /// What a fitted one encodes is the mean of the latents, which is not random.
    ///
    /// ```
    /// use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
    /// use n2d_encoder::VariationalConfig;
    ///
    /// let values: Vec<f32> = (0..600).map(|i| (i % 7) as f32 / 7.0).collect();
    /// let x = Samples::from_rows(&values, 6)?;
    /// let config = VariationalConfig { hidden: vec![16], n_epochs: Some(3), ..VariationalConfig::new(2) };
    /// let fit = config.build()?.fit(x, &mut FitContext::new(1))?;
    /// assert_eq!(fit.model.encode(x)?.dim(), (100, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct VariationalConfig {
        /// Width of the latents; at least 1. Default 10, as the dense network's.
        pub latent_dim: usize = 10,
        /// Widths of the encoder's hidden layers, each at least 1; the decoder mirrors them. Default `[500, 500, 2000]`, as the dense network's.
        pub hidden: Vec<usize> = vec![500, 500, 2000],
        /// Activation of the hidden layers; latents and reconstructions are linear. Default ReLU.
        pub activation: Activation = Activation::default(),
        /// Weight of the Kullback-Leibler divergence of the latents from the standard normal distribution, as a mean over rows and latents, beside the
        /// loss, a mean over rows and features; 0 or above. Default 0.001 (ours): too much, and latents forget the data.
        pub beta: f64 = 1e-3,
    }
}

impl VariationalConfig {
    /// The defaults, with latents of this width.
    pub fn new(latent_dim: usize) -> Self {
        Self {
            latent_dim,
            ..Self::default()
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        width(Self::NAME, "latent_dim", self.latent_dim)?;
        self.hidden
            .iter()
            .try_for_each(|&hidden| width(Self::NAME, "hidden", hidden))?;
        Options::of(Self::NAME).not_negative("beta", self.beta)
    }
}

impl PartConfig for VariationalConfig {
    const NAME: &'static str = "variational";
    type Part = Autoencoder<Variational>;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Self::Part, ConfigError> {
        self.check()?;
        Autoencoder::new(self.clone(), self.training())
    }
}

/// The network of [`VariationalConfig`].
#[derive(Module, Debug)]
pub struct Variational {
    hidden: Vec<Linear>,
    mean: Vec<Linear>,
    log_variance: Vec<Linear>,
    decoder: Vec<Linear>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    beta: f64,
}

impl Variational {
    fn before_latents(&self, x: Tensor<2>) -> Tensor<2> {
        self.hidden
            .iter()
            .fold(x, |x, layer| self.activation.on_tensor(layer.forward(x)))
    }
}

/// A head is one linear layer.
fn head(layers: &[Linear], x: Tensor<2>) -> Tensor<2> {
    layers.iter().fold(x, |x, layer| layer.forward(x))
}

// tidy: backend in public
impl Network for Variational {
    type Config = VariationalConfig;
    const NAME: &'static str = "variational";

    fn new(config: &VariationalConfig, rows: &RowShape, device: &BurnDevice) -> Result<Self, BoxError> {
        config.check()?;
        let mut widths = vec![rows.n_features()];
        widths.extend(&config.hidden);
        let hidden = linear_layers(&widths, device);
        let last = [widths[widths.len() - 1], config.latent_dim];
        widths.push(config.latent_dim);
        widths.reverse();
        Ok(Self {
            hidden,
            mean: linear_layers(&last, device),
            log_variance: linear_layers(&last, device),
            decoder: linear_layers(&widths, device),
            activation: config.activation,
            beta: config.beta,
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        head(&self.mean, self.before_latents(x))
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        let last = self.decoder.len() - 1;
        self.decoder.iter().enumerate().fold(z, |x, (i, layer)| {
            let x = layer.forward(x);
            if i == last {
                x
            } else {
                self.activation.on_tensor(x)
            }
        })
    }

    fn sample(&self, x: Tensor<2>, draws: &mut Draws) -> (Tensor<2>, Option<Tensor<2>>) {
        let before = self.before_latents(x);
        let mean = head(&self.mean, before.clone());
        let log_variance = head(&self.log_variance, before);
        let [n_rows, latent_dim] = mean.dims();
        let drawn = mean.clone() + (log_variance.clone() * 0.5).exp() * draws.normal(n_rows, latent_dim);
        let each = log_variance.clone().exp() + mean.clone() * mean - log_variance - 1.0;
        let divergence = each.mean_dim(1).mean_dim(0) * (0.5 * self.beta);
        (drawn, Some(divergence))
    }
}
