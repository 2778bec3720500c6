//! What training offers to every network: weights from elsewhere, held-out rows, input transforms.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use n2d_core::persist::{self, Save, SaveError, State};
use n2d_core::{
    BoxError, Control, Encoder, Event, FitContext, FitError, FittedEncoder, PartConfig, Samples, Termination,
};
use n2d_encoder::error::NetworkError;
use n2d_encoder::{
    Activation, Autoencoder, Conv1dConfig, DenseAutoencoder, DenseAutoencoderConfig, Engine,
    FittedDenseAutoencoder, Loss, Network, RowShape, TrainingConfig, VariationalConfig, burn, rand,
};

use common::{WIDTH, dense, samples, values};

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
        hidden: vec![16, 2],
        ..fixed
    });
    let missing = "encoder.n2d has no array `encoder.2.weight`, which the network needs";
    assert!(deep.ends_with(missing), "{deep}");
    let error = DenseAutoencoderConfig {
        n_epochs: Some(0),
        ..dense()
    }
    .build()
    .unwrap_err();
    assert_eq!(error.to_string(), "dense.n_epochs must be at least 1, but is 0");
}

fn refused_weights<C: PartConfig<Part: Encoder>>(config: &C) -> String {
    let (values, part) = (values(), config.build().unwrap());
    let fit = part.fit(samples(&values), &mut FitContext::new(9));
    fit.err().unwrap().to_string()
}

#[test]
fn a_file_without_weights_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = refused_weights(&DenseAutoencoderConfig {
            weights: Some(path.to_str().unwrap().into()),
            ..dense()
        });
        let start = format!("dense: {} is ", path.display());
        error.strip_prefix(&start).unwrap_or(&error).to_owned()
    };
    assert_eq!(
        refused("encoder.safetensors", b"no weights"),
        "no weight file: it is another kind of file, or its beginning is damaged"
    );
    let keras = "a weight file of Keras (HDF5), but a safetensors file is needed: scripts/keras_weights.py of n2d's repository makes one of it";
    assert_eq!(refused("autoencoder.weights.h5", b"whatever it holds"), keras);
    assert_eq!(refused("by_its_content", b"\x89HDF\r\n\x1a\n\0\0\0\0"), keras);
    let gone = refused_weights(&DenseAutoencoderConfig {
        weights: Some("/nowhere/at/all.h5".into()),
        ..dense()
    });
    assert!(
        gone.starts_with("dense: the weight file /nowhere/at/all.h5 can't be read: "),
        "{gone}"
    );
}

/// A saved pipeline, as far as its encoder goes.
struct Whole(FittedDenseAutoencoder);

impl Save for Whole {
    fn kind(&self) -> &str {
        "whole"
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        state.put_part("encoder", &self.0)
    }
}

#[test]
fn weights_of_another_activation_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.n2d");
    let weights = Some(path.to_str().unwrap().to_owned());
    let values = values();
    let x = samples(&values);
    let model = dense()
        .build()
        .unwrap()
        .fit(x, &mut FitContext::new(1))
        .unwrap()
        .model;
    let other = DenseAutoencoderConfig {
        weights: weights.clone(),
        activation: Activation::Gelu,
        ..dense()
    };
    let expected = format!(
        "the weight file {} is of a network with activation = relu, but activation is gelu",
        path.display()
    );
    persist::write_file(&path, &model).unwrap();
    assert_eq!(refused_weights(&other), format!("dense: {expected}"));
    persist::write_file(&path, &Whole(model)).unwrap();
    assert_eq!(refused_weights(&other), format!("dense: {expected}"));
    let same = DenseAutoencoderConfig {
        activation: Activation::Relu,
        ..other
    };
    assert!(same.build().unwrap().fit(x, &mut FitContext::new(9)).is_ok());

    let convolutions = Conv1dConfig {
        channels: vec![4],
        n_epochs: Some(1),
        ..Conv1dConfig::new(2)
    };
    let model = convolutions
        .build()
        .unwrap()
        .fit(x, &mut FitContext::new(1))
        .unwrap()
        .model;
    persist::write_file(&path, &model).unwrap();
    let other = Conv1dConfig {
        weights,
        activation: Activation::Gelu,
        ..convolutions
    };
    assert_eq!(refused_weights(&other), format!("conv1d: {expected}"));
}

