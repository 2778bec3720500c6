//! What the parts by linfa promise.
#![cfg(feature = "linfa")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use linfa::traits::{Fit as _, Transformer};
use linfa_clustering::{Dbscan, GaussianMixtureModel, GmmError, KMeans};
use n2d_cluster::{
    GaussianMixtureConfig, KMeansConfig, LabelsError, LinfaClusterer, LinfaDataset, LinfaDbscanConfig,
    LinfaGmmConfig, LinfaGmmError, LinfaGmmInit, LinfaKMeansConfig, LinfaKMeansInit, LinfaLabeller,
    LinfaOpticsConfig, LinfaRng,
};
use n2d_core::{
    ApplyError, CancelToken, Clusterer, Control, Event, Fit, FitContext, FitError, FittedClusterer,
    PartConfig, Predict, PredictProba, Samples, Termination,
};
use n2d_neighbors::Metric;
use rand::Rng;
use rand_xoshiro06::rand_core::SeedableRng;

fn fit<C: PartConfig<Part: Clusterer>>(
    config: &C,
    y: Samples<'_>,
    seed: u64,
) -> Fit<<C::Part as Clusterer>::Fitted> {
    try_fit(config, y, seed).unwrap()
}

fn try_fit<C: PartConfig<Part: Clusterer>>(
    config: &C,
    y: Samples<'_>,
    seed: u64,
) -> Result<Fit<<C::Part as Clusterer>::Fitted>, FitError> {
    config.build().unwrap().fit(y, &mut FitContext::new(seed))
}

fn dbscan(eps: f64) -> LinfaDbscanConfig {
    LinfaDbscanConfig {
        eps,
        ..LinfaDbscanConfig::default()
    }
}

fn optics(eps: f64) -> LinfaOpticsConfig {
    LinfaOpticsConfig {
        eps,
        ..LinfaOpticsConfig::default()
    }
}

/// The part's own error.
fn source<E: std::error::Error + 'static>(error: FitError) -> E {
    let FitError::Part { source, .. } = error else {
        panic!("{error} is no part's error");
    };
    *source.downcast::<E>().expect("an error of that type")
}

#[test]
fn each_part_finds_heaps() {
    let rows = heaps(800, 3, 8, 1);
    let y = samples(&rows, 3);
    let random = LinfaKMeansConfig {
        init: LinfaKMeansInit::Random,
        n_init: 50,
        ..LinfaKMeansConfig::new(8)
    };
    let kmeans = fit(&LinfaKMeansConfig::new(8), y, 1);
    let gmm = fit(&LinfaGmmConfig::new(8), y, 1);
    let found: [(&str, &dyn FittedClusterer); 5] = [
        ("linfa_kmeans", &kmeans.model),
        ("linfa_kmeans", &fit(&random, y, 1).model),
        ("linfa_gmm", &gmm.model),
        ("linfa_dbscan", &fit(&dbscan(1.5), y, 1).model),
        ("linfa_optics", &fit(&optics(1.5), y, 1).model),
    ];
    for (name, model) in found {
        let labels = model.labels().as_slice();
        assert!((0..800).all(|row| labels[row] == labels[row % 8]), "{name}");
        assert_eq!(
            (model.name(), model.n_features(), model.n_clusters()),
            (name, 3, 8)
        );
        assert_eq!(model.labels().n_clusters(), 8, "{name}");
        assert_eq!(
            model.as_predict().is_some(),
            name == "linfa_kmeans" || name == "linfa_gmm"
        );
        assert_eq!(model.as_predict_proba().is_some(), name == "linfa_gmm");
        if let Some(predict) = model.as_predict() {
            assert_eq!(&predict.predict(y).unwrap(), model.labels());
        }
    }
    assert_eq!(kmeans.report.termination, Termination::Converged);
    assert_eq!(kmeans.report.history.len(), kmeans.report.n_iter);
    assert_eq!(gmm.report.termination, Termination::Converged);
}

