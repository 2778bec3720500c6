//! Whether a checkpoint is of the training at hand: what both must have in common, and what is told where they have not.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::Plan;
use crate::{Engine, TrainingConfig};

/// What a training must have in common with one it goes on from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) part: String,
    /// The [`Options`].
    pub(crate) options: Value,
    pub(crate) seed: u64,
    pub(crate) n_samples: usize,
    pub(crate) n_features: usize,
    /// A digest of the data.
    pub(crate) data: String,
}

/// What the bits of a training follow from, beside its data and its seed. Where it trains is not among it, nor for how long where that changes nothing of
/// what was.
#[derive(Serialize)]
pub(crate) struct Options<'a> {
    pub(crate) network: &'a Value,
    pub(crate) training: &'a Plan,
    /// What makes the steps, whatever was asked for: engines agree up to rounding only.
    pub(crate) engine: Engine,
    pub(crate) row_shape: Option<&'a [usize]>,
    /// Whether there is one of the user's own; two can't be told apart.
    pub(crate) input_transform: bool,
}

/// The options of a network by themselves.
///
/// The configurations of this crate have all those of training besides, which count as the plan has them, and what is known as it came out: engine and shape
/// of rows. A configuration of a user's own may have one or another of these names with a meaning of its own, and is taken as it is.
pub(crate) fn of_network(config: &impl Serialize) -> Result<Value, serde_json::Error> {
    let mut options = serde_json::to_value(config)?;
    let training = serde_json::to_value(TrainingConfig::default())?;
    if let (Value::Object(options), Value::Object(training)) = (&mut options, &training)
        && training.keys().all(|name| options.contains_key(name))
    {
        options.retain(|name, _| !training.contains_key(name) && name != "engine" && name != "row_shape");
    }
    Ok(options)
}

impl Identity {
    /// That a checkpoint of this one may be gone on from by another.
    pub(crate) fn check(&self, now: &Self) -> Result<(), ResumeError> {
        let then = self;
        if !then.options.is_object() {
            return Err(ResumeError::Earlier);
        }
        let differ = |what, then: &dyn fmt::Display, now: &dyn fmt::Display| {
            Err(ResumeError::one(what, then.to_string(), now.to_string()))
        };
        if then.part != now.part {
            return differ("the part", &then.part, &now.part);
        }
        if then.seed != now.seed {
            return differ("the seed", &then.seed, &now.seed);
        }
        let shape = |identity: &Self| format!("{} x {}", identity.n_samples, identity.n_features);
        if shape(then) != shape(now) {
            return differ("the data", &shape(then), &shape(now));
        }
        if then.data != now.data {
            return differ("the data's digest", &then.data, &now.data);
        }
        match differences(&then.options, &now.options) {
            none if none.is_empty() => Ok(()),
            some => Err(ResumeError::Differ { what: some.into() }),
        }
    }
}

/// What one has otherwise than the other, by the names of options.
fn differences(then: &Value, now: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("options", then, now, &mut found);
    // What only one of them has follows from another option, as `momentum` from `optimizer`, and says nothing beside it.
    if found.iter().any(|difference| difference.in_both) {
        found.retain(|difference| difference.in_both);
    }
    found
}

fn compare(name: &str, then: &Value, now: &Value, found: &mut Vec<Difference>) {
    if let (Value::Object(then), Value::Object(now)) = (then, now) {
        for name in then.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            match (then.get(name), now.get(name)) {
                (Some(then), Some(now)) => compare(name, then, now, found),
                (then, now) => found.push(Difference {
                    name: name.clone(),
                    then: then.map_or_else(unset, shown),
                    now: now.map_or_else(unset, shown),
                    in_both: false,
                }),
            }
        }
    } else if then != now {
        found.push(Difference {
            name: name.to_owned(),
            then: shown(then),
            now: shown(now),
            in_both: true,
        });
    }
}

fn unset() -> String {
    "unset".to_owned()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => unset(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a checkpoint's training has otherwise than the one at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The option's name.
    pub name: String,
    /// Its value in the checkpoint's training.
    pub then: String,
    /// Its value in the one at hand.
    pub now: String,
    in_both: bool,
}

/// One or several of them, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences(Vec<Difference>);

impl Differences {
    /// One by one.
    pub fn as_slice(&self) -> &[Difference] {
        &self.0
    }
}

impl From<Vec<Difference>> for Differences {
    fn from(differences: Vec<Difference>) -> Self {
        Self(differences)
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Difference { name, then, now, .. }) in self.0.iter().enumerate() {
            let before = if at == 0 { "" } else { "; " };
            write!(f, "{before}{name} was {then}, but is {now}")?;
        }
        Ok(())
    }
}

