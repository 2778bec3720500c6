//! k-means: the configuration and the part.

mod fitted;
mod lloyd;
mod scaled;
mod seeding;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use n2d_core::check::{Options, enough_samples};
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{
    Clusterer, ConfigError, Control, Fit, FitContext, FitError, FittedClusterer, PartConfig, Progress,
    Report, Samples, Stage, Termination,
};

use crate::error::{check_start, part_error};
pub use fitted::FittedKMeans;
pub(crate) use fitted::nearest;
pub(crate) use scaled::Scaled;
pub(crate) use seeding::{plus_plus, random_rows};

/// Options of [`KMeans`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KMeansConfig {
    /// Number of clusters; at least 1, and at most as many as there are rows. Default 8, scikit-learn's.
    pub n_clusters: usize,
    /// How the first centres are chosen. Default [`KMeansInit::PlusPlus`], scikit-learn's.
    pub init: KMeansInit,
    /// Fits from different first centres, of which the one with the least inertia is kept; at least 1. Each costs a whole
    /// fit. Default 1: scikit-learn's `"auto"` for k-means++; for [`KMeansInit::Random`] it takes 10.
    pub n_init: usize,
    /// Most rounds of one fit; at least 1. Default 300, scikit-learn's.
    pub max_iter: usize,
    /// A fit ends when the centres move, squared and summed, by no more than this share of the mean variance of a column;
    /// 0 or above. Default 1e-4, scikit-learn's. With 0 a fit ends when no label changes.
    pub tol: f64,
}

impl Default for KMeansConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: KMeansInit::default(),
            n_init: 1,
            max_iter: 300,
            tol: 1e-4,
        }
    }
}

impl KMeansConfig {
    /// The defaults with a number of clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

/// How [`KMeans`] chooses its first centres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum KMeansInit {
    /// Rows far from those chosen before, each the best of `2 + ln k` drawn ones (greedy k-means++).
    #[default]
    #[serde(rename = "k-means++")]
    PlusPlus,
    /// Different rows at random: cheaper, and worse.
    #[serde(rename = "random")]
    Random,
}

impl PartConfig for KMeansConfig {
    const NAME: &'static str = "kmeans";
    type Part = KMeans;

    fn build(&self) -> Result<KMeans, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.not_negative("tol", self.tol)?;
        Ok(KMeans { config: self.clone() })
    }
}

/// k-means: the centres from which the rows lie least far, squared and summed; each row belongs to the nearest.
///
/// Lloyd's rounds (Lloyd 1982) from centres by greedy k-means++ (Arthur and Vassilvitskii 2007). A round takes
/// `O(n_samples n_clusters n_features)`, as single-precision matrix products of centred and scaled rows; the last round is made
/// in double precision on the rows as given. A cluster that loses its last row moves to the row that lies farthest
/// from its centre; where there are fewer different rows than clusters, some clusters stay empty.
///
/// ```
/// use n2d_cluster::KMeansConfig;
/// use n2d_core::{Clusterer, FitContext, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 1.0, 8.0, 9.0], 1)?;
/// let fit = KMeansConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.inertia(), 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct KMeans {
    config: KMeansConfig,
}

/// What one fit from one choice of first centres comes to.
pub(crate) struct Run {
    pub(crate) fitted: FittedKMeans,
    pub(crate) history: Vec<f64>,
    pub(crate) termination: Termination,
}

/// Called after each round with its number, counted from one, and the inertia.
pub(crate) type EachRound<'a> = dyn FnMut(usize, f64) -> Result<Control, FitError> + 'a;

/// Who is told of the rounds.
#[derive(Clone, Copy)]
pub(crate) enum Telling {
    /// Nobody: the rounds are a step of something else.
    Nobody,
    /// The observer, of this run of so many.
    Observer { run: usize, n_runs: usize },
}

impl KMeans {
    /// The options it was built from.
    pub fn config(&self) -> &KMeansConfig {
        &self.config
    }