#[test]
fn round_by_round_is_linfas_own_fit() {
    let rows = heaps(700, 4, 9, 3);
    let y = samples(&rows, 4);
    let config = LinfaKMeansConfig {
        n_init: 1,
        ..LinfaKMeansConfig::new(12)
    };
    let ours = fit(&config, y, 5);
    let seed = FitContext::new(5).rng("linfa_kmeans", 0).next_u64();
    let values = rows.iter().map(|&x| f64::from(x)).collect();
    let data = LinfaDataset::from(ndarray16::Array2::from_shape_vec((700, 4), values).unwrap());
    let theirs = KMeans::params_with_rng(12, LinfaRng::seed_from_u64(seed))
        .n_runs(1)
        .fit(&data)
        .unwrap();
    assert!(ours.report.n_iter > 2);
    assert!(ours.model.centers().iter().eq(theirs.centroids()));
}

#[test]
fn kmeans_comes_as_far_as_ours() {
    let rows = heaps(900, 3, 14, 4);
    let y = samples(&rows, 3);
    let best = KMeansConfig {
        n_init: 30,
        ..KMeansConfig::new(7)
    };
    let least = fit(&best, y, 0).model.inertia();
    let found = LinfaKMeansConfig {
        n_init: 30,
        ..LinfaKMeansConfig::new(7)
    };
    let found = fit(&found, y, 0);
    let inertia = found.model.inertia();
    assert!(
        inertia >= least * (1.0 - 1e-9) && inertia <= least * 1.01,
        "{inertia} for {least}"
    );
    let labels = found.model.labels().as_slice();
    let squares = y.rows().zip(labels).map(|(row, &label)| {
        let center = found.model.centers();
        let pairs = row.iter().zip(center.row(label as usize));
        pairs.map(|(&x, c)| (f64::from(x) - c).powi(2)).sum::<f64>()
    });
    assert!((squares.sum::<f64>() - inertia).abs() < 1e-9 * inertia);
}

#[test]
fn mixture_is_as_likely_as_ours() {
    let rows = heaps(1200, 3, 5, 8);
    let y = samples(&rows, 3);
    let tight = GaussianMixtureConfig {
        tol: 1e-9,
        ..GaussianMixtureConfig::new(5)
    };
    let ours = fit(&tight, y, 0);
    let theirs = LinfaGmmConfig {
        tol: 1e-9,
        n_init: 3,
        ..LinfaGmmConfig::new(5)
    };
    let theirs = fit(&theirs, y, 0);
    let reached = |report: &n2d_core::Report| report.objective.unwrap().1;
    let (a, b) = (reached(&ours.report), reached(&theirs.report));
    assert!((a - b).abs() < 1e-6, "{a} and {b}");
    let densities = theirs.model.score_samples(y).unwrap();
    let same = ours.model.score_samples(y).unwrap();
    assert!(
        densities
            .iter()
            .zip(&same)
            .all(|(a, b)| (a - b).abs() < 1e-3 * (1.0 + b.abs()))
    );
    assert!((theirs.model.weights().sum() - 1.0).abs() < 1e-9);
    assert_eq!(theirs.model.covariances().dim(), (5, 3, 3));
}

#[test]
fn rows_far_from_all_components_have_probabilities() {
    let rows = heaps(200, 2, 2, 5);
    let model = fit(&LinfaGmmConfig::new(2), samples(&rows, 2), 0).model;
    let (from, to) = (model.means().row(0).to_vec(), model.means().row(1).to_vec());
    // Beyond either component, as seen from the other: there linfa's own densities are zero.
    let beyond = |a: &[f64], b: &[f64]| [0, 1].map(|i| (b[i] + 1e3 * (b[i] - a[i])) as f32);
    let far = [beyond(&to, &from), beyond(&from, &to)].concat();
    let proba = model.predict_proba(samples(&far, 2)).unwrap();
    assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-6));
    assert!(proba.iter().all(|p| (0.0..=1.0).contains(p)));
    let labels = model.predict(samples(&far, 2)).unwrap();
    assert_eq!(labels.as_slice().len(), 2);
    assert!(
        model
            .score_samples(samples(&far, 2))
            .unwrap()
            .iter()
            .all(|log| log.is_finite())
    );
}

