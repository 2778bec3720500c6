//! The dense autoencoder as its users meet it.

// The helpers, too, are tests.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;

use n2d_core::{
    CancelToken, Control, Decode, Encoder, Event, Fit, FitContext, FitError, FittedEncoder, Parallelism,
    PartConfig, Progress, Samples, Termination,
};
use n2d_encoder::{Activation, DenseAutoencoderConfig, FittedDenseAutoencoder, Loss, Optimizer};
use proptest::prelude::*;

type Config = DenseAutoencoderConfig;

/// Rows on a curved, noisy surface of two dimensions.
fn surface(n_samples: usize, n_features: usize) -> Vec<f32> {
    let cell = |i: usize| {
        let (row, column) = ((i / n_features) as f32, (i % n_features) as f32);
        let (u, v) = ((row * 0.37).sin(), (row * 0.73).cos());
        0.5 + 0.25 * (u * (column + 1.0)).sin() + 0.2 * v * (column * 0.5).cos()
    };
    (0..n_samples * n_features).map(cell).collect()
}

fn small(n_epochs: usize) -> Config {
    Config {
        hidden: vec![24, 16],
        batch_size: 32,
        n_epochs: Some(n_epochs),
        ..Config::new(2)
    }
}

fn fit(
    config: &Config,
    x: Samples<'_>,
    ctx: &mut FitContext<'_>,
) -> Result<Fit<FittedDenseAutoencoder>, FitError> {
    config.build().unwrap().fit(x, ctx)
}

fn threads(n: usize) -> Parallelism {
    Parallelism::threads(NonZeroUsize::new(n).unwrap()).unwrap()
}

#[test]
fn the_loss_falls_with_every_activation_loss_and_optimizer() {
    let values = surface(100, 8);
    let x = Samples::from_rows(&values, 8).unwrap();
    let mut configs = Vec::new();
    for activation in [
        Activation::Relu,
        Activation::Gelu,
        Activation::Elu,
        Activation::Selu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::LeakyRelu,
        Activation::Linear,
    ] {
        configs.push(Config {
            activation,
            ..small(40)
        });
    }
    for loss in [Loss::Mse, Loss::Mae, Loss::Huber, Loss::Cosine] {
        configs.push(Config { loss, ..small(40) });
    }
    for (optimizer, momentum, learning_rate) in [
        (Optimizer::AdamW, None, 1e-3),
        (Optimizer::Sgd, None, 0.1),
        (Optimizer::Sgd, Some(0.9), 0.05),
    ] {
        configs.push(Config {
            optimizer,
            momentum,
            learning_rate,
            ..small(40)
        });
    }
    for config in configs {
        let fit = fit(&config, x, &mut FitContext::new(5)).unwrap();
        let history = &fit.report.history;
        assert_eq!((history.len(), fit.report.n_iter), (40, 40));
        assert_eq!(fit.report.termination, Termination::Completed);
        assert_eq!(fit.report.objective, Some(("loss", history[39])));
        assert!(history[39] < 0.8 * history[0], "{config:?}: {history:?}");
    }
}

#[test]
fn the_reported_loss_is_that_of_decoded_latents() {
    let values = surface(90, 6);
    let x = Samples::from_rows(&values, 6).unwrap();
    // A step too small to change a weight: the loss of the epoch is then the loss of the model.
    let config = Config {
        learning_rate: 1e-30,
        ..small(1)
    };
    let fit = fit(&config, x, &mut FitContext::new(5)).unwrap();
    let z = fit.model.encode(x).unwrap();
    let back = fit.model.decode(Samples::new(z.view()).unwrap()).unwrap();
    assert_eq!((z.dim(), back.dim()), ((90, 2), (90, 6)));
    let squares = x
        .as_slice()
        .iter()
        .zip(&back)
        .map(|(a, b)| f64::from(a - b).powi(2));
    let mse = squares.sum::<f64>() / (90.0 * 6.0);
    assert!((fit.report.history[0] / mse - 1.0).abs() < 1e-5);
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    // Wide enough for the products to be split between threads, with a last partial batch; then the paper's network.
    let wide = Config {
        hidden: vec![300, 400],
        activation: Activation::Elu,
        n_epochs: Some(2),
        ..Config::new(5)
    };
    let paper = Config {
        n_epochs: Some(1),
        patience: Some(1),
        ..Config::default()
    };
    for (config, n_samples, n_features) in [(wide, 600, 200), (paper, 400, 784)] {
        let values = surface(n_samples, n_features);
        let x = Samples::from_rows(&values, n_features).unwrap();
        let run = |seed: u64, n: usize| {
            let mut ctx = FitContext::new(seed).with_parallelism(threads(n));
            let Fit { model, report } = fit(&config, x, &mut ctx).unwrap();
            let z = threads(n).install(|| model.encode(x)).unwrap();
            (model, report.history, z)
        };
        let one = run(9, 1);
        assert_eq!(one, run(9, 2));
        assert_eq!(one, run(9, 4));
        assert_ne!(one.1, run(10, 2).1);
    }
}

