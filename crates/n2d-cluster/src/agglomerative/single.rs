//! Single linkage by a shortest spanning tree (Gower and Ross 1969): distances are measured as they are needed, so memory
//! is linear.

use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::Metric;

use super::table::Join;
use crate::grow::grow;

/// The edges of the tree.
pub(super) fn spanning_tree(
    y: Samples<'_>,
    metric: Metric,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Join>, FitError> {
    let taken = grow(y, metric, |_| 0.0, "spanning tree", ctx)?;
    let join = |taken: &crate::grow::Taken| {
        taken.from.map(|from| Join {
            rows: [from, taken.row],
            distance: taken.reach,
        })
    };
    Ok(taken.iter().filter_map(join).collect())
}
