use super::*;
use crate::{Activation, DenseNetwork};
use n2d_core::FitContext;

fn network() -> DenseNetwork {
    DenseNetwork::new(40, &[500], 2, Activation::Relu, &FitContext::new(3)).unwrap()
}

fn adam(weight_decay: f64) -> Rule {
    Rule::Adam(Adam {
        beta_1: 0.8,
        beta_2: 0.99,
        epsilon: 1e-3,
        weight_decay,
    })
}

/// Follows the gradient `value + buffer index` for some steps; returns the first value of the first buffer with
/// what it was before.
fn followed(rule: Rule, clipping: Clipping, steps: usize) -> (f64, f64) {
    let mut network = network();
    let before = network.clone();
    let mut optimization = Optimization::new(rule, clipping, network.shapes());
    for _ in 0..steps {
        let gradients: Vec<Vec<f32>> = network
            .parameters()
            .enumerate()
            .map(|(i, values)| values.iter().map(|v| v + i as f32).collect())
            .collect();
        let slices: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
        optimization.step(network.parameters_mut(), &slices, 0.01);
    }
    let first = |network: &DenseNetwork| f64::from(network.parameters().next().unwrap()[0]);
    (first(&before), first(&network))
}

#[test]
fn adam_is_keras_textbook_form() {
    for weight_decay in [0.0, 0.1] {
        let (b1, b2, epsilon) = (0.8, 0.99, 1e-3);
        let (mut value, made) = followed(adam(weight_decay), Clipping::NONE, 7);
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

fn sgd(momentum: f64) -> Rule {
    Rule::Sgd(Sgd {
        momentum,
        nesterov: false,
        weight_decay: 0.0,
    })
}

#[test]
fn sgd_keeps_a_velocity() {
    for (momentum, nesterov, weight_decay) in [
        (0.0, false, 0.0),
        (0.9, false, 0.1),
        (0.9, true, 0.0),
        (0.9, true, 0.1),
    ] {
        let rule = Rule::Sgd(Sgd {
            momentum,
            nesterov,
            weight_decay,
        });
        let (mut value, made) = followed(rule, Clipping::NONE, 5);
        let mut velocity = 0.0;
        for _ in 0..5 {
            let g = value;
            value -= 0.01 * weight_decay * value;
            velocity = momentum * velocity - 0.01 * g;
            value += if nesterov {
                momentum * velocity - 0.01 * g
            } else {
                velocity
            };
        }
        assert!((value - made).abs() < 1e-6, "{value} or {made}");
    }
}

#[test]
fn lion_follows_signs() {
    let (b1, b2, decay) = (0.9, 0.99, 0.1);
    let rule = Rule::Lion {
        beta_1: b1,
        beta_2: b2,
        weight_decay: decay,
    };
    let (mut value, made) = followed(rule, Clipping::NONE, 30);
    let mut mean = 0.0;
    for _ in 0..30 {
        let g: f64 = value;
        let sign = (b1 * mean + (1.0 - b1) * g).signum();
        value -= 0.01 * (sign + decay * value);
        mean = b2 * mean + (1.0 - b2) * g;
    }
    assert!((value - made).abs() < 1e-5, "{value} or {made}");
}

#[test]
fn muon_moves_weights_by_about_the_rate_and_biases_as_adam() {
    let Rule::Adam(biases) = adam(0.0) else {
        unreachable!()
    };
    let rule = Rule::Muon {
        momentum: 0.95,
        weight_decay: 0.0,
        biases,
    };
    let mut network = network();
    let before = network.clone();
    let mut by_muon = Optimization::new(rule, Clipping::NONE, network.shapes());
    let mut adams = network.clone();
    let mut by_adam = Optimization::new(adam(0.0), Clipping::NONE, network.shapes());
    let gradients: Vec<Vec<f32>> = network
        .parameters()
        .map(|values| {
            (0..values.len())
                .map(|i| ((i * 37) % 101) as f32 / 50.0 - 1.0)
                .collect()
        })
        .collect();
    let slices: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
    by_muon.step(network.parameters_mut(), &slices, 0.01);
    by_adam.step(adams.parameters_mut(), &slices, 0.01);
    let moved: Vec<f64> = network
        .parameters()
        .zip(before.parameters())
        .map(|(a, b)| {
            let squares: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
            (squares / a.len() as f64).sqrt()
        })
        .collect();
    assert!((0.0004..0.003).contains(&moved[0]), "{moved:?}");
    let bias = |network: &DenseNetwork| network.parameters().nth(1).unwrap().to_vec();
    assert_eq!(bias(&network), bias(&adams));
}

#[test]
fn gradients_are_kept_within_their_bounds() {
    let mut network = network();
    let ones: Vec<Vec<f32>> = network.parameters().map(|v| vec![1.0; v.len()]).collect();
    let slices: Vec<&[f32]> = ones.iter().map(Vec::as_slice).collect();
    let n = ones.iter().map(Vec::len).sum::<usize>() as f64;
    assert!((norm(&slices) / n.sqrt() - 1.0).abs() < 1e-12);
    let mut moved = |clipping| {
        let before = network.parameters().next().unwrap()[0];
        Optimization::new(sgd(0.0), clipping, network.shapes()).step(network.parameters_mut(), &slices, 1.0);
        f64::from(before - network.parameters().next().unwrap()[0])
    };
    assert!(
        (moved(Clipping {
            norm: 3.0,
            ..Clipping::NONE
        }) - 3.0 / n.sqrt())
        .abs()
            < 1e-6
    );
    assert!(
        (moved(Clipping {
            value: 0.25,
            ..Clipping::NONE
        }) - 0.25)
            .abs()
            < 1e-6
    );
    assert!(
        (moved(Clipping {
            norm: 1e9,
            value: 2.0
        }) - 1.0)
            .abs()
            < 1e-6
    );
}

#[test]
fn every_parameter_moves() {
    let mut network = network();
    let before = network.clone();
    let rule = sgd(0.0);
    let mut optimization = Optimization::new(rule, Clipping::NONE, network.shapes());
    let ones: Vec<Vec<f32>> = network.parameters().map(|v| vec![1.0; v.len()]).collect();
    let slices: Vec<&[f32]> = ones.iter().map(Vec::as_slice).collect();
    optimization.step(network.parameters_mut(), &slices, 0.5);
    for (old, new) in before.parameters().flatten().zip(network.parameters().flatten()) {
        assert_eq!(*new, *old - 0.5);
    }
}

/// Numbers below the normal ones cost a processor many times as much, and rounding would hold them for ever.
#[test]
fn without_gradients_memories_come_to_rest_at_zero() {
    let lion = Rule::Lion {
        beta_1: 0.9,
        beta_2: 0.9,
        weight_decay: 0.0,
    };
    for rule in [adam(0.0), sgd(0.9), lion] {
        let mut network = network();
        let mut optimization = Optimization::new(rule, Clipping::NONE, network.shapes());
        let mut step = |gradient: f32| {
            let gradients: Vec<Vec<f32>> = network
                .parameters()
                .map(|values| vec![gradient; values.len()])
                .collect();
            let slices: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
            optimization.step(network.parameters_mut(), &slices, 1e-3);
        };
        step(1e-3);
        (0..800).for_each(|_| step(0.0));
        let (_, memories) = optimization.memories();
        let subnormal = |value: &&f32| value.is_subnormal();
        let values = || memories.iter().flatten().flatten();
        assert_eq!(values().filter(subnormal).count(), 0);
        assert!(values().any(|&value| value == 0.0));
    }
}
