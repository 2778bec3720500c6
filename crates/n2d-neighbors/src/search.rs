use n2d_core::ConfigError;
use n2d_core::check::Options;
use serde::{Deserialize, Serialize};

use crate::{Measure, Metric};

/// Up to this many features [`NeighborSearch::Auto`] takes the k-d tree; above it, most of a tree is visited anyway
/// and matrix products win.
pub const TREE_MAX_FEATURES: usize = 24;

/// How neighbours are searched. In configurations: `auto`, `exact`, `kd_tree`, `ball_tree` or `brute_force`.
///
/// | | metrics | a query among `n` rows takes |
/// |---|---|---|
/// | `kd_tree` | all but hamming, canberra and a user's own | `O(d log n)` in few dimensions, `O(d n)` in many |
/// | `ball_tree` | all that obey the triangle inequality: not cosine, correlation, and a user's own only if it says so | the same, by the dimensions that the rows really use |
/// | `brute_force` | all; by matrix products for euclidean, cosine and correlation | `O(d n)` |
///
/// All of these are exact, and find the same neighbours up to the rounding of distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NeighborSearch {
    /// As [`Exact`](Self::Exact).
    #[default]
    Auto,
    /// The exact way that suits the width of the rows and the metric. Up to [`TREE_MAX_FEATURES`] features a k-d tree, above
    /// it brute force; a ball tree for metrics that have no k-d tree.
    Exact,
    /// A [k-d tree](crate::KdTree).
    KdTree,
    /// A tree of balls around points, for which the triangle inequality is enough.
    BallTree,
    /// Every distance, by [matrix products](crate::BruteForce) where there are such.
    BruteForce,
    /// Approximate, by descent along a graph. Only [`NeighborIndex::build`](crate::NeighborIndex::build) can.
    NnDescent,
}

impl NeighborSearch {
    /// Whether it can be used with a metric, as an option of a part.
    ///
    /// # Errors
    /// [`ConfigError`] that names the ways there are.
    pub fn check(self, options: Options, field: &str, measure: &Measure) -> Result<(), ConfigError> {
        if self.possible(measure) {
            return Ok(());
        }
        let trees = [Self::KdTree, Self::BallTree].into_iter();
        let trees: String = trees
            .filter(|tree| tree.possible(measure))
            .map(|tree| format!("{tree}, "))
            .collect();
        let allowed = format!("auto, exact, {trees}brute_force, nn_descent for {measure}");
        Err(options.refuse(field, allowed, self))
    }

    pub(crate) fn possible(self, measure: &Measure) -> bool {
        match self {
            Self::KdTree => measure
                .named()
                .is_some_and(|metric| !matches!(metric, Metric::Hamming | Metric::Canberra)),
            Self::BallTree => measure.obeys_triangle_inequality(),
            Self::Auto | Self::Exact | Self::BruteForce | Self::NnDescent => true,
        }
    }

    /// What is done for so many features: neither [`Auto`](Self::Auto) nor [`Exact`](Self::Exact).
    pub fn resolved(self, n_features: usize, measure: &Measure) -> Self {
        let few = n_features <= TREE_MAX_FEATURES;
        match (self, measure) {
            (Self::Auto | Self::Exact, Measure::Named(Metric::Hamming | Metric::Canberra)) => Self::BallTree,
            (Self::Auto | Self::Exact, Measure::Named(_)) if few => Self::KdTree,
            (Self::Auto | Self::Exact, Measure::Own(own)) if own.obeys_triangle_inequality() => {
                Self::BallTree
            }
            (Self::Auto | Self::Exact, _) => Self::BruteForce,
            (asked, _) => asked,
        }
    }
}

impl std::fmt::Display for NeighborSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Exact => "exact",
            Self::KdTree => "kd_tree",
            Self::BallTree => "ball_tree",
            Self::BruteForce => "brute_force",
            Self::NnDescent => "nn_descent",
        })
    }
}