/// Why a training can't go on from a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The part, the seed, the data or options are others.
    #[error("this is the checkpoint of another training: {what}")]
    Differ {
        /// What is.
        what: Differences,
    },
    /// A version of n2d wrote it that told options otherwise.
    #[error(
        "this is a checkpoint of an earlier n2d, which kept its options in another way: train anew, without resuming"
    )]
    Earlier,
    /// It has come further than is asked for.
    #[error(
        "this is the checkpoint of a training that has come to epoch {begun}, but n_epochs is {n_epochs}: resume with at least {begun}, or train anew"
    )]
    Beyond {
        /// Epochs begun at the checkpoint.
        begun: usize,
        /// Epochs asked for.
        n_epochs: usize,
    },
    /// It is nowhere in a training.
    #[error("the checkpoint is at a place that can't be: {place}")]
    NoPlace {
        /// Where it says to be.
        place: String,
    },
}

impl ResumeError {
    pub(crate) fn one(name: &str, then: String, now: String) -> Self {
        let difference = Difference {
            name: name.to_owned(),
            then,
            now,
            in_both: true,
        };
        Self::Differ {
            what: vec![difference].into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Conv1dConfig, Optimizer};

    fn told(then: &Value, now: &Value) -> String {
        Differences(differences(then, now)).to_string()
    }

    #[test]
    fn only_what_differs_is_named() {
        let then = json!({"network": {"hidden": [16], "activation": "relu"}, "training": {"noise": 0.0, "patience": null}});
        let now = json!({"network": {"hidden": [17], "activation": "relu"}, "training": {"noise": 0.1, "patience": 3}});
        assert_eq!(
            told(&then, &now),
            "hidden was [16], but is [17]; noise was 0.0, but is 0.1; patience was unset, but is 3"
        );
        assert_eq!(told(&then, &then), "");
        assert_eq!(
            told(&json!({"network": 3}), &json!({"network": 4})),
            "network was 3, but is 4"
        );
    }

    #[test]
    fn what_follows_from_another_option_is_not_named_beside_it() {
        let plan = |optimizer, learning_rate| {
            let config = TrainingConfig {
                optimizer,
                learning_rate,
                ..TrainingConfig::default()
            };
            serde_json::to_value(config.check("net").unwrap()).unwrap()
        };
        assert_eq!(
            told(&plan(Optimizer::Adam, 0.001), &plan(Optimizer::Sgd, 0.01)),
            "learning_rate was 0.001, but is 0.01; optimizer was adam, but is sgd"
        );
        assert_eq!(
            told(&plan(Optimizer::Adam, 0.001), &plan(Optimizer::AdamW, 0.001)),
            "weight_decay was 0.0, but is 0.004"
        );
        let (with, without) = (json!({"new": 1}), json!({}));
        assert_eq!(told(&without, &with), "new was unset, but is 1");
    }

    #[test]
    fn a_network_is_known_by_its_own_options() {
        let conv = of_network(&Conv1dConfig::new(2)).unwrap();
        let names: Vec<&str> = conv.as_object().unwrap().keys().map(String::as_str).collect();
        let own = [
            "activation",
            "channels",
            "hidden_dropout",
            "kernel",
            "latent_dim",
            "pool",
            "stride",
        ];
        assert_eq!(names, own);
        // A name that has another meaning there.
        let own = json!({"dropout": 0.5, "engine": "steam"});
        assert_eq!(of_network(&own).unwrap(), own);
        assert_eq!(of_network(&3).unwrap(), json!(3));
    }

    #[test]
    fn checkpoints_of_before_are_told_as_such() {
        let now = Identity {
            part: "dense".to_owned(),
            options: json!({}),
            seed: 1,
            n_samples: 2,
            n_features: 3,
            data: "0".to_owned(),
        };
        let then = Identity {
            options: json!("{} {}"),
            ..now.clone()
        };
        assert!(now.check(&now).is_ok());
        assert!(matches!(then.check(&now), Err(ResumeError::Earlier)));
    }
}
