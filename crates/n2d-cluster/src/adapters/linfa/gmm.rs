use documented::DocumentedFieldsOpt;
use linfa::traits::Fit as _;
use linfa_clustering::{GaussianMixtureModel, GmmError, GmmInitMethod};
use n2d_core::check::{Options, enough_samples, same_features};
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    ApplyError, BoxError, Clusterer, ConfigError, Control, Fit, FitContext, FitError, FittedClusterer,
    Labels, PartConfig, Predict, PredictProba, Progress, Report, Samples, Stage, Termination,
};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, ArrayView3};
use serde::{Deserialize, Serialize};

use super::cross::{LinfaDataset, LinfaRng, dataset, fit_error, matrix, rng};
use super::mixture::Mixture;

/// Options of [`LinfaGmm`]. The defaults are linfa's, but for `n_clusters`, which it has none for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct LinfaGmmConfig {
    /// Number of components; at least 1, and at most as many as there are rows. Default 8, as for
    /// [`LinfaKMeansConfig`](crate::LinfaKMeansConfig).
    pub n_clusters: usize,
    /// Where the iterations begin. Default [`LinfaGmmInit::KMeans`].
    pub init: LinfaGmmInit,
    /// Fits from different beginnings, of which the one with the greatest likelihood is kept; at least 1. Each costs a whole
    /// fit. Default 1. Linfa's `n_runs` goes on from where the run before it ended, so beginnings are made here.
    pub n_init: usize,
    /// Most iterations of one fit; at least 1. Default 100 (linfa's `max_n_iterations`). Linfa gives no model for a fit that
    /// has not converged by then.
    pub max_iter: usize,
    /// A fit has converged when the mean log-likelihood of a row changes by less than this; above 0. Default 1e-3 (linfa's
    /// `tolerance`).
    pub tol: f64,
    /// Added to the variances of every component, in squared units of the data; 0 or above. Default 1e-6 (linfa's
    /// `reg_covariance`).
    pub reg_covar: f64,
}

impl Default for LinfaGmmConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: LinfaGmmInit::default(),
            n_init: 1,
            max_iter: 100,
            tol: 1e-3,
            reg_covar: 1e-6,
        }
    }
}

impl LinfaGmmConfig {
    /// The defaults with a number of components.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// Where the iterations of a [`LinfaGmm`] begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LinfaGmmInit {
    /// With the clusters of linfa's k-means, the best of ten.
    #[default]
    #[serde(rename = "kmeans")]
    KMeans,
    /// With shares drawn for each row: components begin all alike.
    #[serde(rename = "random")]
    Random,
}

impl PartConfig for LinfaGmmConfig {
    const NAME: &'static str = "linfa_gmm";
    type Part = LinfaGmm;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<LinfaGmm, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.positive("tol", self.tol)?;
        options.not_negative("reg_covar", self.reg_covar)?;
        Ok(LinfaGmm { config: self.clone() })
    }
}

/// Why linfa's mixture has no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinfaGmmError {
    /// Linfa gives no model then; `gmm` does.
    #[error(
        "linfa's mixture has not converged after max_iter = {max_iter} iterations to tol = {tol}, and linfa gives no model \
         then; raise max_iter or tol, or take `gmm`, which keeps what it has"
    )]
    NotConverged {
        /// The most iterations allowed.
        max_iter: usize,
        /// The tolerance.
        tol: f64,
    },
    /// Linfa's densities have vanished or overflowed; those of `gmm` do not.
    #[error(
        "linfa's densities are no longer numbers: rows lie too far from all components, or there are too many columns; scale \
         the data, or take `gmm`, which computes with logarithms"
    )]
    NotFinite,
    /// What linfa says: a component without rows, or a covariance that is not positive definite.
    #[error("linfa: {source}")]
    Linfa {
        /// Linfa's error.
        source: BoxError,
    },
    /// A component that is no normal distribution.
    #[error(
        "linfa's component {component} of {n_clusters} is not finite or has no positive definite covariance; lower n_clusters \
         or raise reg_covar ({reg_covar})"
    )]
    Degenerate {
        /// Which component, from zero.
        component: usize,
        /// How many there are.
        n_clusters: usize,
        /// The regularisation that was not enough.
        reg_covar: f64,
    },
}

