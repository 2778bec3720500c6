//! What a Gaussian mixture promises.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{
    Collapsed, Covariances, FittedGaussianMixture, GaussianMixtureConfig, MixtureInit, MixtureParameters,
    StartError,
};
use n2d_core::{
    ApplyError, CancelToken, Clusterer, Control, Event, Fit, FitContext, FitError, FittedClusterer, Labels,
    PartConfig, Predict, PredictProba, Samples, Termination,
};
use proptest::prelude::*;

fn fit(config: &GaussianMixtureConfig, y: Samples<'_>, seed: u64) -> Fit<FittedGaussianMixture> {
    config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(seed))
        .unwrap()
}

/// The first beginning is that of k-means, so a single one is the same, and the best of several is no less likely than it.
#[test]
fn beginnings_are_by_k_means_and_by_k_means_plus_plus_in_turn() {
    let rows = heaps(300, 2, 3, 4);
    let y = samples(&rows, 2);
    let with = |init, n_init, seed| {
        let config = GaussianMixtureConfig {
            init,
            n_init,
            ..GaussianMixtureConfig::new(8)
        };
        fit(&config, y, seed).model
    };
    let mut differ = 0;
    for seed in 0..5 {
        let by_k_means = with(MixtureInit::KMeans, 1, seed);
        assert_eq!(with(MixtureInit::Auto, 1, seed).means(), by_k_means.means());
        let best = with(MixtureInit::Auto, 10, seed);
        // Both may be of the same optimum, but for what is below the tolerance.
        assert!(best.score(y).unwrap() > by_k_means.score(y).unwrap() - 1e-3);
        differ += u32::from(best.means() != with(MixtureInit::KMeans, 10, seed).means());
    }
    assert!(differ > 0, "no beginning is of the other kind");
}

