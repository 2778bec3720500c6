use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::Metric;
use serde::{Deserialize, Serialize};

use super::Hdbscan;

/// Options of [`Hdbscan`]. The defaults are those of the Python package hdbscan 0.8.44.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct HdbscanConfig {
    /// Fewest rows of a cluster; at least 2. Default 5. Smaller groups that split off count as rows leaving their cluster.
    pub min_cluster_size: usize,
    /// Which nearest *other* row fixes a row's core distance: the row itself is not counted; at least 1. Default `None`, which
    /// is `min_cluster_size`. The greater, the more conservative: more rows are noise. Where there are too few rows, the
    /// farthest counts. hdbscan counts in the same way in its fits, whatever its documentation says.
    pub min_samples: Option<usize>,
    /// How clusters are chosen from the tree. Default [`ClusterSelection::Eom`].
    pub cluster_selection_method: ClusterSelection,
    /// Clusters that split at a lesser distance than this are not split (Malzer and Baum 2020); 0 or above, in the units of
    /// the distances. Default 0.
    pub cluster_selection_epsilon: f64,
    /// With excess of mass, clusters that come to be at a greater distance than this are not chosen; above
    /// `cluster_selection_epsilon`. Default `None`, no bound. It must be unset with [`ClusterSelection::Leaf`].
    pub cluster_selection_epsilon_max: Option<f64>,
    /// Splits of which a side lasts shorter than this, in units of 1 / distance, are undone before clusters are chosen; 0 or
    /// above. Default 0.
    pub cluster_selection_persistence: f64,
    /// With excess of mass, greater clusters are not chosen, but where `cluster_selection_epsilon` asks for them. Default
    /// `None`, no bound; 0 means the same. It must be unset with [`ClusterSelection::Leaf`].
    pub max_cluster_size: Option<usize>,
    /// Whether all rows together may be a cluster. Default false. If they are the only one, those rows belong to it that stay
    /// to the last, or, with an epsilon, that are linked below it.
    pub allow_single_cluster: bool,
    /// Distances, but not core distances, are divided by this, as in robust single linkage; between 1e-6 and 1e6. Default 1.
    pub alpha: f64,
    /// The distance between rows. Default euclidean.
    pub metric: Metric,
    /// How the spanning tree is found; none of the ways approximates but by rounding. Default [`SpanningAlgorithm::Auto`].
    pub algorithm: SpanningAlgorithm,
    /// Whether noise gets a label after all: that of the cluster it is linked to first along the spanning tree. Default false.
    /// Strengths of such rows stay 0, no figure of a cluster changes, and without clusters there is nothing to assign.
    pub assign_noise: bool,
}

impl Default for HdbscanConfig {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: None,
            cluster_selection_method: ClusterSelection::default(),
            cluster_selection_epsilon: 0.0,
            cluster_selection_epsilon_max: None,
            cluster_selection_persistence: 0.0,
            max_cluster_size: None,
            allow_single_cluster: false,
            alpha: 1.0,
            metric: Metric::default(),
            algorithm: SpanningAlgorithm::default(),
            assign_noise: false,
        }
    }
}

/// How clusters are chosen from the condensed tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ClusterSelection {
    /// Excess of mass: those that last longest for their rows, whether coarse or fine.
    #[default]
    Eom,
    /// The leaves of the tree: many small, even clusters.
    Leaf,
}

/// How the minimum spanning tree of mutual reachability is found: the same tree for any number of threads, and the least but
/// for rounding.
///
/// Which neighbour fixes a core distance, and with Boruvka which edge is the cheaper, is decided for euclidean distances by
/// squares in single precision. Those that differ by less than their rounding, about `n_features + 4` times 2^-24 as a part
/// of them, may be taken for equal or in the other order. What is chosen is measured in double precision: core distances may
/// be wrong by that part at most, and the weight of the tree by twice as much with Boruvka and as much with Prim. With other
/// metrics and given distances, all is in double precision. So the ways find the very same tree wherever single precision
/// tells weights apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SpanningAlgorithm {
    /// Boruvka for euclidean distances up to [`BORUVKA_MAX_FEATURES`] features, Prim for all else. The report says which.
    #[default]
    Auto,
    /// Boruvka's rounds on a k-d tree: about `O(n log n)` in few dimensions; euclidean only.
    Boruvka,
    /// Prim's algorithm: `O(n^2)` distances, `O(n)` memory, for any metric and dimension.
    Prim,
}

