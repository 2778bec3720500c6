//! Lloyd's rounds on scaled rows.

use n2d_core::{Control, FitError, Termination};
use rayon::prelude::*;

use super::elkan::{Bounds, Moved};
use super::near::Near;
use super::{EachRound, KMeansAlgorithm, Scaled};
use crate::chunks::{rows_per_chunk, sum_in_order};

/// When to end, and how to get there.
pub(crate) struct Limits {
    pub(crate) max_iter: usize,
    pub(crate) tol: f64,
    pub(crate) algorithm: KMeansAlgorithm,
}

/// What the rounds come to.
pub(crate) struct Rounds {
    /// In scaled units, one after the other.
    pub(crate) centers: Vec<f64>,
    /// The inertia at the beginning of each round, in the units of the data.
    pub(crate) history: Vec<f64>,
    /// With the last labels and centres, in scaled units.
    pub(crate) inertia: f64,
    pub(crate) termination: Termination,
}

/// Moves centres to the means of their rows until they settle.
pub(crate) fn rounds(
    scaled: &Scaled,
    mut centers: Vec<f64>,
    limits: &Limits,
    each: &mut EachRound<'_>,
) -> Result<Rounds, FitError> {
    let small_shift = limits.tol * scaled.mean_variance();
    let total_square = scaled.total_square();
    let mut state = State::new(scaled, &centers, limits.algorithm);
    let mut before = centers.clone();
    let mut history = Vec::new();
    let mut termination = Termination::MaxIter;
    for round in 1..=limits.max_iter {
        let mut changed = state.assign(&before, &centers);
        let inertia = scaled.square_to_original(state.sums.inertia(&centers, total_square));
        history.push(inertia);
        changed += state.refill(&centers);
        before = centers;
        centers = state.sums.means(&before);
        let shift = squared_distance(&centers, &before);
        if changed == 0.0 || shift <= small_shift {
            each(round, inertia)?;
            termination = Termination::Converged;
            break;
        }
        if each(round, inertia)? == Control::Stop {
            termination = Termination::Stopped;
            break;
        }
    }
    Ok(Rounds {
        inertia: state.sums.inertia(&centers, total_square),
        centers,
        history,
        termination,
    })
}

/// Which cluster each row is in, and what that sums to.
struct State<'a> {
    scaled: &'a Scaled,
    labels: Vec<u32>,
    sums: Sums,
    bounds: Option<Bounds>,
}

/// The label of a row that has none yet.
const NONE: u32 = u32::MAX;

impl<'a> State<'a> {
    fn new(scaled: &'a Scaled, centers: &[f64], algorithm: KMeansAlgorithm) -> Self {
        let n_clusters = centers.len() / scaled.n_features();
        let bounds = algorithm.keeps_bounds(scaled.n_features());
        Self {
            scaled,
            labels: vec![NONE; scaled.n_samples()],
            sums: Sums::new(n_clusters, scaled.n_features()),
            bounds: bounds.then(|| Bounds::new(scaled.n_samples(), n_clusters)),
        }
    }

    /// Gives every row the label of the nearest centre, the lowest for a tie, and returns how many have another than before.
    fn assign(&mut self, before: &[f64], centers: &[f64]) -> f64 {
        let (scaled, n_features) = (self.scaled, self.scaled.n_features());
        let near = Near::new(centers, n_features);
        let len = self.sums.values.len() + 1;
        let size = rows_per_chunk(scaled.n_samples(), len);
        let (n_clusters, chunks) = (near.n_clusters(), self.labels.par_chunks_mut(size).enumerate());
        let partials: Vec<Vec<f64>> = match &mut self.bounds {
            None => chunks
                .map(|(at, labels)| {
                    let mut now = vec![0; labels.len()];
                    near.label(scaled, at * size, &mut now);
                    changes(scaled, at * size, labels, &now, n_clusters)
                })
                .collect(),
            Some(bounds) => {
                let moved = Moved::new(before, centers, n_features);
                chunks
                    .zip(bounds.chunks(size))
                    .map(|((at, labels), mut bounds)| {
                        let mut now = labels.to_vec();
                        bounds.label(scaled, &near, &moved, at * size, &mut now);
                        changes(scaled, at * size, labels, &now, n_clusters)
                    })
                    .collect()
            }
        };
        let mut change = sum_in_order(partials);
        let changed = change.pop().unwrap_or(0.0);
        self.sums.add(&change);
        changed
    }

