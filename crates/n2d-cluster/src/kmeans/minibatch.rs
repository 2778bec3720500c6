//! k-means by small random batches.

use documented::DocumentedFieldsOpt;
use serde::{Deserialize, Serialize};

use n2d_core::check::{Options, enough_samples};
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{
    Clusterer, ConfigError, Control, Fit, FitContext, FitError, PartConfig, Progress, Samples, Stage,
    Termination,
};
use rayon::prelude::*;

use super::near::Near;
use super::seeding::{below, random_rows, unit};
use super::{FittedKMeans, KMeansInit, Run, Scaled, first_centers};
use crate::chunks::ROWS;
use crate::error::part_error;
use crate::weights::check_weights;

/// Options of [`MiniBatchKMeans`]. The defaults are scikit-learn's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct MiniBatchKMeansConfig {
    /// Number of clusters; at least 1, and at most as many as there are rows. Default 8.
    pub n_clusters: usize,
    /// How the first centres are chosen, among [`init_size`](Self::init_size) rows. Default [`KMeansInit::PlusPlus`].
    pub init: KMeansInit,
    /// Choices of first centres, of which the best is gone on with; at least 1. Default 1: scikit-learn's `"auto"` for
    /// k-means++; for [`KMeansInit::Random`] it takes 3.
    pub n_init: usize,
    /// Rows, drawn at random, from which first centres are chosen and on which they are compared; at least `n_clusters`. Default
    /// none: three batches, or `3 n_clusters` where that is more. Never more than there are rows.
    pub init_size: Option<usize>,
    /// Most passes over as many rows as there are; at least 1. Default 100.
    pub max_iter: usize,
    /// Rows a batch, drawn with replacement; at least 1. Default 1024. Larger ones cost more and end nearer to k-means.
    pub batch_size: usize,
    /// Ends when the centres move, squared and summed, by no more than this share of the mean variance of a column; 0 or above.
    /// Default 0: never for this reason.
    pub tol: f64,
    /// Ends after so many batches without a lower smoothed inertia; at least 1, or none. Default 10.
    pub max_no_improvement: Option<usize>,
    /// Centres with fewer rows than this share of the fullest one's are moved to rows at random from time to time; 0 or above.
    /// Default 0.01.
    pub reassignment_ratio: f64,
}

impl Default for MiniBatchKMeansConfig {
    fn default() -> Self {
        Self {
            n_clusters: 8,
            init: KMeansInit::default(),
            n_init: 1,
            init_size: None,
            max_iter: 100,
            batch_size: 1024,
            tol: 0.0,
            max_no_improvement: Some(10),
            reassignment_ratio: 0.01,
        }
    }
}

impl MiniBatchKMeansConfig {
    /// The defaults with a number of clusters.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters,
            ..Self::default()
        }
    }
}

impl PartConfig for MiniBatchKMeansConfig {
    const NAME: &'static str = "minibatch_kmeans";
    type Part = MiniBatchKMeans;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<MiniBatchKMeans, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_clusters", self.n_clusters, 1)?;
        options.at_least("n_init", self.n_init, 1)?;
        options.at_least("init_size", self.init_size.unwrap_or(usize::MAX), self.n_clusters)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        options.at_least("batch_size", self.batch_size, 1)?;
        options.not_negative("tol", self.tol)?;
        options.at_least("max_no_improvement", self.max_no_improvement.unwrap_or(1), 1)?;
        options.not_negative("reassignment_ratio", self.reassignment_ratio)?;
        Ok(MiniBatchKMeans { config: self.clone() })
    }
}

/// k-means by small random batches (Sculley 2010): each centre moves to the mean of all rows it has met so far. For data
/// that are too many for [`KMeans`](crate::KMeans); the inertia ends a little higher.
///
/// A batch takes `O(batch_size n_clusters n_features)`. Labels and inertia are those of all rows, by the centres at the end.
///
/// ```
/// use n2d_cluster::MiniBatchKMeansConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 1.0, 8.0, 9.0], 1)?;
/// let fit = MiniBatchKMeansConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().sizes(), [(0, 2), (1, 2)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MiniBatchKMeans {
    config: MiniBatchKMeansConfig,
}

impl MiniBatchKMeans {
    /// The options it was built from.
    pub fn config(&self) -> &MiniBatchKMeansConfig {
        &self.config
    }

