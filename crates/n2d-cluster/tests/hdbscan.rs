//! What HDBSCAN promises.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{
    ClusterSelection, DistanceMatrixError, FittedHdbscan, HdbscanConfig, HdbscanCut, SpanningAlgorithm,
};
use n2d_core::{
    ApplyError, ApproximatePredict, CancelToken, Clusterer, Control, Event, Fit, FitContext, FitError,
    FittedClusterer, PartConfig, Samples,
};
use n2d_neighbors::Metric;
use ndarray::Array2;
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

#[test]
fn few_rows_are_noise() {
    for n in 1..5 {
        let rows = heaps(n, 2, 1, 4);
        for allow_single_cluster in [false, true] {
            for cluster_selection_method in [ClusterSelection::Eom, ClusterSelection::Leaf] {
                for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
                    let config = HdbscanConfig {
                        allow_single_cluster,
                        cluster_selection_method,
                        algorithm,
                        assign_noise: true,
                        ..HdbscanConfig::default()
                    };
                    let fit = fit(&config, samples(&rows, 2));
                    let model = fit.model;
                    assert_eq!((model.n_clusters(), model.labels().n_noise()), (0, n));
                    assert_eq!(model.single_linkage_tree().len(), n - 1);
                    let (labels, strengths) = model.approximate_predict(samples(&rows, 2)).unwrap();
                    assert_eq!(labels.n_noise(), n);
                    assert_eq!(strengths, vec![0.0; n]);
                    assert_eq!(model.membership_vectors().unwrap().dim(), (n, 0));
                    assert_eq!(model.relative_validity(), 0.0);
                    assert!(fit.report.notes.iter().any(|note| note.contains("no clusters")));
                }
            }
        }
    }
}

#[test]
fn equal_rows_are_one_group() {
    let rows = vec![0.1_f32; 3 * 600];
    for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
        let config = HdbscanConfig {
            allow_single_cluster: true,
            algorithm,
            ..HdbscanConfig::default()
        };
        let model = fit(&config, samples(&rows, 3)).model;
        assert_eq!((model.n_clusters(), model.labels().n_noise()), (1, 0));
        assert_eq!(model.probabilities(), [1.0; 600]);
        assert_eq!(model.outlier_scores(), [0.0; 600]);
        let (labels, _) = model
            .approximate_predict(samples(&[0.1, 0.1, 0.1, 0.2, 0.1, 0.1], 3))
            .unwrap();
        assert_eq!(labels.as_slice(), [0, -1]);
        let memberships = model.membership_vectors().unwrap();
        assert!(memberships.iter().all(|&m| m == 1.0));
    }
}

/// Two places of many equal rows each, and a few others: densities are infinite, and nothing is undefined for that.
#[test]
fn infinite_densities_are_defined() {
    let mut rows = vec![0.0_f32; 30];
    rows.extend([5.0; 30]);
    rows.extend([0.1, 0.2, 0.35, 5.1, 4.8, 5.3, 2.0, 9.0]);
    let y = samples(&rows, 1);
    for allow_single_cluster in [false, true] {
        let config = HdbscanConfig {
            allow_single_cluster,
            ..small(5, 3)
        };
        let model = fit(&config, y).model;
        assert_eq!(model.n_clusters(), 2);
        let label = |row: usize| model.labels().as_slice()[row];
        assert!((0..30).all(|row| label(row) == label(0)) && (30..60).all(|row| label(row) == label(30)));
        assert_ne!(label(0), label(30));
        let mut figures: Vec<f32> = [model.probabilities(), model.outlier_scores()].concat();
        figures.extend(model.membership_vectors().unwrap());
        let between = samples(&[0.0, 2.5, 5.0, 7.0, 1e30], 1);
        figures.extend(model.membership_vector(between).unwrap());
        figures.extend(model.approximate_predict_scores(between).unwrap());
        figures.extend(model.approximate_predict(between).unwrap().1);
        assert!(figures.iter().all(|f| (0.0..=1.0001).contains(f)), "{figures:?}");
        assert!(model.relative_validity().is_finite());
        assert_eq!(model.cluster_persistence(), [1.0, 1.0]);
    }
}

