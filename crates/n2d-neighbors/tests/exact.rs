//! Exact euclidean neighbours, by the tree and by products.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::Parallelism;
use n2d_core::rng::SplitMix64;
use n2d_core::{ApplyError, FitContext, FitError, Samples};
use n2d_neighbors::{NeighborIndex, NeighborSearch};
use proptest::prelude::*;

fn points(n: usize, d: usize, levels: usize, seed: u64) -> Vec<f32> {
    let mut rng = SplitMix64::new(seed, 0, 0);
    (0..n * d)
        .map(|_| rng.below(levels) as f32 / 7.0 + 100.0)
        .collect()
}

fn by_definition(x: Samples<'_>, row: usize, k: usize) -> Vec<f64> {
    let squared = |other: &[f32]| -> f64 {
        let terms = x
            .row(row)
            .iter()
            .zip(other)
            .map(|(a, b)| f64::from(a - b).powi(2))
            .collect::<Vec<_>>();
        terms.iter().sum()
    };
    let mut all: Vec<f64> = x
        .rows()
        .enumerate()
        .filter(|&(i, _)| i != row)
        .map(|(_, other)| squared(other).sqrt())
        .collect();
    all.sort_by(f64::total_cmp);
    all.truncate(k);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Few levels make ties and duplicates; the offset makes cancellation.
    #[test]
    fn both_ways_are_exact(n in 2..200_usize, d in 1..40_usize, levels in 1..2000_usize, k in 1..12_usize, seed: u64) {
        let k = k.min(n - 1);
        let values = points(n, d, levels, seed);
        let x = Samples::from_rows(&values, d).unwrap();
        let mut ctx = FitContext::new(0);
        for search in [NeighborSearch::KdTree, NeighborSearch::BruteForce] {
            let graph = NeighborIndex::new(x, search).graph(x, k, &mut ctx).unwrap();
            for row in 0..n {
                prop_assert!(!graph.indices(row).contains(&(row as u32)));
                for (got, expected) in graph.distances(row).iter().zip(by_definition(x, row, k)) {
                    prop_assert!((f64::from(*got) - expected).abs() <= 1e-5 * (1.0 + expected), "{search:?}: {got} {expected}");
                }
            }
        }
    }
}

#[test]
fn new_rows_may_be_their_own_twins_and_batches_do_not_matter() {
    let values = points(300, 30, 50, 3);
    let x = Samples::from_rows(&values, 30).unwrap();
    for search in [NeighborSearch::KdTree, NeighborSearch::BruteForce] {
        let index = NeighborIndex::new(x, search);
        let all = index.query(x, 3).unwrap();
        for row in [0, 63, 64, 299] {
            assert_eq!(all.distances(row)[0], 0.0);
            let alone = index
                .query(Samples::from_rows(&values[row * 30..][..30], 30).unwrap(), 3)
                .unwrap();
            assert_eq!(
                (alone.indices(0), alone.distances(0)),
                (all.indices(row), all.distances(row))
            );
        }
    }
}

#[test]
fn threads_change_nothing() {
    let values = points(5000, 5, 10_000, 1);
    let x = Samples::from_rows(&values, 5).unwrap();
    let graph = |threads: usize| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let index = NeighborIndex::new(x, NeighborSearch::Auto);
        threads.install(|| index.graph(x, 15, &mut FitContext::new(0)).unwrap())
    };
    assert_eq!(graph(1), graph(4));
}

#[test]
fn misfits_are_errors() {
    let x = Samples::from_rows(&[0.0, 1.0], 1).unwrap();
    let index = NeighborIndex::new(x, NeighborSearch::Auto);
    let error = index.graph(x, 2, &mut FitContext::new(0)).unwrap_err();
    assert!(matches!(
        error,
        FitError::TooFewSamples {
            needed: 3,
            given: 2,
            ..
        }
    ));
    let wide = Samples::from_rows(&[0.0, 1.0], 2).unwrap();
    assert!(matches!(
        index.query(wide, 1).unwrap_err(),
        ApplyError::FeatureMismatch {
            expected: 1,
            given: 2,
            ..
        }
    ));
}
