//! The loss of a dense network in double precision, written down apart from the code under test, and its differences.

use n2d_core::FitContext;

use crate::{Activation, DenseNetwork, Loss};

pub(crate) const ROWS: usize = 7;

pub(crate) fn network(activation: Activation) -> DenseNetwork {
    let mut network = DenseNetwork::new(5, &[6, 4], 2, activation, &FitContext::new(11)).unwrap();
    // Biases off zero, so that their gradients are tested away from where they start.
    for (i, value) in network.parameters_mut().flatten().enumerate() {
        *value += (i % 5) as f32 / 20.0 - 0.1;
    }
    network
}

pub(crate) fn batch() -> Vec<f32> {
    (0..ROWS * 5)
        .map(|i| ((i * 29 + 3) % 53) as f32 / 20.0 - 1.0)
        .collect()
}

/// What is minimised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Objective {
    pub(crate) loss: Loss,
    pub(crate) sparsity: f64,
}

/// The loss in double precision, written down apart from the code under test.
pub(crate) fn loss_of(network: &DenseNetwork, parameters: &[Vec<f64>], objective: Objective) -> f64 {
    let layers: Vec<_> = network.encoder().iter().chain(network.decoder()).collect();
    let batch = batch();
    let rows = batch.chunks(5).map(|row| row.iter().copied().map(f64::from));
    let (mut sum, mut latents) = (0.0, 0.0);
    for row in rows {
        let target: Vec<f64> = row.collect();
        let mut x = target.clone();
        for (i, layer) in layers.iter().enumerate() {
            let (weight, bias) = (&parameters[2 * i], &parameters[2 * i + 1]);
            let affine = |j: usize| {
                let products = x
                    .iter()
                    .enumerate()
                    .map(|(k, x)| x * weight[k * layer.n_out() + j]);
                products.sum::<f64>() + bias[j]
            };
            let hidden = !matches!(i, 2 | 5);
            x = (0..layer.n_out())
                .map(|j| {
                    if hidden {
                        value(network.activation(), affine(j))
                    } else {
                        affine(j)
                    }
                })
                .collect();
            if i == 2 {
                latents += x.iter().map(|z| z.abs()).sum::<f64>();
            }
        }
        sum += row_cost(objective.loss, &x, &target);
    }
    sum / ROWS as f64 + objective.sparsity * latents / (ROWS * 2) as f64
}

fn row_cost(loss: Loss, output: &[f64], target: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    match loss {
        Loss::Cosine => 1.0 - dot(output, target) / (dot(output, output) * dot(target, target)).sqrt(),
        _ => {
            let costs = output.iter().zip(target).map(|(&a, &b)| cost(loss, a, b));
            costs.sum::<f64>() / 5.0
        }
    }
}

fn value(activation: Activation, x: f64) -> f64 {
    let negative_part = |slope: f64| if x > 0.0 { x } else { slope };
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::Elu => negative_part(x.exp() - 1.0),
        Activation::Selu => {
            1.050_700_987_355_480_5 * negative_part(1.673_263_242_354_377_2 * (x.exp() - 1.0))
        }
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::LeakyRelu => negative_part(0.2 * x),
        Activation::Linear => x,
        Activation::Gelu => x * normal_cdf(x),
    }
}

/// By the power series of the error function, exact to double precision for the small arguments here.
fn normal_cdf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..80 {
        term *= -x * x / (2.0 * f64::from(n));
        sum += term / f64::from(2 * n + 1);
    }
    0.5 + sum / (2.0 * std::f64::consts::PI).sqrt()
}

fn cost(loss: Loss, output: f64, target: f64) -> f64 {
    let e = output - target;
    match loss {
        Loss::Mse => e * e,
        Loss::Mae => e.abs(),
        Loss::Huber if e.abs() <= 1.0 => 0.5 * e * e,
        Loss::Huber => e.abs() - 0.5,
        Loss::Bce => (1.0 + output.exp()).ln() - target * output,
        Loss::Cosine => unreachable!("that of whole rows"),
    }
}

/// The parameters of a network in double precision.
pub(crate) fn parameters_of(network: &DenseNetwork) -> Vec<Vec<f64>> {
    let wide = |values: &[f32]| values.iter().copied().map(f64::from).collect();
    network.parameters().map(wide).collect()
}

/// Asserts that the gradients, a buffer for each of the parameters, are those of the loss, by central differences.
pub(crate) fn assert_gradients(network: &DenseNetwork, objective: Objective, gradients: &[Vec<f64>]) {
    let parameters = parameters_of(network);
    for (buffer, gradient) in gradients.iter().enumerate() {
        assert_eq!(gradient.len(), parameters[buffer].len());
        for (at, &found) in gradient.iter().enumerate() {
            let shifted = |by: f64| {
                let mut parameters = parameters.clone();
                parameters[buffer][at] += by;
                loss_of(network, &parameters, objective)
            };
            let difference = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
            assert!(
                (found - difference).abs() < 1e-5,
                "{:?} {objective:?}, buffer {buffer}, value {at}: {found} or {difference}",
                network.activation()
            );
        }
    }
}
