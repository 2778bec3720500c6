//! Gaussian mixtures: the part, its beginnings and restarts.

pub(crate) mod bayesian;
mod config;
mod covariances;
mod density;
mod em;
mod fitted;
mod moments;
mod parameters;
mod persist;
mod restarts;
mod rows;
mod sampling;
mod selection;
mod sums;
mod whitening;

use n2d_core::check::enough_samples;
use n2d_core::{Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Report, Samples, Stage};
use ndarray::ArrayView2;

use crate::error::{StartError, check_start, part_error};
use crate::kmeans::{KMeans, Scaled};
pub use config::{GaussianMixtureConfig, MixtureInit};
pub use covariances::{CovarianceType, Covariances};
use density::{Density, Expectation};
use em::{Em, Failure, Model, Task};
pub use fitted::FittedGaussianMixture;
use moments::Moments;
use parameters::Components;
pub use parameters::MixtureParameters;
use restarts::{Best, Restarts, climb};
use rows::Rows;
pub use selection::{
    Candidate, CandidateScore, GaussianMixtureSelection, GaussianMixtureSelectionConfig, MixtureCriterion,
    Selection,
};

/// A mixture of normal distributions, fitted by expectation-maximisation (Dempster, Laird and Rubin 1977).
///
/// All in double precision; densities only as logarithms; differences from the means are taken before anything is
/// multiplied, so data far from the origin lose no digits. An iteration takes `O(n_samples n_clusters n_features^2)`, with
/// [`CovarianceType::Diag`] and [`Spherical`](CovarianceType::Spherical) `O(n_samples n_clusters n_features)`, and the
/// fit `8 n_samples n_clusters` bytes and a copy of the data.
///
/// Rows that are equal, constant columns and fewer different rows than components are no errors: `reg_covar` keeps every
/// component's covariance positive definite, and a component without rows stays where it began with a weight near 0. With
/// `reg_covar = 0`, or one too small for the numbers of the data, a component may collapse: that beginning is left out,
/// and if all are, the fit fails with a [`Collapsed`](crate::Collapsed).
///
/// ```
/// use n2d_cluster::{CovarianceType, GaussianMixtureConfig};
/// use n2d_core::{Clusterer, FitContext, PartConfig, PredictProba, Samples};
///
/// let y = Samples::from_rows(&[0.0, 0.5, 1.0, 7.0, 8.0, 9.0], 1)?;
/// let config = GaussianMixtureConfig { covariance_type: CovarianceType::Diag, ..GaussianMixtureConfig::new(2) };
/// let fit = config.build()?.fit(y, &mut FitContext::new(0))?;
/// let between = Samples::from_rows(&[3.0], 1)?;
/// let proba = fit.model.predict_proba(between)?;
/// assert!((proba.sum() - 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct GaussianMixture {
    config: GaussianMixtureConfig,
    /// For [`MixtureInit::KMeans`] and [`MixtureInit::Auto`].
    kmeans: KMeans,
}

