//! The order of the rows: each time the one that is reached most easily from those before.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use n2d_core::{FitContext, FitError, Progress, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch, RadiusIndex};
use rayon::prelude::*;

use crate::grow::grow;

/// How the rows are reached. All but the order are by row.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub(super) order: Vec<u32>,
    pub(super) reachability: Vec<f64>,
    pub(super) core_distances: Vec<f64>,
    pub(super) predecessor: Vec<Option<u32>>,
}

/// Rows between two reports.
const ROWS_A_STEP: usize = 64;

/// The distance of each row to its neighbour of this rank, itself counted; infinite beyond `max_eps`.
pub(super) fn core_distances(
    y: Samples<'_>,
    metric: Metric,
    min_samples: usize,
    max_eps: f64,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<f64>, FitError> {
    let row = |row: usize| &y.as_slice()[row * y.n_features()..][..y.n_features()];
    let limited = |distance: f64| {
        if distance > max_eps {
            f64::INFINITY
        } else {
            distance
        }
    };
    if metric == Metric::Euclidean {
        let k = min_samples - 1;
        let found = NeighborIndex::new(y, NeighborSearch::Auto).graph(y, k, ctx)?;
        // The neighbours are found in single precision, and measured in double.
        let farthest = |at: usize| {
            let distances = found
                .indices(at)
                .iter()
                .map(|&other| metric.distance(row(at), row(other as usize)));
            limited(distances.fold(0.0, f64::max))
        };
        return Ok((0..y.n_samples()).into_par_iter().map(farthest).collect());
    }
    let token = ctx.cancel_token();
    let ranked = |at: usize| {
        if token.is_cancelled() {
            return f64::INFINITY;
        }
        let mut distances: Vec<f64> = y.rows().map(|other| metric.distance(row(at), other)).collect();
        let (_, &mut distance, _) = distances.select_nth_unstable_by(min_samples - 1, f64::total_cmp);
        limited(distance)
    };
    let distances = (0..y.n_samples()).into_par_iter().map(ranked).collect();
    ctx.check_cancelled()?;
    Ok(distances)
}

/// Puts the rows in order. Among rows reached as easily, the lowest comes first.
pub(super) fn order(
    y: Samples<'_>,
    metric: Metric,
    max_eps: Option<f64>,
    core_distances: Vec<f64>,
    ctx: &mut FitContext<'_>,
) -> Result<Reached, FitError> {
    let n = y.n_samples();
    let reached = Reached {
        order: Vec::with_capacity(n),
        reachability: vec![f64::INFINITY; n],
        core_distances,
        predecessor: vec![None; n],
    };
    match max_eps {
        Some(max_eps) => reached.by_neighbours(y, metric, max_eps, ctx),
        None => reached.by_all_pairs(y, metric, ctx),
    }
}

/// A reachability in a heap, by value and then by row; never NaN.
#[derive(Clone, Copy, PartialEq)]
struct Reach(f64, u32);

impl Eq for Reach {}

impl PartialOrd for Reach {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reach {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl Reached {
    /// Every row may be reached from every other: all are measured.
    fn by_all_pairs(
        mut self,
        y: Samples<'_>,
        metric: Metric,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let core = |row: u32| self.core_distances[row as usize];
        for taken in grow(y, metric, core, "ordering", ctx)? {
            self.order.push(taken.row);
            self.reachability[taken.row as usize] = taken.reach;
            self.predecessor[taken.row as usize] = taken.from;
        }
        Ok(self)
    }

    /// Only neighbours are reached. What has been reached waits in a heap, where a row may stand more than once.
    fn by_neighbours(
        mut self,
        y: Samples<'_>,
        metric: Metric,
        max_eps: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let n = y.n_samples();
        let index = RadiusIndex::new(y, metric, max_eps);
        let row_of = |row: u32| &y.as_slice()[row as usize * y.n_features()..][..y.n_features()];
        let mut placed = vec![false; n];
        let mut heap: BinaryHeap<Reverse<Reach>> = BinaryHeap::new();
        let mut neighbours: Vec<u32> = Vec::new();
        for unreached in 0..n as u32 {
            heap.push(Reverse(Reach(f64::INFINITY, unreached)));
            while let Some(Reverse(Reach(_, row))) = heap.pop() {
                if std::mem::replace(&mut placed[row as usize], true) {
                    continue;
                }
                ctx.check_cancelled()?;
                self.order.push(row);
                self.report(n, ctx)?;
                let core = self.core_distances[row as usize];
                if core == f64::INFINITY {
                    continue;
                }
                neighbours.clear();
                index.visit(row_of(row), &mut |_, points| neighbours.extend_from_slice(points));
                for &other in neighbours.iter().filter(|&&other| !placed[other as usize]) {
                    let reach = metric.distance(row_of(row), row_of(other)).max(core);
                    if reach < self.reachability[other as usize] {
                        self.reachability[other as usize] = reach;
                        self.predecessor[other as usize] = Some(row);
                        heap.push(Reverse(Reach(reach, other)));
                    }
                }
            }
        }
        Ok(self)
    }

    fn report(&self, n: usize, ctx: &mut FitContext<'_>) -> Result<(), FitError> {
        let done = self.order.len();
        if done.is_multiple_of(ROWS_A_STEP) || done == n {
            ctx.step(Progress::new("ordering", done, n))?;
        }
        Ok(())
    }
}