/// Up to this many features [`SpanningAlgorithm::Auto`] takes Boruvka's way: on 10 000 rows without any structure both ways
/// take the same time there, and with structure, more rows or fewer features Boruvka's is quicker.
pub const BORUVKA_MAX_FEATURES: usize = 60;

/// The options that only concern how a fitted tree is cut into clusters: what [`recut`](super::FittedHdbscan::recut) takes.
/// The fields are those of [`HdbscanConfig`] of the same names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HdbscanCut {
    /// See [`HdbscanConfig::min_cluster_size`].
    pub min_cluster_size: usize,
    /// See [`HdbscanConfig::cluster_selection_method`].
    pub cluster_selection_method: ClusterSelection,
    /// See [`HdbscanConfig::cluster_selection_epsilon`].
    pub cluster_selection_epsilon: f64,
    /// See [`HdbscanConfig::cluster_selection_epsilon_max`].
    pub cluster_selection_epsilon_max: Option<f64>,
    /// See [`HdbscanConfig::cluster_selection_persistence`].
    pub cluster_selection_persistence: f64,
    /// See [`HdbscanConfig::max_cluster_size`].
    pub max_cluster_size: Option<usize>,
    /// See [`HdbscanConfig::allow_single_cluster`].
    pub allow_single_cluster: bool,
    /// See [`HdbscanConfig::assign_noise`].
    pub assign_noise: bool,
}

impl Default for HdbscanCut {
    fn default() -> Self {
        Self::from(&HdbscanConfig::default())
    }
}

impl From<&HdbscanConfig> for HdbscanCut {
    fn from(config: &HdbscanConfig) -> Self {
        Self {
            min_cluster_size: config.min_cluster_size,
            cluster_selection_method: config.cluster_selection_method,
            cluster_selection_epsilon: config.cluster_selection_epsilon,
            cluster_selection_epsilon_max: config.cluster_selection_epsilon_max,
            cluster_selection_persistence: config.cluster_selection_persistence,
            max_cluster_size: config.max_cluster_size,
            allow_single_cluster: config.allow_single_cluster,
            assign_noise: config.assign_noise,
        }
    }
}

impl HdbscanCut {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let options = Options::of(HdbscanConfig::NAME);
        options.at_least("min_cluster_size", self.min_cluster_size, 2)?;
        options.not_negative("cluster_selection_epsilon", self.cluster_selection_epsilon)?;
        options.not_negative(
            "cluster_selection_persistence",
            self.cluster_selection_persistence,
        )?;
        self.only_used_options(&options)?;
        let epsilon = self.cluster_selection_epsilon;
        match self.cluster_selection_epsilon_max {
            Some(max) if max.is_nan() || max <= epsilon => Err(options.refuse(
                "cluster_selection_epsilon_max",
                format!("above cluster_selection_epsilon ({epsilon})"),
                max,
            )),
            _ => Ok(()),
        }
    }

    /// An option that the method does not use must be unset: it would be ignored in silence.
    fn only_used_options(&self, options: &Options) -> Result<(), ConfigError> {
        let bounds = [
            (
                "max_cluster_size",
                self.max_cluster_size.map(|most| most.to_string()),
            ),
            (
                "cluster_selection_epsilon_max",
                self.cluster_selection_epsilon_max.map(|max| max.to_string()),
            ),
        ];
        for (field, value) in bounds {
            if let Some(value) = value.filter(|_| self.cluster_selection_method == ClusterSelection::Leaf) {
                let allowed = "unset with cluster_selection_method = leaf (eom uses it)";
                return Err(options.refuse(field, allowed, value));
            }
        }
        Ok(())
    }

    /// The greatest size that is chosen.
    pub(super) fn size_limit(&self) -> usize {
        self.max_cluster_size
            .filter(|&most| most > 0)
            .unwrap_or(usize::MAX)
    }
}

impl PartConfig for HdbscanConfig {
    const NAME: &'static str = "hdbscan";
    type Part = Hdbscan;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Hdbscan, ConfigError> {
        let options = Options::of(Self::NAME);
        HdbscanCut::from(self).check()?;
        options.at_least(
            "min_samples",
            self.min_samples.unwrap_or(self.min_cluster_size),
            1,
        )?;
        options.between("alpha", self.alpha, 1e-6, 1e6)?;
        self.metric.check(options, "metric")?;
        if self.algorithm == SpanningAlgorithm::Boruvka && self.metric != Metric::Euclidean {
            let allowed = format!("auto or prim for the metric {}", self.metric);
            return Err(options.refuse("algorithm", allowed, "boruvka"));
        }
        Ok(Hdbscan { config: self.clone() })
    }
}
