//! The repulsion interpolated on a grid by quadratic splines: each point's charge is spread over the three nodes around it along
//! each component, the potentials of all charges are found by convolution, and read off at each point by the same weights. Spreading and
//! reading off blur the kernels, which are sharpened beforehand so that they are exact between nodes.

use rayon::prelude::*;

use super::convolution::{Convolution, Potentials, good_length};
use super::pull::ROWS;

/// Distance of nodes at the most, where a similarity falls to a half at distance 1. Forces are then exact to half a percent (boxes of
/// three nodes and side 1, as the reference implementations have them, to two or three).
const MAX_SPACING: f64 = 1.0 / 3.0;
/// Nodes along the longer side at the least: a small layout, as all are at first, needs them to have exact directions.
const MIN_NODES: f64 = 140.0;
/// What a transform is longer than twice the nodes: how far the seam at its ends can be felt through the sharpened kernels.
const GUARD: usize = 16;
/// Nodes along a side at the most, by components.
const MAX_NODES: [usize; 2] = [1 << 20, 1500];

/// The grid of one iteration, with the convolution kept for the next.
pub(super) struct Grid<const D: usize> {
    convolution: Option<(f64, Convolution)>,
}

/// Where the nodes are.
struct Frame<const D: usize> {
    low: [f64; D],
    spacing: f64,
    /// Nodes along each component.
    nodes: [usize; D],
}

/// The nodes around a point: the first one's number along each component, and the weights of it and the next two.
struct Around<const D: usize> {
    first: [usize; D],
    weights: [[f32; 3]; D],
}

impl<const D: usize> Frame<D> {
    /// None where the layout is too large for a grid.
    fn new(y: &[[f32; D]]) -> Option<Self> {
        let mut low = [f64::INFINITY; D];
        let mut high = [f64::NEG_INFINITY; D];
        for y in y {
            for k in 0..D {
                low[k] = low[k].min(y[k].into());
                high[k] = high[k].max(y[k].into());
            }
        }
        let range = (0..D).map(|k| high[k] - low[k]).fold(0.0, f64::max);
        // In steps, so that one convolution serves many iterations.
        let finer = (MAX_SPACING * MIN_NODES / range.max(1e-30))
            .log2()
            .ceil()
            .max(0.0);
        let spacing = MAX_SPACING * (-finer).exp2();
        // One more on either side, as three are around each point.
        let nodes =
            std::array::from_fn(|k| (((high[k] - low[k]) / spacing).round() as usize).saturating_add(3));
        let fits = nodes.iter().all(|&n| n <= MAX_NODES[D - 1]);
        fits.then_some(Self { low, spacing, nodes })
    }

    fn around(&self, y: &[f32; D]) -> Around<D> {
        let at: [f64; D] = std::array::from_fn(|k| (f64::from(y[k]) - self.low[k]) / self.spacing);
        let nearest = at.map(f64::round);
        Around {
            first: nearest.map(|nearest| nearest as usize),
            weights: std::array::from_fn(|k| {
                let t = (at[k] - nearest[k]) as f32;
                [
                    0.5 * (0.5 - t) * (0.5 - t),
                    0.75 - t * t,
                    0.5 * (0.5 + t) * (0.5 + t),
                ]
            }),
        }
    }

    /// Rows and columns of the grid: the first component goes along columns.
    fn shape(&self) -> [usize; 2] {
        [if D == 1 { 1 } else { self.nodes[D - 1] }, self.nodes[0]]
    }
}

impl<const D: usize> Around<D> {
    /// The similarity of the point with itself, as interpolated: near one, but not exactly.
    fn with_itself(&self, similarities: &[[f32; 3]; 3]) -> f64 {
        // How often the weights meet at a distance of 0, 1 and 2 nodes.
        let meet = |w: &[f32; 3]| {
            let [a, b, c] = w.map(f64::from);
            [a * a + b * b + c * c, 2.0 * (a * b + b * c), 2.0 * a * c]
        };
        let columns = meet(&self.weights[0]);
        let rows = if D == 1 {
            [1.0, 0.0, 0.0]
        } else {
            meet(&self.weights[D - 1])
        };
        let along = |(row, similarities): (f64, &[f32; 3])| -> f64 {
            row * columns
                .iter()
                .zip(similarities)
                .map(|(c, &w)| c * f64::from(w))
                .sum::<f64>()
        };
        rows.into_iter().zip(similarities).map(along).sum()
    }

