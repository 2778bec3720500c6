//! PCA, spectral embedding, Isomap and LLE against scikit-learn's own values; `data/learners_reference.py` makes them.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples, Transform};
use n2d_manifold::spectral::Affinity;
use n2d_manifold::{
    IsomapConfig, LocallyLinearEmbeddingConfig, PcaConfig, SpectralEmbeddingConfig, lle, pca::PcaSolver,
};
use ndarray::{ArrayView2, ArrayViewD};
use serde::Deserialize;
use support::notes;

#[derive(Deserialize)]
struct Reference {
    pca: Vec<PcaCase>,
    spectral: SpectralCase,
    isomap: Vec<IsomapCase>,
    lle: Vec<LleCase>,
}

#[derive(Deserialize)]
struct PcaCase {
    n_features: usize,
    x: Vec<f32>,
    n_components: usize,
    components: Vec<f64>,
    variance: Vec<f64>,
    ratio: Vec<f64>,
    embedding: Vec<f64>,
    whitened: Vec<f64>,
}

#[derive(Deserialize)]
struct SpectralCase {
    x: Vec<f32>,
    nearest_neighbors: Vec<f64>,
    rbf: Vec<f64>,
}

#[derive(Deserialize)]
struct IsomapCase {
    x: Vec<f32>,
    n_neighbors: usize,
    n_components: usize,
    embedding: Vec<f64>,
    error: f64,
    new: Vec<f32>,
    placed: Vec<f64>,
}

#[derive(Deserialize)]
struct LleCase {
    method: lle::Method,
    x: Vec<f32>,
    embedding: Vec<f64>,
    error: f64,
    new: Vec<f32>,
    placed: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("data/learners_reference.json")).unwrap()
}

fn samples(values: &[f32], d: usize) -> Samples<'_> {
    Samples::from_rows(values, d).unwrap()
}

fn ctx() -> FitContext<'static> {
    FitContext::new(0)
}

/// That values are as expected, to a part of the largest.
fn assert_near(got: ArrayViewD<'_, f64>, expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let size = expected.iter().fold(0.0_f64, |size, v| size.max(v.abs()));
    for (got, expected) in got.iter().zip(expected) {
        assert!(
            (got - expected).abs() <= tolerance * size,
            "{what}: {got} {expected} of {size}"
        );
    }
}

/// The same up to the sign of each column, which is given by the first argument pair and kept for the second.
fn assert_same(pairs: [(ArrayView2<'_, f32>, &[f64]); 2], tolerance: f64, what: &str) {
    let width = pairs[0].0.ncols();
    for column in 0..width {
        let columns = pairs.map(|(got, expected)| {
            let got: Vec<f64> = got.column(column).iter().map(|&v| v.into()).collect();
            let expected: Vec<f64> = expected.iter().skip(column).step_by(width).copied().collect();
            (got, expected)
        });
        let dot: f64 = columns[0].0.iter().zip(&columns[0].1).map(|(a, b)| a * b).sum();
        for (got, expected) in columns {
            let turned: Vec<f64> = expected.iter().map(|v| v * dot.signum()).collect();
            let got = ndarray::Array1::from(got).into_dyn();
            assert_near(
                got.view(),
                &turned,
                tolerance,
                &format!("{what}, column {column}"),
            );
        }
    }
}

#[test]
fn pca_is_that_of_scikit_learn() {
    for case in reference().pca {
        let x = samples(&case.x, case.n_features);
        for solver in [PcaSolver::Exact, PcaSolver::Lanczos] {
            let config = PcaConfig {
                solver,
                ..PcaConfig::new(case.n_components)
            };
            let model = config.build().unwrap().fit(x, &mut ctx()).unwrap().model;
            assert_near(
                model.components().into_dyn(),
                &case.components,
                1e-6,
                "components",
            );
            let variance = ndarray::ArrayView1::from(model.explained_variance());
            assert_near(variance.into_dyn(), &case.variance, 1e-8, "variance");
            let ratio = ndarray::Array1::from(model.explained_variance_ratio()).into_dyn();
            assert_near(ratio.view(), &case.ratio, 1e-8, "ratio");
            let embedding = model.embedding().mapv(f64::from).into_dyn();
            assert_near(embedding.view(), &case.embedding, 1e-6, "embedding");
            assert_eq!(model.transform(x).unwrap(), model.embedding());
            let white = PcaConfig {
                whiten: true,
                ..config
            }
            .build()
            .unwrap()
            .fit(x, &mut ctx())
            .unwrap()
            .model;
            let whitened = white.embedding().mapv(f64::from).into_dyn();
            assert_near(whitened.view(), &case.whitened, 1e-5, "whitened");
        }
    }
}

#[test]
fn spectral_embeddings_are_those_of_scikit_learn() {
    let case = reference().spectral;
    let x = samples(&case.x, 3);
    let nearest = SpectralEmbeddingConfig {
        n_neighbors: 9,
        eigen_tol: 1e-9,
        ..SpectralEmbeddingConfig::new(3)
    };
    let rbf = SpectralEmbeddingConfig {
        affinity: Affinity::Rbf,
        gamma: Some(0.02),
        eigen_tol: 1e-9,
        ..SpectralEmbeddingConfig::new(3)
    };
    for (config, expected) in [(nearest, &case.nearest_neighbors), (rbf, &case.rbf)] {
        let fit = config.build().unwrap().fit(x, &mut ctx()).unwrap();
        assert!(notes(&fit.report).is_empty(), "{:?}", fit.report.notes);
        let embedding = fit.model.embedding().mapv(f64::from).into_dyn();
        assert_near(embedding.view(), expected, 1e-4, "with the sign");
    }
}

#[test]
fn isomap_is_that_of_scikit_learn() {
    for case in reference().isomap {
        let config = IsomapConfig {
            n_neighbors: case.n_neighbors,
            ..IsomapConfig::new(case.n_components)
        };
        let fit = config
            .build()
            .unwrap()
            .fit(samples(&case.x, 3), &mut ctx())
            .unwrap();
        let placed = fit.model.transform(samples(&case.new, 3)).unwrap();
        let pairs = [
            (fit.model.embedding(), &case.embedding[..]),
            (placed.view(), &case.placed),
        ];
        assert_same(pairs, 1e-4, "isomap");
        let (_, error) = fit.report.objective.unwrap();
        assert!(
            (error - case.error).abs() < 1e-4 * case.error,
            "{error} {}",
            case.error
        );
    }
}

#[test]
fn lle_is_that_of_scikit_learn() {
    for case in reference().lle {
        let config = LocallyLinearEmbeddingConfig {
            n_neighbors: 8,
            method: case.method,
            ..LocallyLinearEmbeddingConfig::new(2)
        };
        let fit = config
            .build()
            .unwrap()
            .fit(samples(&case.x, 3), &mut ctx())
            .unwrap();
        let placed = fit.model.transform(samples(&case.new, 3)).unwrap();
        let pairs = [
            (fit.model.embedding(), &case.embedding[..]),
            (placed.view(), &case.placed),
        ];
        assert_same(pairs, 1e-3, &format!("{:?}", case.method));
        let (_, error) = fit.report.objective.unwrap();
        assert!(
            (error - case.error).abs() < 1e-3 * case.error,
            "{error} {}",
            case.error
        );
    }
}