    /// A fit from given first centres, `(n_clusters, n_features)`; `init` and `n_init` play no role.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`StartError`](crate::StartError) for centres of another
    /// shape or that are not finite.
    pub fn fit_from(
        &self,
        y: Samples<'_>,
        centers: ArrayView2<'_, f64>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedKMeans>, FitError> {
        ctx.run_stage(Stage::Clusterer, KMeansConfig::NAME, |ctx| {
            self.enough(y)?;
            let expected = [self.config.n_clusters, y.n_features()];
            check_start("centers", centers, centers.shape(), &expected)
                .map_err(|error| part_error(KMeansConfig::NAME, error))?;
            let scaled = Scaled::new(y);
            let start = scaled.to_scaled(centers.iter().copied());
            let telling = Telling::Observer { run: 0, n_runs: 1 };
            let run = self.lloyd(y, &scaled, start, telling, ctx)?;
            Ok(run.into_fit())
        })
    }

    fn enough(&self, y: Samples<'_>) -> Result<(), FitError> {
        let what = format!("n_clusters = {}", self.config.n_clusters);
        enough_samples(KMeansConfig::NAME, &what, self.config.n_clusters, y)
    }

    fn best_run(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Run, FitError> {
        let scaled = Scaled::new(y);
        let n_runs = self.config.n_init;
        let mut best = None::<Run>;
        for at in 0..n_runs {
            let mut rng = ctx.rng("kmeans", at as u64);
            let telling = Telling::Observer { run: at, n_runs };
            let run = self.run(y, &scaled, &mut rng, telling, ctx)?;
            let stopped = run.termination == Termination::Stopped;
            if best
                .as_ref()
                .is_none_or(|best| run.fitted.inertia() < best.fitted.inertia())
            {
                best = Some(run);
            }
            if stopped {
                break;
            }
        }
        Ok(best.expect("n_init is at least 1: checked in `build`"))
    }

    /// One fit from centres that `rng` chooses. Other clusterers start from it as well.
    pub(crate) fn run(
        &self,
        y: Samples<'_>,
        scaled: &Scaled,
        rng: &mut ChaCha8Rng,
        telling: Telling,
        ctx: &mut FitContext<'_>,
    ) -> Result<Run, FitError> {
        let n_clusters = self.config.n_clusters;
        let rows = match self.config.init {
            KMeansInit::PlusPlus => plus_plus(scaled, n_clusters, rng, ctx)?,
            KMeansInit::Random => random_rows(scaled.n_samples(), n_clusters, rng),
        };
        self.lloyd(y, scaled, scaled.points(&rows), telling, ctx)
    }

    fn lloyd(
        &self,
        y: Samples<'_>,
        scaled: &Scaled,
        start: Vec<f64>,
        telling: Telling,
        ctx: &mut FitContext<'_>,
    ) -> Result<Run, FitError> {
        let max_iter = self.config.max_iter;
        let limits = lloyd::Limits {
            max_iter,
            tol: self.config.tol,
        };
        let rounds = lloyd::rounds(scaled, start, &limits, &mut |round, inertia| match telling {
            Telling::Nobody => ctx.check_cancelled().map(|()| Control::Continue),
            Telling::Observer { run, n_runs } => {
                let progress = Progress::new("rounds", run * max_iter + round, n_runs * max_iter);
                ctx.step(progress.with_metric("inertia", inertia))
            }
        })?;
        Ok(Run {
            fitted: FittedKMeans::settle(y, scaled.to_original(&rounds.centers)),
            history: rounds.history,
            termination: rounds.termination,
        })
    }
}

impl Run {
    fn into_fit(self) -> Fit<FittedKMeans> {
        let report = Report::new(KMeansConfig::NAME, self.termination)
            .with_n_iter(self.history.len())
            .with_objective("inertia", self.fitted.inertia())
            .with_history(self.history);
        let (found, asked) = (self.fitted.labels().n_clusters(), self.fitted.n_clusters());
        let report = if found < asked {
            report.with_note(format!("only {found} of {asked} clusters have rows"))
        } else {
            report
        };
        Fit {
            model: self.fitted,
            report,
        }
    }
}

impl Clusterer for KMeans {
    type Fitted = FittedKMeans;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedKMeans>, FitError> {
        ctx.run_stage(Stage::Clusterer, KMeansConfig::NAME, |ctx| {
            self.enough(y)?;
            Ok(self.best_run(y, ctx)?.into_fit())
        })
    }
}
