use std::sync::Arc;

use n2d_core::persist::Save;
use n2d_core::{ApproximatePredict, ConfigError, FittedClusterer, Labels, PartConfig, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};

use super::condensed::{Condensed, CondensedRow};
use super::config::{ClusterSelection, HdbscanConfig, HdbscanCut};
use super::flat::Flat;
use super::linkage::{LinkageRow, SpanningEdge, groups_below, single_linkage};
use super::select::epsilon_for;
use super::spanning::Spanned;
use super::validity;

/// A fitted [`Hdbscan`](crate::Hdbscan): the flat clustering, and the trees it was cut from.
///
/// It holds the training rows, which new rows are compared with. Clones and re-cuts share them.
#[derive(Debug, Clone)]
pub struct FittedHdbscan {
    pub(super) space: Arc<Space>,
    pub(super) cut: HdbscanCut,
    pub(super) tree: Condensed,
    pub(super) flat: Flat,
    /// For each row the cluster of the condensed tree that it leaves, and the density.
    pub(super) home: Vec<(usize, f64)>,
}

/// All that does not depend on the cut.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) n_samples: usize,
    pub(super) n_features: usize,
    /// None where only distances were given.
    pub(super) rows: Option<Vec<f32>>,
    /// For euclidean distances; and how it was made.
    pub(super) index: Option<(NeighborSearch, NeighborIndex)>,
    pub(super) metric: Metric,
    /// As asked for, however few rows there are.
    pub(super) min_samples: usize,
    /// For each row its distances to its others number `min_samples - 1` and `min_samples`.
    pub(super) core: Vec<[f64; 2]>,
    pub(super) edges: Vec<SpanningEdge>,
    pub(super) linkage: Vec<LinkageRow>,
}

impl Space {
    pub(super) fn new(
        config: &HdbscanConfig,
        y: Option<Samples<'_>>,
        n_samples: usize,
        spanned: Spanned,
    ) -> Self {
        Self {
            n_samples,
            n_features: y.map_or(n_samples, |y| y.n_features()),
            rows: y.map(|y| y.as_slice().to_vec()),
            index: spanned.index,
            metric: config.metric,
            min_samples: config.min_samples.unwrap_or(config.min_cluster_size),
            core: spanned.core,
            linkage: single_linkage(n_samples, &spanned.edges),
            edges: spanned.edges,
        }
    }
}

impl FittedHdbscan {
    pub(super) fn new(space: Arc<Space>, cut: HdbscanCut) -> Self {
        let tree = Condensed::new(space.n_samples, &space.linkage, cut.min_cluster_size)
            .simplified(cut.cluster_selection_persistence);
        let flat = Flat::new(&tree, &cut, &space.edges);
        let mut home = vec![(0, 0.0); space.n_samples];
        for (row, cluster, lambda) in tree.points() {
            home[row] = (cluster, lambda);
        }
        Self {
            space,
            cut,
            tree,
            flat,
            home,
        }
    }

    /// The same tree cut in another way, without a new fit: as if fitted with these options, and the `min_samples` of this fit.
    ///
    /// ```
    /// use n2d_cluster::{HdbscanConfig, HdbscanCut};
    /// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
    ///
    /// let rows = [0.0, 0.1, 0.2, 1.0, 1.1, 1.2, 7.0, 7.1, 7.2, 8.0, 8.1, 8.2];
    /// let config = HdbscanConfig { min_cluster_size: 5, min_samples: Some(1), ..HdbscanConfig::default() };
    /// let y = Samples::from_rows(&rows, 1)?;
    /// let coarse = config.build()?.fit(y, &mut FitContext::new(0))?.model;
    /// let fine = coarse.recut(&HdbscanCut { min_cluster_size: 3, ..coarse.cut().clone() })?;
    /// assert_eq!((coarse.n_clusters(), fine.n_clusters()), (2, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] where an option is out of its range, or not used by the method of the cut.
    pub fn recut(&self, cut: &HdbscanCut) -> Result<Self, ConfigError> {
        cut.check()?;
        Ok(Self::new(self.space.clone(), cut.clone()))
    }

    /// The same tree cut into exactly `n_clusters`, in the manner of `HDBSCAN_flat`: with the least
    /// `cluster_selection_epsilon` that gives so many, or, where excess of mass gives fewer, the same on the leaves. The other
    /// options of the cut stay, but for `cluster_selection_epsilon_max`, which is dropped, and on the leaves
    /// `max_cluster_size`, which they do not use. None where no epsilon gives that number.
    pub fn recut_to(&self, n_clusters: usize) -> Option<Self> {
        let methods = [self.cut.cluster_selection_method, ClusterSelection::Leaf];
        methods.into_iter().find_map(|cluster_selection_method| {
            let mut cut = HdbscanCut {
                cluster_selection_method,
                cluster_selection_epsilon_max: None,
                max_cluster_size: self
                    .cut
                    .max_cluster_size
                    .filter(|_| cluster_selection_method != ClusterSelection::Leaf),
                ..self.cut.clone()
            };
            cut.cluster_selection_epsilon = epsilon_for(&self.tree, &cut, n_clusters)?;
            Some(Self::new(self.space.clone(), cut))
        })
    }

