use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::scale::Scale;

/// The nearest neighbours of some rows: for each row `k` pairs of index and distance, nearest first; equal distances in the
/// order of the indices.
///
/// In a graph over training rows, a row is never its own neighbour; a duplicate of it may be. A graph that was found elsewhere
/// comes in by [`from_arrays`](Self::from_arrays) or [`without_self`](Self::without_self).
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbors {
    k: usize,
    indices: Vec<u32>,
    distances: Vec<f32>,
}

impl Neighbors {
    pub(crate) fn with_capacity(n_rows: usize, k: usize) -> Self {
        Self {
            k,
            indices: vec![0; n_rows * k],
            distances: vec![0.0; n_rows * k],
        }
    }

    /// Neighbours a row.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.indices.len() / self.k
    }

    /// The indices of the neighbours of one row, nearest first.
    pub fn indices(&self, row: usize) -> &[u32] {
        &self.indices[row * self.k..][..self.k]
    }

    /// The distances to the neighbours of one row, ascending.
    pub fn distances(&self, row: usize) -> &[f32] {
        &self.distances[row * self.k..][..self.k]
    }

    /// All indices, `(n_rows, k)`.
    pub fn all_indices(&self) -> ArrayView2<'_, u32> {
        ArrayView2::from_shape((self.n_rows(), self.k), &self.indices).expect("k values a row")
    }

    /// All distances, `(n_rows, k)`.
    pub fn all_distances(&self) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape((self.n_rows(), self.k), &self.distances).expect("k values a row")
    }

    /// The nearest `k` of them.
    ///
    /// # Panics
    /// Where there are not so many, or `k` is 0.
    pub fn nearest(&self, k: usize) -> Self {
        assert!((1..=self.k).contains(&k), "{k} of {} neighbours", self.k);
        let mut fewer = Self::with_capacity(self.n_rows(), k);
        let rows = fewer
            .indices
            .chunks_exact_mut(k)
            .zip(fewer.distances.chunks_exact_mut(k));
        for (row, (indices, distances)) in rows.enumerate() {
            indices.copy_from_slice(&self.indices(row)[..k]);
            distances.copy_from_slice(&self.distances(row)[..k]);
        }
        fewer
    }

    /// Fills one row.
    pub(crate) fn set(&mut self, row: usize, pairs: &[(u32, f32)]) {
        let range = row * self.k..(row + 1) * self.k;
        let slots = self.indices[range.clone()]
            .iter_mut()
            .zip(&mut self.distances[range]);
        for ((index, distance), &pair) in slots.zip(pairs) {
            (*index, *distance) = pair;
        }
    }

    /// The slots of a range of rows, for filling them: indices and squared distances.
    pub(crate) fn slots(&mut self, first_row: usize, n_rows: usize) -> Slots<'_> {
        let range = first_row * self.k..(first_row + n_rows) * self.k;
        Slots {
            k: self.k,
            indices: &mut self.indices[range.clone()],
            distances: &mut self.distances[range],
        }
    }

    /// Squared distances on a scale become distances. Roots of different squares may be equal: then by index, but beyond the
    /// largest number, where the nearer stay first.
    pub(crate) fn measured(mut self, scale: Scale) -> Self {
        let rows = self.indices.par_chunks_exact_mut(self.k);
        rows.zip(self.distances.par_chunks_exact_mut(self.k))
            .for_each(|(indices, distances)| {
                distances
                    .iter_mut()
                    .for_each(|distance| *distance = scale.distance(*distance));
                let mut first = 0;
                for equal in distances.chunk_by(|a, b| a == b) {
                    if equal[0] < f32::MAX {
                        indices[first..][..equal.len()].sort_unstable();
                    }
                    first += equal.len();
                }
            });
        self
    }
}

/// A mutable range of rows of [`Neighbors`].
pub(crate) struct Slots<'a> {
    k: usize,
    indices: &'a mut [u32],
    distances: &'a mut [f32],
}

