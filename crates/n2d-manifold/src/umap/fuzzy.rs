//! The fuzzy simplicial set: how much each point counts as a neighbour of another (McInnes et al., arXiv 1802.03426).

use n2d_neighbors::{Neighbors, SparseGraph};
use rayon::prelude::*;

/// The least width of a point's surroundings, in units of its mean distance to its neighbours (umap-learn's value).
const MIN_K_DIST_SCALE: f64 = 1e-3;
/// Rounds and tolerance of the search for the width (umap-learn's values).
const BISECTIONS: usize = 64;
const TOLERANCE: f64 = 1e-5;

/// How distances look from one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Surroundings {
    /// Distance to the nearest neighbour that lies apart: up to here the membership is 1.
    pub(super) rho: f64,
    /// Scale on which it falls behind that.
    pub(super) sigma: f64,
}

impl Surroundings {
    /// The width at which the memberships of a point's neighbours (its distances to them, ascending, itself left out)
    /// sum to `log2(k)`, with `k` counting the point itself.
    pub(super) fn of(distances: &[f32], local_connectivity: f64, mean_distance: f64) -> Self {
        let target = ((distances.len() + 1) as f64).log2();
        let rho = nearest_apart(distances, local_connectivity);
        let sum = |sigma: f64| -> f64 {
            let membership = |&d: &f32| {
                let beyond = f64::from(d) - rho;
                if beyond > 0.0 {
                    (-beyond / sigma).exp()
                } else {
                    1.0
                }
            };
            distances.iter().map(membership).sum()
        };
        let mean = distances.iter().map(|&d| f64::from(d)).sum::<f64>() / (distances.len() + 1) as f64;
        // From a width of the points' own size, so that the size of the data has no say.
        let sigma = bisect(target, if mean > 0.0 { mean } else { 1.0 }, sum);
        let least = MIN_K_DIST_SCALE * if rho > 0.0 { mean } else { mean_distance };
        Self {
            rho,
            sigma: sigma.max(least),
        }
    }

    /// How much a neighbour at this distance counts, in `[0, 1]`.
    pub(super) fn membership(&self, distance: f32) -> f32 {
        let beyond = f64::from(distance) - self.rho;
        if beyond <= 0.0 || self.sigma == 0.0 {
            1.0
        } else {
            (-beyond / self.sigma).exp() as f32
        }
    }
}

/// The distance to the `local_connectivity`-th neighbour that is no duplicate, interpolated.
fn nearest_apart(distances: &[f32], local_connectivity: f64) -> f64 {
    let apart: Vec<f64> = distances
        .iter()
        .filter(|&&d| d > 0.0)
        .map(|&d| f64::from(d))
        .collect();
    let Some(&farthest) = apart.last() else {
        return 0.0;
    };
    if (apart.len() as f64) < local_connectivity {
        return farthest;
    }
    let whole = local_connectivity.floor() as usize;
    let fraction = local_connectivity - whole as f64;
    let at = |count: usize| if count == 0 { 0.0 } else { apart[count - 1] };
    if fraction > TOLERANCE && whole < apart.len() {
        at(whole) + fraction * (at(whole + 1) - at(whole))
    } else {
        at(whole)
    }
}

/// The `sigma` at which a growing function reaches the target: doubled, then halved between bounds.
fn bisect(target: f64, start: f64, sum: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high, mut middle) = (0.0, f64::INFINITY, start);
    for _ in 0..BISECTIONS {
        let reached = sum(middle);
        if (reached - target).abs() < TOLERANCE {
            break;
        }
        if reached > target {
            high = middle;
        } else {
            low = middle;
        }
        middle = if high == f64::INFINITY {
            middle * 2.0
        } else {
            (low + high) / 2.0
        };
    }
    middle
}

/// Who counts as a neighbour of whom, and how much: the fuzzy simplicial set of some rows, and what it was made from.
///
/// Made by [`Umap::fuzzy_graph`](super::Umap::fuzzy_graph), laid out by [`Umap::fit_graph`](super::Umap::fit_graph).
#[derive(Debug, Clone, PartialEq)]
pub struct FuzzyGraph {
    /// Memberships in `(0, 1]` of pairs of rows, symmetric. Pairs that are not stored are no neighbours.
    pub graph: SparseGraph,
    /// For each row the distance on which memberships fall off, in units of the data.
    pub sigmas: Vec<f64>,
    /// For each row the distance up to which neighbours count fully, in units of the data.
    pub rhos: Vec<f64>,
}

