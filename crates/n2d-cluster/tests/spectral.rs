//! Properties of spectral clustering.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{
    Affinity, AffinityError, AssignLabels, FittedSpectralClustering, SpectralClustering,
    SpectralClusteringConfig,
};
use n2d_core::{CancelToken, Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Samples};

fn fit(config: &SpectralClusteringConfig, y: Samples<'_>) -> Fit<FittedSpectralClustering> {
    config.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap()
}

/// Two rings, one within the other.
fn rings(n: usize) -> Vec<f32> {
    let point = |at: usize| {
        let (radius, angle) = ([1.0, 4.0][at % 2], at as f32 * 0.7131);
        [radius * angle.cos(), radius * angle.sin()]
    };
    (0..n).flat_map(point).collect()
}

/// Heaps in a row, far from one another.
fn far_heaps(n: usize, n_groups: usize) -> Vec<f32> {
    let rows = heaps(n, 2, 1, 3).into_iter().enumerate();
    rows.map(|(at, x)| x + 100.0 * (at / 2 % n_groups) as f32)
        .collect()
}

#[test]
fn rings_are_told_apart() {
    let rows = rings(400);
    for (affinity, gamma) in [(Affinity::NearestNeighbors, 1.0), (Affinity::Rbf, 4.0)] {
        for assign_labels in [AssignLabels::KMeans, AssignLabels::ClusterQr] {
            let config = SpectralClusteringConfig {
                affinity,
                gamma,
                assign_labels,
                ..SpectralClusteringConfig::new(2)
            };
            let fit = fit(&config, samples(&rows, 2));
            assert!(
                (0..400).all(|row| fit.model.labels().as_slice()[row] == (row % 2) as i32),
                "{config:?}"
            );
            assert_eq!(fit.model.embedding().dim(), (400, 2));
            assert!(
                fit.model.eigenvalues()[0] == 0.0 && fit.report.notes.is_empty(),
                "{:?}",
                fit.report.notes
            );
        }
    }
}

#[test]
fn threads_change_nothing() {
    let rows = heaps(5000, 3, 4, 1);
    let part = SpectralClusteringConfig::new(4).build().unwrap();
    let model = |n| part.fit(samples(&rows, 3), &mut threads(7, n)).unwrap().model;
    let (one, three) = (model(1), model(3));
    assert_eq!(one.embedding(), three.embedding());
    assert_eq!(one.labels(), three.labels());
    assert!((0..5000).all(|row| one.labels().as_slice()[row] == (row % 4) as i32));
}

#[test]
fn more_pieces_than_components_are_linked() {
    let rows = far_heaps(600, 6);
    let fit = fit(&SpectralClusteringConfig::new(3), samples(&rows, 2));
    assert_eq!(fit.report.notes.len(), 1);
    assert!(
        fit.report.notes[0].starts_with("the neighbour graph was in 6 pieces, more than the 3 components")
    );
    let labels = fit.model.labels().as_slice();
    // Pieces stay whole.
    assert!((6..600).all(|row| labels[row] == labels[row - 6]));
    assert_eq!(fit.model.labels().n_clusters(), 3);
}

#[test]
fn fewer_pieces_than_components_are_taken_apart_further() {
    let rows = far_heaps(400, 2);
    let fit = fit(&SpectralClusteringConfig::new(4), samples(&rows, 2));
    assert_eq!(
        fit.model
            .eigenvalues()
            .iter()
            .filter(|&&value| value == 0.0)
            .count(),
        2
    );
    assert!(fit.model.eigenvalues().windows(2).all(|pair| pair[0] <= pair[1]));
    assert_eq!(fit.model.labels().n_clusters(), 4);
}

