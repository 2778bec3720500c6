use documented::DocumentedFieldsOpt;
use linfa::traits::{Fit as _, Transformer};
use linfa_clustering::{KMeans, KMeansInit};
use linfa_nn::distance::{Distance, L2Dist};
use n2d_core::check::{Options, enough_samples, same_features};
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    ApplyError, Clusterer, ConfigError, Control, Fit, FitContext, FitError, FittedClusterer, Labels,
    PartConfig, Predict, Progress, Report, Samples, Stage, Termination,
};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::cross::{LinfaDataset, LinfaRng, array, dataset, fit_error, matrix, rng};
use super::labels_by;

/// Options of [`LinfaKMeans`]. The defaults are linfa's, but for `n_clusters`, which it has none for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct LinfaKMeansConfig {
    /// Number of clusters; at least 1, and at most as many as there are rows. Default 8, scikit-learn's.
    pub n_clusters: usize,
    /// How the first centres are chosen. Default [`LinfaKMeansInit::PlusPlus`].
    pub init: LinfaKMeansInit,
    /// Fits from different first centres, of which the one with the least inertia is kept; at least 1. Each costs a whole
    /// fit. Default 10 (linfa's `n_runs`).
    pub n_init: usize,
    /// Most rounds of one fit; at least 1. Default 300 (linfa's `max_n_iterations`).
    pub max_iter: usize,
    /// A fit ends when the centres, taken as one long vector, move by less than this, in units of the data; above 0. Default
    /// 1e-4 (linfa's `tolerance`). Unlike `kmeans`' it is not relative to the data's spread.
    pub tol: f64,
}

impl Default for LinfaKMeansConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: LinfaKMeansInit::default(),
            n_init: 10,
            max_iter: 300,
            tol: 1e-4,
        }
    }
}

impl LinfaKMeansConfig {
    /// The defaults with a number of clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// How [`LinfaKMeans`] chooses its first centres. Linfa's k-means|| is left out: what it draws depends on the threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LinfaKMeansInit {
    /// Rows drawn one after the other, far ones more likely (k-means++); `O(n_samples n_clusters^2 n_features)`.
    #[default]
    #[serde(rename = "k-means++")]
    PlusPlus,
    /// Different rows at random.
    #[serde(rename = "random")]
    Random,
}

impl PartConfig for LinfaKMeansConfig {
    const NAME: &'static str = "linfa_kmeans";
    type Part = LinfaKMeans;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<LinfaKMeans, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.positive("tol", self.tol)?;
        Ok(LinfaKMeans { config: self.clone() })
    }
}

/// k-means by linfa, in double precision; [`KMeans`](crate::KMeans) is ours.
///
/// Linfa counts a cluster's old centre as one more of its rows (Pakhira 2009), so that none runs empty: centres
/// come near the means of their rows, and inertia near its least, but not all the way. We ask linfa for one round at a time,
/// which changes nothing but that the observer is told, the fit can be cancelled, and a fit has at least two rounds where
/// `max_iter` allows it. A round takes `O(n_samples n_clusters n_features)`.
///
/// ```
/// use n2d_cluster::LinfaKMeansConfig;
/// use n2d_core::{Clusterer, FitContext, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 1.0, 8.0, 9.0], 1)?;
/// let fit = LinfaKMeansConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?;
/// assert!((fit.model.inertia() - 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinfaKMeans {
    config: LinfaKMeansConfig,
}

/// What one fit from one choice of first centres comes to.
struct Run {
    model: KMeans<f64, L2Dist>,
    inertia: f64,
    history: Vec<f64>,
    termination: Termination,
}

impl LinfaKMeans {
    /// The options it was built from.
    pub fn config(&self) -> &LinfaKMeansConfig {
        &self.config
    }

    fn best_run(&self, data: &LinfaDataset, ctx: &mut FitContext<'_>) -> Result<Run, FitError> {
        let mut best = None::<Run>;
        for at in 0..self.config.n_init {
            let run = self.run(data, at, ctx)?;
            let stopped = run.termination == Termination::Stopped;
            if best.as_ref().is_none_or(|best| run.inertia < best.inertia) {
                best = Some(run);
            }
            if stopped {
                break;
            }
        }
        Ok(best.expect("n_init is at least 1: checked in `build`"))
    }

    fn run(&self, data: &LinfaDataset, at: usize, ctx: &mut FitContext<'_>) -> Result<Run, FitError> {
        let (n_runs, max_iter) = (self.config.n_init, self.config.max_iter);
        let generator = rng(ctx, LinfaKMeansConfig::NAME, at);
        let mut init = match self.config.init {
            LinfaKMeansInit::PlusPlus => KMeansInit::KMeansPlusPlus,
            LinfaKMeansInit::Random => KMeansInit::Random,
        };
        let mut history = Vec::new();
        loop {
            let model = self.round(data, init.clone(), generator.clone())?;
            let inertia = model.inertia() * data.records().nrows() as f64;
            history.push(inertia);
            let progress = Progress::new(
                "rounds",
                at.saturating_mul(max_iter).saturating_add(history.len()),
                n_runs.saturating_mul(max_iter),
            );
            let control = ctx.step(progress.with_metric("inertia", inertia))?;
            if let Some(termination) = self.end(&init, &model, history.len(), control) {
                return Ok(Run {
                    inertia: model.transform(data.records()).sum(),
                    model,
                    history,
                    termination,
                });
            }
            init = KMeansInit::Precomputed(model.centroids().clone());
        }
    }

