//! What is known of rows besides their values: graphs that also tell classes apart (supervised UMAP).

use n2d_core::check::Options;
use n2d_core::{FitContext, FitError, Labels, PartConfig, Samples};
use n2d_neighbors::{Metric, SparseGraph};
use rayon::prelude::*;

use super::UmapConfig;
use super::fuzzy::Views;
use super::given::{as_many_rows, option_error};
use super::init::Origin;
use super::neighbors::quietly;

/// What a label that is not known takes off a membership, as a distance (umap-learn's value).
const UNKNOWN_DISTANCE: f32 = 1.0;
/// The same for labels that differ, at `weight` 0 (umap-learn's value).
const FAR_DISTANCE: f32 = 2.5;
/// Bounds of what a pair counts that one of two intersected graphs does not have (umap-learn's values).
const LEAST_MISSING: f32 = 1e-8;
const MOST_MISSING: f32 = 1e-4;

/// What a supervised fit ([`Umap::fit_supervised`](super::Umap::fit_supervised)) knows of each row besides its values.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_manifold::umap::Target;
///
/// // The second row's class is not known.
/// let labels = Labels::new(vec![0, -1, 1])?;
/// let target = Target::Labels { labels: &labels, weight: 0.8 };
/// # Ok::<(), n2d_core::DataError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A class for each row.
    Labels {
        /// The classes; -1 where one is not known (semi-supervised).
        labels: &'a Labels,
        /// From a pull towards the rows' own neighbours (0) to neighbours of one class only (1).
        weight: f32,
    },
    /// One or several numbers for each row, near for rows that belong together.
    Values {
        /// The numbers, compared by euclidean distance.
        values: Samples<'a>,
        /// From the rows alone (0) to the numbers alone (1).
        weight: f32,
        /// Neighbours by the numbers, the row itself counted; at least 2. The fit's own `n_neighbors` where not given.
        n_neighbors: Option<usize>,
    },
}

impl<'a> Target<'a> {
    /// umap-learn's `target_weight`.
    const WEIGHT: f32 = 0.5;

    /// Classes with umap-learn's default weight, 0.5.
    pub fn labels(labels: &'a Labels) -> Self {
        Self::Labels {
            labels,
            weight: Self::WEIGHT,
        }
    }

    /// Numbers with umap-learn's default weight, 0.5, and as many neighbours as the fit takes.
    pub fn values(values: Samples<'a>) -> Self {
        Self::Values {
            values,
            weight: Self::WEIGHT,
            n_neighbors: None,
        }
    }

    pub(super) fn check(&self, n_rows: usize) -> Result<(), FitError> {
        let options = Options::of(UmapConfig::NAME);
        let (weight, n_given) = match *self {
            Self::Labels { labels, weight } => (weight, labels.len()),
            Self::Values { values, weight, .. } => (weight, values.n_samples()),
        };
        as_many_rows("target", n_rows, n_given)?;
        let checked = options.between("target_weight", weight.into(), 0.0, 1.0);
        checked.map_err(option_error)?;
        match *self {
            Self::Values {
                n_neighbors: Some(n_neighbors),
                ..
            } => options
                .at_least("target_n_neighbors", n_neighbors, 2)
                .map_err(option_error),
            _ => Ok(()),
        }
    }

    /// The graph of the rows, changed by what is known of them. `n_neighbors` is that of the fit.
    pub(super) fn applied(
        &self,
        graph: &SparseGraph,
        n_neighbors: usize,
        ctx: &FitContext<'_>,
    ) -> Result<SparseGraph, FitError> {
        let mixed = match *self {
            Self::Labels { labels, weight } => by_labels(graph, labels.as_slice(), weight),
            Self::Values {
                values,
                weight,
                n_neighbors: own,
            } => {
                let k = own.unwrap_or(n_neighbors).min(values.n_samples()) - 1;
                let origin = Origin {
                    rows: values,
                    metric: Metric::Euclidean,
                    n_neighbors: k + 1,
                };
                let neighbors = quietly(origin, k, ctx)?;
                let target = Views::new(&neighbors, k, None, 1.0).fuzzy_graph(1.0).graph;
                intersected(graph, &target, weight)
            }
        };
        Ok(with_a_full_neighbour(&mixed))
    }
}

/// Memberships between rows of different or unknown class, lowered.
fn by_labels(graph: &SparseGraph, labels: &[i32], weight: f32) -> SparseGraph {
    let unknown = (-UNKNOWN_DISTANCE).exp();
    // At weight 1 the distance is infinite, and nothing is left.
    let differing = (-FAR_DISTANCE / (1.0 - weight)).exp();
    let factor = |a: i32, b: i32| match (a, b) {
        (Labels::NOISE, _) | (_, Labels::NOISE) => unknown,
        _ if a != b => differing,
        _ => 1.0,
    };
    let row = |row: usize| -> Vec<(u32, f32)> {
        graph
            .row(row)
            .map(|(other, weight)| (other, weight * factor(labels[row], labels[other as usize])))
            .filter(|&(_, weight)| weight > 0.0)
            .collect()
    };
    SparseGraph::from_rows((0..graph.n_rows()).into_par_iter().map(row).collect())
}

/// What a pair counts that is not stored: half of the least there is.
fn missing(graph: &SparseGraph) -> f32 {
    let weights = (0..graph.n_rows()).flat_map(|row| graph.row(row).map(|(_, weight)| weight));
    (weights.fold(1.0, f32::min) / 2.0).max(LEAST_MISSING)
}

/// The fuzzy intersection of two graphs on the pairs of either, of which the one or the other counts more.
fn intersected(left: &SparseGraph, right: &SparseGraph, weight: f32) -> SparseGraph {
    let (left_missing, right_missing) = (missing(left), missing(right).min(MOST_MISSING));
    let mix = |a: f32, b: f32| {
        if a <= left_missing && b <= right_missing {
            // So weak in both that their ratio means nothing.
            a.min(b)
        } else if weight < 0.5 {
            a * b.powf(weight / (1.0 - weight))
        } else {
            a.powf((1.0 - weight) / weight) * b
        }
    };
    let row = |row: usize| {
        let mut mixed = Vec::with_capacity(left.row(row).len() + right.row(row).len());
        let (mut lefts, mut rights) = (left.row(row).peekable(), right.row(row).peekable());
        while let Some(other) = [lefts.peek(), rights.peek()]
            .into_iter()
            .flatten()
            .map(|&(other, _)| other)
            .min()
        {
            let a = lefts.next_if(|&(o, _)| o == other);
            let b = rights.next_if(|&(o, _)| o == other);
            let membership = mix(
                a.map_or(left_missing, |(_, w)| w),
                b.map_or(right_missing, |(_, w)| w),
            );
            if membership > 0.0 {
                mixed.push((other, membership));
            }
        }
        mixed
    };
    SparseGraph::from_rows((0..left.n_rows()).into_par_iter().map(row).collect())
}

/// Every row's strongest membership becomes 1 again, as each point is to have a neighbour that counts fully; then the union of
/// both directions.
fn with_a_full_neighbour(graph: &SparseGraph) -> SparseGraph {
    let row = |row: usize| {
        let strongest = graph.row(row).map(|(_, weight)| weight).fold(0.0, f32::max);
        graph
            .row(row)
            .map(|(other, weight)| (other, weight / strongest))
            .collect()
    };
    let scaled = SparseGraph::from_rows((0..graph.n_rows()).into_par_iter().map(row).collect());
    scaled.symmetrised(|a, b| a + b - a * b)
}
