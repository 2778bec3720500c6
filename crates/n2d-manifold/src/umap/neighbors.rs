//! Nearest neighbours within a fit, besides those that it is about.

use n2d_core::{FitContext, FitError};
use n2d_neighbors::{NeighborIndex, NeighborSearch, Neighbors};

use super::init::Origin;

/// The `k` nearest others of each row, exactly and without telling an observer.
pub(super) fn quietly(origin: Origin<'_>, k: usize, ctx: &FitContext<'_>) -> Result<Neighbors, FitError> {
    let mut quiet = FitContext::new(ctx.seed()).with_cancel(ctx.cancel_token());
    let found = NeighborIndex::build(origin.rows, origin.metric, NeighborSearch::Exact, k, &mut quiet)
        .and_then(|index| index.graph(origin.rows, k, &mut quiet));
    found.or_else(|error| {
        // Where it was cancelled, in the name of the part that is at work.
        ctx.check_cancelled()?;
        Err(error)
    })
}
