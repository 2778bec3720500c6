use n2d_core::persist::Save;
use n2d_core::{FittedClusterer, Labels, PartConfig};

use super::{AgglomerativeConfig, Merge};

/// A fitted [`Agglomerative`](crate::Agglomerative). New rows are in no merge, so it can't label them.
#[derive(Debug, Clone)]
pub struct FittedAgglomerative {
    pub(super) n_features: usize,
    pub(super) merges: Vec<Merge>,
    pub(super) labels: Labels,
}

impl FittedAgglomerative {
    pub(super) fn new(n_features: usize, merges: Vec<Merge>, labels: Vec<i32>) -> Self {
        Self {
            n_features,
            merges,
            labels: Labels::new(labels).expect("labels are counted from zero"),
        }
    }

    /// All merges, one less than there are rows, those below the cut as well: scikit-learn's `children_` and `distances_`,
    /// and scipy's linkage table. In ascending order of the distances; on a graph in the order they were made in, where
    /// a merge may be nearer than one before.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }
}

impl FittedClusterer for FittedAgglomerative {
    fn name(&self) -> &str {
        AgglomerativeConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        self.labels.n_clusters()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}
