//! Bayesian Gaussian mixtures: the part.

mod config;
mod fitted;
mod persist;
mod posterior;
mod prior;

use n2d_core::{Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Report, Samples, Stage};
use ndarray::ArrayView2;

pub use config::{BayesianGaussianMixtureConfig, CovariancePrior, WeightConcentrationType};
pub use fitted::{BayesianMixtureParameters, FittedBayesianGaussianMixture, WeightConcentration};
use posterior::Posterior;
use prior::Prior;

use super::em::{Em, Failure, Task};
use super::restarts::{Best, Restarts, climb};
use super::rows::Rows;
use super::{check_shares, enough};
use crate::error::{StartError, part_error};
use crate::kmeans::{KMeans, Scaled};

/// A mixture of normal distributions whose parameters are themselves uncertain, fitted by variational inference (Attias 2000;
/// Bishop 2006, section 10.2; Blei and Jordan 2006): `n_clusters` is the most there may be, and components that the data do
/// not need end without rows.
///
/// How many remain depends on `weight_concentration_prior` and on `covariance_prior`, which is as wide as the data by default.
/// Time and memory are those of [`GaussianMixture`](crate::GaussianMixture), though more iterations are needed as a rule.
/// What is maximised is a lower bound of the evidence; its value after each iteration is the report's history.
///
/// Rows that are equal, constant columns and fewer different rows than components are no errors: where the covariance of the
/// rows is not positive definite, `reg_covar` is added to its variances, and the report says so. With `reg_covar = 0` the
/// fit then fails with a [`Collapsed`](crate::Collapsed).
///
/// ```
/// use n2d_cluster::BayesianGaussianMixtureConfig;
/// use n2d_core::{Clusterer, FitContext, PartConfig, Samples};
///
/// let rows: Vec<f32> = (0..200).map(|row| (row % 2 * 90) as f32 + (row % 11) as f32).collect();
/// let y = Samples::from_rows(&rows, 1)?;
/// let config = BayesianGaussianMixtureConfig { max_iter: 1000, ..BayesianGaussianMixtureConfig::new(5) };
/// let fit = config.build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.active().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct BayesianGaussianMixture {
    config: BayesianGaussianMixtureConfig,
    /// For [`MixtureInit::KMeans`](crate::MixtureInit::KMeans) and [`MixtureInit::Auto`](crate::MixtureInit::Auto).
    kmeans: KMeans,
}

