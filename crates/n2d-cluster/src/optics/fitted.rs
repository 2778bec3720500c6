use n2d_core::persist::Save;
use n2d_core::{FittedClusterer, Labels, PartConfig};

use super::OpticsConfig;
use super::order::Reached;

/// A fitted [`Optics`](crate::Optics). New rows have no place in the order, so it can't label them.
#[derive(Debug, Clone)]
pub struct FittedOptics {
    pub(super) n_features: usize,
    pub(super) reached: Reached,
    pub(super) hierarchy: Vec<(usize, usize)>,
    pub(super) labels: Labels,
}

impl FittedOptics {
    pub(super) fn new(
        n_features: usize,
        reached: Reached,
        hierarchy: Vec<(usize, usize)>,
        labels: Vec<i32>,
    ) -> Self {
        Self {
            n_features,
            reached,
            hierarchy,
            labels: Labels::new(labels).expect("labels are counted from zero, or noise"),
        }
    }

    /// The rows by number, in the order they were reached in.
    pub fn ordering(&self) -> &[u32] {
        &self.reached.order
    }

    /// How far each row was to reach from those before it, by row; infinite for one that begins anew. In the
    /// [`ordering`](Self::ordering) it is the reachability plot.
    pub fn reachability(&self) -> &[f64] {
        &self.reached.reachability
    }

    /// The distance of each row to its neighbour of rank `min_samples`, itself counted; infinite beyond `max_eps`.
    pub fn core_distances(&self) -> &[f64] {
        &self.reached.core_distances
    }

    /// From which row each was reached; none for one that begins anew.
    pub fn predecessor(&self) -> &[Option<u32>] {
        &self.reached.predecessor
    }

    /// All clusters of the xi method as the places in the ordering of their first and last row, both counted; smaller ones
    /// before those that hold them. Empty for the dbscan method.
    pub fn cluster_hierarchy(&self) -> &[(usize, usize)] {
        &self.hierarchy
    }

    /// The clusters where the reachability plot is cut at `eps`, without another fit: nearly what
    /// [`Dbscan`](crate::Dbscan) finds, for any `eps` up to `max_eps`.
    pub fn labels_at(&self, eps: f64) -> Labels {
        Labels::new(cut(&self.reached, eps)).expect("labels are counted from zero, or noise")
    }
}

/// The labels where the plot is cut.
pub(super) fn cut(reached: &Reached, eps: f64) -> Vec<i32> {
    let mut labels = vec![Labels::NOISE; reached.order.len()];
    let mut cluster = Labels::NOISE;
    for &row in &reached.order {
        let row = row as usize;
        let far = reached.reachability[row] > eps;
        let core = reached.core_distances[row] <= eps;
        cluster += i32::from(far && core);
        if !far || core {
            labels[row] = cluster;
        }
    }
    labels
}

impl FittedClusterer for FittedOptics {
    fn name(&self) -> &str {
        OpticsConfig::NAME
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
