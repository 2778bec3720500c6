use n2d_core::Samples;
use n2d_core::matmul::{Matrix, product};

use crate::nearest::{Nearest, Slots};

/// Queries and points a matrix product: the block of products stays in cache.
pub(crate) const QUERY_BLOCK: usize = 64;
const POINT_BLOCK: usize = 1024;

/// An exact nearest-neighbour index for many dimensions: every distance, by matrix products.
///
/// Products give distances that are cheap but rounded (`|a|^2 - 2ab + |b|^2` cancels). So they only nominate candidates;
/// these are measured directly, and the result is kept where the rounding error can't have hidden a nearer point.
/// Otherwise (ties, mostly duplicates) all points are measured directly. The result is always exact.
///
/// Takes `O(n m d)` for `m` queries.
#[derive(Debug, Clone)]
pub struct BruteForce {
    n_features: usize,
    points: Vec<f32>,
    /// The mean of the points, which is taken off before products so that less cancels.
    mean: Vec<f32>,
    centred: Vec<f32>,
    /// Squared norms of the centred points.
    norms: Vec<f32>,
    largest_norm: f32,
}

impl BruteForce {
    /// Keeps a copy of the points.
    pub fn new(points: Samples<'_>) -> Self {
        let d = points.n_features();
        let mut mean = vec![0.0_f64; d];
        for row in points.rows() {
            mean.iter_mut()
                .zip(row)
                .for_each(|(sum, &value)| *sum += f64::from(value));
        }
        let n = points.n_samples() as f64;
        let mean: Vec<f32> = mean.iter().map(|sum| (sum / n) as f32).collect();
        let centred = centre(points.as_slice(), &mean);
        let norms: Vec<f32> = centred.chunks_exact(d).map(squared_norm).collect();
        let largest_norm = norms.iter().copied().fold(0.0, f32::max);
        Self {
            n_features: d,
            points: points.as_slice().to_vec(),
            mean,
            centred,
            norms,
            largest_norm,
        }
    }

    /// Number of points.
    pub fn n_samples(&self) -> usize {
        self.norms.len()
    }

    /// Width of the points.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Fills the slots with the neighbours of `queries`, at most [`QUERY_BLOCK`] rows. `own` is the index of the first query
    /// where the queries are points of the index themselves, each of which is not its own neighbour.
    pub(crate) fn search(&self, queries: &[f32], own: Option<usize>, slots: &mut Slots<'_>, k: usize) {
        let d = self.n_features;
        let centred = centre(queries, &self.mean);
        let candidates = self.nominate(&centred, own, k);
        let mut nearest = Nearest::new(k);
        for (row, (query, candidates)) in queries.chunks_exact(d).zip(&candidates).enumerate() {
            nearest.clear();
            for &(_, index) in candidates.found() {
                nearest.offer(squared_distance(query, self.point(index as usize)), index);
            }
            let norm = squared_norm(&centred[row * d..][..d]);
            let n_others = self.n_samples() - usize::from(own.is_some());
            let all = candidates.found().len() == n_others;
            if !all && !self.proven(candidates.bound() + norm, nearest.bound(), norm) {
                nearest.clear();
                self.measure_all(query, own.map(|first| first + row), &mut nearest);
            }
            slots.write(row, &nearest);
        }
    }

    fn point(&self, index: usize) -> &[f32] {
        &self.points[index * self.n_features..][..self.n_features]
    }

    /// For each query twice as many candidates as neighbours, by `|b|^2 - 2ab`.
    fn nominate(&self, queries: &[f32], own: Option<usize>, k: usize) -> Vec<Nearest> {
        let d = self.n_features;
        let n_queries = queries.len() / d;
        let mut candidates = vec![Nearest::new(2 * k + 8); n_queries];
        let mut products = vec![0.0; n_queries * POINT_BLOCK];
        let blocks = self
            .centred
            .chunks(POINT_BLOCK * d)
            .zip(self.norms.chunks(POINT_BLOCK));
        for (block, (points, norms)) in blocks.enumerate() {
            let n = norms.len();
            let products = &mut products[..n_queries * n];
            product(
                Matrix::new(queries, n_queries, d),
                Matrix::new(points, n, d).t(),
                products,
            );
            for (row, (nearest, products)) in candidates.iter_mut().zip(products.chunks_exact(n)).enumerate()
            {
                let own = own.map(|first| first + row);
                for (at, (&product, &norm)) in products.iter().zip(norms).enumerate() {
                    let partial = norm - 2.0 * product;
                    let index = block * POINT_BLOCK + at;
                    if partial <= nearest.bound() && own != Some(index) {
                        nearest.offer(partial, index as u32);
                    }
                }
            }
        }
        candidates
    }

    /// Whether no point outside the candidates, all at `cheap` or farther as products tell, can be among those found
    /// within `exact`. Never where a number overflowed.
    fn proven(&self, cheap: f32, exact: f32, norm: f32) -> bool {
        // Worst case of three rounded sums of d terms, each bounded by the norms.
        let error = 4.0 * f32::EPSILON * (self.n_features as f32 + 8.0) * (norm + self.largest_norm);
        exact < cheap - error
    }

    fn measure_all(&self, query: &[f32], own: Option<usize>, nearest: &mut Nearest) {
        for index in (0..self.n_samples()).filter(|&index| own != Some(index)) {
            nearest.offer(squared_distance(query, self.point(index)), index as u32);
        }
    }
}

fn centre(rows: &[f32], mean: &[f32]) -> Vec<f32> {
    rows.chunks_exact(mean.len())
        .flat_map(|row| row.iter().zip(mean).map(|(value, mean)| value - mean))
        .collect()
}

fn squared_norm(row: &[f32]) -> f32 {
    in_lanes(row, row, |a, _| a * a)
}

fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    in_lanes(a, b, |a, b| (a - b) * (a - b))
}

/// A sum over features in a fixed number of partial sums, which the compiler turns into vector registers.
#[inline]
fn in_lanes(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += term(a[lane], b[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| term(a, b)).sum();
    sums.iter().sum::<f32>() + rest
}
