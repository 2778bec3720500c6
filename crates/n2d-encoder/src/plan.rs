//! The options of training, checked: what a training may rely on.

use n2d_core::ConfigError;
use n2d_core::check::Options;
use serde::Serialize;

use crate::optimizer::{Adam, Clipping, Rule, Sgd};
use crate::schedule::Rates;
use crate::transform::Transforms;
use crate::{Device, Loss, Optimizer, Schedule, TrainingConfig};

/// How a network is to be trained. Serialised, it is what checkpoints know a training by: each value by the name of its option.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Plan {
    /// The part's name.
    #[serde(skip)]
    pub(crate) part: &'static str,
    pub(crate) loss: Loss,
    pub(crate) rule: Rule,
    pub(crate) clipping: Clipping,
    pub(crate) rates: Rates,
    pub(crate) batch_size: usize,
    pub(crate) n_epochs: Option<usize>,
    pub(crate) validation: f64,
    pub(crate) patience: Option<usize>,
    pub(crate) min_delta: f64,
    pub(crate) sparsity: f64,
    pub(crate) transforms: Transforms,
    pub(crate) weights: Option<String>,
    #[serde(skip)]
    pub(crate) device: Device,
}

impl TrainingConfig {
    /// Checks every option in the name of a part.
    pub(crate) fn check(&self, part: &'static str) -> Result<Plan, ConfigError> {
        let options = Options::of(part);
        self.only_used_options(part)?;
        options.at_least("batch_size", self.batch_size, 1)?;
        let fewest = usize::from(self.weights.is_none());
        options.at_least("n_epochs", self.n_epochs.unwrap_or(1), fewest)?;
        options.at_least("patience", self.patience.unwrap_or(1), 1)?;
        options.below("validation", self.validation, 0.0, 1.0)?;
        options.not_negative("min_delta", self.min_delta)?;
        options.not_negative("sparsity", self.sparsity)?;
        self.device.check(part)?;
        if self.loss == Loss::Bce && self.scaling > 0.0 && !self.clean_target {
            let allowed = "0 with loss = bce, whose targets must stay within 0 to 1, or clean_target be true";
            return Err(options.refuse("scaling", allowed, self.scaling));
        }
        Ok(Plan {
            part,
            loss: self.loss,
            rule: self.rule(part)?,
            clipping: Clipping {
                value: bound(part, "clip_value", self.clip_value)?,
                norm: bound(part, "clip_norm", self.clip_norm)?,
            },
            rates: self.rates(part)?,
            batch_size: self.batch_size,
            n_epochs: self.n_epochs,
            validation: self.validation,
            patience: self.patience,
            min_delta: self.min_delta,
            sparsity: self.sparsity,
            transforms: Transforms::check(self, part)?,
            weights: self.weights.clone(),
            device: self.device,
        })
    }

    fn rates(&self, part: &'static str) -> Result<Rates, ConfigError> {
        positive_f32(part, "learning_rate", self.learning_rate)?;
        let warm_up = self.warm_up.unwrap_or(0.3);
        Options::of(part).below("warm_up", warm_up, 0.0, 1.0)?;
        Ok(Rates {
            schedule: self.schedule,
            peak: self.learning_rate,
            warm_up,
        })
    }

    /// The optimiser with its options.
    fn rule(&self, part: &'static str) -> Result<Rule, ConfigError> {
        let options = Options::of(part);
        let beta_2 = if self.optimizer == Optimizer::Lion {
            0.99
        } else {
            0.999
        };
        let decay = if self.optimizer == Optimizer::AdamW {
            0.004
        } else {
            0.0
        };
        let momentum = if self.optimizer == Optimizer::Muon {
            0.95
        } else {
            0.0
        };
        let (beta_1, beta_2) = (self.beta_1.unwrap_or(0.9), self.beta_2.unwrap_or(beta_2));
        let epsilon = self.epsilon.unwrap_or(1e-7);
        let weight_decay = self.weight_decay.unwrap_or(decay);
        let momentum = self.momentum.unwrap_or(momentum);
        options.below("beta_1", beta_1, 0.0, 1.0)?;
        options.below("beta_2", beta_2, 0.0, 1.0)?;
        positive_f32(part, "epsilon", epsilon)?;
        options.not_negative("weight_decay", weight_decay)?;
        options.below("momentum", momentum, 0.0, 1.0)?;
        let adam = Adam {
            beta_1,
            beta_2,
            epsilon,
            weight_decay,
        };
        Ok(match self.optimizer {
            Optimizer::Adam | Optimizer::AdamW => Rule::Adam(adam),
            Optimizer::Sgd => Rule::Sgd(Sgd {
                momentum,
                nesterov: self.nesterov,
                weight_decay,
            }),
            Optimizer::Lion => Rule::Lion {
                beta_1,
                beta_2,
                weight_decay,
            },
            // Biases do not decay, as is the custom.
            Optimizer::Muon => Rule::Muon {
                momentum,
                weight_decay,
                biases: Adam {
                    weight_decay: 0.0,
                    ..adam
                },
            },
        })
    }

