//! Densities: how wide each row's surroundings are, in the data and in the embedding, and the force by which densMAP makes the
//! one follow the other (Narayan, Berger and Cho 2021, "Assessing single-cell transcriptomic variability through
//! density-preserving data visualization", Nature Biotechnology 39).

use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::{Metric, SparseGraph};
use rayon::prelude::*;

use super::blocks::Blocks;
use super::config::DensOptions;
use super::fuzzy::Views;
use super::init::Origin;
use super::kernel::Forces;
use super::neighbors::quietly;
use super::points::Point;

/// Keeps the logarithm of a radius of zero finite (umap-learn's value), in units of the mean squared radius in the data, of
/// the layout itself in the embedding.
const EPSILON: f64 = 1e-8;

/// How wide the surroundings of each training row are: the logarithm of the mean squared distance to its neighbours, each
/// counted by its membership. A row that has no neighbour has NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Radii {
    /// In the data (umap-learn's `rad_orig_`).
    pub data: Vec<f32>,
    /// In the embedding (umap-learn's `rad_emb_`, but of squared distances, as in the data).
    pub embedding: Vec<f32>,
}

/// Those in the data, by a graph of its neighbours. Pairs of rows of which neither is the other's neighbour are left out.
pub(super) fn log_radii(graph: &SparseGraph, views: &Views<'_>) -> Vec<f32> {
    let mean_square = |row: usize| {
        let (mut sum, mut total) = (0.0, 0.0);
        for (other, weight) in graph.row(row) {
            if let Some(distance) = views.distance(row as u32, other) {
                sum += f64::from(weight) * f64::from(distance).powi(2);
                total += f64::from(weight);
            }
        }
        sum / total
    };
    let squares: Vec<f64> = (0..graph.n_rows()).into_par_iter().map(mean_square).collect();
    let some = || squares.iter().filter(|square| !square.is_nan());
    let mean = some().sum::<f64>() / some().count().max(1) as f64;
    let least = if mean > 0.0 { EPSILON * mean } else { EPSILON };
    squares
        .iter()
        .map(|square| (least + square).ln() as f32)
        .collect()
}

/// Those of an embedding, from its own fuzzy graph.
pub(super) fn embedded_log_radii(
    embedding: Samples<'_>,
    k: usize,
    ctx: &FitContext<'_>,
) -> Result<Vec<f32>, FitError> {
    let origin = Origin {
        rows: embedding,
        metric: Metric::Euclidean,
        n_neighbors: k + 1,
    };
    let neighbors = quietly(origin, k, ctx)?;
    let views = Views::new(&neighbors, k, None, 1.0);
    Ok(log_radii(&views.fuzzy_graph(1.0).graph, &views))
}

/// What densMAP adds to a layout.
#[derive(Debug, Clone)]
pub(super) struct DensityTerm {
    options: DensOptions,
    /// The radii in the data, of mean 0 and variance 1; 0 where there is none.
    wanted: Vec<f32>,
    /// The sum of all memberships, both directions counted, over the heaviest.
    relative_total: f64,
    n_rows: usize,
}

impl DensityTerm {
    pub(super) fn new(graph: &SparseGraph, radii: &[f32], options: DensOptions) -> Self {
        let (mean, variance) = moments(radii);
        let standardised = |&r: &f32| {
            if r.is_nan() || variance == 0.0 {
                0.0
            } else {
                ((f64::from(r) - mean) / variance.sqrt()) as f32
            }
        };
        let total: f64 = graph.degrees().iter().sum();
        Self {
            options,
            wanted: radii.iter().map(standardised).collect(),
            relative_total: total / f64::from(graph.max_weight()),
            n_rows: radii.len(),
        }
    }

    /// Whether it is at work in an epoch: in the last of them.
    pub(super) fn is_due(&self, epoch: usize, n_epochs: usize) -> bool {
        (epoch + 1) as f64 / n_epochs as f64 > 1.0 - f64::from(self.options.frac)
    }

    /// What each point feels at the beginning of an epoch, given their positions in blocks.
    pub(super) fn pressures<P: Point>(
        &self,
        graph: &SparseGraph,
        blocks: &Blocks,
        points: &[Vec<P>],
        forces: &Forces,
    ) -> Pressures {
        let (radii, totals): (Vec<f32>, Vec<f32>) =
            self.sums(graph, blocks, points, forces).into_iter().unzip();
        let (mean, variance) = moments(&radii);
        let shifted = variance + f64::from(self.options.var_shift);
        let covariance = self.covariance(&radii);
        let pressure = |row: usize| {
            let excess = covariance * (f64::from(radii[row]) - mean) / shifted;
            let weight = (f64::from(self.wanted[row]) - excess) as f32;
            if radii[row].is_nan() {
                Pressure::default()
            } else {
                Pressure {
                    pull: weight / totals[row],
                    inverse_radius: (-radii[row]).exp(),
                }
            }
        };
        let scale = f64::from(self.options.lambda) * self.relative_total / shifted.sqrt();
        Pressures {
            // Each pair is met from both its ends.
            scale: (0.5 * scale / self.n_rows as f64) as f32,
            of_points: blocks.split(pressure),
        }
    }

    /// The logarithmic radius of each point, and the sum of the similarities to its neighbours.
    pub(super) fn sums<P: Point>(
        &self,
        graph: &SparseGraph,
        blocks: &Blocks,
        points: &[Vec<P>],
        forces: &Forces,
    ) -> Vec<(f32, f32)> {
        let sums = |row: usize| {
            let y = blocks.get(points, row);
            let (mut squares, mut total) = (0.0, 0.0);
            for (other, _) in graph.row(row) {
                let squared = y.squared_distance_to(blocks.get(points, other as usize));
                let near = forces.similarity(squared);
                squares += near * squared;
                total += near;
            }
            let mean: f32 = squares / total;
            ((EPSILON + f64::from(mean)).ln() as f32, total)
        };
        (0..self.n_rows).into_par_iter().map(sums).collect()
    }

