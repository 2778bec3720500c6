use std::time::Instant;

use crate::rng::{self, ChaCha8Rng};
use crate::{
    CancelToken, Checkpoints, Control, Event, Fit, FitError, Observer, Parallelism, Progress, Stage,
};

/// Everything a fit needs besides the data: the seed, who watches, who may cancel, and the threads.
///
/// ```
/// use n2d_core::{CancelToken, Control, Event, FitContext, Parallelism};
///
/// let token = CancelToken::new();
/// let mut watch = |event: &Event<'_>| Control::Continue;
/// let mut ctx = FitContext::new(42)
///     .with_parallelism(Parallelism::threads(2.try_into()?)?)
///     .with_cancel(token.clone())
///     .with_observer(&mut watch);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub struct FitContext<'a> {
    seed: u64,
    observer: Option<&'a mut dyn Observer>,
    cancel: CancelToken,
    parallelism: Parallelism,
    checkpoints: Option<Checkpoints>,
    running: Option<Running>,
    member: Option<Member>,
}

/// Which of how many equal pieces of a stage's work is being done.
#[derive(Clone, Copy)]
struct Member {
    index: u64,
    of: u64,
}

/// The stage that is at work, for events and for errors.
#[derive(Clone)]
struct Running {
    stage: Stage,
    part: String,
}

impl Member {
    /// Steps of this member among those of all, as if all had as many.
    fn share(self, progress: Progress) -> Progress {
        let before = self.index.saturating_mul(progress.total);
        Progress {
            step: before.saturating_add(progress.step),
            total: self.of.saturating_mul(progress.total),
            ..progress
        }
    }
}

impl<'a> FitContext<'a> {
    /// With a seed, which alone fixes every bit of the result; nobody watches, all cores work.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            observer: None,
            cancel: CancelToken::new(),
            parallelism: Parallelism::default(),
            checkpoints: None,
            running: None,
            member: None,
        }
    }

    /// With somebody who watches.
    pub fn with_observer(self, observer: &'a mut dyn Observer) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// With a token by which the fit can be cancelled.
    pub fn with_cancel(self, cancel: CancelToken) -> Self {
        Self { cancel, ..self }
    }

    /// With a number of threads.
    pub fn with_parallelism(self, parallelism: Parallelism) -> Self {
        Self { parallelism, ..self }
    }

    /// With checkpoints of what trains.
    pub fn with_checkpoints(self, checkpoints: Checkpoints) -> Self {
        Self {
            checkpoints: Some(checkpoints),
            ..self
        }
    }

    /// The seed as it was given.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A seed of its own for a purpose: that of another stage or step is independent of it.
    pub fn derived_seed(&self, purpose: &str) -> u64 {
        rng::derive(self.seed, purpose)
    }

    /// The generator for a purpose and a fixed-size chunk of its work.
    pub fn rng(&self, purpose: &str, chunk: u64) -> ChaCha8Rng {
        rng::generator(self.seed, purpose, chunk)
    }

    /// The token, for loops that run on other threads.
    pub fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// Where what trains is to write down how far it is, if anywhere.
    pub fn checkpoints(&self) -> Option<&Checkpoints> {
        self.checkpoints.as_ref()
    }

    /// The threads that work.
    pub fn parallelism(&self) -> &Parallelism {
        &self.parallelism
    }

    /// Runs `fit` as the work of one stage: on this context's threads, timed, announced, and with its report passed on.
    ///
    /// Every part's `fit` is wrapped in this, so that it behaves the same alone and in a pipeline.
    ///
    /// # Errors
    /// What `fit` returns, and [`FitError::Cancelled`] where the token is set before it begins.
    pub fn run_stage<T: Send>(
        &mut self,
        stage: Stage,
        part: &str,
        fit: impl FnOnce(&mut Self) -> Result<Fit<T>, FitError> + Send,
    ) -> Result<Fit<T>, FitError> {
        let outer = self.running.replace(Running {
            stage,
            part: part.to_owned(),
        });
        let parallelism = self.parallelism.clone();
        let result = parallelism.install(|| self.timed(stage, part, fit));
        self.running = outer;
        result
    }

    /// Runs `fit` as one of `of` equal members of the stage that is at work: with a seed of its own, `member`, and with its steps
    /// told as its share of all. Its start and its end are not told, as it is no stage.
    ///
    /// ```
    /// use n2d_core::{Fit, FitContext, Report, Stage, Termination};
    ///
    /// let mut ctx = FitContext::new(42);
    /// let seed = |ctx: &mut FitContext<'_>, index| ctx.run_member(index, 2, |ctx| Ok(ctx.seed()));
    /// assert_ne!(seed(&mut ctx, 0)?, seed(&mut ctx, 1)?);
    /// assert_eq!(ctx.seed(), 42);
    /// # Ok::<(), n2d_core::FitError>(())
    /// ```
    ///
    /// # Errors
    /// What `fit` returns.
    pub fn run_member<T>(
        &mut self,
        index: usize,
        of: usize,
        fit: impl FnOnce(&mut Self) -> Result<T, FitError>,
    ) -> Result<T, FitError> {
        let outer = (self.seed, self.member);
        self.seed = rng::derive(self.seed, &format!("member {index}"));
        // A member may have members of its own: their shares are parts of its share.
        let (before, all) = self.member.map_or((0, 1), |member| (member.index, member.of));
        self.member = Some(Member {
            index: before.saturating_mul(of as u64).saturating_add(index as u64),
            of: all.saturating_mul(of as u64),
        });
        let result = fit(self);
        (self.seed, self.member) = outer;
        result
    }

    fn timed<T>(
        &mut self,
        stage: Stage,
        part: &str,
        fit: impl FnOnce(&mut Self) -> Result<Fit<T>, FitError>,
    ) -> Result<Fit<T>, FitError> {
        self.check_cancelled()?;
        let is_member = self.member.is_some();
        if !is_member {
            self.tell(&Event::Started { stage, part });
        }
        let start = Instant::now();
        let mut fit = fit(self)?;
        fit.report.seconds = start.elapsed().as_secs_f64();
        if !is_member {
            self.tell(&Event::Finished {
                stage,
                report: &fit.report,
            });
        }
        Ok(fit)
    }

    /// Reports a step to the observer and asks whether to go on.
    ///
    /// # Errors
    /// [`FitError::Cancelled`] where the token is set.
    pub fn step(&mut self, progress: Progress) -> Result<Control, FitError> {
        self.check_cancelled()?;
        let Some(Running { stage, .. }) = self.running else {
            return Ok(Control::Continue);
        };
        let progress = self.member.map_or(progress, |member| member.share(progress));
        Ok(self.tell(&Event::Progress { stage, progress }))
    }

    /// Whether to give up, for loops that have no step to report.
    ///
    /// # Errors
    /// [`FitError::Cancelled`] where the token is set.
    pub fn check_cancelled(&self) -> Result<(), FitError> {
        if self.cancel.is_cancelled() {
            return Err(FitError::Cancelled {
                part: self.part().to_owned(),
            });
        }
        Ok(())
    }

    fn part(&self) -> &str {
        self.running.as_ref().map_or("n2d", |running| &running.part)
    }

    fn tell(&mut self, event: &Event<'_>) -> Control {
        self.observer
            .as_mut()
            .map_or(Control::Continue, |observer| observer.observe(event))
    }
}

impl std::fmt::Debug for FitContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FitContext")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
