//! Properties of DBSCAN.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{DbscanConfig, FittedDbscan, WeightError};
use n2d_core::{
    CancelToken, Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Samples, Termination,
};
use n2d_neighbors::Metric;
use proptest::prelude::*;

fn fit(config: &DbscanConfig, y: Samples<'_>) -> Fit<FittedDbscan> {
    config.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap()
}

/// Slowly, by the definition.
fn by_definition(config: &DbscanConfig, y: Samples<'_>) -> Vec<i32> {
    let rows: Vec<&[f32]> = y.rows().collect();
    let near = |a: usize, b: usize| config.metric.distance(rows[a], rows[b]) <= config.eps;
    let n = rows.len();
    let core: Vec<bool> = (0..n)
        .map(|row| (0..n).filter(|&other| near(row, other)).count() >= config.min_samples)
        .collect();
    let mut labels = vec![-1; n];
    let mut n_clusters = 0;
    for first in 0..n {
        if !core[first] || labels[first] >= 0 {
            continue;
        }
        let mut to_visit = vec![first];
        labels[first] = n_clusters;
        while let Some(row) = to_visit.pop() {
            for other in (0..n).filter(|&other| near(row, other)) {
                if labels[other] < 0 {
                    labels[other] = n_clusters;
                    if core[other] {
                        to_visit.push(other);
                    }
                }
            }
        }
        n_clusters += 1;
    }
    labels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn equals_the_definition(
        rows in prop::collection::vec(-20..20_i8, 1..240),
        n_features in prop::sample::select(vec![1, 2, 3, 30]),
        eps in 1..12_u8,
        min_samples in 1..6_usize,
        manhattan: bool,
    ) {
        prop_assume!(rows.len() >= n_features);
        let n = rows.len() / n_features * n_features;
        let values: Vec<f32> = rows[..n].iter().map(|&x| f32::from(x) / 4.0).collect();
        let y = samples(&values, n_features);
        let metric = if manhattan { Metric::Manhattan } else { Metric::Euclidean };
        let eps = f64::from(eps) * if n_features > 3 { 4.0 } else { 0.25 };
        let config = DbscanConfig { eps, min_samples, metric };
        let fit = fit(&config, y);
        prop_assert_eq!(fit.model.labels().as_slice(), by_definition(&config, y));
        let (again, strengths) = fit.model.as_approximate_predict().unwrap().approximate_predict(y).unwrap();
        for (row, &strength) in strengths.iter().enumerate() {
            let label = fit.model.labels().as_slice()[row];
            prop_assert_eq!(label == -1, again.as_slice()[row] == -1);
            prop_assert!((0.0..=1.0).contains(&strength));
            if fit.model.core_sample_indices().contains(&(row as u32)) {
                prop_assert_eq!((again.as_slice()[row], strength), (label, 1.0));
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let rows = heaps(6000, 3, 7, 1);
    let dbscan = DbscanConfig::new(0.3).build().unwrap();
    let with = |n| dbscan.fit(samples(&rows, 3), &mut threads(0, n)).unwrap().model;
    let (one, three) = (with(1), with(3));
    assert!(one.n_clusters() >= 7);
    assert_eq!(one.labels(), three.labels());
    assert_eq!(one.core_sample_indices(), three.core_sample_indices());
}

#[test]
fn a_weight_is_so_many_rows() {
    let y = [0.0, 0.1, 5.0, 9.0];
    let dbscan = DbscanConfig {
        min_samples: 3,
        ..DbscanConfig::new(0.5)
    };
    let dbscan = dbscan.build().unwrap();
    let ctx = &mut FitContext::new(0);
    let fit = dbscan
        .fit_weighted(samples(&y, 1), &[1.0, 2.0, 3.0, 2.5], ctx)
        .unwrap();
    assert_eq!(fit.model.labels().as_slice(), [0, 0, 1, -1]);
    let error = dbscan
        .fit_weighted(samples(&y, 1), &[1.0, -1.0, 0.0, 0.0], ctx)
        .unwrap_err();
    let FitError::Part { source, .. } = error else {
        panic!("a weight error is a part's error")
    };
    let expected = WeightError::Value { row: 1, value: -1.0 };
    assert_eq!(source.downcast_ref::<WeightError>().unwrap(), &expected);
}

#[test]
fn odd_data_have_a_defined_result() {
    let one = fit(&DbscanConfig::new(1.0), samples(&[3.0, 4.0], 2));
    assert_eq!(one.model.labels().as_slice(), [-1]);
    assert_eq!(one.report.termination, Termination::ClosedForm);
    assert!(one.report.notes[0].starts_with("no row has enough neighbours"));
    let (labels, strengths) = one
        .model
        .as_approximate_predict()
        .unwrap()
        .approximate_predict(samples(&[3.0, 4.0], 2))
        .unwrap();
    assert_eq!((labels.as_slice(), strengths), (&[-1][..], vec![0.0]));
    let alone = fit(
        &DbscanConfig {
            min_samples: 1,
            ..DbscanConfig::new(1.0)
        },
        samples(&[3.0, 4.0], 2),
    );
    assert_eq!(alone.model.labels().as_slice(), [0]);
    let equal = fit(&DbscanConfig::new(1e-9), samples(&[2.5; 40], 2));
    assert_eq!(equal.model.labels().sizes(), [(0, 20)]);
    for scale in [1e30_f32, 1e-30] {
        let rows: Vec<f32> = (0..40)
            .map(|row| (row % 2 * 8 + row % 5) as f32 * scale)
            .collect();
        let fit = fit(&DbscanConfig::new(1.5 * f64::from(scale)), samples(&rows, 1));
        assert_eq!(fit.model.labels().sizes(), [(0, 20), (1, 20)]);
    }
    let constant: Vec<f32> = (0..20).flat_map(|row| [7.0, (row / 10) as f32]).collect();
    assert_eq!(
        fit(&DbscanConfig::new(0.5), samples(&constant, 2))
            .model
            .n_clusters(),
        2
    );
}

#[test]
fn new_rows_join_the_nearest_core_row() {
    let rows = [0.0, 0.1, 0.2, 9.0, 9.1, 9.2];
    for metric in [Metric::Euclidean, Metric::Minkowski(3.0)] {
        let config = DbscanConfig {
            eps: 0.4,
            min_samples: 3,
            metric,
        };
        let model = fit(&config, samples(&rows, 1)).model;
        let new = samples(&[0.3, 8.9, 5.0, 1e30], 1);
        let (labels, strengths) = model
            .as_approximate_predict()
            .unwrap()
            .approximate_predict(new)
            .unwrap();
        assert_eq!(labels.as_slice(), [0, 1, -1, -1]);
        assert!(
            (strengths[0] - 0.75).abs() < 1e-5 && strengths[2..] == [0.0, 0.0],
            "{strengths:?}"
        );
    }
}

#[test]
fn options_are_checked_and_the_token_cancels() {
    assert_eq!(DbscanConfig::new(0.0).build().unwrap_err().field, "eps");
    assert_eq!(
        DbscanConfig {
            min_samples: 0,
            ..DbscanConfig::default()
        }
        .build()
        .unwrap_err()
        .field,
        "min_samples"
    );
    let config: DbscanConfig = serde_json::from_str(r#"{"eps": 2.0, "metric": "cosine"}"#).unwrap();
    assert_eq!((config.metric, config.min_samples), (Metric::Cosine, 5));
    assert!(serde_json::from_str::<DbscanConfig>(r#"{"epsilon": 2.0}"#).is_err());
    let token = CancelToken::new();
    token.cancel();
    let error = config.build().unwrap().fit(
        samples(&[1.0, 2.0], 1),
        &mut FitContext::new(0).with_cancel(token),
    );
    assert!(matches!(error, Err(FitError::Cancelled { part }) if part == "dbscan"));
}
