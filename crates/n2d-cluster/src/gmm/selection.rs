//! The number of clusters, chosen by an information criterion.

use documented::DocumentedFieldsOpt;
use n2d_core::check::{Options, enough_samples};
use n2d_core::{
    Clusterer, ConfigError, Fit, FitContext, FitError, PartConfig, Report, Samples, Stage, Termination,
};
use serde::{Deserialize, Serialize};

use super::config::{GaussianMixtureConfig, MixtureInit};
use super::covariances::CovarianceType;
use super::em::{Em, Failure};
use super::fitted::{FittedGaussianMixture, aic, bic, n_parameters};
use super::restarts::Best;
use super::rows::Rows;
use super::{GaussianMixture, Mixture, finish};
use crate::kmeans::Scaled;

/// Most components tried where nothing is said.
const USUAL_MOST: usize = 20;

/// By what mixtures of different numbers of components are compared: the lower the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MixtureCriterion {
    /// The Bayesian information criterion (Schwarz 1978): finds the number of components where there is one. The default.
    #[default]
    Bic,
    /// Akaike's information criterion (Akaike 1974): aims at a density that fits best, with more components.
    Aic,
}

/// Options of [`GaussianMixtureSelection`]. All but the first three are those of [`GaussianMixtureConfig`], where their
/// defaults come from, but for that of `n_init`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianMixtureSelectionConfig {
    /// Fewest components tried; at least 1. Default 1.
    pub min_clusters: usize,
    /// Most components tried; at least `min_clusters`, and at most as many as there are rows. Default none: 20 (twice the
    /// classes of the usual data sets) or `min_clusters` if that is more, but no more than there are rows. Each number costs a
    /// whole fit, and the later ones the most.
    pub max_clusters: Option<usize>,
    /// What decides. Default [`MixtureCriterion::Bic`].
    pub criterion: MixtureCriterion,
    /// See [`GaussianMixtureConfig::covariance_type`].
    pub covariance_type: CovarianceType,
    /// See [`GaussianMixtureConfig::init`].
    pub init: MixtureInit,
    /// Fits of each number of components, at least 1; see [`GaussianMixtureConfig::n_init`]. Default 10: half as many as of
    /// one number, as there are many.
    pub n_init: usize,
    /// See [`GaussianMixtureConfig::max_iter`].
    pub max_iter: usize,
    /// See [`GaussianMixtureConfig::tol`].
    pub tol: f64,
    /// See [`GaussianMixtureConfig::reg_covar`].
    pub reg_covar: f64,
}

impl Default for GaussianMixtureSelectionConfig {
    fn default() -> Self {
        let mixture = GaussianMixtureConfig::default();
        Self {
            min_clusters: 1,
            max_clusters: None,
            criterion: MixtureCriterion::default(),
            covariance_type: mixture.covariance_type,
            init: mixture.init,
            n_init: 10,
            max_iter: mixture.max_iter,
            tol: mixture.tol,
            reg_covar: mixture.reg_covar,
        }
    }
}

impl GaussianMixtureSelectionConfig {
    /// The defaults with a range of numbers of components.
    pub fn new(n_clusters: std::ops::RangeInclusive<usize>) -> Self {
        Self {
            min_clusters: *n_clusters.start(),
            max_clusters: Some(*n_clusters.end()),
            ..Self::default()
        }
    }

    /// The configuration of one number of components.
    pub fn candidate(&self, n_clusters: usize) -> GaussianMixtureConfig {
        GaussianMixtureConfig {
            n_clusters,
            covariance_type: self.covariance_type,
            init: self.init,
            n_init: self.n_init,
            max_iter: self.max_iter,
            tol: self.tol,
            reg_covar: self.reg_covar,
        }
    }
}