    /// Gives each empty cluster the row that lies farthest from its centre, unless that row is alone in its cluster.
    fn refill(&mut self, centers: &[f64]) -> f64 {
        let empty = self.sums.empty();
        if empty.is_empty() {
            return 0.0;
        }
        let mut changed = 0.0;
        let mut far = farthest(self.scaled, centers, &self.labels).into_iter();
        for cluster in empty {
            let Some(row) = far.find(|&row| self.sums.n_rows(self.labels[row]) > 1.0) else {
                break;
            };
            let weight = self.scaled.weight(row);
            self.sums.count(self.scaled.row(row), self.labels[row], -weight);
            self.sums.count(self.scaled.row(row), cluster, weight);
            self.labels[row] = cluster;
            if let Some(bounds) = &mut self.bounds {
                bounds.forget(row);
            }
            changed += 1.0;
        }
        changed
    }
}

/// What some rows' new labels change in the sums, and at the end how many are new; the labels are taken over.
fn changes(scaled: &Scaled, first: usize, labels: &mut [u32], now: &[u32], n_clusters: usize) -> Vec<f64> {
    let mut sums = Sums::new(n_clusters, scaled.n_features());
    let mut changed = 0.0;
    for (at, (label, &now)) in labels.iter_mut().zip(now).enumerate() {
        if *label == now {
            continue;
        }
        let (row, weight) = (scaled.row(first + at), scaled.weight(first + at));
        if *label != NONE {
            sums.count(row, *label, -weight);
        }
        sums.count(row, now, weight);
        *label = now;
        changed += 1.0;
    }
    let mut values = sums.values;
    values.push(changed);
    values
}

/// The rows of each cluster, summed and counted. Only changes are added, so that late rounds cost little.
struct Sums {
    n_features: usize,
    /// For each cluster the sum of its weighted rows, of its weights, and of its rows with a weight.
    values: Vec<f64>,
}

impl Sums {
    fn new(n_clusters: usize, n_features: usize) -> Self {
        Self {
            n_features,
            values: vec![0.0; n_clusters * (n_features + 2)],
        }
    }

    fn cluster(&self, cluster: u32) -> (&[f64], f64, f64) {
        let width = self.n_features + 2;
        let values = &self.values[cluster as usize * width..][..width];
        (&values[..self.n_features], values[width - 2], values[width - 1])
    }

    fn n_clusters(&self) -> u32 {
        (self.values.len() / (self.n_features + 2)) as u32
    }

    fn n_rows(&self, cluster: u32) -> f64 {
        self.cluster(cluster).2
    }

    fn empty(&self) -> Vec<u32> {
        let clusters = 0..self.n_clusters();
        clusters.filter(|&cluster| self.n_rows(cluster) == 0.0).collect()
    }

    /// Adds a row, or takes one off where the weight is negative.
    #[inline]
    fn count(&mut self, row: &[f32], cluster: u32, weight: f64) {
        let width = self.n_features + 2;
        let values = &mut self.values[cluster as usize * width..][..width];
        for (sum, &x) in values.iter_mut().zip(row) {
            *sum += weight * f64::from(x);
        }
        values[width - 2] += weight;
        values[width - 1] += if weight == 0.0 { 0.0 } else { weight.signum() };
    }

    fn add(&mut self, change: &[f64]) {
        for (value, change) in self.values.iter_mut().zip(change) {
            *value += change;
        }
    }

