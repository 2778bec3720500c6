//! Against umap-learn's own values, likewise; `tests/data/umap_targets_reference.py` makes them.

use n2d_core::{FitContext, Labels, PartConfig, Samples};
use n2d_neighbors::SparseGraph;
use serde::Deserialize;

use super::blocks::Blocks;
use super::config::DensOptions;
use super::density::{DensityTerm, embedded_log_radii, log_radii};
use super::fuzzy::Views;
use super::kernel::Forces;
use super::{Curve, Given, Target, UmapConfig};

#[derive(Deserialize)]
struct Reference {
    n_neighbors: usize,
    a: f32,
    b: f32,
    x: Vec<[f32; 3]>,
    labels: Vec<i32>,
    values: Vec<f32>,
    target_n_neighbors: usize,
    embedding: Vec<[f32; 2]>,
    targets: Vec<Case>,
    radii: Radii,
    densities: Densities,
    principal: Vec<Vec<f32>>,
}

/// Edges are (i, j, weight), i < j.
#[derive(Deserialize)]
struct Case {
    weight: f32,
    by_labels: Vec<(usize, u32, f32)>,
    by_values: Vec<(usize, u32, f32)>,
}

#[derive(Deserialize)]
struct Radii {
    data: Vec<f32>,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Densities {
    log_radii: Vec<f32>,
    similarities: Vec<f32>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../tests/data/umap_targets_reference.json")).unwrap()
}

fn graph_of(reference: &Reference, target: Option<Target<'_>>) -> SparseGraph {
    let x = Samples::from_rows(reference.x.as_flattened(), 3).unwrap();
    let config = UmapConfig {
        n_neighbors: reference.n_neighbors,
        ..UmapConfig::default()
    };
    let given = Given {
        target,
        ..Given::default()
    };
    let fit = config
        .build()
        .unwrap()
        .fuzzy_graph(x, &given, &mut FitContext::new(0));
    fit.unwrap().model.graph
}

fn assert_edges(graph: &SparseGraph, expected: &[(usize, u32, f32)], what: &str) {
    assert_eq!(*graph, graph.transposed());
    let row = |i| graph.row(i).map(move |(j, weight)| (i, j, weight));
    let got: Vec<_> = (0..graph.n_rows())
        .flat_map(row)
        .filter(|&(i, j, _)| i < j as usize)
        .collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!((got.0, got.1), (expected.0, expected.1), "{what}");
        let tolerance = 1e-6 + 3e-4 * expected.2;
        assert!(
            (got.2 - expected.2).abs() < tolerance,
            "{what}: {got:?} is not {expected:?}"
        );
    }
}

#[test]
fn graphs_with_targets_are_those_of_umap_learn() {
    let reference = reference();
    let labels = Labels::new(reference.labels.clone()).unwrap();
    let values = Samples::from_rows(&reference.values, 1).unwrap();
    for case in &reference.targets {
        let weight = case.weight;
        let target = Target::Labels {
            labels: &labels,
            weight,
        };
        let what = format!("labels at {weight}");
        assert_edges(&graph_of(&reference, Some(target)), &case.by_labels, &what);
        let target = Target::Values {
            values,
            weight,
            n_neighbors: Some(reference.target_n_neighbors),
        };
        let what = format!("values at {weight}");
        assert_edges(&graph_of(&reference, Some(target)), &case.by_values, &what);
    }
}

fn assert_all_near(got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len());
    for (row, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!(
            (got - expected).abs() < tolerance,
            "row {row}: {got} is not {expected}"
        );
    }
}

#[test]
fn radii_are_those_of_umap_learn() {
    let reference = reference();
    let x = Samples::from_rows(reference.x.as_flattened(), 3).unwrap();
    let k = reference.n_neighbors - 1;
    let ctx = FitContext::new(0);
    let index = n2d_neighbors::NeighborIndex::new(x, n2d_neighbors::NeighborSearch::Exact);
    let neighbors = index.graph(x, k, &mut FitContext::new(0)).unwrap();
    let graph = graph_of(&reference, None);
    let pruned = graph.pruned(graph.max_weight() / 500.0);
    let data = log_radii(&pruned, &Views::new(&neighbors, k, None, 1.0));
    assert_all_near(&data, &reference.radii.data, 1e-3);
    let embedding = Samples::from_rows(reference.embedding.as_flattened(), 2).unwrap();
    let embedded = embedded_log_radii(embedding, k, &ctx).unwrap();
    assert_all_near(&embedded, &reference.radii.embedding, 1e-3);
}

#[test]
fn densities_of_a_layout_are_those_of_umap_learn() {
    let reference = reference();
    let graph = graph_of(&reference, None);
    let options = DensOptions {
        lambda: 2.0,
        frac: 0.3,
        var_shift: 0.1,
    };
    let term = DensityTerm::new(&graph, &reference.radii.data, options);
    let blocks = Blocks::new(reference.embedding.len());
    let points = blocks.split(|point| reference.embedding[point]);
    let curve = Curve {
        a: reference.a,
        b: reference.b,
    };
    let sums = term.sums(&graph, &blocks, &points, &Forces::new(curve, 1.0));
    let (log_radii, similarities): (Vec<f32>, Vec<f32>) = sums.into_iter().unzip();
    assert_all_near(&log_radii, &reference.densities.log_radii, 1e-3);
    assert_all_near(&similarities, &reference.densities.similarities, 1e-3);
}

#[test]
fn principal_components_are_those_of_scikit_learn() {
    let reference = reference();
    let x = Samples::from_rows(reference.x.as_flattened(), 3).unwrap();
    let found = crate::pca::project(x, 2, &mut FitContext::new(0)).unwrap();
    // In units of the largest difference from a mean, and either way round.
    for (component, expected) in reference.principal.iter().enumerate() {
        let got: Vec<f32> = found.iter().skip(component).step_by(2).copied().collect();
        let ratios = got.iter().zip(expected).map(|(got, expected)| got / expected);
        let ratio = ratios.clone().next().unwrap();
        for (row, other) in ratios.enumerate() {
            assert!(
                (other / ratio - 1.0).abs() < 1e-3,
                "component {component}, row {row}"
            );
        }
    }
}