/// Scaled by a power of two, the same clusters at scaled distances.
#[test]
fn size_does_not_matter() {
    let rows: Vec<f32> = heaps(300, 2, 3, 6).iter().map(|v| v - 20.0).collect();
    let usual = fit(&small(10, 4), samples(&rows, 2)).model;
    for factor in [90_f32.exp2(), (-90_f32).exp2()] {
        let sized: Vec<f32> = rows.iter().map(|v| v * factor).collect();
        for algorithm in [SpanningAlgorithm::Boruvka, SpanningAlgorithm::Prim] {
            let config = HdbscanConfig {
                algorithm,
                ..small(10, 4)
            };
            let model = fit(&config, samples(&sized, 2)).model;
            assert_eq!(model.labels(), usual.labels());
            assert_eq!(model.probabilities(), usual.probabilities());
            let (labels, _) = model.approximate_predict(samples(&sized, 2)).unwrap();
            assert_eq!(labels, usual.approximate_predict(samples(&rows, 2)).unwrap().0);
        }
    }
    let huge: Vec<f32> = rows.iter().map(|v| v * 1e37).collect();
    assert!(
        fit(&small(10, 4), samples(&huge, 2))
            .model
            .core_distances()
            .iter()
            .all(|d| d.is_finite())
    );
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
fn bad_options_are_refused() {
    let refused = |json: &str| {
        let config: HdbscanConfig = serde_json::from_str(json).unwrap();
        config.build().unwrap_err().field
    };
    assert_eq!(refused(r#"{"min_cluster_size": 1}"#), "min_cluster_size");
    assert_eq!(refused(r#"{"min_samples": 0}"#), "min_samples");
    assert_eq!(refused(r#"{"alpha": 0.0}"#), "alpha");
    assert_eq!(
        refused(r#"{"cluster_selection_epsilon": -1.0}"#),
        "cluster_selection_epsilon"
    );
    assert_eq!(
        refused(r#"{"cluster_selection_persistence": -1.0}"#),
        "cluster_selection_persistence"
    );
    let max = r#"{"cluster_selection_epsilon": 2.0, "cluster_selection_epsilon_max": 1.0}"#;
    assert_eq!(refused(max), "cluster_selection_epsilon_max");
    assert_eq!(
        refused(r#"{"metric": "cosine", "algorithm": "boruvka"}"#),
        "algorithm"
    );
    assert!(serde_json::from_str::<HdbscanConfig>(r#"{"leaf_size": 40}"#).is_err());
}

#[test]
fn matrices_that_are_no_distances_are_refused() {
    let good = Array2::from_shape_fn((6, 6), |(a, b)| (a as f32 - b as f32).abs());
    let refused = |matrix: &Array2<f32>, algorithm| {
        let config = HdbscanConfig {
            algorithm,
            ..HdbscanConfig::default()
        };
        let hdbscan = config.build().unwrap();
        match hdbscan.fit_precomputed(matrix.view(), &mut FitContext::new(0)) {
            Err(FitError::Part { source, .. }) => *source.downcast::<DistanceMatrixError>().unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let with = |at: [usize; 2], value: f32| {
        let mut matrix = good.clone();
        matrix[at] = value;
        refused(&matrix, SpanningAlgorithm::Auto)
    };
    assert!(matches!(
        with([1, 1], 1.0),
        DistanceMatrixError::Diagonal { row: 1, .. }
    ));
    assert!(matches!(
        with([3, 1], 1.0),
        DistanceMatrixError::Asymmetric {
            row: 3,
            column: 1,
            ..
        }
    ));
    for bad in [-1.0, f32::NAN, f32::INFINITY] {
        assert!(matches!(
            with([2, 0], bad),
            DistanceMatrixError::BadDistance {
                row: 2,
                column: 0,
                ..
            }
        ));
    }
    let flat = Array2::zeros((2, 3));
    assert!(matches!(
        refused(&flat, SpanningAlgorithm::Auto),
        DistanceMatrixError::NotSquare {
            n_rows: 2,
            n_columns: 3
        }
    ));
    assert_eq!(
        refused(&good, SpanningAlgorithm::Boruvka),
        DistanceMatrixError::NeedsRows
    );
}

#[test]
fn given_distances_have_no_prediction() {
    let rows = heaps(90, 2, 3, 5);
    let y = samples(&rows, 2);
    let at: Vec<&[f32]> = y.rows().collect();
    let matrix = Array2::from_shape_fn((90, 90), |(a, b)| Metric::Manhattan.distance(at[a], at[b]) as f32);
    let hdbscan = small(8, 3).build().unwrap();
    let model = hdbscan
        .fit_precomputed(matrix.view(), &mut FitContext::new(0))
        .unwrap()
        .model;
    let config = HdbscanConfig {
        metric: Metric::Manhattan,
        ..small(8, 3)
    };
    assert_eq!(model.labels(), fit(&config, y).model.labels());
    assert!(model.as_approximate_predict().is_none());
    assert!(matches!(
        model.approximate_predict(y),
        Err(ApplyError::MissingCapability { .. })
    ));
    assert!(matches!(
        model.membership_vectors(),
        Err(ApplyError::MissingCapability { .. })
    ));
    let one = Array2::zeros((1, 1));
    let model = hdbscan
        .fit_precomputed(one.view(), &mut FitContext::new(0))
        .unwrap()
        .model;
    assert_eq!(model.labels().as_slice(), [-1]);
}

#[test]
fn rows_of_another_width_are_refused() {
    let rows = heaps(90, 3, 3, 5);
    let model = fit(&small(8, 3), samples(&rows, 3)).model;
    let error = model.approximate_predict(samples(&rows, 2)).unwrap_err();
    assert!(matches!(
        error,
        ApplyError::FeatureMismatch {
            expected: 3,
            given: 2,
            ..
        }
    ));
    assert!(model.membership_vector(samples(&rows, 2)).is_err());
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
