//! Every network: gradients against differences, rows apart from one another, and no bit by threads.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::{Encoder, FitContext, FittedEncoder, Parallelism, PartConfig, Samples};

use burn::tensor::{Tensor, TensorData};

use super::*;
use crate::burn_engine::{BurnLearner, Network, RowShape, with_values};
use crate::learner::{Batch, Learner};
use crate::native::StackLearner;
use crate::plan::Plan;
use crate::transform::Draw;
use crate::{Activation, Optimizer, TrainingConfig};

fn values(n_rows: usize, n_features: usize) -> Vec<f32> {
    (0..n_rows * n_features)
        .map(|i| ((i * 29 + i / 7) % 53) as f32 / 53.0)
        .collect()
}

/// Rows to be reconstructed as they are.
fn batch<'x, 'a>(x: Samples<'x>, rows: &'a [usize], number: u64) -> Batch<'x, 'a> {
    Batch {
        x,
        rows,
        target: None,
        input: None,
        labels: None,
        draw: Draw {
            seed: 1,
            batch: number,
        },
    }
}

/// The network in training on burn and, if it has a form for it, on our own engine.
fn learners<N: Network>(plan: &Plan, config: &N::Config, rows: &RowShape) -> Vec<Box<dyn Learner>> {
    let on_burn = BurnLearner::<N>::new(plan, config, rows, &FitContext::new(3)).unwrap();
    let (names, weights) = (on_burn.names(), on_burn.weights().unwrap());
    let stack = N::new(config, rows, &burn::tensor::Device::flex())
        .unwrap()
        .native();
    let native = stack.map(|stack| StackLearner::new(plan, stack, names, weights, 129));
    let native = native.map(|learner| Box::new(learner) as Box<dyn Learner>);
    std::iter::once(Box::new(on_burn) as Box<dyn Learner>)
        .chain(native)
        .collect()
}

/// A step of plain descent moves every parameter by its gradient, which is that of the loss by differences.
fn gradients_are_differences<N: Network>(config: &N::Config, shape: &[usize]) {
    let rows = RowShape::saved(shape.to_vec()).unwrap();
    let values = values(5, rows.n_features());
    let x = Samples::from_rows(&values, rows.n_features()).unwrap();
    let descent = TrainingConfig {
        optimizer: Optimizer::Sgd,
        ..TrainingConfig::default()
    };
    let plan = descent.check(N::NAME).unwrap();
    let batch = batch(x, &[0, 1, 2, 3, 4], 2);
    for mut learner in learners::<N>(&plan, config, &rows) {
        let before = learner.weights().unwrap();
        let loss = learner.step(&batch, 1.0).unwrap();
        let after = learner.weights().unwrap();
        learner.set_weights(before.clone()).unwrap();
        assert_eq!(learner.loss(&batch).unwrap(), loss);
        for buffer in 0..before.len() {
            let n = before[buffer].len();
            for at in (0..n).step_by(n.div_ceil(3)) {
                let mut shifted = |by: f32| {
                    let mut weights = before.clone();
                    weights[buffer][at] += by;
                    learner.set_weights(weights).unwrap();
                    learner.loss(&batch).unwrap()
                };
                let difference = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
                let gradient = f64::from(before[buffer][at] - after[buffer][at]);
                let near = (gradient - difference).abs() < 2e-3 * (1.0 + gradient.abs()).max(0.2);
                assert!(
                    near,
                    "{}, buffer {buffer}, value {at}: {gradient} or {difference}",
                    N::NAME
                );
            }
        }
    }
}

