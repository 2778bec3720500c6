//! Data that is small, flat, repeated or huge: a result that is finite, or an error that says why.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::prelude::*;
use n2d::{ApplyError, DataError, FitError};
use n2d_tests::{small_encoder, small_preset};
use ndarray::{Array2, array};

fn fit(x: &Array2<f32>, n_clusters: usize) -> Result<Labels, FitError> {
    let x = Samples::new(x.view()).unwrap();
    let pipeline = N2d::new(
        small_encoder().build().unwrap(),
        small_preset(n_clusters).build().unwrap(),
    );
    let fitted = pipeline.fit(x, &mut FitContext::new(0))?.model;
    assert!(fitted.embedding().iter().all(|v| v.is_finite()));
    assert!(
        fitted
            .predict_proba(x)
            .unwrap()
            .iter()
            .all(|p| (0.0..=1.0).contains(p))
    );
    assert_eq!(fitted.labels().len(), x.n_samples());
    Ok(fitted.labels().clone())
}

#[test]
fn one_row_is_one_cluster() {
    assert_eq!(fit(&array![[0.1, 0.2, 0.3]], 1).unwrap().as_slice(), [0]);
}

#[test]
fn more_clusters_than_rows_is_an_error() {
    let error = fit(&array![[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], 4).unwrap_err();
    let FitError::TooFewSamples {
        part, needed, given, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((part.as_str(), *needed, *given), ("gmm", 4, 3));
}

#[test]
fn flat_and_repeated_data_is_clustered() {
    let rows = 120;
    let constant = Array2::from_elem((rows, 6), 0.5);
    let constant_columns =
        Array2::from_shape_fn(
            (rows, 6),
            |(i, j)| if j < 4 { 1.0 } else { (i * j % 17) as f32 / 17.0 },
        );
    let twins = Array2::from_shape_fn((rows, 6), |(i, j)| ((i / 40) * (j + 1)) as f32 / 10.0);
    let one_column = Array2::from_shape_fn((rows, 1), |(i, _)| (i % 3) as f32);
    for x in [constant, constant_columns, twins, one_column] {
        let labels = fit(&x, 3).unwrap();
        assert!(labels.as_slice().iter().all(|label| (0..3).contains(label)));
    }
}

#[test]
fn values_no_network_can_train_on_are_an_error_or_a_finite_result() {
    for scale in [1e-30_f32, 1e6, 1e30] {
        let x = Array2::from_shape_fn((100, 4), |(i, j)| (i * (j + 2) % 23) as f32 * scale);
        match fit(&x, 2) {
            Ok(labels) => assert_eq!(labels.len(), 100),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn samples_are_checked_at_the_border() {
    let nan = array![[0.0, 1.0], [0.5, f32::NAN]];
    let error = Samples::new(nan.view()).unwrap_err();
    assert!(matches!(
        error,
        DataError::NotFinite {
            row: 1,
            column: 1,
            ..
        }
    ));
}

#[test]
fn rows_of_another_width_are_refused_by_name() {
    let x = Array2::from_shape_fn((60, 5), |(i, j)| (i * (j + 3) % 11) as f32 / 11.0);
    let pipeline = N2d::new(small_encoder().build().unwrap(), small_preset(2).build().unwrap());
    let fitted = pipeline
        .fit(Samples::new(x.view()).unwrap(), &mut FitContext::new(0))
        .unwrap()
        .model;
    let error = fitted
        .predict(Samples::from_rows(&[0.0; 8], 4).unwrap())
        .unwrap_err();
    assert!(matches!(
        error,
        ApplyError::FeatureMismatch {
            expected: 5,
            given: 4,
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "dense: fitted on rows of 5 features, but given rows of 4"
    );
}
