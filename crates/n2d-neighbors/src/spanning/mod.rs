//! The minimum spanning tree of mutual reachability, by Boruvka's rounds on a k-d tree.
//!
//! In a round every component of the forest so far takes the cheapest edge that leaves it. Edges are ordered by weight, then
//! by their smaller and their larger row number; no two are equal in that order, so the tree is one and the same whatever the
//! order of the search, and what threads learn from one another in a round can only save work.
//!
//! Weights are compared as squares in single precision, of which each is within `d + 4` roundings of the true one: a sum of
//! `d` squares of rounded differences, times the rounded inverse square of `alpha`. So core distances and the tree are those
//! of weights that differ by half as much at most, and the tree may weigh more than the least by a part of `d + 4` times
//! 2^-24, no more. Where single precision holds all squares exactly, as on a grid, it is the least.

mod near;
mod query;
mod search;
mod sets;

use n2d_core::{FitContext, FitError, Progress};

use crate::kd_tree::KdTree;
use near::Near;
use search::Search;

/// A minimum spanning tree of mutual reachability: see [`NeighborIndex::spanning_tree`](crate::NeighborIndex::spanning_tree).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanningTree {
    /// For each row its neighbours number `k - 1` (itself for `k = 1`) and `k`: those that fix core distances.
    pub kth: Vec<[u32; 2]>,
    /// The edges as pairs of rows, the smaller first, in no useful order; one fewer than there are rows.
    pub edges: Vec<[u32; 2]>,
    /// Rounds made.
    pub n_rounds: usize,
}

/// The cheapest known edge from a point.
#[derive(Clone, Copy)]
struct Candidate {
    /// Squared, as all weights here.
    weight: f32,
    /// Position of the other end.
    other: u32,
    /// Whether it is surely the cheapest to any other component. If not, none below `weight` is.
    sure: bool,
}

/// Finds the tree of the points of `tree`, given row after row as `rows`; `alpha` divides distances but not core distances.
pub(crate) fn span(
    tree: &KdTree,
    rows: &[f32],
    k: usize,
    alpha: f64,
    ctx: &mut FitContext<'_>,
) -> Result<SpanningTree, FitError> {
    let n = tree.order.len();
    let d = tree.n_features();
    let points: Vec<f32> = tree
        .order
        .iter()
        .flat_map(|&row| &rows[row as usize * d..][..d])
        .copied()
        .collect();
    let near = Near::find(tree, &points, k, alpha, ctx)?;
    let mut kth = vec![[0; 2]; n];
    for (&row, &found) in tree.order.iter().zip(&near.kth) {
        kth[row as usize] = found;
    }
    let mut search = Search::new(tree, points, near.core, alpha);
    let mut candidates = near.candidates;
    let mut n_components = n;
    let mut edges = Vec::with_capacity(n - 1);
    let mut n_rounds = 0;
    while n_components > 1 {
        search.round(n_components, &mut candidates, ctx)?;
        n_components = search.merge(n_components, &candidates, &mut edges);
        n_rounds += 1;
        ctx.step(Progress::new("spanning tree", edges.len(), n - 1))?;
    }
    Ok(SpanningTree { kth, edges, n_rounds })
}

