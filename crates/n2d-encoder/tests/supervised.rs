//! Encoders that are told the classes of some rows.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::{
    Encoder, Fit, FitContext, FitError, FittedEncoder, Labels, Parallelism, PartConfig, Samples,
    SupervisedEncoder,
};
use n2d_encoder::{Conv2dConfig, DenseAutoencoderConfig, LstmConfig};

const SIDE: usize = 6;
const ROWS: usize = 240;

/// Images of a bright column on the left or on the right, one or two pixels from the edge, of any brightness; and their classes.
fn images() -> (Vec<f32>, Vec<i32>) {
    let mut values = vec![0.0; ROWS * SIDE * SIDE];
    let classes: Vec<i32> = (0..ROWS).map(|row| (row % 2) as i32).collect();
    for (row, image) in values.chunks_exact_mut(SIDE * SIDE).enumerate() {
        let from_edge = row / 2 % 2;
        let column = if row % 2 == 0 {
            from_edge
        } else {
            SIDE - 1 - from_edge
        };
        for line in image.chunks_exact_mut(SIDE) {
            line[column] = 0.3 + 0.1 * (row % 7) as f32;
        }
    }
    (values, classes)
}

fn samples(values: &[f32]) -> Samples<'_> {
    let rows = Samples::from_rows(values, SIDE * SIDE).unwrap();
    rows.with_row_shape(&[SIDE, SIDE]).unwrap()
}

fn dense() -> DenseAutoencoderConfig {
    DenseAutoencoderConfig {
        hidden: vec![20],
        n_epochs: Some(60),
        ..DenseAutoencoderConfig::new(2)
    }
}

fn convolutional() -> Conv2dConfig {
    Conv2dConfig {
        channels: vec![6, 8],
        stride: 1,
        pool: 2,
        hidden_dropout: 0.2,
        n_epochs: Some(200),
        ..Conv2dConfig::new(2)
    }
}

fn taught<C: PartConfig<Part: SupervisedEncoder>>(
    config: &C,
    labels: &[i32],
    weight: f64,
) -> Result<Fit<<C::Part as Encoder>::Fitted>, FitError> {
    let (values, _) = images();
    let labels = Labels::new(labels.to_vec()).unwrap();
    let Ok(encoder) = config.build() else {
        unreachable!("valid")
    };
    encoder.fit_supervised(samples(&values), &labels, weight, &mut FitContext::new(1))
}

/// The share of rows whose latents are nearer to the mean of their own class than to the other's.
fn told_apart<C: PartConfig<Part: SupervisedEncoder>>(config: &C, weight: f64) -> f64 {
    let (values, classes) = images();
    // A class is known of every third row.
    let known = |(row, &class): (usize, &i32)| if row % 3 == 0 { class } else { -1 };
    let labels: Vec<i32> = classes.iter().enumerate().map(known).collect();
    let fitted = taught(config, &labels, weight).unwrap().model;
    let latents = fitted.encode(samples(&values)).unwrap();
    let mean = |class: i32| {
        let rows: Vec<_> = (0..ROWS).filter(|&row| labels[row] == class).collect();
        rows.iter().fold(ndarray::Array1::<f32>::zeros(2), |sum, &row| {
            sum + latents.row(row)
        }) / rows.len() as f32
    };
    let means = [mean(0), mean(1)];
    let away = |row: usize, class: usize| (&latents.row(row) - &means[class]).mapv(|d: f32| d * d).sum();
    let right = (0..ROWS).filter(|&row| {
        let own = classes[row] as usize;
        away(row, own) < away(row, 1 - own)
    });
    right.count() as f64 / ROWS as f64
}

#[test]
fn latents_keep_classes_apart_also_of_rows_whose_class_was_not_told() {
    for (weight, least) in [(0.3, 0.95), (1.0, 0.99)] {
        let (dense, convolutional) = (told_apart(&dense(), weight), told_apart(&convolutional(), weight));
        assert!(dense > least, "dense, weight {weight}: {dense}");
        assert!(convolutional > least, "conv2d, weight {weight}: {convolutional}");
    }
}

#[test]
fn the_loss_of_labels_alone_is_their_cross_entropy() {
    let (_, classes) = images();
    let one = DenseAutoencoderConfig {
        learning_rate: 1e-12,
        n_epochs: Some(1),
        ..dense()
    };
    let loss = |weight| {
        taught(&one, &classes, weight)
            .unwrap()
            .report
            .objective
            .unwrap()
            .1
    };
    // Of two classes that are not yet told apart about ln 2; what is minimised lies between the two.
    assert!((0.4..1.5).contains(&loss(1.0)), "{}", loss(1.0));
    let between = 0.75 * loss(0.0) + 0.25 * loss(1.0);
    assert!((loss(0.25) - between).abs() < 1e-6, "{} or {between}", loss(0.25));
}

#[test]
fn threads_change_no_bit() {
    let (values, classes) = images();
    let labels = Labels::new(classes).unwrap();
    let on = |threads: usize| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let mut ctx = FitContext::new(1).with_parallelism(threads);
        let config = Conv2dConfig {
            n_epochs: Some(4),
            shift: 1,
            rotation: 10.0,
            zoom: 0.1,
            slant: 0.1,
            ..convolutional()
        };
        let fit = config
            .build()
            .unwrap()
            .fit_supervised(samples(&values), &labels, 1.0, &mut ctx);
        fit.unwrap().model.encode(samples(&values)).unwrap()
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn labels_that_can_not_be_learnt_are_refused() {
    let (_, classes) = images();
    let refused = |labels: &[i32], weight| taught(&dense(), labels, weight).unwrap_err().to_string();
    assert!(refused(&classes[1..], 1.0).contains("a label for each of 240 rows, but there are 239"));
    assert!(refused(&[-1; ROWS], 1.0).contains("at least one label must be known"));
    for weight in [-0.1, 1.1, f64::NAN] {
        assert!(refused(&classes, weight).contains("between 0 and 1"), "{weight}");
    }
    let recurrent = LstmConfig::new(2);
    let error = taught(&recurrent, &classes, 1.0).unwrap_err().to_string();
    assert!(error.contains("needs our own engine"), "{error}");
    // One row with a label can't be trained on and held out as well.
    let mut one = vec![-1; ROWS];
    one[7] = 0;
    let held_out = DenseAutoencoderConfig {
        validation: 0.2,
        ..dense()
    };
    let error = taught(&held_out, &one, 1.0).unwrap_err().to_string();
    assert!(error.contains("validation = 0.2"), "{error}");
    assert!(taught(&dense(), &one, 1.0).is_ok());
}