impl PartConfig for GaussianMixtureSelectionConfig {
    const NAME: &'static str = "gmm_auto";
    type Part = GaussianMixtureSelection;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<GaussianMixtureSelection, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("min_clusters", self.min_clusters, 1)?;
        let most = self.max_clusters.unwrap_or(self.min_clusters);
        options.at_least("max_clusters", most, self.min_clusters)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.not_negative("tol", self.tol)?;
        options.not_negative("reg_covar", self.reg_covar)?;
        Ok(GaussianMixtureSelection { config: self.clone() })
    }
}

/// A [`GaussianMixture`] whose number of components is chosen: one is fitted for each number of a range, and the one of the
/// lowest criterion is kept, of equal ones that of the fewest components.
///
/// Each candidate is, bit for bit, what [`GaussianMixture`] alone would come to with the same seed. It takes the time of all
/// the fits together; the rows are prepared once. Where every beginning of a candidate collapses, that candidate is out.
///
/// ```
/// use n2d_cluster::GaussianMixtureSelectionConfig;
/// use n2d_core::{FitContext, PartConfig, Samples};
///
/// let rows: Vec<f32> = (0..60).map(|row| (row % 3 * 50) as f32 + (row % 10) as f32).collect();
/// let y = Samples::from_rows(&rows, 1)?;
/// let selection = GaussianMixtureSelectionConfig::new(1..=5).build()?;
/// let fit = selection.select(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.candidates.len(), 5);
/// assert_eq!(fit.model.best.means().nrows(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct GaussianMixtureSelection {
    config: GaussianMixtureSelectionConfig,
}

/// What a choice among numbers of components comes to.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The mixture of the lowest criterion.
    pub best: FittedGaussianMixture,
    /// Every number of components tried, from the fewest to the most. Where the observer ends the fit early, the rest is not in it.
    pub candidates: Vec<Candidate>,
}

/// One number of components.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// How many components.
    pub n_clusters: usize,
    /// How its best fit compares; none where every beginning collapsed.
    pub score: Option<CandidateScore>,
}

/// How a mixture compares with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CandidateScore {
    /// The Bayesian information criterion on the training rows.
    pub bic: f64,
    /// Akaike's information criterion on the training rows.
    pub aic: f64,
    /// Sum of the logarithms of the training rows' densities.
    pub log_likelihood: f64,
    /// Iterations of the best fit.
    pub n_iter: usize,
    /// Whether these have converged.
    pub converged: bool,
}

impl CandidateScore {
    fn of(mixture: &Best<Mixture>, y: Samples<'_>) -> Self {
        let run = &mixture.run;
        let log_likelihood = run.model.density.log_densities(y).iter().sum();
        let components = &run.model.components;
        let n_parameters = n_parameters(components.kind, components.n_clusters(), y.n_features());
        Self {
            bic: bic(n_parameters, log_likelihood, y.n_samples()),
            aic: aic(n_parameters, log_likelihood),
            log_likelihood,
            n_iter: run.history.len(),
            converged: run.termination == Termination::Converged,
        }
    }

    /// The figure that decides.
    pub fn criterion(&self, criterion: MixtureCriterion) -> f64 {
        match criterion {
            MixtureCriterion::Bic => self.bic,
            MixtureCriterion::Aic => self.aic,
        }
    }
}

impl GaussianMixtureSelection {
    /// The options it was built from.
    pub fn config(&self) -> &GaussianMixtureSelectionConfig {
        &self.config
    }