fn scale_of(alpha: f64) -> f32 {
    (1.0 / (alpha * alpha)) as f32
}

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use crate::{NeighborIndex, NeighborSearch};
    use n2d_core::rng::SplitMix64;
    use n2d_core::{FitContext, Parallelism, Samples};
    use proptest::prelude::*;

    /// Prim's tree on all pairs, by the same order of edges.
    fn dense(x: Samples<'_>, k: usize, alpha: f64) -> Vec<[u32; 2]> {
        let n = x.n_samples();
        let squared = |a: usize, b: usize| -> f32 {
            let (a, b) = (x.row(a), x.row(b));
            a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b))
        };
        let core: Vec<f32> = (0..n)
            .map(|a| {
                let mut all: Vec<f32> = (0..n).filter(|&b| b != a).map(|b| squared(a, b)).collect();
                all.sort_by(f32::total_cmp);
                all[k - 1]
            })
            .collect();
        let scale = (1.0 / (alpha * alpha)) as f32;
        let edge = |a: usize, b: usize| {
            let weight = (squared(a, b) * scale).max(core[a]).max(core[b]);
            (weight, a.min(b), a.max(b))
        };
        let mut inside = vec![0];
        let mut edges = Vec::new();
        while inside.len() < n {
            let outside = (0..n).filter(|b| !inside.contains(b));
            let (_, a, b) = outside
                .flat_map(|b| inside.iter().map(move |&a| edge(a, b)))
                .reduce(|x, y| if y < x { y } else { x })
                .unwrap();
            inside.push(if inside.contains(&a) { b } else { a });
            edges.push([a as u32, b as u32]);
        }
        edges.sort_unstable();
        edges
    }

    fn tree(x: Samples<'_>, k: usize, alpha: f64) -> Vec<[u32; 2]> {
        let index = NeighborIndex::new(x, NeighborSearch::KdTree);
        let mut tree = index.spanning_tree(x, k, alpha, &mut FitContext::new(0)).unwrap();
        tree.edges.sort_unstable();
        tree.edges
    }

    /// The least weight of a tree in double precision, and that of the tree found.
    fn least_and_found(x: Samples<'_>, k: usize, alpha: f64) -> (f64, f64) {
        let n = x.n_samples();
        let distance =
            |a: usize, b: usize| crate::Metric::Euclidean.distance(&x.row(a).to_vec(), &x.row(b).to_vec());
        let core: Vec<f64> = (0..n)
            .map(|a| {
                let mut all: Vec<f64> = (0..n).filter(|&b| b != a).map(|b| distance(a, b)).collect();
                all.sort_by(f64::total_cmp);
                all[k - 1]
            })
            .collect();
        let weight = |a: usize, b: usize| (distance(a, b) / alpha).max(core[a]).max(core[b]);
        let mut outside: Vec<(usize, f64)> = (1..n).map(|b| (b, weight(0, b))).collect();
        let mut least = 0.0;
        while !outside.is_empty() {
            let nearest = (0..outside.len()).min_by(|&i, &j| outside[i].1.total_cmp(&outside[j].1));
            let (new, reach) = outside.swap_remove(nearest.unwrap());
            least += reach;
            outside.iter_mut().for_each(|(b, w)| *w = w.min(weight(new, *b)));
        }
        let found = tree(x, k, alpha);
        assert_eq!(found.len(), n - 1);
        (
            least,
            found.iter().map(|&[a, b]| weight(a as usize, b as usize)).sum(),
        )
    }

    fn points(n: usize, d: usize, levels: usize, seed: u64) -> Vec<f32> {
        let mut rng = SplitMix64::new(seed, 0, 0);
        (0..n * d).map(|_| rng.below(levels) as f32 / 8.0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        /// Few levels make ties and duplicates. The very edges are the same, because no two are equal in their order.
        #[test]
        fn equals_the_dense_tree(n in 2..90_usize, d in 1..6_usize, levels in 1..300_usize, k in 1..9_usize, a in 0..3_usize, seed: u64) {
            let k = k.min(n - 1);
            let values = points(n, d, levels, seed);
            let x = Samples::from_rows(&values, d).unwrap();
            let alpha = [1.0, 0.5, 1.5][a];
            prop_assert_eq!(tree(x, k, alpha), dense(x, k, alpha));
        }

        /// Of values that fill single precision, near and far from the origin, small and large: what rounding may cost, as
        /// said above.
        #[test]
        fn weighs_the_least_up_to_single_precision(n in 2..90_usize, d in 1..9_usize, k in 1..9_usize, a in 0..3_usize, far in 0..4_usize, size in 0..3_usize, seed: u64) {
            let k = k.min(n - 1);
            let mut rng = SplitMix64::new(seed, 0, 0);
            let (origin, unit) = ([0.0, 1000.0, -1000.0, 1e6][far], [-30_f32, 0.0, 30.0][size].exp2());
            let values: Vec<f32> = (0..n * d).map(|_| (rng.below(1 << 24) as f32 * 0.3e-6 + origin) * unit).collect();
            let x = Samples::from_rows(&values, d).unwrap();
            let alpha = [1.0, 0.5, 1.7][a];
            let (least, found) = least_and_found(x, k, alpha);
            let part = (d as f64 + 4.0) * f64::from(f32::EPSILON / 2.0);
            prop_assert!(found >= least * (1.0 - 1e-12) && found <= least * (1.0 + part), "{found} for {least}");
        }
    }

    #[test]
    fn threads_change_nothing() {
        let values = points(6000, 2, 500, 4);
        let x = Samples::from_rows(&values, 2).unwrap();
        let with = |n: usize| {
            let threads = Parallelism::threads(n.try_into().unwrap()).unwrap();
            threads.install(|| tree(x, 5, 1.0))
        };
        let one = with(1);
        assert_eq!(one.len(), 5999);
        assert_eq!(one, with(2));
        assert_eq!(one, with(4));
    }

    /// Twenty thousand equal rows would be 200 million pairs.
    #[test]
    fn equal_rows_are_a_star() {
        let x = vec![1.5_f32; 40_000];
        let edges = tree(Samples::from_rows(&x, 2).unwrap(), 5, 1.0);
        assert!(
            edges
                .iter()
                .enumerate()
                .all(|(at, &edge)| edge == [0, at as u32 + 1])
        );
    }
}
