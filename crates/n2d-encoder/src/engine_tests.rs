//! Both engines, side by side.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::{FitContext, Parallelism, Samples};

use crate::burn_engine::{BurnLearner, DenseModule, DenseShape, RowShape};
use crate::learner::{Batch, Learner, Weights};
use crate::native::NativeLearner;
use crate::plan::Plan;
use crate::reference::{Objective, ROWS, assert_gradients, batch, loss_of, network, parameters_of};
use crate::transform::Draw;
use crate::{Activation, DenseNetwork, Loss, Optimizer, TrainingConfig, activation, loss};

fn plan(config: &TrainingConfig) -> Plan {
    config.check("dense").unwrap()
}

fn native(plan: &Plan, network: &DenseNetwork) -> Box<dyn Learner> {
    Box::new(NativeLearner::new(plan, network.clone(), 64))
}

fn burn(plan: &Plan, network: &DenseNetwork) -> Box<dyn Learner> {
    let hidden = network.encoder().iter().map(|layer| layer.n_out());
    let shape = DenseShape {
        hidden: hidden.take(network.encoder().len() - 1).collect(),
        latent_dim: network.latent_dim(),
        activation: network.activation(),
    };
    let rows = RowShape::saved(vec![network.n_features()]).unwrap();
    let mut learner = BurnLearner::<DenseModule>::new(plan, &shape, &rows, &FitContext::new(0)).unwrap();
    learner
        .set_weights(network.parameters().map(<[f32]>::to_vec).collect())
        .unwrap();
    Box::new(learner)
}

type Start = fn(&Plan, &DenseNetwork) -> Box<dyn Learner>;
const ENGINES: [(&str, Start); 2] = [("native", native), ("burn", burn)];

fn step(learner: &mut dyn Learner, x: Samples<'_>, rows: &[usize], rate: f64) -> f64 {
    let draw = Draw { seed: 0, batch: 0 };
    let batch = Batch {
        x,
        rows,
        target: None,
        input: None,
        labels: None,
        draw,
    };
    learner.step(&batch, rate).unwrap()
}

#[test]
fn gradients_are_finite_differences_of_the_loss() {
    let (batch, rows) = (batch(), (0..ROWS).collect::<Vec<_>>());
    let x = Samples::from_rows(&batch, 5).unwrap();
    let activations = activation::ALL.iter().flat_map(|&a| loss::ALL.map(|l| (a, l)));
    let sparse = [(Activation::Tanh, Loss::Mse, 0.3)];
    for (activation, loss, sparsity) in activations.map(|(a, l)| (a, l, 0.0)).chain(sparse) {
        // Kept whole for a bound that does not bind, or not.
        for clip_norm in [None, Some(1e9)] {
            let descent = TrainingConfig {
                optimizer: Optimizer::Sgd,
                loss,
                sparsity,
                clip_norm,
                ..Default::default()
            };
            for (name, start) in ENGINES {
                let before = network(activation);
                let objective = Objective { loss, sparsity };
                let mut learner = start(&plan(&descent), &before);
                // A step of plain descent at rate 1 moves every parameter by its gradient.
                let made = step(&mut *learner, x, &rows, 1.0);
                let expected = loss_of(&before, &parameters_of(&before), objective);
                assert!(
                    (made - expected).abs() < 1e-5 * expected.abs(),
                    "{name} {activation:?} {loss:?}: {made} or {expected}"
                );
                let after = learner.weights().unwrap();
                let moved = |(before, after): (Vec<f64>, Vec<f32>)| {
                    before
                        .iter()
                        .zip(after)
                        .map(|(before, after)| before - f64::from(after))
                        .collect()
                };
                let gradients: Vec<Vec<f64>> =
                    parameters_of(&before).into_iter().zip(after).map(moved).collect();
                assert_gradients(&before, objective, &gradients);
            }
        }
    }
}

/// Twenty steps from one seed, wide enough for every kind of tile; the last batch is a partial one.
fn trained(start: Start, config: &TrainingConfig, activation: Activation) -> (Vec<f64>, Weights) {
    let (n_rows, n_features, batch_size) = (470, 70, 50);
    let values: Vec<f32> = (0..n_rows * n_features)
        .map(|i| ((i * 29 + i / 7) % 53) as f32 / 53.0)
        .collect();
    let x = Samples::from_rows(&values, n_features).unwrap();
    let network = DenseNetwork::new(n_features, &[90, 1100], 10, activation, &FitContext::new(3)).unwrap();
    let mut learner = start(&plan(config), &network);
    let order: Vec<usize> = (0..n_rows).collect();
    let batches = order.chunks(batch_size).cycle().take(20);
    let losses = batches
        .map(|rows| step(&mut *learner, x, rows, config.learning_rate))
        .collect();
    (losses, learner.weights().unwrap())
}

