//! The optimisers, fused: one pass over a parameter, its gradient and its moments, on all threads.
//!
//! burn's own make about thirteen unfused passes on one thread, and place Adam's epsilon differently.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::DenseNetwork;

/// How weights follow their gradients, by its name in configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam (Kingma and Ba 2015, [arXiv 1412.6980](https://arxiv.org/abs/1412.6980)) in the form of Keras, whose
    /// epsilon is added to the root of the second moment before its bias is corrected.
    #[default]
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, [arXiv 1711.05101](https://arxiv.org/abs/1711.05101)).
    AdamW,
    /// Stochastic gradient descent, with momentum if wished.
    Sgd,
}

impl Optimizer {
    /// Its name in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::AdamW => "adamw",
            Self::Sgd => "sgd",
        }
    }
}

/// An optimiser with its options, checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rule {
    /// Adam and, where `weight_decay` is above zero, AdamW.
    Adam {
        beta_1: f64,
        beta_2: f64,
        epsilon: f64,
        weight_decay: f64,
    },
    Sgd {
        momentum: f64,
    },
}

/// Values a task changes at once.
const CHUNK: usize = 1 << 14;

/// The moments of one buffer of parameters: two for Adam, the velocity alone for SGD.
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// An optimiser at work on one network.
pub(crate) struct Optimization {
    rule: Rule,
    learning_rate: f64,
    step: i32,
    moments: Vec<Moments>,
}

impl Optimization {
    pub(crate) fn new(rule: Rule, learning_rate: f64, network: &DenseNetwork) -> Self {
        let second = |n: usize| match rule {
            Rule::Adam { .. } => vec![0.0; n],
            Rule::Sgd { .. } => Vec::new(),
        };
        let moments = network
            .parameters()
            .map(|values| Moments {
                first: vec![0.0; values.len()],
                second: second(values.len()),
            })
            .collect();
        Self {
            rule,
            learning_rate,
            step: 0,
            moments,
        }
    }

    /// One step down `gradients`, a slice for each of [`DenseNetwork::parameters`].
    pub(crate) fn step(&mut self, network: &mut DenseNetwork, gradients: &[&[f32]]) {
        self.step = self.step.saturating_add(1);
        let kernel = self.kernel();
        let buffers = network.parameters_mut().zip(gradients).zip(&mut self.moments);
        for ((values, gradient), moments) in buffers {
            match &kernel {
                Kernel::Adam(adam) => adam.apply(values, gradient, moments),
                Kernel::Sgd(sgd) => sgd.apply(values, gradient, moments),
            }
        }
    }

    fn kernel(&self) -> Kernel {
        match self.rule {
            Rule::Adam {
                beta_1,
                beta_2,
                epsilon,
                weight_decay,
            } => {
                let corrected = (1.0 - beta_2.powi(self.step)).sqrt() / (1.0 - beta_1.powi(self.step));
                Kernel::Adam(AdamStep {
                    rate: (self.learning_rate * corrected) as f32,
                    first: (1.0 - beta_1) as f32,
                    second: (1.0 - beta_2) as f32,
                    epsilon: epsilon as f32,
                    decay: (self.learning_rate * weight_decay) as f32,
                })
            }
            Rule::Sgd { momentum } => Kernel::Sgd(SgdStep {
                rate: self.learning_rate as f32,
                momentum: momentum as f32,
            }),
        }
    }
}

enum Kernel {
    Adam(AdamStep),
    Sgd(SgdStep),
}

struct AdamStep {
    rate: f32,
    first: f32,
    second: f32,
    epsilon: f32,
    decay: f32,
}

impl AdamStep {
    fn apply(&self, values: &mut [f32], gradient: &[f32], moments: &mut Moments) {
        values
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(moments.first.par_chunks_mut(CHUNK))
            .zip(moments.second.par_chunks_mut(CHUNK))
            .for_each(|(((values, gradient), first), second)| self.chunk(values, gradient, first, second));
    }