impl FuzzyGraph {
    /// One row is nobody's neighbour.
    pub(super) fn of_one_row() -> Self {
        Self {
            graph: SparseGraph::from_rows(vec![vec![]]),
            sigmas: vec![0.0],
            rhos: vec![0.0],
        }
    }
}

/// The nearest others of rows that are nearer than a distance, with what it takes to weigh them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Views<'a> {
    neighbors: &'a Neighbors,
    /// Others that count, of those that there are.
    k: usize,
    cut: f32,
    local_connectivity: f64,
    mean_distance: f64,
}

impl<'a> Views<'a> {
    /// Of the `k` nearest others of each row; those at `cut` or farther are none.
    pub(super) fn new(neighbors: &'a Neighbors, k: usize, cut: Option<f32>, local_connectivity: f64) -> Self {
        let mut views = Self {
            neighbors,
            k,
            cut: cut.unwrap_or(f32::INFINITY),
            local_connectivity,
            mean_distance: 0.0,
        };
        views.mean_distance = views.mean();
        views
    }

    /// Others of a row and their distances, ascending.
    pub(super) fn of(&self, row: usize) -> (&'a [u32], &'a [f32]) {
        let distances = &self.neighbors.distances(row)[..self.k];
        let kept = distances.partition_point(|&distance| distance < self.cut);
        (&self.neighbors.indices(row)[..kept], &distances[..kept])
    }

    /// The mean of all distances with each row's distance 0 to itself counted in, as umap-learn has it.
    fn mean(&self) -> f64 {
        let (mut sum, mut count) = (0.0, 0);
        for row in 0..self.neighbors.n_rows() {
            let (_, distances) = self.of(row);
            sum += distances.iter().map(|&d| f64::from(d)).sum::<f64>();
            count += distances.len() + 1;
        }
        sum / count as f64
    }

    /// Others of each row, before the cut.
    pub(super) fn k(&self) -> usize {
        self.k
    }

    /// Rows at this distance or farther are no neighbours.
    pub(super) fn cut(&self) -> f32 {
        self.cut
    }

    pub(super) fn mean_distance(&self) -> f64 {
        self.mean_distance
    }

    /// Pairs that the cut has left out.
    pub(super) fn n_cut(&self) -> usize {
        let kept = (0..self.neighbors.n_rows()).map(|row| self.of(row).0.len());
        self.neighbors.n_rows() * self.k - kept.sum::<usize>()
    }

    /// The symmetric graph of memberships: fuzzy union, intersection, or a mixture of the two.
    pub(super) fn fuzzy_graph(&self, set_op_mix_ratio: f32) -> FuzzyGraph {
        let row = |row: usize| {
            let (indices, distances) = self.of(row);
            let seen = Surroundings::of(distances, self.local_connectivity, self.mean_distance);
            let memberships = distances.iter().map(|&d| seen.membership(d));
            let row: Vec<(u32, f32)> = indices.iter().copied().zip(memberships).collect();
            (row, seen)
        };
        let rows: Vec<_> = (0..self.neighbors.n_rows()).into_par_iter().map(row).collect();
        let (rows, seen): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let mix = set_op_mix_ratio;
        FuzzyGraph {
            graph: SparseGraph::from_rows(rows)
                .symmetrised(|a, b| mix * (a + b - a * b) + (1.0 - mix) * a * b),
            sigmas: seen.iter().map(|seen| seen.sigma).collect(),
            rhos: seen.iter().map(|seen| seen.rho).collect(),
        }
    }

    /// How far apart two rows are, where either is a neighbour of the other; the larger distance where they disagree.
    pub(super) fn distance(&self, a: u32, b: u32) -> Option<f32> {
        let seen = |from: u32, to: u32| {
            let (indices, distances) = self.of(from as usize);
            indices
                .iter()
                .position(|&index| index == to)
                .map(|at| distances[at])
        };
        [seen(a, b), seen(b, a)].into_iter().flatten().reduce(f32::max)
    }
}
