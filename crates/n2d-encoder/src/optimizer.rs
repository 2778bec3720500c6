//! The optimisers, fused: one pass over a parameter, its gradient and its moments, on all threads.
//!
//! burn's own make about thirteen unfused passes on one thread, and place Adam's epsilon differently.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::DenseNetwork;
use crate::tiles::Cut;

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

/// Values a task changes at once, where gradients are given whole.
const CHUNK: usize = 1 << 14;

/// What an optimiser remembers of one buffer of parameters: two moments for Adam, the velocity for SGD.
type Memory = Vec<Vec<f32>>;

/// An optimiser at work on one network.
pub(crate) struct Optimization {
    rule: Rule,
    learning_rate: f64,
    step: i32,
    /// For each of [`DenseNetwork::parameters`].
    memories: Vec<Memory>,
}

/// A tile of a buffer of parameters with what is remembered of it.
pub(crate) struct StepTile<'a> {
    values: ArrayViewMut2<'a, f32>,
    memory: Vec<ArrayViewMut2<'a, f32>>,
}

impl Optimization {
    pub(crate) fn new(rule: Rule, learning_rate: f64, network: &DenseNetwork) -> Self {
        let n_memories = match rule {
            Rule::Adam { .. } => 2,
            Rule::Sgd { .. } => 1,
        };
        let memories = network
            .parameters()
            .map(|values| vec![vec![0.0; values.len()]; n_memories])
            .collect();
        Self {
            rule,
            learning_rate,
            step: 0,
            memories,
        }
    }

    /// One step down `gradients`, a slice for each of [`DenseNetwork::parameters`].
    pub(crate) fn step(&mut self, network: &mut DenseNetwork, gradients: &[&[f32]]) {
        let kernel = self.begin();
        for (at, (values, gradient)) in network.parameters_mut().zip(gradients).enumerate() {
            let cut = Cut::buffer(values.len(), CHUNK);
            self.tiles(at, cut, values)
                .into_par_iter()
                .zip(gradient.par_chunks(CHUNK))
                .for_each(|(tile, gradient)| kernel.apply(tile, row(gradient)));
        }
    }

    /// Begins a step, which is then made tile by tile.
    pub(crate) fn begin(&mut self) -> Kernel {
        self.step = self.step.saturating_add(1);
        self.kernel()
    }

    /// The tiles of buffer `at` of [`DenseNetwork::parameters`], whose values are given.
    pub(crate) fn tiles<'a>(&'a mut self, at: usize, cut: Cut, values: &'a mut [f32]) -> Vec<StepTile<'a>> {
        let mut tiles: Vec<StepTile<'a>> = cut
            .tiles(values)
            .into_iter()
            .map(|values| StepTile {
                values,
                memory: Vec::new(),
            })
            .collect();
        for memory in &mut self.memories[at] {
            for (tile, memory) in tiles.iter_mut().zip(cut.tiles(memory)) {
                tile.memory.push(memory);
            }
        }
        tiles
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

/// A gradient as a matrix of one row.
fn row(gradient: &[f32]) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((1, gradient.len()), gradient).expect("one row")
}

/// The arithmetic of one step.
pub(crate) enum Kernel {
    Adam(AdamStep),
    Sgd(SgdStep),
}

pub(crate) struct AdamStep {
    rate: f32,
    first: f32,
    second: f32,
    epsilon: f32,
    decay: f32,
}

pub(crate) struct SgdStep {
    rate: f32,
    momentum: f32,
}

impl Kernel {
    /// Steps a tile down its gradient.
    pub(crate) fn apply(&self, tile: StepTile<'_>, gradient: ArrayView2<'_, f32>) {
        let StepTile {
            mut values,
            mut memory,
        } = tile;
        let rows = values.rows_mut().into_iter().zip(gradient.rows());
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || match (self, memory.as_mut_slice()) {
                (Self::Adam(adam), [first, second]) => {
                    let moments = first.rows_mut().into_iter().zip(second.rows_mut());
                    for ((values, gradient), (first, second)) in rows.zip(moments) {
                        adam.row(
                            slice_mut(values),
                            slice(gradient),
                            slice_mut(first),
                            slice_mut(second),
                        );
                    }
                }
                (Self::Sgd(sgd), [velocity]) => {
                    for ((values, gradient), velocity) in rows.zip(velocity.rows_mut()) {
                        sgd.row(slice_mut(values), slice(gradient), slice_mut(velocity));
                    }
                }
                _ => unreachable!("every rule has the memory that `new` gave it"),
            },
        );
    }
}

fn slice(row: ArrayView1<'_, f32>) -> &[f32] {
    row.to_slice().expect("a piece of a row-major matrix's row")
}

fn slice_mut(row: ArrayViewMut1<'_, f32>) -> &mut [f32] {
    row.into_slice().expect("a piece of a row-major matrix's row")
}

impl AdamStep {
    #[inline(always)]
    fn row(&self, values: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let moments = first.iter_mut().zip(second);
        for ((value, &g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            *m += (g - *m) * self.first;
            *v += (g * g - *v) * self.second;
            let kept = *value - *value * self.decay;
            *value = kept - *m * self.rate / (v.sqrt() + self.epsilon);
        }
    }
}

impl SgdStep {
    #[inline(always)]
    fn row(&self, values: &mut [f32], gradient: &[f32], velocity: &mut [f32]) {
        for ((value, &g), v) in values.iter_mut().zip(gradient).zip(velocity) {
            *v = *v * self.momentum - g * self.rate;
            *value += *v;
        }
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