/// Steps so long that no unit is reached any more leave the reconstruction at a constant: no number stops being finite.
#[test]
fn a_training_that_learnt_nothing_is_noted() {
    let values = values();
    let fit = DenseAutoencoderConfig {
        learning_rate: 3.0,
        n_epochs: Some(400),
        ..dense()
    };
    let fit = fit
        .build()
        .unwrap()
        .fit(samples(&values), &mut FitContext::new(3))
        .unwrap();
    let notes = fit.report.notes.join("\n");
    assert!(
        notes.contains("all rows have the same latents, with learning_rate = 3: lower learning_rate"),
        "{notes}"
    );
    let well = dense()
        .build()
        .unwrap()
        .fit(samples(&values), &mut FitContext::new(3))
        .unwrap();
    assert_eq!(well.report.notes, Vec::<String>::new());
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
    assert_eq!(fit.report.validation_history, held_out);
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
fn the_dense_network_takes_an_input_transform_too() {
    let values = values();
    let losses = |part: &DenseAutoencoder| {
        let fit = part.fit(samples(&values), &mut FitContext::new(3)).unwrap();
        fit.report.history
    };
    for engine in [Engine::Native, Engine::Burn] {
        let config = DenseAutoencoderConfig {
            engine,
            learning_rate: 0.01,
            n_epochs: Some(40),
            ..dense()
        };
        let plain = config.build().unwrap();
        let blinded = plain.clone().with_input_transform(|batch, _| batch.fill(0.0));
        let unchanged = plain.clone().with_input_transform(|_, _| ());
        assert_eq!(losses(&unchanged), losses(&plain));
        // What is to be reconstructed stays as it was, but nothing is to be seen of it.
        assert!(losses(&blinded)[39] > 2.0 * losses(&plain)[39]);
        assert_eq!(losses(&blinded), losses(&blinded.clone()));
        assert_eq!(blinded, blinded.clone());
        assert_ne!(blinded, unchanged);
    }
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

/// Where [`Fragile`] panics, told by its configuration: when it is made, or when it encodes so many rows.
#[derive(Module, Debug)]
struct Fragile {
    down: Linear,
    up: Linear,
    rows: usize,
}

impl Network for Fragile {
    type Config = Option<usize>;
    const NAME: &'static str = "fragile";

    fn new(at: &Option<usize>, rows: &RowShape, device: &Device) -> Result<Self, BoxError> {
        Ok(Self {
            down: LinearConfig::new(rows.n_features(), 2).init(device),
            up: LinearConfig::new(2, rows.n_features()).init(device),
            rows: at.expect("a number of rows"),
        })
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        let [n_rows, _] = x.dims();
        assert_ne!(n_rows, self.rows, "so many rows");
        self.down.forward(x)
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        self.up.forward(z)
    }
}

#[test]
fn a_network_that_panics_is_an_error() {
    let values = values();
    let fit = |at| {
        let training = TrainingConfig {
            batch_size: 7,
            n_epochs: Some(1),
            ..TrainingConfig::default()
        };
        let fragile = Autoencoder::<Fragile>::new(at, training).unwrap();
        fragile.fit(samples(&values), &mut FitContext::new(3))
    };
    let refused = |at| {
        let FitError::Part { source, .. } = fit(at).unwrap_err() else {
            panic!("another error");
        };
        source.downcast::<NetworkError>().unwrap()
    };
    assert!(matches!(*refused(None), NetworkError::Make { said, .. } if said.contains("a number of rows")));
    assert!(matches!(*refused(Some(1)), NetworkError::Rows { .. }));
    assert!(matches!(*refused(Some(7)), NetworkError::Step { said } if said.contains("so many rows")));
    let error = fit(Some(64)).unwrap().model.encode(samples(&values)).unwrap_err();
    assert!(
        error.to_string().contains("the network can't be applied"),
        "{error}"
    );
}

#[test]
fn a_network_that_does_not_fit_into_memory_is_an_error() {
    let values = values();
    let huge = VariationalConfig {
        hidden: vec![1 << 20, 1 << 20],
        ..VariationalConfig::new(2)
    };
    let error = huge
        .build()
        .map(|part| part.fit(samples(&values), &mut FitContext::new(3)).unwrap_err());
    let error = error.unwrap().to_string();
    assert!(error.contains("does not fit into memory"), "{error}");
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
