//! Distances from a few rows to very many, in double precision.
//!
//! Eight rows stand side by side in the lanes of vector registers, and the many go past them some at a time. Differences are
//! taken directly, so nothing cancels and no value of single precision overflows. Lanes never mix, so a distance has the same
//! bits in every lane, and from whichever of two rows it is measured.

use std::ops::Range;

use n2d_core::Samples;
use n2d_core::check::Options;
use n2d_neighbors::Metric;

use crate::MetricError;
use crate::squares::Squares;

/// Rows in a block.
pub(crate) const LANES: usize = 8;
/// Points that go past a block at a time.
const TILE: usize = 4;

/// A value for each row of a block.
pub(crate) type Lane = [f64; LANES];

/// Rows and the metric between them.
pub(crate) struct Points {
    metric: Metric,
    width: usize,
    values: Values,
}

enum Values {
    Single(Vec<f32>),
    /// Rows of unit length: half the squared distance of two of them is their cosine distance.
    Double(Vec<f64>),
}

/// Up to eight rows, feature by feature. Lanes without a row are zeros.
pub(crate) struct Block {
    lanes: Vec<Lane>,
    /// The rows as they are, for metrics that are measured pair by pair.
    rows: Vec<f32>,
}

/// That a metric built in code is one.
pub(crate) fn check_metric(measure: &'static str, metric: Metric) -> Result<(), MetricError> {
    match metric {
        Metric::Minkowski(p) if !(p.is_finite() && p >= 1.0) => {
            let allowed = "minkowski with a finite exponent of at least 1";
            Err(Options::of(measure).refuse("metric", allowed, metric).into())
        }
        _ => Ok(()),
    }
}

impl Points {
    /// Some rows of the data, in the order given.
    pub(crate) fn new(x: Samples<'_>, rows: &[usize], metric: Metric) -> Self {
        let all: Vec<&[f32]> = x.rows().collect();
        let given = rows.iter().map(|&row| all[row]);
        let (width, values) = match metric {
            Metric::Cosine => (
                x.n_features() + 1,
                Values::Double(given.flat_map(directed).collect()),
            ),
            Metric::Correlation => {
                let centred = given.flat_map(|row| directed(&centred(row)));
                (x.n_features() + 1, Values::Double(centred.collect()))
            }
            _ => (x.n_features(), Values::Single(given.flatten().copied().collect())),
        };
        Self {
            metric,
            width,
            values,
        }
    }

    /// Some of these points, in the order given.
    pub(crate) fn gather(&self, rows: &[usize]) -> Self {
        let values = match &self.values {
            Values::Single(values) => Values::Single(gather(values, self.width, rows)),
            Values::Double(values) => Values::Double(gather(values, self.width, rows)),
        };
        Self { values, ..*self }
    }

    /// Up to eight of these points side by side.
    pub(crate) fn block(&self, rows: &[usize]) -> Block {
        match &self.values {
            Values::Single(values) => {
                let rows = gather(values, self.width, rows);
                Block {
                    lanes: turn(&rows, self.width),
                    rows,
                }
            }
            Values::Double(values) => Block {
                lanes: turn(&gather(values, self.width, rows), self.width),
                rows: vec![],
            },
        }
    }

    /// The distance of each row of a block to each point of a range.
    pub(crate) fn distances(&self, block: &Block, range: Range<usize>, out: &mut [Lane]) {
        let part = range.start * self.width..range.end * self.width;
        match &self.values {
            Values::Single(values) => self.single(block, &values[part], out),
            Values::Double(values) => {
                squares(&block.lanes, &values[part], out);
                out.as_flattened_mut()
                    .iter_mut()
                    .for_each(|square| *square *= 0.5);
            }
        }
    }

    fn single(&self, block: &Block, points: &[f32], out: &mut [Lane]) {
        let lanes = &block.lanes;
        match self.metric {
            Metric::Euclidean => {
                squares(lanes, points, out);
                wide(|| roots(out));
            }
            Metric::Manhattan => wide(|| pass(lanes, points, out, |sum, d| sum + d.abs())),
            Metric::Chebyshev => {
                let greater = |most: f64, d: f64| if d.abs() > most { d.abs() } else { most };
                wide(|| pass(lanes, points, out, greater));
            }
            metric => {
                for (point, out) in points.chunks_exact(self.width).zip(out) {
                    for (row, out) in block.rows.chunks_exact(self.width).zip(out) {
                        *out = metric.distance(row, point);
                    }
                }
            }
        }
    }
}

fn squares<T: Copy + Into<f64>>(block: &[Lane], points: &[T], out: &mut [Lane]) {
    pulp::Arch::new().dispatch(Squares { block, points, out });
}

#[inline(always)]
fn roots(out: &mut [Lane]) {
    out.as_flattened_mut()
        .iter_mut()
        .for_each(|square| *square = square.sqrt());
}

/// With the widest vector instructions that the processor has.
#[inline(always)]
fn wide(work: impl FnOnce()) {
    pulp::Arch::new().dispatch(work);
}

