//! That linfa's DBSCAN and OPTICS, and what is read out of the latter, are what their definitions say.
#![cfg(feature = "linfa")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{same_partition, samples};
use n2d_cluster::{FittedLabels, FittedLinfaOptics, LinfaDbscanConfig, LinfaOpticsConfig};
use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
use n2d_neighbors::Metric;
use proptest::prelude::*;
use serde::Deserialize;

fn dbscan(y: Samples<'_>, eps: f64, min_samples: usize, metric: Metric) -> FittedLabels {
    let config = LinfaDbscanConfig {
        eps,
        min_samples,
        metric,
    };
    config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(0))
        .unwrap()
        .model
}

fn optics(
    y: Samples<'_>,
    eps: f64,
    max_eps: Option<f64>,
    min_samples: usize,
    metric: Metric,
) -> FittedLinfaOptics {
    let config = LinfaOpticsConfig {
        eps,
        max_eps,
        min_samples,
        metric,
    };
    config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(0))
        .unwrap()
        .model
}

#[derive(Deserialize)]
struct Reference {
    rows: Vec<[f32; 2]>,
    dbscan: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    eps: f64,
    min_samples: usize,
    metric: Metric,
    labels: Vec<i32>,
    core_rows: Vec<usize>,
    core_distances: Vec<f64>,
    optics_noise: usize,
}

#[test]
fn agrees_with_scikit_learn() {
    let reference: Reference = serde_json::from_str(include_str!("data/adapters.json")).unwrap();
    let rows = reference.rows.concat();
    let y = samples(&rows, 2);
    for case in reference.dbscan {
        let found = dbscan(y, case.eps, case.min_samples, case.metric);
        let only_core =
            |labels: &[i32]| -> Vec<i32> { case.core_rows.iter().map(|&row| labels[row]).collect() };
        let (ours, theirs) = (found.labels().as_slice(), &case.labels);
        assert!(same_partition(&only_core(ours), &only_core(theirs)));
        assert!((0..rows.len() / 2).all(|row| (ours[row] == -1) == (theirs[row] == -1)));

        let found = optics(y, case.eps, Some(1e9), case.min_samples, case.metric);
        for (ours, theirs) in found.core_distances().iter().zip(&case.core_distances) {
            assert!((ours - theirs).abs() < 1e-6, "{ours} for {theirs}");
        }
        assert!(same_partition(
            &only_core(found.labels().as_slice()),
            &only_core(theirs)
        ));
        // Border rows that come before their core rows are noise, and the order may differ.
        let (noise, least) = (
            found.labels().n_noise(),
            theirs.iter().filter(|&&label| label == -1).count(),
        );
        assert!(
            noise >= least && noise.abs_diff(case.optics_noise) <= 3,
            "{noise}"
        );
        assert_eq!(&found.labels_at(case.eps), found.labels());
    }
}

/// All distances.
fn distances(y: Samples<'_>, metric: Metric) -> Vec<Vec<f64>> {
    let from = |a: &[f32]| y.rows().map(|b| metric.distance(a, b)).collect();
    y.rows().map(from).collect()
}

/// The clusters of core rows by definition: the lowest core row that each is chained to.
fn chained(distances: &[Vec<f64>], is_core: &[bool], eps: f64) -> Vec<Option<usize>> {
    let n = is_core.len();
    let mut lowest: Vec<Option<usize>> = (0..n).map(|row| is_core[row].then_some(row)).collect();
    for _ in 0..n {
        for a in 0..n {
            for b in 0..n {
                if is_core[a] && is_core[b] && distances[a][b] <= eps {
                    lowest[a] = lowest[a].min(lowest[b]);
                }
            }
        }
    }
    lowest
}

/// Whether labels are DBSCAN's but that border rows may be noise.
fn is_clustering(
    labels: &[i32],
    distances: &[Vec<f64>],
    eps: f64,
    min_samples: usize,
    may_lose: bool,
) -> Result<(), TestCaseError> {
    let n = labels.len();
    let near = |row: usize| (0..n).filter(move |&other| distances[row][other] <= eps);
    let is_core: Vec<bool> = (0..n).map(|row| near(row).count() >= min_samples).collect();
    let lowest = chained(distances, &is_core, eps);
    for row in 0..n {
        for other in 0..n {
            if is_core[row] && is_core[other] {
                prop_assert_eq!(labels[row] == labels[other], lowest[row] == lowest[other]);
            }
        }
        if is_core[row] {
            prop_assert!(labels[row] >= 0);
        } else {
            let reached = near(row).any(|other| is_core[other]);
            let joined = near(row).any(|other| is_core[other] && labels[other] == labels[row]);
            prop_assert!(
                joined || labels[row] == -1 && (!reached || may_lose),
                "row {}",
                row
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn clusters_are_those_of_the_definition(
        (rows, n_features) in (1..3_usize, 1..30_usize).prop_flat_map(|(n_features, n)| {
            (prop::collection::vec(-9..10_i8, n * n_features), Just(n_features))
        }),
        min_samples in 2..6_usize,
        eps in prop::sample::select(vec![1.0, 1.5, 2.0, 3.5]),
        further in prop::sample::select(vec![None, Some(4.0), Some(1e9)]),
        metric in prop::sample::select(vec![Metric::Euclidean, Metric::Manhattan, Metric::Chebyshev]),
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        let distances = distances(y, metric);
        let found = dbscan(y, eps, min_samples, metric);
        is_clustering(found.labels().as_slice(), &distances, eps, min_samples, false)?;
        let found = optics(y, eps, further, min_samples, metric);
        is_clustering(found.labels().as_slice(), &distances, eps, min_samples, true)?;
        for nearer in [0.5 * eps, 0.75 * eps] {
            is_clustering(found.labels_at(nearer).as_slice(), &distances, nearer, min_samples, true)?;
        }
    }

    #[test]
    fn reachabilities_are_those_of_the_definition(
        (rows, n_features) in (1..3_usize, 1..30_usize).prop_flat_map(|(n_features, n)| {
            (prop::collection::vec(-9..10_i8, n * n_features), Just(n_features))
        }),
        min_samples in 2..6_usize,
        max_eps in prop::sample::select(vec![1.5, 3.0, 1e9]),
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        let distances = distances(y, Metric::Euclidean);
        let found = optics(y, 1.0, Some(max_eps), min_samples, Metric::Euclidean);
        let mut all = found.ordering().to_vec();
        all.sort_unstable();
        prop_assert!(all.into_iter().eq(0..y.n_samples()));
        for (at, &row) in found.ordering().iter().enumerate() {
            let mut near = distances[row].clone();
            near.sort_by(f64::total_cmp);
            let core = near.get(min_samples - 1).copied().filter(|d| *d <= max_eps);
            prop_assert_eq!(found.core_distances()[row], core.unwrap_or(f64::INFINITY));
            let reach = found.ordering()[..at].iter().map(|&before| {
                let far = if distances[before][row] <= max_eps { distances[before][row] } else { f64::INFINITY };
                far.max(found.core_distances()[before])
            });
            prop_assert_eq!(found.reachability()[row], reach.fold(f64::INFINITY, f64::min));
        }
    }
}
