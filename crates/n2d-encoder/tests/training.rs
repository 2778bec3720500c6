//! What training offers to every network: checkpoints, weights from elsewhere, held-out rows, input transforms.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::Path;
use std::time::Duration;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use n2d_core::persist::{self, FORMAT_VERSION};
use n2d_core::{
    BoxError, CancelToken, Checkpoints, Control, Encoder, Event, Every, Fit, FitContext, FitError,
    FittedEncoder, PartConfig, Samples, Termination,
};
use n2d_encoder::{
    Autoencoder, Conv1dConfig, DenseAutoencoderConfig, Engine, Loss, LstmConfig, Network, Optimizer,
    RowShape, Schedule, TrainingConfig, VariationalConfig, burn, rand,
};

const ROWS: usize = 90;
const WIDTH: usize = 12;

fn values() -> Vec<f32> {
    let cell = |i: usize| 0.5 + 0.4 * ((i / WIDTH) as f32 * 0.37 + (i % WIDTH) as f32 * 0.9).sin();
    (0..ROWS * WIDTH).map(cell).collect()
}

fn samples(values: &[f32]) -> Samples<'_> {
    Samples::from_rows(values, WIDTH)
        .unwrap()
        .with_row_shape(&[6, 2])
        .unwrap()
}

fn dense() -> DenseAutoencoderConfig {
    DenseAutoencoderConfig {
        hidden: vec![16],
        batch_size: 32,
        n_epochs: Some(8),
        ..DenseAutoencoderConfig::new(2)
    }
}

