//! Lloyd's rounds on scaled rows.

use n2d_core::matmul::{Matrix, product};
use n2d_core::{Control, FitError, Termination};
use rayon::prelude::*;

use super::scaled::squared_length;
use super::{EachRound, Scaled};
use crate::chunks::{ROWS, rows_per_chunk, sum_in_order};

/// When to end.
pub(crate) struct Limits {
    pub(crate) max_iter: usize,
    pub(crate) tol: f64,
}

/// What the rounds come to.
pub(crate) struct Rounds {
    /// In scaled units, one after the other.
    pub(crate) centers: Vec<f64>,
    /// The inertia at the beginning of each round, in the units of the data.
    pub(crate) history: Vec<f64>,
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
    let mut labels = vec![u32::MAX; scaled.n_samples()];
    let mut history = Vec::new();
    let mut termination = Termination::MaxIter;
    for round in 1..=limits.max_iter {
        let mut sums = Sums::assign(scaled, &centers, &mut labels);
        let inertia = scaled.square_to_original(sums.inertia);
        history.push(inertia);
        sums.refill(scaled, &centers, &mut labels);
        let moved = sums.means(&centers);
        let shift = squared_distance(&moved, &centers);
        centers = moved;
        if sums.changed == 0.0 || shift <= small_shift {
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
        centers,
        history,
        termination,
    })
}

/// The rows of each cluster, counted and summed.
struct Sums {
    n_features: usize,
    counts: Vec<f64>,
    points: Vec<f64>,
    inertia: f64,
    /// Rows whose label is another than before.
    changed: f64,
}

impl Sums {
    /// Gives every row the label of the nearest centre; the lowest wins a tie.
    fn assign(scaled: &Scaled, centers: &[f64], labels: &mut [u32]) -> Self {
        let n_features = scaled.n_features();
        let n_clusters = centers.len() / n_features;
        let near = Near::new(centers, n_features);
        let size = rows_per_chunk(scaled.n_samples(), n_clusters * (n_features + 1));
        let partials: Vec<Vec<f64>> = labels
            .par_chunks_mut(size)
            .zip(scaled.rows().par_chunks(size * n_features))
            .zip(scaled.squares().par_chunks(size))
            .map(|((labels, rows), squares)| near.label_chunk(rows, squares, labels))
            .collect();
        let mut points = sum_in_order(partials);
        let mut counts = points.split_off(n_clusters * n_features);
        let rest = counts.split_off(n_clusters);
        Self {
            n_features,
            counts,
            points,
            inertia: rest[0],
            changed: rest[1],
        }
    }

    /// Gives each empty cluster the row that lies farthest from its centre, unless that row is alone in its cluster.
    fn refill(&mut self, scaled: &Scaled, centers: &[f64], labels: &mut [u32]) {
        let empty: Vec<usize> = (0..self.counts.len())
            .filter(|&at| self.counts[at] == 0.0)
            .collect();
        if empty.is_empty() {
            return;
        }
        let mut far = farthest(scaled, centers, labels).into_iter();
        for cluster in empty {
            let Some(row) = far.find(|&row| self.counts[labels[row] as usize] > 1.0) else {
                return;
            };
            self.take(scaled.row(row), labels[row] as usize, cluster);
            labels[row] = cluster as u32;
            self.changed += 1.0;
        }
    }

    fn take(&mut self, row: &[f32], from: usize, to: usize) {
        self.counts[from] -= 1.0;
        self.counts[to] += 1.0;
        for (feature, &x) in row.iter().enumerate() {
            self.points[from * self.n_features + feature] -= f64::from(x);
            self.points[to * self.n_features + feature] += f64::from(x);
        }
    }

    /// The means of the clusters; one without rows stays where it is.
    fn means(&self, centers: &[f64]) -> Vec<f64> {
        let mean = |(at, &center): (usize, &f64)| {
            let count = self.counts[at / self.n_features];
            if count > 0.0 {
                self.points[at] / count
            } else {
                center
            }
        };
        centers.iter().enumerate().map(mean).collect()
    }
}

/// Centres ready for finding the nearest.
struct Near {
    n_features: usize,
    centers: Vec<f32>,
    squares: Vec<f32>,
}

impl Near {
    fn new(centers: &[f64], n_features: usize) -> Self {
        let centers: Vec<f32> = centers.iter().map(|&x| x as f32).collect();
        let squares = centers.chunks_exact(n_features).map(squared_length).collect();
        Self {
            n_features,
            centers,
            squares,
        }
    }

    /// Labels some rows and returns their sums by cluster, then the counts, the inertia, and how many labels changed.
    fn label_chunk(&self, rows: &[f32], squares: &[f32], labels: &mut [u32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.centers.len() + self.squares.len() + 2];
        let mut changed = 0.0;
        let blocks = labels.chunks_mut(ROWS).zip(squares.chunks(ROWS));
        for ((labels, squares), rows) in blocks.zip(rows.chunks(ROWS * self.n_features)) {
            let (nearest, rest) = self.nearest(rows, labels.len());
            for (at, row) in rows.chunks_exact(self.n_features).enumerate() {
                let squared = (squares[at] + rest[at]).max(0.0);
                self.add(&mut sums, nearest[at] as usize, row, squared);
                changed += f64::from(u8::from(labels[at] != nearest[at]));
            }
            labels.copy_from_slice(&nearest);
        }
        let last = sums.len() - 1;
        sums[last] = changed;
        sums
    }

    /// The nearest centre of each row, and its squared distance less the row's squared length.
    fn nearest(&self, rows: &[f32], n_rows: usize) -> (Vec<u32>, Vec<f32>) {
        let n_clusters = self.squares.len();
        let mut products = vec![0.0; n_rows * n_clusters];
        product(
            Matrix::new(&self.centers, n_clusters, self.n_features),
            Matrix::new(rows, n_rows, self.n_features).t(),
            &mut products,
        );
        let mut nearest = vec![0; n_rows];
        let mut least = vec![f32::INFINITY; n_rows];
        let by_center = products.chunks_exact(n_rows).zip(&self.squares);
        for (at, (products, &square)) in by_center.enumerate() {
            for ((nearest, least), product) in nearest.iter_mut().zip(&mut least).zip(products) {
                let rest = square - 2.0 * product;
                if rest < *least {
                    *least = rest;
                    *nearest = at as u32;
                }
            }
        }
        (nearest, least)
    }

    #[inline]
    fn add(&self, sums: &mut [f64], cluster: usize, row: &[f32], squared: f32) {
        let n_values = self.centers.len();
        for (sum, &x) in sums[cluster * self.n_features..].iter_mut().zip(row) {
            *sum += f64::from(x);
        }
        sums[n_values + cluster] += 1.0;
        sums[n_values + self.squares.len()] += f64::from(squared);
    }
}

/// The rows that do not lie on their centre, the farthest first.
fn farthest(scaled: &Scaled, centers: &[f64], labels: &[u32]) -> Vec<usize> {
    let distance = |row: usize| {
        let center = &centers[labels[row] as usize * scaled.n_features()..];
        let differences = scaled.row(row).iter().zip(center).map(|(&x, c)| f64::from(x) - c);
        differences.map(|difference| difference * difference).sum::<f64>()
    };
    let mut far: Vec<(usize, f64)> = (0..scaled.n_samples())
        .into_par_iter()
        .map(|row| (row, distance(row)))
        .filter(|&(_, distance)| distance > 0.0)
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
        let limits = Limits { max_iter, tol: 0.0 };
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
