//! Properties of agglomerative clustering.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{Agglomerative, AgglomerativeConfig, FittedAgglomerative, Linkage, MatrixTooLarge};
use n2d_core::{
    CancelToken, Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Samples, Termination,
};
use n2d_neighbors::Metric;
use proptest::prelude::*;

const ALL: [Linkage; 4] = [
    Linkage::Ward,
    Linkage::Average,
    Linkage::Complete,
    Linkage::Single,
];

fn with(n_clusters: usize, linkage: Linkage) -> AgglomerativeConfig {
    AgglomerativeConfig {
        linkage,
        ..AgglomerativeConfig::new(n_clusters)
    }
}

fn fit(config: &AgglomerativeConfig, y: Samples<'_>) -> Fit<FittedAgglomerative> {
    config.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap()
}

/// The distance of two clusters by the definition.
fn apart(y: Samples<'_>, a: &[usize], b: &[usize], linkage: Linkage) -> f64 {
    let row = |row: usize| y.row(row).to_slice().unwrap();
    let pairs = a
        .iter()
        .flat_map(|&a| b.iter().map(move |&b| Metric::Euclidean.distance(row(a), row(b))));
    match linkage {
        Linkage::Average => pairs.sum::<f64>() / (a.len() * b.len()) as f64,
        Linkage::Complete => pairs.fold(0.0, f64::max),
        Linkage::Single => pairs.fold(f64::INFINITY, f64::min),
        _ => {
            let mean = |rows: &[usize], column: usize| {
                rows.iter().map(|&row| f64::from(y.row(row)[column])).sum::<f64>() / rows.len() as f64
            };
            let squared: f64 = (0..y.n_features())
                .map(|c| (mean(a, c) - mean(b, c)).powi(2))
                .sum();
            let (a, b) = (a.len() as f64, b.len() as f64);
            (2.0 * a * b / (a + b) * squared).sqrt()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Every merge is as far as the definition says, and of no pair that is farther than another.
    #[test]
    fn merges_are_of_the_nearest(rows in prop::collection::vec(-400..400_i16, 2..60), n_features in 1..4_usize) {
        prop_assume!(rows.len() >= 2 * n_features);
        let n = rows.len() / n_features;
        let values: Vec<f32> = rows[..n * n_features].iter().map(|&x| f32::from(x) / 8.0).collect();
        let y = samples(&values, n_features);
        for linkage in ALL {
            let model = fit(&with(1, linkage), y).model;
            prop_assert_eq!(model.merges().len(), n - 1);
            let mut clusters: Vec<Vec<usize>> = (0..n).map(|row| vec![row]).collect();
            let mut there: Vec<usize> = (0..n).collect();
            for merge in model.merges() {
                let [a, b] = merge.children.map(|child| child as usize);
                let distance = apart(y, &clusters[a], &clusters[b], linkage);
                prop_assert!((distance - merge.distance).abs() <= 1e-9 * (1.0 + distance), "{linkage:?}");
                for (at, &one) in there.iter().enumerate() {
                    for &other in &there[..at] {
                        let other = apart(y, &clusters[one], &clusters[other], linkage);
                        prop_assert!(other >= distance - 1e-9 * (1.0 + distance), "{linkage:?}");
                    }
                }
                let merged = [clusters[a].clone(), clusters[b].clone()].concat();
                prop_assert_eq!(merged.len(), merge.size as usize);
                there.retain(|&cluster| cluster != a && cluster != b);
                there.push(clusters.len());
                clusters.push(merged);
            }
        }
    }

    /// On a graph that holds every pair nothing is left out. The rows have no ties, which may be broken either way.
    #[test]
    fn a_full_graph_is_no_limit(n in 3..30_usize, seed: u64) {
        let rows = heaps(n, 2, n, seed);
        let n_neighbors = Some(n - 1);
        for linkage in ALL {
            let free = fit(&with(2, linkage), samples(&rows, 2)).model;
            let config = AgglomerativeConfig { n_neighbors, ..with(2, linkage) };
            let bound = fit(&config, samples(&rows, 2)).model;
            prop_assert_eq!(free.labels(), bound.labels(), "{:?}", linkage);
            for (a, b) in free.merges().iter().zip(bound.merges()) {
                prop_assert!((a.distance - b.distance).abs() <= 1e-9 * (1.0 + a.distance), "{linkage:?}");
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let rows = heaps(1500, 3, 5, 1);
    for linkage in ALL {
        for n_neighbors in [None, Some(5)] {
            let config = AgglomerativeConfig {
                n_neighbors,
                ..with(5, linkage)
            };
            let part = config.build().unwrap();
            let model = |n| part.fit(samples(&rows, 3), &mut threads(0, n)).unwrap().model;
            let (one, three) = (model(1), model(3));
            assert_eq!(one.merges(), three.merges(), "{config:?}");
            assert_eq!(one.labels(), three.labels());
            assert!(
                (0..1500).all(|row| one.labels().as_slice()[row] == (row % 5) as i32),
                "{config:?}"
            );
        }
    }
}

#[test]
fn a_threshold_cuts() {
    let rows = [0.0, 1.0, 10.0, 12.0, 40.0];
    for (distance_threshold, labels) in [
        (0.0, [0, 1, 2, 3, 4]),
        (1.0, [0, 1, 2, 3, 4]),
        (1.5, [0, 0, 1, 2, 3]),
        (9.0, [0, 0, 1, 1, 2]),
        (99.0, [0; 5]),
    ] {
        let config = AgglomerativeConfig {
            n_clusters: None,
            distance_threshold: Some(distance_threshold),
            ..with(1, Linkage::Single)
        };
        assert_eq!(fit(&config, samples(&rows, 1)).model.labels().as_slice(), labels);
    }
}

#[test]
fn odd_data_have_a_defined_result() {
    for linkage in ALL {
        let one = fit(&with(1, linkage), samples(&[3.0, 4.0], 2));
        assert_eq!(
            (one.model.labels().as_slice(), one.model.merges().len()),
            (&[0][..], 0)
        );
        assert_eq!(one.report.termination, Termination::ClosedForm);
        let equal = fit(&with(3, linkage), samples(&[2.5; 140], 2)).model;
        assert_eq!(equal.n_clusters(), 3);
        assert!(equal.merges().iter().all(|merge| merge.distance == 0.0));
        for scale in [1e30_f32, 1e-30] {
            let rows: Vec<f32> = (0..40)
                .flat_map(|row| [(row % 2) as f32 * scale, 7.0 * scale])
                .collect();
            let model = fit(&with(2, linkage), samples(&rows, 2)).model;
            assert_eq!(model.labels().sizes(), [(0, 20), (1, 20)], "{linkage:?}");
            assert!(model.merges().iter().all(|merge| merge.distance.is_finite()));
        }
        let as_many = fit(&with(3, linkage), samples(&[1.0, 2.0, 4.0], 1)).model;
        assert_eq!(as_many.labels().as_slice(), [0, 1, 2]);
    }
}

#[test]
fn pieces_of_a_graph_are_linked() {
    let rows = [0.0, 1.0, 2.0, 50.0, 51.0, 52.0, 99.0, 100.0, 101.0];
    let config = AgglomerativeConfig {
        n_neighbors: Some(2),
        ..with(2, Linkage::Average)
    };
    let fit = fit(&config, samples(&rows, 1));
    assert_eq!(
        fit.report.notes,
        ["the neighbour graph was in 3 pieces, linked by their nearest rows"]
    );
    assert_eq!(fit.model.labels().as_slice(), [0, 0, 0, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let ctx = &mut FitContext::new(0);
    let error = with(4, Linkage::Ward)
        .build()
        .unwrap()
        .fit(samples(&[1.0, 2.0, 3.0], 1), ctx)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "agglomerative: 4 rows are needed for n_clusters = 4, but there are only 3"
    );
    let many = vec![1.0; Agglomerative::MAX_MATRIX_SAMPLES + 1];
    let error = with(2, Linkage::Complete)
        .build()
        .unwrap()
        .fit(samples(&many, 1), ctx)
        .unwrap_err();
    let FitError::Part { source, .. } = error else {
        panic!("a matrix too large is a part's error")
    };
    assert_eq!(source.downcast_ref::<MatrixTooLarge>().unwrap().limit, 30_000);
    let token = CancelToken::new();
    token.cancel();
    let error = with(1, Linkage::Ward).build().unwrap().fit(
        samples(&[1.0, 2.0], 1),
        &mut FitContext::new(0).with_cancel(token),
    );
    assert!(matches!(error, Err(FitError::Cancelled { .. })));
}

#[test]
fn options_are_checked() {
    let ward = AgglomerativeConfig {
        metric: Metric::Manhattan,
        ..AgglomerativeConfig::default()
    };
    assert_eq!(
        ward.build().unwrap_err().to_string(),
        "agglomerative.metric must be euclidean for ward's linkage, but is manhattan"
    );
    let both = AgglomerativeConfig {
        distance_threshold: Some(1.0),
        ..AgglomerativeConfig::default()
    };
    assert_eq!(both.build().unwrap_err().field, "distance_threshold");
    let neither = AgglomerativeConfig {
        n_clusters: None,
        ..AgglomerativeConfig::default()
    };
    assert_eq!(neither.build().unwrap_err().field, "distance_threshold");
    let config: AgglomerativeConfig =
        serde_json::from_str(r#"{"n_clusters": null, "distance_threshold": 2.5, "linkage": "complete"}"#)
            .unwrap();
    assert_eq!(
        (config.linkage, config.distance_threshold),
        (Linkage::Complete, Some(2.5))
    );
    assert!(serde_json::from_str::<AgglomerativeConfig>(r#"{"affinity": "l1"}"#).is_err());
}