    /// A fit of rows that count more or less: they are drawn more or less often.
    ///
    /// # Errors
    /// As [`KMeans::fit_weighted`](crate::KMeans::fit_weighted).
    pub fn fit_weighted(
        &self,
        y: Samples<'_>,
        weights: &[f32],
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedKMeans>, FitError> {
        self.run(y, Some(weights), ctx)
    }

    fn run(
        &self,
        y: Samples<'_>,
        weights: Option<&[f32]>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedKMeans>, FitError> {
        let name = MiniBatchKMeansConfig::NAME;
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            let n_clusters = self.config.n_clusters;
            enough_samples(name, &format!("n_clusters = {n_clusters}"), n_clusters, y)?;
            if let Some(weights) = weights {
                check_weights(weights, y.n_samples(), n_clusters).map_err(|error| part_error(name, error))?;
            }
            let scaled = Scaled::weighted(y, weights);
            let mut rng = ctx.rng(name, 0);
            let start = self.start(&scaled, &mut rng, ctx)?;
            let mut batches = Batches::new(&self.config, &scaled, start);
            let termination = batches.all(&mut rng, ctx)?;
            let centers = scaled.to_original(&batches.centers);
            let run = Run {
                fitted: FittedKMeans::at(name, y, centers, scaled.weights()),
                history: batches.history,
                termination,
            };
            Ok(run.into_fit())
        })
    }

    /// The best of some choices of first centres, by the inertia of some rows.
    fn start(
        &self,
        scaled: &Scaled,
        rng: &mut ChaCha8Rng,
        ctx: &FitContext<'_>,
    ) -> Result<Vec<f64>, FitError> {
        let config = &self.config;
        let asked = config
            .init_size
            .unwrap_or(config.batch_size.max(config.n_clusters).saturating_mul(3));
        let size = asked.min(scaled.n_samples());
        let mut some_rows = || scaled.subset(&random_rows(scaled.n_samples(), size, rng));
        let judges = some_rows();
        let mut best = None::<(f64, Vec<f64>)>;
        for at in 0..config.n_init {
            // Of weighted rows some may not count at all, so all are drawn from.
            let some = scaled.weights().is_none().then(&mut some_rows);
            let among = some.as_ref().unwrap_or(scaled);
            let mut rng = ctx.rng("minibatch_kmeans start", at as u64);
            let centers = first_centers(among, config.init, config.n_clusters, &mut rng, ctx)?;
            let inertia = assign(&judges, &centers).inertia(&judges, &centers);
            if best.as_ref().is_none_or(|(least, _)| inertia < *least) {
                best = Some((inertia, centers));
            }
        }
        Ok(best.expect("n_init is at least 1: checked in `build`").1)
    }
}

impl Clusterer for MiniBatchKMeans {
    type Fitted = FittedKMeans;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedKMeans>, FitError> {
        self.run(y, None, ctx)
    }
}

/// The batches of one fit.
struct Batches<'a> {
    config: &'a MiniBatchKMeansConfig,
    scaled: &'a Scaled,
    /// The sums of the weights up to each row, where rows have weights.
    cumulated: Vec<f64>,
    centers: Vec<f64>,
    /// Rows that each centre has met.
    counts: Vec<f64>,
    /// The mean inertia of a row in each batch, in the units of the data.
    history: Vec<f64>,
    smoothed: Smoothed,
    since_reassignment: usize,
}

impl<'a> Batches<'a> {
    fn new(config: &'a MiniBatchKMeansConfig, scaled: &'a Scaled, centers: Vec<f64>) -> Self {
        let mut sum = 0.0;
        let add = |weight: &f64| {
            sum += weight;
            sum
        };
        Self {
            config,
            scaled,
            cumulated: scaled.weights().unwrap_or_default().iter().map(add).collect(),
            centers,
            counts: vec![0.0; config.n_clusters],
            history: Vec::new(),
            smoothed: Smoothed::default(),
            since_reassignment: 0,
        }
    }

    fn all(&mut self, rng: &mut ChaCha8Rng, ctx: &mut FitContext<'_>) -> Result<Termination, FitError> {
        let n_samples = self.scaled.n_samples();
        let size = self.config.batch_size.min(n_samples);
        let n_steps = (self.config.max_iter as u128 * n_samples as u128 / size as u128).max(1);
        let n_steps = usize::try_from(n_steps).unwrap_or(usize::MAX);
        let small_shift = self.config.tol * self.scaled.mean_variance();
        for step in 1..=n_steps {
            let before = self.centers.clone();
            let mean_inertia = self.one(size, rng);
            self.history.push(self.scaled.square_to_original(mean_inertia));
            let progress = Progress::new("batches", step, n_steps);
            if ctx.step(progress.with_metric("mean inertia", mean_inertia))? == Control::Stop {
                return Ok(Termination::Stopped);
            }
            // The first batch tells of the first centres only.
            if step == 1 {
                continue;
            }
            let alpha = (2.0 * size as f64 / (n_samples as f64 + 1.0)).min(1.0);
            let stale = self.smoothed.rounds_without_improvement(mean_inertia, alpha);
            let shift: f64 = self
                .centers
                .iter()
                .zip(&before)
                .map(|(a, b)| (a - b) * (a - b))
                .sum();
            if self.config.tol > 0.0 && shift <= small_shift {
                return Ok(Termination::Converged);
            }
            if self.config.max_no_improvement.is_some_and(|most| stale >= most) {
                return Ok(Termination::EarlyStopping);
            }
        }
        Ok(Termination::MaxIter)
    }