/// Where a fit begins.
#[derive(Clone, Copy)]
enum Start<'a> {
    /// As configured.
    Configured,
    Parameters(&'a MixtureParameters),
    Shares(ArrayView2<'a, f64>),
}

impl GaussianMixture {
    /// The options it was built from.
    pub fn config(&self) -> &GaussianMixtureConfig {
        &self.config
    }

    /// A fit from given parameters, such as those of an earlier one; `init` and `n_init` play no role.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`StartError`] for parameters that do not fit the data
    /// or the configuration.
    pub fn fit_from(
        &self,
        y: Samples<'_>,
        start: &MixtureParameters,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedGaussianMixture>, FitError> {
        self.run(y, None, Start::Parameters(start), ctx)
    }

    /// A fit from given shares of the components in the rows, `(n_samples, n_clusters)`, each row summing to one: what another
    /// clusterer's [`predict_proba`](n2d_core::PredictProba::predict_proba) says, or a 1 for the cluster of each row.
    /// `init` and `n_init` play no role.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`StartError`] for shares that are none.
    pub fn fit_from_shares(
        &self,
        y: Samples<'_>,
        shares: ArrayView2<'_, f64>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedGaussianMixture>, FitError> {
        self.run(y, None, Start::Shares(shares), ctx)
    }

    /// A fit on rows with weights, one for each row: a row of weight 2 counts as two equal rows, one of weight 0 as none
    /// (it is labelled all the same). Weights three times as great give the same fit. The beginnings of `init` take every row
    /// of a weight above 0 once.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), where only rows of a weight above 0 are counted, and [`FitError::Part`] with a
    /// [`WeightError`](crate::WeightError).
    ///
    /// ```
    /// use n2d_cluster::GaussianMixtureConfig;
    /// use n2d_core::{FitContext, PartConfig, Samples};
    ///
    /// let y = Samples::from_rows(&[0.0, 3.0, 50.0], 1)?;
    /// let gmm = GaussianMixtureConfig::new(1).build()?;
    /// let fit = gmm.fit_weighted(y, &[2.0, 1.0, 0.0], &mut FitContext::new(0))?;
    /// assert!((fit.model.means()[[0, 0]] - 1.0).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit_weighted(
        &self,
        y: Samples<'_>,
        weights: &[f32],
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedGaussianMixture>, FitError> {
        self.run(y, Some(weights), Start::Configured, ctx)
    }

    /// [`fit_weighted`](Self::fit_weighted) from given parameters.
    ///
    /// # Errors
    /// Those of [`fit_weighted`](Self::fit_weighted) and [`fit_from`](Self::fit_from).
    pub fn fit_weighted_from(
        &self,
        y: Samples<'_>,
        weights: &[f32],
        start: &MixtureParameters,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedGaussianMixture>, FitError> {
        self.run(y, Some(weights), Start::Parameters(start), ctx)
    }

    fn run(
        &self,
        y: Samples<'_>,
        weights: Option<&[f32]>,
        start: Start<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedGaussianMixture>, FitError> {
        ctx.run_stage(Stage::Clusterer, GaussianMixtureConfig::NAME, |ctx| {
            let rows =
                Rows::new(y, weights).map_err(|error| part_error(GaussianMixtureConfig::NAME, error))?;
            let rows = rows.normalized();
            enough(
                GaussianMixtureConfig::NAME,
                self.config.n_clusters,
                rows.samples(),
            )?;
            let mut em = Em::new(&rows, self.task());
            match self.best(&mut em, start, ctx) {
                Ok(best) => Ok(finish(y, best)),
                Err(failure) => Err(self.task().error(failure)),
            }
        })
    }

    fn best(
        &self,
        em: &mut Em<'_>,
        start: Start<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Best<Mixture>, Failure> {
        let y = em.data();
        let mixture = match start {
            Start::Configured => {
                let scaled = Scaled::new(y);
                return self
                    .restarts((0, self.config.n_init))
                    .best(&scaled, em, &Mixture::from_moments, ctx);
            }
            Start::Parameters(parameters) => self.checked(parameters, y.n_features()).map_err(refused)?,
            Start::Shares(shares) => {
                check_shares(shares, y.n_samples(), self.config.n_clusters).map_err(refused)?;
                em.share_as_given(shares);
                Mixture::from_moments(em.moments_about_the_mean()).map_err(Failure::Collapsed)?
            }
        };
        let run = climb(em, mixture, self.task(), (0, 1), ctx)?;
        Ok(Best { run, note: None })
    }

    fn checked(&self, start: &MixtureParameters, n_features: usize) -> Result<Mixture, StartError> {
        start.check(self.config.covariance_type, self.config.n_clusters, n_features)?;
        Mixture::new(start.into()).map_err(|component| StartError::Covariance { component })
    }

    fn task(&self) -> Task {
        Task {
            part: GaussianMixtureConfig::NAME,
            objective: "log-likelihood",
            kind: self.config.covariance_type,
            n_clusters: self.config.n_clusters,
            max_iter: self.config.max_iter,
            tol: self.config.tol,
            reg_covar: self.config.reg_covar,
        }
    }

    /// The runs of a fit as a part of so many in all: `(before, in all)`.
    fn restarts(&self, runs: (usize, usize)) -> Restarts<'_> {
        Restarts {
            task: self.task(),
            init: self.config.init,
            kmeans: &self.kmeans,
            n_init: self.config.n_init,
            purpose: GaussianMixtureConfig::NAME,
            runs,
        }
    }
}

fn enough(part: &str, n_clusters: usize, y: Samples<'_>) -> Result<(), FitError> {
    enough_samples(part, &format!("n_clusters = {n_clusters}"), n_clusters, y)
}

fn refused(error: StartError) -> FitError {
    part_error(GaussianMixtureConfig::NAME, error)
}

/// That given shares are shares of as many rows in as many components.
fn check_shares(shares: ArrayView2<'_, f64>, n_samples: usize, n_clusters: usize) -> Result<(), StartError> {
    check_start("shares", shares, shares.shape(), &[n_samples, n_clusters])?;
    for (row, shares) in shares.rows().into_iter().enumerate() {
        let (least, sum) = (shares.fold(f64::INFINITY, |a, &b| a.min(b)), shares.sum());
        if least < 0.0 || (sum - 1.0).abs() > 1e-6 {
            return Err(StartError::Shares { row, least, sum });
        }
    }
    Ok(())
}

/// A mixture of known parameters, ready for evaluation.
struct Mixture {
    components: Components,
    density: Density,
}

impl Mixture {
    fn new(components: Components) -> Result<Self, usize> {
        let density = Density::of(&components)?;
        Ok(Self { components, density })
    }

    fn from_moments(moments: Moments) -> Result<Self, usize> {
        Self::new(Components::from_moments(moments))
    }
}

impl Model for Mixture {
    fn density(&self) -> &Density {
        &self.density
    }

    fn update(&self, moments: Moments) -> Result<Self, usize> {
        Self::from_moments(moments)
    }

    /// The mean log-likelihood of a row before the maximisation, as in scikit-learn.
    fn objective(&self, expectation: Expectation, total: f64) -> f64 {
        expectation.log_density / total
    }
}

/// The fitted mixture and its report; the labels are those of the final parameters.
fn finish(y: Samples<'_>, best: Best<Mixture>) -> Fit<FittedGaussianMixture> {
    let Best { run, note } = best;
    let reached = run.reached();
    let mut report = Report::new(GaussianMixtureConfig::NAME, run.termination)
        .with_n_iter(run.history.len())
        .with_objective("log-likelihood", reached)
        .with_history(run.history);
    let model = FittedGaussianMixture::new(y, &run.model.components, run.model.density);
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
        self.run(y, None, Start::Configured, ctx)
    }
}
