//! The optimisers, fused: one pass over a parameter, its gradient and its moments, on all threads.
//!
//! burn's own make about thirteen unfused passes on one thread, and place Adam's epsilon differently.

mod kernel;
mod muon;
#[cfg(test)]
mod tests;

use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use kernel::{Kernel, corrected_rate};
pub(crate) use muon::{COEFFICIENTS, ROUNDS, scale};

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
    /// Stochastic gradient descent, with momentum, Nesterov's too, and decoupled weight decay if wished, in the form of Keras.
    Sgd,
    /// The sign of a mean of gradients (Chen et al. 2023, [arXiv 2302.06675](https://arxiv.org/abs/2302.06675)). All parameters move by the rate,
    /// so that it is best a third to a tenth of Adam's.
    Lion,
    /// Weights by the nearest orthogonal matrix to their mean gradient ([Jordan et al. 2024](https://kellerjordan.github.io/posts/muon/)), scaled so
    /// that rates are those of Adam (Liu et al. 2025, [arXiv 2502.16982](https://arxiv.org/abs/2502.16982)); biases by Adam. A step of the paper's network takes
    /// several times as long as with Adam.
    Muon,
}

impl Optimizer {
    /// Its name in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::AdamW => "adamw",
            Self::Sgd => "sgd",
            Self::Lion => "lion",
            Self::Muon => "muon",
        }
    }
}

/// An optimiser with its options, checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "optimizer", rename_all = "lowercase")]
pub(crate) enum Rule {
    /// Adam and, where `weight_decay` is above zero, AdamW.
    Adam(Adam),
    Sgd(Sgd),
    Lion {
        beta_1: f64,
        beta_2: f64,
        weight_decay: f64,
    },
    /// With the Adam of its biases.
    Muon {
        momentum: f64,
        weight_decay: f64,
        biases: Adam,
    },
}

/// The options of Adam.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Adam {
    pub(crate) beta_1: f64,
    pub(crate) beta_2: f64,
    pub(crate) epsilon: f64,
    pub(crate) weight_decay: f64,
}

/// The options of stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Sgd {
    pub(crate) momentum: f64,
    pub(crate) nesterov: bool,
    pub(crate) weight_decay: f64,
}

impl Rule {
    /// How many values are remembered of a parameter of so many dimensions: two moments for Adam, the velocity for SGD.
    pub(crate) fn n_memories(&self, rank: usize) -> usize {
        match self {
            Self::Adam(_) => 2,
            Self::Muon { .. } if rank < 2 => 2,
            Self::Sgd(_) | Self::Lion { .. } | Self::Muon { .. } => 1,
        }
    }
}

/// The bounds of gradients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Clipping {
    #[serde(rename = "clip_value")]
    pub(crate) value: f64,
    #[serde(rename = "clip_norm")]
    pub(crate) norm: f64,
}

impl Clipping {
    #[cfg(test)]
    pub(crate) const NONE: Self = Self {
        value: f64::INFINITY,
        norm: f64::INFINITY,
    };

    /// What a gradient of this length is to be multiplied by.
    pub(crate) fn scale(&self, norm: f64) -> f64 {
        if norm > self.norm { self.norm / norm } else { 1.0 }
    }
}

/// Values a task changes at once, where gradients are given whole.
const CHUNK: usize = 1 << 14;

/// What an optimiser remembers of one buffer of parameters.
pub(crate) type Memory = Vec<Vec<f32>>;

/// An optimiser at work on the buffers of one network.
pub(crate) struct Optimization {
    rule: Rule,
    clipping: Clipping,
    steps: u64,
    shapes: Vec<Vec<usize>>,
    memories: Vec<Memory>,
}

/// A tile of a buffer of parameters with what is remembered of it.
pub(crate) struct StepTile<'a> {
    values: ArrayViewMut2<'a, f32>,
    memory: Vec<ArrayViewMut2<'a, f32>>,
}

impl Optimization {
    /// For buffers of these shapes.
    pub(crate) fn new(rule: Rule, clipping: Clipping, shapes: Vec<Vec<usize>>) -> Self {
        let memory =
            |shape: &Vec<usize>| vec![vec![0.0; shape.iter().product()]; rule.n_memories(shape.len())];
        Self {
            memories: shapes.iter().map(memory).collect(),
            rule,
            clipping,
            steps: 0,
            shapes,
        }
    }

    /// Whether a step needs whole gradients, and not tiles of them one by one.
    pub(crate) fn needs_whole_gradients(&self) -> bool {
        self.clipping.norm.is_finite() || matches!(self.rule, Rule::Muon { .. })
    }

    /// One step of this rate down `gradients`, a slice for each buffer.
    pub(crate) fn step<'a>(
        &mut self,
        buffers: impl Iterator<Item = &'a mut [f32]>,
        gradients: &[&[f32]],
        rate: f64,
    ) {
        let kernel = self.begin(rate).scaled(self.clipping.scale(norm(gradients)));
        for (at, (values, gradient)) in buffers.zip(gradients).enumerate() {
            self.step_buffer(&kernel, at, values, gradient);
        }
    }

    /// Steps one whole buffer.
    pub(crate) fn step_buffer(&mut self, kernel: &Kernel, at: usize, values: &mut [f32], gradient: &[f32]) {
        let is_matrix = self.shapes[at].len() > 1;
        match self.rule {
            Rule::Muon {
                momentum,
                weight_decay,
                ..
            } if is_matrix => {
                let n_rows = self.shapes[at][0];
                let step = muon::Step {
                    momentum,
                    weight_decay,
                    rate: kernel.rate(),
                };
                step.apply(
                    values,
                    &mut self.memories[at][0],
                    |at| kernel.clipped(gradient[at]),
                    n_rows,
                );
            }
            _ => {
                let cut = Cut::buffer(values.len(), CHUNK);
                self.tiles(at, cut, values)
                    .into_par_iter()
                    .zip(gradient.par_chunks(CHUNK))
                    .for_each(|(tile, gradient)| kernel.apply(tile, row(gradient)));
            }
        }
    }

    /// Begins a step of this rate, which is then made tile by tile or buffer by buffer.
    pub(crate) fn begin(&mut self, rate: f64) -> Kernel {
        self.steps = self.steps.saturating_add(1);
        Kernel::new(&self.rule, self.steps, rate, self.clipping.value)
    }

    /// The tiles of buffer `at`, whose values are given.
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

    /// Steps made, and what is remembered of each buffer.
    pub(crate) fn memories(&self) -> (u64, &[Memory]) {
        (self.steps, &self.memories)
    }

    /// Goes on from where another one of the same rule and buffers was.
    pub(crate) fn resume(&mut self, steps: u64, memories: Vec<Memory>) {
        (self.steps, self.memories) = (steps, memories);
    }
}

/// The length of a gradient in pieces, summed in double precision, piece by piece.
pub(crate) fn norm(gradients: &[&[f32]]) -> f64 {
    let squares = |chunk: &[f32]| chunk.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
    let of_buffer = |gradient: &&[f32]| {
        let chunks: Vec<f64> = gradient.par_chunks(CHUNK).map(squares).collect();
        chunks.into_iter().sum::<f64>()
    };
    gradients.iter().map(of_buffer).sum::<f64>().sqrt()
}

/// A gradient as a matrix of one row.
fn row(gradient: &[f32]) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((1, gradient.len()), gradient).expect("one row")
}