    /// One round of linfa's from centres that `init` chooses.
    fn round(
        &self,
        data: &LinfaDataset,
        init: KMeansInit<f64>,
        generator: LinfaRng,
    ) -> Result<KMeans<f64, L2Dist>, FitError> {
        KMeans::params_with_rng(self.config.n_clusters, generator)
            .init_method(init)
            .n_runs(1)
            .max_n_iterations(1)
            .tolerance(self.config.tol)
            .fit(data)
            .map_err(|error| fit_error(LinfaKMeansConfig::NAME, error))
    }

    /// Why to end after this round, if so.
    fn end(
        &self,
        before: &KMeansInit<f64>,
        after: &KMeans<f64, L2Dist>,
        n_rounds: usize,
        control: Control,
    ) -> Option<Termination> {
        let converged = match before {
            KMeansInit::Precomputed(before) => {
                L2Dist.distance(before.view(), after.centroids().view()) < self.config.tol
            }
            // The first round's centres are known to linfa alone.
            _ => false,
        };
        if converged {
            Some(Termination::Converged)
        } else if control == Control::Stop {
            Some(Termination::Stopped)
        } else {
            (n_rounds == self.config.max_iter).then_some(Termination::MaxIter)
        }
    }
}

impl Clusterer for LinfaKMeans {
    type Fitted = FittedLinfaKMeans;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLinfaKMeans>, FitError> {
        let (name, n_clusters) = (LinfaKMeansConfig::NAME, self.config.n_clusters);
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            enough_samples(name, &format!("n_clusters = {n_clusters}"), n_clusters, y)?;
            let data = dataset(y);
            let run = self.best_run(&data, ctx)?;
            let labels =
                labels_by(&run.model, data.records(), n_clusters).map_err(|error| fit_error(name, error))?;
            let found = labels.n_clusters();
            let mut report = Report::new(name, run.termination)
                .with_n_iter(run.history.len())
                .with_objective("inertia", run.inertia)
                .with_history(run.history)
                .with_note("the rounds are linfa's; the history is the inertia that each began with");
            if found < n_clusters {
                report = report.with_note(format!("only {found} of {n_clusters} clusters have rows"));
            }
            let model = FittedLinfaKMeans {
                centers: matrix(run.model.centroids()),
                labels,
                inertia: run.inertia,
            };
            Ok(Fit { model, report })
        })
    }
}

/// A fitted [`LinfaKMeans`]. Each row, new or not, has the label of the nearest centre, the lowest for a tie.
#[derive(Debug, Clone)]
pub struct FittedLinfaKMeans {
    centers: Array2<f64>,
    labels: Labels,
    inertia: f64,
}

impl FittedLinfaKMeans {
    /// The centres, `(n_clusters, n_features)`, in the units of the data; near the means of their rows.
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        self.centers.view()
    }

    /// Sum of the squared distances of the training rows to their centres.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }
}

impl FittedClusterer for FittedLinfaKMeans {
    fn name(&self) -> &str {
        LinfaKMeansConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.centers.ncols()
    }

    fn n_clusters(&self) -> usize {
        self.centers.nrows()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Predict for FittedLinfaKMeans {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let centers = ndarray16::Array2::from_shape_fn(self.centers.dim(), |at| self.centers[at]);
        // By linfa's distance and in its order. Its model can't be made of centres alone.
        let nearest = |row: ndarray16::ArrayView1<'_, f64>| {
            let mut least = (0, f64::INFINITY);
            for (label, center) in (0..).zip(centers.rows()) {
                let distance = L2Dist.rdistance(center, row);
                if distance < least.1 {
                    least = (label, distance);
                }
            }
            least.0
        };
        let labels = array(y).rows().into_iter().map(nearest).collect();
        Ok(Labels::new(labels).expect("labels are counted from zero"))
    }
}

impl Persist for FittedLinfaKMeans {
    const KIND: &'static str = LinfaKMeansConfig::NAME;

    fn save(&self, state: &mut State) {
        state.put_matrix("centers", self.centers.view());
        state.put("inertia", &[self.inertia]);
        state.put_labels("labels", &self.labels);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let centers = state.finite_matrix("centers")?;
        let inertia: Vec<f64> = state.vec_of("inertia", 1)?;
        state.expect("inertia", "0 or above", inertia[0] >= 0.0)?;
        Ok(Self {
            labels: state.labels_of("labels", centers.nrows())?,
            inertia: inertia[0],
            centers,
        })
    }
}
