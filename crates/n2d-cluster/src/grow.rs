//! Growth by the nearest row: from one row on, each time the row that is reached most easily from those taken so far. With
//! plain distances that is the shortest spanning tree (Prim 1957); with core distances, the order of OPTICS.

use n2d_core::{FitContext, FitError, Progress, Samples};
use n2d_neighbors::Metric;
use rayon::prelude::*;

use crate::lanes::LANES;
use n2d_core::multiversion;

/// A row that has been taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Taken {
    pub(crate) row: u32,
    /// How far it was from the rows taken before; infinite for the first.
    pub(crate) reach: f64,
    /// From which of them; none for the first.
    pub(crate) from: Option<u32>,
}

/// Rows a task; a multiple of [`LANES`].
const TASK: usize = 1024;
/// Rows between two reports.
const ROWS_A_STEP: usize = 64;

/// Takes all rows, from row 0 on; of equally near ones the lowest first. From each row others are no nearer than its core
/// distance. Takes `O(n_samples^2 n_features)` and linear memory.
pub(crate) fn grow(
    y: Samples<'_>,
    metric: Metric,
    core: impl Fn(u32) -> f64,
    phase: &'static str,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Taken>, FitError> {
    let n = y.n_samples();
    let mut waiting = Waiting::new(y, metric);
    let mut taken = Vec::with_capacity(n);
    let mut next = 0;
    while taken.len() < n {
        ctx.check_cancelled()?;
        let newest = waiting.take(next);
        taken.push(newest);
        next = waiting.reach_from(newest.row, core(newest.row));
        if taken.len().is_multiple_of(ROWS_A_STEP) || taken.len() == n {
            ctx.step(Progress::new(phase, taken.len(), n))?;
        }
    }
    Ok(taken)
}

/// The rows not yet taken.
struct Waiting<'a> {
    y: Samples<'a>,
    metric: Metric,
    rows: Vec<Taken>,
    /// Their values in blocks of sixteen, a lane for each feature; for euclidean distances only.
    lanes: Vec<[f32; LANES]>,
}

/// What is nearest: how far, which row, and where it stands. Ordered by the first two.
type Nearest = (f64, u32, usize);

impl<'a> Waiting<'a> {
    fn new(y: Samples<'a>, metric: Metric) -> Self {
        let row = |row| Taken {
            row,
            reach: f64::INFINITY,
            from: None,
        };
        let (n, d) = (y.n_samples(), y.n_features());
        let n_blocks = if metric == Metric::Euclidean {
            n.div_ceil(LANES)
        } else {
            0
        };
        let mut lanes = vec![[0.0; LANES]; n_blocks * d];
        for (block, rows) in lanes.chunks_exact_mut(d).zip(y.as_slice().chunks(LANES * d)) {
            for (lane, row) in rows.chunks_exact(d).enumerate() {
                block
                    .iter_mut()
                    .zip(row)
                    .for_each(|(values, &x)| values[lane] = x);
            }
        }
        Self {
            y,
            metric,
            rows: (0..n as u32).map(row).collect(),
            lanes,
        }
    }

    /// Takes the row at a place, which the last one fills.
    fn take(&mut self, at: usize) -> Taken {
        let (d, last) = (self.y.n_features(), self.rows.len() - 1);
        if self.metric == Metric::Euclidean {
            for feature in 0..d {
                let value = self.lanes[last / LANES * d + feature][last % LANES];
                self.lanes[at / LANES * d + feature][at % LANES] = value;
            }
        }
        self.rows.swap_remove(at)
    }

    /// Takes in what is reached from a row, and returns where the row stands that is nearest now.
    fn reach_from(&mut self, from: u32, core: f64) -> usize {
        let (y, metric, lanes) = (self.y, self.metric, &self.lanes);
        let d = y.n_features();
        let row = |row: u32| &y.as_slice()[row as usize * d..][..d];
        let nearest = self.rows.par_chunks_mut(TASK).enumerate().map(|(task, rows)| {
            let mut distances = [0.0; TASK];
            if metric == Metric::Euclidean {
                let blocks = &lanes[task * TASK / LANES * d..][..rows.len().div_ceil(LANES) * d];
                euclidean(blocks, row(from), &mut distances);
            } else {
                for (distance, other) in distances.iter_mut().zip(rows.iter()) {
                    *distance = metric.distance(row(from), row(other.row));
                }
            }
            reach(rows, from, core, &distances, task * TASK)
        });
        nearest.reduce(|| NOTHING, nearer).2
    }
}

const NOTHING: Nearest = (f64::INFINITY, u32::MAX, 0);

fn nearer(a: Nearest, b: Nearest) -> Nearest {
    if (b.0, b.1) < (a.0, a.1) { b } else { a }
}

fn reach(rows: &mut [Taken], from: u32, core: f64, distances: &[f64], first: usize) -> Nearest {
    let mut best = NOTHING;
    for (at, (waiting, &distance)) in rows.iter_mut().zip(distances).enumerate() {
        let reach = distance.max(core);
        if reach < waiting.reach {
            (waiting.reach, waiting.from) = (reach, Some(from));
        }
        best = nearer(best, (waiting.reach, waiting.row, first + at));
    }
    best
}

multiversion! {
    /// The bits of [`Metric::distance`].
    fn euclidean(blocks: &[[f32; LANES]], point: &[f32], out: &mut [f64]) {
        for (block, out) in blocks.chunks_exact(point.len()).zip(out.chunks_exact_mut(LANES)) {
            let mut squared = [0.0_f64; LANES];
            for (values, &at) in block.iter().zip(point) {
                for lane in 0..LANES {
                    let difference = f64::from(at) - f64::from(values[lane]);
                    squared[lane] += difference * difference;
                }
            }
            for lane in 0..LANES {
                out[lane] = squared[lane].sqrt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;

    #[test]
    fn lanes_have_the_metrics_bits() {
        let mut rng = SplitMix64::new(4, 2, 0);
        let values: Vec<f32> = (0..60 * 7).map(|_| rng.below(1 << 20) as f32 / 3e5).collect();
        let y = Samples::from_rows(&values, 7).unwrap();
        let taken = grow(y, Metric::Euclidean, |_| 0.0, "test", &mut FitContext::new(0)).unwrap();
        assert_eq!(taken.len(), 60);
        for taken in &taken[1..] {
            let from = y.row(taken.from.unwrap() as usize).to_vec();
            let distance = Metric::Euclidean.distance(&from, &y.row(taken.row as usize).to_vec());
            assert_eq!(taken.reach, distance);
        }
    }
}
