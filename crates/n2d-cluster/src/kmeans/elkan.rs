//! Which rows can't have another nearest centre than before (Elkan 2003): theirs need not be sought.

use super::near::Near;
use super::scaled::Scaled;
use crate::chunks::ROWS;

/// How far rows are from centres at the most and at the least, rounding errors included.
pub(crate) struct Bounds {
    /// To its own centre at the most, for each row.
    upper: Vec<f32>,
    /// To each centre at the least, `(n_samples, n_clusters)`.
    lower: Vec<f32>,
    n_clusters: usize,
}

/// The bounds of some rows.
pub(crate) struct SomeBounds<'a> {
    upper: &'a mut [f32],
    lower: &'a mut [f32],
}

/// How centres have moved since the bounds were made.
pub(crate) struct Moved {
    /// How far each has moved.
    drift: Vec<f32>,
    /// Half the way of each to the nearest other.
    half_gap: Vec<f32>,
}

impl Bounds {
    /// Bounds that exclude nothing.
    pub(crate) fn new(n_samples: usize, n_clusters: usize) -> Self {
        Self {
            upper: vec![f32::INFINITY; n_samples],
            lower: vec![0.0; n_samples * n_clusters],
            n_clusters,
        }
    }

    /// Forgets what is known of a row, which has been given another label.
    pub(crate) fn forget(&mut self, row: usize) {
        self.upper[row] = f32::INFINITY;
    }

    /// In chunks of rows.
    pub(crate) fn chunks(&mut self, size: usize) -> Vec<SomeBounds<'_>> {
        let lower = self.lower.chunks_mut(size * self.n_clusters);
        let chunks = self.upper.chunks_mut(size).zip(lower);
        chunks.map(|(upper, lower)| SomeBounds { upper, lower }).collect()
    }
}

impl Moved {
    pub(crate) fn new(before: &[f64], now: &[f64], n_features: usize) -> Self {
        let centers = || now.chunks_exact(n_features);
        let drift = before.chunks_exact(n_features).zip(centers());
        let half_gap = centers().enumerate().map(|(at, center)| {
            let others = centers().enumerate().filter(|&(other, _)| other != at);
            let least = others
                .map(|(_, other)| distance(center, other))
                .fold(f64::INFINITY, f64::min);
            (least / 2.0 * (1.0 - SLACK)) as f32
        });
        Self {
            drift: drift
                .map(|(a, b)| (distance(a, b) * (1.0 + SLACK)) as f32)
                .collect(),
            half_gap: half_gap.collect(),
        }
    }
}

/// More than rounding to single precision, and adding there, can come to.
const SLACK: f64 = 1e-6;

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

impl SomeBounds<'_> {
    /// Finds the nearest centres of the rows from `first` on, where it may be another than before.
    pub(crate) fn label(
        &mut self,
        scaled: &Scaled,
        near: &Near,
        moved: &Moved,
        first: usize,
        labels: &mut [u32],
    ) {
        let k = near.n_clusters();
        for at in (0..labels.len()).step_by(ROWS) {
            let end = (at + ROWS).min(labels.len());
            let open: Vec<usize> = (at..end)
                .filter(|&row| {
                    let lower = &mut self.lower[row * k..][..k];
                    is_open(moved, &mut self.upper[row], lower, labels[row] as usize)
                })
                .collect();
            if !open.is_empty() {
                self.measure(scaled, near, first, &open, labels);
            }
        }
    }

    /// Measures some rows' distances to all centres.
    fn measure(&mut self, scaled: &Scaled, near: &Near, first: usize, open: &[usize], labels: &mut [u32]) {
        let n_features = scaled.n_features();
        let consecutive = open[open.len() - 1] - open[0] + 1 == open.len();
        let gathered: Vec<f32>;
        let rows = if consecutive {
            &scaled.rows()[(first + open[0]) * n_features..][..open.len() * n_features]
        } else {
            gathered = open
                .iter()
                .flat_map(|&row| scaled.row(first + row))
                .copied()
                .collect();
            &gathered
        };
        let products = near.products(rows);
        let k = near.n_clusters();
        for (column, &row) in open.iter().enumerate() {
            let square = scaled.squares()[first + row];
            let lower = &mut self.lower[row * k..][..k];
            let (mut best, mut least) = (0, f32::INFINITY);
            for (at, (lower, &center)) in lower.iter_mut().zip(near.squares()).enumerate() {
                let squared = square - 2.0 * products[at * open.len() + column] + center;
                if squared < least {
                    (best, least) = (at, squared);
                }
                *lower = (squared - error(square, center, n_features)).max(0.0).sqrt();
            }
            labels[row] = best as u32;
            self.upper[row] = (least + error(square, near.squares()[best], n_features))
                .max(0.0)
                .sqrt();
        }
    }
}

/// Takes the moves into the bounds and says whether another centre may be nearest now.
#[inline]
fn is_open(moved: &Moved, upper: &mut f32, lower: &mut [f32], label: usize) -> bool {
    if *upper == f32::INFINITY {
        return true;
    }
    const UP: f32 = 1.0 + SLACK as f32;
    const DOWN: f32 = 1.0 - SLACK as f32;
    *upper = (*upper + moved.drift[label]) * UP;
    let mut least = f32::INFINITY;
    let own = lower[label];
    lower[label] = f32::INFINITY;
    for (lower, drift) in lower.iter_mut().zip(&moved.drift) {
        *lower = (*lower - drift).max(0.0) * DOWN;
        least = least.min(*lower);
    }
    lower[label] = (own - moved.drift[label]).max(0.0) * DOWN;
    *upper >= least && *upper >= moved.half_gap[label]
}

/// The most by which a squared distance by single-precision products can be wrong.
fn error(square: f32, center: f32, n_features: usize) -> f32 {
    2.0 * f32::EPSILON * (n_features as f32 + 8.0) * (square + center)
}
