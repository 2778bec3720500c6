//! The nearest of some centres, in single precision on scaled rows.

use n2d_core::matmul::{Matrix, product};

use super::Scaled;
use super::scaled::{Single, squared_length};
use crate::chunks::ROWS;
use crate::lanes::LANES;
use n2d_core::multiversion;

/// Centres ready for finding the nearest.
pub(crate) struct Near {
    n_features: usize,
    centers: Vec<f32>,
    squares: Vec<f32>,
}

impl Near {
    /// From centres in scaled units, one after the other.
    pub(crate) fn new(centers: &[f64], n_features: usize) -> Self {
        let centers: Vec<f32> = centers.iter().map(|&x| x as f32).collect();
        let squares = centers.chunks_exact(n_features).map(squared_length).collect();
        Self {
            n_features,
            centers,
            squares,
        }
    }

    pub(crate) fn n_clusters(&self) -> usize {
        self.squares.len()
    }

    pub(crate) fn squares(&self) -> &[f32] {
        &self.squares
    }

    /// The nearest centre of as many rows from `first` on, a multiple of [`ROWS`], as `labels` holds; the lowest for a tie.
    pub(crate) fn label(&self, scaled: &Scaled, first: usize, labels: &mut [u32]) {
        if let Some(lanes) = scaled.lanes() {
            let blocks = first / LANES..(first + labels.len()).div_ceil(LANES);
            let blocks = &lanes[blocks.start * self.n_features..blocks.end * self.n_features];
            return nearest_in_lanes(blocks, &self.centers, &self.squares, labels);
        }
        let rows = &scaled.rows()[first * self.n_features..][..labels.len() * self.n_features];
        for (rows, labels) in rows.chunks(ROWS * self.n_features).zip(labels.chunks_mut(ROWS)) {
            self.label_rows(rows, labels);
        }
    }

    /// The nearest centre of any rows, a block of them.
    pub(crate) fn label_rows(&self, rows: &[f32], labels: &mut [u32]) {
        let products = self.products(rows);
        let mut least = vec![f32::INFINITY; labels.len()];
        let by_center = products.chunks_exact(labels.len()).zip(&self.squares);
        for (at, (products, &square)) in by_center.enumerate() {
            for ((nearest, least), product) in labels.iter_mut().zip(&mut least).zip(products) {
                let rest = square - 2.0 * product;
                // Where every figure is infinite the first centre has to do.
                if rest < *least || at == 0 {
                    *least = rest;
                    *nearest = at as u32;
                }
            }
        }
    }

    /// The product of each centre with each row, `(n_clusters, n_rows)`.
    pub(crate) fn products(&self, rows: &[f32]) -> Vec<f32> {
        let (n_clusters, n_rows) = (self.n_clusters(), rows.len() / self.n_features);
        let mut products = vec![0.0; n_rows * n_clusters];
        product(
            Matrix::new(&self.centers, n_clusters, self.n_features),
            Matrix::new(rows, n_rows, self.n_features).t(),
            &mut products,
        );
        products
    }
}

/// Centres met at once: enough independent sums to keep the processor busy.
const AT_ONCE: usize = 4;

multiversion! {
    fn nearest_in_lanes(blocks: &[Single], centers: &[f32], squares: &[f32], labels: &mut [u32]) {
        let n_features = centers.len() / squares.len();
        for (block, labels) in blocks.chunks_exact(n_features).zip(labels.chunks_mut(LANES)) {
            let mut least: Single = [f32::INFINITY; LANES];
            let mut best = [0_u32; LANES];
            let whole = squares.len() - squares.len() % AT_ONCE;
            for at in (0..whole).step_by(AT_ONCE) {
                let centers: [&[f32]; AT_ONCE] =
                    std::array::from_fn(|i| &centers[(at + i) * n_features..][..n_features]);
                let dots = dots(block, centers);
                for (i, dot) in dots.iter().enumerate() {
                    keep_nearer(squares[at + i], dot, (at + i) as u32, &mut least, &mut best);
                }
            }
            for at in whole..squares.len() {
                let [dot] = dots(block, [&centers[at * n_features..][..n_features]]);
                keep_nearer(squares[at], &dot, at as u32, &mut least, &mut best);
            }
            labels.copy_from_slice(&best[..labels.len()]);
        }
    }
}

/// The product of each row of a block with some points.
#[inline(always)]
pub(crate) fn dots<const N: usize>(block: &[Single], points: [&[f32]; N]) -> [Single; N] {
    let mut sums = [[0.0; LANES]; N];
    for (feature, values) in block.iter().enumerate() {
        for (sum, point) in sums.iter_mut().zip(points) {
            let at = point[feature];
            for lane in 0..LANES {
                sum[lane] += values[lane] * at;
            }
        }
    }
    sums
}

#[inline(always)]
fn keep_nearer(square: f32, dot: &Single, at: u32, least: &mut Single, best: &mut [u32; LANES]) {
    for lane in 0..LANES {
        let rest = square - 2.0 * dot[lane];
        let nearer = rest < least[lane];
        least[lane] = if nearer { rest } else { least[lane] };
        best[lane] = if nearer { at } else { best[lane] };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::Samples;
    use n2d_core::rng::SplitMix64;

    #[test]
    fn lanes_and_products_agree() {
        let mut rng = SplitMix64::new(1, 2, 3);
        for (n, d, k) in [(1, 1, 1), (17, 3, 2), (2100, 10, 11), (300, 7, 4)] {
            let values: Vec<f32> = (0..n * d).map(|_| rng.below(64) as f32).collect();
            let scaled = Scaled::new(Samples::from_rows(&values, d).unwrap());
            let centers = scaled.points(&(0..k.min(n)).collect::<Vec<_>>());
            let near = Near::new(&centers, d);
            let (mut a, mut b) = (vec![0; n], vec![0; n]);
            near.label(&scaled, 0, &mut a);
            near.label_rows(scaled.rows(), &mut b);
            let distance = |row: usize, center: u32| {
                let center = &centers[center as usize * d..][..d];
                let terms = scaled.row(row).iter().zip(center);
                terms.map(|(&x, c)| (f64::from(x) - c).powi(2)).sum::<f64>()
            };
            for row in 0..n {
                assert!((distance(row, a[row]) - distance(row, b[row])).abs() < 1e-5);
            }
        }
    }
}