/// For each point and lane the differences of all features, gathered by `add`.
#[inline(always)]
fn pass<T: Copy + Into<f64>>(block: &[Lane], points: &[T], out: &mut [Lane], add: impl Fn(f64, f64) -> f64) {
    let width = block.len();
    let mut points = points.chunks_exact(width * TILE);
    let (tiles, last) = out.as_chunks_mut::<TILE>();
    for (out, points) in tiles.iter_mut().zip(&mut points) {
        let (a, rest) = points.split_at(width);
        let (b, rest) = rest.split_at(width);
        let (c, d) = rest.split_at(width);
        let mut sums = [[0.0; LANES]; TILE];
        for feature in 0..width {
            let lane = &block[feature];
            let tile: [f64; TILE] = [a[feature], b[feature], c[feature], d[feature]].map(Into::into);
            for at in 0..TILE {
                for l in 0..LANES {
                    sums[at][l] = add(sums[at][l], lane[l] - tile[at]);
                }
            }
        }
        *out = sums;
    }
    for (out, point) in last.iter_mut().zip(points.remainder().chunks_exact(width)) {
        let mut sums = [0.0; LANES];
        for (lane, &value) in block.iter().zip(point) {
            let value: f64 = value.into();
            for l in 0..LANES {
                sums[l] = add(sums[l], lane[l] - value);
            }
        }
        *out = sums;
    }
}

fn gather<T: Copy>(values: &[T], width: usize, rows: &[usize]) -> Vec<T> {
    let row = |&row: &usize| &values[row * width..][..width];
    rows.iter().flat_map(row).copied().collect()
}

fn turn<T: Copy + Into<f64>>(rows: &[T], width: usize) -> Vec<Lane> {
    let mut lanes = vec![[0.0; LANES]; width];
    for (at, row) in rows.chunks_exact(width).enumerate() {
        for (lane, &value) in lanes.iter_mut().zip(row) {
            lane[at] = value.into();
        }
    }
    lanes
}

/// A row at unit length. Rows of zeros have a direction of their own, which makes them 1 away from all others.
fn directed<T: Copy + Into<f64>>(row: &[T]) -> Vec<f64> {
    let mut row: Vec<f64> = row.iter().map(|&value| value.into()).collect();
    let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|v| *v /= length);
    }
    row.push(if length > 0.0 { 0.0 } else { 1.0 });
    row
}

fn centred(row: &[f32]) -> Vec<f64> {
    let mean = row.iter().copied().map(f64::from).sum::<f64>() / row.len() as f64;
    row.iter().map(|&value| f64::from(value) - mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;

    const ALL: [Metric; 8] = [
        Metric::Euclidean,
        Metric::Manhattan,
        Metric::Chebyshev,
        Metric::Minkowski(3.0),
        Metric::Cosine,
        Metric::Correlation,
        Metric::Hamming,
        Metric::Canberra,
    ];

    #[test]
    fn every_metric_is_that_of_the_neighbours() {
        let mut rng = SplitMix64::new(3, 0, 0);
        for (n, d) in [(1, 1), (3, 1), (21, 5), (30, 40)] {
            // Few levels: rows of zeros, constant rows and equal values occur.
            let values: Vec<f32> = (0..n * d).map(|_| rng.below(3) as f32 - 1.0).collect();
            let x = Samples::from_rows(&values, d).unwrap();
            let rows: Vec<usize> = (0..n).collect();
            for metric in ALL {
                let points = Points::new(x, &rows, metric);
                let chosen = &rows[..n.min(LANES)];
                let mut out = vec![[0.0; LANES]; n];
                points.distances(&points.block(chosen), 0..n, &mut out);
                for (lane, &row) in chosen.iter().enumerate() {
                    for (other, out) in out.iter().enumerate() {
                        let by_pair = metric.distance(&values[row * d..][..d], &values[other * d..][..d]);
                        assert!(
                            (out[lane] - by_pair).abs() < 1e-12,
                            "{metric}: {} or {by_pair}",
                            out[lane]
                        );
                    }
                    assert_eq!(out[row][lane], 0.0, "{metric}");
                }
            }
        }
    }

    #[test]
    fn huge_and_tiny_values_are_measured() {
        for scale in [1e30_f32, 1e-30, 1e-44] {
            let values = [3.0 * scale, 0.0, 0.0, 4.0 * scale];
            let points = Points::new(
                Samples::from_rows(&values, 2).unwrap(),
                &[0, 1],
                Metric::Euclidean,
            );
            let mut out = [[0.0; LANES]; 2];
            points.distances(&points.block(&[0]), 0..2, &mut out);
            let expected = f64::from(values[0]).hypot(f64::from(values[3]));
            assert!((out[1][0] / expected - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn no_exponent_below_one() {
        assert!(check_metric("x", Metric::Minkowski(1.0)).is_ok());
        for p in [0.5, f64::NAN, f64::INFINITY] {
            assert!(check_metric("x", Metric::Minkowski(p)).is_err());
        }
    }
}