/// Every network and engine, with options whose state a checkpoint must hold.
fn trained_by_each(mut run: impl FnMut(&dyn Fn(&mut FitContext<'_>) -> Result<Vec<u8>, FitError>)) {
    let values = values();
    let x = samples(&values);
    macro_rules! each {
        ($config:expr) => {{
            let part = $config.build().unwrap();
            run(&|ctx: &mut FitContext<'_>| Ok(persist::to_bytes(&part.fit(x, ctx)?.model).unwrap()));
        }};
    }
    let patient = DenseAutoencoderConfig {
        patience: Some(3),
        validation: 0.2,
        noise: 0.1,
        schedule: Schedule::OneCycle,
        ..dense()
    };
    each!(patient);
    each!(DenseAutoencoderConfig {
        engine: Engine::Burn,
        optimizer: Optimizer::AdamW,
        crop: 0.3,
        ..dense()
    });
    each!(DenseAutoencoderConfig {
        optimizer: Optimizer::Muon,
        schedule: Schedule::Cosine,
        ..dense()
    });
    each!(Conv1dConfig {
        channels: vec![4],
        n_epochs: Some(8),
        batch_size: 32,
        masking: 0.2,
        ..Conv1dConfig::new(2)
    });
    each!(LstmConfig {
        units: 4,
        n_epochs: Some(8),
        batch_size: 32,
        optimizer: Optimizer::Lion,
        ..LstmConfig::new(2)
    });
    each!(VariationalConfig {
        hidden: vec![8],
        n_epochs: Some(8),
        batch_size: 32,
        ..VariationalConfig::new(2)
    });
}

#[test]
fn a_training_that_was_interrupted_anywhere_ends_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    // In the middle of an epoch, at the end of one, and before the first batch of the last.
    for (at, every) in [
        (2, Every::Epochs(3)),
        (6, Every::Time(Duration::ZERO)),
        (21, Every::Epochs(1)),
    ] {
        trained_by_each(|fit| {
            let undisturbed = fit(&mut FitContext::new(7)).unwrap();
            let token = CancelToken::new();
            let inner = token.clone();
            let mut watch = move |event: &Event<'_>| {
                if matches!(event, Event::Progress { progress, .. } if progress.step == at) {
                    inner.cancel();
                }
                Control::Continue
            };
            let mut ctx = FitContext::new(7)
                .with_cancel(token)
                .with_observer(&mut watch)
                .with_checkpoints(Checkpoints::new(&path, every));
            assert!(matches!(fit(&mut ctx), Err(FitError::Cancelled { .. })));
            let resumed = Checkpoints::new(&path, every).resuming();
            let resumed = fit(&mut FitContext::new(7).with_checkpoints(resumed)).unwrap();
            assert!(resumed == undisturbed, "interrupted after {at} batches");
            // What is finished is not trained again.
            let again = Checkpoints::new(&path, every).resuming();
            assert!(fit(&mut FitContext::new(7).with_checkpoints(again)).unwrap() == undisturbed);
        });
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing half-written is left"
    );
}

fn resumed(
    config: &DenseAutoencoderConfig,
    path: &Path,
    seed: u64,
    values: &[f32],
) -> Result<Fit<impl FittedEncoder + use<>>, FitError> {
    let checkpoints = Checkpoints::new(path, Every::Epochs(1)).resuming();
    let mut ctx = FitContext::new(seed).with_checkpoints(checkpoints);
    config.build().unwrap().fit(samples(values), &mut ctx)
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    let values = values();
    let missing = resumed(&dense(), &path, 1, &values).err().unwrap().to_string();
    assert!(missing.contains("training.n2d can't be read"), "{missing}");
    let mut ctx = FitContext::new(1).with_checkpoints(Checkpoints::new(&path, Every::Epochs(1)));
    dense().build().unwrap().fit(samples(&values), &mut ctx).unwrap();

    let refused = |config: &DenseAutoencoderConfig, seed, values: &[f32], what: &str| {
        let error = resumed(config, &path, seed, values).err().unwrap().to_string();
        assert!(
            error.contains("this is the checkpoint of another training"),
            "{error}"
        );
        assert!(error.contains(what), "{error}");
    };
    refused(&dense(), 2, &values, "the seed was 1, but is 2");
    refused(
        &dense(),
        1,
        &values[..WIDTH * 80],
        "the data was 90 x 12, but is 80 x 12",
    );
    let mut other = values.clone();
    other[5] += 0.25;
    refused(&dense(), 1, &other, "the data's digest was");
    refused(
        &DenseAutoencoderConfig {
            hidden: vec![17],
            ..dense()
        },
        1,
        &values,
        "the options",
    );
    refused(
        &DenseAutoencoderConfig {
            noise: 0.1,
            ..dense()
        },
        1,
        &values,
        "the options",
    );
    // At a constant rate it may go on for longer.
    let longer = DenseAutoencoderConfig {
        n_epochs: Some(11),
        ..dense()
    };
    let fit = resumed(&longer, &path, 1, &values).unwrap();
    assert_eq!(fit.report.history.len(), 11);
    let at_once = longer
        .build()
        .unwrap()
        .fit(samples(&values), &mut FitContext::new(1))
        .unwrap();
    assert_eq!(fit.report.history, at_once.report.history);

    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let damaged = resumed(&longer, &path, 1, &values).err().unwrap().to_string();
    assert!(damaged.contains("damaged"), "{damaged}");
    std::fs::write(&path, &bytes[..40]).unwrap();
    assert!(resumed(&longer, &path, 1, &values).is_err());
    assert_eq!(FORMAT_VERSION, 1);
}

#[test]
fn a_folder_that_can_not_be_written_to_is_told_before_the_training() {
    let values = values();
    let nowhere = Checkpoints::new("/nowhere/at/all", Every::Epochs(1));
    let error = dense().build().unwrap().fit(
        samples(&values),
        &mut FitContext::new(1).with_checkpoints(nowhere),
    );
    assert!(matches!(error, Err(FitError::Part { .. })));
}

#[test]
fn weights_come_from_files_of_ours_and_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.n2d");
    let values = values();
    let x = samples(&values);
    let trained = dense()
        .build()
        .unwrap()
        .fit(x, &mut FitContext::new(1))
        .unwrap()
        .model;
    persist::write_file(&path, &trained).unwrap();
    let fixed = DenseAutoencoderConfig {
        weights: Some(path.to_str().unwrap().into()),
        n_epochs: Some(0),
        ..dense()
    };
    for engine in [Engine::Native, Engine::Burn] {
        let fit = DenseAutoencoderConfig {
            engine,
            ..fixed.clone()
        }
        .build()
        .unwrap()
        .fit(x, &mut FitContext::new(9))
        .unwrap();
        assert_eq!(fit.model, trained);
        assert_eq!((fit.report.n_iter, fit.report.objective), (0, None));
    }
    let further = DenseAutoencoderConfig {
        n_epochs: Some(1),
        ..fixed.clone()
    };
    let first = |config: &DenseAutoencoderConfig| {
        config
            .build()
            .unwrap()
            .fit(x, &mut FitContext::new(9))
            .unwrap()
            .report
            .history[0]
    };
    assert!(
        first(&further)
            < first(&DenseAutoencoderConfig {
                weights: None,
                ..further.clone()
            })
    );

    let refused = |config: DenseAutoencoderConfig| {
        config
            .build()
            .unwrap()
            .fit(x, &mut FitContext::new(9))
            .unwrap_err()
            .to_string()
    };
    let wide = refused(DenseAutoencoderConfig {
        hidden: vec![17],
        ..fixed.clone()
    });
    assert!(
        wide.ends_with("the array `encoder.0.weight` has the shape [12, 16], but must be [12, 17]"),
        "{wide}"
    );
    let deep = refused(DenseAutoencoderConfig {
        hidden: vec![16, 16],
        ..fixed.clone()
    });
    assert!(deep.contains("encoder.1.weight"), "{deep}");
    std::fs::write(&path, b"no weights").unwrap();
    assert!(
        refused(fixed.clone()).contains("encoder.n2d"),
        "{}",
        refused(fixed)
    );
    let error = DenseAutoencoderConfig {
        n_epochs: Some(0),
        ..dense()
    }
    .build()
    .unwrap_err();
    assert_eq!(error.to_string(), "dense.n_epochs must be at least 1, but is 0");
}

