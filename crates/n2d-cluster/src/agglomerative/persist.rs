//! A tree of merges as plain arrays.

use n2d_core::PartConfig;
use n2d_core::persist::{LoadError, Persist, State};

use super::{AgglomerativeConfig, FittedAgglomerative, Merge};
use crate::saved::{count, distances, labels_without_gaps, pairs, put_pairs};

impl Persist for FittedAgglomerative {
    const KIND: &'static str = AgglomerativeConfig::NAME;

    fn save(&self, state: &mut State) {
        let heights: Vec<f64> = self.merges.iter().map(|merge| merge.distance).collect();
        state.set("n_features", &self.n_features);
        state.put_labels("labels", &self.labels);
        put_pairs(state, "children", self.merges.iter().map(|merge| merge.children));
        state.put("distances", &heights);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let children = pairs(state, "children")?;
        let heights = distances(state, "distances", children.len(), false)?;
        let merges = tree(&children, &heights);
        let allowed = "merges of what was there before and in no other merge, the lower number first";
        Ok(Self {
            n_features: count(state, "n_features")?,
            labels: labels_without_gaps(state, Some(children.len() + 1))?,
            merges: merges.ok_or_else(|| state.refuse("children", allowed))?,
        })
    }
}

/// The merges with their sizes, if they are a tree: each of the rows and of the earlier merges is in one at most. As many
/// merges as there are rows but one then leave nothing beside them.
fn tree(children: &[[u32; 2]], heights: &[f64]) -> Option<Vec<Merge>> {
    let n_samples = children.len() + 1;
    let mut sizes = vec![1_u32; n_samples];
    let mut taken = vec![false; n_samples + children.len()];
    let mut merges = Vec::with_capacity(children.len());
    for (&[a, b], &distance) in children.iter().zip(heights) {
        let both = sizes.get(a as usize)?.checked_add(*sizes.get(b as usize)?)?;
        let taken_twice = [a, b].map(|child| std::mem::replace(&mut taken[child as usize], true));
        if a >= b || taken_twice.contains(&true) {
            return None;
        }
        sizes.push(both);
        merges.push(Merge {
            children: [a, b],
            distance,
            size: both,
        });
    }
    Some(merges)
}
