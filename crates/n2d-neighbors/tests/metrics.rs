//! Every exact search finds what the definition says, for every metric.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::sync::Arc;

use n2d_core::rng::SplitMix64;
use n2d_core::{ApplyError, CancelToken, FitContext, FitError, Samples};
use n2d_neighbors::{Distance, Measure, Metric, NearestNeighbors, NeighborIndex, NeighborSearch};
use proptest::prelude::*;

/// Manhattan, by a user.
struct Own;

impl Distance for Own {
    fn distance(&self, a: &[f32], b: &[f32]) -> f64 {
        Metric::Manhattan.distance(a, b)
    }

    fn name(&self) -> &str {
        "blocks"
    }

    fn obeys_triangle_inequality(&self) -> bool {
        true
    }
}

fn measures() -> Vec<Measure> {
    vec![
        Metric::Manhattan.into(),
        Metric::Chebyshev.into(),
        Metric::Minkowski(1.5).into(),
        Metric::Minkowski(3.0).into(),
        Metric::Cosine.into(),
        Metric::Correlation.into(),
        Metric::Hamming.into(),
        Metric::Canberra.into(),
        Measure::Own(Arc::new(Own)),
        Measure::own(|a: &[f32], b: &[f32]| Metric::Cosine.distance(a, b)),
    ]
}

const EXACT: [NeighborSearch; 4] = [
    NeighborSearch::Exact,
    NeighborSearch::KdTree,
    NeighborSearch::BallTree,
    NeighborSearch::BruteForce,
];

/// All others, nearest first, as (distance, row).
fn by_definition(
    x: Samples<'_>,
    measure: &Measure,
    row: &[f32],
    own: Option<usize>,
    k: usize,
) -> Vec<(f32, u32)> {
    let others = x.rows().enumerate().filter(|&(i, _)| Some(i) != own);
    let mut all: Vec<(f32, u32)> = others
        .map(|(i, other)| ((measure.distance(row, other) as f32).min(f32::MAX), i as u32))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    all.truncate(k);
    all
}