#[test]
fn rows_held_out_decide_when_to_stop() {
    let values = values();
    let config = DenseAutoencoderConfig {
        validation: 0.3,
        patience: Some(4),
        n_epochs: Some(400),
        learning_rate: 0.02,
        ..dense()
    };
    let mut held_out = Vec::new();
    let mut watch = |event: &Event<'_>| {
        if let Event::Progress { progress, .. } = event {
            held_out.extend(
                progress
                    .metric
                    .filter(|metric| metric.0 == "validation loss")
                    .map(|metric| metric.1),
            );
        }
        Control::Continue
    };
    let fit = config
        .build()
        .unwrap()
        .fit(
            samples(&values),
            &mut FitContext::new(3).with_observer(&mut watch),
        )
        .unwrap();
    let best = held_out.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(fit.report.termination, Termination::EarlyStopping);
    assert_eq!(fit.report.objective, Some(("validation loss", best)));
    assert_eq!(fit.report.history.len(), held_out.len());
    let one = &values[..WIDTH];
    let refused = config
        .build()
        .unwrap()
        .fit(Samples::from_rows(one, WIDTH).unwrap(), &mut FitContext::new(3));
    assert!(matches!(refused, Err(FitError::TooFewSamples { needed: 2, .. })));
}

#[test]
fn cross_entropy_wants_values_between_zero_and_one_and_gives_such() {
    let mut values = values();
    let config = DenseAutoencoderConfig {
        loss: Loss::Bce,
        n_epochs: Some(60),
        learning_rate: 0.01,
        ..dense()
    };
    for engine in [Engine::Native, Engine::Burn] {
        let fit = DenseAutoencoderConfig {
            engine,
            ..config.clone()
        }
        .build()
        .unwrap()
        .fit(samples(&values), &mut FitContext::new(3))
        .unwrap();
        let z = fit.model.encode(samples(&values)).unwrap();
        let back = fit
            .model
            .as_decode()
            .unwrap()
            .decode(Samples::new(z.view()).unwrap())
            .unwrap();
        assert!(back.iter().all(|v| (0.0..=1.0).contains(v)));
        let error: f32 = back
            .iter()
            .zip(&values)
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f32>()
            / values.len() as f32;
        assert!(error < 0.03, "{error}");
    }
    values[WIDTH + 3] = 1.5;
    let error = config
        .build()
        .unwrap()
        .fit(samples(&values), &mut FitContext::new(3))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "dense: loss = bce needs values between 0 and 1, but row 1, column 3 is 1.5"
    );
}

/// A network of one's own, with a parameter that is never used.
#[derive(Module, Debug)]
struct Own {
    down: Linear,
    up: Linear,
    idle: Linear,
}

impl Network for Own {
    type Config = usize;
    const NAME: &'static str = "own";

