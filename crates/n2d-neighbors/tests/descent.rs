//! Approximate neighbours against exact ones.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_core::rng::SplitMix64;
use n2d_core::{CancelToken, FitContext, FitError, Parallelism, Samples};
use n2d_neighbors::{Measure, Metric, NeighborIndex, NeighborSearch, Neighbors};

/// Rows around a few centres.
fn blobs(n: usize, d: usize, seed: u64) -> Vec<f32> {
    let mut rng = SplitMix64::new(seed, 0, 0);
    let mut normal = || {
        (0..12)
            .map(|_| rng.below(1 << 20) as f32 / (1 << 20) as f32)
            .sum::<f32>()
            - 6.0
    };
    let centres: Vec<f32> = (0..8 * d).map(|_| 3.0 * normal()).collect();
    (0..n * d)
        .map(|i| centres[i / d % 8 * d + i % d] + normal())
        .collect()
}

fn approximate(x: Samples<'_>, measure: impl Into<Measure>, k: usize) -> NeighborIndex {
    NeighborIndex::build(x, measure, NeighborSearch::NnDescent, k, &mut FitContext::new(7)).unwrap()
}

/// The share of neighbours that are as near as the true ones.
fn recall(found: &Neighbors, truth: &Neighbors) -> f64 {
    let k = truth.k();
    let hits = (0..truth.n_rows()).map(|row| {
        let far = truth.distances(row)[k - 1] * (1.0 + 1e-5) + 1e-6;
        found
            .distances(row)
            .iter()
            .filter(|&&distance| distance <= far)
            .count()
    });
    hits.sum::<usize>() as f64 / (k * truth.n_rows()) as f64
}

#[test]
fn nearly_all_neighbours_are_found() {
    let (n, d, k) = (2000, 12, 15);
    let values = blobs(n, d, 1);
    let x = Samples::from_rows(&values, d).unwrap();
    let new = blobs(n, d, 1)[..200 * d]
        .iter()
        .map(|v| v + 0.1)
        .collect::<Vec<_>>();
    let new = Samples::from_rows(&new, d).unwrap();
    let mut ctx = FitContext::new(0);
    let own = Measure::own(|a: &[f32], b: &[f32]| Metric::Manhattan.distance(a, b));
    for measure in [
        Metric::Euclidean.into(),
        Metric::Cosine.into(),
        Metric::Correlation.into(),
        Metric::Chebyshev.into(),
        own,
    ] {
        let exact = NeighborIndex::build(x, measure.clone(), NeighborSearch::Exact, k, &mut ctx).unwrap();
        let index = approximate(x, measure.clone(), k);
        assert!(!index.is_exact());
        let found = index.graph(x, k, &mut ctx).unwrap();
        let of_graph = recall(&found, &exact.graph(x, k, &mut ctx).unwrap());
        let of_new = recall(&index.query(new, k).unwrap(), &exact.query(new, k).unwrap());
        assert!(
            of_graph > 0.99 && of_new > 0.99,
            "{measure}: {of_graph}, {of_new}"
        );
        assert_sound(&found, n);
    }
}

/// Neighbours ascend, are no row itself, and none twice.
fn assert_sound(found: &Neighbors, n: usize) {
    for row in 0..n {
        let pairs: Vec<_> = found.distances(row).iter().zip(found.indices(row)).collect();
        assert!(
            pairs
                .windows(2)
                .all(|pair| pair[0].partial_cmp(&pair[1]) == Some(std::cmp::Ordering::Less))
        );
        let mut indices = found.indices(row).to_vec();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), found.k());
        assert!(indices.iter().all(|&i| i != row as u32 && (i as usize) < n));
    }
}