#[test]
fn a_mixture_that_does_not_converge_says_so() {
    let rows = heaps(400, 2, 9, 6);
    let y = samples(&rows, 2);
    let hasty = LinfaGmmConfig {
        max_iter: 1,
        n_init: 2,
        ..LinfaGmmConfig::new(4)
    };
    let error = source::<LinfaGmmError>(try_fit(&hasty, y, 0).unwrap_err());
    assert!(matches!(error, LinfaGmmError::NotConverged { max_iter: 1, .. }));
    assert!(error.to_string().contains("take `gmm`"));
    let fixed = LinfaGmmConfig {
        init: LinfaGmmInit::Random,
        max_iter: 2000,
        tol: 1e-4,
        ..LinfaGmmConfig::new(3)
    };
    assert_eq!(fit(&fixed, y, 0).report.termination, Termination::Converged);
}

#[test]
fn threads_change_no_bit() {
    let rows = heaps(3000, 4, 6, 2);
    let y = samples(&rows, 4);
    let few = samples(&rows[..2000], 4);
    let one = &mut threads(3, 1);
    let kmeans = LinfaKMeansConfig::new(7).build().unwrap();
    let gmm = LinfaGmmConfig::new(5).build().unwrap();
    let first = (
        kmeans.fit(y, one).unwrap(),
        gmm.fit(y, one).unwrap(),
        fit(&dbscan(0.8), few, 0).model,
        fit(&optics(0.8), few, 0).model,
    );
    for n in [2, 4] {
        let ctx = &mut threads(3, n);
        let other = kmeans.fit(y, ctx).unwrap();
        assert_eq!(other.model.centers(), first.0.model.centers());
        assert_eq!(other.model.labels(), first.0.model.labels());
        assert_eq!(other.report.history, first.0.report.history);
        let other = gmm.fit(y, ctx).unwrap();
        assert_eq!(other.model.means(), first.1.model.means());
        assert_eq!(other.model.covariances(), first.1.model.covariances());
        assert_eq!(other.report.objective, first.1.report.objective);
        let other = dbscan(0.8).build().unwrap().fit(few, ctx).unwrap().model;
        assert_eq!(other.labels(), first.2.labels());
        let other = optics(0.8).build().unwrap().fit(few, ctx).unwrap().model;
        assert_eq!(other.ordering(), first.3.ordering());
    }
    let other_seed = kmeans.fit(y, &mut threads(4, 1)).unwrap();
    assert_ne!(other_seed.report.history, first.0.report.history);
}

