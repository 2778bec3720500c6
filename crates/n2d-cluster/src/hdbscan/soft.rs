//! Soft clustering: how much each row could belong to each cluster.

use n2d_core::{ApplyError, FittedClusterer, Samples};
use ndarray::Array2;
use rayon::prelude::*;

use super::fitted::FittedHdbscan;

/// Keeps divisions by densities from being by zero, as in hdbscan.
const TINY: f64 = 1e-8;

impl FittedHdbscan {
    /// How much each training row belongs to each cluster, `(n_samples, n_clusters)`, noise included: the share of each
    /// cluster, by distance to its exemplars and by where they part in the tree, times the chance to be in any. Rows sum to at
    /// most 1. Takes `O(n_samples n_exemplars n_features)`.
    ///
    /// # Errors
    /// [`ApplyError::MissingCapability`] where the fit was on given distances.
    pub fn membership_vectors(&self) -> Result<Array2<f32>, ApplyError> {
        let rows = self.rows()?;
        let y = Samples::from_rows(rows, self.n_features()).expect("rows that were checked at the fit");
        Ok(self.fill(y, |row, distances, out| {
            let (home, lambda) = self.home[row];
            let heights = self.merge_heights(home, lambda);
            let top = self.tree.clusters[home].death + TINY;
            for ((share, &height), distance) in out.iter_mut().zip(&heights).zip(distances) {
                *share = (-inverse_ratio(top, height)).exp().exp() * distance;
            }
            normalise(out);
            let (nearest, height) = highest(&heights);
            let death = self.tree.clusters[self.flat.selection.clusters[nearest]].death;
            scale_by(out, ratio(height, death.max(lambda)));
        }))
    }

    /// The same for new rows, `(n_samples, n_clusters)`, as if they were added to the tree one at a time. Distances weigh
    /// less, and places in the tree more, than for training rows.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width, [`ApplyError::MissingCapability`] where the fit was on given
    /// distances.
    pub fn membership_vector(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        let joints = self.joints(y)?;
        Ok(self.fill(y, |row, distances, out| {
            let (home, leaves) = self.home[joints[row].row];
            let lambda = joints[row].lambda.min(leaves);
            let heights = self.merge_heights(home, lambda);
            let top = self.tree.clusters[home].death;
            let scores: Vec<f64> = heights.iter().map(|&height| nearness(top, height)).collect();
            let greatest = scores.iter().fold(f64::NEG_INFINITY, |max, &s| max.max(s));
            for ((share, score), distance) in out.iter_mut().zip(&scores).zip(distances) {
                *share = (score - greatest).exp();
                *share = *share * *share * distance.sqrt();
            }
            normalise(out);
            let (nearest, height) = highest(&heights);
            let death = self.tree.clusters[self.flat.selection.clusters[nearest]].death;
            scale_by(out, ratio(height, death.max(lambda) + TINY));
        }))
    }

    /// Fills a row for each row, given its shares of the clusters by distance.
    fn fill(&self, y: Samples<'_>, work: impl Fn(usize, &[f64], &mut [f64]) + Sync) -> Array2<f32> {
        let n_clusters = self.n_clusters();
        let mut out = Array2::zeros((y.n_samples(), n_clusters));
        if n_clusters == 0 {
            return out;
        }
        let exemplars = self.exemplars();
        let fill = |row: usize, out: &mut [f32]| {
            let d = y.n_features();
            let distances = self.shares_by_distance(&y.as_slice()[row * d..][..d], &exemplars);
            let mut shares = vec![0.0; n_clusters];
            work(row, &distances, &mut shares);
            out.iter_mut()
                .zip(shares)
                .for_each(|(out, share)| *out = share as f32);
        };
        let shares = out.as_slice_mut().expect("made row-major");
        shares
            .par_chunks_mut(n_clusters)
            .enumerate()
            .for_each(|(row, out)| fill(row, out));
        out
    }

    /// In inverse proportion to the distance to the nearest exemplar; one at distance 0 takes all.
    fn shares_by_distance(&self, row: &[f32], exemplars: &[Vec<usize>]) -> Vec<f64> {
        let rows = self.space.rows.as_deref().unwrap_or_default();
        let d = row.len();
        let nearest = |some: &Vec<usize>| {
            let distances = some
                .iter()
                .map(|&at| self.space.metric.distance(row, &rows[at * d..][..d]));
            distances.fold(f64::INFINITY, f64::min)
        };
        let distances: Vec<f64> = exemplars.iter().map(nearest).collect();
        let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let mut shares: Vec<f64> = distances
            .iter()
            .map(|&distance| if distance == least { 1.0 } else { least / distance })
            .collect();
        normalise(&mut shares);
        shares
    }

    /// For each chosen cluster the density at which it and what leaves `home` at `lambda` are one.
    fn merge_heights(&self, home: usize, lambda: f64) -> Vec<f64> {
        let height = |&chosen: &usize| {
            let (mut left, mut right) = (home, chosen);
            let (mut from_left, mut from_right, mut last) = (false, false, home);
            // A cluster's parent has a smaller number.
            while left != right {
                let side = if left > right { &mut left } else { &mut right };
                last = *side;
                *side = self.tree.clusters[last].parent.expect("all are below the first");
                from_left |= left != home;
                from_right |= right != chosen;
            }
            if from_left && from_right {
                self.tree.clusters[last].birth
            } else {
                lambda
            }
        };
        self.flat.selection.clusters.iter().map(height).collect()
    }
}

/// How near to the densest of its part of the tree a height is; very great at the top, but finite.
fn nearness(top: f64, height: f64) -> f64 {
    let below = if top > height { top - height } else { TINY };
    inverse_ratio(top, below).min(f64::MAX)
}

/// `a / b`, where equal rows make both infinite: they count as equal then.
fn inverse_ratio(a: f64, b: f64) -> f64 {
    if a == b { 1.0 } else { a / b }
}

fn ratio(height: f64, death: f64) -> f64 {
    if height >= death { 1.0 } else { height / death }
}

fn highest(heights: &[f64]) -> (usize, f64) {
    let mut best = 0;
    for (at, &height) in heights.iter().enumerate() {
        if height > heights[best] {
            best = at;
        }
    }
    (best, heights[best])
}

fn normalise(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 {
        scale_by(shares, 1.0 / sum);
    }
}

fn scale_by(shares: &mut [f64], factor: f64) {
    shares.iter_mut().for_each(|share| *share *= factor);
}
