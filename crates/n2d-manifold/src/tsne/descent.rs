//! The layout, by gradient descent with momentum and a step length of its own for each value.

use n2d_core::{CancelToken, Control, FitContext, FitError, PartConfig, Progress, Termination};
use rayon::prelude::*;

use super::affinity::Affinities;
use super::config::TsneConfig;
use super::pull::{ROWS, attraction, divergence};
use super::repulsion::Repulsion;

/// Iterations between two looks at the divergence (scikit-learn's value).
const LOOK: usize = 50;
/// Momentum while attraction is exaggerated, and later (van der Maaten's values).
const MOMENTUM: [f32; 2] = [0.5, 0.8];
/// A step length grows by this where a value goes on in its direction, shrinks by that factor where it turns, and has a least
/// (Jacobs 1988; van der Maaten's values).
const GROWTH: f32 = 0.2;
const SHRINKAGE: f32 = 0.8;
const LEAST_GAIN: f32 = 0.01;

/// Everything that moves.
pub(super) struct Descent<'a> {
    config: &'a TsneConfig,
    affinities: &'a Affinities,
    repulsion: Repulsion,
    pub(super) y: Vec<f32>,
    d: usize,
    step_length: f32,
    pub(super) history: Vec<f64>,
}

/// How a descent ended.
pub(super) struct Ended {
    pub(super) termination: Termination,
    pub(super) n_iter: usize,
    /// The divergence reached, without exaggeration.
    pub(super) divergence: f64,
}

/// Gradient and the sum of similarities; kept between iterations.
struct Forces {
    gradient: Vec<f32>,
    repulsion: Vec<f32>,
    z: f64,
}

impl<'a> Descent<'a> {
    pub(super) fn new(config: &'a TsneConfig, affinities: &'a Affinities, y: Vec<f32>) -> Self {
        let d = config.n_components;
        let n = y.len() / d;
        Self {
            config,
            affinities,
            repulsion: Repulsion::new(config, n),
            y,
            d,
            step_length: config.step_length(n) as f32,
            history: Vec::new(),
        }
    }

    /// First with exaggerated attraction, then without.
    pub(super) fn run(&mut self, ctx: &mut FitContext<'_>) -> Result<Ended, FitError> {
        let early = self.config.early_exaggeration_iter.min(self.config.max_iter);
        let mut forces = Forces {
            gradient: vec![0.0; self.y.len()],
            repulsion: vec![0.0; self.y.len()],
            z: 0.0,
        };
        let exaggeration = self.config.early_exaggeration as f32;
        let mut ended = self.phase(0..early, exaggeration, MOMENTUM[0], None, &mut forces, ctx)?;
        // Exaggerated, groups that are drawn together have little gradient left: that ends this phase alone.
        let goes_on = matches!(ended.0, Termination::Completed | Termination::Converged);
        if goes_on && early < self.config.max_iter {
            let (exaggeration, patience) = (
                self.config.exaggeration as f32,
                self.config.n_iter_without_progress,
            );
            let range = early..self.config.max_iter;
            ended = self.phase(range, exaggeration, MOMENTUM[1], Some(patience), &mut forces, ctx)?;
        }
        // The last step has moved the points.
        self.forces(1.0, &mut forces, &ctx.cancel_token());
        ctx.check_cancelled()?;
        let divergence = divergence(self.affinities, &self.y, self.d, forces.z);
        Ok(Ended {
            termination: ended.0,
            n_iter: ended.1,
            divergence,
        })
    }

    fn phase(
        &mut self,
        iterations: std::ops::Range<usize>,
        exaggeration: f32,
        momentum: f32,
        patience: Option<usize>,
        forces: &mut Forces,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Termination, usize), FitError> {
        let (mut velocity, mut gains) = (vec![0.0; self.y.len()], vec![1.0; self.y.len()]);
        let mut best = (f64::INFINITY, iterations.start);
        for iteration in iterations.clone() {
            self.forces(exaggeration, forces, &ctx.cancel_token());
            let control = ctx.step(Progress::new("layout", iteration + 1, self.config.max_iter))?;
            let look = (iteration + 1).is_multiple_of(LOOK);
            if look {
                let divergence = divergence(self.affinities, &self.y, self.d, forces.z);
                self.history.push(divergence);
                if divergence < best.0 {
                    best = (divergence, iteration);
                }
            }
            let norm = self.step(momentum, &forces.gradient, &mut velocity, &mut gains);
            check_finite(norm, iteration)?;
            let done = iteration + 1;
            if control == Control::Stop {
                return Ok((Termination::Stopped, done));
            }
            if look && norm <= self.config.min_grad_norm {
                return Ok((Termination::Converged, done));
            }
            if look && patience.is_some_and(|patience| iteration - best.1 > patience) {
                return Ok((Termination::EarlyStopping, done));
            }
        }
        Ok((Termination::Completed, iterations.end))
    }

    /// The gradient of the divergence with such exaggeration.
    fn forces(&mut self, exaggeration: f32, forces: &mut Forces, token: &CancelToken) {
        attraction(self.affinities, &self.y, self.d, &mut forces.gradient);
        let z = self
            .repulsion
            .compute(&self.y, self.d, &mut forces.repulsion, token);
        // Where all points are infinitely far apart, there is no repulsion to divide.
        forces.z = z.max(f64::MIN_POSITIVE);
        let share = (4.0 / forces.z) as f32;
        let pairs = forces
            .gradient
            .par_chunks_mut(ROWS * self.d)
            .zip(forces.repulsion.par_chunks(ROWS * self.d));
        pairs.for_each(|(gradient, repulsion)| {
            for (gradient, repulsion) in gradient.iter_mut().zip(repulsion) {
                *gradient = 4.0 * exaggeration * *gradient - share * repulsion;
            }
        });
    }