#[test]
fn fits_side_by_side_do_not_disturb_each_other() {
    let values = surface(300, 40);
    let x = Samples::from_rows(&values, 40).unwrap();
    let config = Config {
        hidden: vec![300, 300],
        batch_size: 100,
        n_epochs: Some(3),
        ..Config::new(3)
    };
    let run = |seed| fit(&config, x, &mut FitContext::new(seed)).unwrap().model;
    let alone = [run(1), run(2)];
    let (first, second) = std::thread::scope(|scope| {
        let (first, second) = (scope.spawn(|| run(1)), scope.spawn(|| run(2)));
        (first.join().unwrap(), second.join().unwrap())
    });
    assert_eq!([first, second], alone);
    // As two tasks of one pool, where a thread that waits for one fit may work on the other.
    let (first, second) = threads(2).install(|| rayon::join(|| run(1), || run(2)));
    assert_eq!([first, second], alone);
}

#[test]
fn the_last_partial_batch_is_used() {
    let values = surface(33, 4);
    let x = Samples::from_rows(&values, 4).unwrap();
    let mut steps = Vec::new();
    let mut watch = |event: &Event<'_>| {
        if let Event::Progress { progress, .. } = event {
            steps.push(*progress);
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(1).with_observer(&mut watch);
    let report = fit(&small(2), x, &mut ctx).unwrap().report;
    let counts: Vec<_> = steps.iter().map(|p| (p.step, p.total)).collect();
    assert_eq!(counts, [(1, 4), (2, 4), (3, 4), (4, 4)]);
    let losses = |name| {
        let named = move |p: &Progress| p.metric.filter(|m| m.0 == name).map(|m| m.1);
        steps.iter().filter_map(named).collect::<Vec<_>>()
    };
    assert_eq!(losses("loss"), report.history);
    assert_eq!(losses("running loss").len(), 2);
}

#[test]
fn odd_data_works() {
    let cases: [(usize, usize, fn(usize) -> f32); 6] = [
        (1, 4, |i| i as f32 / 4.0),
        (50, 1, |i| i as f32 / 50.0),
        (1, 1, |_| 0.5),
        (40, 5, |i| if i % 5 == 2 { 0.7 } else { (i % 13) as f32 / 13.0 }),
        (64, 3, |i| (i % 3) as f32),
        (10, 3, |_| 0.0),
    ];
    for (n_samples, n_features, value) in cases {
        let values: Vec<f32> = (0..n_samples * n_features).map(value).collect();
        let x = Samples::from_rows(&values, n_features).unwrap();
        for hidden in [vec![], vec![6]] {
            let config = Config { hidden, ..small(5) };
            let fit = fit(&config, x, &mut FitContext::new(3)).unwrap();
            let z = fit.model.encode(x).unwrap();
            let back = fit.model.decode(Samples::new(z.view()).unwrap()).unwrap();
            assert_eq!(back.dim(), (n_samples, n_features));
            assert!(z.iter().chain(&back).all(|v| v.is_finite()));
        }
    }
}

#[test]
fn a_batch_may_be_larger_than_the_data() {
    let values = surface(10, 3);
    let x = Samples::from_rows(&values, 3).unwrap();
    let sized = |batch_size| {
        let config = Config {
            batch_size,
            ..small(3)
        };
        fit(&config, x, &mut FitContext::new(3)).unwrap().model
    };
    assert_eq!(sized(10), sized(usize::MAX));
}

#[test]
fn epochs_are_chosen_where_none_are_given_and_the_report_says_so() {
    let values = surface(10, 3);
    let x = Samples::from_rows(&values, 3).unwrap();
    let config = Config {
        n_epochs: None,
        batch_size: 4,
        ..small(1)
    };
    let report = fit(&config, x, &mut FitContext::new(3)).unwrap().report;
    assert_eq!(report.n_iter, 334);
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].starts_with("n_epochs was chosen as 334 for 3 batches an epoch: 1002 steps"));
}

