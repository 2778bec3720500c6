//! Beginnings, and the best of several.

use n2d_core::rng::{ChaCha8Rng, SplitMix64};
use n2d_core::{FitContext, FitError, FittedClusterer, Progress, Termination};
use rand::Rng;

use super::config::MixtureInit;
use super::em::{Em, Failure, Model, Run, Task};
use super::moments::Moments;
use crate::error::{Collapsed, part_error};
use crate::kmeans::{KMeans, Scaled, Telling, nearest, plus_plus, random_rows};

/// How often to begin, and how.
#[derive(Clone, Copy)]
pub(crate) struct Restarts<'c> {
    pub(crate) task: Task,
    pub(crate) init: MixtureInit,
    /// For [`MixtureInit::KMeans`] and [`MixtureInit::Auto`].
    pub(crate) kmeans: &'c KMeans,
    pub(crate) n_init: usize,
    /// What the generators are derived for.
    pub(crate) purpose: &'static str,
    /// Of how many runs in all these are, and how many come before.
    pub(crate) runs: (usize, usize),
}

/// The best of some runs.
pub(crate) struct Best<M> {
    pub(crate) run: Run<M>,
    /// On runs that were left out.
    pub(crate) note: Option<String>,
}

impl Restarts<'_> {
    /// The run that reaches most; the error is the first collapse where all collapse. The rows are scaled once for all.
    pub(crate) fn best<M: Model>(
        &self,
        scaled: &Scaled,
        em: &mut Em<'_>,
        make: &dyn Fn(Moments) -> Result<M, usize>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Best<M>, Failure> {
        let mut best = None::<Run<M>>;
        let mut collapsed = Vec::new();
        for at in 0..self.n_init {
            let run = match self.attempt(scaled, em, at, make, ctx) {
                Ok(run) => run,
                Err(Failure::Collapsed(component)) => {
                    collapsed.push(component);
                    continue;
                }
                Err(fatal) => return Err(fatal),
            };
            let stopped = run.termination == Termination::Stopped;
            if best.as_ref().is_none_or(|best| run.reached() > best.reached()) {
                best = Some(run);
            }
            if stopped {
                break;
            }
        }
        let note = self.note_on(collapsed.len());
        match best {
            Some(run) => Ok(Best { run, note }),
            None => Err(Failure::Collapsed(collapsed[0])),
        }
    }

    fn note_on(&self, n_collapsed: usize) -> Option<String> {
        let n_runs = self.n_init;
        let note = format!("{n_collapsed} of {n_runs} beginnings collapsed and were left out");
        (n_collapsed > 0).then_some(note)
    }

    /// Run number `at`, from a beginning of its own.
    fn attempt<M: Model>(
        &self,
        scaled: &Scaled,
        em: &mut Em<'_>,
        at: usize,
        make: &dyn Fn(Moments) -> Result<M, usize>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Run<M>, Failure> {
        let mut rng = ctx.rng(self.purpose, at as u64);
        let moments = self.begin(scaled, em, at, &mut rng, ctx)?;
        let model = make(moments).map_err(Failure::Collapsed)?;
        climb(em, model, self.task, (self.runs.0 + at, self.runs.1), ctx)
    }

    /// The moments of the shares that run number `at` begins with.
    fn begin(
        &self,
        scaled: &Scaled,
        em: &mut Em<'_>,
        at: usize,
        rng: &mut ChaCha8Rng,
        ctx: &mut FitContext<'_>,
    ) -> Result<Moments, FitError> {
        let (y, n_clusters) = (em.data(), self.task.n_clusters);
        let rows = match self.init {
            MixtureInit::Auto if at % 2 == 1 => plus_plus(scaled, n_clusters, rng, ctx)?,
            MixtureInit::Auto | MixtureInit::KMeans => {
                let fitted = self.kmeans.run(y, scaled, rng, Telling::Nobody, ctx)?.fitted;
                em.share_by_labels(fitted.labels().as_slice());
                return Ok(em.moments(fitted.center_values()));
            }
            MixtureInit::Random => {
                share_at_random(em, rng.next_u64());
                return Ok(em.moments_about_the_mean());
            }
            MixtureInit::PlusPlus => plus_plus(scaled, n_clusters, rng, ctx)?,
            MixtureInit::RandomFromData => random_rows(y.n_samples(), n_clusters, rng),
        };
        let centers: Vec<f64> = rows
            .iter()
            .flat_map(|&row| y.row(row).into_iter().map(|&x| f64::from(x)))
            .collect();
        let (labels, _) = nearest(y, &centers);
        em.share_by_labels(&labels);
        Ok(em.moments(&centers))
    }
}

/// Uniform numbers for each row and component, a row's divided by their sum.
fn share_at_random(em: &mut Em<'_>, seed: u64) {
    em.share_by(|row, shares| {
        let mut rng = SplitMix64::new(seed, 0, row as u64);
        // In (0, 1): a row always has a sum to divide by.
        let unit = |rng: &mut SplitMix64| ((rng.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
        shares.fill_with(|| unit(&mut rng));
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
    });
}

/// One run, `(number, of how many)`, told to the observer.
pub(crate) fn climb<M: Model>(
    em: &mut Em<'_>,
    model: M,
    task: Task,
    (at, n_runs): (usize, usize),
    ctx: &mut FitContext<'_>,
) -> Result<Run<M>, Failure> {
    let max_iter = task.max_iter;
    em.climb(model, &mut |iteration, reached| {
        let progress = Progress::new(
            "iterations",
            at.saturating_mul(max_iter).saturating_add(iteration),
            n_runs.saturating_mul(max_iter),
        );
        ctx.step(progress.with_metric(task.objective, reached))
    })
}

impl Task {
    /// The failure as the error of the part's fit.
    pub(crate) fn error(&self, failure: Failure) -> FitError {
        match failure {
            Failure::Fatal(error) => error,
            Failure::Collapsed(component) => {
                let collapsed = Collapsed {
                    component,
                    n_clusters: self.n_clusters,
                    reg_covar: self.reg_covar,
                };
                part_error(self.part, collapsed)
            }
        }
    }
}
