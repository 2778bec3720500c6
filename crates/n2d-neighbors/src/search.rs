use n2d_core::ConfigError;
use n2d_core::check::Options;
use serde::{Deserialize, Serialize};

use crate::{Measure, Metric};

/// Up to this many features [`NeighborSearch::Auto`] takes the k-d tree; above it, most of a tree is visited anyway
/// and matrix products win.
pub const TREE_MAX_FEATURES: usize = 24;

/// Up to this many features [`NeighborSearch::Auto`] takes the k-d tree for any number of rows.
const TREE_FOR_ANY: usize = 12;
/// Up to this many rows [`NeighborSearch::Auto`] is exact where there are matrix products, or a k-d tree.
const EXACT_ROWS: usize = 200_000;
/// Up to this many rows [`NeighborSearch::Auto`] is exact where distances are measured pair by pair.
const EXACT_ROWS_BY_PAIRS: usize = 50_000;

/// How neighbours are searched. In configurations: `auto`, `exact`, `kd_tree`, `ball_tree`, `brute_force` or `nn_descent`.
///
/// | | metrics | a query among `n` rows takes |
/// |---|---|---|
/// | `kd_tree` | all but hamming, canberra and a user's own | `O(d log n)` in few dimensions, `O(d n)` in many |
/// | `ball_tree` | all that obey the triangle inequality: not cosine, correlation, and a user's own only if it says so | the same, by the dimensions that the rows really use |
/// | `brute_force` | all; by matrix products for euclidean, cosine and correlation | `O(d n)` |
/// | `nn_descent` | all | about `O(d log n)`, not exact |
///
/// All but the last are exact, and find the same neighbours up to the rounding of distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NeighborSearch {
    /// As [`Exact`](Self::Exact) for every number of rows on a k-d tree of at most 12 features; for up to 200 000 rows on wider
    /// ones and where there are matrix products (euclidean, cosine, correlation); for up to 50 000 rows where distances are
    /// measured pair by pair. Above, exact answers would take from minutes to days: as [`NnDescent`](Self::NnDescent).
    /// [`NeighborIndex::description`](crate::NeighborIndex::description) tells what was chosen.
    #[default]
    Auto,
    /// The exact way that suits the width of the rows and the metric. A k-d tree up to [`TREE_MAX_FEATURES`] features; else
    /// matrix products, a ball tree, or all distances one by one, the first of these that the metric has.
    Exact,
    /// A [k-d tree](crate::KdTree).
    KdTree,
    /// A tree of balls around points, for which the triangle inequality is enough.
    BallTree,
    /// Every distance, by [matrix products](crate::BruteForce) where there are such.
    BruteForce,
    /// Approximate, by descent along a graph (Dong, Charikar and Li 2011). It finds 99 to 100 % of the 15 nearest of a million
    /// rows of 32 features that lie in groups or on a manifold, in a twentieth of the time; less where rows fill all of their many
    /// dimensions evenly, as noise does. Only [`NeighborIndex::build`](crate::NeighborIndex::build) can.
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

    /// What is done for so many rows of so many features: neither [`Auto`](Self::Auto) nor [`Exact`](Self::Exact).
    pub fn resolved(self, n_samples: usize, n_features: usize, measure: &Measure) -> Self {
        match self {
            Self::Auto => {
                let exact = Self::exact(n_features, measure);
                if n_samples <= most_exact(exact, n_features, measure) {
                    exact
                } else {
                    Self::NnDescent
                }
            }
            Self::Exact => Self::exact(n_features, measure),
            asked => asked,
        }
    }

    fn exact(n_features: usize, measure: &Measure) -> Self {
        let few = n_features <= TREE_MAX_FEATURES;
        if few && Self::KdTree.possible(measure) {
            Self::KdTree
        } else if Self::BallTree.possible(measure) && !by_products(measure) {
            Self::BallTree
        } else {
            Self::BruteForce
        }
    }
}

/// Whether matrix products tell distances.
fn by_products(measure: &Measure) -> bool {
    matches!(
        measure.named(),
        Some(Metric::Euclidean | Metric::Cosine | Metric::Correlation)
    )
}

/// Most rows for which an exact search takes no more than a few minutes on a few cores, whatever the rows are.
fn most_exact(exact: NeighborSearch, n_features: usize, measure: &Measure) -> usize {
    match exact {
        NeighborSearch::KdTree if n_features <= TREE_FOR_ANY => usize::MAX,
        NeighborSearch::KdTree => EXACT_ROWS,
        _ if by_products(measure) => EXACT_ROWS,
        _ => EXACT_ROWS_BY_PAIRS,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_chooses_by_rows_features_and_metric() {
        let own = Measure::own(|_: &[f32], _: &[f32]| 0.0);
        let exact = |n, d, measure: Measure| NeighborSearch::Auto.resolved(n, d, &measure);
        for (n, d, measure, expected) in [
            (10_000_000, 12, Metric::Euclidean.into(), NeighborSearch::KdTree),
            (200_000, 24, Metric::Cosine.into(), NeighborSearch::KdTree),
            (200_001, 24, Metric::Cosine.into(), NeighborSearch::NnDescent),
            (200_000, 784, Metric::Euclidean.into(), NeighborSearch::BruteForce),
            (200_001, 784, Metric::Euclidean.into(), NeighborSearch::NnDescent),
            (50_000, 784, Metric::Manhattan.into(), NeighborSearch::BallTree),
            (50_001, 784, Metric::Manhattan.into(), NeighborSearch::NnDescent),
            (50_000, 2, Metric::Hamming.into(), NeighborSearch::BallTree),
            (50_000, 2, own.clone(), NeighborSearch::BruteForce),
            (50_001, 2, own, NeighborSearch::NnDescent),
        ] {
            assert_eq!(exact(n, d, measure.clone()), expected, "{n} {d} {measure}");
            let always = NeighborSearch::Exact.resolved(n, d, &measure);
            assert_ne!(always, NeighborSearch::NnDescent);
        }
    }
}
