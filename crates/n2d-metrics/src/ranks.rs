//! Nearest rows and ranks from the distances of a block to all rows. Equal distances are in the order of the rows.

use std::ops::Range;

use crate::points::{LANES, Lane, Points};

/// The distances of up to eight rows to all.
pub(crate) struct Measured<'a> {
    places: &'a [usize],
    distances: Vec<Lane>,
}

/// A row by its distance: what ranks are ranks of.
pub(crate) type Key = (f64, usize);

impl<'a> Measured<'a> {
    /// Of points by their places.
    pub(crate) fn new(points: &Points, places: &'a [usize], all: Range<usize>) -> Self {
        let mut distances = vec![[0.0; LANES]; all.len()];
        points.distances(&points.block(places), all, &mut distances);
        Self { places, distances }
    }

    /// For each row of the block the `k` nearest others, nearest first.
    pub(crate) fn nearest(&self, k: usize) -> Vec<Vec<Key>> {
        let mut nearest = vec![Vec::with_capacity(k + 1); self.places.len()];
        for (row, distances) in self.distances.iter().enumerate() {
            for ((found, &own), &distance) in nearest.iter_mut().zip(self.places).zip(distances) {
                if row != own {
                    offer(found, k, (distance, row));
                }
            }
        }
        nearest
    }

    /// For each row of the block the sum, over some rows, of how far their ranks are above `k`. Ranks count from 1.
    pub(crate) fn excess(&self, some: &[Vec<usize>], k: usize) -> Vec<usize> {
        let mut keys: Vec<Vec<Key>> = Vec::with_capacity(some.len());
        for (lane, rows) in some.iter().enumerate() {
            let mut of_lane: Vec<Key> = rows.iter().map(|&row| (self.distances[row][lane], row)).collect();
            of_lane.sort_unstable_by(by_key);
            keys.push(of_lane);
        }
        let mut before: Vec<Vec<usize>> = keys.iter().map(|keys| vec![0; keys.len()]).collect();
        for (row, distances) in self.distances.iter().enumerate() {
            for (lane, &own) in self.places.iter().enumerate() {
                count(&keys[lane], &mut before[lane], (distances[lane], row), row == own);
            }
        }
        before.iter().map(|before| sum_of_excess(before, k)).collect()
    }
}

fn by_key(a: &Key, b: &Key) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

fn offer(found: &mut Vec<Key>, k: usize, key: Key) {
    if found.len() == k && key.0 >= found[k - 1].0 {
        return;
    }
    let at = found.partition_point(|other| by_key(other, &key).is_lt());
    found.insert(at, key);
    found.truncate(k);
}

/// Counts a row at the first key that comes after it.
fn count(keys: &[Key], before: &mut [usize], key: Key, own: bool) {
    if own || keys.last().is_none_or(|last| key.0 > last.0) {
        return;
    }
    let after = keys.partition_point(|other| by_key(other, &key).is_le());
    if let Some(before) = before.get_mut(after) {
        *before += 1;
    }
}

fn sum_of_excess(before: &[usize], k: usize) -> usize {
    let mut rank = 1;
    let mut sum = 0;
    for before in before {
        rank += before;
        sum += rank.saturating_sub(k);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::Samples;
    use n2d_neighbors::Metric;

    #[test]
    fn ties_are_in_the_order_of_the_rows() {
        // From row 2, at 0: rows 0 and 4 are 1 away, rows 1 and 3 are 2 away.
        let x = Samples::from_rows(&[1.0, -2.0, 0.0, 2.0, -1.0], 1).unwrap();
        let points = Points::new(x, &[0, 1, 2, 3, 4], Metric::Euclidean);
        let measured = Measured::new(&points, &[2], 0..5);
        let order: Vec<usize> = measured.nearest(4)[0].iter().map(|key| key.1).collect();
        assert_eq!(order, [0, 4, 1, 3]);
        // Ranks of rows 3 and 4 are 4 and 2.
        assert_eq!(measured.excess(&[vec![3, 4]], 1), [3 + 1]);
        assert_eq!(measured.excess(&[vec![3, 4]], 3), [1]);
        assert_eq!(measured.excess(&[vec![]], 3), [0]);
    }
}
