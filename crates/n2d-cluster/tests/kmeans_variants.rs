//! Elkan's rounds, weights, distances, and k-means by batches.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{assert_close, heaps, samples, threads};
use n2d_cluster::{
    KMeansAlgorithm, KMeansConfig, KMeansInit, MiniBatchKMeansConfig, StartError, WeightError,
};
use n2d_core::{
    CancelToken, Clusterer, Control, Event, FitContext, FitError, FittedClusterer, PartConfig, Predict,
    Termination,
};
use proptest::prelude::*;

#[test]
fn elkan_makes_lloyds_rounds() {
    for (n, d, k) in [(2000, 40, 7), (3000, 3, 20), (500, 100, 1)] {
        let rows = heaps(n, d, 5, 1);
        let with = |algorithm| {
            let config = KMeansConfig {
                algorithm,
                tol: 0.0,
                n_init: 2,
                ..KMeansConfig::new(k)
            };
            config
                .build()
                .unwrap()
                .fit(samples(&rows, d), &mut FitContext::new(3))
                .unwrap()
        };
        let (lloyd, elkan) = (with(KMeansAlgorithm::Lloyd), with(KMeansAlgorithm::Elkan));
        assert_eq!(lloyd.model.labels(), elkan.model.labels());
        assert_eq!(lloyd.report.n_iter, elkan.report.n_iter);
        let centers: Vec<f64> = lloyd.model.centers().iter().copied().collect();
        assert_close("centres", elkan.model.centers(), &centers, 1e-12);
        assert_close("history", &elkan.report.history, &lloyd.report.history, 1e-9);
    }
}