fn found(neighbors: &n2d_neighbors::Neighbors, row: usize) -> Vec<(f32, u32)> {
    let pairs = neighbors.distances(row).iter().zip(neighbors.indices(row));
    pairs.map(|(&distance, &index)| (distance, index)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    /// Few levels make ties, duplicates and rows of zeros; scales make squares overflow or vanish.
    #[test]
    fn all_ways_are_those_of_the_definition(
        n in 2..120_usize,
        d in 1..40_usize,
        levels in 1..500_usize,
        offset in prop::sample::select(vec![0.0_f32, -3.0, 1000.0]),
        scale in prop::sample::select(vec![1.0_f32, 1e30, 1e-30]),
        k in 1..12_usize,
        seed: u64,
    ) {
        let k = k.min(n - 1);
        let mut rng = SplitMix64::new(seed, 0, 0);
        let values: Vec<f32> = (0..n * d).map(|_| (rng.below(levels) as f32 / 7.0 + offset) * scale).collect();
        let x = Samples::from_rows(&values, d).unwrap();
        let mut ctx = FitContext::new(0);
        for measure in measures() {
            for search in EXACT {
                let Ok(index) = NeighborIndex::build(x, measure.clone(), search, k, &mut ctx) else { continue };
                let graph = index.graph(x, k, &mut ctx).unwrap();
                let near = index.query(x, k).unwrap();
                for (row, values) in x.rows().enumerate() {
                    prop_assert_eq!(found(&graph, row), by_definition(x, &measure, values, Some(row), k), "{} {}", measure, search);
                    prop_assert_eq!(found(&near, row), by_definition(x, &measure, values, None, k), "{} {}", measure, search);
                }
            }
        }
    }

    /// An index of the points that an index gives back is the same index.
    #[test]
    fn points_come_back(n in 2..100_usize, d in 1..30_usize, scale in prop::sample::select(vec![1.0_f32, 1e30, 1e-30, 1e-42]), seed: u64) {
        let mut rng = SplitMix64::new(seed, 0, 0);
        let values: Vec<f32> = (0..n * d).map(|i| (rng.below(1000) as f32 - 500.0) * if i == 0 { scale } else { scale * 1e-3 }).collect();
        let x = Samples::from_rows(&values, d).unwrap();
        let mut ctx = FitContext::new(0);
        for measure in [Metric::Euclidean, Metric::Manhattan, Metric::Cosine, Metric::Hamming] {
            for search in EXACT {
                let Ok(index) = NeighborIndex::build(x, measure, search, 1, &mut ctx) else { continue };
                let points = index.points();
                if measure != Metric::Euclidean {
                    prop_assert_eq!(&points, &values);
                }
                let again = NeighborIndex::build(Samples::from_rows(&points, d).unwrap(), measure, index.search(), 1, &mut ctx).unwrap();
                prop_assert_eq!(index.query(x, 2).unwrap(), again.query(x, 2).unwrap());
            }
        }
    }
}

#[test]
fn what_a_metric_has_not_is_refused() {
    let x = Samples::from_rows(&[0.0, 1.0, 2.0], 1).unwrap();
    let refusal = |measure: Measure, search, k| {
        let error = NeighborIndex::build(x, measure, search, k, &mut FitContext::new(0)).unwrap_err();
        assert!(matches!(error, FitError::Part { .. }));
        error.to_string()
    };
    assert_eq!(
        refusal(Metric::Hamming.into(), NeighborSearch::KdTree, 1),
        "neighbours: neighbours.search must be auto, exact, ball_tree, brute_force, nn_descent for hamming, but is kd_tree"
    );
    let error = refusal(Metric::Cosine.into(), NeighborSearch::BallTree, 1);
    assert!(error.contains("kd_tree"), "{error}");
    refusal(Metric::Minkowski(0.5).into(), NeighborSearch::Auto, 1);
    refusal(Metric::Euclidean.into(), NeighborSearch::Auto, 0);
    refusal(
        Measure::own(|_: &[f32], _: &[f32]| 0.0),
        NeighborSearch::BallTree,
        1,
    );
}

#[test]
fn numbers_of_neighbours_are_checked() {
    let x = Samples::from_rows(&[0.0, 1.0, 2.0], 1).unwrap();
    let mut ctx = FitContext::new(0);
    let index = NeighborIndex::build(x, Metric::Euclidean, NeighborSearch::Auto, 5, &mut ctx).unwrap();
    assert!(matches!(
        index.graph(x, 3, &mut ctx),
        Err(FitError::TooFewSamples {
            needed: 4,
            given: 3,
            ..
        })
    ));
    assert!(matches!(
        index.graph(x, usize::MAX, &mut ctx),
        Err(FitError::TooFewSamples { .. })
    ));
    assert!(matches!(index.graph(x, 0, &mut ctx), Err(FitError::Part { .. })));
    for k in [0, 4] {
        assert!(matches!(index.query(x, k), Err(ApplyError::Part { .. })));
    }
    assert_eq!(index.query(x, 3).unwrap().indices(1), [1, 0, 2]);
}

#[test]
fn one_point_is_found_by_new_rows() {
    let x = Samples::from_rows(&[2.0, -1.0], 2).unwrap();
    let mut ctx = FitContext::new(0);
    for measure in measures() {
        for search in EXACT {
            if let Ok(index) = NeighborIndex::build(x, measure.clone(), search, 1, &mut ctx) {
                assert_eq!(index.query(x, 1).unwrap().indices(0), [0]);
                assert!(matches!(
                    index.graph(x, 1, &mut ctx),
                    Err(FitError::TooFewSamples { .. })
                ));
            }
        }
    }
}

#[test]
fn the_choice_is_told() {
    let x = Samples::from_rows(&[2.0, -1.0], 2).unwrap();
    let told = |measure: Measure, search| {
        let index = NeighborIndex::build(x, measure, search, 1, &mut FitContext::new(0)).unwrap();
        let index: &dyn NearestNeighbors = &index;
        assert!(index.is_exact());
        index.description()
    };
    assert_eq!(
        told(Metric::Cosine.into(), NeighborSearch::Exact),
        "exact cosine neighbours by kd_tree, chosen by exact, for 1 rows of 2"
    );
    assert_eq!(
        told(Measure::Own(Arc::new(Own)), NeighborSearch::BruteForce),
        "exact blocks neighbours by brute_force, as asked, for 1 rows of 2"
    );
}

#[test]
fn searches_are_words_in_configurations() {
    for search in EXACT.into_iter().chain([NeighborSearch::Auto]) {
        let word = serde_json::to_string(&search).unwrap();
        assert_eq!(word, format!("\"{search}\""));
        assert_eq!(serde_json::from_str::<NeighborSearch>(&word).unwrap(), search);
    }
}

#[test]
fn a_set_token_ends_every_search() {
    let values: Vec<f32> = (0..400).map(|i| (i * i % 97) as f32).collect();
    let x = Samples::from_rows(&values, 2).unwrap();
    for measure in measures() {
        for search in EXACT {
            let mut ctx = FitContext::new(0);
            if let Ok(index) = NeighborIndex::build(x, measure.clone(), search, 1, &mut ctx) {
                let token = CancelToken::new();
                token.cancel();
                let result = index.graph(x, 1, &mut FitContext::new(0).with_cancel(token));
                assert!(matches!(result, Err(FitError::Cancelled { .. })));
            }
        }
    }
}