    /// The nodes with their weights.
    #[inline(always)]
    fn each(&self, n_columns: usize, mut visit: impl FnMut(usize, f32)) {
        let (rows, row_weights) = if D == 1 {
            (1, [1.0, 0.0, 0.0])
        } else {
            (3, self.weights[D - 1])
        };
        for (row, row_weight) in row_weights[..rows].iter().enumerate() {
            let first = if D == 1 {
                0
            } else {
                (self.first[D - 1] + row) * n_columns
            };
            for (column, weight) in self.weights[0].iter().enumerate() {
                visit(first + self.first[0] + column, row_weight * weight);
            }
        }
    }
}

impl<const D: usize> Grid<D> {
    pub(super) fn new() -> Self {
        Self { convolution: None }
    }

    /// `sum of w^2 (y_i - y_j)` for each point, and the sum of `w` over all pairs of different points, with
    /// `w = 1 / (1 + |y_i - y_j|^2)`; or nothing where the layout is too large for a grid, or its points so far apart
    /// that what the interpolation lacks would count.
    pub(super) fn repulsion(&mut self, y: &[[f32; D]], out: &mut [[f32; D]]) -> Option<f64> {
        let frame = Frame::new(y)?;
        let [n_rows, n_columns] = frame.shape();
        let mut charges = vec![0.0; n_rows * n_columns];
        for y in y {
            frame
                .around(y)
                .each(n_columns, |node, weight| charges[node] += weight);
        }
        let convolution = self.convolution(&frame);
        let near = *convolution.near();
        let potentials = convolution.potentials(&charges, n_columns);
        let z = read_off(&frame, y, potentials, &near, out);
        (z >= y.len() as f64).then_some(z)
    }

    /// One for such a grid; that of the last iteration, where it serves.
    fn convolution(&mut self, frame: &Frame<D>) -> &mut Convolution {
        let shape = frame.shape();
        let length = |nodes: usize| good_length(2 * nodes + GUARD);
        let lengths = [if D == 1 { 1 } else { length(shape[0]) }, length(shape[1])];
        let still_serves = |(spacing, convolution): &(f64, Convolution)| {
            *spacing == frame.spacing && serves(convolution.lengths(), lengths)
        };
        let kept = self.convolution.take().filter(still_serves);
        let make = || (frame.spacing, Convolution::new(lengths, frame.spacing, blur));
        &mut self.convolution.insert(kept.unwrap_or_else(make)).1
    }
}

/// Whether transforms of such lengths do: no shorter than needed, and not so much longer that others are worth making.
fn serves(given: [usize; 2], needed: [usize; 2]) -> bool {
    (0..2).all(|k| (needed[k]..=needed[k] + needed[k] / 4).contains(&given[k]))
}

/// What the weights of a quadratic spline, spread over nodes, make of a wave of this angle from node to node.
fn blur(angle: f64) -> f64 {
    (3.0 + angle.cos()) / 4.0
}

/// The forces at each point, and the sum of all similarities but each point's own.
fn read_off<const D: usize>(
    frame: &Frame<D>,
    y: &[[f32; D]],
    potentials: &[Potentials],
    near: &[[f32; 3]; 3],
    out: &mut [[f32; D]],
) -> f64 {
    let n_columns = frame.shape()[1];
    let of_task = |(y, out): (&[[f32; D]], &mut [[f32; D]])| -> f64 {
        let of_point = |(y, out): (&[f32; D], &mut [f32; D])| {
            let mut at = [0.0_f32; 4];
            let around = frame.around(y);
            around.each(n_columns, |node, weight| {
                let potentials = &potentials[node];
                for k in 0..4 {
                    at[k] += weight * potentials[k];
                }
            });
            out.copy_from_slice(&at[1..=D]);
            f64::from(at[0]) - around.with_itself(near)
        };
        y.iter().zip(out).map(of_point).sum()
    };
    let tasks = y.par_chunks(ROWS).zip(out.par_chunks_mut(ROWS));
    tasks.map(of_task).collect::<Vec<f64>>().iter().sum()
}