#[test]
fn both_engines_give_every_loss_and_weight_alike() {
    let adam = TrainingConfig::default();
    let momentum = TrainingConfig {
        optimizer: Optimizer::Sgd,
        momentum: Some(0.9),
        ..adam.clone()
    };
    let muon = TrainingConfig {
        optimizer: Optimizer::Muon,
        ..adam.clone()
    };
    let clipped = TrainingConfig {
        clip_norm: Some(0.05),
        ..momentum.clone()
    };
    let cosine = TrainingConfig {
        loss: Loss::Cosine,
        sparsity: 0.1,
        ..adam.clone()
    };
    for (config, activation) in [
        (&adam, Activation::Relu),
        (&momentum, Activation::Relu),
        (&adam, Activation::Gelu),
        (&muon, Activation::Relu),
        (&clipped, Activation::Relu),
        (&cosine, Activation::Relu),
    ] {
        let (losses, weights) = trained(native, config, activation);
        let (on_burn, weights_on_burn) = trained(burn, config, activation);
        for (step, (a, b)) in losses.iter().zip(&on_burn).enumerate() {
            assert!((a - b).abs() < 1e-4 * b, "{config:?}, step {step}: {a} or {b}");
        }
        for (a, b) in weights.iter().flatten().zip(weights_on_burn.iter().flatten()) {
            // Where a gradient is nearly zero, Adam makes of its rounding error a step of up to the rate.
            assert!((a - b).abs() < 2e-3, "{config:?}: {a} or {b}");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let muon = TrainingConfig {
        optimizer: Optimizer::Muon,
        clip_norm: Some(0.1),
        ..Default::default()
    };
    for config in [TrainingConfig::default(), muon] {
        for (name, start) in ENGINES {
            let on = |threads: usize| {
                let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
                threads.install(|| trained(start, &config, Activation::Relu))
            };
            let one = on(1);
            assert_eq!(one, on(2), "{name}");
            assert_eq!(one, on(4), "{name}");
        }
    }
}

#[test]
fn a_loss_that_is_not_finite_changes_nothing() {
    let x = [f32::MAX, -f32::MAX, f32::MAX, 0.0, 1.0];
    let x = Samples::from_rows(&x, 5).unwrap();
    for (name, start) in ENGINES {
        let network = network(Activation::Linear);
        let mut learner = start(&plan(&TrainingConfig::default()), &network);
        let before = learner.weights().unwrap();
        let loss = step(&mut *learner, x, &[0], 0.1);
        assert!(!loss.is_finite(), "{name}: {loss}");
        assert_eq!(learner.weights().unwrap(), before, "{name}");
    }
}

#[test]
fn large_activations_have_finite_gradients() {
    let batch: Vec<f32> = batch().iter().map(|x| x * 1000.0).collect();
    let x = Samples::from_rows(&batch, 5).unwrap();
    let rows: Vec<usize> = (0..ROWS).collect();
    let huber = TrainingConfig {
        loss: Loss::Huber,
        optimizer: Optimizer::Sgd,
        ..Default::default()
    };
    for activation in activation::ALL {
        for (name, start) in ENGINES {
            let mut learner = start(&plan(&huber), &network(activation));
            step(&mut *learner, x, &rows, 1e-3);
            let weights = learner.weights().unwrap();
            assert!(
                weights.iter().flatten().all(|w| w.is_finite()),
                "{name} {activation:?}"
            );
        }
    }
}

#[test]
fn a_step_on_the_cpu_copies_no_weights() {
    let network = network(Activation::Relu);
    let hidden = vec![6, 4];
    let shape = DenseShape {
        hidden,
        latent_dim: 2,
        activation: Activation::Relu,
    };
    let rows = RowShape::saved(vec![5]).unwrap();
    let mut learner = BurnLearner::<DenseModule>::new(
        &plan(&TrainingConfig::default()),
        &shape,
        &rows,
        &FitContext::new(0),
    )
    .unwrap();
    learner
        .set_weights(network.parameters().map(<[f32]>::to_vec).collect())
        .unwrap();
    let batch = batch();
    let x = Samples::from_rows(&batch, 5).unwrap();
    let before = learner.places();
    step(&mut learner, x, &(0..ROWS).collect::<Vec<_>>(), 1e-3);
    assert_eq!(before, learner.places());
}