    fn covariance(&self, radii: &[f32]) -> f64 {
        let products = radii.iter().zip(&self.wanted).filter(|(r, _)| !r.is_nan());
        let sum: f64 = products.map(|(&r, &w)| f64::from(r) * f64::from(w)).sum();
        sum / (self.n_rows.max(2) - 1) as f64
    }
}

/// Mean and variance of those that are numbers.
fn moments(values: &[f32]) -> (f64, f64) {
    let some = || values.iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v));
    let n = some().count().max(1) as f64;
    let mean = some().sum::<f64>() / n;
    let variance = some().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    (mean, variance)
}

/// What all points feel in one epoch.
pub(super) struct Pressures {
    pub(super) scale: f32,
    /// In blocks, as the points themselves.
    pub(super) of_points: Vec<Vec<Pressure>>,
}

/// What one point feels: how much the correlation of radii gains by its own, and what that takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pressure {
    /// Gain for its logarithmic radius, over the sum of its similarities.
    pub(super) pull: f32,
    pub(super) inverse_radius: f32,
}

impl Pressure {
    /// What its radius gains by the squared distance to a neighbour: `similarity` is the value there, `fall` minus the
    /// slope of its logarithm, `b` the curve's.
    #[inline(always)]
    pub(super) fn gain(&self, similarity: f32, fall: f32, b: f32) -> f32 {
        self.pull * similarity * ((1.0 - b * (1.0 - similarity)) * self.inverse_radius + fall)
    }
}

#[cfg(test)]
mod tests {
    use n2d_core::rng::SplitMix64;

    use super::*;
    use crate::umap::Curve;

    const N: usize = 30;
    const CURVE: Curve = Curve { a: 1.9, b: 0.8 };
    const OPTIONS: DensOptions = DensOptions {
        lambda: 2.0,
        frac: 0.3,
        var_shift: 0.1,
    };

    /// A ring with chords of different weights.
    fn graph() -> SparseGraph {
        let n = N as u32;
        let row = |i: u32| vec![((i + 1) % n, 1.0), ((i + 5) % n, 0.3 + (i % 4) as f32 / 8.0)];
        SparseGraph::from_rows((0..n).map(row).collect()).symmetrised(f32::max)
    }

    /// The correlation of radii that densMAP maximises, in double precision.
    fn correlation(graph: &SparseGraph, wanted: &[f32], points: &[[f64; 2]]) -> f64 {
        let (a, b) = (f64::from(CURVE.a), f64::from(CURVE.b));
        let log_radius = |row: usize| {
            let (mut squares, mut total) = (0.0, 0.0);
            for (other, _) in graph.row(row) {
                let [p, q] = [points[row], points[other as usize]];
                let squared = (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2);
                let near = 1.0 / (1.0 + a * squared.powf(b));
                squares += near * squared;
                total += near;
            }
            (EPSILON + squares / total).ln()
        };
        let radii: Vec<f64> = (0..N).map(log_radius).collect();
        let mean = radii.iter().sum::<f64>() / N as f64;
        let variance = radii.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / N as f64;
        let products = radii.iter().zip(wanted).map(|(r, w)| r * f64::from(*w));
        products.sum::<f64>() / N as f64 / (variance + f64::from(OPTIONS.var_shift)).sqrt()
    }

    /// What all edges of an epoch do to each point in the mean is the slope of the correlation, against central differences.
    #[test]
    fn forces_of_an_epoch_are_the_gradient_of_the_correlation() {
        let mut rng = SplitMix64::new(1, 0, 0);
        let mut draw = || rng.below(4000) as f32 / 1000.0;
        let points: Vec<[f32; 2]> = (0..N).map(|_| [draw(), draw()]).collect();
        let radii: Vec<f32> = (0..N).map(|_| draw()).collect();
        let (graph, blocks, forces) = (graph(), Blocks::new(N), Forces::new(CURVE, 1.0));
        let term = DensityTerm::new(&graph, &radii, OPTIONS);
        let split = blocks.split(|point| points[point]);
        let felt = term.pressures(&graph, &blocks, &split, &forces);
        let mut moved = vec![[0.0_f64; 2]; N];
        for row in 0..N {
            for (other, frequency) in graph.row(row) {
                let other = other as usize;
                let ends = [row, other].map(|point| *blocks.get(&felt.of_points, point));
                let squared = points[row].squared_distance_to(&points[other]);
                let factor = frequency * forces.density(squared, ends, felt.scale, frequency);
                for component in 0..2 {
                    let apart = points[row][component] - points[other][component];
                    moved[row][component] += f64::from(factor * apart);
                    moved[other][component] -= f64::from(factor * apart);
                }
            }
        }
        // In units of the weight that all edges have relative to one another.
        let scale = f64::from(OPTIONS.lambda) * term.relative_total;
        let exact: Vec<[f64; 2]> = points.iter().map(|p| p.map(f64::from)).collect();
        let mut largest = 0.0_f64;
        for point in 0..N {
            for component in 0..2 {
                let at = |shift: f64| {
                    let mut points = exact.clone();
                    points[point][component] += shift;
                    correlation(&graph, &term.wanted, &points)
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                let got = moved[point][component] / scale;
                // The covariance counts one point less than the variance does, as in umap-learn.
                assert!((got - slope).abs() < 1e-3, "point {point}: {got} is not {slope}");
                largest = largest.max(slope.abs());
            }
        }
        assert!(largest > 5e-2, "{largest}");
    }
}
