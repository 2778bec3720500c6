use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where and how often a fit that trains writes down how far it is, so that it can be resumed.
///
/// A resumed fit ends with the bits of one that was never disturbed. Parts that do not train take no notice.
///
/// ```
/// use n2d_core::{Checkpoints, Every, FitContext};
/// use std::time::Duration;
///
/// let often = Checkpoints::new("training.n2d", Every::Time(Duration::from_secs(60))).resuming();
/// let ctx = FitContext::new(42).with_checkpoints(often);
/// assert!(ctx.checkpoints().is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoints {
    path: PathBuf,
    every: Every,
    resume: bool,
}

/// How often. Besides, a checkpoint is written when training ends and when it is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// After so many epochs; 0 counts as 1.
    Epochs(usize),
    /// When so much time has passed since the last one, at the end of a batch.
    Time(Duration),
}

impl Checkpoints {
    /// Into this file, which is written whole or not at all.
    pub fn new(path: impl Into<PathBuf>, every: Every) -> Self {
        Self {
            path: path.into(),
            every,
            resume: false,
        }
    }

    /// And begins where the checkpoint in the file was, which must be there.
    pub fn resuming(self) -> Self {
        Self { resume: true, ..self }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How often.
    pub fn every(&self) -> Every {
        self.every
    }

    /// Whether to begin where the file's checkpoint was.
    pub fn resumes(&self) -> bool {
        self.resume
    }
}
