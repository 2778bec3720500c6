//! What HDBSCAN promises.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{ClusterSelection, FittedHdbscan, HdbscanConfig, HdbscanCut, SpanningAlgorithm};
use n2d_core::{
    ApproximatePredict, CancelToken, Clusterer, Control, Event, Fit, FitContext, FitError, FittedClusterer,
    PartConfig, Samples,
};
use n2d_neighbors::Metric;
use proptest::prelude::*;

fn fit(config: &HdbscanConfig, y: Samples<'_>) -> Fit<FittedHdbscan> {
    config.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap()
}

fn small(min_cluster_size: usize, min_samples: usize) -> HdbscanConfig {
    HdbscanConfig {
        min_cluster_size,
        min_samples: Some(min_samples),
        ..HdbscanConfig::default()
    }
}

#[test]
fn finds_heaps_and_new_rows_in_them() {
    let rows = heaps(800, 3, 6, 1);
    let y = samples(&rows, 3);
    let model = fit(&small(20, 5), y).model;
    assert_eq!(model.n_clusters(), 6);
    let (labels, strengths) = model.approximate_predict(y).unwrap();
    for (row, &label) in model.labels().as_slice().iter().enumerate() {
        assert!(label == -1 || label == model.labels().as_slice()[row % 6]);
        assert!((0.0..=1.0).contains(&model.probabilities()[row]));
        assert!((0.0..=1.0).contains(&model.outlier_scores()[row]));
        assert!((0.0..=1.0).contains(&strengths[row]));
        assert!(label == -1 || labels.as_slice()[row] == label);
    }
    let far = samples(&[1e6, -1e6, 1e6], 3);
    assert_eq!(model.approximate_predict(far).unwrap().0.as_slice(), [-1]);
    assert!(model.approximate_predict_scores(far).unwrap()[0] > 0.99);
}

#[test]
fn threads_change_no_bit() {
    let rows = heaps(5000, 2, 7, 2);
    let y = samples(&rows, 2);
    for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
        let config = HdbscanConfig {
            algorithm,
            ..small(15, 5)
        };
        let with = |n| config.build().unwrap().fit(y, &mut threads(5, n)).unwrap().model;
        let one = with(1);
        for n in [2, 4] {
            let other = with(n);
            assert_eq!(one.labels(), other.labels(), "{n} threads");
            assert_eq!(one.probabilities(), other.probabilities());
            assert_eq!(one.condensed_tree(), other.condensed_tree());
            assert_eq!(one.minimum_spanning_tree(), other.minimum_spanning_tree());
            assert_eq!(
                one.membership_vectors().unwrap(),
                other.membership_vectors().unwrap()
            );
        }
    }
}

/// Wherever single precision tells weights apart, the two ways find the very same tree.
#[test]
fn both_ways_agree() {
    for d in [1, 2, 8, 20] {
        let rows: Vec<f32> = heaps(700, d, 4, 3)
            .iter()
            .map(|v| (v * 8.0).round() / 8.0)
            .collect();
        let y = samples(&rows, d);
        let by = |algorithm| {
            let config = HdbscanConfig {
                algorithm,
                ..small(10, 4)
            };
            fit(&config, y).model
        };
        let (boruvka, prim) = (by(SpanningAlgorithm::Boruvka), by(SpanningAlgorithm::Prim));
        assert_eq!(
            boruvka.minimum_spanning_tree(),
            prim.minimum_spanning_tree(),
            "{d}"
        );
        assert_eq!(boruvka.labels(), prim.labels(), "{d}");
    }
}