    fn new(latent_dim: &usize, rows: &RowShape, device: &Device) -> Result<Self, BoxError> {
        if *latent_dim > 100 {
            return Err("too wide".into());
        }
        Ok(Self {
            down: LinearConfig::new(rows.n_features(), *latent_dim).init(device),
            up: LinearConfig::new(*latent_dim, rows.n_features()).init(device),
            idle: LinearConfig::new(2, 2).init(device),
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        activation::tanh(self.down.forward(x))
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.up.forward(z)
    }
}

#[test]
fn a_network_of_ones_own_trains_and_is_saved() {
    use rand::RngExt;
    let values = values();
    let training = TrainingConfig {
        n_epochs: Some(30),
        batch_size: 16,
        learning_rate: 0.01,
        ..TrainingConfig::default()
    };
    let plain = || Autoencoder::<Own>::new(3, training.clone()).unwrap();
    let fit = |part: &Autoencoder<Own>| part.fit(samples(&values), &mut FitContext::new(3)).unwrap();
    let first = fit(&plain());
    assert!(
        first.report.history[29] < 0.3 * first.report.history[0],
        "{:?}",
        first.report.history
    );
    let noisy = || {
        plain()
            .with_input_transform(|batch, rng| batch.iter_mut().for_each(|v| *v += 0.3 * rng.random::<f32>()))
    };
    let second = fit(&noisy());
    assert_ne!(first.report.history, second.report.history);
    assert_eq!(second.report.history, fit(&noisy()).report.history);
    let bytes = persist::to_bytes(&first.model).unwrap();
    let loaded: n2d_encoder::FittedAutoencoder<Own> = persist::from_bytes(&bytes).unwrap();
    assert_eq!(
        loaded.encode(samples(&values)).unwrap(),
        first.model.encode(samples(&values)).unwrap()
    );
    assert_eq!(
        (loaded.latent_dim(), loaded.n_features(), loaded.config()),
        (3, WIDTH, &3)
    );
    let error = Autoencoder::<Own>::new(101, training)
        .unwrap()
        .fit(samples(&values), &mut FitContext::new(3))
        .unwrap_err();
    assert_eq!(error.to_string(), "own: too wide");
}

#[test]
fn rows_of_another_shape_are_refused() {
    let values = values();
    let x = samples(&values);
    let image = n2d_encoder::Conv2dConfig {
        n_epochs: Some(1),
        ..Default::default()
    };
    let error = image
        .build()
        .unwrap()
        .fit(
            Samples::from_rows(&values, WIDTH).unwrap(),
            &mut FitContext::new(1),
        )
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "conv2d: rows must be images, [height, width] or [height, width, channels], but have the shape [12]; the option row_shape says it otherwise"
    );
    let odd = Conv1dConfig {
        row_shape: Some(vec![5, 2]),
        ..Conv1dConfig::default()
    };
    let error = odd.build().unwrap().fit(x, &mut FitContext::new(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "conv1d: row_shape must have as many values as a row, 12, but is [5, 2]"
    );
}

/// Its decoder wants one latent more than its encoder makes.
#[derive(Module, Debug)]
struct Misfit {
    down: Linear,
    up: Linear,
}

impl Network for Misfit {
    type Config = usize;
    const NAME: &'static str = "misfit";

    fn new(latent_dim: &usize, rows: &RowShape, device: &Device) -> Result<Self, BoxError> {
        Ok(Self {
            down: LinearConfig::new(rows.n_features(), *latent_dim).init(device),
            up: LinearConfig::new(*latent_dim + 1, rows.n_features()).init(device),
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.down.forward(x)
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.up.forward(z)
    }
}

#[test]
fn a_network_whose_shapes_do_not_fit_is_an_error() {
    let values = values();
    let misfit = Autoencoder::<Misfit>::new(3, TrainingConfig::default()).unwrap();
    let error = misfit
        .fit(samples(&values), &mut FitContext::new(3))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("misfit: the network can't take rows of 12 features: "),
        "{error}"
    );
}

#[test]
fn a_clean_target_leaves_what_is_reconstructed_as_it_was() {
    let values = values();
    let fit = |clean_target, crop| {
        let config = DenseAutoencoderConfig {
            crop,
            clean_target,
            ..dense()
        };
        let part = config.build().map_err(|error| error.to_string())?;
        let fit = part.fit(samples(&values), &mut FitContext::new(3)).unwrap();
        Ok::<_, String>(fit.report.history)
    };
    // Rows cut and stretched are harder to put right than to keep.
    let (alike, clean) = (fit(false, 0.5).unwrap(), fit(true, 0.5).unwrap());
    assert!(clean[7] > alike[7], "{clean:?} {alike:?}");
    assert_eq!(
        fit(true, 0.0).unwrap_err(),
        "dense.clean_target must be false without shift, rotation, flip, zoom, slant, scaling and crop, but is true"
    );
}
