//! HDBSCAN on odd data and odd options.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples};
use n2d_cluster::{ClusterSelection, DistanceMatrixError, FittedHdbscan, HdbscanConfig, SpanningAlgorithm};
use n2d_core::{
    ApplyError, ApproximatePredict, Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig,
    Samples,
};
use n2d_neighbors::Metric;
use ndarray::Array2;

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

/// More rows asked for than there are, up to what a number can hold: the farthest row counts, in fits and predictions.
#[test]
fn a_huge_min_samples_is_all_rows() {
    let rows = heaps(40, 2, 1, 4);
    let y = samples(&rows, 2);
    for metric in [Metric::Euclidean, Metric::Manhattan] {
        let model = |min_samples| {
            let config = HdbscanConfig {
                metric,
                allow_single_cluster: true,
                ..small(5, min_samples)
            };
            fit(&config, y).model
        };
        let all = model(40);
        for huge in [1 << (usize::BITS - 1), usize::MAX] {
            let model = model(huge);
            assert_eq!(model.core_distances(), all.core_distances());
            assert_eq!(model.labels(), all.labels());
            assert_eq!(
                model.approximate_predict(y).unwrap(),
                all.approximate_predict(y).unwrap()
            );
            assert_eq!(
                model.membership_vector(y).unwrap(),
                all.membership_vector(y).unwrap()
            );
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
    let bounds = [
        ("max_cluster_size", "60"),
        ("cluster_selection_epsilon_max", "2.5"),
    ];
    for (field, value) in bounds {
        let json = format!(r#"{{"cluster_selection_method": "leaf", "{field}": {value}}}"#);
        let config: HdbscanConfig = serde_json::from_str(&json).unwrap();
        let expected = format!(
            "hdbscan.{field} must be unset with cluster_selection_method = leaf (eom uses it), but is {value}"
        );
        assert_eq!(config.build().unwrap_err().to_string(), expected);
    }
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
