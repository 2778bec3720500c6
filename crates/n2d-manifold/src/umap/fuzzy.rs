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

/// The mean of all distances with each point's distance 0 to itself counted in, as umap-learn has it.
pub(super) fn mean_distance(neighbors: &Neighbors) -> f64 {
    let sum: f64 = (0..neighbors.n_rows())
        .map(|row| {
            neighbors
                .distances(row)
                .iter()
                .map(|&d| f64::from(d))
                .sum::<f64>()
        })
        .sum();
    sum / (neighbors.n_rows() * (neighbors.k() + 1)) as f64
}

/// The symmetric graph of memberships: fuzzy union, intersection, or a mixture of the two.
pub(super) fn fuzzy_graph(
    neighbors: &Neighbors,
    local_connectivity: f64,
    set_op_mix_ratio: f32,
) -> SparseGraph {
    let mean = mean_distance(neighbors);
    let row = |row: usize| -> Vec<(u32, f32)> {
        let distances = neighbors.distances(row);
        let seen = Surroundings::of(distances, local_connectivity, mean);
        let memberships = distances.iter().map(|&d| seen.membership(d));
        neighbors.indices(row).iter().copied().zip(memberships).collect()
    };
    let directed = SparseGraph::from_rows((0..neighbors.n_rows()).into_par_iter().map(row).collect());
    let mix = set_op_mix_ratio;
    directed.symmetrised(|a, b| mix * (a + b - a * b) + (1.0 - mix) * a * b)
}
