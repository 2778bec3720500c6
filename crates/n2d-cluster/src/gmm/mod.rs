//! Gaussian mixtures: the part, its beginnings and restarts.

mod config;
mod density;
mod em;
mod fitted;
mod moments;
mod parameters;

use n2d_core::check::enough_samples;
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{
    Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Progress, Report, Samples, Stage,
    Termination,
};

use crate::error::{Collapsed, StartError, part_error};
use crate::kmeans::{KMeans, Scaled, Telling, nearest, plus_plus, random_rows};
pub use config::{GaussianMixtureConfig, MixtureInit};
use density::Density;
use em::{Em, Failure, Run};
pub use fitted::FittedGaussianMixture;
use parameters::Components;
pub use parameters::MixtureParameters;

/// A mixture of normal distributions, each with a covariance of its own, fitted by expectation-maximisation (Dempster,
/// Laird and Rubin 1977).
///
/// All in double precision; densities only as logarithms; differences from the means are taken before anything is
/// multiplied, so data far from the origin lose no digits. An iteration takes `O(n_samples n_clusters n_features^2)`, and the
/// fit `8 n_samples n_clusters` bytes and a copy of the data.
///
/// Rows that are equal, constant columns and fewer different rows than components are no errors: `reg_covar` keeps every
/// component's covariance positive definite, and a component without rows stays where it began with a weight near 0. With
/// `reg_covar = 0`, or one too small for the numbers of the data, a component may collapse: that beginning is left out,
/// and if all are, the fit fails with a [`Collapsed`].
///
/// ```
/// use n2d_cluster::GaussianMixtureConfig;
/// use n2d_core::{Clusterer, FitContext, PartConfig, PredictProba, Samples};
///
/// let y = Samples::from_rows(&[0.0, 0.5, 1.0, 7.0, 8.0, 9.0], 1)?;
/// let fit = GaussianMixtureConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?;
/// let between = Samples::from_rows(&[3.0], 1)?;
/// let proba = fit.model.predict_proba(between)?;
/// assert!((proba.sum() - 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct GaussianMixture {
    config: GaussianMixtureConfig,
    /// For [`MixtureInit::KMeans`].
    kmeans: KMeans,
}

impl GaussianMixture {
    /// The options it was built from.
    pub fn config(&self) -> &GaussianMixtureConfig {
        &self.config
    }