#[test]
fn finds_heaps_from_every_beginning() {
    let rows = heaps(600, 3, 5, 1);
    let y = samples(&rows, 3);
    let n_inits = [
        (MixtureInit::Auto, 1),
        (MixtureInit::KMeans, 1),
        (MixtureInit::PlusPlus, 3),
        (MixtureInit::RandomFromData, 40),
        (MixtureInit::Random, 40),
    ];
    for (init, n_init) in n_inits {
        let config = GaussianMixtureConfig {
            init,
            n_init,
            ..GaussianMixtureConfig::new(5)
        };
        let fit = fit(&config, y, 3);
        let labels = fit.model.labels().as_slice();
        assert_eq!(fit.model.labels().sizes().len(), 5, "{init:?}");
        assert!((0..600).all(|row| labels[row] == labels[row % 5]), "{init:?}");
        assert_eq!(fit.report.termination, Termination::Converged);
        assert!((fit.model.weights().sum() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn threads_change_no_bit() {
    let rows = heaps(5000, 4, 6, 2);
    let y = samples(&rows, 4);
    let config = GaussianMixtureConfig {
        n_init: 2,
        ..GaussianMixtureConfig::new(7)
    };
    let with = |n| config.build().unwrap().fit(y, &mut threads(9, n)).unwrap();
    let one = with(1);
    for n in [2, 4] {
        let other = with(n);
        assert_eq!(one.model.parameters(), other.model.parameters(), "{n} threads");
        assert_eq!(one.model.labels(), other.model.labels());
        assert_eq!(one.report.history, other.report.history);
    }
}

#[test]
fn more_beginnings_are_never_worse_and_seeds_matter() {
    let rows = heaps(400, 2, 8, 4);
    let y = samples(&rows, 2);
    let config = GaussianMixtureConfig {
        init: MixtureInit::RandomFromData,
        n_init: 1,
        ..GaussianMixtureConfig::new(8)
    };
    let many = GaussianMixtureConfig { n_init: 8, ..config };
    let reached = |config: &_, seed| fit(config, y, seed).report.objective.unwrap().1;
    let singles: Vec<f64> = (0..4).map(|seed| reached(&config, seed)).collect();
    assert!((0..4).all(|seed| reached(&many, seed) >= singles[seed as usize]));
    assert!(singles.iter().any(|&value| value != singles[0]), "{singles:?}");
}

#[test]
fn training_rows_are_predicted_as_they_are_labelled_whatever_stands_beside_them() {
    let rows = heaps(1100, 3, 4, 5);
    let model = fit(&GaussianMixtureConfig::new(6), samples(&rows, 3), 1).model;
    assert_eq!(&model.predict(samples(&rows, 3)).unwrap(), model.labels());
    let proba = model.predict_proba(samples(&rows, 3)).unwrap();
    let scores = model.score_samples(samples(&rows, 3)).unwrap();
    for row in [0, 1, 15, 16, 500, 1023, 1024, 1099] {
        let alone = samples(&rows[row * 3..][..3], 3);
        assert_eq!(
            model.predict(alone).unwrap().as_slice(),
            [model.labels().as_slice()[row]]
        );
        assert_eq!(model.predict_proba(alone).unwrap().row(0), proba.row(row));
        assert_eq!(model.score_samples(alone).unwrap(), [scores[row]]);
    }
}

#[test]
fn a_far_origin_costs_no_digits() {
    // Multiples of 1/8 around 2^20 are exact in single precision, so the shifted data are the same data.
    let near: Vec<f32> = heaps(300, 2, 3, 6)
        .iter()
        .map(|x| (x * 8.0).round() / 8.0)
        .collect();
    let far: Vec<f32> = near.iter().map(|x| x + 1_048_576.0).collect();
    let config = GaussianMixtureConfig::new(3);
    let (a, b) = (
        fit(&config, samples(&near, 2), 0),
        fit(&config, samples(&far, 2), 0),
    );
    assert_eq!(a.model.labels(), b.model.labels());
    let pairs = a.model.covariances().iter().zip(b.model.covariances());
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-8));
    assert!((a.report.objective.unwrap().1 - b.report.objective.unwrap().1).abs() < 1e-8);
}

#[test]
fn odd_data_have_a_defined_result() {
    let config = GaussianMixtureConfig::new(3);
    let constant_column: Vec<f32> = (0..60).flat_map(|row| [(row % 3) as f32 * 9.0, 1e6]).collect();
    let model = fit(&config, samples(&constant_column, 2), 0).model;
    assert_eq!(model.labels().sizes().len(), 3);

    let all_equal = vec![4.5_f32; 40];
    let equal = fit(&config, samples(&all_equal, 2), 0);
    assert_eq!(equal.model.labels().n_clusters(), 1);
    assert_eq!(equal.report.notes, ["only 1 of 3 clusters have rows"]);
    assert!(equal.model.means().iter().all(|mean| mean.is_finite()));

    let two_points: Vec<f32> = (0..40).map(|row| (row % 2) as f32).collect();
    assert_eq!(
        fit(&config, samples(&two_points, 1), 0)
            .model
            .labels()
            .n_clusters(),
        2
    );

    let one_row = GaussianMixtureConfig::new(1);
    assert_eq!(
        fit(&one_row, samples(&[1.0, 2.0], 2), 0)
            .model
            .labels()
            .as_slice(),
        [0]
    );
    for scale in [1e30, 1e-30] {
        let rows: Vec<f32> = heaps(90, 1, 3, 7).iter().map(|x| x * scale).collect();
        let model = fit(&config, samples(&rows, 1), 0).model;
        assert!(model.covariances().iter().all(|entry| entry.is_finite()));
    }
}

fn full(parameters: &mut MixtureParameters) -> &mut ndarray::Array3<f64> {
    match &mut parameters.covariances {
        Covariances::Full(covariances) => covariances,
        other => panic!("{other:?}"),
    }
}

fn source<E: std::error::Error + Clone + 'static>(error: FitError) -> E {
    let FitError::Part { part, source } = error else {
        panic!("another error: {error}")
    };
    assert_eq!(part, "gmm");
    source.downcast_ref::<E>().unwrap().clone()
}

#[test]
fn a_component_that_collapses_is_named() {
    let config = GaussianMixtureConfig {
        reg_covar: 0.0,
        n_init: 2,
        ..GaussianMixtureConfig::new(2)
    };
    let rows = [1.0, 1.0, 1.0, 5.0, 6.0, 7.0];
    let error = config
        .build()
        .unwrap()
        .fit(samples(&rows, 1), &mut FitContext::new(0))
        .unwrap_err();
    let text = error.to_string();
    let collapsed: Collapsed = source(error);
    assert_eq!((collapsed.n_clusters, collapsed.reg_covar), (2, 0.0));
    assert!(
        text.starts_with("gmm: component ") && text.contains("raise reg_covar (0)"),
        "{text}"
    );
}

#[test]
fn beginnings_that_collapse_are_left_out() {
    // Without regularisation a component that begins with the farthest row alone has no spread.
    let mut rows: Vec<f32> = (0..10).map(|row| row as f32 / 10.0).collect();
    rows.extend([90.0, 300.0]);
    let config = GaussianMixtureConfig {
        reg_covar: 0.0,
        init: MixtureInit::RandomFromData,
        n_init: 20,
        ..GaussianMixtureConfig::new(2)
    };
    let fit = fit(&config, samples(&rows, 1), 0);
    assert!(fit.report.notes[0].ends_with("of 20 beginnings collapsed and were left out"));
    assert!(fit.report.objective.unwrap().1.is_finite());
}

#[test]
fn too_few_rows_and_other_widths_are_refused() {
    let gmm = GaussianMixtureConfig::new(4).build().unwrap();
    let error = gmm
        .fit(samples(&[1.0, 2.0, 3.0], 1), &mut FitContext::new(0))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "gmm: 4 rows are needed for n_clusters = 4, but there are only 3"
    );
    let rows = heaps(30, 3, 2, 0);
    let model = fit(&GaussianMixtureConfig::new(2), samples(&rows, 3), 0).model;
    let narrow = samples(&rows, 2);
    let expected = "gmm: fitted on rows of 3 features, but given rows of 2";
    for error in [
        model.predict(narrow).map(drop).unwrap_err(),
        model.predict_proba(narrow).map(drop).unwrap_err(),
        model.score_samples(narrow).map(drop).unwrap_err(),
        model.bic(narrow).map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, ApplyError::FeatureMismatch { .. }));
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn starting_parameters_are_checked() {
    let rows = heaps(60, 2, 2, 0);
    let y = samples(&rows, 2);
    let gmm = GaussianMixtureConfig::new(2).build().unwrap();
    let good = fit(&GaussianMixtureConfig::new(2), y, 0)
        .model
        .parameters()
        .clone();
    let refused = |change: &dyn Fn(&mut MixtureParameters)| -> StartError {
        let mut start = good.clone();
        change(&mut start);
        source(gmm.fit_from(y, &start, &mut FitContext::new(0)).unwrap_err())
    };
    assert!(matches!(
        refused(&|start| start.means = ndarray::Array2::zeros((2, 3))),
        StartError::Shape { what: "means", .. }
    ));
    assert!(matches!(
        refused(&|start| start.means[[0, 1]] = f64::NAN),
        StartError::NotFinite { .. }
    ));
    assert!(matches!(
        refused(&|start| start.covariances = Covariances::Spherical(ndarray::array![1.0, 1.0])),
        StartError::CovarianceType {
            expected: "full",
            given: "spherical",
            ..
        }
    ));
    assert!(matches!(
        refused(&|start| start.weights[0] = 2.0),
        StartError::Weights { .. }
    ));
    let indefinite = StartError::Covariance { component: 1 };
    assert_eq!(refused(&|start| full(start)[[1, 0, 0]] = -1.0), indefinite);
    assert_eq!(refused(&|start| full(start)[[1, 0, 1]] += 1.0), indefinite);
    let again = gmm.fit_from(y, &good, &mut FitContext::new(0)).unwrap();
    assert_eq!(again.report.n_iter, 2, "a fitted mixture has converged");
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let with = |change: &dyn Fn(&mut GaussianMixtureConfig)| {
        let mut config = GaussianMixtureConfig::default();
        change(&mut config);
        config.build().unwrap_err().to_string()
    };
    assert_eq!(
        with(&|c| c.n_clusters = 0),
        "gmm.n_clusters must be at least 1, but is 0"
    );
    assert_eq!(with(&|c| c.n_init = 0), "gmm.n_init must be at least 1, but is 0");
    assert_eq!(
        with(&|c| c.max_iter = 0),
        "gmm.max_iter must be at least 1, but is 0"
    );
    assert_eq!(
        with(&|c| c.tol = -1.0),
        "gmm.tol must be a finite number, 0 or above, but is -1"
    );
    assert!(with(&|c| c.reg_covar = f64::NAN).starts_with("gmm.reg_covar"));
}

