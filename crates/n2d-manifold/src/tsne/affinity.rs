//! How much each row minds its neighbours.

use n2d_neighbors::{Neighbors, SparseGraph};
use rayon::prelude::*;

/// Relative precision of the perplexity found, and the most halvings for it.
const TOLERANCE: f64 = 1e-7;
const MAX_HALVINGS: usize = 200;

/// Probabilities of pairs as compressed sparse rows: symmetric, and one in all.
#[derive(Debug, Clone)]
pub(super) struct Affinities {
    starts: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
    /// The sum of all, one but for rounding.
    pub(super) total: f64,
    /// The sum of `p ln p`.
    pub(super) negative_entropy: f64,
}

impl Affinities {
    /// The conditional probabilities of each row's neighbours, averaged over both directions.
    pub(super) fn of(neighbors: &Neighbors, perplexity: f64) -> Self {
        let n = neighbors.n_rows();
        let row = |row: usize| {
            let probabilities = conditional(neighbors.distances(row), perplexity);
            neighbors
                .indices(row)
                .iter()
                .copied()
                .zip(probabilities)
                .collect()
        };
        let rows: Vec<Vec<(u32, f32)>> = (0..n).into_par_iter().map(row).collect();
        let share = 0.5 / n as f64;
        let joint = |a: f32, b: f32| ((f64::from(a) + f64::from(b)) * share) as f32;
        Self::new(&SparseGraph::from_rows(rows).symmetrised(joint))
    }

    fn new(graph: &SparseGraph) -> Self {
        let rows = || (0..graph.n_rows()).flat_map(|row| graph.row(row));
        let mut starts = vec![0];
        starts.extend((0..graph.n_rows()).scan(0, |end, row| {
            *end += graph.row(row).len();
            Some(*end)
        }));
        let weights = || rows().map(|(_, p)| f64::from(p));
        Self {
            starts,
            columns: rows().map(|(column, _)| column).collect(),
            weights: rows().map(|(_, p)| p).collect(),
            total: weights().sum(),
            negative_entropy: weights().map(|p| p * p.ln()).sum(),
        }
    }

    /// Those whom a row minds, and how much.
    pub(super) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.columns[range.clone()], &self.weights[range])
    }
}

/// Probabilities proportional to `exp(-beta d^2)` whose entropy is the logarithm of the perplexity, or as near as there is.
///
/// The distances ascend. Where so many are equally near that the perplexity can't be so low, those are minded alike, and no other.
pub(super) fn conditional(distances: &[f32], perplexity: f64) -> Vec<f32> {
    let squared = |&distance: &f32| f64::from(distance).powi(2);
    let nearest = distances.first().map_or(0.0, squared);
    let mut apart: Vec<f64> = distances.iter().map(|d| squared(d) - nearest).collect();
    let mean = apart.iter().sum::<f64>() / apart.len() as f64;
    if mean > 0.0 {
        apart.iter_mut().for_each(|d| *d /= mean);
    }
    let beta = if mean > 0.0 {
        search(&apart, perplexity.ln())
    } else {
        0.0
    };
    let weights: Vec<f64> = apart.iter().map(|d| (-beta * d).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| (w / total) as f32).collect()
}

/// The beta at which the entropy is as asked: it falls as beta grows.
fn search(apart: &[f64], entropy: f64) -> f64 {
    let (mut low, mut high, mut beta) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..MAX_HALVINGS {
        let off = entropy_at(apart, beta) - entropy;
        if off.abs() < TOLERANCE {
            break;
        }
        if off > 0.0 {
            low = beta;
        } else {
            high = beta;
        }
        beta = if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * low
        };
    }
    beta
}

fn entropy_at(apart: &[f64], beta: f64) -> f64 {
    let (mut total, mut moment) = (0.0, 0.0);
    for d in apart {
        let weight = (-beta * d).exp();
        total += weight;
        moment += weight * d;
    }
    total.ln() + beta * moment / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn perplexity(p: &[f32]) -> f64 {
        let terms = p.iter().filter(|&&p| p > 0.0).map(|&p| f64::from(p));
        (-terms.map(|p| p * p.ln()).sum::<f64>()).exp()
    }

    proptest! {
        #[test]
        fn perplexity_is_as_asked(mut distances in prop::collection::vec(0.5..100_f32, 20..60), asked in 1.5..15_f64, size in -30..30_i32) {
            distances.sort_by(f32::total_cmp);
            distances.dedup();
            prop_assume!(distances.len() > 18);
            let sized: Vec<f32> = distances.iter().map(|d| d * (size as f32).exp2()).collect();
            let p = conditional(&sized, asked);
            prop_assert!((perplexity(&p) - asked).abs() < 1e-3 * asked, "{}", perplexity(&p));
            prop_assert_eq!(p, conditional(&distances, asked), "the size has no say");
        }
    }

    #[test]
    fn ties_are_minded_alike() {
        assert_eq!(conditional(&[0.0; 4], 2.0), [0.25; 4]);
        assert_eq!(conditional(&[3.0], 0.5), [1.0]);
        let p = conditional(&[0.0, 0.0, 0.0, 1.0, 2.0], 2.0);
        assert!(
            p[..3].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-6) && p[3] < 1e-6,
            "{p:?}"
        );
    }
}
