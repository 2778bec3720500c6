//! What a training with labels needs to know of them.

use n2d_core::{BoxError, FitContext, Labels, Samples};

use crate::native::Head;
use crate::plan::Plan;

/// Labels to be learnt, checked.
pub(crate) struct Lesson<'a> {
    labels: &'a Labels,
    weight: f64,
}

/// Why a training with labels can't be made.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// Burn would have to make it.
    #[error(
        "a training with labels needs our own engine, which trains dense and convolutional networks on the CPU"
    )]
    Engine,
    /// Not one label a row.
    #[error("there must be a label for each of {n_rows} rows, but there are {n_labels}")]
    Count {
        /// Rows given.
        n_rows: usize,
        /// Labels given.
        n_labels: usize,
    },
    /// No row has one.
    #[error("at least one label must be known (0 or above), but all are -1")]
    NoneKnown,
    /// Their share of what is minimised is none.
    #[error("the weight of labels must be between 0 and 1, but is {weight}")]
    Weight {
        /// What was given.
        weight: f64,
    },
    /// Checkpoints were asked for.
    #[error("a training with labels keeps no checkpoints")]
    Checkpoints,
}

impl<'a> Lesson<'a> {
    /// That there is a label for each row, and that labels can be learnt.
    pub(crate) fn check(
        x: Samples<'_>,
        labels: &'a Labels,
        weight: f64,
        ctx: &FitContext<'_>,
    ) -> Result<Self, LabelsError> {
        let (n_rows, n_labels) = (x.n_samples(), labels.len());
        if n_labels != n_rows {
            return Err(LabelsError::Count { n_rows, n_labels });
        }
        if labels.n_clusters() == 0 {
            return Err(LabelsError::NoneKnown);
        }
        if !(0.0..=1.0).contains(&weight) {
            return Err(LabelsError::Weight { weight });
        }
        if ctx.checkpoints().is_some() {
            return Err(LabelsError::Checkpoints);
        }
        Ok(Self { labels, weight })
    }

    /// The label of each row, -1 where it is not known.
    pub(crate) fn labels(&self) -> &'a [i32] {
        self.labels.as_slice()
    }

    /// Whether rows without a label teach nothing.
    pub(crate) fn is_all(&self) -> bool {
        self.weight == 1.0
    }

    /// What learns them from latents.
    pub(crate) fn head(
        &self,
        plan: &Plan,
        latent_dim: usize,
        ctx: &FitContext<'_>,
    ) -> Result<Head, BoxError> {
        let n_classes = self.labels().iter().max().map_or(0, |&last| last as usize + 1);
        Head::new(plan, (latent_dim, n_classes), self.weight, ctx)
    }
}