#[test]
fn the_configuration_is_plain_data() {
    let config: GaussianMixtureConfig =
        serde_json::from_str(r#"{"n_clusters": 4, "init": "k-means++"}"#).unwrap();
    assert_eq!(
        config,
        GaussianMixtureConfig {
            init: MixtureInit::PlusPlus,
            ..GaussianMixtureConfig::new(4)
        }
    );
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<GaussianMixtureConfig>(&text).unwrap(),
        config
    );
    let unknown = serde_json::from_str::<GaussianMixtureConfig>(r#"{"n_components": 3}"#);
    assert!(unknown.unwrap_err().to_string().contains("n_components"));
}

#[test]
fn the_observer_sees_and_stops_and_the_token_cancels() {
    let rows = heaps(500, 2, 6, 8);
    let y = samples(&rows, 2);
    let config = GaussianMixtureConfig {
        n_init: 3,
        tol: 0.0,
        max_iter: 4,
        ..GaussianMixtureConfig::new(9)
    };
    let mut steps = Vec::new();
    let mut watch = |event: &Event<'_>| {
        if let Event::Progress { progress, .. } = event {
            assert_eq!(progress.metric.unwrap().0, "log-likelihood");
            steps.push((progress.step, progress.total));
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(0).with_observer(&mut watch);
    let fit = config.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(
        (fit.report.termination, fit.report.n_iter),
        (Termination::MaxIter, 4)
    );
    assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0), "{steps:?}");
    assert_eq!(steps.last(), Some(&(12, 12)));

    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.step == 2 => Control::Stop,
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let stopped = config.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(
        (stopped.report.termination, stopped.report.n_iter),
        (Termination::Stopped, 2)
    );

    let token = CancelToken::new();
    let from_observer = token.clone();
    let mut cancel = move |event: &Event<'_>| {
        if matches!(event, Event::Progress { .. }) {
            from_observer.cancel();
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(0).with_cancel(token).with_observer(&mut cancel);
    let error = config.build().unwrap().fit(y, &mut ctx).unwrap_err();
    assert!(matches!(error, FitError::Cancelled { part } if part == "gmm"));
}

#[test]
fn capabilities_agree_with_traits() {
    let rows = heaps(50, 2, 2, 0);
    let y = samples(&rows, 2);
    let model = fit(&GaussianMixtureConfig::new(2), y, 0).model;
    let dynamic: &dyn FittedClusterer = &model;
    assert_eq!(
        (dynamic.name(), dynamic.n_features(), dynamic.n_clusters()),
        ("gmm", 2, 2)
    );
    assert_eq!(
        dynamic.as_predict().unwrap().predict(y).unwrap(),
        model.predict(y).unwrap()
    );
    let proba = dynamic.as_predict_proba().unwrap().predict_proba(y).unwrap();
    assert_eq!(proba, model.predict_proba(y).unwrap());
    assert!(dynamic.as_approximate_predict().is_none());
    assert_eq!(&Labels::from_proba(proba.view()), model.labels());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn small_data_of_any_kind(
        (rows, n_features) in (1..4_usize, 1..40_usize).prop_flat_map(|(n_features, n)| {
            // Few different values: duplicates and constant columns are the rule.
            (prop::collection::vec(-3..4_i8, n * n_features), Just(n_features))
        }),
        n_clusters in 1..6_usize,
        seed: u64,
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        prop_assume!(y.n_samples() >= n_clusters);
        let fit = fit(&GaussianMixtureConfig::new(n_clusters), y, seed);
        let model = fit.model;
        prop_assert!(fit.report.history.iter().all(|value| value.is_finite()));
        prop_assert!(model.means().iter().chain(model.covariances()).all(|value| value.is_finite()));
        prop_assert!(model.labels().as_slice().iter().all(|&label| (label as usize) < n_clusters && label >= 0));
        prop_assert_eq!(&model.predict(y).unwrap(), model.labels());
        let proba = model.predict_proba(y).unwrap();
        prop_assert!(proba.iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
    }
}
