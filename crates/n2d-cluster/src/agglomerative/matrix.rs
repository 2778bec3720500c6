//! Average and complete linkage by the matrix of all distances.

use n2d_core::{CancelToken, Samples};
use n2d_neighbors::Metric;
use rayon::prelude::*;

use super::chain::Clusters;

/// How the distance to a merged cluster follows from those to its halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Update {
    /// Their mean, weighted by the sizes.
    Average,
    /// The greater.
    Complete,
}

/// Clusters by their distances.
pub(super) struct Distances {
    /// Row after row the distances to the slots below.
    below: Vec<f64>,
    /// Rows in each cluster; 0 in an emptied slot.
    sizes: Vec<f64>,
    update: Update,
}

fn start(slot: usize) -> usize {
    slot * slot.saturating_sub(1) / 2
}

impl Distances {
    /// Every row alone. Without meaning where cancelled meanwhile.
    pub(super) fn new(y: Samples<'_>, metric: Metric, update: Update, token: &CancelToken) -> Self {
        let n = y.n_samples();
        let mut below = vec![0.0; start(n)];
        let mut rows = Vec::with_capacity(n);
        let mut rest = below.as_mut_slice();
        for slot in 0..n {
            let (row, others) = rest.split_at_mut(slot);
            rows.push(row);
            rest = others;
        }
        let row_of = |row: usize| &y.as_slice()[row * y.n_features()..][..y.n_features()];
        let rows = rows.into_par_iter().enumerate();
        rows.filter(|_| !token.is_cancelled()).for_each(|(row, out)| {
            for (other, out) in out.iter_mut().enumerate() {
                *out = metric.distance(row_of(row), row_of(other));
            }
        });
        Self {
            below,
            sizes: vec![1.0; n],
            update,
        }
    }

    fn at(&self, a: usize, b: usize) -> usize {
        start(a.max(b)) + a.min(b)
    }
}

impl Clusters for Distances {
    fn n_slots(&self) -> usize {
        self.sizes.len()
    }

    fn is_there(&self, slot: usize) -> bool {
        self.sizes[slot] > 0.0
    }

    fn nearest(&self, slot: usize, previous: Option<usize>) -> (usize, f64) {
        let (mut nearest, mut least) = match previous {
            Some(previous) => (previous, self.below[self.at(slot, previous)]),
            None => (usize::MAX, f64::INFINITY),
        };
        let lower = &self.below[start(slot)..][..slot];
        for (other, (&distance, &size)) in lower.iter().zip(&self.sizes).enumerate() {
            if distance < least && size > 0.0 {
                (nearest, least) = (other, distance);
            }
        }
        for other in slot + 1..self.sizes.len() {
            if self.sizes[other] > 0.0 {
                let distance = self.below[start(other) + slot];
                if distance < least || nearest == usize::MAX {
                    (nearest, least) = (other, distance);
                }
            }
        }
        (nearest, least)
    }

    fn merge(&mut self, low: usize, high: usize, _: f64) {
        let (a, b) = (self.sizes[low], self.sizes[high]);
        for other in (0..self.sizes.len()).filter(|&other| other != low && other != high) {
            if self.sizes[other] == 0.0 {
                continue;
            }
            let to_low = self.below[self.at(other, low)];
            let at = self.at(other, high);
            let to_high = self.below[at];
            self.below[at] = match self.update {
                Update::Average => (a * to_low + b * to_high) / (a + b),
                Update::Complete => to_low.max(to_high),
            };
        }
        self.sizes[high] = a + b;
        self.sizes[low] = 0.0;
    }

    fn row(&self, slot: usize) -> u32 {
        slot as u32
    }
}
