//! Watching a fit and stopping it. The library never prints: it tells an [`Observer`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Report, Stage};

/// What an observer is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage begins.
    Started {
        /// Which.
        stage: Stage,
        /// The part's name.
        part: &'a str,
    },
    /// A step is done.
    Progress {
        /// Of which stage.
        stage: Stage,
        /// How far it is.
        progress: Progress,
    },
    /// A stage is finished.
    Finished {
        /// Which.
        stage: Stage,
        /// How it went.
        report: &'a Report,
    },
}

/// How far a stage is. Within one phase, `step` never falls and never passes `total`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done: `training`, `neighbours`, `layout`, ...
    pub phase: &'static str,
    /// Steps done.
    pub step: u64,
    /// Steps in all, at the most.
    pub total: u64,
    /// A figure worth watching with its name, such as `("loss", 0.013)`.
    pub metric: Option<(&'static str, f64)>,
}

impl Progress {
    /// `step` of `total` steps of a phase are done.
    pub fn new(phase: &'static str, step: usize, total: usize) -> Self {
        Self {
            phase,
            step: step as u64,
            total: total as u64,
            metric: None,
        }
    }

    /// With a figure worth watching.
    pub fn with_metric(self, name: &'static str, value: f64) -> Self {
        Self {
            metric: Some((name, value)),
            ..self
        }
    }
}

/// What an observer wants to happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Control {
    /// Go on.
    #[default]
    Continue,
    /// End this stage early and use what it has come to: a report says so ([`Termination::Stopped`](crate::Termination)).
    Stop,
}

/// Watches a fit; may end a stage early.
///
/// Closures over [`Event`] are observers:
///
/// ```
/// use n2d_core::{Control, Event, Observer};
///
/// let mut losses = Vec::new();
/// let mut watch = |event: &Event<'_>| {
///     if let Event::Progress { progress, .. } = event {
///         losses.extend(progress.metric.map(|(_, loss)| loss));
///     }
///     Control::Continue
/// };
/// let _: &mut dyn Observer = &mut watch;
/// ```
pub trait Observer: Send {
    /// Called for every event, on the thread that works; what it does takes time from the fit.
    fn observe(&mut self, event: &Event<'_>) -> Control;
}

impl<F: FnMut(&Event<'_>) -> Control + Send> Observer for F {
    fn observe(&mut self, event: &Event<'_>) -> Control {
        self(event)
    }
}

/// Asks a fit to give up, from any thread: the fit ends with [`FitError::Cancelled`](crate::FitError::Cancelled) within a step.
///
/// Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token nobody has set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to give up.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether anybody asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
