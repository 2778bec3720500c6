//! Against scikit-learn's own values; `tests/data/learners_reference.py` makes them.

use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples};
use n2d_neighbors::{NeighborIndex, NeighborSearch};
use serde::Deserialize;

use super::affinity::Affinities;
use super::config::Method;
use super::descent::Descent;
use super::{Tsne, TsneConfig};

#[derive(Deserialize)]
struct All {
    tsne: Reference,
}

#[derive(Deserialize)]
struct Reference {
    x: Vec<f32>,
    perplexity: f64,
    /// (i, j, p), i < j
    p: Vec<(usize, u32, f32)>,
    cases: Vec<Case>,
    /// What scikit-learn reaches.
    divergence: f64,
}

#[derive(Deserialize)]
struct Case {
    n_components: usize,
    y: Vec<f32>,
    divergence: f64,
    gradient: Vec<f32>,
    moved: Vec<f32>,
}

fn reference() -> Reference {
    serde_json::from_str::<All>(include_str!("../../tests/data/learners_reference.json"))
        .unwrap()
        .tsne
}

fn affinities(reference: &Reference) -> Affinities {
    let x = Samples::from_rows(&reference.x, 4).unwrap();
    let k = (3.0 * reference.perplexity) as usize + 1;
    let index = NeighborIndex::new(x, NeighborSearch::Auto);
    Affinities::of(
        &index.graph(x, k, &mut FitContext::new(0)).unwrap(),
        reference.perplexity,
    )
}

#[test]
fn affinities_are_those_of_scikit_learn() {
    let reference = reference();
    let affinities = affinities(&reference);
    let row = |i: usize| {
        let (columns, weights) = affinities.row(i);
        columns.iter().zip(weights).map(move |(&j, &p)| (i, j, p))
    };
    let upper: Vec<_> = (0..60)
        .flat_map(row)
        .filter(|&(i, j, _)| i < j as usize)
        .collect();
    assert_eq!(upper.len(), reference.p.len());
    for (got, expected) in upper.iter().zip(&reference.p) {
        assert_eq!((got.0, got.1), (expected.0, expected.1));
        assert!(
            (got.2 - expected.2).abs() < 1e-4 * expected.2 + 1e-9,
            "{got:?} {expected:?}"
        );
    }
}

#[test]
fn gradients_are_those_of_scikit_learn() {
    let reference = reference();
    let affinities = affinities(&reference);
    for case in &reference.cases {
        let config = TsneConfig {
            method: Method::Exact,
            ..TsneConfig::new(case.n_components)
        };
        let (gradient, divergence) =
            Descent::new(&config, &affinities, case.y.clone()).gradient_and_divergence();
        assert!(
            (divergence - case.divergence).abs() < 1e-5,
            "{divergence} {}",
            case.divergence
        );
        for (got, expected) in gradient.iter().zip(&case.gradient) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }
}

/// Momentum, gains and step lengths: eight iterations of the exaggerated phase from one start.
#[test]
fn iterations_are_those_of_scikit_learn() {
    let reference = reference();
    let affinities = affinities(&reference);
    for case in &reference.cases {
        let config = TsneConfig {
            method: Method::Exact,
            max_iter: 8,
            learning_rate: Some(3.0),
            ..TsneConfig::new(case.n_components)
        };
        let mut descent = Descent::new(&config, &affinities, case.y.clone());
        descent.run(&mut FitContext::new(0)).unwrap();
        let size = case.moved.iter().fold(0.0_f32, |size, v| size.max(v.abs()));
        for (got, expected) in descent.y.iter().zip(&case.moved) {
            assert!((got - expected).abs() < 2e-3 * size, "{got} {expected} of {size}");
        }
    }
}

#[test]
fn layouts_are_as_good_as_those_of_scikit_learn() {
    let reference = reference();
    let x = Samples::from_rows(&reference.x, 4).unwrap();
    for method in [Method::Exact, Method::BarnesHut] {
        let config = TsneConfig {
            perplexity: reference.perplexity,
            method,
            ..TsneConfig::new(2)
        };
        let fit = Tsne { config }.fit(x, &mut FitContext::new(0)).unwrap();
        let (_, divergence) = fit.report.objective.unwrap();
        assert!(
            divergence < 1.1 * reference.divergence,
            "{method:?}: {divergence} {}",
            reference.divergence
        );
        assert_eq!(fit.model.name(), TsneConfig::NAME);
    }
}