/// A mixture of normal distributions with full covariances by linfa, in double precision;
/// [`GaussianMixture`](crate::GaussianMixture) is ours.
///
/// Linfa fits densities as plain sums of exponentials: where a row is more than some 38 deviations from all components, or
/// there are hundreds of columns, they vanish or overflow and the fit fails with a [`LinfaGmmError`], as it does when it
/// does not converge or a component runs empty. A beginning that fails is left out and noted, and the fit fails where all
/// do. Likelihood, labels and probabilities are computed here from the parameters, without that flaw.
///
/// An iteration takes `O(n_samples n_clusters n_features^2)` on one thread. Linfa can't be interrupted: cancelling waits for the
/// beginning at work. The number of threads changes nothing.
///
/// ```
/// use n2d_cluster::LinfaGmmConfig;
/// use n2d_core::{Clusterer, FitContext, PartConfig, PredictProba, Samples};
///
/// let y = Samples::from_rows(&[0.0, 0.5, 1.0, 7.0, 8.0, 9.0], 1)?;
/// let fit = LinfaGmmConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?;
/// let proba = fit.model.predict_proba(Samples::from_rows(&[3.0], 1)?)?;
/// assert!((proba.sum() - 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinfaGmm {
    config: LinfaGmmConfig,
}

/// What the beginnings have come to.
#[derive(Default)]
struct Tried {
    /// The best mixture with its mean log-likelihood.
    best: Option<(Mixture, f64)>,
    failed: Vec<LinfaGmmError>,
    stopped: bool,
}

impl LinfaGmm {
    /// The options it was built from.
    pub fn config(&self) -> &LinfaGmmConfig {
        &self.config
    }

    fn try_all(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Tried, FitError> {
        let data = dataset(y);
        let n_runs = self.config.n_init;
        let mut tried = Tried::default();
        for at in 0..n_runs {
            let mut progress = Progress::new("beginnings", at + 1, n_runs);
            match self.run(&data, rng(ctx, LinfaGmmConfig::NAME, at)) {
                Ok(mixture) => {
                    let sum: f64 = mixture.log_densities(y).iter().sum();
                    let reached = sum / y.n_samples() as f64;
                    progress = progress.with_metric("log-likelihood", reached);
                    if tried.best.as_ref().is_none_or(|(_, best)| reached > *best) {
                        tried.best = Some((mixture, reached));
                    }
                }
                Err(error) => tried.failed.push(error),
            }
            if ctx.step(progress)? == Control::Stop {
                tried.stopped = at + 1 < n_runs;
                break;
            }
        }
        Ok(tried)
    }

    /// One fit of linfa's.
    fn run(&self, data: &LinfaDataset, generator: LinfaRng) -> Result<Mixture, LinfaGmmError> {
        let init = match self.config.init {
            LinfaGmmInit::KMeans => GmmInitMethod::KMeans,
            LinfaGmmInit::Random => GmmInitMethod::Random,
        };
        let model = GaussianMixtureModel::params_with_rng(self.config.n_clusters, generator)
            .init_method(init)
            .n_runs(1)
            .max_n_iterations(self.config.max_iter as u64)
            .tolerance(self.config.tol)
            .reg_covariance(self.config.reg_covar)
            .fit(data)
            .map_err(|error| self.explain(error))?;
        let (weights, covariances) = (model.weights(), model.covariances());
        Mixture::new(
            Array1::from_shape_fn(weights.len(), |at| weights[at]),
            matrix(model.means()),
            Array3::from_shape_fn(covariances.dim(), |at| covariances[at]),
        )
        .map_err(|component| LinfaGmmError::Degenerate {
            component,
            n_clusters: self.config.n_clusters,
            reg_covar: self.config.reg_covar,
        })
    }

    fn explain(&self, error: GmmError) -> LinfaGmmError {
        match error {
            GmmError::NotConverged(_) => LinfaGmmError::NotConverged {
                max_iter: self.config.max_iter,
                tol: self.config.tol,
            },
            // A comparison with NaN.
            GmmError::MinMaxError(_) => LinfaGmmError::NotFinite,
            other => LinfaGmmError::Linfa {
                source: Box::new(other),
            },
        }
    }

    fn finish(&self, y: Samples<'_>, tried: Tried) -> Result<Fit<FittedLinfaGmm>, FitError> {
        let (name, n_clusters) = (LinfaGmmConfig::NAME, self.config.n_clusters);
        let n_failed = tried.failed.len();
        let Some((mixture, reached)) = tried.best else {
            let mut failed = tried.failed;
            return Err(fit_error(name, failed.swap_remove(0)));
        };
        let termination = if tried.stopped {
            Termination::Stopped
        } else {
            Termination::Converged
        };
        let labels = Labels::new(mixture.labels(y)).expect("labels are counted from zero");
        let mut report = Report::new(name, termination)
            .with_objective("log-likelihood", reached)
            .with_note("fitted by linfa, which does not tell the number of iterations");
        if let Some(first) = tried.failed.first() {
            let note = format!(
                "{n_failed} of {} beginnings failed and were left out; the first: {first}",
                self.config.n_init
            );
            report = report.with_note(note);
        }
        let found = labels.n_clusters();
        if found < n_clusters {
            report = report.with_note(format!("only {found} of {n_clusters} clusters have rows"));
        }
        Ok(Fit {
            model: FittedLinfaGmm { mixture, labels },
            report,
        })
    }
}

impl Clusterer for LinfaGmm {
    type Fitted = FittedLinfaGmm;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLinfaGmm>, FitError> {
        let (name, n_clusters) = (LinfaGmmConfig::NAME, self.config.n_clusters);
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            enough_samples(name, &format!("n_clusters = {n_clusters}"), n_clusters, y)?;
            let tried = self.try_all(y, ctx)?;
            self.finish(y, tried)
        })
    }
}

