//! Spectral embedding, or Laplacian eigenmaps (Belkin and Niyogi 2003, Neural Computation 15(6)).

mod affinity;
mod config;
mod fitted;

use n2d_core::BoxError;
use n2d_core::check::Options;
use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Report, Samples, Stage, Termination};
use n2d_neighbors::{Neighbors, SparseGraph, laplacian_eigenvectors};
use ndarray::Array2;

use crate::numbers::{NO_MORE_DIRECTIONS, columns, fewer_directions, fewer_neighbors, fix_sign};
use crate::training::{Finding, TrainingRows};
pub use config::{Affinity, SpectralEmbeddingConfig};
pub use fitted::FittedSpectralEmbedding;
use fitted::HeldBy;

/// Products with the matrix at the most.
const MAX_PRODUCTS: usize = 10_000;

/// Spectral embedding: rows are placed by the smoothest functions on their neighbour graph, the eigenvectors of the smallest
/// non-zero eigenvalues of its normalised Laplacian, divided by the roots of the degrees.
///
/// Built from a [`SpectralEmbeddingConfig`]. Deterministic for a seed, from which the solver's first vector is drawn, whatever the
/// number of threads. Takes `O(n log n)` for the neighbours in few dimensions and `O(n (n_neighbors + n_components))` for each of
/// some hundred products with the Laplacian.
///
/// A neighbour graph in pieces has no such functions of its own: pieces are joined by their nearest rows, and the report says so. An
/// rbf affinity that vanishes between groups is [`ManifoldError::Vanishing`](crate::ManifoldError::Vanishing), one of too many
/// rows [`ManifoldError::TooManyRows`](crate::ManifoldError::TooManyRows). With fewer rows than components and one, the components
/// left over are zero, which the report says too; one row lies at the origin.
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples};
/// use n2d_manifold::SpectralEmbeddingConfig;
///
/// // Points on a line come out in their order.
/// let values: Vec<f32> = (0..30).map(|i| i as f32).collect();
/// let config = SpectralEmbeddingConfig { n_neighbors: 3, ..SpectralEmbeddingConfig::new(1) };
/// let fit = config.build()?.fit(Samples::from_rows(&values, 1)?, &mut FitContext::new(0))?;
/// let column = fit.model.embedding().column(0).to_vec();
/// assert!(column.is_sorted() || column.iter().rev().is_sorted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpectralEmbedding {
    config: SpectralEmbeddingConfig,
}

impl SpectralEmbedding {
    /// The rbf affinity of all pairs is kept for up to so many rows, in 8 bytes a pair.
    pub const MAX_RBF_SAMPLES: usize = 10_000;

    /// The options it was built from.
    pub fn config(&self) -> &SpectralEmbeddingConfig {
        &self.config
    }

    /// Fits with the nearest others of each row as they were found elsewhere: at least as many of each as are asked for, of
    /// which the nearest are taken, or all there are. New rows are compared by `metric` all the same.
    ///
    /// # Errors
    /// As `fit`, and [`FitError::Part`] for neighbours of other rows, or too few.
    pub fn fit_neighbors(
        &self,
        z: Samples<'_>,
        neighbors: &Neighbors,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedSpectralEmbedding>, FitError> {
        ctx.run_stage(Stage::Manifold, SpectralEmbeddingConfig::NAME, |ctx| {
            self.fit_checked(z, Some(neighbors), ctx)
        })
    }

    fn finding<'a>(&self, given: Option<&'a Neighbors>) -> Finding<'a> {
        Finding {
            part: SpectralEmbeddingConfig::NAME,
            search: self.config.search,
            given,
        }
    }

    fn fit_checked(
        &self,
        z: Samples<'_>,
        given: Option<&Neighbors>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedSpectralEmbedding>, FitError> {
        let (n, n_components) = (z.n_samples(), self.config.n_components);
        let training = TrainingRows::new(z, self.config.metric);
        let mut report = Report::new(SpectralEmbeddingConfig::NAME, Termination::ClosedForm);
        let held_by = self.held_by(z);
        if n == 1 {
            let model = FittedSpectralEmbedding {
                training,
                held_by,
                eigenvalues: vec![],
                embedding: Array2::zeros((1, n_components)),
            };
            let report = report.with_note("a single point: placed at the origin");
            return Ok(Fit { model, report });
        }
        let (graph, pieces) = match held_by {
            HeldBy::Nearest(k) => {
                let (found, note) = training.graph((k - 1).max(1), self.finding(given), ctx)?;
                report.notes.extend(note);
                affinity::nearest_neighbors(&training, &found, z, ctx)?
            }
            HeldBy::All { .. } if given.is_some() => return Err(not_by_neighbors()),
            HeldBy::All { gamma } => (affinity::rbf(gamma, z, ctx)?, None),
        };
        let found = laplacian_eigenvectors(&graph, n_components, self.config.eigen_tol, MAX_PRODUCTS, ctx)?;
        let fewer = match held_by {
            HeldBy::Nearest(k) => fewer_neighbors(self.config.n_neighbors, k),
            HeldBy::All { .. } => None,
        };
        let notes = [
            fewer,
            pieces,
            self.inexact(found.residual),
            fewer_directions(n_components, found.vectors.len(), NO_MORE_DIRECTIONS),
        ];
        report.notes.extend(notes.into_iter().flatten());
        let vectors = over_root_degrees(&graph, found.vectors);
        let model = FittedSpectralEmbedding {
            training,
            held_by,
            eigenvalues: found.values,
            embedding: columns(n, n_components, &vectors),
        };
        Ok(Fit { model, report })
    }

    fn held_by(&self, z: Samples<'_>) -> HeldBy {
        match self.config.affinity {
            Affinity::NearestNeighbors => HeldBy::Nearest(self.config.n_neighbors.min(z.n_samples())),
            Affinity::Rbf => HeldBy::All {
                gamma: self.config.gamma.unwrap_or(1.0 / z.n_features() as f64),
            },
        }
    }

    fn inexact(&self, residual: f64) -> Option<String> {
        (residual > self.config.eigen_tol).then(|| {
            format!("the eigenvectors are inexact: residual {residual:.1e} after {MAX_PRODUCTS} products")
        })
    }
}

/// Neighbours that are given would be ignored in silence.
fn not_by_neighbors() -> FitError {
    let name = SpectralEmbeddingConfig::NAME;
    let allowed = "left out with affinity = rbf, which does not use them";
    FitError::Part {
        part: name.to_owned(),
        source: BoxError::from(Options::of(name).refuse("neighbors", allowed, "some")),
    }
}

/// The eigenvectors of the random walk on the graph from those of the symmetric Laplacian.
fn over_root_degrees(graph: &SparseGraph, mut vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let degrees = graph.degrees();
    for vector in &mut vectors {
        vector
            .iter_mut()
            .zip(&degrees)
            .for_each(|(v, degree)| *v /= degree.sqrt());
        fix_sign(vector);
    }
    vectors
}

impl Manifold for SpectralEmbedding {
    type Fitted = FittedSpectralEmbedding;

    fn fit(
        &self,
        z: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedSpectralEmbedding>, FitError> {
        ctx.run_stage(Stage::Manifold, SpectralEmbeddingConfig::NAME, |ctx| {
            self.fit_checked(z, None, ctx)
        })
    }
}