    /// The options of the cut that this is.
    pub fn cut(&self) -> &HdbscanCut {
        &self.cut
    }

    /// What density-based clustering at one density gives (DBSCAN without its border rows): the groups of at least
    /// `min_cluster_size` rows that are linked at less than `epsilon`, numbered by their first rows; all else is noise.
    pub fn dbscan_clustering(&self, epsilon: f64, min_cluster_size: usize) -> Labels {
        groups_below(self.space.n_samples, &self.space.edges, epsilon, min_cluster_size)
    }

    /// How strongly each training row belongs to its cluster, in `[0, 1]`: the density at which it leaves, relative to the
    /// greatest at which anything leaves the cluster. 0 for noise.
    pub fn probabilities(&self) -> &[f32] {
        &self.flat.probabilities
    }

    /// GLOSH outlier scores of the training rows, in `[0, 1]`: how much less dense a row is than the densest of its part of
    /// the tree (Campello et al. 2015). Rows of clusters have them, too.
    pub fn outlier_scores(&self) -> &[f32] {
        &self.flat.outlier_scores
    }

    /// How long each cluster lasts, relative to its size and the greatest density of all; 1 where that is infinite.
    pub fn cluster_persistence(&self) -> &[f64] {
        &self.flat.persistence
    }

    /// The most representative training rows of each cluster: those that stay to the last in each of its leaves.
    pub fn exemplars(&self) -> Vec<Vec<usize>> {
        let mut last: Vec<Vec<usize>> = vec![Vec::new(); self.tree.clusters.len()];
        for (row, cluster, lambda) in self.tree.points() {
            if lambda == self.tree.clusters[cluster].death {
                last[cluster].push(row);
            }
        }
        let of_cluster = |&cluster: &usize| {
            let leaves = self.tree.leaves_below(cluster);
            leaves
                .iter()
                .flat_map(|&leaf| last[leaf].iter().copied())
                .collect()
        };
        self.flat.selection.clusters.iter().map(of_cluster).collect()
    }

    /// A quick relative of density-based cluster validity (Moulavi et al. 2014), in `[-1, 1]`, the greater the better: how
    /// much farther clusters are from others than apart in themselves, along the spanning tree. It compares settings of one
    /// data set. 0 where there are no clusters. Noise counts as such, also where `assign_noise` has given it a label.
    pub fn relative_validity(&self) -> f64 {
        validity::relative_validity(&self.space.edges, &self.flat.labels, self.n_clusters())
    }

    /// The numbers of the chosen clusters in the condensed tree, in the order of the labels.
    pub fn selected_clusters(&self) -> Vec<usize> {
        let n = self.space.n_samples;
        self.flat
            .selection
            .clusters
            .iter()
            .map(|cluster| n + cluster)
            .collect()
    }

    /// The condensed tree as a table, clusters before what leaves them.
    pub fn condensed_tree(&self) -> &[CondensedRow] {
        &self.tree.rows
    }

    /// The single linkage tree as a table, one row a merge, in ascending order of distance.
    pub fn single_linkage_tree(&self) -> &[LinkageRow] {
        &self.space.linkage
    }

    /// The minimum spanning tree of mutual reachability, in ascending order of weight, smaller row, larger row.
    pub fn minimum_spanning_tree(&self) -> &[SpanningEdge] {
        &self.space.edges
    }

    /// The distance of each training row to its `min_samples`-th nearest other.
    pub fn core_distances(&self) -> Vec<f64> {
        self.space.core.iter().map(|core| core[1]).collect()
    }
}

impl FittedClusterer for FittedHdbscan {
    fn name(&self) -> &str {
        HdbscanConfig::NAME
    }

    /// For given distances, the width of their matrix.
    fn n_features(&self) -> usize {
        self.space.n_features
    }

    fn n_clusters(&self) -> usize {
        self.flat.selection.clusters.len()
    }

    fn labels(&self) -> &Labels {
        self.flat.assigned.as_ref().unwrap_or(&self.flat.labels)
    }

    fn strengths(&self) -> Option<&[f32]> {
        Some(self.probabilities())
    }

    fn as_approximate_predict(&self) -> Option<&dyn ApproximatePredict> {
        self.space.rows.as_ref().map(|_| self as &dyn ApproximatePredict)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}