/// Prim's tree, the plainest way.
fn dense_weight(y: Samples<'_>, metric: Metric, k: usize, alpha: f64) -> f64 {
    let n = y.n_samples();
    let rows: Vec<&[f32]> = y.rows().collect();
    let core: Vec<f64> = (0..n)
        .map(|a| {
            let others = (0..n).filter(|&b| b != a);
            let mut all: Vec<f64> = others.map(|b| metric.distance(rows[a], rows[b])).collect();
            all.sort_by(f64::total_cmp);
            all[k - 1]
        })
        .collect();
    let weight = |a: usize, b: usize| {
        (metric.distance(rows[a], rows[b]) / alpha)
            .max(core[a])
            .max(core[b])
    };
    let mut outside: Vec<(usize, f64)> = (1..n).map(|b| (b, weight(0, b))).collect();
    let mut total = 0.0;
    while !outside.is_empty() {
        let nearest = (0..outside.len()).min_by(|&i, &j| outside[i].1.total_cmp(&outside[j].1));
        let (new, reach) = outside.swap_remove(nearest.unwrap());
        total += reach;
        outside.iter_mut().for_each(|(b, w)| *w = w.min(weight(new, *b)));
    }
    total
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]
    #[test]
    fn spanning_trees_weigh_what_the_dense_one_does(
        n in 2..120_usize, d in 1..8_usize, levels in 1..2000_usize, k in 1..12_usize, a in 0..3_usize, m in 0..4_usize, seed: u64
    ) {
        let k = k.min(n - 1);
        let mut rng = n2d_core::rng::SplitMix64::new(seed, 0, 0);
        let rows: Vec<f32> = (0..n * d).map(|_| rng.below(levels) as f32 / 7.0).collect();
        let y = samples(&rows, d);
        let metric = [Metric::Euclidean, Metric::Manhattan, Metric::Cosine, Metric::Minkowski(3.0)][m];
        let alpha = [1.0, 0.6, 1.7][a];
        let expected = dense_weight(y, metric, k, alpha);
        for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
            if algorithm == SpanningAlgorithm::Boruvka && metric != Metric::Euclidean {
                continue;
            }
            let config = HdbscanConfig { algorithm, metric, alpha, ..small(2, k) };
            let model = fit(&config, y).model;
            let weight: f64 = model.minimum_spanning_tree().iter().map(|edge| edge.weight).sum();
            prop_assert!((weight - expected).abs() <= 1e-6 * (1e-6 + expected), "{algorithm:?}: {weight} for {expected}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Of values that fill single precision, near and far from the origin, small and large. Neighbours are chosen by
    /// squares in single precision, which are within `d + 4` roundings, of 2^-24, of the true ones. Halved by the root,
    /// doubled for the choice between two: so far off may core distances be. The tree of Boruvka adds as much again.
    #[test]
    fn far_off_small_and_large_spanning_trees_weigh_what_the_dense_one_does(
        n in 2..120_usize, d in 1..40_usize, k in 1..12_usize, a in 0..3_usize, far in 0..4_usize, size in 0..3_usize, seed: u64
    ) {
        let k = k.min(n - 1);
        let mut rng = n2d_core::rng::SplitMix64::new(seed, 0, 0);
        let (origin, unit) = ([0.0, 1000.0, -1000.0, 1e6][far], [-30_f32, 0.0, 30.0][size].exp2());
        let rows: Vec<f32> = (0..n * d).map(|_| (rng.below(1 << 24) as f32 * 0.3e-6 + origin) * unit).collect();
        let y = samples(&rows, d);
        let alpha = [1.0, 0.6, 1.7][a];
        let expected = dense_weight(y, Metric::Euclidean, k, alpha);
        let choice = (d as f64 + 4.0) * f64::from(f32::EPSILON / 2.0);
        for (algorithm, part) in [(SpanningAlgorithm::Boruvka, 2.0 * choice), (SpanningAlgorithm::Prim, choice)] {
            let config = HdbscanConfig { algorithm, alpha, ..small(2, k) };
            let model = fit(&config, y).model;
            let weight: f64 = model.minimum_spanning_tree().iter().map(|edge| edge.weight).sum();
            prop_assert!((weight - expected).abs() <= part * expected, "{algorithm:?}: {weight} for {expected}");
        }
        // All in double precision.
        for metric in [Metric::Manhattan, Metric::Minkowski(3.0)] {
            let model = fit(&HdbscanConfig { metric, alpha, ..small(2, k) }, y).model;
            let weight: f64 = model.minimum_spanning_tree().iter().map(|edge| edge.weight).sum();
            let expected = dense_weight(y, metric, k, alpha);
            prop_assert!((weight - expected).abs() <= 1e-12 * expected, "{metric}: {weight} for {expected}");
        }
    }
}

#[test]
fn a_recut_is_a_fit_with_other_options() {
    let rows = heaps(600, 2, 9, 7);
    let y = samples(&rows, 2);
    let model = fit(&small(5, 5), y).model;
    for (min_cluster_size, cluster_selection_epsilon) in [(10, 0.0), (40, 0.0), (5, 1.5)] {
        let config = HdbscanConfig {
            cluster_selection_epsilon,
            ..small(min_cluster_size, 5)
        };
        let fresh = fit(&config, y).model;
        let recut = model.recut(&HdbscanCut::from(&config)).unwrap();
        assert_eq!(fresh.labels(), recut.labels());
        assert_eq!(fresh.probabilities(), recut.probabilities());
        assert_eq!(fresh.condensed_tree(), recut.condensed_tree());
        assert_eq!(
            fresh.approximate_predict(y).unwrap(),
            recut.approximate_predict(y).unwrap()
        );
    }
    let cut = HdbscanCut {
        min_cluster_size: 1,
        ..model.cut().clone()
    };
    assert_eq!(model.recut(&cut).unwrap_err().field, "min_cluster_size");
    let cut = HdbscanCut {
        cluster_selection_method: ClusterSelection::Leaf,
        max_cluster_size: Some(100),
        ..model.cut().clone()
    };
    assert_eq!(model.recut(&cut).unwrap_err().field, "max_cluster_size");
}

#[test]
fn a_number_of_clusters_can_be_asked_for() {
    let rows = heaps(600, 2, 9, 7);
    let y = samples(&rows, 2);
    let model = fit(&small(5, 5), y).model;
    let found = model.n_clusters();
    for n_clusters in 2..=found {
        // Not every number is on the way from many clusters to few.
        if let Some(cut) = model.recut_to(n_clusters) {
            assert_eq!(cut.n_clusters(), n_clusters);
            assert_eq!(model.recut(cut.cut()).unwrap().labels(), cut.labels());
        }
    }
    // What the leaves do not use is not in their cut.
    let bounded = HdbscanCut {
        max_cluster_size: Some(50),
        ..model.cut().clone()
    };
    let bounded = model.recut(&bounded).unwrap();
    let more = (bounded.n_clusters() + 1..40)
        .find_map(|n| bounded.recut_to(n))
        .unwrap();
    assert_eq!(more.cut().cluster_selection_method, ClusterSelection::Leaf);
    assert_eq!(more.cut().max_cluster_size, None);
    assert_eq!(model.recut(more.cut()).unwrap().labels(), more.labels());
    let eight = model.recut_to(8).unwrap();
    assert!(eight.cut().cluster_selection_epsilon > 0.0);
    assert!(model.recut_to(601).is_none());
}

#[test]
fn centres_are_in_their_clusters() {
    let rows = heaps(400, 3, 4, 3);
    let y = samples(&rows, 3);
    let model = fit(&small(20, 5), y).model;
    for label in 0..4 {
        let medoid = model.weighted_medoid(label).unwrap();
        assert_eq!(model.labels().as_slice()[medoid], label as i32);
        let centroid: Vec<f32> = model
            .weighted_centroid(label)
            .unwrap()
            .iter()
            .map(|&x| x as f32)
            .collect();
        let (labels, _) = model.approximate_predict(samples(&centroid, 3)).unwrap();
        assert_eq!(labels.as_slice(), [label as i32]);
        assert!(Metric::Euclidean.distance(&centroid, &rows[medoid * 3..][..3]) < 0.5);
    }
    assert_eq!(
        (model.weighted_medoid(4), model.weighted_centroid(4)),
        (None, None)
    );
}

#[test]
fn assigned_noise_leaves_none() {
    let mut rows = heaps(300, 2, 3, 8);
    rows.extend(heaps(60, 2, 60, 9));
    let y = samples(&rows, 2);
    let plain = fit(&small(15, 5), y).model;
    let config = HdbscanConfig {
        assign_noise: true,
        ..small(15, 5)
    };
    let assigned = fit(&config, y).model;
    assert!(plain.labels().n_noise() > 10);
    assert_eq!(assigned.labels().n_noise(), 0);
    for (row, (&a, &b)) in plain
        .labels()
        .as_slice()
        .iter()
        .zip(assigned.labels().as_slice())
        .enumerate()
    {
        assert!(a == -1 || a == b);
        assert!(a != -1 || assigned.probabilities()[row] == 0.0);
    }
    assert_eq!(plain.cluster_persistence(), assigned.cluster_persistence());
    assert_eq!(plain.relative_validity(), assigned.relative_validity());
    assert_eq!(plain.exemplars(), assigned.exemplars());
    for label in 0..=plain.n_clusters() {
        assert_eq!(plain.weighted_medoid(label), assigned.weighted_medoid(label));
        assert_eq!(plain.weighted_centroid(label), assigned.weighted_centroid(label));
    }
    let far = samples(&[500.0, 500.0], 2);
    assert!(assigned.approximate_predict(far).unwrap().0.as_slice()[0] >= 0);
}

#[test]
fn the_report_says_which_way_was_taken() {
    let rows = heaps(120, 70, 3, 1);
    let wide = fit(&HdbscanConfig::default(), samples(&rows, 70)).report;
    assert!(wide.notes[0].starts_with("algorithm: prim"), "{:?}", wide.notes);
    let narrow = fit(&HdbscanConfig::default(), samples(&rows, 2)).report;
    assert!(
        narrow.notes[0].starts_with("algorithm: boruvka"),
        "{:?}",
        narrow.notes
    );
    let config = HdbscanConfig {
        metric: Metric::Manhattan,
        ..HdbscanConfig::default()
    };
    let other = fit(&config, samples(&rows, 2)).report;
    assert!(other.notes[0].contains("prim") && other.notes[0].contains("manhattan"));
}

#[test]
fn cancelling_ends_the_fit() {
    let rows = heaps(4000, 2, 3, 5);
    for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
        let token = CancelToken::new();
        let setter = token.clone();
        let mut watch = move |event: &Event<'_>| {
            if matches!(event, Event::Progress { .. }) {
                setter.cancel();
            }
            Control::Continue
        };
        let mut ctx = FitContext::new(0).with_cancel(token).with_observer(&mut watch);
        let config = HdbscanConfig {
            algorithm,
            ..HdbscanConfig::default()
        };
        let error = config
            .build()
            .unwrap()
            .fit(samples(&rows, 2), &mut ctx)
            .unwrap_err();
        assert!(matches!(error, FitError::Cancelled { .. }));
    }
}
