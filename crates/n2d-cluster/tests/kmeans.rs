//! What k-means promises.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{FittedKMeans, KMeansConfig, KMeansInit, StartError};
use n2d_core::{
    ApplyError, CancelToken, Clusterer, Control, Event, Fit, FitContext, FitError, FittedClusterer,
    PartConfig, Predict, Samples, Termination,
};
use ndarray::Array2;
use proptest::prelude::*;

fn fit(config: &KMeansConfig, y: Samples<'_>, seed: u64) -> Fit<FittedKMeans> {
    config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(seed))
        .unwrap()
}

#[test]
fn finds_heaps() {
    let rows = heaps(1000, 3, 8, 1);
    let y = samples(&rows, 3);
    for (init, n_init) in [(KMeansInit::PlusPlus, 1), (KMeansInit::Random, 50)] {
        let config = KMeansConfig {
            init,
            n_init,
            ..KMeansConfig::new(8)
        };
        let fit = fit(&config, y, 1);
        let labels = fit.model.labels().as_slice();
        assert!((0..1000).all(|row| labels[row] == labels[row % 8]), "{init:?}");
        assert_eq!(fit.report.termination, Termination::Converged);
        assert_eq!(&fit.model.predict(y).unwrap(), fit.model.labels());
    }
}

#[test]
fn threads_change_no_bit() {
    let rows = heaps(6000, 5, 9, 2);
    let y = samples(&rows, 5);
    let config = KMeansConfig {
        n_init: 2,
        ..KMeansConfig::new(11)
    };
    let with = |n| config.build().unwrap().fit(y, &mut threads(5, n)).unwrap();
    let one = with(1);
    for n in [2, 4] {
        let other = with(n);
        assert_eq!(one.model.centers(), other.model.centers(), "{n} threads");
        assert_eq!(one.model.inertia().to_bits(), other.model.inertia().to_bits());
        assert_eq!(one.model.labels(), other.model.labels());
        assert_eq!(one.report.history, other.report.history);
    }
}

#[test]
fn wide_rows_are_no_problem() {
    let rows = heaps(2500, 300, 10, 3);
    let fit = fit(&KMeansConfig::new(10), samples(&rows, 300), 0);
    let labels = fit.model.labels().as_slice();
    assert!((0..2500).all(|row| labels[row] == labels[row % 10]));
}

#[test]
fn a_row_has_its_label_whatever_stands_beside_it() {
    let rows = heaps(1100, 2, 4, 4);
    let model = fit(&KMeansConfig::new(13), samples(&rows, 2), 0).model;
    for row in [0, 15, 16, 777, 1023, 1024, 1099] {
        let alone = model.predict(samples(&rows[row * 2..][..2], 2)).unwrap();
        assert_eq!(alone.as_slice(), [model.labels().as_slice()[row]]);
    }
}

#[test]
fn odd_data_have_a_defined_result() {
    let config = KMeansConfig::new(5);
    let equal = fit(&config, samples(&[2.5; 40], 2), 0);
    assert_eq!(
        (equal.model.inertia(), equal.model.labels().n_clusters()),
        (0.0, 1)
    );
    assert_eq!(equal.report.notes, ["only 1 of 5 clusters have rows"]);
    assert!(equal.model.centers().iter().all(|&x| x == 2.5));

    let three_points: Vec<f32> = (0..60).map(|row| (row % 3) as f32 * 0.1).collect();
    let few = fit(&config, samples(&three_points, 1), 0);
    assert_eq!((few.model.inertia(), few.model.labels().n_clusters()), (0.0, 3));
    assert_eq!(few.report.termination, Termination::Converged);

    let huge = [3e38_f32, -3e38, 2.9e38, -2.9e38];
    let model = fit(&KMeansConfig::new(2), samples(&huge, 1), 0).model;
    assert_eq!(model.labels().sizes(), [(0, 2), (1, 2)]);
    let tiny = [1e-40_f32, 1.1e-40, 9e-40, 9.1e-40];
    let model = fit(&KMeansConfig::new(2), samples(&tiny, 1), 0).model;
    assert_eq!(model.labels().sizes(), [(0, 2), (1, 2)]);
    let far: Vec<f32> = (0..8).map(|row| 1e6 + (row % 2) as f32 * 0.5).collect();
    assert_eq!(
        fit(&KMeansConfig::new(2), samples(&far, 1), 0).model.inertia(),
        0.0
    );
    let as_many = fit(&config, samples(&[1.0, 2.0, 3.0, 4.0, 5.0], 1), 0).model;
    assert_eq!((as_many.inertia(), as_many.labels().n_clusters()), (0.0, 5));
}

