//! What the part by the `hdbscan` crate promises.
#![cfg(feature = "hdbscan-crate")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, same_partition, samples, threads};
use n2d_cluster::{FittedLabels, HdbscanCrateConfig};
use n2d_core::{
    CancelToken, Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Samples, Termination,
};
use n2d_neighbors::Metric;
use proptest::prelude::*;
use serde::Deserialize;

fn fit(config: &HdbscanCrateConfig, y: Samples<'_>) -> Fit<FittedLabels> {
    config.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap()
}

#[derive(Deserialize)]
struct Reference {
    rows: Vec<[f32; 2]>,
    hdbscan: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    config: HdbscanCrateConfig,
    labels: Vec<i32>,
}

#[test]
fn agrees_with_the_python_package() {
    let reference: Reference = serde_json::from_str(include_str!("data/adapters.json")).unwrap();
    let rows = reference.rows.concat();
    for case in reference.hdbscan {
        let found = fit(&case.config, samples(&rows, 2)).model;
        assert!(
            same_partition(found.labels().as_slice(), &case.labels),
            "{:?}",
            case.config
        );
        assert_eq!(found.n_clusters(), found.labels().n_clusters());
    }
}

#[test]
fn finds_heaps_of_many_rows_and_their_noise() {
    let mut rows = heaps(600, 3, 6, 1);
    rows.extend([500.0, 500.0, 500.0]);
    let fit = fit(&HdbscanCrateConfig::default(), samples(&rows, 3));
    let labels = fit.model.labels().as_slice();
    let in_heaps = (0..600).filter(|row| labels[*row] >= 0);
    assert!(in_heaps.clone().count() > 500);
    assert!(in_heaps.clone().all(|row| {
        in_heaps
            .clone()
            .all(|other| (labels[row] == labels[other]) <= (row % 6 == other % 6))
    }));
    assert_eq!(labels[600], -1);
    assert_eq!(fit.report.termination, Termination::ClosedForm);
    assert!(fit.model.as_predict().is_none() && fit.model.as_approximate_predict().is_none());
    assert_eq!((fit.model.name(), fit.model.n_features()), ("hdbscan_crate", 3));
}

#[test]
fn threads_and_repetition_change_nothing() {
    let rows = heaps(500, 2, 7, 2);
    let config = HdbscanCrateConfig {
        min_samples: Some(3),
        epsilon: 0.4,
        ..HdbscanCrateConfig::default()
    };
    let with = |n| {
        config
            .build()
            .unwrap()
            .fit(samples(&rows, 2), &mut threads(n as u64, n))
            .unwrap()
            .model
    };
    let one = with(1);
    // The crate iterates over hash maps, of which each has an order of its own.
    for n in [2, 4, 1, 1, 1] {
        assert_eq!(with(n).labels(), one.labels());
    }
}

#[test]
fn odd_data_have_a_defined_result() {
    let config = HdbscanCrateConfig::default();
    for n_rows in [5, 40, 300] {
        let equal = vec![2.5; n_rows * 2];
        let labels = fit(&config, samples(&equal, 2)).model.labels().clone();
        assert_eq!(labels.len(), n_rows);
        let single = HdbscanCrateConfig {
            allow_single_cluster: true,
            ..config.clone()
        };
        assert_eq!(
            fit(&single, samples(&equal, 2)).model.labels().sizes(),
            [(0, n_rows)]
        );
    }
    for unit in [1.0, 1e30, 1e-30, 3e-44] {
        let rows: Vec<f32> = (0..20)
            .map(|row| (row % 10 + 60 * (row / 10)) as f32 * unit)
            .collect();
        let labels = fit(&config, samples(&rows, 1)).model.labels().clone();
        assert_eq!(labels.sizes(), [(0, 10), (1, 10)], "{unit}");
        let constant: Vec<f32> = rows.iter().flat_map(|&x| [7.0, x]).collect();
        assert_eq!(fit(&config, samples(&constant, 2)).model.labels(), &labels);
    }
    let few = HdbscanCrateConfig {
        min_cluster_size: 50,
        min_samples: Some(2),
        ..config
    };
    assert_eq!(
        fit(&few, samples(&[1.0, 2.0, 3.0], 1)).model.labels().n_noise(),
        3
    );
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let ctx = &mut FitContext::new(0);
    let with = |min_samples| HdbscanCrateConfig {
        min_samples: Some(min_samples),
        ..HdbscanCrateConfig::default()
    };
    let error = with(1).build().unwrap().fit(samples(&[1.0], 1), ctx).unwrap_err();
    assert!(matches!(
        error,
        FitError::TooFewSamples {
            needed: 2,
            given: 1,
            ..
        }
    ));
    let error = with(4)
        .build()
        .unwrap()
        .fit(samples(&[1.0, 2.0, 3.0], 1), ctx)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "hdbscan_crate: 4 rows are needed for min_samples = 4, but there are only 3"
    );
    assert_eq!(with(0).build().unwrap_err().field, "min_samples");
    let cosine = HdbscanCrateConfig {
        metric: Metric::Cosine,
        ..HdbscanCrateConfig::default()
    };
    assert_eq!(
        cosine.build().unwrap_err().to_string(),
        "hdbscan_crate.metric must be euclidean, manhattan or chebyshev, but is cosine"
    );
    assert!(serde_json::from_str::<HdbscanCrateConfig>(r#"{"eps": 3}"#).is_err());
    let token = CancelToken::new();
    token.cancel();
    let mut ctx = FitContext::new(0).with_cancel(token);
    let cancelled = with(1).build().unwrap().fit(samples(&[1.0, 2.0], 1), &mut ctx);
    assert!(matches!(cancelled, Err(FitError::Cancelled { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn small_data_of_any_kind(
        (rows, n_features) in (1..4_usize, 2..40_usize).prop_flat_map(|(n_features, n)| {
            (prop::collection::vec(-3..4_i8, n * n_features), Just(n_features))
        }),
        min_cluster_size in 2..9_usize,
        min_samples in 1..9_usize,
        epsilon in prop::sample::select(vec![0.0, 1.0, 2.5]),
        allow_single_cluster: bool,
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        prop_assume!(y.n_samples() >= min_samples);
        let config = HdbscanCrateConfig {
            min_cluster_size,
            min_samples: Some(min_samples),
            epsilon,
            allow_single_cluster,
            ..HdbscanCrateConfig::default()
        };
        let first = fit(&config, y).model;
        prop_assert_eq!(first.labels().len(), y.n_samples());
        let again = fit(&config, y).model;
        prop_assert_eq!(again.labels(), first.labels());
    }
}