#[test]
fn threads_change_nothing() {
    let rows = heaps(5000, 40, 6, 2);
    let y = samples(&rows, 40);
    let weights: Vec<f32> = (0..5000).map(|row| (row % 3) as f32).collect();
    let elkan = KMeansConfig {
        algorithm: KMeansAlgorithm::Elkan,
        ..KMeansConfig::new(9)
    };
    let elkan = elkan.build().unwrap();
    let batches = MiniBatchKMeansConfig::new(9).build().unwrap();
    let with = |n| {
        let a = elkan.fit_weighted(y, &weights, &mut threads(1, n)).unwrap();
        let b = batches.fit(y, &mut threads(1, n)).unwrap();
        let c = batches.fit_weighted(y, &weights, &mut threads(1, n)).unwrap();
        let model = |fit: n2d_core::Fit<n2d_cluster::FittedKMeans>| {
            (
                fit.model.centers().to_owned(),
                fit.model.labels().clone(),
                fit.report.history,
            )
        };
        [model(a), model(b), model(c)]
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_weight_is_so_many_rows() {
    let rows = heaps(60, 2, 3, 4);
    let weights: Vec<f32> = (0..60).map(|row| (row % 4) as f32).collect();
    let repeated: Vec<f32> = rows
        .chunks(2)
        .zip(&weights)
        .flat_map(|(row, &weight)| row.repeat(weight as usize))
        .collect();
    for init in [KMeansInit::PlusPlus, KMeansInit::Random] {
        let config = KMeansConfig {
            init,
            n_init: 20,
            tol: 0.0,
            ..KMeansConfig::new(3)
        };
        let kmeans = config.build().unwrap();
        let ctx = &mut FitContext::new(0);
        let weighted = kmeans.fit_weighted(samples(&rows, 2), &weights, ctx).unwrap();
        let often = kmeans.fit(samples(&repeated, 2), ctx).unwrap();
        assert_close(
            "inertia",
            &[weighted.model.inertia()],
            &[often.model.inertia()],
            1e-9,
        );
        assert_eq!(weighted.report.termination, Termination::Converged);
        let again = often.model.predict(samples(&rows, 2)).unwrap();
        assert_eq!(again.n_clusters(), 3);
    }
}

#[test]
fn weights_of_one_change_nothing() {
    let rows = heaps(400, 3, 4, 9);
    let y = samples(&rows, 3);
    let kmeans = KMeansConfig::new(4).build().unwrap();
    let weighted = kmeans
        .fit_weighted(y, &[1.0; 400], &mut FitContext::new(0))
        .unwrap();
    assert_eq!(
        weighted
            .model
            .labels()
            .sizes()
            .iter()
            .map(|&(_, n)| n)
            .sum::<usize>(),
        400
    );
    assert_eq!(weighted.model.score(y).unwrap(), -weighted.model.inertia());
}

#[test]
fn bad_weights_are_refused() {
    let rows = heaps(10, 2, 2, 0);
    let y = samples(&rows, 2);
    let weight_error = |error| match error {
        FitError::Part { source, .. } => source.downcast_ref::<WeightError>().unwrap().clone(),
        other => panic!("a weight error is a part's error, not {other}"),
    };
    let mut one = [0.0; 10];
    one[4] = 1.0;
    let kmeans = KMeansConfig::new(2).build().unwrap();
    let error = kmeans.fit_weighted(y, &one, &mut FitContext::new(0)).unwrap_err();
    assert_eq!(weight_error(error), WeightError::TooFew { needed: 2, given: 1 });
    let batches = MiniBatchKMeansConfig::new(2).build().unwrap();
    let error = batches
        .fit_weighted(y, &[1.0; 3], &mut FitContext::new(0))
        .unwrap_err();
    assert_eq!(
        weight_error(error),
        WeightError::Length {
            n_samples: 10,
            given: 3
        }
    );
    // A start error stays one.
    let start = ndarray::Array2::zeros((3, 2));
    let error = kmeans
        .fit_from(y, start.view(), &mut FitContext::new(0))
        .unwrap_err();
    let FitError::Part { source, .. } = error else {
        panic!("a start error is a part's error")
    };
    assert!(source.downcast_ref::<StartError>().is_some());
}

#[test]
fn batches_come_near_to_k_means() {
    let rows = heaps(20_000, 6, 8, 3);
    let y = samples(&rows, 6);
    let all = KMeansConfig {
        n_init: 5,
        ..KMeansConfig::new(8)
    };
    let all = all.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap();
    let batches = MiniBatchKMeansConfig {
        n_init: 5,
        ..MiniBatchKMeansConfig::new(8)
    };
    let fit = batches.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap();
    assert!(
        fit.model.inertia() < 1.02 * all.model.inertia(),
        "{}",
        fit.model.inertia()
    );
    assert_eq!(fit.report.termination, Termination::EarlyStopping);
    assert_eq!(fit.model.name(), "minibatch_kmeans");
    assert_eq!(&fit.model.predict(y).unwrap(), fit.model.labels());
    let settled = MiniBatchKMeansConfig { tol: 1e-2, ..batches };
    let fit = settled.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap();
    assert_eq!(fit.report.termination, Termination::Converged);
    let long = MiniBatchKMeansConfig {
        max_no_improvement: None,
        max_iter: 2,
        ..batches
    };
    let fit = long.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap();
    assert_eq!(
        (fit.report.termination, fit.report.n_iter),
        (Termination::MaxIter, 39)
    );
}

#[test]
fn batches_of_odd_data_have_a_defined_result() {
    let fit = |config: &MiniBatchKMeansConfig, rows: &[f32], d| {
        config
            .build()
            .unwrap()
            .fit(samples(rows, d), &mut FitContext::new(1))
    };
    let one = fit(&MiniBatchKMeansConfig::new(1), &[3.0, 4.0], 2).unwrap();
    assert_eq!(
        (one.model.inertia(), one.model.labels().as_slice()),
        (0.0, &[0][..])
    );
    let equal = fit(&MiniBatchKMeansConfig::new(5), &[2.5; 40], 2).unwrap();
    assert_eq!(equal.report.notes, ["only 1 of 5 clusters have rows"]);
    for scale in [1e30_f32, 1e-30] {
        let rows: Vec<f32> = (0..80).map(|row| (row % 2) as f32 * scale).collect();
        let fit = fit(&MiniBatchKMeansConfig::new(2), &rows, 1).unwrap();
        assert_eq!(fit.model.labels().sizes(), [(0, 40), (1, 40)]);
        assert!(fit.model.inertia() < 1e-6 * f64::from(scale).powi(2));
    }
    let eager = MiniBatchKMeansConfig {
        reassignment_ratio: 5.0,
        batch_size: 7,
        ..MiniBatchKMeansConfig::new(3)
    };
    let rows = heaps(50, 2, 3, 0);
    assert!(
        fit(&eager, &rows, 2)
            .unwrap()
            .model
            .centers()
            .iter()
            .all(|x| x.is_finite())
    );
    assert!(matches!(
        fit(&MiniBatchKMeansConfig::new(3), &[1.0, 2.0], 1),
        Err(FitError::TooFewSamples {
            needed: 3,
            given: 2,
            ..
        })
    ));
}

#[test]
fn batches_check_their_options_and_obey() {
    let bad = MiniBatchKMeansConfig {
        init_size: Some(2),
        ..MiniBatchKMeansConfig::new(3)
    };
    assert_eq!(bad.build().unwrap_err().field, "init_size");
    let config: MiniBatchKMeansConfig =
        serde_json::from_str(r#"{"batch_size": 16, "n_clusters": 4}"#).unwrap();
    assert_eq!((config.batch_size, config.max_no_improvement), (16, Some(10)));
    assert!(serde_json::from_str::<MiniBatchKMeansConfig>(r#"{"batch": 16}"#).is_err());
    let rows = heaps(1000, 2, 4, 0);
    let y = samples(&rows, 2);
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.step == 2 => Control::Stop,
        _ => Control::Continue,
    };
    let batches = config.build().unwrap();
    let fit = batches
        .fit(y, &mut FitContext::new(0).with_observer(&mut stop))
        .unwrap();
    assert_eq!(
        (fit.report.termination, fit.report.n_iter),
        (Termination::Stopped, 2)
    );
    let token = CancelToken::new();
    token.cancel();
    let error = batches
        .fit(y, &mut FitContext::new(0).with_cancel(token))
        .unwrap_err();
    assert!(matches!(error, FitError::Cancelled { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn weighted_small_data_of_any_kind(
        rows in prop::collection::vec((-3..4_i8, 0..3_u8), 3..40),
        n_clusters in 1..6_usize,
        elkan: bool,
        seed: u64,
    ) {
        let (values, weights): (Vec<f32>, Vec<f32>) = rows.into_iter().map(|(x, w)| (f32::from(x), f32::from(w))).unzip();
        prop_assume!(weights.iter().filter(|&&w| w > 0.0).count() >= n_clusters);
        let y = samples(&values, 1);
        let algorithm = if elkan { KMeansAlgorithm::Elkan } else { KMeansAlgorithm::Lloyd };
        let config = KMeansConfig { algorithm, ..KMeansConfig::new(n_clusters) };
        let model = config.build().unwrap().fit_weighted(y, &weights, &mut FitContext::new(seed)).unwrap().model;
        prop_assert!(model.centers().iter().all(|value| value.is_finite()));
        prop_assert_eq!(&model.predict(y).unwrap(), model.labels());
        let mut counted: Vec<i8> = values.iter().zip(&weights).filter(|&(_, &w)| w > 0.0).map(|(&x, _)| x as i8).collect();
        counted.sort_unstable();
        counted.dedup();
        if counted.len() <= n_clusters {
            prop_assert!(model.inertia() < 1e-9, "{}", model.inertia());
        }
    }
}
