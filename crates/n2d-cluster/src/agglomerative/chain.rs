//! The nearest-neighbour chain (Murtagh 1983): from any cluster to its nearest, to the nearest of that, until two are each
//! other's nearest. They are merged, and the chain goes on from what is left of it. That makes the same merges as always
//! taking the nearest pair, as merging brings no cluster nearer to a third than both were.

use n2d_core::{FitContext, FitError, Progress};

use super::table::Join;

/// Clusters in slots, of which some have been emptied.
pub(super) trait Clusters {
    /// Slots, emptied ones included.
    fn n_slots(&self) -> usize;

    /// Whether a slot has a cluster.
    fn is_there(&self, slot: usize) -> bool;

    /// The cluster nearest to that of a slot, and how far it is: the previous one for a tie, or else the lowest.
    fn nearest(&self, slot: usize, previous: Option<usize>) -> (usize, f64);

    /// Merges two slots, the lower first, into the higher one.
    fn merge(&mut self, low: usize, high: usize, distance: f64);

    /// A row of the cluster.
    fn row(&self, slot: usize) -> u32;

    /// Drops emptied slots where that pays; the new number of each old slot, in order.
    fn compact(&mut self) -> Option<Vec<usize>> {
        None
    }
}

/// Merges to be made between two reports.
const MERGES_A_STEP: usize = 16;

/// Merges all clusters into one.
pub(super) fn merge_all(
    clusters: &mut impl Clusters,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Join>, FitError> {
    let n_merges = clusters.n_slots() - 1;
    let mut joins = Vec::with_capacity(n_merges);
    let mut chain: Vec<usize> = Vec::new();
    let mut lowest = 0;
    while joins.len() < n_merges {
        if chain.is_empty() {
            while !clusters.is_there(lowest) {
                lowest += 1;
            }
            chain.push(lowest);
        }
        let distance = follow(clusters, &mut chain, ctx)?;
        let (Some(a), Some(b)) = (chain.pop(), chain.pop()) else {
            continue;
        };
        joins.push(Join {
            rows: [clusters.row(a), clusters.row(b)],
            distance,
        });
        clusters.merge(a.min(b), a.max(b), distance);
        if let Some(numbers) = clusters.compact() {
            chain.iter_mut().for_each(|slot| *slot = numbers[*slot]);
            lowest = 0;
        }
        if joins.len() % MERGES_A_STEP == 0 || joins.len() == n_merges {
            ctx.step(Progress::new("merges", joins.len(), n_merges))?;
        }
    }
    Ok(joins)
}

/// Lengthens the chain until its last two are each other's nearest, and returns how far apart these are.
fn follow(clusters: &impl Clusters, chain: &mut Vec<usize>, ctx: &FitContext<'_>) -> Result<f64, FitError> {
    loop {
        ctx.check_cancelled()?;
        let last = chain[chain.len() - 1];
        let previous = chain.len().checked_sub(2).map(|at| chain[at]);
        let (nearest, distance) = clusters.nearest(last, previous);
        if Some(nearest) == previous {
            return Ok(distance);
        }
        chain.push(nearest);
    }
}
