//! An ordering as plain arrays.

use n2d_core::PartConfig;
use n2d_core::persist::{LoadError, Persist, State};

use super::order::Reached;
use super::{FittedOptics, OpticsConfig};
use crate::saved::{count, distances, labels_without_gaps, numbers_in_order, pairs, put_pairs};

/// In the place of a predecessor that there is none of.
const NONE: i32 = -1;

impl Persist for FittedOptics {
    const KIND: &'static str = OpticsConfig::NAME;

    fn save(&self, state: &mut State) {
        let Reached {
            order,
            reachability,
            core_distances,
            predecessor,
        } = &self.reached;
        let from = |row: &Option<u32>| row.map_or(NONE, |row| row as i32);
        let ends = |&(first, last): &(usize, usize)| [first as u32, last as u32];
        state.set("n_features", &self.n_features);
        state.put_labels("labels", &self.labels);
        state.put("ordering", order);
        state.put("reachability", reachability);
        state.put("core_distances", core_distances);
        state.put("predecessor", &predecessor.iter().map(from).collect::<Vec<i32>>());
        put_pairs(state, "cluster_hierarchy", self.hierarchy.iter().map(ends));
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let labels = labels_without_gaps(state, None)?;
        let n = labels.len();
        let reached = Reached {
            order: numbers_in_order(state, "ordering", n)?,
            reachability: distances(state, "reachability", n, true)?,
            core_distances: distances(state, "core_distances", n, true)?,
            predecessor: predecessors(state, n)?,
        };
        Ok(Self {
            n_features: count(state, "n_features")?,
            hierarchy: hierarchy(state, n)?,
            reached,
            labels,
        })
    }
}

fn predecessors(state: &State, n: usize) -> Result<Vec<Option<u32>>, LoadError> {
    let rows: Vec<i32> = state.vec_of("predecessor", n)?;
    let is_row = |&row: &i32| row == NONE || usize::try_from(row).is_ok_and(|row| row < n);
    state.expect("predecessor", "rows' numbers, or -1", rows.iter().all(is_row))?;
    Ok(rows.into_iter().map(|row| u32::try_from(row).ok()).collect())
}

fn hierarchy(state: &State, n: usize) -> Result<Vec<(usize, usize)>, LoadError> {
    let name = "cluster_hierarchy";
    let ends = pairs(state, name)?;
    let spans = |&[first, last]: &[u32; 2]| first <= last && (last as usize) < n;
    state.expect(
        name,
        "places in the ordering, the first one first",
        ends.iter().all(spans),
    )?;
    Ok(ends
        .into_iter()
        .map(|[first, last]| (first as usize, last as usize))
        .collect())
}