/// A fitted [`LinfaGmm`]. Each row, new or not, has the label of the component with the greatest share in its density.
#[derive(Debug, Clone)]
pub struct FittedLinfaGmm {
    mixture: Mixture,
    labels: Labels,
}

impl FittedLinfaGmm {
    /// The share of each component, `(n_clusters)`.
    pub fn weights(&self) -> ArrayView1<'_, f64> {
        self.mixture.weights.view()
    }

    /// The centre of each component, `(n_clusters, n_features)`.
    pub fn means(&self) -> ArrayView2<'_, f64> {
        self.mixture.means.view()
    }

    /// The covariance of each component, `(n_clusters, n_features, n_features)`, `reg_covar` included.
    pub fn covariances(&self) -> ArrayView3<'_, f64> {
        self.mixture.covariances.view()
    }

    /// The logarithm of the density of each row.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score_samples(&self, y: Samples<'_>) -> Result<Vec<f64>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(self.mixture.log_densities(y))
    }
}

impl FittedClusterer for FittedLinfaGmm {
    fn name(&self) -> &str {
        LinfaGmmConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.mixture.means.ncols()
    }

    fn n_clusters(&self) -> usize {
        self.mixture.means.nrows()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        Some(self)
    }

    fn as_predict_proba(&self) -> Option<&dyn PredictProba> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedLinfaGmm {
    const KIND: &'static str = LinfaGmmConfig::NAME;

    fn save(&self, state: &mut State) {
        let covariances: Vec<f64> = self.covariances().iter().copied().collect();
        state.put("weights", &self.weights().to_vec());
        state.put_matrix("means", self.means());
        state.put_shaped("covariances", self.covariances().shape(), &covariances);
        state.put_labels("labels", &self.labels);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let means = state.finite_matrix("means")?;
        let (n_clusters, n_features) = means.dim();
        let weights: Vec<f64> = state.vec_of("weights", n_clusters)?;
        let shares = weights.iter().all(|weight| (0.0..=1.0).contains(weight));
        state.expect("weights", "shares between 0 and 1", shares)?;
        let shape = [n_clusters, n_features, n_features];
        let (found, values) = state.shaped("covariances")?;
        let covariances = (found == shape).then(|| Array3::from_shape_vec(shape, values));
        let Some(Ok(covariances)) = covariances else {
            return Err(state.wrong_shape("covariances", &format!("{shape:?}")));
        };
        let mixture = Mixture::new(weights.into(), means, covariances)
            .map_err(|_| state.refuse("covariances", "positive definite"))?;
        Ok(Self {
            mixture,
            labels: state.labels_of("labels", n_clusters)?,
        })
    }
}

impl Predict for FittedLinfaGmm {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        Ok(Labels::new(self.mixture.labels(y)).expect("labels are counted from zero"))
    }
}

impl PredictProba for FittedLinfaGmm {
    fn predict_proba(&self, y: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let shape = (y.n_samples(), self.n_clusters());
        Ok(Array2::from_shape_vec(shape, self.mixture.shares(y)).expect("a share for each row and cluster"))
    }
}
