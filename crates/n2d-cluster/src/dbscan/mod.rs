//! DBSCAN: the configuration and the part.

mod components;
mod fitted;
mod persist;

use documented::DocumentedFieldsOpt;
use std::sync::atomic::{AtomicI32, Ordering};

use serde::{Deserialize, Serialize};

use n2d_core::check::Options;
use n2d_core::{
    Clusterer, ConfigError, Fit, FitContext, FitError, Labels, PartConfig, Progress, Report, Samples, Stage,
    Termination,
};
use n2d_neighbors::{Metric, RadiusIndex};
use rayon::prelude::*;

use crate::error::part_error;
use crate::weights::check_weights;
use components::Components;
pub use fitted::FittedDbscan;

/// Options of [`Dbscan`]. The defaults are scikit-learn's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct DbscanConfig {
    /// How far apart two rows may be, in the units of the metric, to be neighbours; above 0. Default 0.5. The most important
    /// option, to be chosen for the data.
    pub eps: f64,
    /// A row is a core row with so many neighbours, **itself counted**; at least 1. Default 5. For weighted rows it is the sum
    /// of their weights.
    pub min_samples: usize,
    /// How far apart rows are. Default [`Metric::Euclidean`].
    pub metric: Metric,
}

impl Default for DbscanConfig {
    fn default() -> Self {
        Self {
            eps: 0.5,
            min_samples: 5,
            metric: Metric::Euclidean,
        }
    }
}

impl DbscanConfig {
    /// The defaults with how far neighbours may be apart.
    pub fn new(eps: f64) -> Self {
        Self {
            eps,
            ..Self::default()
        }
    }
}

impl PartConfig for DbscanConfig {
    const NAME: &'static str = "dbscan";
    type Part = Dbscan;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Dbscan, ConfigError> {
        let options = Options::of(Self::NAME);
        options.positive("eps", self.eps)?;
        options.at_least("min_samples", self.min_samples, 1)?;
        self.metric.check(options, "metric")?;
        Ok(Dbscan { config: self.clone() })
    }
}

/// Clusters of any shape as dense regions (Ester, Kriegel, Sander and Xu 1996): core rows have at least `min_samples` rows
/// within `eps`; core rows within `eps` of one another are in one cluster, and so are the rows within `eps` of a core
/// row. All others are noise.
///
/// Clusters are numbered in the order of their first core rows. A row that is no core row and lies within `eps` of several
/// clusters belongs to the first, as in scikit-learn. Nothing is random.
///
/// Neighbours are sought twice and not kept, so memory is linear in the number of rows. See [`RadiusIndex`] for the time
/// this takes; up to 24 features it is `O(n_samples log n_samples)` and the number of pairs within `eps`.
///
/// ```
/// use n2d_cluster::DbscanConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 0.1, 0.2, 5.0, 9.0, 9.1, 9.2], 1)?;
/// let dbscan = DbscanConfig { min_samples: 3, ..DbscanConfig::new(0.25) }.build()?;
/// let fit = dbscan.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 0, 0, -1, 1, 1, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dbscan {
    config: DbscanConfig,
}

/// Rows a task at the most.
const TASK: usize = 64;
/// Values met a task, where all distances are measured: well under a second, after which cancelling is seen.
const VALUES_A_TASK: usize = 1 << 27;
/// Tasks between two reports.
const TASKS_A_STEP: usize = 32;

impl Dbscan {
    /// The options it was built from.
    pub fn config(&self) -> &DbscanConfig {
        &self.config
    }