#[test]
fn what_cannot_be_fitted_or_predicted_is_refused() {
    let kmeans = KMeansConfig::new(4).build().unwrap();
    let ctx = &mut FitContext::new(0);
    let error = kmeans.fit(samples(&[1.0, 2.0, 3.0], 1), ctx).unwrap_err();
    assert_eq!(
        error.to_string(),
        "kmeans: 4 rows are needed for n_clusters = 4, but there are only 3"
    );
    let rows = heaps(30, 3, 2, 0);
    let start = Array2::zeros((4, 2));
    let FitError::Part { source, .. } = kmeans.fit_from(samples(&rows, 3), start.view(), ctx).unwrap_err()
    else {
        panic!("a start error is a part's error");
    };
    let error = source.downcast_ref::<StartError>().unwrap();
    assert_eq!(
        error.to_string(),
        "the starting centers must be of shape [4, 3], but are of [4, 2]"
    );
    let model = fit(&KMeansConfig::new(2), samples(&rows, 3), 0).model;
    let narrow = model.predict(samples(&rows, 2)).unwrap_err();
    assert!(matches!(
        narrow,
        ApplyError::FeatureMismatch {
            expected: 3,
            given: 2,
            ..
        }
    ));
    let bad = KMeansConfig {
        tol: f64::INFINITY,
        ..KMeansConfig::default()
    };
    let error = bad.build().unwrap_err();
    assert_eq!((error.part.as_str(), error.field.as_str()), ("kmeans", "tol"));
}

#[test]
fn the_configuration_is_plain_data() {
    let config: KMeansConfig = serde_json::from_str(r#"{"n_clusters": 3, "init": "random"}"#).unwrap();
    assert_eq!(
        (config.n_clusters, config.init, config.max_iter),
        (3, KMeansInit::Random, 300)
    );
    assert!(serde_json::from_str::<KMeansConfig>(r#"{"k": 3}"#).is_err());
}

#[test]
fn the_observer_stops_and_the_token_cancels() {
    let rows = heaps(3000, 2, 3, 5);
    let y = samples(&rows, 2);
    let config = KMeansConfig {
        tol: 0.0,
        n_init: 2,
        ..KMeansConfig::new(30)
    };
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.step == 3 => Control::Stop,
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let stopped = config.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(
        (stopped.report.termination, stopped.report.n_iter),
        (Termination::Stopped, 3)
    );
    let token = CancelToken::new();
    token.cancel();
    let mut ctx = FitContext::new(0).with_cancel(token);
    assert!(matches!(
        config.build().unwrap().fit(y, &mut ctx),
        Err(FitError::Cancelled { part }) if part == "kmeans"
    ));
}

#[test]
fn capabilities_agree_with_traits() {
    let rows = heaps(50, 2, 2, 0);
    let y = samples(&rows, 2);
    let model = fit(&KMeansConfig::new(3), y, 0).model;
    let dynamic: &dyn FittedClusterer = &model;
    assert_eq!(
        (dynamic.name(), dynamic.n_features(), dynamic.n_clusters()),
        ("kmeans", 2, 3)
    );
    assert_eq!(&dynamic.as_predict().unwrap().predict(y).unwrap(), model.labels());
    assert!(dynamic.as_predict_proba().is_none());
    assert!(dynamic.as_approximate_predict().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn small_data_of_any_kind(
        (rows, n_features) in (1..4_usize, 1..40_usize).prop_flat_map(|(n_features, n)| {
            (prop::collection::vec(-3..4_i8, n * n_features), Just(n_features))
        }),
        n_clusters in 1..9_usize,
        seed: u64,
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        prop_assume!(y.n_samples() >= n_clusters);
        let fit = fit(&KMeansConfig::new(n_clusters), y, seed);
        let model = fit.model;
        prop_assert!(model.centers().iter().all(|value| value.is_finite()));
        prop_assert!(model.labels().as_slice().iter().all(|&label| (label as usize) < n_clusters && label >= 0));
        prop_assert_eq!(&model.predict(y).unwrap(), model.labels());
        let mut different: Vec<&[f32]> = y.rows().collect();
        different.sort_by(|a, b| a.partial_cmp(b).unwrap());
        different.dedup();
        if different.len() <= n_clusters {
            prop_assert!(model.inertia() < 1e-9, "{}", model.inertia());
        }
    }
}
