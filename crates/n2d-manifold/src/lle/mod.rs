//! Locally linear embedding (Roweis and Saul 2000, Science 290), standard and modified.
//!
//! The way through the code is that of the data: nearest neighbours (`n2d-neighbors`), how each row is made of them (`weights`,
//! `blocks`), places that are made alike (`solve`), new points (`fitted`).

mod blocks;
mod config;
mod fitted;
mod solve;
mod weights;

use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Report, Samples, Stage, Termination};
use n2d_neighbors::{Metric, Neighbors, SparseGraph};
use ndarray::Array2;

use crate::numbers::{NO_MORE_DIRECTIONS, columns, fewer_directions, fewer_neighbors};
use crate::pieces;
use crate::training::{Finding, TrainingRows};
pub use config::{LocallyLinearEmbeddingConfig, Method};
pub use fitted::FittedLocallyLinearEmbedding;
use solve::Sparse;

/// Locally linear embedding: places that are made of one another as the rows are made of their neighbours.
///
/// Built from a [`LocallyLinearEmbeddingConfig`]. Deterministic for a seed, from which the solver's first vector is drawn, whatever
/// the number of threads. The objective reported is scikit-learn's reconstruction error, the sum of the eigenvalues.
///
/// The eigenvectors come from a sparse factor of an `n` by `n` matrix. How large that is depends on the data: near `n log n` for
/// rows on a surface, up to half of `n^2` where the manifold has many dimensions. More than
/// [`LocallyLinearEmbedding::MAX_FACTOR`] entries are [`ManifoldError::FactorTooLarge`](crate::ManifoldError::FactorTooLarge). The
/// factorisation itself runs on one thread and can't be interrupted.
///
/// A neighbour graph in pieces is joined: the nearest rows of each two become neighbours besides, and the report says so. Components
/// that are left over for want of rows are zero, which it says too; one row lies at the origin.
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples};
/// use n2d_manifold::LocallyLinearEmbeddingConfig;
///
/// // Points on an arc come out in their order.
/// let values: Vec<f32> = (0..40).flat_map(|i| { let a = i as f32 * 0.05; [a.cos(), a.sin()] }).collect();
/// let fit = LocallyLinearEmbeddingConfig::new(1).build()?.fit(Samples::from_rows(&values, 2)?, &mut FitContext::new(0))?;
/// let column = fit.model.embedding().column(0).to_vec();
/// assert!(column.is_sorted() || column.iter().rev().is_sorted());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LocallyLinearEmbedding {
    config: LocallyLinearEmbeddingConfig,
}

impl LocallyLinearEmbedding {
    /// Most entries of the factor, of 8 bytes each.
    pub const MAX_FACTOR: usize = 150_000_000;

    /// The options it was built from.
    pub fn config(&self) -> &LocallyLinearEmbeddingConfig {
        &self.config
    }

    /// Fits with the nearest others of each row as they were found elsewhere: at least as many of each as are asked for, of
    /// which the nearest are taken, or all there are. New rows are compared by euclidean distances all the same.
    ///
    /// # Errors
    /// As `fit`, and [`FitError::Part`] for neighbours of other rows, or too few.
    pub fn fit_neighbors(
        &self,
        z: Samples<'_>,
        neighbors: &Neighbors,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedLocallyLinearEmbedding>, FitError> {
        ctx.run_stage(Stage::Manifold, LocallyLinearEmbeddingConfig::NAME, |ctx| {
            self.fit_checked(z, Some(neighbors), ctx)
        })
    }

    fn finding<'a>(&self, given: Option<&'a Neighbors>) -> Finding<'a> {
        Finding {
            part: LocallyLinearEmbeddingConfig::NAME,
            search: self.config.search,
            given,
        }
    }

    fn fit_checked(
        &self,
        z: Samples<'_>,
        given: Option<&Neighbors>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedLocallyLinearEmbedding>, FitError> {
        let (n, n_components) = (z.n_samples(), self.config.n_components);
        let training = TrainingRows::new(z, Metric::Euclidean);
        let n_neighbors = self.config.n_neighbors.min(n - 1);
        let mut report = Report::new(LocallyLinearEmbeddingConfig::NAME, Termination::ClosedForm);
        let embedding = if n == 1 {
            report.notes.push("a single point: placed at the origin".into());
            Array2::zeros((1, n_components))
        } else {
            let (found, note) = training.graph(n_neighbors, self.finding(given), ctx)?;
            report.notes.extend(note);
            let (neighbors, joined) = neighbors(z, &found, ctx)?;
            let blocks = blocks::blocks(&self.config, &training, &neighbors, ctx)?;
            let found = Sparse::sum(&neighbors, blocks).smallest(n_components, ctx)?;
            ctx.check_cancelled()?;
            let notes = [
                fewer_neighbors(self.config.n_neighbors, n_neighbors),
                joined,
                found.note,
                fewer_directions(n_components, found.vectors.len(), NO_MORE_DIRECTIONS),
            ];
            report.notes.extend(notes.into_iter().flatten());
            report = report.with_objective("reconstruction error", found.values.iter().sum());
            columns(n, n_components, &found.vectors)
        };
        let model = FittedLocallyLinearEmbedding {
            training,
            n_neighbors,
            reg: self.config.reg,
            embedding,
        };
        Ok(Fit { model, report })
    }
}

/// The neighbours of each row, with those by which pieces are joined; and the note that says so.
fn neighbors(
    z: Samples<'_>,
    found: &Neighbors,
    ctx: &mut FitContext<'_>,
) -> Result<(Vec<Vec<u32>>, Option<String>), FitError> {
    let n = found.n_rows();
    let mut neighbors: Vec<Vec<u32>> = (0..n).map(|row| found.indices(row).to_vec()).collect();
    let row = |row: usize| found.indices(row).iter().map(|&other| (other, 1.0)).collect();
    let graph = SparseGraph::from_rows((0..n).map(row).collect()).symmetrised(f32::max);
    let piece_of = graph.components();
    for [a, b] in pieces::links(z, Metric::Euclidean, &piece_of, ctx)?
        .iter()
        .map(|link| link.rows)
    {
        neighbors[a as usize].push(b);
        neighbors[b as usize].push(a);
    }
    Ok((neighbors, pieces::note(pieces::n_pieces(&piece_of))))
}

impl Manifold for LocallyLinearEmbedding {
    type Fitted = FittedLocallyLinearEmbedding;

    fn fit(
        &self,
        z: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedLocallyLinearEmbedding>, FitError> {
        let name = LocallyLinearEmbeddingConfig::NAME;
        ctx.run_stage(Stage::Manifold, name, |ctx| self.fit_checked(z, None, ctx))
    }
}