    /// Moves the points, and gives the length of the gradient with the gains in it, as scikit-learn has it.
    fn step(&mut self, momentum: f32, gradient: &[f32], velocity: &mut [f32], gains: &mut [f32]) -> f64 {
        let step_length = self.step_length;
        let size = ROWS * self.d;
        let moved = self.y.par_chunks_mut(size).zip(velocity.par_chunks_mut(size));
        let by = gains.par_chunks_mut(size).zip(gradient.par_chunks(size));
        let of_task =
            |((y, velocity), (gains, gradient)): ((&mut [f32], &mut [f32]), (&mut [f32], &[f32]))| {
                let mut squares = 0.0;
                let values = y.iter_mut().zip(velocity).zip(gains.iter_mut().zip(gradient));
                for ((y, velocity), (gain, &gradient)) in values {
                    let onwards = *velocity * gradient < 0.0;
                    let changed = if onwards {
                        *gain + GROWTH
                    } else {
                        *gain * SHRINKAGE
                    };
                    *gain = changed.max(LEAST_GAIN);
                    let gradient = gradient * *gain;
                    *velocity = momentum * *velocity - step_length * gradient;
                    *y += *velocity;
                    squares += f64::from(gradient) * f64::from(gradient) + 0.0 * f64::from(*y);
                }
                squares
            };
        let squares: Vec<f64> = moved.zip(by).map(of_task).collect();
        squares.iter().sum::<f64>().sqrt()
    }
}

#[cfg(test)]
impl Descent<'_> {
    /// Without exaggeration, where the points are.
    pub(super) fn gradient_and_divergence(&mut self) -> (Vec<f32>, f64) {
        let zeros = || vec![0.0; self.y.len()];
        let mut forces = Forces {
            gradient: zeros(),
            repulsion: zeros(),
            z: 0.0,
        };
        self.forces(1.0, &mut forces, &CancelToken::new());
        let divergence = divergence(self.affinities, &self.y, self.d, forces.z);
        (forces.gradient, divergence)
    }
}

/// The sum of squares has a share of every position, zero times, so that it tells of any that is not finite.
fn check_finite(norm: f64, iteration: usize) -> Result<(), FitError> {
    if norm.is_finite() {
        return Ok(());
    }
    Err(FitError::Diverged {
        part: TsneConfig::NAME.to_owned(),
        objective: "gradient's length",
        value: norm,
        unit: "iteration",
        step: iteration as u64 + 1,
        advice: "lower learning_rate or early_exaggeration".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tsne::config::Method;
    use n2d_core::Samples;
    use n2d_core::rng::SplitMix64;
    use n2d_neighbors::{NeighborIndex, NeighborSearch};

    /// The exact gradient against differences of the divergence, which the tests compute by definition.
    #[test]
    fn forces_are_gradients() {
        let (n, k) = (40, 12);
        let mut rng = SplitMix64::new(3, 0, 0);
        let mut uniform = || rng.below(1 << 20) as f32 / (1 << 19) as f32 - 1.0;
        let values: Vec<f32> = (0..n * 4).map(|_| uniform()).collect();
        let x = Samples::from_rows(&values, 4).unwrap();
        let index = NeighborIndex::new(x, NeighborSearch::Auto);
        let neighbors = index.graph(x, k, &mut FitContext::new(0)).unwrap();
        let affinities = Affinities::of(&neighbors, 4.0);
        assert!((affinities.total - 1.0).abs() < 1e-6);
        for d in [1, 2, 3, 5] {
            let config = TsneConfig {
                method: Method::Exact,
                ..TsneConfig::new(d)
            };
            let y: Vec<f32> = (0..n * d).map(|_| 3.0 * uniform()).collect();
            let (gradient, reached) = Descent::new(&config, &affinities, y.clone()).gradient_and_divergence();
            for (at, &gradient) in gradient.iter().enumerate() {
                let moved = |by: f64| {
                    let mut y: Vec<f64> = y.iter().map(|&v| v.into()).collect();
                    y[at] += by;
                    by_definition(&affinities, &y, d)
                };
                let slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
                assert!(
                    (f64::from(gradient) - slope).abs() < 1e-6,
                    "{d}, {at}: {gradient} {slope}"
                );
            }
            let wide: Vec<f64> = y.iter().map(|&v| v.into()).collect();
            let expected = by_definition(&affinities, &wide, d);
            assert!((reached - expected).abs() < 1e-5);
        }
    }

    fn by_definition(affinities: &Affinities, y: &[f64], d: usize) -> f64 {
        let n = y.len() / d;
        let w = |i: usize, j: usize| {
            let apart = (0..d).map(|k| y[i * d + k] - y[j * d + k]);
            1.0 / (1.0 + apart.map(|v| v * v).sum::<f64>())
        };
        let pairs = (0..n)
            .flat_map(|i| (0..n).map(move |j| (i, j)))
            .filter(|(i, j)| i != j);
        let z: f64 = pairs.map(|(i, j)| w(i, j)).sum();
        let row = |i: usize| -> f64 {
            let (columns, weights) = affinities.row(i);
            let term = |(&j, &p): (&u32, &f32)| f64::from(p) * (f64::from(p) / (w(i, j as usize) / z)).ln();
            columns.iter().zip(weights).map(term).sum()
        };
        (0..n).map(row).sum()
    }
}
