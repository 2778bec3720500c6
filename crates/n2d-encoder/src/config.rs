use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};

use crate::burn_engine::DenseShape;
use crate::engine::Engine;
use crate::{Activation, DenseAutoencoder, Device, Loss, Optimizer, Schedule};

with_training_options! {
    /// Options of [`DenseAutoencoder`]. The defaults are the paper's, but for the number of epochs.
    ///
    /// ```
    /// use n2d_core::PartConfig;
    /// use n2d_encoder::{DenseAutoencoderConfig, Optimizer};
    ///
    /// let small = DenseAutoencoderConfig {
    ///     hidden: vec![128, 64],
    ///     optimizer: Optimizer::Sgd,
    ///     momentum: Some(0.9),
    ///     ..DenseAutoencoderConfig::new(4)
    /// };
    /// assert!(small.build().is_ok());
    ///
    /// let unused = DenseAutoencoderConfig { beta_1: Some(0.8), ..small };
    /// assert_eq!(
    ///     unused.build().unwrap_err().to_string(),
    ///     "dense.beta_1 must be unset with optimizer = sgd (adam, adamw, lion and muon use it), but is 0.8"
    /// );
    /// ```
    pub struct DenseAutoencoderConfig {
        /// Width of the latents; at least 1. Default 10: the paper sets it to the number of clusters, which is 10 in most of
        /// its data sets.
        pub latent_dim: usize = 10,
        /// Widths of the encoder's hidden layers, each at least 1; the decoder mirrors them. Default `[500, 500, 2000]`
        /// (the paper). Time and memory grow with the products of neighbouring widths.
        pub hidden: Vec<usize> = vec![500, 500, 2000],
        /// Activation of the hidden layers; latents and reconstructions are linear. Default ReLU (the paper).
        pub activation: Activation = Activation::default(),
        /// What trains. Default `auto`: our own engine on the CPU, burn on any other device.
        pub engine: Engine = Engine::default(),
    }
}

impl DenseAutoencoderConfig {
    /// The defaults, with latents of this width.
    pub fn new(latent_dim: usize) -> Self {
        Self {
            latent_dim,
            ..Self::default()
        }
    }

    pub(crate) fn shape(&self) -> DenseShape {
        DenseShape {
            hidden: self.hidden.clone(),
            latent_dim: self.latent_dim,
            activation: self.activation,
        }
    }
}

impl PartConfig for DenseAutoencoderConfig {
    const NAME: &'static str = "dense";
    type Part = DenseAutoencoder;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<DenseAutoencoder, ConfigError> {
        let dense = Options::of(Self::NAME);
        dense.at_least("latent_dim", self.latent_dim, 1)?;
        if self.hidden.contains(&0) {
            return Err(dense.refuse("hidden", "widths of at least 1", format!("{:?}", self.hidden)));
        }
        if self.engine == Engine::Native && !self.device.is_cpu() {
            return Err(dense.refuse("device", "cpu with engine = native", self.device));
        }
        Ok(DenseAutoencoder::new(
            self.clone(),
            self.training().check(Self::NAME)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Config = DenseAutoencoderConfig;

    #[test]
    fn its_own_options_are_checked() {
        let refused = |config: Config| config.build().unwrap_err().to_string();
        assert_eq!(
            refused(Config::new(0)),
            "dense.latent_dim must be at least 1, but is 0"
        );
        let flat = Config {
            hidden: vec![3, 0],
            ..Config::default()
        };
        assert_eq!(
            refused(flat),
            "dense.hidden must be widths of at least 1, but is [3, 0]"
        );
        let hasty = Config {
            batch_size: 0,
            ..Config::default()
        };
        assert_eq!(refused(hasty), "dense.batch_size must be at least 1, but is 0");
        let elsewhere = Config {
            engine: Engine::Native,
            device: "cuda".parse().unwrap(),
            ..Config::default()
        };
        assert_eq!(
            refused(elsewhere),
            "dense.device must be cpu with engine = native, but is cuda"
        );
    }

    #[test]
    fn is_plain_data() {
        let json = r#"{"latent_dim": 3, "hidden": [8], "activation": "leaky-relu", "loss": "huber",
            "optimizer": "sgd", "momentum": 0.5, "n_epochs": 7, "patience": null, "schedule": "one-cycle"}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        let expected = Config {
            hidden: vec![8],
            activation: Activation::LeakyRelu,
            loss: Loss::Huber,
            optimizer: Optimizer::Sgd,
            momentum: Some(0.5),
            n_epochs: Some(7),
            schedule: Schedule::OneCycle,
            ..Config::new(3)
        };
        assert_eq!(config, expected);
        let again = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&again).unwrap(), config);
        assert_eq!(serde_json::from_str::<Config>("{}").unwrap(), Config::default());
        assert!(serde_json::from_str::<Config>(r#"{"epochs": 7}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"activation": "swish"}"#).is_err());
    }

    #[test]
    fn the_papers_training_is_a_thousand_epochs() {
        assert_eq!(Config::paper().n_epochs, Some(1000));
        assert_eq!(Config::paper().hidden, [500, 500, 2000]);
    }

    #[test]
    fn every_option_has_its_meaning() {
        let docs = Config::option_docs();
        let options = serde_json::to_value(Config::default()).unwrap();
        assert_eq!(docs.len(), options.as_object().unwrap().len());
    }
}