/// Where a fit begins.
#[derive(Clone, Copy)]
enum Start<'a> {
    /// As configured.
    Configured,
    Posterior(&'a BayesianMixtureParameters),
    Shares(ArrayView2<'a, f64>),
}

impl BayesianGaussianMixture {
    /// The options it was built from.
    pub fn config(&self) -> &BayesianGaussianMixtureConfig {
        &self.config
    }

    /// A fit from what an earlier one has come to believe; `init` and `n_init` play no role. The priors are those of the
    /// configuration and of these rows.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`StartError`] for parameters that do not fit the data
    /// or the configuration.
    pub fn fit_from(
        &self,
        y: Samples<'_>,
        start: &BayesianMixtureParameters,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedBayesianGaussianMixture>, FitError> {
        self.run(y, None, Start::Posterior(start), ctx)
    }

    /// A fit from given shares of the components in the rows, `(n_samples, n_clusters)`, each row summing to one; `init` and
    /// `n_init` play no role.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`StartError`] for shares that are none.
    pub fn fit_from_shares(
        &self,
        y: Samples<'_>,
        shares: ArrayView2<'_, f64>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedBayesianGaussianMixture>, FitError> {
        self.run(y, None, Start::Shares(shares), ctx)
    }

    /// A fit on rows with weights, one for each row: a row of weight 2 counts as two equal rows, one of weight 0 as none
    /// (it is labelled all the same). Greater weights are more evidence. The beginnings of `init` take every row of a weight
    /// above 0 once.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), where only rows of a weight above 0 are counted, and [`FitError::Part`] with a
    /// [`WeightError`](crate::WeightError).
    pub fn fit_weighted(
        &self,
        y: Samples<'_>,
        weights: &[f32],
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedBayesianGaussianMixture>, FitError> {
        self.run(y, Some(weights), Start::Configured, ctx)
    }

    fn run(
        &self,
        y: Samples<'_>,
        weights: Option<&[f32]>,
        start: Start<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedBayesianGaussianMixture>, FitError> {
        const NAME: &str = BayesianGaussianMixtureConfig::NAME;
        ctx.run_stage(Stage::Clusterer, NAME, |ctx| {
            let rows = Rows::new(y, weights).map_err(|error| part_error(NAME, error))?;
            enough(NAME, self.config.n_clusters, rows.samples())?;
            let prior =
                Prior::new(&self.config, &rows, self.task()).map_err(|error| part_error(NAME, error))?;
            let mut em = Em::new(&rows, self.task());
            match self.best(&mut em, &prior, start, ctx) {
                Ok(best) => Ok(finish(y, &prior, best)),
                Err(failure) => Err(self.task().error(failure)),
            }
        })
    }

    fn best<'p>(
        &self,
        em: &mut Em<'_>,
        prior: &'p Prior,
        start: Start<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Best<Posterior<'p>>, Failure> {
        let posterior = match start {
            Start::Configured => {
                let scaled = Scaled::new(em.data());
                let make = |moments| Posterior::from_moments(prior, moments);
                return self.restarts().best(&scaled, em, &make, ctx);
            }
            Start::Posterior(parameters) => {
                let factors = parameters.to_factors(prior).map_err(refused)?;
                let covariance = |component| refused(StartError::Covariance { component });
                Posterior::new(prior, factors).map_err(covariance)?
            }
            Start::Shares(shares) => {
                check_shares(shares, em.data().n_samples(), self.config.n_clusters).map_err(refused)?;
                em.share_as_given(shares);
                Posterior::from_moments(prior, em.moments_about_the_mean()).map_err(Failure::Collapsed)?
            }
        };
        let run = climb(em, posterior, self.task(), (0, 1), ctx)?;
        Ok(Best { run, note: None })
    }

    fn task(&self) -> Task {
        Task {
            part: BayesianGaussianMixtureConfig::NAME,
            objective: "lower bound",
            kind: self.config.covariance_type,
            n_clusters: self.config.n_clusters,
            max_iter: self.config.max_iter,
            tol: self.config.tol,
            reg_covar: self.config.reg_covar,
        }
    }

    fn restarts(&self) -> Restarts<'_> {
        Restarts {
            task: self.task(),
            init: self.config.init,
            kmeans: &self.kmeans,
            n_init: self.config.n_init,
            purpose: BayesianGaussianMixtureConfig::NAME,
            runs: (0, self.config.n_init),
        }
    }
}

fn refused(error: StartError) -> FitError {
    part_error(BayesianGaussianMixtureConfig::NAME, error)
}

/// The fitted mixture and its report; the labels are those of the final parameters.
fn finish(y: Samples<'_>, prior: &Prior, best: Best<Posterior<'_>>) -> Fit<FittedBayesianGaussianMixture> {
    let Best { run, note } = best;
    let reached = run.reached();
    let mut report = Report::new(BayesianGaussianMixtureConfig::NAME, run.termination)
        .with_n_iter(run.history.len())
        .with_objective("lower bound", reached)
        .with_history(run.history);
    report.notes.extend(prior.note.map(str::to_owned));
    report.notes.extend(note);
    let model = FittedBayesianGaussianMixture::new(y, prior, run.model);
    let (found, most) = (model.labels().n_clusters(), model.n_clusters());
    if found < most {
        report = report.with_note(format!(
            "{found} of {most} components have rows; the others are not needed"
        ));
    }
    Fit { model, report }
}

impl Clusterer for BayesianGaussianMixture {
    type Fitted = FittedBayesianGaussianMixture;

    fn fit(
        &self,
        y: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedBayesianGaussianMixture>, FitError> {
        self.run(y, None, Start::Configured, ctx)
    }
}