#[test]
fn cancelling_ends_within_a_batch() {
    let values = surface(100, 4);
    let x = Samples::from_rows(&values, 4).unwrap();
    let token = CancelToken::new();
    let (mut seen, at) = (0, 3);
    let inner = token.clone();
    let mut watch = |event: &Event<'_>| {
        if let Event::Progress { progress, .. } = event {
            seen = progress.step;
            if seen == at {
                inner.cancel();
            }
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(1).with_cancel(token).with_observer(&mut watch);
    let error = fit(&small(50), x, &mut ctx).unwrap_err();
    assert!(matches!(error, FitError::Cancelled { part } if part == "dense"));
    assert_eq!(seen, at);
}

fn stopped_at(step: u64, config: &Config) -> Fit<FittedDenseAutoencoder> {
    let values = surface(100, 4);
    let x = Samples::from_rows(&values, 4).unwrap();
    let mut watch = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.step >= step => Control::Stop,
        _ => Control::Continue,
    };
    fit(config, x, &mut FitContext::new(1).with_observer(&mut watch)).unwrap()
}

#[test]
fn stopping_keeps_what_was_learnt() {
    // Four batches an epoch.
    let within = stopped_at(6, &small(50));
    assert_eq!(within.report.termination, Termination::Stopped);
    assert_eq!((within.report.n_iter, within.report.history.len()), (1, 1));
    assert_eq!(within.report.notes, ["stopped in epoch 2 after 2 of 4 batches"]);
    assert_ne!(within.report.objective.unwrap().1, within.report.history[0]);

    let between = stopped_at(8, &small(50));
    assert_eq!(between.report.termination, Termination::Stopped);
    assert_eq!(between.report.history.len(), 2);
    assert!(between.report.notes.is_empty());
    let two = stopped_at(u64::MAX, &small(2));
    assert_eq!(two.report.termination, Termination::Completed);
    assert_eq!(between.model, two.model);

    let at_once = stopped_at(1, &small(50));
    assert_eq!((at_once.report.n_iter, at_once.report.history.len()), (0, 0));
    assert!(at_once.report.objective.unwrap().1.is_finite());

    // Nothing was left to do: the training is complete.
    assert_eq!(
        stopped_at(8, &small(2)).report.termination,
        Termination::Completed
    );
}

#[test]
fn patience_ends_the_training_and_restores_the_best_weights() {
    let restless = Config {
        learning_rate: 0.05,
        patience: Some(3),
        ..small(300)
    };
    let fit = stopped_at(u64::MAX, &restless);
    let history = &fit.report.history;
    let best = (0..history.len())
        .min_by(|&a, &b| history[a].total_cmp(&history[b]))
        .unwrap();
    assert_eq!(fit.report.termination, Termination::EarlyStopping);
    assert_eq!(history.len(), best + 1 + 3);
    assert_eq!(fit.report.objective, Some(("loss", history[best])));
    let note = format!(
        "the weights are those of epoch {}, whose loss was the lowest",
        best + 1
    );
    assert_eq!(fit.report.notes, [note]);
    let until_best = Config {
        patience: None,
        n_epochs: Some(best + 1),
        ..restless
    };
    assert_eq!(stopped_at(u64::MAX, &until_best).model, fit.model);
}

