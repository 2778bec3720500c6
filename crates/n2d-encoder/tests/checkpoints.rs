//! Checkpoints: what a resumed training gives, and which training may be resumed.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::path::Path;
use std::time::Duration;

use n2d_core::persist::{self, FORMAT_VERSION};
use n2d_core::{
    CancelToken, Checkpoints, Control, Encoder, Event, Every, Fit, FitContext, FitError, FittedEncoder,
    PartConfig, Report, Termination,
};
use n2d_encoder::{
    Conv1dConfig, DenseAutoencoderConfig, Engine, LstmConfig, Optimizer, Schedule, VariationalConfig,
};

use common::{WIDTH, dense, samples, values};

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
    let different = DenseAutoencoderConfig {
        hidden: vec![17],
        noise: 0.1,
        ..dense()
    };
    refused(
        &different,
        1,
        &values,
        "another training: hidden was [16], but is [17]; noise was 0.0, but is 0.1",
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

/// How a training went that writes checkpoints, or goes on from one; or why there is none.
fn trained<C: PartConfig<Part: Encoder>>(config: &C, checkpoints: Checkpoints) -> Result<Report, String> {
    let (values, part) = (values(), config.build().unwrap());
    let mut ctx = FitContext::new(1).with_checkpoints(checkpoints);
    let fit = part.fit(samples(&values), &mut ctx);
    fit.map(|fit| fit.report).map_err(|error| error.to_string())
}

/// What counts as the same training does so for every network.
#[test]
fn a_longer_training_goes_on_and_another_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    let fresh = || Checkpoints::new(&path, Every::Epochs(1));
    macro_rules! check {
        ($name:literal, $config:expr, $other_engine:expr) => {{
            let config = $config;
            let with = |n_epochs, noise, batch_size| {
                let mut config = config.clone();
                (config.n_epochs, config.noise, config.batch_size) = (Some(n_epochs), noise, batch_size);
                config
            };
            let undisturbed = trained(&with(4, 0.0, 32), fresh()).unwrap();
            trained(&with(3, 0.0, 32), fresh()).unwrap();
            let refused = |config: &_| trained(config, fresh().resuming()).unwrap_err();
            let start = concat!($name, ": this is the checkpoint of ");
            assert_eq!(
                refused(&with(3, 0.1, 32)),
                format!("{start}another training: noise was 0.0, but is 0.1")
            );
            assert_eq!(
                refused(&with(3, 0.1, 16)),
                format!("{start}another training: batch_size was 32, but is 16; noise was 0.0, but is 0.1")
            );
            assert_eq!(
                refused(&with(2, 0.0, 32)),
                format!(
                    "{start}a training that has come to epoch 3, but n_epochs is 2: resume with at least 3, or train anew"
                )
            );
            if let Some(engine) = $other_engine {
                assert_eq!(
                    refused(&engine),
                    format!("{start}another training: engine was native, but is burn")
                );
            }
            let longer = trained(&with(4, 0.0, 32), fresh().resuming()).unwrap();
            assert_eq!(longer.history, undisturbed.history);
        }};
    }
    let by_burn = DenseAutoencoderConfig {
        engine: Engine::Burn,
        ..dense()
    };
    check!("dense", dense(), Some(by_burn));
    let convolutions = Conv1dConfig {
        channels: vec![4],
        batch_size: 32,
        ..Conv1dConfig::new(2)
    };
    let by_burn = Conv1dConfig {
        engine: Engine::Burn,
        ..convolutions.clone()
    };
    check!("conv1d", convolutions, Some(by_burn));
    let recurrent = LstmConfig {
        units: 4,
        ..LstmConfig::new(2)
    };
    check!("lstm", recurrent, None::<LstmConfig>);
    let variational = VariationalConfig {
        hidden: vec![8],
        ..VariationalConfig::new(2)
    };
    check!("variational", variational, None::<VariationalConfig>);
}

