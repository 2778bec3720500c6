//! Learners by other metrics, by approximate searches, and with neighbours that were found elsewhere.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::persist::{from_bytes, to_bytes};
use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples, Transform};
use n2d_manifold::spectral::Affinity;
use n2d_manifold::{
    FittedIsomap, FittedSpectralEmbedding, FittedTsne, IsomapConfig, LocallyLinearEmbeddingConfig,
    SpectralEmbeddingConfig, TsneConfig,
};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch, Neighbors};
use support::{blobs, samples};

fn neighbors(x: Samples<'_>, metric: Metric, k: usize) -> Neighbors {
    NeighborIndex::exact(x, metric)
        .graph(x, k, &mut FitContext::new(0))
        .unwrap()
}

fn quick_tsne() -> TsneConfig {
    TsneConfig {
        perplexity: 5.0,
        max_iter: 60,
        ..TsneConfig::new(2)
    }
}

/// For a learner: by `metric` the same as with the neighbours found by it, another result than by euclidean distances, and a file
/// that remembers the metric.
macro_rules! by_metric {
    ($config:expr, $fitted:ty, $k:expr) => {{
        let rows = blobs(120, 6, 3, 4.0, 1);
        let x = samples(&rows, 6);
        let mut ctx = FitContext::new(1);
        for metric in [Metric::Manhattan, Metric::Cosine] {
            let mut config = $config;
            config.metric = metric;
            let part = config.build().unwrap();
            let fitted = part.fit(x, &mut ctx).unwrap().model;
            let given = part
                .fit_neighbors(x, &neighbors(x, metric, $k + 2), &mut ctx)
                .unwrap()
                .model;
            assert_eq!(fitted.embedding(), given.embedding(), "{metric}");
            let euclidean = $config.build().unwrap().fit(x, &mut ctx).unwrap().model;
            assert_ne!(fitted.embedding(), euclidean.embedding(), "{metric}");
            let new = Samples::from_rows(&x.as_slice()[..12], 6).unwrap();
            let loaded: $fitted = from_bytes(&to_bytes(&fitted).unwrap()).unwrap();
            assert_eq!(
                loaded.transform(new).unwrap(),
                fitted.transform(new).unwrap(),
                "{metric}"
            );

            let too_few = part
                .fit_neighbors(x, &neighbors(x, metric, 2), &mut ctx)
                .unwrap_err();
            assert!(
                format!("{too_few:?}").contains("others of each row"),
                "{too_few:?}"
            );
            let other = blobs(60, 6, 2, 4.0, 2);
            let others = neighbors(samples(&other, 6), metric, $k);
            let error = part.fit_neighbors(x, &others, &mut ctx).unwrap_err();
            assert!(
                format!("{error:?}").contains("of 120 rows, as the data"),
                "{error:?}"
            );
        }
    }};
}

#[test]
fn metrics_count_and_neighbours_may_be_given() {
    by_metric!(IsomapConfig::new(2), FittedIsomap, 5);
    by_metric!(SpectralEmbeddingConfig::new(2), FittedSpectralEmbedding, 9);
    by_metric!(quick_tsne(), FittedTsne, 16);
}

#[test]
fn lle_takes_neighbours_too() {
    let rows = blobs(80, 4, 2, 4.0, 1);
    let x = samples(&rows, 4);
    let part = LocallyLinearEmbeddingConfig::new(2).build().unwrap();
    let mut ctx = FitContext::new(1);
    let found = part.fit(x, &mut ctx).unwrap().model;
    let given = part
        .fit_neighbors(x, &neighbors(x, Metric::Euclidean, 7), &mut ctx)
        .unwrap()
        .model;
    assert_eq!(found.embedding(), given.embedding());
}

#[test]
fn an_approximate_search_is_told() {
    let rows = blobs(600, 5, 3, 4.0, 1);
    let x = samples(&rows, 5);
    let config = IsomapConfig {
        search: NeighborSearch::NnDescent,
        ..IsomapConfig::new(2)
    };
    let fit = config.build().unwrap().fit(x, &mut FitContext::new(0)).unwrap();
    let told = fit.report.notes.iter().any(|note| note.contains("nn_descent"));
    assert!(told, "{:?}", fit.report.notes);
}

#[test]
fn what_would_be_ignored_is_refused() {
    let rbf = SpectralEmbeddingConfig {
        affinity: Affinity::Rbf,
        ..SpectralEmbeddingConfig::new(2)
    };
    let rows = blobs(40, 3, 2, 4.0, 1);
    let x = samples(&rows, 3);
    let given = neighbors(x, Metric::Euclidean, 9);
    let error = rbf
        .build()
        .unwrap()
        .fit_neighbors(x, &given, &mut FitContext::new(0));
    assert!(format!("{:?}", error.unwrap_err()).contains("left out with affinity = rbf"));
    for config in [
        SpectralEmbeddingConfig {
            metric: Metric::Cosine,
            ..rbf.clone()
        },
        SpectralEmbeddingConfig {
            search: NeighborSearch::BruteForce,
            ..rbf
        },
    ] {
        assert!(config.build().unwrap_err().to_string().contains("affinity = rbf"));
    }
}

/// More pieces than are joined pair by pair, by a metric that no tree knows.
#[test]
fn many_pieces_are_joined_by_any_metric() {
    let values: Vec<f32> = (0..40)
        .flat_map(|group| (0..4).map(move |i| (group, i)))
        .flat_map(|(group, i)| [group as f32 * 50.0 + i as f32, 1.0 + i as f32])
        .collect();
    let x = Samples::from_rows(&values, 2).unwrap();
    let config = IsomapConfig {
        n_neighbors: 3,
        metric: Metric::Canberra,
        ..IsomapConfig::new(1)
    };
    let fit = config.build().unwrap().fit(x, &mut FitContext::new(0)).unwrap();
    assert!(fit.model.embedding().iter().all(|v| v.is_finite()));
}