    /// A fit from given parameters, such as those of an earlier one; `init` and `n_init` play no role.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`StartError`] for parameters that do not fit the data.
    pub fn fit_from(
        &self,
        y: Samples<'_>,
        start: &MixtureParameters,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedGaussianMixture>, FitError> {
        ctx.run_stage(Stage::Clusterer, GaussianMixtureConfig::NAME, |ctx| {
            self.enough(y)?;
            let components = self.checked(start, y.n_features()).map_err(refused)?;
            let mut em = Em::new(y, &self.config);
            match self.climb(&mut em, components, (0, 1), ctx) {
                Ok(run) => Ok(finish(y, run, None)),
                Err(Failure::Collapsed(component)) => Err(self.collapsed(component)),
                Err(Failure::Fatal(error)) => Err(error),
            }
        })
    }

    fn checked(&self, start: &MixtureParameters, n_features: usize) -> Result<Components, StartError> {
        start.check(self.config.n_clusters, n_features)?;
        let components = Components::from(start);
        match Density::new(&components) {
            Ok(_) => Ok(components),
            Err(component) => Err(StartError::Covariance { component }),
        }
    }

    fn enough(&self, y: Samples<'_>) -> Result<(), FitError> {
        let what = format!("n_clusters = {}", self.config.n_clusters);
        enough_samples(GaussianMixtureConfig::NAME, &what, self.config.n_clusters, y)
    }

    /// The best of `n_init` runs, with a note of those that collapsed.
    fn best_run(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<(Run, Option<String>), FitError> {
        let scaled = Scaled::new(y);
        let mut em = Em::new(y, &self.config);
        let mut best = None::<Run>;
        let mut collapsed = Vec::new();
        for at in 0..self.config.n_init {
            let run = match self.attempt(&scaled, &mut em, at, ctx) {
                Ok(run) => run,
                Err(Failure::Collapsed(component)) => {
                    collapsed.push(component);
                    continue;
                }
                Err(Failure::Fatal(error)) => return Err(error),
            };
            let stopped = run.termination == Termination::Stopped;
            let reached = best.as_ref().map_or(f64::NEG_INFINITY, Run::log_likelihood);
            if best.is_none() || run.log_likelihood() > reached {
                best = Some(run);
            }
            if stopped {
                break;
            }
        }
        match best {
            Some(run) => Ok((run, self.note_on(&collapsed))),
            None => Err(self.collapsed(collapsed[0])),
        }
    }

    fn note_on(&self, collapsed: &[usize]) -> Option<String> {
        let (n_collapsed, n_runs) = (collapsed.len(), self.config.n_init);
        let note = format!("{n_collapsed} of {n_runs} beginnings collapsed and were left out");
        (n_collapsed > 0).then_some(note)
    }

    /// Run number `at`, from a beginning of its own.
    fn attempt(
        &self,
        scaled: &Scaled,
        em: &mut Em<'_, '_>,
        at: usize,
        ctx: &mut FitContext<'_>,
    ) -> Result<Run, Failure> {
        let mut rng = ctx.rng(GaussianMixtureConfig::NAME, at as u64);
        let components = self.begin(scaled, em, &mut rng, ctx)?;
        self.climb(em, components, (at, self.config.n_init), ctx)
    }

    /// The components that one run begins with.
    fn begin(
        &self,
        scaled: &Scaled,
        em: &mut Em<'_, '_>,
        rng: &mut ChaCha8Rng,
        ctx: &mut FitContext<'_>,
    ) -> Result<Components, FitError> {
        let (y, n_clusters) = (em.data(), self.config.n_clusters);
        let rows = match self.config.init {
            MixtureInit::KMeans => {
                let fitted = self.kmeans.run(y, scaled, rng, Telling::Nobody, ctx)?.fitted;
                return Ok(em.components_of(fitted.labels().as_slice(), fitted.center_values()));
            }
            MixtureInit::PlusPlus => plus_plus(scaled, n_clusters, rng, ctx)?,
            MixtureInit::RandomFromData => random_rows(y.n_samples(), n_clusters, rng),
        };
        let centers: Vec<f64> = rows
            .iter()
            .flat_map(|&row| y.row(row).into_iter().map(|&x| f64::from(x)))
            .collect();
        let (labels, _) = nearest(y, &centers);
        Ok(em.components_of(&labels, &centers))
    }

    /// One run, `(number, of how many)`, told to the observer.
    fn climb(
        &self,
        em: &mut Em<'_, '_>,
        components: Components,
        (at, n_runs): (usize, usize),
        ctx: &mut FitContext<'_>,
    ) -> Result<Run, Failure> {
        let max_iter = self.config.max_iter;
        em.climb(components, &mut |iteration, log_likelihood| {
            let progress = Progress::new("iterations", at * max_iter + iteration, n_runs * max_iter);
            ctx.step(progress.with_metric("log-likelihood", log_likelihood))
        })
    }

    fn collapsed(&self, component: usize) -> FitError {
        let error = Collapsed {
            component,
            n_clusters: self.config.n_clusters,
            reg_covar: self.config.reg_covar,
        };
        part_error(GaussianMixtureConfig::NAME, error)
    }
}

fn refused(error: StartError) -> FitError {
    part_error(GaussianMixtureConfig::NAME, error)
}

/// The fitted mixture and its report; the labels are those of the final parameters.
fn finish(y: Samples<'_>, run: Run, note: Option<String>) -> Fit<FittedGaussianMixture> {
    let log_likelihood = run.log_likelihood();
    let mut report = Report::new(GaussianMixtureConfig::NAME, run.termination)
        .with_n_iter(run.history.len())
        .with_objective("log-likelihood", log_likelihood)
        .with_history(run.history);
    let model = FittedGaussianMixture::new(y, &run.components, run.density);
    let (found, asked) = (model.labels().n_clusters(), model.n_clusters());
    report.notes.extend(note);
    if found < asked {
        report = report.with_note(format!("only {found} of {asked} clusters have rows"));
    }
    Fit { model, report }
}

impl Clusterer for GaussianMixture {
    type Fitted = FittedGaussianMixture;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedGaussianMixture>, FitError> {
        ctx.run_stage(Stage::Clusterer, GaussianMixtureConfig::NAME, |ctx| {
            self.enough(y)?;
            let (run, note) = self.best_run(y, ctx)?;
            Ok(finish(y, run, note))
        })
    }
}