    fn chunk(&self, values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let moments = first.iter_mut().zip(second);
        for ((value, &g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            *m += (g - *m) * self.first;
            *v += (g * g - *v) * self.second;
            let kept = *value - *value * self.decay;
            *value = kept - *m * self.rate / (v.sqrt() + self.epsilon);
        }
    }
}

struct SgdStep {
    rate: f32,
    momentum: f32,
}

impl SgdStep {
    fn apply(&self, values: &mut [f32], gradient: &[f32], moments: &mut Moments) {
        values
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(moments.first.par_chunks_mut(CHUNK))
            .for_each(|((values, gradient), velocity)| {
                for ((value, &g), v) in values.iter_mut().zip(gradient).zip(velocity) {
                    *v = *v * self.momentum - g * self.rate;
                    *value += *v;
                }
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;
    use n2d_core::FitContext;

    /// Follows the gradient `value + buffer index` for some steps; returns the first value of the first buffer with
    /// what it was before.
    fn followed(rule: Rule, steps: usize) -> (f64, f64) {
        let ctx = FitContext::new(3);
        let mut network = DenseNetwork::new(40, &[500], 2, Activation::Relu, &ctx).unwrap();
        let before = network.clone();
        let mut optimization = Optimization::new(rule, 0.01, &network);
        for _ in 0..steps {
            let gradients: Vec<Vec<f32>> = network
                .parameters()
                .enumerate()
                .map(|(i, values)| values.iter().map(|v| v + i as f32).collect())
                .collect();
            let slices: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
            optimization.step(&mut network, &slices);
        }
        let first = |network: &DenseNetwork| f64::from(network.parameters().next().unwrap()[0]);
        (first(&before), first(&network))
    }

    #[test]
    fn adam_is_keras_textbook_form() {
        for weight_decay in [0.0, 0.1] {
            let (b1, b2, epsilon) = (0.8, 0.99, 1e-3);
            let rule = Rule::Adam {
                beta_1: b1,
                beta_2: b2,
                epsilon,
                weight_decay,
            };
            let (mut value, made) = followed(rule, 7);
            let (mut m, mut v) = (0.0, 0.0);
            for t in 1..=7 {
                let g: f64 = value;
                value -= value * weight_decay * 0.01;
                m = b1 * m + (1.0 - b1) * g;
                v = b2 * v + (1.0 - b2) * g * g;
                let rate = 0.01 * (1.0 - f64::powi(b2, t)).sqrt() / (1.0 - f64::powi(b1, t));
                value -= rate * m / (v.sqrt() + epsilon);
            }
            assert!((value - made).abs() < 1e-6, "{value} or {made}");
        }
    }

    #[test]
    fn sgd_keeps_a_velocity() {
        for momentum in [0.0, 0.9] {
            let (mut value, made) = followed(Rule::Sgd { momentum }, 5);
            let mut velocity = 0.0;
            for _ in 0..5 {
                velocity = momentum * velocity - 0.01 * value;
                value += velocity;
            }
            assert!((value - made).abs() < 1e-6, "{value} or {made}");
        }
    }

    #[test]
    fn every_parameter_moves() {
        let mut network = DenseNetwork::new(40, &[500], 2, Activation::Relu, &FitContext::new(3)).unwrap();
        let before = network.clone();
        let rule = Rule::Sgd { momentum: 0.0 };
        let mut optimization = Optimization::new(rule, 0.5, &network);
        let ones: Vec<Vec<f32>> = network.parameters().map(|v| vec![1.0; v.len()]).collect();
        let slices: Vec<&[f32]> = ones.iter().map(Vec::as_slice).collect();
        optimization.step(&mut network, &slices);
        for (old, new) in before.parameters().flatten().zip(network.parameters().flatten()) {
            assert_eq!(*new, *old - 0.5);
        }
    }
}
