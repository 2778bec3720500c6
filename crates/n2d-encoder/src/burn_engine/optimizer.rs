//! The optimisers on tensors, for devices whose memory is not ours. On the CPU the fused ones serve.

use burn::tensor::{DType, Device, Tensor};
use n2d_core::BoxError;

use super::parameters::{read, tensor};
use crate::optimizer::{Adam, COEFFICIENTS, Memory, ROUNDS, Rule, Sgd, corrected_rate, scale};

/// An optimiser at work on the parameters of one network.
pub(super) struct TensorOptimization {
    rule: Rule,
    limit: f64,
    steps: u64,
    device: Device,
    shapes: Vec<Vec<usize>>,
    memories: Vec<Vec<Tensor<1>>>,
}

impl TensorOptimization {
    pub(super) fn new(rule: Rule, limit: f64, shapes: Vec<Vec<usize>>, device: Device) -> Self {
        let zeros = |n: usize| Tensor::<1>::zeros([n], (&device, DType::F32));
        let memory = |shape: &Vec<usize>| vec![zeros(shape.iter().product()); rule.n_memories(shape.len())];
        Self {
            memories: shapes.iter().map(memory).collect(),
            rule,
            limit,
            steps: 0,
            device,
            shapes,
        }
    }

    pub(super) fn begin(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    /// The value of parameter `at` after a step of this rate down `scale` times its gradient.
    pub(super) fn step(
        &mut self,
        at: usize,
        value: Tensor<1>,
        gradient: Tensor<1>,
        rate: f64,
        scale: f64,
    ) -> Tensor<1> {
        let mut g = gradient;
        if scale != 1.0 {
            g = g * scale;
        }
        if self.limit.is_finite() {
            g = g.clamp(-self.limit, self.limit);
        }
        let memory = &mut self.memories[at];
        match self.rule {
            Rule::Sgd(Sgd {
                momentum,
                nesterov,
                weight_decay,
            }) => {
                let step = g * rate;
                memory[0] = memory[0].clone() * momentum - step.clone();
                let velocity = memory[0].clone();
                let ahead = if nesterov {
                    velocity * momentum - step
                } else {
                    velocity
                };
                decayed(value, rate * weight_decay) + ahead
            }
            Rule::Lion {
                beta_1,
                beta_2,
                weight_decay,
            } => {
                let direction = g.clone() + (memory[0].clone() - g.clone()) * beta_1;
                memory[0] = g.clone() + (memory[0].clone() - g) * beta_2;
                decayed(value, rate * weight_decay) - direction.sign() * rate
            }
            Rule::Muon {
                momentum,
                weight_decay,
                ..
            } if self.shapes[at].len() > 1 => {
                memory[0] = memory[0].clone() * momentum + g.clone();
                let direction = g + memory[0].clone() * momentum;
                let n_rows = self.shapes[at][0];
                let n_columns = direction.dims()[0] / n_rows;
                let step = orthogonal(direction.reshape([n_rows, n_columns]));
                let step = step * (rate * self::scale(n_rows, n_columns));
                decayed(value, rate * weight_decay) - step.reshape([n_rows * n_columns])
            }
            Rule::Adam(adam) | Rule::Muon { biases: adam, .. } => {
                adam_step(adam, self.steps, rate, value, g, memory)
            }
        }
    }

    pub(super) fn memories(&self) -> Result<(u64, Vec<Memory>), BoxError> {
        let memory = |memory: &Vec<Tensor<1>>| memory.iter().map(|values| read(values.clone())).collect();
        Ok((
            self.steps,
            self.memories.iter().map(memory).collect::<Result<_, _>>()?,
        ))
    }

    pub(super) fn resume(&mut self, steps: u64, memories: Vec<Memory>) {
        let put = |values: Vec<f32>| {
            let n = values.len();
            tensor(values, [n], &self.device)
        };
        self.memories = memories
            .into_iter()
            .map(|memory| memory.into_iter().map(put).collect())
            .collect();
        self.steps = steps;
    }
}

fn decayed(value: Tensor<1>, part: f64) -> Tensor<1> {
    if part == 0.0 { value } else { value * (1.0 - part) }
}

fn adam_step(
    adam: Adam,
    steps: u64,
    rate: f64,
    value: Tensor<1>,
    g: Tensor<1>,
    memory: &mut [Tensor<1>],
) -> Tensor<1> {
    let (m, v) = (memory[0].clone(), memory[1].clone());
    memory[0] = m.clone() + (g.clone() - m) * (1.0 - adam.beta_1);
    memory[1] = v.clone() + (g.clone() * g - v) * (1.0 - adam.beta_2);
    let step =
        memory[0].clone() * corrected_rate(adam, steps, rate) / (memory[1].clone().sqrt() + adam.epsilon);
    decayed(value, rate * adam.weight_decay) - step
}

/// As the one on arrays.
fn orthogonal(direction: Tensor<2>) -> Tensor<2> {
    let [n_rows, n_columns] = direction.dims();
    let wide = n_rows <= n_columns;
    let x = if wide { direction } else { direction.transpose() };
    let length = (x.clone() * x.clone()).sum_dim(1).sum_dim(0).sqrt() + 1e-7;
    let mut x = x / length;
    let (a, b, c) = COEFFICIENTS;
    for _ in 0..ROUNDS {
        let square = x.clone().matmul(x.clone().transpose());
        let inner = square.clone() * b + square.clone().matmul(square) * c;
        x = x.clone() * a + inner.matmul(x);
    }
    if wide { x } else { x.transpose() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::{Clipping, Optimization};

    #[test]
    fn tensors_and_arrays_take_the_same_steps() {
        let adam = Adam {
            beta_1: 0.9,
            beta_2: 0.99,
            epsilon: 1e-7,
            weight_decay: 0.01,
        };
        let rules = [
            Rule::Adam(adam),
            Rule::Sgd(Sgd {
                momentum: 0.9,
                nesterov: false,
                weight_decay: 0.0,
            }),
            Rule::Sgd(Sgd {
                momentum: 0.9,
                nesterov: true,
                weight_decay: 0.1,
            }),
            Rule::Lion {
                beta_1: 0.9,
                beta_2: 0.99,
                weight_decay: 0.1,
            },
            Rule::Muon {
                momentum: 0.95,
                weight_decay: 0.1,
                biases: adam,
            },
        ];
        let shapes = vec![vec![6, 4], vec![4], vec![3, 2, 5]];
        let start = |n: usize| -> Vec<f32> { (0..n).map(|i| ((i * 29) % 53) as f32 / 53.0 - 0.5).collect() };
        let gradient = |n: usize, step: usize| -> Vec<f32> {
            (0..n)
                .map(|i| ((i * 31 + step * 17) % 47) as f32 / 23.0 - 1.0)
                .collect()
        };
        let device = Device::flex();
        for rule in rules {
            let clipping = Clipping {
                value: 0.8,
                ..Clipping::NONE
            };
            let mut arrays = Optimization::new(rule, clipping, shapes.clone());
            let mut tensors = TensorOptimization::new(rule, clipping.value, shapes.clone(), device.clone());
            let sizes: Vec<usize> = shapes.iter().map(|shape| shape.iter().product()).collect();
            let mut values: Vec<Vec<f32>> = sizes.iter().map(|&n| start(n)).collect();
            let mut on_tensors: Vec<Tensor<1>> =
                sizes.iter().map(|&n| tensor(start(n), [n], &device)).collect();
            for step in 0..6 {
                let gradients: Vec<Vec<f32>> = sizes.iter().map(|&n| gradient(n, step)).collect();
                let slices: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
                arrays.step(values.iter_mut().map(Vec::as_mut_slice), &slices, 0.01);
                tensors.begin();
                for (at, gradient) in gradients.into_iter().enumerate() {
                    let gradient = tensor(gradient, [sizes[at]], &device);
                    on_tensors[at] = tensors.step(at, on_tensors[at].clone(), gradient, 0.01, 1.0);
                }
            }
            for (a, b) in values.iter().zip(on_tensors) {
                for (a, b) in a.iter().zip(read(b).unwrap()) {
                    assert!((a - b).abs() < 2e-5, "{rule:?}: {a} or {b}");
                }
            }
            let (steps, memories) = tensors.memories().unwrap();
            assert_eq!(steps, arrays.memories().0);
            tensors.resume(steps, memories.clone());
            assert_eq!(tensors.memories().unwrap().1, memories);
        }
    }
}
