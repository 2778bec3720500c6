use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::TsneConfig;
use super::affinity::conditional;
use super::exact::Points;
use super::tree::Tree;
use crate::training::TrainingRows;

/// openTSNE's values for placing new points: perplexity, neighbours for the start, iterations, step length, exaggeration, momentum
/// and the greatest length of a gradient.
const PERPLEXITY: f64 = 5.0;
const START_NEIGHBORS: usize = 25;
const N_ITER: usize = 250;
const STEP_LENGTH: f32 = 0.1;
const EXAGGERATION: f32 = 1.5;
const MOMENTUM: f32 = 0.8;
const MAX_GRADIENT: f32 = 0.25;

/// A fitted [`Tsne`](super::Tsne): the embedding of its training rows, and what placing new rows needs.
#[derive(Debug, Clone)]
pub struct FittedTsne {
    training: TrainingRows,
    embedding: Array2<f32>,
    field: Field,
    angle: f64,
}

/// The training points as those that repel.
#[derive(Debug, Clone)]
enum Field {
    Line(Tree<1>),
    Plane(Tree<2>),
    Space(Tree<3>),
    All(Points),
}

impl Field {
    fn new(y: &[f32], d: usize, exact: bool) -> Self {
        match d {
            _ if exact => Self::All(Points::new(y, d)),
            1 => Self::Line(Tree::new(y.as_chunks().0)),
            2 => Self::Plane(Tree::new(y.as_chunks().0)),
            _ => Self::Space(Tree::new(y.as_chunks().0)),
        }
    }

    /// `sum of w^2 (y - y_j)`, and the sum of `w`.
    fn push(&self, y: &[f32], squared_angle: f32, out: &mut [f32]) -> f64 {
        match self {
            Self::Line(tree) => push(tree, y, squared_angle, out),
            Self::Plane(tree) => push(tree, y, squared_angle, out),
            Self::Space(tree) => push(tree, y, squared_angle, out),
            Self::All(points) => points.push(y, out),
        }
    }
}

fn push<const D: usize>(tree: &Tree<D>, y: &[f32], squared_angle: f32, out: &mut [f32]) -> f64 {
    let (force, z) = tree.push(y.first_chunk().expect("D components"), squared_angle);
    out.copy_from_slice(&force);
    z
}

impl FittedTsne {
    pub(super) fn new(training: TrainingRows, embedding: Array2<f32>, angle: f64) -> Self {
        let (n, d) = embedding.dim();
        let y = embedding
            .as_slice()
            .expect("row-major: made from a vector of rows");
        let field = Field::new(y, d, d > 3 || n <= START_NEIGHBORS);
        Self {
            field,
            training,
            embedding,
            angle,
        }
    }

    /// Starts at the median of the nearest, then settles among the training points, which stand still.
    fn place(&self, indices: &[u32], distances: &[f32], y: &mut [f32]) {
        let d = y.len();
        for (component, y) in y.iter_mut().enumerate() {
            let of = |&row: &u32| self.embedding[[row as usize, component]];
            *y = median(indices.iter().map(of).collect());
        }
        let n_minded = ((3.0 * PERPLEXITY) as usize).min(indices.len());
        let perplexity = PERPLEXITY.min(n_minded as f64 / 3.0).max(1.0);
        let minded: Vec<(u32, f32)> = indices
            .iter()
            .copied()
            .zip(conditional(&distances[..n_minded], perplexity))
            .collect();
        let (mut velocity, mut gains, mut gradient) = (vec![0.0; d], vec![1.0; d], vec![0.0; d]);
        for _ in 0..N_ITER {
            self.gradient(&minded, y, &mut gradient);
            for k in 0..d {
                let onwards = velocity[k] * gradient[k] < 0.0;
                gains[k] = if onwards {
                    gains[k] + 0.2
                } else {
                    0.8_f32 * gains[k]
                }
                .max(0.01);
                velocity[k] = MOMENTUM * velocity[k] - STEP_LENGTH * gains[k] * gradient[k];
                y[k] += velocity[k];
            }
        }
    }

    /// The similarities of the row with the training rows, as shares of their sum, against the probabilities of its neighbours.
    fn gradient(&self, minded: &[(u32, f32)], y: &[f32], out: &mut [f32]) {
        let squared_angle = (self.angle * self.angle) as f32;
        let z = self.field.push(y, squared_angle, out);
        let share = (1.0 / z.max(f64::MIN_POSITIVE)) as f32;
        out.iter_mut().for_each(|v| *v *= -share.min(f32::MAX));
        for &(row, p) in minded {
            let other = self.embedding.row(row as usize);
            let squared: f32 = y.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
            let factor = EXAGGERATION * p / (1.0 + squared);
            for (out, (a, b)) in out.iter_mut().zip(y.iter().zip(other)) {
                *out += factor * (a - b);
            }
        }
        let length = out.iter().map(|v| v * v).sum::<f32>().sqrt();
        if length > MAX_GRADIENT {
            out.iter_mut().for_each(|v| *v *= MAX_GRADIENT / length);
        }
    }
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        0.5 * (values[half - 1] + values[half])
    }
}

impl FittedManifold for FittedTsne {
    fn name(&self) -> &str {
        TsneConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.training.n_features()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedTsne {
    const KIND: &'static str = TsneConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("angle", &self.angle);
        state.put_matrix("embedding", self.embedding.view());
        self.training.save(state);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let embedding: Array2<f32> = state.finite_matrix("embedding")?;
        let angle: f64 = state.get("angle")?;
        state.expect("angle", "between 0 and 1", (0.0..=1.0).contains(&angle))?;
        Ok(Self::new(
            TrainingRows::load(state, embedding.nrows())?,
            embedding,
            angle,
        ))
    }
}

impl Transform for FittedTsne {
    /// Each row by 250 steps of gradient descent from the median of its 25 nearest, attracted by its 15 nearest (perplexity 5) and
    /// repelled by all training rows, which stand still; each with a divergence of its own. The settings are openTSNE's.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(TsneConfig::NAME, self.n_features(), z)?;
        let neighbors = self
            .training
            .query(z, START_NEIGHBORS.min(self.embedding.nrows()))?;
        let d = self.n_components();
        let mut placed = vec![0.0; z.n_samples() * d];
        placed
            .par_chunks_mut(d)
            .enumerate()
            .for_each(|(row, y)| self.place(neighbors.indices(row), neighbors.distances(row), y));
        Ok(Array2::from_shape_vec((z.n_samples(), d), placed).expect("n_components values a row"))
    }
}
