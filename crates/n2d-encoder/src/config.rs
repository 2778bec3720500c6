use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use serde::{Deserialize, Serialize};

use crate::optimizer::Rule;
use crate::{Activation, DenseAutoencoder, Engine, Loss, Optimizer};

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
///     "dense.beta_1 must be unset with optimizer = sgd (adam and adamw use it), but is 0.8"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct DenseAutoencoderConfig {
    /// Width of the latents; at least 1. Default 10: the paper sets it to the number of clusters, which is 10 in most of
    /// its data sets.
    pub latent_dim: usize,
    /// Widths of the encoder's hidden layers, each at least 1; the decoder mirrors them. Default `[500, 500, 2000]`
    /// (the paper). Time and memory grow with the products of neighbouring widths.
    pub hidden: Vec<usize>,
    /// Activation of the hidden layers; latents and reconstructions are linear. Default ReLU (the paper).
    pub activation: Activation,
    /// What is minimised. Default mean squared error (the paper).
    pub loss: Loss,
    /// How weights follow their gradients. Default Adam (the paper).
    pub optimizer: Optimizer,
    /// Size of a step, constant over the training; above 0. Default 0.001 (Keras' Adam). Too high a rate diverges, which is an error.
    pub learning_rate: f64,
    /// Adam and AdamW: decay of the first moment, in `[0, 1)`. Default 0.9 (Keras).
    pub beta_1: Option<f64>,
    /// Adam and AdamW: decay of the second moment, in `[0, 1)`. Default 0.999 (Keras).
    pub beta_2: Option<f64>,
    /// Adam and AdamW: added to the root of the second moment; above 0. Default 1e-7 (Keras).
    pub epsilon: Option<f64>,
    /// AdamW: the part of every parameter that decays in a step, times the learning rate; 0 or above. Default 0.004 (Keras).
    pub weight_decay: Option<f64>,
    /// SGD: the part of the velocity that is kept in a step, in `[0, 1)`. Default 0 (Keras).
    pub momentum: Option<f64>,
    /// Rows in a step; at least 1. Default 256 (the paper). The last batch of an epoch has the rows that remain.
    pub batch_size: usize,
    /// Passes over the data; at least 1. Default: enough for 1000 steps, and at least 10, which the report notes: 24 for
    /// 11 000 rows in batches of 256, 10 for 70 000. The paper trains for 1000 ([`paper`](Self::paper)), at many times the cost.
    pub n_epochs: Option<usize>,
    /// Ends the training after so many epochs, at least 1, without a lower training loss, as Keras' `EarlyStopping`
    /// with `monitor="loss"` and `min_delta=0`; the result has the weights of the best epoch, however the training ends.
    /// Default: no early stopping, and the weights of the last epoch.
    pub patience: Option<usize>,
    /// What trains. Default [`Engine::Native`].
    pub engine: Engine,
}