    /// Fits all candidates; the report is that of the best, with a note on the choice.
    ///
    /// # Errors
    /// As [`GaussianMixture`]'s `fit`, of which the last collapse counts where all candidates collapse.
    pub fn select(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Selection>, FitError> {
        ctx.run_stage(Stage::Clusterer, GaussianMixtureSelectionConfig::NAME, |ctx| {
            let most = self.most_clusters(y)?;
            let Tried { best, candidates } = self.try_all(y, most, ctx)?;
            let Fit { model: best, report } = finish(y, best);
            let report = self.name(report, best.means().nrows(), &candidates);
            let model = Selection { best, candidates };
            Ok(Fit { model, report })
        })
    }

    /// The most components tried on these rows.
    fn most_clusters(&self, y: Samples<'_>) -> Result<usize, FitError> {
        let config = &self.config;
        let (option, needed) = match config.max_clusters {
            Some(most) => ("max_clusters", most),
            None => ("min_clusters", config.min_clusters),
        };
        let what = format!("{option} = {needed}");
        enough_samples(GaussianMixtureSelectionConfig::NAME, &what, needed, y)?;
        let default = USUAL_MOST.max(config.min_clusters).min(y.n_samples());
        Ok(config.max_clusters.unwrap_or(default))
    }

    fn try_all(&self, y: Samples<'_>, most: usize, ctx: &mut FitContext<'_>) -> Result<Tried, FitError> {
        let rows = Rows::new(y, None).expect("no weights that could be wrong");
        let scaled = Scaled::new(y);
        let mut em = Em::new(&rows, self.mixture(self.config.min_clusters).task());
        let mut best = None::<(f64, Best<Mixture>)>;
        let mut candidates = Vec::new();
        let mut collapse = None;
        for n_clusters in self.config.min_clusters..=most {
            let tried = match self.try_one((n_clusters, most), &scaled, &mut em, ctx) {
                Ok(tried) => tried,
                Err(Failure::Fatal(error)) => return Err(error),
                Err(collapsed) => {
                    collapse = Some(self.mixture(n_clusters).task().error(collapsed));
                    candidates.push(Candidate {
                        n_clusters,
                        score: None,
                    });
                    continue;
                }
            };
            let score = CandidateScore::of(&tried, y);
            candidates.push(Candidate {
                n_clusters,
                score: Some(score),
            });
            let stopped = tried.run.termination == Termination::Stopped;
            let figure = score.criterion(self.config.criterion);
            if best.as_ref().is_none_or(|(least, _)| figure < *least) {
                best = Some((figure, tried));
            }
            if stopped {
                break;
            }
        }
        match (best, collapse) {
            (Some((_, best)), _) => Ok(Tried { best, candidates }),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("every candidate was fitted or has collapsed"),
        }
    }

    fn try_one(
        &self,
        (n_clusters, most): (usize, usize),
        scaled: &Scaled,
        em: &mut Em<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Best<Mixture>, Failure> {
        let (mixture, n_init) = (self.mixture(n_clusters), self.config.n_init);
        let n_candidates = most - self.config.min_clusters + 1;
        let before = (n_clusters - self.config.min_clusters).saturating_mul(n_init);
        em.turn_to(mixture.task());
        let restarts = mixture.restarts((before, n_candidates.saturating_mul(n_init)));
        restarts.best(scaled, em, &Mixture::from_moments, ctx)
    }

    fn mixture(&self, n_clusters: usize) -> GaussianMixture {
        let config = self.config.candidate(n_clusters);
        config.build().expect("every option was checked in `build`")
    }

    fn name(&self, report: Report, n_clusters: usize, candidates: &[Candidate]) -> Report {
        let criterion = match self.config.criterion {
            MixtureCriterion::Bic => "BIC",
            MixtureCriterion::Aic => "AIC",
        };
        let least = self.config.min_clusters;
        let most = candidates.last().map_or(least, |last| last.n_clusters);
        let note = format!("n_clusters = {n_clusters} has the lowest {criterion} of {least} to {most}");
        let mut report = report.with_note(note);
        report.part = GaussianMixtureSelectionConfig::NAME.to_owned();
        report
    }
}

/// Every candidate, and the best.
struct Tried {
    best: Best<Mixture>,
    candidates: Vec<Candidate>,
}

impl Clusterer for GaussianMixtureSelection {
    type Fitted = FittedGaussianMixture;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedGaussianMixture>, FitError> {
        Ok(self.select(y, ctx)?.map(|selection| selection.best))
    }
}
