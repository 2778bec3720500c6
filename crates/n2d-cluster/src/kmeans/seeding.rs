//! The choice of first centres.

use n2d_core::matmul::{Matrix, product};
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError};
use rand::Rng;
use rayon::prelude::*;

use super::Scaled;
use crate::chunks::{ROWS, sum_in_order};

/// Different rows at random, as many as asked for and there are.
pub(crate) fn random_rows(n_samples: usize, n_rows: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n_samples).collect();
    for at in 0..n_rows {
        rows.swap(at, at + below(n_samples - at, rng));
    }
    rows.truncate(n_rows);
    rows
}

/// Different rows at random, each drawn with a probability in proportion to its weight among those left.
pub(crate) fn weighted_rows(weights: &[f64], n_rows: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    // The n greatest of ln(u) / w are such a draw (Efraimidis and Spirakis 2006).
    let key = |(row, &weight): (usize, &f64)| ((1.0 - unit(rng)).ln() / weight, row);
    let mut keys: Vec<(f64, usize)> = weights.iter().enumerate().map(key).collect();
    keys.retain(|&(key, _)| key.is_finite());
    keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    keys.into_iter().take(n_rows).map(|(_, row)| row).collect()
}

/// Rows by greedy k-means++. A row may come twice only where there are fewer different rows than asked for.
pub(crate) fn plus_plus(
    scaled: &Scaled,
    n_rows: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Vec<usize>, FitError> {
    let n_trials = 2 + (n_rows as f64).ln() as usize;
    let first = match scaled.weights() {
        None => below(scaled.n_samples(), rng),
        Some(weights) => weighted_rows(weights, 1, rng)[0],
    };
    let mut rows = vec![first];
    let mut closest = Closest::new(scaled);
    closest.add_best(&[first]);
    while rows.len() < n_rows {
        ctx.check_cancelled()?;
        let trials: Vec<usize> = (0..n_trials).map(|_| closest.draw(rng)).collect();
        rows.push(closest.add_best(&trials));
    }
    Ok(rows)
}

/// A whole number below `n`; the bias is below `n / 2^64`.
pub(crate) fn below(n: usize, rng: &mut ChaCha8Rng) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}

/// In `[0, 1)`.
pub(crate) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Squared distance of every row to the nearest chosen row.
struct Closest<'a> {
    scaled: &'a Scaled,
    squared: Vec<f32>,
    /// The sum in each chunk of rows.
    sums: Vec<f64>,
}

impl<'a> Closest<'a> {
    fn new(scaled: &'a Scaled) -> Self {
        Self {
            scaled,
            squared: vec![f32::INFINITY; scaled.n_samples()],
            sums: Vec::new(),
        }
    }

    /// A row, with a probability in proportion to its squared distance.
    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let mut left = unit(rng) * self.sums.iter().sum::<f64>();
        let mut first = 0;
        for (&sum, rows) in self.sums.iter().zip(self.squared.chunks(ROWS)) {
            if left < sum {
                for (at, &squared) in rows.iter().enumerate() {
                    left -= f64::from(squared) * self.scaled.weight(first + at);
                    if left < 0.0 {
                        return first + at;
                    }
                }
            }
            left -= sum;
            first += rows.len();
        }
        // Only rounding leads here, or that every row has been chosen.
        first - 1
    }

    /// Adds the one of the rows that leaves the least sum of squared distances.
    fn add_best(&mut self, trials: &[usize]) -> usize {
        let n_trials = trials.len();
        let mut squared = vec![0.0; self.squared.len() * n_trials];
        let sums: Vec<Vec<f64>> = squared
            .par_chunks_mut(ROWS * n_trials)
            .enumerate()
            .map(|(at, out)| self.try_chunk(at * ROWS, trials, out))
            .collect();
        let totals = sum_in_order(sums.iter().cloned());
        let best = (1..n_trials).fold(0, |best, at| if totals[at] < totals[best] { at } else { best });
        for (mine, tried) in self.squared.chunks_mut(ROWS).zip(squared.chunks(ROWS * n_trials)) {
            mine.copy_from_slice(&tried[best * mine.len()..][..mine.len()]);
        }
        self.sums = sums.iter().map(|sums| sums[best]).collect();
        trials[best]
    }

    /// For each trial the squared distances of some rows to the nearest chosen row with it added, and their sums.
    fn try_chunk(&self, first: usize, trials: &[usize], out: &mut [f32]) -> Vec<f64> {
        let (n_trials, n_features) = (trials.len(), self.scaled.n_features());
        let n_rows = out.len() / n_trials;
        let points: Vec<f32> = trials
            .iter()
            .flat_map(|&row| self.scaled.row(row))
            .copied()
            .collect();
        let rows = &self.scaled.rows()[first * n_features..][..n_rows * n_features];
        product(
            Matrix::new(&points, n_trials, n_features),
            Matrix::new(rows, n_rows, n_features).t(),
            out,
        );
        let squares = &self.scaled.squares()[first..][..n_rows];
        let so_far = &self.squared[first..][..n_rows];
        let by_trial = out.chunks_exact_mut(n_rows).zip(trials);
        by_trial
            .map(|(out, &trial)| {
                let square = self.scaled.squares()[trial];
                for ((out, &own), &so_far) in out.iter_mut().zip(squares).zip(so_far) {
                    *out = (own - 2.0 * *out + square).max(0.0).min(so_far);
                }
                if let Some(itself) = trial.checked_sub(first).and_then(|at| out.get_mut(at)) {
                    *itself = 0.0;
                }
                let weighted = |(at, &squared)| f64::from(squared) * self.scaled.weight(first + at);
                out.iter().enumerate().map(weighted).sum()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::Samples;
    use n2d_core::rng::generator;

    #[test]
    fn random_rows_are_different() {
        for n_rows in [1, 5, 9] {
            let mut rows = random_rows(9, n_rows, &mut generator(3, "test", 0));
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), n_rows);
            assert!(rows.iter().all(|&row| row < 9));
        }
    }

    #[test]
    fn far_groups_are_all_found() {
        let values: Vec<f32> = (0..3000)
            .map(|row| (row % 6) as f32 * 100.0 + (row % 7) as f32 * 0.01)
            .collect();
        let scaled = Scaled::new(Samples::from_rows(&values, 1).unwrap());
        for seed in 0..10 {
            let mut rng = generator(seed, "test", 0);
            let rows = plus_plus(&scaled, 6, &mut rng, &FitContext::new(0)).unwrap();
            let mut groups: Vec<usize> = rows.iter().map(|row| row % 6).collect();
            groups.sort_unstable();
            assert_eq!(groups, [0, 1, 2, 3, 4, 5]);
        }
    }

    #[test]
    fn equal_rows_are_no_trap() {
        let scaled = Scaled::new(Samples::from_rows(&[2.5; 40], 2).unwrap());
        let rows = plus_plus(&scaled, 7, &mut generator(0, "test", 0), &FitContext::new(0)).unwrap();
        assert_eq!(rows.len(), 7);
        assert!(rows.iter().all(|&row| row < 20));
    }
}
