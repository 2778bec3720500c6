//! What linfa's OPTICS finds, put right where it joins components, and the clusters in it.

use linfa_clustering::Sample;
use linfa_nn::NearestNeighbourIndex;
use linfa_nn::distance::Distance;
use ndarray16::Array2;

/// The rows in their order, and how far each is from those before it.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    /// Numbers of the rows, in order.
    pub(super) ordering: Vec<usize>,
    /// By row: how far the `min_samples`-th nearest is, infinite where that is beyond `max_eps`.
    pub(super) core: Vec<f64>,
    /// By row: at what distance rows before it reach it, infinite where none does.
    pub(super) reachability: Vec<f64>,
}

/// Reads linfa's analysis.
///
/// Where its search begins anew, linfa lets the beginning row reach itself, so that no row tells where one component ends
/// and the next begins, and puts it behind some that it reaches. Here that row comes first, and nothing reaches it. It begins
/// anew at the first row not yet ordered, and where no row before the next one reaches it.
pub(super) fn plot<D: Distance<f64>>(
    rows: &Array2<f64>,
    analysis: &[Sample<f64>],
    index: &dyn NearestNeighbourIndex<f64>,
    distance: &D,
) -> Plot {
    let mut plot = Plot {
        ordering: Vec::with_capacity(rows.nrows()),
        core: vec![f64::INFINITY; rows.nrows()],
        reachability: vec![f64::INFINITY; rows.nrows()],
    };
    for sample in analysis {
        plot.core[sample.index()] = sample.core_distance().unwrap_or(f64::INFINITY);
    }
    let mut ordered = vec![false; rows.nrows()];
    let mut first_left = 0;
    for sample in analysis {
        let row = sample.index();
        let Some(reach) = *sample.reachability_distance() else {
            plot.push(row, f64::INFINITY, &mut ordered);
            continue;
        };
        if ordered[row] {
            continue;
        }
        let core = |other: usize| {
            if ordered[other] {
                plot.core[other]
            } else {
                f64::INFINITY
            }
        };
        if !is_reached(rows, row, reach, core, index, distance) {
            while ordered[first_left] {
                first_left += 1;
            }
            plot.push(first_left, f64::INFINITY, &mut ordered);
        }
        if !ordered[row] {
            plot.push(row, reach, &mut ordered);
        }
    }
    plot
}

/// Whether a row with such a `core` distance is so near that `row` is within `reach` of it.
fn is_reached<D: Distance<f64>>(
    rows: &Array2<f64>,
    row: usize,
    reach: f64,
    core: impl Fn(usize) -> f64,
    index: &dyn NearestNeighbourIndex<f64>,
    distance: &D,
) -> bool {
    // A little wider, as the tree compares squares.
    let near = index
        .within_range(rows.row(row), reach * (1.0 + 1e-9))
        .expect("a row of the index");
    near.into_iter()
        .any(|(point, other)| core(other) <= reach && distance.distance(point, rows.row(row)) <= reach)
}

impl Plot {
    fn push(&mut self, row: usize, reach: f64, ordered: &mut [bool]) {
        ordered[row] = true;
        self.reachability[row] = reach;
        self.ordering.push(row);
    }

    /// The clusters of DBSCAN at `eps`, by row: a row that none before it reaches begins one, if it is a core row.
    pub(super) fn clusters(&self, eps: f64) -> Vec<Option<usize>> {
        let mut labels = vec![None; self.ordering.len()];
        let mut n_clusters = 0_usize;
        for &row in &self.ordering {
            let reached = self.reachability[row] <= eps;
            if !reached && self.core[row] <= eps {
                n_clusters += 1;
            }
            if reached || self.core[row] <= eps {
                labels[row] = n_clusters.checked_sub(1);
            }
        }
        labels
    }
}