#[test]
fn gradients_are_finite_differences_of_the_loss() {
    let activation = Activation::Tanh;
    let conv = Conv1dConfig {
        channels: vec![3, 4],
        kernel: 3,
        activation,
        ..Conv1dConfig::new(2)
    };
    gradients_are_differences::<Conv1d>(&conv, &[9, 2]);
    let conv = Conv2dConfig {
        channels: vec![3, 4],
        activation,
        ..Conv2dConfig::new(2)
    };
    gradients_are_differences::<Conv2d>(&conv, &[5, 4, 2]);
    let pooled = Conv2dConfig {
        stride: 1,
        pool: 2,
        ..conv
    };
    gradients_are_differences::<Conv2d>(&pooled, &[7, 6, 2]);
    let lstm = LstmConfig {
        units: 3,
        together: 2,
        ..LstmConfig::new(2)
    };
    gradients_are_differences::<Lstm>(&lstm, &[7, 2]);
    let gru = GruConfig {
        units: 3,
        together: 2,
        ..GruConfig::new(2)
    };
    gradients_are_differences::<Gru>(&gru, &[7, 2]);
    let variational = VariationalConfig {
        hidden: vec![5],
        activation,
        beta: 0.5,
        ..VariationalConfig::new(2)
    };
    gradients_are_differences::<Variational>(&variational, &[6]);
}

/// Twenty steps on each engine from the same weights, the last batch a partial one: losses and weights agree.
fn engines_agree<N: Network>(config: &N::Config, shape: &[usize], training: &TrainingConfig) {
    let rows = RowShape::saved(shape.to_vec()).unwrap();
    let values = values(150, rows.n_features());
    let x = Samples::from_rows(&values, rows.n_features()).unwrap();
    let order: Vec<usize> = (0..150).collect();
    let mut learners = learners::<N>(&training.check(N::NAME).unwrap(), config, &rows);
    for (number, rows) in order.chunks(40).cycle().take(20).enumerate() {
        let batch = batch(x, rows, number as u64);
        let losses: Vec<f64> = learners
            .iter_mut()
            .map(|learner| learner.step(&batch, training.learning_rate).unwrap())
            .collect();
        assert_eq!(losses.len(), 2);
        assert!(
            (losses[0] - losses[1]).abs() < 1e-4 * losses[0],
            "step {number}: {losses:?}"
        );
    }
    let weights: Vec<_> = learners
        .iter()
        .map(|learner| learner.weights().unwrap())
        .collect();
    for (a, b) in weights[0].iter().flatten().zip(weights[1].iter().flatten()) {
        // Where a gradient is nearly zero, Adam makes of its rounding error a step of up to the rate.
        assert!((a - b).abs() < 2e-3, "{a} or {b}");
    }
}

#[test]
fn both_engines_give_every_loss_and_weight_alike() {
    let adam = TrainingConfig::default();
    let bounded = TrainingConfig {
        optimizer: Optimizer::Sgd,
        momentum: Some(0.9),
        clip_norm: Some(0.05),
        sparsity: 0.1,
        loss: crate::Loss::Huber,
        ..TrainingConfig::default()
    };
    for (activation, training) in [
        (Activation::Relu, &adam),
        (Activation::Gelu, &adam),
        (Activation::Tanh, &bounded),
    ] {
        let image = Conv2dConfig {
            activation,
            hidden_dropout: 0.3,
            ..Conv2dConfig::new(3)
        };
        engines_agree::<Conv2d>(&image, &[11, 8, 2], training);
        let sequence = Conv1dConfig {
            activation,
            ..Conv1dConfig::new(3)
        };
        engines_agree::<Conv1d>(&sequence, &[37, 3], training);
        let pooled = Conv1dConfig {
            stride: 1,
            pool: 3,
            channels: vec![4, 5],
            ..sequence
        };
        engines_agree::<Conv1d>(&pooled, &[20, 3], training);
    }
}

