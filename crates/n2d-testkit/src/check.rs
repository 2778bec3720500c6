//! The list of checks.

use std::fmt;

/// One thing that every part must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// What the fit to each of the [`data_sets`](crate::data_sets) comes to is as the traits promise: shapes, finite values,
    /// labels below the number of clusters, shares that sum to one.
    SoundResults,
    /// Two fits with one seed are equal, bit for bit, and so are their reports but for the seconds. Any seed will do.
    FitTwice,
    /// 1, 2 and 4 threads give the same bits, in the fit and on new rows.
    Threads,
    /// New rows get the same answers together, in pieces, and one by one.
    BatchSplit,
    /// The boxed part answers as the part itself, each `as_*` as the trait it stands for, and what is missing is
    /// [`ApplyError::MissingCapability`](n2d_core::ApplyError::MissingCapability).
    StaticAndDynamic,
    /// Rows of another width are refused by [`ApplyError::FeatureMismatch`](n2d_core::ApplyError::FeatureMismatch).
    FeatureMismatch,
    /// The observer hears of the beginning, of steps that never fall and never pass their total, and of the end; that it
    /// listens changes nothing.
    Observer,
    /// An observer that asks for an early end gets a usable model.
    Stop,
    /// A token that is set ends the fit with [`FitError::Cancelled`](n2d_core::FitError::Cancelled) before the next step.
    Cancel,
    /// The configuration comes back from JSON as it was, defaults stand in for what is left out, and unknown fields are
    /// refused.
    Configuration,
    /// What is loaded answers every question as what was saved, bit for bit, and saves as the same bytes.
    SaveAndLoad,
    /// Whatever is done to a saved state, it is refused by an error, or what it loads as can be applied without a panic.
    HostileStates,
    /// The same of damaged files.
    DamagedFiles,
}

impl Check {
    /// All checks, in the order they are run in.
    pub const ALL: [Self; 13] = [
        Self::SoundResults,
        Self::FitTwice,
        Self::Threads,
        Self::BatchSplit,
        Self::StaticAndDynamic,
        Self::FeatureMismatch,
        Self::Observer,
        Self::Stop,
        Self::Cancel,
        Self::Configuration,
        Self::SaveAndLoad,
        Self::HostileStates,
        Self::DamagedFiles,
    ];

    /// The name, as in messages and in [`Suite::allow`](crate::Suite::allow).
    pub const fn name(self) -> &'static str {
        match self {
            Self::SoundResults => "sound results",
            Self::FitTwice => "fit twice",
            Self::Threads => "threads",
            Self::BatchSplit => "batch split",
            Self::StaticAndDynamic => "static and dynamic",
            Self::FeatureMismatch => "feature mismatch",
            Self::Observer => "observer",
            Self::Stop => "stop",
            Self::Cancel => "cancel",
            Self::Configuration => "configuration",
            Self::SaveAndLoad => "save and load",
            Self::HostileStates => "hostile states",
            Self::DamagedFiles => "damaged files",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