impl<'a> Slots<'a> {
    /// The same range in pieces of `rows` rows, for filling them in parallel.
    pub(crate) fn pieces(self, rows: usize) -> Vec<Slots<'a>> {
        let k = self.k;
        let indices = self.indices.chunks_mut(rows * k);
        let distances = self.distances.chunks_mut(rows * k);
        indices
            .zip(distances)
            .map(|(indices, distances)| Slots {
                k,
                indices,
                distances,
            })
            .collect()
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.indices.len() / self.k
    }

    pub(crate) fn write(&mut self, row: usize, nearest: &Nearest) {
        let range = row * self.k..(row + 1) * self.k;
        let slots = self.indices[range.clone()]
            .iter_mut()
            .zip(&mut self.distances[range]);
        for ((index, distance), &(squared, found)) in slots.zip(&nearest.found) {
            (*index, *distance) = (found, squared);
        }
    }
}

/// The nearest points met so far, as (squared distance, index), ascending by both.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    k: usize,
    found: Vec<(f32, u32)>,
}

impl Nearest {
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            found: Vec::with_capacity(k + 1),
        }
    }

    pub(crate) fn k(&self) -> usize {
        self.k
    }

    pub(crate) fn clear(&mut self) {
        self.found.clear();
    }

    /// No point farther than this can be among the nearest any more.
    #[inline]
    pub(crate) fn bound(&self) -> f32 {
        if self.found.len() < self.k {
            f32::INFINITY
        } else {
            self.found[self.k - 1].0
        }
    }

    /// Whether a point at no less than a squared distance, of no lesser index, can still be among the nearest.
    #[inline]
    pub(crate) fn may_take(&self, squared: f32, index: u32) -> bool {
        self.found.len() < self.k || (squared, index) < self.found[self.k - 1]
    }

    #[inline]
    pub(crate) fn offer(&mut self, squared: f32, index: u32) {
        if squared > self.bound() {
            return;
        }
        let at = self.found.partition_point(|&other| other < (squared, index));
        if at < self.k {
            self.found.truncate(self.k - 1);
            self.found.insert(at, (squared, index));
        }
    }

    pub(crate) fn found(&self) -> &[(f32, u32)] {
        &self.found
    }
}

/// Whether one is no farther. Without an early end, so that all are compared at once.
#[inline]
pub(crate) fn any_within(squared: &[f32], bound: f32) -> bool {
    squared
        .iter()
        .fold(false, |any, &squared| any | (squared <= bound))
}

/// More of the nearest than are asked for, as far as quick arithmetic tells.
#[derive(Debug, Clone)]
pub(crate) struct Candidates {
    nearest: Nearest,
    /// No other point is nearer than this, as a squared distance, whatever was rounded; infinity where there is no other.
    pub(crate) others_beyond: f32,
}

impl Candidates {
    /// How many are nominated for `k` neighbours.
    pub(crate) fn for_neighbors(k: usize) -> usize {
        2 * k + 8
    }

    /// Of `n` points. `beyond` gives the bound on the others from that on the nominated ones.
    pub(crate) fn new(nearest: Nearest, n: usize, beyond: impl FnOnce(f32) -> f32) -> Self {
        let others_beyond = if nearest.found.len() == n {
            f32::INFINITY
        } else if nearest.bound().is_finite() {
            beyond(nearest.bound())
        } else {
            f32::NEG_INFINITY
        };
        Self {
            nearest,
            others_beyond,
        }
    }

    pub(crate) fn found(&self) -> &[(f32, u32)] {
        self.nearest.found()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_nearest_in_order() {
        let mut nearest = Nearest::new(3);
        for (squared, index) in [(4.0, 0), (1.0, 1), (9.0, 2), (1.0, 0), (2.0, 7), (1.0, 9)] {
            nearest.offer(squared, index);
        }
        assert_eq!(nearest.found(), [(1.0, 0), (1.0, 1), (1.0, 9)]);
        assert_eq!(nearest.bound(), 1.0);
    }
}