/// A batch of 129 rows is cut into fewer tasks than one of 128.
#[test]
fn a_smaller_batch_may_be_cut_into_more_tasks() {
    let rows = RowShape::saved(vec![8, 2]).unwrap();
    let values = values(257, 16);
    let x = Samples::from_rows(&values, 16).unwrap();
    let config = Conv1dConfig {
        channels: vec![3],
        ..Conv1dConfig::new(2)
    };
    let plan = TrainingConfig::default().check("conv1d").unwrap();
    let order: Vec<usize> = (0..257).collect();
    for rows_of_batch in order.chunks(129) {
        let batch = batch(x, rows_of_batch, 0);
        let losses: Vec<f64> = learners::<Conv1d>(&plan, &config, &rows)
            .iter_mut()
            .map(|learner| learner.step(&batch, 1e-3).unwrap())
            .collect();
        assert!((losses[0] - losses[1]).abs() < 1e-4 * losses[0], "{losses:?}");
    }
}

/// Rows through a fitted network, by the form for our own engine and by burn.
#[test]
fn both_engines_encode_and_decode_alike() {
    let rows = RowShape::saved(vec![9, 7, 2]).unwrap();
    let device = burn::tensor::Device::flex();
    let config = Conv2dConfig::new(3);
    let plan = TrainingConfig::default().check("conv2d").unwrap();
    let learner = BurnLearner::<Conv2d>::new(&plan, &config, &rows, &FitContext::new(3)).unwrap();
    let weights = learner.weights().unwrap();
    let network = with_values(Conv2d::new(&config, &rows, &device).unwrap(), weights.clone());
    let stack = network.native().unwrap();
    let x = values(5, 126);
    let tensor = |values: Vec<f32>, n| Tensor::<2>::from_data(TensorData::new(values, [5, n]), &device);
    let near = |a: &[f32], b: Tensor<2>| {
        let b = b.into_data().try_into_vec::<f32>().unwrap();
        assert!(a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
    };
    let latents = stack.encode(&weights, &x);
    near(&latents, network.encode(tensor(x, 126)));
    near(
        &stack.decode(&weights, &latents),
        network.decode(tensor(latents, 3)),
    );
}

/// Fits and encodes on so many threads.
fn fitted<C: PartConfig<Part: Encoder>>(config: &C, threads: usize) -> (Vec<f64>, Vec<f32>) {
    let values = values(150, 96);
    let x = Samples::from_rows(&values, 96)
        .unwrap()
        .with_row_shape(&[16, 6])
        .unwrap();
    let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
    let mut ctx = FitContext::new(4).with_parallelism(threads.clone());
    let Ok(part) = config.build() else {
        unreachable!("valid")
    };
    let fit = part.fit(x, &mut ctx).unwrap();
    let all = threads.install(|| fit.model.encode(x)).unwrap();
    for row in [0, 63, 64, 101, 149] {
        let alone = Samples::from_rows(&values[row * 96..(row + 1) * 96], 96).unwrap();
        assert_eq!(fit.model.encode(alone).unwrap().row(0), all.row(row), "row {row}");
    }
    (fit.report.history, all.into_raw_vec_and_offset().0)
}

fn threads_change_no_bit<C: PartConfig<Part: Encoder>>(config: &C) {
    let one = fitted(config, 1);
    assert!(one.0.last() < one.0.first(), "{}: {:?}", C::NAME, one.0);
    assert_eq!(one, fitted(config, 2), "{}", C::NAME);
    assert_eq!(one, fitted(config, 3), "{}", C::NAME);
}

#[test]
fn threads_and_neighbours_change_no_bit() {
    threads_change_no_bit(&Conv1dConfig {
        n_epochs: Some(3),
        noise: 0.05,
        ..Conv1dConfig::new(3)
    });
    let image = Some(vec![8, 4, 3]);
    threads_change_no_bit(&Conv2dConfig {
        n_epochs: Some(3),
        row_shape: image,
        ..Conv2dConfig::new(3)
    });
    threads_change_no_bit(&LstmConfig {
        n_epochs: Some(3),
        ..LstmConfig::new(3)
    });
    threads_change_no_bit(&GruConfig {
        n_epochs: Some(3),
        clip_norm: Some(0.1),
        ..GruConfig::new(3)
    });
    threads_change_no_bit(&VariationalConfig {
        n_epochs: Some(3),
        hidden: vec![200, 300],
        ..VariationalConfig::new(3)
    });
}
