//! Data that breaks naive neighbour searches and eigensolvers.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::rng::SplitMix64;
use n2d_core::{CancelToken, FitContext, FitError, Samples};
use n2d_neighbors::{
    Eigenvectors, NeighborIndex, NeighborSearch, Neighbors, SparseGraph, laplacian_eigenvectors,
};

const BOTH: [NeighborSearch; 2] = [NeighborSearch::KdTree, NeighborSearch::BruteForce];

fn uniform(len: usize, seed: u64) -> Vec<f32> {
    let mut rng = SplitMix64::new(seed, 0, 0);
    (0..len)
        .map(|_| rng.below(1 << 24) as f32 / (1 << 24) as f32)
        .collect()
}

fn graph(values: &[f32], d: usize, k: usize, search: NeighborSearch) -> Neighbors {
    let x = Samples::from_rows(values, d).unwrap();
    NeighborIndex::new(x, search)
        .graph(x, k, &mut FitContext::new(0))
        .unwrap()
}

fn all_indices(graph: &Neighbors) -> Vec<&[u32]> {
    (0..graph.n_rows()).map(|row| graph.indices(row)).collect()
}

#[test]
fn two_points_are_each_others_neighbours() {
    for search in BOTH {
        let found = graph(&[1.0, 2.0, 4.0, 6.0], 2, 1, search);
        assert_eq!(all_indices(&found), [[1], [0]]);
        assert_eq!(found.distances(1), [5.0]);
    }
}

#[test]
fn all_others_are_neighbours_where_k_says_so() {
    let values = uniform(200 * 30, 1);
    for search in BOTH {
        let found = graph(&values, 30, 199, search);
        for row in 0..200 {
            let mut indices = found.indices(row).to_vec();
            indices.sort_unstable();
            assert!(
                indices.into_iter().eq((0..200).filter(|&i| i != row as u32)),
                "{search:?}"
            );
            assert!(found.distances(row).is_sorted());
        }
    }
}

/// More duplicates than a leaf or a candidate list holds: ties go to the smallest indices, both ways.
#[test]
fn ties_go_by_index() {
    let constant = vec![3.0; 500 * 4];
    let mut two_places = uniform(2 * 30, 2).repeat(150);
    two_places.extend(uniform(30, 3));
    for search in BOTH {
        let found = graph(&constant, 4, 5, search);
        assert_eq!(found.indices(0), [1, 2, 3, 4, 5]);
        assert_eq!(found.indices(3), [0, 1, 2, 4, 5]);
        assert_eq!(found.indices(499), [0, 1, 2, 3, 4]);
        assert_eq!(found.distances(499), [0.0; 5]);
        let found = graph(&two_places, 30, 3, search);
        assert_eq!(found.indices(4), [0, 2, 6]);
        assert_eq!(found.indices(299), [1, 3, 5]);
    }
}

#[test]
fn both_ways_agree_far_from_the_origin() {
    let values: Vec<f32> = uniform(400 * 8, 4)
        .iter()
        .map(|v| 1e6 + (v * 64.0).round())
        .collect();
    assert_eq!(graph(&values, 8, 10, BOTH[0]), graph(&values, 8, 10, BOTH[1]));
}

/// Scaled by a power of two, where squares overflow or vanish, points have the same neighbours at scaled distances.
#[test]
fn size_does_not_matter() {
    let values = uniform(150 * 6, 5);
    for search in BOTH {
        let usual = graph(&values, 6, 7, search);
        for factor in [(-100_f32).exp2(), (-40_f32).exp2(), 60_f32.exp2(), 120_f32.exp2()] {
            let sized: Vec<f32> = values.iter().map(|v| v * factor).collect();
            let found = graph(&sized, 6, 7, search);
            assert_eq!(all_indices(&found), all_indices(&usual), "{search:?} {factor}");
            for row in 0..150 {
                let scaled = usual.distances(row).iter().map(|d| d * factor);
                assert!(scaled.eq(found.distances(row).iter().copied()));
            }
        }
    }
}

#[test]
fn the_largest_numbers_give_finite_distances() {
    let values = [f32::MAX, -f32::MAX, 0.0, f32::MAX / 2.0];
    for search in BOTH {
        let found = graph(&values, 1, 3, search);
        assert_eq!(found.indices(0), [3, 2, 1]);
        assert_eq!(found.distances(0)[2], f32::MAX);
    }
}