#[test]
fn odd_data_have_a_defined_result() {
    let equal = [2.5; 800];
    let y = samples(&equal, 2);
    let kmeans = fit(&LinfaKMeansConfig::new(5), y, 0);
    assert_eq!(
        (kmeans.model.inertia(), kmeans.model.labels().n_clusters()),
        (0.0, 1)
    );
    assert!(
        kmeans
            .report
            .notes
            .contains(&"only 1 of 5 clusters have rows".to_owned())
    );
    assert_eq!(
        fit(&LinfaGmmConfig::new(1), y, 0).model.labels().sizes(),
        [(0, 400)]
    );
    let empty = source::<LinfaGmmError>(try_fit(&LinfaGmmConfig::new(2), y, 0).unwrap_err());
    assert!(matches!(empty, LinfaGmmError::Linfa { .. }), "{empty}");
    assert_eq!(fit(&dbscan(1.0), y, 0).model.labels().sizes(), [(0, 400)]);
    assert_eq!(fit(&optics(1.0), y, 0).model.labels().sizes(), [(0, 400)]);

    let one = samples(&[1.0, 2.0], 2);
    assert_eq!(fit(&LinfaKMeansConfig::new(1), one, 0).model.inertia(), 0.0);
    assert_eq!(fit(&LinfaGmmConfig::new(1), one, 0).model.labels().len(), 1);
    assert_eq!(fit(&dbscan(1.0), one, 0).model.labels().n_noise(), 1);
    assert_eq!(fit(&optics(1.0), one, 0).model.labels().n_noise(), 1);

    for unit in [1.0, 1e30, 1e-30, 3e-44] {
        let rows: Vec<f32> = (0..20)
            .flat_map(|row| [7.0, (row % 10 + 60 * (row / 10)) as f32 * unit])
            .collect();
        let y = samples(&rows, 2);
        let eps = f64::from(1.5 * unit);
        for labels in [
            fit(&dbscan(eps), y, 0).model.labels().clone(),
            fit(&optics(eps), y, 0).model.labels().clone(),
        ] {
            assert_eq!(labels.sizes(), [(0, 10), (1, 10)], "{unit}");
        }
        // Linfa's tolerance is in units of the data, and the constant column is far from them.
        let config = LinfaKMeansConfig {
            tol: 1e-6 * f64::from(unit),
            ..LinfaKMeansConfig::new(2)
        };
        let labels = fit(&config, y, 0).model.labels().clone();
        let sizes: Vec<usize> = labels.sizes().iter().map(|size| size.1).collect();
        assert_eq!(sizes, [10, 10], "{unit}");
        let config = LinfaGmmConfig {
            reg_covar: (1e-3 * f64::from(unit)).powi(2),
            ..LinfaGmmConfig::new(2)
        };
        match try_fit(&config, y, 0) {
            Ok(fit) => assert_eq!(fit.model.labels().len(), 20),
            Err(error) => drop(source::<LinfaGmmError>(error)),
        }
    }
}

#[test]
fn what_cannot_be_fitted_or_predicted_is_refused() {
    let rows = heaps(30, 3, 2, 0);
    let few = samples(&rows[..9], 3);
    for error in [
        try_fit(&LinfaKMeansConfig::new(4), few, 0).unwrap_err(),
        try_fit(&LinfaGmmConfig::new(4), few, 0).unwrap_err(),
    ] {
        assert!(matches!(
            error,
            FitError::TooFewSamples {
                needed: 4,
                given: 3,
                ..
            }
        ));
    }
    let model = fit(&LinfaKMeansConfig::new(2), samples(&rows, 3), 0).model;
    let narrow = model.predict(samples(&rows, 2)).unwrap_err();
    assert!(matches!(
        narrow,
        ApplyError::FeatureMismatch {
            expected: 3,
            given: 2,
            ..
        }
    ));
    let model = fit(&LinfaGmmConfig::new(2), samples(&rows, 3), 0).model;
    assert!(model.predict_proba(samples(&rows, 2)).is_err());

    let zero = LinfaKMeansConfig {
        tol: 0.0,
        ..LinfaKMeansConfig::default()
    };
    assert_eq!(zero.build().unwrap_err().field, "tol");
    let single = LinfaDbscanConfig {
        min_samples: 1,
        ..LinfaDbscanConfig::default()
    };
    assert_eq!(single.build().unwrap_err().field, "min_samples");
    let near = LinfaOpticsConfig {
        max_eps: Some(0.1),
        ..LinfaOpticsConfig::default()
    };
    assert_eq!(
        near.build().unwrap_err().to_string(),
        "linfa_optics.max_eps must be at least eps = 0.5, but is 0.1"
    );
    let canberra = LinfaDbscanConfig {
        metric: Metric::Canberra,
        ..LinfaDbscanConfig::default()
    };
    assert_eq!(canberra.build().unwrap_err().field, "metric");
}