    /// Moves the centres by one batch and returns its mean inertia beforehand.
    fn one(&mut self, size: usize, rng: &mut ChaCha8Rng) -> f64 {
        let rows: Vec<usize> = (0..size).map(|_| self.draw(rng)).collect();
        let batch = self.scaled.gathered(&rows);
        let assigned = assign(&batch, &self.centers);
        let inertia = assigned.inertia(&batch, &self.centers) / size as f64;
        let n_features = self.scaled.n_features();
        for (row, &label) in assigned.labels.iter().enumerate() {
            let label = label as usize;
            // A running mean over all rows met.
            self.counts[label] += 1.0;
            let center = &mut self.centers[label * n_features..][..n_features];
            for (center, &x) in center.iter_mut().zip(batch.row(row)) {
                *center += (f64::from(x) - *center) / self.counts[label];
            }
        }
        self.reassign(&batch, rng);
        inertia
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let Some(&total) = self.cumulated.last() else {
            return below(self.scaled.n_samples(), rng);
        };
        let at = unit(rng) * total;
        let row = self.cumulated.partition_point(|&sum| sum <= at);
        row.min(self.scaled.n_samples() - 1)
    }

    /// From time to time, moves centres that met few rows to rows of the batch.
    fn reassign(&mut self, batch: &Scaled, rng: &mut ChaCha8Rng) {
        let n_clusters = self.counts.len();
        self.since_reassignment += batch.n_samples();
        let due = self.counts.contains(&0.0) || self.since_reassignment >= 10 * n_clusters;
        if !due {
            return;
        }
        self.since_reassignment = 0;
        let fullest = self.counts.iter().copied().fold(0.0, f64::max);
        let few = |&cluster: &usize| self.counts[cluster] < self.config.reassignment_ratio * fullest;
        let mut poor: Vec<usize> = (0..n_clusters).filter(few).collect();
        poor.sort_by(|&a, &b| self.counts[a].total_cmp(&self.counts[b]));
        poor.truncate((batch.n_samples() / 2).min(n_clusters - 1));
        let others = (0..n_clusters).filter(|cluster| !poor.contains(cluster));
        // As few as any other has, so that it is not moved at once again.
        let count = others
            .map(|cluster| self.counts[cluster])
            .fold(f64::INFINITY, f64::min);
        let rows = random_rows(batch.n_samples(), poor.len(), rng);
        let n_features = self.scaled.n_features();
        for (&cluster, row) in poor.iter().zip(rows) {
            let center = &mut self.centers[cluster * n_features..][..n_features];
            center
                .iter_mut()
                .zip(batch.row(row))
                .for_each(|(center, &x)| *center = f64::from(x));
            self.counts[cluster] = count;
        }
    }
}

/// The inertia, smoothed over batches, and how it does.
#[derive(Default)]
struct Smoothed {
    now: Option<f64>,
    least: Option<f64>,
    stale: usize,
}

impl Smoothed {
    fn rounds_without_improvement(&mut self, inertia: f64, alpha: f64) -> usize {
        let now = self
            .now
            .map_or(inertia, |now| now * (1.0 - alpha) + inertia * alpha);
        self.now = Some(now);
        if self.least.is_none_or(|least| now < least) {
            self.least = Some(now);
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        self.stale
    }
}

/// The nearest centre of each row.
struct Assigned {
    labels: Vec<u32>,
}

fn assign(rows: &Scaled, centers: &[f64]) -> Assigned {
    let near = Near::new(centers, rows.n_features());
    let mut labels = vec![0; rows.n_samples()];
    labels
        .par_chunks_mut(ROWS)
        .enumerate()
        .for_each(|(at, labels)| near.label(rows, at * ROWS, labels));
    Assigned { labels }
}

impl Assigned {
    /// Sum of the squared distances to the nearest centres, weighted.
    fn inertia(&self, rows: &Scaled, centers: &[f64]) -> f64 {
        let n_features = rows.n_features();
        let one = |(row, &label): (usize, &u32)| {
            let center = &centers[label as usize * n_features..][..n_features];
            let terms = rows.row(row).iter().zip(center);
            rows.weight(row) * terms.map(|(&x, c)| (f64::from(x) - c).powi(2)).sum::<f64>()
        };
        self.labels.iter().enumerate().map(one).sum()
    }
}