    /// A fit of rows that count more or less towards `min_samples`.
    ///
    /// # Errors
    /// As [`fit`](Clusterer::fit), and [`FitError::Part`] with a [`WeightError`](crate::WeightError) where there is not one
    /// weight a row, or one is below 0 or not finite.
    pub fn fit_weighted(
        &self,
        y: Samples<'_>,
        weights: &[f32],
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedDbscan>, FitError> {
        ctx.run_stage(Stage::Clusterer, DbscanConfig::NAME, |ctx| {
            check_weights(weights, y.n_samples(), 0)
                .map_err(|error| part_error(DbscanConfig::NAME, error))?;
            self.run(y, Some(weights), ctx)
        })
    }

    fn run(
        &self,
        y: Samples<'_>,
        weights: Option<&[f32]>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedDbscan>, FitError> {
        let index = RadiusIndex::new(y, self.config.metric, self.config.eps);
        let values = y.as_slice().len();
        let task = match self.config.metric {
            Metric::Euclidean => TASK,
            _ => (VALUES_A_TASK / values).clamp(1, TASK),
        };
        let search = Search { y, index, task };
        let core = search.core_rows(self.config.min_samples as f64, weights, ctx)?;
        let labels = search.labels(&core, ctx)?;
        let labels = Labels::new(labels).expect("labels are counted from zero, or noise");
        let n_clusters = labels.n_clusters();
        let report = Report::new(DbscanConfig::NAME, Termination::ClosedForm);
        let report = if n_clusters == 0 {
            report.with_note("no row has enough neighbours: all are noise; raise eps or lower min_samples")
        } else {
            report
        };
        Ok(Fit {
            model: FittedDbscan::new(&self.config, y, labels, &core),
            report,
        })
    }
}

impl Clusterer for Dbscan {
    type Fitted = FittedDbscan;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedDbscan>, FitError> {
        ctx.run_stage(Stage::Clusterer, DbscanConfig::NAME, |ctx| self.run(y, None, ctx))
    }
}

/// The neighbours of rows, sought as often as they are needed.
struct Search<'a> {
    y: Samples<'a>,
    index: RadiusIndex<'a>,
    /// Rows a task.
    task: usize,
}

impl Search<'_> {
    /// Whether each row is a core row.
    fn core_rows(
        &self,
        least: f64,
        weights: Option<&[f32]>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Vec<bool>, FitError> {
        let mut core = vec![false; self.y.n_samples()];
        let count = |points: &[u32]| match weights {
            None => points.len() as f64,
            Some(weights) => points
                .iter()
                .map(|&point| f64::from(weights[point as usize]))
                .sum(),
        };
        self.in_tasks("core rows", &mut core, ctx, |_, rows, core| {
            let mut counts = [0.0; TASK];
            self.index
                .visit(rows, &mut |at, points| counts[at] += count(points));
            for (core, count) in core.iter_mut().zip(counts) {
                *core = count >= least;
            }
        })?;
        Ok(core)
    }

    fn labels(&self, core: &[bool], ctx: &mut FitContext<'_>) -> Result<Vec<i32>, FitError> {
        let components = Components::new(core.len());
        let (inner, border): (Vec<u32>, Vec<u32>) =
            (0..core.len() as u32).partition(|&row| core[row as usize]);
        self.visit_rows("clusters", &inner, ctx, |row, points| {
            // Each pair is met from both of its rows.
            let others = points
                .iter()
                .filter(|&&point| point < row && core[point as usize]);
            others.for_each(|&point| components.join(row, point));
        })?;
        let mut labels = components.numbered(core);
        // Rows that are no core rows belong to the first cluster that has one within reach.
        let found: Vec<AtomicI32> = core.iter().map(|_| AtomicI32::new(i32::MAX)).collect();
        self.visit_rows("border rows", &border, ctx, |row, points| {
            let clusters = points.iter().filter(|&&point| core[point as usize]);
            if let Some(first) = clusters.map(|&point| labels[point as usize]).min() {
                found[row as usize].fetch_min(first, Ordering::Relaxed);
            }
        })?;
        for (label, found) in labels.iter_mut().zip(found) {
            let found = found.into_inner();
            if found != i32::MAX {
                *label = found;
            }
        }
        Ok(labels)
    }

    /// Runs `visit` on the neighbours of some rows, in parallel: the row's number and some of its neighbours.
    fn visit_rows(
        &self,
        phase: &'static str,
        rows: &[u32],
        ctx: &mut FitContext<'_>,
        visit: impl Fn(u32, &[u32]) + Sync,
    ) -> Result<(), FitError> {
        let token = ctx.cancel_token();
        let task = |rows: &[u32]| {
            let values = rows.iter().flat_map(|&row| self.y.row(row as usize));
            let values: Vec<f32> = values.copied().collect();
            self.index
                .visit(&values, &mut |at, points| visit(rows[at], points));
        };
        let mut done = 0;
        for some in rows.chunks(self.task * TASKS_A_STEP) {
            let tasks = some.par_chunks(self.task);
            tasks.filter(|_| !token.is_cancelled()).for_each(task);
            done += some.len();
            ctx.step(Progress::new(phase, done, rows.len()))?;
        }
        Ok(())
    }

    /// Runs `work` on tasks of rows, in parallel: the number of the first row, the rows, and a slot for each.
    fn in_tasks<T: Send>(
        &self,
        phase: &'static str,
        slots: &mut [T],
        ctx: &mut FitContext<'_>,
        work: impl Fn(usize, &[f32], &mut [T]) + Sync,
    ) -> Result<(), FitError> {
        let (n_samples, n_features) = (self.y.n_samples(), self.y.n_features());
        let token = ctx.cancel_token();
        let step = self.task * TASKS_A_STEP;
        for (at, slots) in slots.chunks_mut(step).enumerate() {
            let first = at * step;
            let rows = &self.y.as_slice()[first * n_features..][..slots.len() * n_features];
            let done = first + slots.len();
            slots
                .par_chunks_mut(self.task)
                .zip(rows.par_chunks(self.task * n_features))
                .enumerate()
                .filter(|_| !token.is_cancelled())
                .for_each(|(task, (slots, rows))| work(first + task * self.task, rows, slots));
            ctx.step(Progress::new(phase, done, n_samples))?;
        }
        Ok(())
    }
}