#[test]
fn a_diverging_training_is_an_error_with_advice() {
    let values = surface(100, 4);
    let x = Samples::from_rows(&values, 4).unwrap();
    let wild = Config {
        optimizer: Optimizer::Sgd,
        learning_rate: 1e6,
        ..small(20)
    };
    let error = fit(&wild, x, &mut FitContext::new(1)).unwrap_err();
    assert!(matches!(error, FitError::Diverged { .. }));
    assert!(error.to_string().contains("lower learning_rate"), "{error}");

    // The last step spoils the weights, and no later loss could tell.
    let last = Config {
        optimizer: Optimizer::AdamW,
        weight_decay: Some(1e45),
        batch_size: 100,
        ..small(1)
    };
    let error = fit(&last, x, &mut FitContext::new(1)).unwrap_err();
    assert!(
        matches!(
            error,
            FitError::Diverged {
                objective: "weights",
                ..
            }
        ),
        "{error}"
    );

    let huge: Vec<f32> = values.iter().map(|v| v * 1e30).collect();
    let x = Samples::from_rows(&huge, 4).unwrap();
    let error = fit(&small(2), x, &mut FitContext::new(1)).unwrap_err();
    assert!(matches!(error, FitError::Diverged { step: 1, .. }), "{error}");
}

/// Steps that are too long by far need not end in NaN.
#[test]
fn a_training_that_makes_it_worse_is_noted_and_an_ordinary_one_is_not() {
    let values = surface(100, 4);
    let x = Samples::from_rows(&values, 4).unwrap();
    let notes = |config: &Config| fit(config, x, &mut FitContext::new(1)).unwrap().report.notes;
    let wild = |n_epochs| Config {
        learning_rate: 10.0,
        ..small(n_epochs)
    };
    let noted = notes(&wild(30));
    assert_eq!(noted.len(), 1, "{noted:?}");
    assert!(noted[0].starts_with("the loss rose from 0."), "{noted:?}");
    let advice = " in epoch 30 with learning_rate = 10: lower learning_rate, or scale the data to values of about -1 to 1";
    assert!(noted[0].ends_with(advice), "{noted:?}");
    // Patience keeps the best of bad epochs.
    let patient = Config {
        patience: Some(100),
        ..wild(30)
    };
    assert!(
        notes(&patient)
            .iter()
            .any(|note| note.starts_with("the loss rose"))
    );

    let ordinary = [
        small(1),
        small(2),
        small(40),
        Config {
            hidden: vec![500, 500, 2000],
            ..small(2)
        },
        Config {
            dropout: 0.5,
            ..small(10)
        },
        Config {
            noise: 1.0,
            ..small(10)
        },
    ];
    for config in ordinary {
        assert_eq!(notes(&config), [""; 0], "{config:?}");
    }
}

#[test]
fn rows_of_another_width_are_refused() {
    let values = surface(20, 4);
    let fit = fit(
        &small(1),
        Samples::from_rows(&values, 4).unwrap(),
        &mut FitContext::new(1),
    )
    .unwrap();
    let wide = Samples::from_rows(&values, 5).unwrap();
    assert_eq!(
        (fit.model.n_features(), fit.model.latent_dim(), fit.model.name()),
        (4, 2, "dense")
    );
    let error = fit.model.encode(wide).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dense: fitted on rows of 4 features, but given rows of 5"
    );
    let error = fit.model.as_decode().unwrap().decode(wide).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dense: fitted on rows of 2 features, but given rows of 5"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_small_shape_trains(
        n_samples in 1..40_usize,
        n_features in 1..9_usize,
        hidden in prop::collection::vec(1..7_usize, 0..3),
        latent_dim in 1..4_usize,
        batch_size in 1..50_usize,
        seed: u64,
    ) {
        let values = surface(n_samples, n_features);
        let x = Samples::from_rows(&values, n_features).unwrap();
        let config = Config { hidden, batch_size, n_epochs: Some(2), ..Config::new(latent_dim) };
        let fit = fit(&config, x, &mut FitContext::new(seed)).unwrap();
        let z = fit.model.encode(x).unwrap();
        prop_assert_eq!(z.dim(), (n_samples, latent_dim));
        let last = fit.model.encode(Samples::from_rows(x.row(n_samples - 1).as_slice().unwrap(), n_features).unwrap()).unwrap();
        prop_assert_eq!(last.row(0), z.row(n_samples - 1));
    }
}