    /// An option that nothing uses must be unset: it would be ignored in silence.
    fn only_used_options(&self, part: &'static str) -> Result<(), ConfigError> {
        use Optimizer::{Adam, AdamW, Lion, Muon, Sgd};
        let options: [(&str, Option<f64>, &[Optimizer], &str); 5] = [
            (
                "beta_1",
                self.beta_1,
                &[Adam, AdamW, Lion, Muon],
                "adam, adamw, lion and muon use it",
            ),
            (
                "beta_2",
                self.beta_2,
                &[Adam, AdamW, Lion, Muon],
                "adam, adamw, lion and muon use it",
            ),
            (
                "epsilon",
                self.epsilon,
                &[Adam, AdamW, Muon],
                "adam, adamw and muon use it",
            ),
            (
                "weight_decay",
                self.weight_decay,
                &[AdamW, Lion, Muon, Sgd],
                "adamw, lion, muon and sgd use it; adam with it is adamw",
            ),
            ("momentum", self.momentum, &[Sgd, Muon], "sgd and muon use it"),
        ];
        for (field, value, users, who) in options {
            if let Some(value) = value.filter(|_| !users.contains(&self.optimizer)) {
                let allowed = format!("unset with optimizer = {} ({who})", self.optimizer.name());
                return Err(Options::of(part).refuse(field, allowed, value));
            }
        }
        if self.nesterov && (self.optimizer != Sgd || self.momentum.unwrap_or(0.0) == 0.0) {
            return Err(Options::of(part).refuse(
                "nesterov",
                "false but with optimizer = sgd and a momentum above 0",
                true,
            ));
        }
        if let Some(warm_up) = self.warm_up.filter(|_| self.schedule != Schedule::OneCycle) {
            return Err(Options::of(part).refuse("warm_up", "unset but with schedule = one-cycle", warm_up));
        }
        if self.min_delta != 0.0 && self.patience.is_none() {
            return Err(Options::of(part).refuse("min_delta", "0 without patience", self.min_delta));
        }
        Ok(())
    }
}

/// A bound above 0, or none.
fn bound(part: &'static str, field: &str, given: Option<f64>) -> Result<f64, ConfigError> {
    match given {
        Some(bound) => positive_f32(part, field, bound).map(|()| bound),
        None => Ok(f64::INFINITY),
    }
}

