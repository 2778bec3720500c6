use n2d_core::matmul::{Matrix, product};
use n2d_core::{Samples, multiversion};

use crate::engine::Task;
use crate::nearest::{Candidates, Nearest, Slots, any_within};

/// Queries and points a matrix product: the block of products stays in cache.
pub(crate) const QUERY_BLOCK: usize = 64;
const POINT_BLOCK: usize = 1024;
/// Points that are looked at together.
const FEW: usize = 32;

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

    /// The points, row after row.
    pub(crate) fn points(&self) -> &[f32] {
        &self.points
    }

    /// Fills the slots with neighbours and squared distances, for at most [`QUERY_BLOCK`] rows.
    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let mut nearest = Nearest::new(task.k);
        let rows = task.queries.chunks_exact(self.n_features);
        for (row, (query, candidates)) in rows.zip(&self.nominate(task)).enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            nearest.clear();
            for &(_, index) in candidates.found() {
                nearest.offer(squared_distance(query, self.point(index as usize)), index);
            }
            let proven =
                nearest.bound() < candidates.others_beyond || candidates.others_beyond == f32::INFINITY;
            if !proven {
                nearest.clear();
                self.measure_all(query, task.own(row), &mut nearest);
            }
            slots.write(row, &nearest);
        }
    }

    /// Candidates for each row, by products.
    pub(crate) fn nominate(&self, task: &Task<'_>) -> Vec<Candidates> {
        let centred = centre(task.queries, &self.mean);
        let n_others = self.n_samples() - usize::from(task.own.is_some());
        let partial = self.by_products(&centred, task);
        let norms = centred.chunks_exact(self.n_features).map(squared_norm);
        let with_norm =
            |(nearest, norm)| Candidates::new(nearest, n_others, |bound| bound + norm - self.rounding(norm));
        partial.into_iter().zip(norms).map(with_norm).collect()
    }

    fn point(&self, index: usize) -> &[f32] {
        &self.points[index * self.n_features..][..self.n_features]
    }

    /// For each query the candidates by `|b|^2 - 2ab`.
    fn by_products(&self, queries: &[f32], task: &Task<'_>) -> Vec<Nearest> {
        let d = self.n_features;
        let n_queries = queries.len() / d;
        let mut candidates = vec![Nearest::new(Candidates::for_neighbors(task.k)); n_queries];
        let mut products = vec![0.0; n_queries * POINT_BLOCK];
        let blocks = self
            .centred
            .chunks(POINT_BLOCK * d)
            .zip(self.norms.chunks(POINT_BLOCK));
        for (block, (points, norms)) in blocks.enumerate() {
            if task.cancel.is_cancelled() {
                break;
            }
            let n = norms.len();
            let products = &mut products[..n_queries * n];
            product(
                Matrix::new(queries, n_queries, d),
                Matrix::new(points, n, d).t(),
                products,
            );
            for (row, (nearest, products)) in candidates
                .iter_mut()
                .zip(products.chunks_exact_mut(n))
                .enumerate()
            {
                let first = (block * POINT_BLOCK) as u32;
                offer_block(products, norms, first, task.own(row), nearest);
            }
        }
        candidates
    }

    /// The worst case of three rounded sums of d terms, each bounded by the norms. Infinite or NaN where one overflowed.
    fn rounding(&self, norm: f32) -> f32 {
        4.0 * f32::EPSILON * (self.n_features as f32 + 8.0) * (norm + self.largest_norm)
    }

    fn measure_all(&self, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        for index in (0..self.n_samples()).filter(|&index| own != Some(index as u32)) {
            nearest.offer(squared_distance(query, self.point(index)), index as u32);
        }
    }
}

/// Offers a block of points. Most blocks of a few have none that is near enough, which vector instructions see at once.
fn offer_block(products: &mut [f32], norms: &[f32], first: u32, own: Option<u32>, nearest: &mut Nearest) {
    partial_distances(products, norms);
    for (few, first) in products.chunks(FEW).zip((first..).step_by(FEW)) {
        if !any_within(few, nearest.bound()) {
            continue;
        }
        for (&partial, index) in few.iter().zip(first..) {
            if partial <= nearest.bound() && own != Some(index) {
                nearest.offer(partial, index);
            }
        }
    }
}

multiversion! {
    /// `|b|^2 - 2ab` in place of `ab`.
    fn partial_distances(products: &mut [f32], norms: &[f32]) {
        for (product, &norm) in products.iter_mut().zip(norms) {
            *product = norm - 2.0 * *product;
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
