//! Against umap-learn's own values; `tests/data/umap_reference.py` makes them.

use n2d_core::{FitContext, Samples};
use n2d_neighbors::{NeighborIndex, NeighborSearch, Neighbors, SparseGraph};
use serde::Deserialize;

use super::Init;
use super::curve::Curve;
use super::fuzzy::{Surroundings, Views};
use super::init::{Wanted, start};

#[derive(Deserialize)]
struct Reference {
    /// spread, min_dist, a, b
    curves: Vec<[f64; 4]>,
    surroundings: SurroundingsOf,
    n_neighbors: usize,
    x: Vec<[f32; 3]>,
    graphs: Vec<Graph>,
    /// Eigenvectors.
    spectral: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct SurroundingsOf {
    distances: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    local_connectivity: f64,
    sigma: Vec<f64>,
    rho: Vec<f64>,
}

#[derive(Deserialize)]
struct Graph {
    set_op_mix_ratio: f32,
    /// (i, j, weight), i < j
    edges: Vec<(usize, u32, f32)>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../tests/data/umap_reference.json")).unwrap()
}

fn neighbors(reference: &Reference) -> Neighbors {
    let values = reference.x.as_flattened();
    let x = Samples::from_rows(values, 3).unwrap();
    NeighborIndex::new(x, NeighborSearch::Auto)
        .graph(x, reference.n_neighbors - 1, &mut FitContext::new(0))
        .unwrap()
}

fn assert_near(got: f64, expected: f64, relative: f64, what: &str) {
    assert!(
        (got - expected).abs() <= relative * expected.abs(),
        "{what}: {got} is not {expected}"
    );
}

#[test]
fn curves_are_those_of_umap_learn() {
    for [spread, min_dist, a, b] in reference().curves {
        let curve = Curve::fitted(spread, min_dist);
        assert_near(curve.a.into(), a, 1e-4, "a");
        assert_near(curve.b.into(), b, 1e-4, "b");
    }
}

#[test]
fn surroundings_are_those_of_umap_learn() {
    let SurroundingsOf { distances, cases } = reference().surroundings;
    let n_values: usize = distances.iter().map(|row| row.len() + 1).sum();
    let mean = distances.iter().flatten().map(|&d| f64::from(d)).sum::<f64>() / n_values as f64;
    for case in cases {
        for (row, distances) in distances.iter().enumerate() {
            let seen = Surroundings::of(distances, case.local_connectivity, mean);
            let what = format!("row {row} at {}", case.local_connectivity);
            assert_near(seen.rho, case.rho[row], 1e-6, &format!("rho of {what}"));
            assert_near(seen.sigma, case.sigma[row], 1e-4, &format!("sigma of {what}"));
        }
    }
}

/// Data of any size looks the same: widths keep their proportion to it.
#[test]
fn surroundings_scale_with_the_data() {
    for scale in [(-90_f32).exp2(), 90_f32.exp2()] {
        let distances = [0.5, 0.7, 1.1, 1.2, 2.0];
        let usual = Surroundings::of(&distances, 1.0, 1.0);
        let sized = Surroundings::of(&distances.map(|d| d * scale), 1.0, f64::from(scale));
        assert_eq!(sized.sigma, usual.sigma * f64::from(scale));
    }
}

fn upper(graph: &SparseGraph) -> Vec<(usize, u32, f32)> {
    let row = |i| graph.row(i).map(move |(j, weight)| (i, j, weight));
    (0..graph.n_rows())
        .flat_map(row)
        .filter(|&(i, j, _)| i < j as usize)
        .collect()
}

#[test]
fn fuzzy_graphs_are_those_of_umap_learn() {
    let reference = reference();
    let neighbors = neighbors(&reference);
    for expected in &reference.graphs {
        let views = Views::new(&neighbors, neighbors.k(), None, 1.0);
        let graph = views.fuzzy_graph(expected.set_op_mix_ratio).graph;
        assert_eq!(graph, graph.transposed());
        let got = upper(&graph);
        assert_eq!(got.len(), expected.edges.len());
        for (got, expected) in got.iter().zip(&expected.edges) {
            assert_eq!((got.0, got.1), (expected.0, expected.1));
            assert!((got.2 - expected.2).abs() < 1e-4, "{got:?} is not {expected:?}");
        }
    }
}

/// The start is each eigenvector, either way round, stretched and blurred a little.
#[test]
fn spectral_starts_are_those_of_umap_learn() {
    let reference = reference();
    let neighbors = neighbors(&reference);
    let graph = Views::new(&neighbors, neighbors.k(), None, 1.0)
        .fuzzy_graph(1.0)
        .graph;
    let n_components = reference.spectral.len();
    let wanted = Wanted::Made(Init::Spectral);
    let start = start(wanted, &graph, None, n_components, &mut FitContext::new(0)).unwrap();
    assert_eq!(start.note, None);
    for (component, expected) in reference.spectral.iter().enumerate() {
        let values = start.positions.iter().skip(component).step_by(n_components);
        let got: Vec<f64> = values.map(|&v| v.into()).collect();
        let r = correlation(&got, expected);
        assert!(r.abs() > 0.9999, "component {component}: correlation {r}");
        let (low, high) = got
            .iter()
            .fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
        assert!(low.abs() < 1e-3 && (high - 10.0).abs() < 1e-3, "{low} to {high}");
    }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let centred = |v: &[f64]| -> Vec<f64> {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        v.iter().map(|v| v - mean).collect()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (centred(a), centred(b));
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}
