//! k-means: the part.

mod config;
mod elkan;
mod fitted;
mod lloyd;
mod minibatch;
mod near;
mod persist;
mod scaled;
mod seeding;

use n2d_core::check::enough_samples;
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{
    Clusterer, Control, Fit, FitContext, FitError, FittedClusterer, PartConfig, Progress, Report, Samples,
    Stage, Termination,
};
use ndarray::ArrayView2;

use crate::error::{check_start, part_error};
use crate::weights::check_weights;
pub use config::{KMeansAlgorithm, KMeansConfig, KMeansInit};
pub use fitted::FittedKMeans;
pub(crate) use fitted::nearest;
pub use minibatch::{MiniBatchKMeans, MiniBatchKMeansConfig};
pub(crate) use scaled::Scaled;
use seeding::weighted_rows;
pub(crate) use seeding::{plus_plus, random_rows};

/// k-means: the centres from which the rows lie least far, squared and summed; each row belongs to the nearest.
///
/// Lloyd's rounds (Lloyd 1982) from centres by greedy k-means++ (Arthur and Vassilvitskii 2007). A round takes at most
/// `O(n_samples n_clusters n_features)`, in single precision on centred and scaled rows, and less where bounds tell that a row
/// stays ([`KMeansAlgorithm`]); the sums of clusters follow the rows that change. The last round of the best fit is made in
/// double precision on the rows as given. A cluster that loses its last row moves to the row that lies farthest
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
            let rounds = self.rounds(&scaled, start, telling, ctx)?;
            Ok(Run::settle(y, &scaled, rounds).into_fit())
        })
    }

    /// A fit of rows that count more or less: as if each stood there as often as its weight says.
    ///
    /// ```
    /// use n2d_cluster::KMeansConfig;
    /// use n2d_core::{FitContext, PartConfig, Samples};
    ///
    /// let y = Samples::from_rows(&[0.0, 1.0, 9.0], 1)?;
    /// let kmeans = KMeansConfig::new(2).build()?;
    /// let fit = kmeans.fit_weighted(y, &[1.0, 3.0, 1.0], &mut FitContext::new(0))?;
    /// assert!(fit.model.centers().iter().any(|&center| center == 0.75));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`WeightError`](crate::WeightError) where there is not one
    /// weight a row, one is below 0 or not finite, or fewer than `n_clusters` are above 0.
    pub fn fit_weighted(
        &self,
        y: Samples<'_>,
        weights: &[f32],
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedKMeans>, FitError> {
        ctx.run_stage(Stage::Clusterer, KMeansConfig::NAME, |ctx| {
            self.enough(y)?;
            check_weights(weights, y.n_samples(), self.config.n_clusters)
                .map_err(|error| part_error(KMeansConfig::NAME, error))?;
            let scaled = Scaled::weighted(y, Some(weights));
            Ok(self.best_run(y, &scaled, ctx)?.into_fit())
        })
    }

    fn enough(&self, y: Samples<'_>) -> Result<(), FitError> {
        let what = format!("n_clusters = {}", self.config.n_clusters);
        enough_samples(KMeansConfig::NAME, &what, self.config.n_clusters, y)
    }

    /// The best of `n_init` fits.
    pub(crate) fn best_run(
        &self,
        y: Samples<'_>,
        scaled: &Scaled,
        ctx: &mut FitContext<'_>,
    ) -> Result<Run, FitError> {
        let n_runs = self.config.n_init;
        let mut best = None::<lloyd::Rounds>;
        for at in 0..n_runs {
            let mut rng = ctx.rng("kmeans", at as u64);
            let telling = Telling::Observer { run: at, n_runs };
            let start = self.start(scaled, &mut rng, ctx)?;
            let run = self.rounds(scaled, start, telling, ctx)?;
            let stopped = run.termination == Termination::Stopped;
            if best.as_ref().is_none_or(|best| run.inertia < best.inertia) {
                best = Some(run);
            }
            if stopped {
                break;
            }
        }
        let best = best.expect("n_init is at least 1: checked in `build`");
        Ok(Run::settle(y, scaled, best))
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
        let start = self.start(scaled, rng, ctx)?;
        let rounds = self.rounds(scaled, start, telling, ctx)?;
        Ok(Run::settle(y, scaled, rounds))
    }

    /// First centres.
    fn start(
        &self,
        scaled: &Scaled,
        rng: &mut ChaCha8Rng,
        ctx: &FitContext<'_>,
    ) -> Result<Vec<f64>, FitError> {
        first_centers(scaled, self.config.init, self.config.n_clusters, rng, ctx)
    }

    fn rounds(
        &self,
        scaled: &Scaled,
        start: Vec<f64>,
        telling: Telling,
        ctx: &mut FitContext<'_>,
    ) -> Result<lloyd::Rounds, FitError> {
        let max_iter = self.config.max_iter;
        let limits = lloyd::Limits {
            max_iter,
            tol: self.config.tol,
            algorithm: self.config.algorithm,
        };
        lloyd::rounds(scaled, start, &limits, &mut |round, inertia| match telling {
            Telling::Nobody => ctx.check_cancelled().map(|()| Control::Continue),
            Telling::Observer { run, n_runs } => {
                let progress = Progress::new(
                    "rounds",
                    run.saturating_mul(max_iter).saturating_add(round),
                    n_runs.saturating_mul(max_iter),
                );
                ctx.step(progress.with_metric("inertia", inertia))
            }
        })
    }
}

/// First centres in scaled units, one after the other.
fn first_centers(
    scaled: &Scaled,
    init: KMeansInit,
    n_clusters: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Vec<f64>, FitError> {
    let rows = match (init, scaled.weights()) {
        (KMeansInit::PlusPlus, _) => plus_plus(scaled, n_clusters, rng, ctx)?,
        (KMeansInit::Random, None) => random_rows(scaled.n_samples(), n_clusters, rng),
        (KMeansInit::Random, Some(weights)) => weighted_rows(weights, n_clusters, rng),
    };
    Ok(scaled.points(&rows))
}

impl Run {
    fn settle(y: Samples<'_>, scaled: &Scaled, rounds: lloyd::Rounds) -> Self {
        Self {
            fitted: FittedKMeans::settle(y, scaled.to_original(&rounds.centers), scaled.weights()),
            history: rounds.history,
            termination: rounds.termination,
        }
    }

    fn into_fit(self) -> Fit<FittedKMeans> {
        let report = Report::new(self.fitted.name(), self.termination)
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
            Ok(self.best_run(y, &Scaled::new(y), ctx)?.into_fit())
        })
    }
}