impl Default for DenseAutoencoderConfig {
    fn default() -> Self {
        Self {
            latent_dim: 10,
            hidden: vec![500, 500, 2000],
            activation: Activation::default(),
            loss: Loss::default(),
            optimizer: Optimizer::default(),
            learning_rate: 1e-3,
            beta_1: None,
            beta_2: None,
            epsilon: None,
            weight_decay: None,
            momentum: None,
            batch_size: 256,
            n_epochs: None,
            patience: None,
            engine: Engine::default(),
        }
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

    /// The training of the paper: 1000 epochs at a constant rate.
    pub fn paper() -> Self {
        Self {
            n_epochs: Some(1000),
            ..Self::default()
        }
    }

    /// The optimiser with its options. One that it does not use must be unset: it would be ignored in silence.
    fn rule(&self) -> Result<Rule, ConfigError> {
        self.only_used_options()?;
        let dense = Options::of(Self::NAME);
        match self.optimizer {
            Optimizer::Adam | Optimizer::AdamW => {
                let (beta_1, beta_2) = (self.beta_1.unwrap_or(0.9), self.beta_2.unwrap_or(0.999));
                let epsilon = self.epsilon.unwrap_or(1e-7);
                let decay = self.weight_decay.unwrap_or(0.004);
                dense.below("beta_1", beta_1, 0.0, 1.0)?;
                dense.below("beta_2", beta_2, 0.0, 1.0)?;
                positive_f32("epsilon", epsilon)?;
                dense.not_negative("weight_decay", decay)?;
                Ok(Rule::Adam {
                    beta_1,
                    beta_2,
                    epsilon,
                    weight_decay: if self.optimizer == Optimizer::AdamW {
                        decay
                    } else {
                        0.0
                    },
                })
            }
            Optimizer::Sgd => {
                let momentum = self.momentum.unwrap_or(0.0);
                dense.below("momentum", momentum, 0.0, 1.0)?;
                Ok(Rule::Sgd { momentum })
            }
        }
    }

    fn only_used_options(&self) -> Result<(), ConfigError> {
        use Optimizer::{Adam, AdamW, Sgd};
        let options: [(&str, Option<f64>, &[Optimizer], &str); 5] = [
            ("beta_1", self.beta_1, &[Adam, AdamW], "adam and adamw use it"),
            ("beta_2", self.beta_2, &[Adam, AdamW], "adam and adamw use it"),
            ("epsilon", self.epsilon, &[Adam, AdamW], "adam and adamw use it"),
            ("weight_decay", self.weight_decay, &[AdamW], "adamw uses it"),
            ("momentum", self.momentum, &[Sgd], "sgd uses it"),
        ];
        for (field, value, users, who) in options {
            if let Some(value) = value.filter(|_| !users.contains(&self.optimizer)) {
                let allowed = format!("unset with optimizer = {} ({who})", self.optimizer.name());
                return Err(Options::of(Self::NAME).refuse(field, allowed, value));
            }
        }
        Ok(())
    }
}

/// Above 0 also in the single precision of the training.
fn positive_f32(field: &str, given: f64) -> Result<(), ConfigError> {
    let dense = Options::of(DenseAutoencoderConfig::NAME);
    dense.positive(field, given)?;
    let single = given as f32;
    if single > 0.0 && single.is_finite() {
        return Ok(());
    }
    Err(dense.refuse(
        field,
        "above 0 and finite in single precision",
        format!("{given:e}"),
    ))
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
        positive_f32("learning_rate", self.learning_rate)?;
        dense.at_least("batch_size", self.batch_size, 1)?;
        dense.at_least("n_epochs", self.n_epochs.unwrap_or(1), 1)?;
        dense.at_least("patience", self.patience.unwrap_or(1), 1)?;
        Ok(DenseAutoencoder::new(self.clone(), self.rule()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Config = DenseAutoencoderConfig;

    fn with(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::default();
        change(&mut config);
        config
    }

    fn sgd(change: impl FnOnce(&mut Config)) -> Config {
        with(|c| {
            c.optimizer = Optimizer::Sgd;
            change(c);
        })
    }

    fn adamw(change: impl FnOnce(&mut Config)) -> Config {
        with(|c| {
            c.optimizer = Optimizer::AdamW;
            change(c);
        })
    }

    fn refused(config: &Config) -> String {
        config.build().unwrap_err().to_string()
    }

    #[test]
    fn every_option_is_checked() {
        let cases = [
            ("latent_dim", Config::new(0)),
            ("hidden", with(|c| c.hidden = vec![3, 0])),
            ("learning_rate", with(|c| c.learning_rate = 0.0)),
            ("learning_rate", with(|c| c.learning_rate = f64::NAN)),
            ("learning_rate", with(|c| c.learning_rate = f64::INFINITY)),
            ("batch_size", with(|c| c.batch_size = 0)),
            ("n_epochs", with(|c| c.n_epochs = Some(0))),
            ("patience", with(|c| c.patience = Some(0))),
            ("beta_1", with(|c| c.beta_1 = Some(1.0))),
            ("beta_2", with(|c| c.beta_2 = Some(-0.1))),
            ("epsilon", with(|c| c.epsilon = Some(0.0))),
            ("epsilon", with(|c| c.epsilon = Some(1e-46))),
            ("learning_rate", with(|c| c.learning_rate = 1e-50)),
            ("learning_rate", with(|c| c.learning_rate = 1e39)),
            ("weight_decay", adamw(|c| c.weight_decay = Some(-1.0))),
            ("momentum", sgd(|c| c.momentum = Some(1.0))),
            ("momentum", sgd(|c| c.momentum = Some(f64::NAN))),
        ];
        for (field, config) in cases {
            let message = refused(&config);
            assert!(
                message.starts_with(&format!("dense.{field} must be ")),
                "{message}"
            );
        }
    }

    #[test]
    fn options_of_another_optimizer_are_refused() {
        let cases = [
            ("beta_1", sgd(|c| c.beta_1 = Some(0.9))),
            ("beta_2", sgd(|c| c.beta_2 = Some(0.9))),
            ("epsilon", sgd(|c| c.epsilon = Some(0.1))),
            ("weight_decay", sgd(|c| c.weight_decay = Some(0.1))),
            ("weight_decay", with(|c| c.weight_decay = Some(0.1))),
            ("momentum", with(|c| c.momentum = Some(0.5))),
            ("momentum", adamw(|c| c.momentum = Some(0.5))),
        ];
        for (field, config) in cases {
            let message = refused(&config);
            let expected = format!("dense.{field} must be unset with optimizer");
            assert!(message.starts_with(&expected), "{message}");
        }
    }

    #[test]
    fn the_optimizers_have_the_defaults_of_keras() {
        let rule = |optimizer| with(|c| c.optimizer = optimizer).rule().unwrap();
        let adam = |weight_decay| Rule::Adam {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay,
        };
        assert_eq!(rule(Optimizer::Adam), adam(0.0));
        assert_eq!(rule(Optimizer::AdamW), adam(0.004));
        assert_eq!(rule(Optimizer::Sgd), Rule::Sgd { momentum: 0.0 });
    }

    #[test]
    fn is_plain_data() {
        let json = r#"{"latent_dim": 3, "hidden": [8], "activation": "leaky-relu", "loss": "huber",
            "optimizer": "sgd", "momentum": 0.5, "n_epochs": 7, "patience": null}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        let expected = Config {
            hidden: vec![8],
            activation: Activation::LeakyRelu,
            loss: Loss::Huber,
            optimizer: Optimizer::Sgd,
            momentum: Some(0.5),
            n_epochs: Some(7),
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
}
