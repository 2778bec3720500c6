//! Connected components, joined on many threads.

use std::sync::atomic::{AtomicU32, Ordering};

use n2d_core::Labels;

/// Sets of rows that can be joined. In the end each set has its lowest row as its root, whatever the order of the joins; so
/// threads change nothing.
pub(super) struct Components {
    /// A row of the same set that is not above; a root is its own.
    parents: Vec<AtomicU32>,
}

impl Components {
    /// Every row alone.
    pub(super) fn new(n_samples: usize) -> Self {
        Self {
            parents: (0..n_samples as u32).map(AtomicU32::new).collect(),
        }
    }

    /// The root of a row's set, as far as joins have come; shortens the way for later.
    fn root(&self, mut row: u32) -> u32 {
        loop {
            let parent = self.parents[row as usize].load(Ordering::Relaxed);
            if parent == row {
                return row;
            }
            let above = self.parents[parent as usize].load(Ordering::Relaxed);
            self.parents[row as usize].fetch_min(above, Ordering::Relaxed);
            row = above;
        }
    }

    /// Makes one set of the sets of two rows.
    pub(super) fn join(&self, a: u32, b: u32) {
        let (mut a, mut b) = (self.root(a), self.root(b));
        while a != b {
            let (low, high) = (a.min(b), a.max(b));
            // Only a root may be hung up, or what hung on it would be lost.
            let parent = &self.parents[high as usize];
            if parent
                .compare_exchange(high, low, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                return;
            }
            (a, b) = (self.root(low), self.root(high));
        }
    }

    /// The number of each counted row's set, in the order of their first rows; noise for all other rows.
    pub(super) fn numbered(&self, counted: &[bool]) -> Vec<i32> {
        let mut labels = vec![Labels::NOISE; counted.len()];
        let mut n_sets = 0;
        for row in (0..counted.len()).filter(|&row| counted[row]) {
            let root = self.root(row as u32) as usize;
            if root == row {
                labels[row] = n_sets;
                n_sets += 1;
            } else {
                labels[row] = labels[root];
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn sets_are_numbered_by_their_first_rows() {
        let sets = Components::new(7);
        sets.join(5, 2);
        sets.join(6, 1);
        sets.join(2, 4);
        let counted = [true, true, true, false, true, true, true];
        assert_eq!(sets.numbered(&counted), [0, 1, 2, -1, 2, 2, 1]);
    }

    #[test]
    fn threads_change_nothing() {
        let n = 20_000_u32;
        let pair = |at: u32| (at % n, at.wrapping_mul(2_654_435_761) % n / 5 * 5 + at % 5);
        let (one, many) = (Components::new(n as usize), Components::new(n as usize));
        (0..n / 2).map(pair).for_each(|(a, b)| one.join(a, b));
        (0..n / 2)
            .into_par_iter()
            .rev()
            .map(pair)
            .for_each(|(a, b)| many.join(a, b));
        let counted = vec![true; n as usize];
        let labels = one.numbered(&counted);
        assert!(labels.iter().any(|&label| label > 5));
        assert_eq!(labels, many.numbered(&counted));
    }
}