/// A new row from which every point is infinitely far in squares still has `k` different neighbours.
#[test]
fn far_rows_have_neighbours() {
    for (size, far) in [(1.0, 1e38), (1.0, 1e20), (1e-30, 1.0), (1e30, -f32::MAX)] {
        for d in [2, 40] {
            let values: Vec<f32> = uniform(100 * d, 6).iter().map(|v| v * size).collect();
            for search in BOTH {
                let index = NeighborIndex::new(Samples::from_rows(&values, d).unwrap(), search);
                let row: Vec<f32> = (0..d).map(|f| if f % 2 == 0 { far } else { -far }).collect();
                let found = index.query(Samples::from_rows(&row, d).unwrap(), 4).unwrap();
                let mut indices = found.indices(0).to_vec();
                indices.sort_unstable();
                indices.dedup();
                assert_eq!(
                    indices.len(),
                    4,
                    "{search:?} {size} {far}: {:?}",
                    found.indices(0)
                );
                assert!(found.distances(0).iter().all(|d| d.is_finite() && *d > 0.0));
            }
        }
    }
}

#[test]
fn a_set_token_ends_the_search() {
    let token = CancelToken::new();
    token.cancel();
    let x = uniform(100, 7);
    let x = Samples::from_rows(&x, 1).unwrap();
    let result =
        NeighborIndex::new(x, NeighborSearch::Auto).graph(x, 3, &mut FitContext::new(0).with_cancel(token));
    assert!(matches!(result, Err(FitError::Cancelled { .. })));
}

fn eigenvectors(graph: &SparseGraph, n_vectors: usize) -> Eigenvectors {
    laplacian_eigenvectors(graph, n_vectors, 1e-9, 20_000, &FitContext::new(3)).unwrap()
}

/// A path with weights that leave no symmetry.
fn path(n: u32) -> SparseGraph {
    let edge = |i: u32| 1.0 / (1.0 + i as f32);
    let row = |i: u32| {
        let before = i.checked_sub(1).map(|j| (j, edge(j)));
        before
            .into_iter()
            .chain((i + 1 < n).then(|| (i + 1, edge(i))))
            .collect()
    };
    SparseGraph::from_rows((0..n).map(row).collect())
}

/// `|L v - l v|` for one pair.
fn residual(graph: &SparseGraph, value: f64, v: &[f64]) -> f64 {
    let roots: Vec<f64> = graph.degrees().iter().map(|d| d.sqrt()).collect();
    let image = |i: usize| -> f64 {
        let terms = graph.row(i).map(|(j, w)| {
            let j = j as usize;
            f64::from(w) * v[j] / (roots[i] * roots[j])
        });
        v[i] - terms.sum::<f64>()
    };
    (0..v.len())
        .map(|i| (image(i) - value * v[i]).powi(2))
        .sum::<f64>()
        .sqrt()
}

/// Three vectors make a subspace of 36: graphs a little smaller and a little larger than that.
#[test]
fn graphs_about_as_large_as_the_subspace_are_solved() {
    for n in [33, 36, 37, 38, 39, 45] {
        let graph = path(n);
        let found = eigenvectors(&graph, 3);
        assert_eq!(found.values.len(), 3);
        assert!(found.values.is_sorted());
        for (&value, v) in found.values.iter().zip(&found.vectors) {
            assert!(value > 1e-6, "n = {n}: the constant function is left out");
            assert!(residual(&graph, value, v) < 1e-7, "n = {n}");
        }
    }
}

/// One eigenvalue stands n - 1 times, so every Krylov space is exhausted at once.
#[test]
fn a_complete_graph_is_solved() {
    for n in [3_u32, 20, 60] {
        let row = |i| (0..n).filter(|&j| j != i).map(|j| (j, 1.0)).collect();
        let graph = SparseGraph::from_rows((0..n).map(row).collect());
        let expected = f64::from(n) / f64::from(n - 1);
        let found = eigenvectors(&graph, 4);
        assert_eq!(found.values.len(), 4.min(n as usize - 1));
        assert!(found.values.iter().all(|value| (value - expected).abs() < 1e-9));
    }
}

#[test]
fn pieces_and_lone_points_give_finite_vectors() {
    let two_paths = SparseGraph::from_rows(
        (0..80_u32)
            .map(|i| {
                let ends = [
                    i.checked_sub(1).filter(|_| i != 40),
                    Some(i + 1).filter(|&j| j != 40 && j < 80),
                ];
                ends.into_iter().flatten().map(|j| (j, 1.0)).collect()
            })
            .collect(),
    );
    let lone = SparseGraph::from_rows(
        (0..50_u32)
            .map(|i| if i < 2 { vec![(1 - i, 1.0)] } else { vec![] })
            .collect(),
    );
    let no_edges = SparseGraph::from_rows(vec![vec![]; 50]);
    for graph in [two_paths, lone, no_edges] {
        let found = eigenvectors(&graph, 3);
        assert_eq!(found.vectors.len(), 3);
        for v in &found.vectors {
            let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!((length - 1.0).abs() < 1e-9, "{length}");
        }
        assert!(
            found
                .values
                .iter()
                .all(|value| (-1e-9..=2.0 + 1e-9).contains(value))
        );
    }
}