    /// The squared distances of all rows to their centres, weighted and summed, from those to the origin.
    fn inertia(&self, centers: &[f64], total_square: f64) -> f64 {
        let one = |(cluster, center): (u32, &[f64])| {
            let (sum, weight, _) = self.cluster(cluster);
            let terms = sum.iter().zip(center);
            terms.map(|(sum, c)| c * (weight * c - 2.0 * sum)).sum::<f64>()
        };
        let moved: f64 = (0..).zip(centers.chunks_exact(self.n_features)).map(one).sum();
        (total_square + moved).max(0.0)
    }

    /// The means of the clusters; one without rows stays where it is.
    fn means(&self, centers: &[f64]) -> Vec<f64> {
        let mean = |(cluster, center): (u32, &[f64])| -> Vec<f64> {
            match self.cluster(cluster) {
                (sum, weight, n_rows) if n_rows > 0.0 => sum.iter().map(|sum| sum / weight).collect(),
                _ => center.to_vec(),
            }
        };
        let centers = (0..).zip(centers.chunks_exact(self.n_features));
        centers.flat_map(mean).collect()
    }
}

/// The rows with a weight that do not lie on their centre, the farthest first.
fn farthest(scaled: &Scaled, centers: &[f64], labels: &[u32]) -> Vec<usize> {
    let distance = |row: usize| {
        let center = &centers[labels[row] as usize * scaled.n_features()..];
        let differences = scaled.row(row).iter().zip(center).map(|(&x, c)| f64::from(x) - c);
        differences.map(|difference| difference * difference).sum::<f64>()
    };
    let mut far: Vec<(usize, f64)> = (0..scaled.n_samples())
        .into_par_iter()
        .map(|row| (row, distance(row)))
        .filter(|&(row, distance)| distance > 0.0 && scaled.weight(row) > 0.0)
        .collect();
    far.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    far.into_iter().map(|(row, _)| row).collect()
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::Samples;

    fn run(values: &[f32], start: &[f64], max_iter: usize) -> (Vec<f64>, Rounds) {
        let scaled = Scaled::new(Samples::from_rows(values, 1).unwrap());
        let start = scaled.to_scaled(start.iter().copied());
        let limits = Limits {
            max_iter,
            tol: 0.0,
            algorithm: KMeansAlgorithm::Elkan,
        };
        let rounds = rounds(&scaled, start, &limits, &mut |_, _| Ok(Control::Continue)).unwrap();
        (scaled.to_original(&rounds.centers), rounds)
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_row() {
        let (mut centers, rounds) = run(&[0.0, 1.0, 2.0, 40.0], &[1.0, 1e6], 10);
        centers.sort_by(f64::total_cmp);
        assert!(
            (centers[0] - 1.0).abs() < 1e-5 && (centers[1] - 40.0).abs() < 1e-5,
            "{centers:?}"
        );
        assert_eq!(rounds.termination, Termination::Converged);
    }

    #[test]
    fn fewer_different_rows_than_clusters_settle() {
        let (centers, rounds) = run(&[1.0, 1.0, 5.0, 5.0], &[1.0, 1.0, 5.0, 5.0], 50);
        assert_eq!(rounds.termination, Termination::Converged);
        assert_eq!(centers, [1.0, 1.0, 5.0, 5.0]);
        let (_, rounds) = run(&[3.0; 6], &[3.0; 4], 50);
        assert_eq!(rounds.termination, Termination::Converged);
    }

    #[test]
    fn inertia_never_rises() {
        let values: Vec<f32> = (0..997_u32).map(|i| (i * i % 313) as f32).collect();
        let (_, rounds) = run(&values, &[0.0, 1.0, 2.0, 3.0, 4.0], 100);
        assert!(rounds.history.len() > 5);
        assert!(
            rounds
                .history
                .windows(2)
                .all(|pair| pair[1] <= pair[0] * (1.0 + 1e-6))
        );
    }
}