#[test]
fn odd_data_have_a_defined_result() {
    let small = SpectralClusteringConfig {
        n_neighbors: 3,
        ..SpectralClusteringConfig::new(2)
    };
    let equal = fit(&small, samples(&[2.5; 40], 2));
    assert_eq!(equal.model.labels().len(), 20);
    for scale in [1e30_f32, 1e-30] {
        let rows: Vec<f32> = (0..40)
            .flat_map(|row| [((row % 2) * 50 + row) as f32 * scale, 7.0 * scale])
            .collect();
        let model = fit(&small, samples(&rows, 2)).model;
        assert_eq!(model.labels().sizes(), [(0, 20), (1, 20)]);
    }
    let rbf = SpectralClusteringConfig {
        affinity: Affinity::Rbf,
        ..SpectralClusteringConfig::new(1)
    };
    assert_eq!(fit(&rbf, samples(&[3.0], 1)).model.labels().as_slice(), [0]);
    let rbf = SpectralClusteringConfig {
        affinity: Affinity::Rbf,
        ..SpectralClusteringConfig::new(2)
    };
    assert_eq!(
        fit(&rbf, samples(&[0.0, 1.0, 9e9], 1)).model.labels().as_slice(),
        [0, 0, 1]
    );
    let all = SpectralClusteringConfig {
        n_neighbors: 3,
        ..SpectralClusteringConfig::new(3)
    };
    assert_eq!(
        fit(&all, samples(&[0.0, 1.0, 5.0], 1))
            .model
            .labels()
            .n_clusters(),
        3
    );
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let refused = |config: &SpectralClusteringConfig, rows: &[f32]| {
        config
            .build()
            .unwrap()
            .fit(samples(rows, 1), &mut FitContext::new(0))
            .unwrap_err()
    };
    let config = SpectralClusteringConfig::new(2);
    assert_eq!(
        refused(&config, &[1.0; 9]).to_string(),
        "spectral: 10 rows are needed for n_neighbors = 10, but there are only 9"
    );
    assert!(matches!(
        refused(&config, &[1.0]),
        FitError::TooFewSamples { needed: 2, .. }
    ));
    let rbf = SpectralClusteringConfig {
        affinity: Affinity::Rbf,
        ..config
    };
    let reason = |error| match error {
        FitError::Part { source, .. } => source.downcast_ref::<AffinityError>().unwrap().clone(),
        other => panic!("an affinity error is a part's error, not {other}"),
    };
    let error = reason(refused(&rbf, &[0.0, 1e9, 2e9]));
    assert!(matches!(
        error,
        AffinityError::Vanishing {
            n_pieces: 3,
            n_components: 2,
            ..
        }
    ));
    let many = vec![1.0; SpectralClustering::MAX_RBF_SAMPLES + 1];
    assert!(matches!(
        reason(refused(&rbf, &many)),
        AffinityError::TooManyRows { limit: 10_000, .. }
    ));
    let token = CancelToken::new();
    token.cancel();
    let cancelled = config
        .build()
        .unwrap()
        .fit(samples(&[1.0; 20], 1), &mut FitContext::new(0).with_cancel(token));
    assert!(matches!(cancelled, Err(FitError::Cancelled { .. })));
}

#[test]
fn options_are_checked() {
    let qr = SpectralClusteringConfig {
        assign_labels: AssignLabels::ClusterQr,
        n_components: Some(5),
        ..SpectralClusteringConfig::new(3)
    };
    assert_eq!(qr.build().unwrap_err().field, "n_components");
    let one = SpectralClusteringConfig {
        n_neighbors: 1,
        ..SpectralClusteringConfig::new(3)
    };
    assert_eq!(
        one.build().unwrap_err().to_string(),
        "spectral.n_neighbors must be at least 2, but is 1"
    );
    let config: SpectralClusteringConfig =
        serde_json::from_str(r#"{"affinity": "rbf", "assign_labels": "cluster_qr", "gamma": 0.5}"#).unwrap();
    assert_eq!(
        (config.affinity, config.assign_labels),
        (Affinity::Rbf, AssignLabels::ClusterQr)
    );
    assert!(serde_json::from_str::<SpectralClusteringConfig>(r#"{"degree": 3}"#).is_err());
}
