//! t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008, JMLR 9).
//!
//! The way through the code is that of the data: nearest neighbours (`n2d-neighbors`), how much each counts (`affinity`), where
//! the layout starts (`start`), the layout (`descent`) by attraction (`pull`) and repulsion (`repulsion`: of all pairs in `exact`,
//! of cells in `tree`, on a grid in `grid` with its `convolution`), new points (`fitted`).

mod affinity;
mod config;
mod convolution;
mod descent;
mod exact;
mod fitted;
mod grid;
mod pull;
#[cfg(test)]
mod reference;
mod repulsion;
mod start;
mod tree;

use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Report, Samples, Stage, Termination};
use n2d_neighbors::Neighbors;
use ndarray::Array2;

use crate::training::{Finding, TrainingRows};
use affinity::Affinities;
pub use config::{Init, Method, TsneConfig};
use descent::Descent;
pub use fitted::FittedTsne;

/// t-SNE: lays points out so that those who mind one another are near, and all others apart.
///
/// Built from a [`TsneConfig`]. Deterministic for a seed, whatever the number of threads, and parallel in every phase:
/// `neighbours`, then `layout`. Takes `O(n log n)` for the neighbours in few dimensions (`O(n^2)` products in many) and `O(n
/// perplexity)` for the attraction in each iteration, besides the repulsion, whose cost is that of the [`Method`]. The
/// report's objective is the Kullback-Leibler divergence, without exaggeration; its history has that of every fiftieth iteration.
///
/// The data's size has no say. One row lies at the origin. A layout that is no longer finite (a huge `learning_rate`) is
/// [`FitError::Diverged`].
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples, Transform};
/// use n2d_manifold::TsneConfig;
///
/// // Two groups of points on a line.
/// let values: Vec<f32> = (0..60).map(|i| (i % 30) as f32 * 0.1 + (i / 30) as f32 * 100.0).collect();
/// let x = Samples::from_rows(&values, 1)?;
/// let tsne = TsneConfig { perplexity: 8.0, ..TsneConfig::new(2) }.build()?;
/// let fit = tsne.fit(x, &mut FitContext::new(42))?;
/// assert_eq!(fit.model.embedding().dim(), (60, 2));
/// assert!(fit.report.objective.is_some_and(|(name, value)| name == "KL divergence" && value < 0.5));
/// let placed = fit.model.transform(Samples::from_rows(&[0.25, 101.0], 1)?)?;
/// assert_eq!(placed.dim(), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tsne {
    config: TsneConfig,
}

impl Tsne {
    /// Up to so many rows, [`Method::Auto`] computes the repulsion of all pairs: that is as fast.
    pub const MAX_EXACT: usize = 4000;

    /// The options it was built from.
    pub fn config(&self) -> &TsneConfig {
        &self.config
    }

    /// Fits with the nearest others of each row as they were found elsewhere: three times the perplexity of each and one more, of
    /// which the nearest are taken, or all there are. New rows are compared by `metric` all the same.
    ///
    /// # Errors
    /// As `fit`, and [`FitError::Part`] for neighbours of other rows, or too few.
    pub fn fit_neighbors(
        &self,
        z: Samples<'_>,
        neighbors: &Neighbors,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedTsne>, FitError> {
        ctx.run_stage(Stage::Manifold, TsneConfig::NAME, |ctx| {
            self.fit_checked(z, Some(neighbors), ctx)
        })
    }

    fn finding<'a>(&self, given: Option<&'a Neighbors>) -> Finding<'a> {
        Finding {
            part: TsneConfig::NAME,
            search: self.config.search,
            given,
        }
    }

    fn fit_checked(
        &self,
        z: Samples<'_>,
        given: Option<&Neighbors>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedTsne>, FitError> {
        let (n, d) = (z.n_samples(), self.config.n_components);
        let training = TrainingRows::new(z, self.config.metric);
        if n == 1 {
            let report = Report::new(TsneConfig::NAME, Termination::ClosedForm);
            return Ok(Fit {
                model: FittedTsne::new(training, Array2::zeros((1, d)), self.config.angle),
                report: report.with_note("a single point: placed at the origin"),
            });
        }
        let (perplexity, note) = self.perplexity(n);
        let k = (n - 1).min((3.0 * perplexity) as usize + 1);
        let (neighbors, search_note) = training.graph(k, self.finding(given), ctx)?;
        let affinities = Affinities::of(&neighbors, perplexity);
        let (start, start_note) = start::start(&self.config, z, ctx)?;
        let mut descent = Descent::new(&self.config, &affinities, start);
        let ended = descent.run(ctx)?;
        let mut report = Report::new(TsneConfig::NAME, ended.termination)
            .with_n_iter(ended.n_iter)
            .with_objective("KL divergence", ended.divergence)
            .with_history(descent.history);
        let notes = [note, search_note, start_note, self.unfinished()];
        report.notes.extend(notes.into_iter().flatten());
        let embedding = Array2::from_shape_vec((n, d), descent.y).expect("n_components values a row");
        let model = FittedTsne::new(training, embedding, self.config.angle);
        Ok(Fit { model, report })
    }

    /// What to say where all rounds exaggerate the attraction.
    fn unfinished(&self) -> Option<String> {
        let (early, all) = (self.config.early_exaggeration_iter, self.config.max_iter);
        (self.config.early_exaggeration > 1.0 && all <= early).then(|| {
            format!(
                "max_iter = {all} is not above early_exaggeration_iter = {early}: groups are drawn together, as they are before the layout proper"
            )
        })
    }

    /// The perplexity that so many rows can have, and what to say if that is another.
    fn perplexity(&self, n: usize) -> (f64, Option<String>) {
        let (asked, others) = (self.config.perplexity, (n - 1) as f64);
        if asked < others {
            return (asked, None);
        }
        let perplexity = (others / 3.0).max(1.0);
        let note = format!("perplexity = {perplexity:.3} instead of {asked}: there are only {n} rows");
        (perplexity, Some(note))
    }
}

impl Manifold for Tsne {
    type Fitted = FittedTsne;

    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedTsne>, FitError> {
        ctx.run_stage(Stage::Manifold, TsneConfig::NAME, |ctx| {
            self.fit_checked(z, None, ctx)
        })
    }
}