#[test]
fn threads_change_nothing() {
    let values = blobs(6000, 6, 2);
    let x = Samples::from_rows(&values, 6).unwrap();
    let run = |threads: usize| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        threads.install(|| {
            let index = approximate(x, Metric::Euclidean, 10);
            let graph = index.graph(x, 10, &mut FitContext::new(0)).unwrap();
            (graph, index.query(x, 5).unwrap())
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(5));
}

#[test]
fn rows_beside_a_new_one_change_nothing() {
    let values = blobs(800, 5, 3);
    let x = Samples::from_rows(&values, 5).unwrap();
    let index = approximate(x, Metric::Cosine, 10);
    let all = index.query(x, 4).unwrap();
    for row in [0, 63, 64, 799] {
        let alone = index
            .query(Samples::from_rows(&values[row * 5..][..5], 5).unwrap(), 4)
            .unwrap();
        assert_eq!(
            (alone.indices(0), alone.distances(0)),
            (all.indices(row), all.distances(row))
        );
    }
}

/// Up to a leaf of rows, all meet all.
#[test]
fn few_rows_are_exact() {
    for n in [1, 2, 3, 30, 64] {
        let values = blobs(n, 4, 4);
        let x = Samples::from_rows(&values, 4).unwrap();
        let mut ctx = FitContext::new(0);
        let index = approximate(x, Metric::Manhattan, 5);
        let exact = NeighborIndex::build(x, Metric::Manhattan, NeighborSearch::Exact, 5, &mut ctx).unwrap();
        assert_eq!(index.query(x, n).unwrap(), exact.query(x, n).unwrap());
        for k in [1, n - 1].into_iter().filter(|&k| k > 0) {
            match index.graph(x, k, &mut ctx) {
                Ok(graph) => assert_eq!(graph, exact.graph(x, k, &mut ctx).unwrap()),
                Err(error) => assert!(n == 1 && matches!(error, FitError::TooFewSamples { .. })),
            }
        }
        assert!(matches!(
            index.graph(x, n, &mut ctx),
            Err(FitError::TooFewSamples { .. })
        ));
    }
}

/// More neighbours than the index was built for are found by a wider search.
#[test]
fn more_neighbours_can_be_asked_for() {
    let values = blobs(600, 4, 5);
    let x = Samples::from_rows(&values, 4).unwrap();
    let mut ctx = FitContext::new(0);
    let graph = approximate(x, Metric::Euclidean, 5)
        .graph(x, 100, &mut ctx)
        .unwrap();
    let exact = NeighborIndex::new(x, NeighborSearch::Exact)
        .graph(x, 100, &mut ctx)
        .unwrap();
    assert!(recall(&graph, &exact) > 0.99);
    let all = approximate(x, Metric::Euclidean, 5)
        .graph(x, 599, &mut ctx)
        .unwrap();
    assert_sound(&all, 600);
}

#[test]
fn odd_rows_have_neighbours() {
    let constant = vec![3.0; 300 * 4];
    let mut two_places = blobs(2, 4, 6).repeat(150);
    two_places.extend(blobs(1, 4, 7));
    let one_column: Vec<f32> = (0..900)
        .map(|i| if i % 3 == 0 { (i * i % 97) as f32 } else { 1.0 })
        .collect();
    let huge: Vec<f32> = blobs(300, 4, 8).iter().map(|v| v * 1e30).collect();
    let largest: Vec<f32> = (0..600)
        .map(|i| {
            if i % 2 == 0 {
                f32::MAX
            } else {
                -f32::MAX / (i as f32)
            }
        })
        .collect();
    let tiny: Vec<f32> = blobs(300, 4, 9).iter().map(|v| v * 1e-30).collect();
    for (values, d) in [
        (constant, 4),
        (two_places, 4),
        (one_column, 3),
        (huge, 4),
        (largest, 2),
        (tiny, 4),
    ] {
        let x = Samples::from_rows(&values, d).unwrap();
        let mut ctx = FitContext::new(0);
        for metric in [
            Metric::Euclidean,
            Metric::Cosine,
            Metric::Canberra,
            Metric::Minkowski(3.0),
        ] {
            let index = approximate(x, metric, 5);
            let graph = index.graph(x, 5, &mut ctx).unwrap();
            assert_sound(&graph, x.n_samples());
            let exact = NeighborIndex::build(x, metric, NeighborSearch::Exact, 5, &mut ctx).unwrap();
            let found = recall(&graph, &exact.graph(x, 5, &mut ctx).unwrap());
            let walked = recall(&index.query(x, 5).unwrap(), &exact.query(x, 5).unwrap());
            assert!(found > 0.97 && walked > 0.97, "{metric}, {d}: {found}, {walked}");
        }
    }
}

#[test]
fn a_set_token_ends_the_descent() {
    let token = CancelToken::new();
    token.cancel();
    let values = blobs(200, 2, 10);
    let x = Samples::from_rows(&values, 2).unwrap();
    let mut ctx = FitContext::new(0).with_cancel(token);
    let result = NeighborIndex::build(x, Metric::Euclidean, NeighborSearch::NnDescent, 3, &mut ctx);
    assert!(matches!(result, Err(FitError::Cancelled { .. })));
}