#[test]
fn what_comes_out_the_same_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    let checkpoints = || Checkpoints::new(&path, Every::Epochs(1));
    let shaped = |row_shape: Option<Vec<usize>>, engine, beta_1| Conv1dConfig {
        channels: vec![4],
        n_epochs: Some(2),
        row_shape,
        engine,
        beta_1,
        ..Conv1dConfig::new(2)
    };
    trained(&shaped(None, Engine::Auto, None), checkpoints()).unwrap();
    let told = shaped(Some(vec![6, 2]), Engine::Native, Some(0.9));
    assert!(trained(&told, checkpoints().resuming()).is_ok());
    let folded = shaped(Some(vec![4, 3]), Engine::Auto, None);
    let error = trained(&folded, checkpoints().resuming()).unwrap_err();
    assert!(error.ends_with("row_shape was [6,2], but is [4,3]"), "{error}");

    trained(&dense(), checkpoints()).unwrap();
    let changed = dense().build().unwrap().with_input_transform(|_, _| ());
    let mut ctx = FitContext::new(1).with_checkpoints(checkpoints().resuming());
    let error = changed.fit(samples(&values()), &mut ctx).unwrap_err().to_string();
    assert!(
        error.ends_with("input_transform was false, but is true"),
        "{error}"
    );
}

#[test]
fn a_checkpoint_from_within_an_epoch_counts_as_one_of_that_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    let checkpoints = || Checkpoints::new(&path, Every::Epochs(1));
    let token = CancelToken::new();
    let inner = token.clone();
    let mut watch = move |event: &Event<'_>| {
        if matches!(event, Event::Progress { progress, .. } if progress.step == 5) {
            inner.cancel();
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(1)
        .with_cancel(token)
        .with_observer(&mut watch)
        .with_checkpoints(checkpoints());
    let cancelled = dense().build().unwrap().fit(samples(&values()), &mut ctx);
    assert!(matches!(cancelled, Err(FitError::Cancelled { .. })));
    let of = |n_epochs| DenseAutoencoderConfig {
        n_epochs: Some(n_epochs),
        ..dense()
    };
    let error = trained(&of(1), checkpoints().resuming()).unwrap_err();
    assert!(
        error.contains("has come to epoch 2, but n_epochs is 1"),
        "{error}"
    );
    let two = trained(&of(2), checkpoints().resuming()).unwrap();
    assert_eq!(two.history, trained(&of(2), checkpoints()).unwrap().history);
}

#[test]
fn a_training_that_ended_early_is_known_by_the_epochs_it_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    let checkpoints = || Checkpoints::new(&path, Every::Epochs(1));
    let of = |n_epochs| DenseAutoencoderConfig {
        n_epochs: Some(n_epochs),
        patience: Some(2),
        learning_rate: 0.05,
        ..dense()
    };
    let whole = trained(&of(400), checkpoints()).unwrap();
    let made = whole.n_iter;
    assert_eq!(whole.termination, Termination::EarlyStopping);
    let error = trained(&of(made - 1), checkpoints().resuming()).unwrap_err();
    let numbers = format!("has come to epoch {made}, but n_epochs is {}", made - 1);
    assert!(error.contains(&numbers), "{error}");
    for n_epochs in [made, made + 5] {
        let again = trained(&of(n_epochs), checkpoints().resuming()).unwrap();
        assert_eq!(again.history, whole.history);
        assert_eq!(again.objective, whole.objective);
    }
}

/// Where rates follow from the number of epochs, going on for longer is another training.
#[test]
fn a_schedule_makes_the_number_of_epochs_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.n2d");
    let checkpoints = || Checkpoints::new(&path, Every::Epochs(1));
    let of = |n_epochs| DenseAutoencoderConfig {
        n_epochs: Some(n_epochs),
        schedule: Schedule::Cosine,
        ..dense()
    };
    trained(&of(3), checkpoints()).unwrap();
    for n_epochs in [2, 4] {
        let error = trained(&of(n_epochs), checkpoints().resuming()).unwrap_err();
        assert!(
            error.ends_with(&format!("n_epochs was 3, but is {n_epochs}")),
            "{error}"
        );
    }
    assert!(trained(&of(3), checkpoints().resuming()).is_ok());
}