/// Above 0 also in the single precision of the training.
fn positive_f32(part: &'static str, field: &str, given: f64) -> Result<(), ConfigError> {
    let options = Options::of(part);
    options.positive(field, given)?;
    let single = given as f32;
    if single > 0.0 && single.is_finite() {
        return Ok(());
    }
    let given = format!("{given:e}");
    Err(options.refuse(field, "above 0 and finite in single precision", given))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Config = TrainingConfig;

    fn with(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::default();
        change(&mut config);
        config
    }

    fn by(optimizer: Optimizer, change: impl FnOnce(&mut Config)) -> Config {
        with(|c| {
            c.optimizer = optimizer;
            change(c);
        })
    }

    fn refused(config: &Config) -> String {
        config.check("net").unwrap_err().to_string()
    }

    #[test]
    fn every_option_is_checked() {
        let sgd = |change: fn(&mut Config)| by(Optimizer::Sgd, change);
        let cases = [
            ("learning_rate", with(|c| c.learning_rate = 0.0)),
            ("learning_rate", with(|c| c.learning_rate = f64::NAN)),
            ("learning_rate", with(|c| c.learning_rate = f64::INFINITY)),
            ("learning_rate", with(|c| c.learning_rate = 1e-50)),
            ("learning_rate", with(|c| c.learning_rate = 1e39)),
            ("batch_size", with(|c| c.batch_size = 0)),
            ("n_epochs", with(|c| c.n_epochs = Some(0))),
            ("patience", with(|c| c.patience = Some(0))),
            ("validation", with(|c| c.validation = 1.0)),
            ("sparsity", with(|c| c.sparsity = -1.0)),
            ("noise", with(|c| c.noise = f64::NAN)),
            ("masking", with(|c| c.masking = 1.0)),
            ("dropout", with(|c| c.dropout = -0.1)),
            ("rotation", with(|c| c.rotation = 181.0)),
            ("scaling", with(|c| c.scaling = -1.0)),
            ("crop", with(|c| c.crop = 1.0)),
            (
                "scaling",
                with(|c| {
                    c.loss = Loss::Bce;
                    c.scaling = 0.1;
                }),
            ),
            ("clip_value", with(|c| c.clip_value = Some(0.0))),
            ("clip_norm", with(|c| c.clip_norm = Some(f64::NAN))),
            ("beta_1", with(|c| c.beta_1 = Some(1.0))),
            ("beta_2", with(|c| c.beta_2 = Some(-0.1))),
            ("epsilon", with(|c| c.epsilon = Some(0.0))),
            ("epsilon", with(|c| c.epsilon = Some(1e-46))),
            (
                "weight_decay",
                by(Optimizer::AdamW, |c| c.weight_decay = Some(-1.0)),
            ),
            ("weight_decay", sgd(|c| c.weight_decay = Some(f64::NAN))),
            ("momentum", sgd(|c| c.momentum = Some(1.0))),
            ("momentum", sgd(|c| c.momentum = Some(f64::NAN))),
            ("nesterov", sgd(|c| c.nesterov = true)),
            ("nesterov", by(Optimizer::Muon, |c| c.nesterov = true)),
            (
                "warm_up",
                with(|c| {
                    c.schedule = Schedule::OneCycle;
                    c.warm_up = Some(1.0);
                }),
            ),
            (
                "min_delta",
                with(|c| {
                    c.patience = Some(1);
                    c.min_delta = -1.0;
                }),
            ),
        ];
        for (field, config) in cases {
            let message = refused(&config);
            assert!(message.starts_with(&format!("net.{field} must be ")), "{message}");
        }
    }

    #[test]
    fn options_that_nothing_uses_are_refused() {
        let cases = [
            ("beta_1", by(Optimizer::Sgd, |c| c.beta_1 = Some(0.9))),
            ("beta_2", by(Optimizer::Sgd, |c| c.beta_2 = Some(0.9))),
            ("epsilon", by(Optimizer::Lion, |c| c.epsilon = Some(0.1))),
            ("weight_decay", with(|c| c.weight_decay = Some(0.1))),
            ("momentum", with(|c| c.momentum = Some(0.5))),
            ("momentum", by(Optimizer::AdamW, |c| c.momentum = Some(0.5))),
            ("warm_up", with(|c| c.warm_up = Some(0.1))),
        ];
        for (field, config) in cases {
            let message = refused(&config);
            assert!(
                message.starts_with(&format!("net.{field} must be unset ")),
                "{message}"
            );
        }
        let message = refused(&with(|c| c.min_delta = 0.1));
        assert_eq!(message, "net.min_delta must be 0 without patience, but is 0.1");
    }

    #[test]
    fn the_optimizers_have_the_defaults_of_keras() {
        let rule = |optimizer| by(optimizer, |_| ()).check("net").unwrap().rule;
        let adam = |weight_decay| Adam {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay,
        };
        assert_eq!(rule(Optimizer::Adam), Rule::Adam(adam(0.0)));
        assert_eq!(rule(Optimizer::AdamW), Rule::Adam(adam(0.004)));
        assert_eq!(
            rule(Optimizer::Sgd),
            Rule::Sgd(Sgd {
                momentum: 0.0,
                nesterov: false,
                weight_decay: 0.0
            })
        );
        let lion = Rule::Lion {
            beta_1: 0.9,
            beta_2: 0.99,
            weight_decay: 0.0,
        };
        assert_eq!(rule(Optimizer::Lion), lion);
        let muon = Rule::Muon {
            momentum: 0.95,
            weight_decay: 0.0,
            biases: adam(0.0),
        };
        assert_eq!(rule(Optimizer::Muon), muon);
    }
}