#[test]
fn the_configurations_are_plain_data() {
    let config: LinfaOpticsConfig = serde_json::from_str(r#"{"eps": 2.0, "metric": "manhattan"}"#).unwrap();
    assert_eq!(
        (config.eps, config.max_eps, config.metric),
        (2.0, None, Metric::Manhattan)
    );
    let config: LinfaKMeansConfig = serde_json::from_str(r#"{"init": "random"}"#).unwrap();
    assert_eq!((config.init, config.n_init), (LinfaKMeansInit::Random, 10));
    let written = serde_json::to_string(&LinfaGmmConfig::default()).unwrap();
    assert_eq!(
        serde_json::from_str::<LinfaGmmConfig>(&written).unwrap(),
        LinfaGmmConfig::default()
    );
    assert!(serde_json::from_str::<LinfaDbscanConfig>(r#"{"tolerance": 1}"#).is_err());
    assert!(serde_json::from_str::<LinfaGmmConfig>(r#"{"n_runs": 1}"#).is_err());
}

#[test]
fn the_observer_stops_and_the_token_cancels() {
    let rows = heaps(900, 2, 3, 5);
    let y = samples(&rows, 2);
    let kmeans = LinfaKMeansConfig {
        tol: 1e-300,
        ..LinfaKMeansConfig::new(30)
    };
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.step == 3 => Control::Stop,
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let stopped = kmeans.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(
        (stopped.report.termination, stopped.report.n_iter),
        (Termination::Stopped, 3)
    );
    let many = LinfaGmmConfig {
        n_init: 5,
        ..LinfaGmmConfig::new(3)
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let stopped = many.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(stopped.report.termination, Termination::Stopped);
    let token = CancelToken::new();
    let cancel = token.clone();
    let mut in_the_middle = move |event: &Event<'_>| {
        if let Event::Progress { .. } = event {
            cancel.cancel();
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(0)
        .with_cancel(token)
        .with_observer(&mut in_the_middle);
    let cancelled = kmeans.build().unwrap().fit(y, &mut ctx);
    assert!(matches!(cancelled, Err(FitError::Cancelled { part }) if part == "linfa_kmeans"));
}

#[test]
fn own_clusterers_are_parts_too() {
    let rows = heaps(300, 2, 3, 7);
    let y = samples(&rows, 2);
    let gmm = LinfaClusterer::new("own", 3, |y: &LinfaDataset, rng: LinfaRng| {
        GaussianMixtureModel::params_with_rng(3, rng).fit(y)
    });
    let fitted = gmm.fit(y, &mut FitContext::new(1)).unwrap().model;
    assert_eq!((fitted.name(), fitted.labels().n_clusters()), ("own", 3));
    assert_eq!(fitted.model().means().nrows(), 3);
    assert_eq!(&fitted.as_predict().unwrap().predict(y).unwrap(), fitted.labels());
    assert!(fitted.predict(samples(&rows, 3)).is_err());
    let again = gmm.fit(y, &mut threads(1, 2)).unwrap().model;
    assert_eq!(again.model(), fitted.model());

    let ctx = &mut FitContext::new(0);
    let too_many = LinfaClusterer::new("own", 2, |y: &LinfaDataset, rng: LinfaRng| {
        KMeans::params_with_rng(3, rng).fit(y)
    });
    let error = source::<LabelsError>(too_many.fit(y, ctx).unwrap_err());
    assert!(matches!(
        error,
        LabelsError::Beyond {
            label: 2,
            n_clusters: 2,
            ..
        }
    ));
    let hasty = LinfaClusterer::new("own", 3, |y: &LinfaDataset, rng: LinfaRng| {
        GaussianMixtureModel::params_with_rng(3, rng)
            .max_n_iterations(1)
            .fit(y)
    });
    let error = source::<GmmError>(hasty.fit(y, ctx).unwrap_err());
    assert!(matches!(error, GmmError::NotConverged(_)));

    let labeller = LinfaLabeller::new("own", |y: &LinfaDataset, _: LinfaRng| {
        Dbscan::params(4).tolerance(1.0).transform(y.records())
    });
    assert_eq!(labeller.fit(y, ctx).unwrap().model.labels().n_clusters(), 3);
    let short = LinfaLabeller::new("own", |_: &LinfaDataset, _: LinfaRng| {
        Ok::<_, LinfaGmmError>(ndarray16::array![Some(0)])
    });
    let error = source::<LabelsError>(short.fit(y, ctx).unwrap_err());
    assert!(matches!(
        error,
        LabelsError::Count {
            expected: 300,
            given: 1
        }
    ));
}
