//! Typed errors. Each names what, where, what is allowed and what was given.

use std::borrow::Cow;

/// An error of a user's own part, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Data that no stage can use.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No row or no column.
    #[error("the data is empty: {n_samples} rows of {n_features} columns; at least one of each is needed")]
    Empty {
        /// Rows given.
        n_samples: usize,
        /// Columns given.
        n_features: usize,
    },
    /// More rows than can be counted in 31 bits: rows and clusters are numbered by such everywhere.
    #[error("there are {n_samples} rows; at most {most} can be worked on at once")]
    TooManyRows {
        /// Rows given.
        n_samples: usize,
        /// Most rows allowed.
        most: usize,
    },
    /// A value is NaN or infinite.
    #[error("row {row}, column {column} is {value}; every value must be finite")]
    NotFinite {
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// NaN, an infinity, or a number far beyond all that there was.
        value: f32,
    },
    /// The view's rows are not contiguous in memory.
    #[error("the view is not row-major; make a row-major copy with `as_standard_layout`")]
    NotRowMajor,
    /// A slice that is no whole number of rows.
    #[error("{n_values} values are no whole number of rows of {n_features} columns")]
    Ragged {
        /// Values given.
        n_values: usize,
        /// Columns asked for.
        n_features: usize,
    },
    /// An inner shape of rows that is not theirs.
    #[error("rows of {n_features} features can't have the shape {row_shape:?}")]
    RowShape {
        /// The shape given.
        row_shape: Vec<usize>,
        /// Values of a row.
        n_features: usize,
    },
    /// A label below -1.
    #[error("the label of row {row} is {label}; labels are 0, 1, 2, ... or -1 for noise")]
    BadLabel {
        /// Row, from zero.
        row: usize,
        /// The label given.
        label: i32,
    },
}

/// A configuration no part can be built from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}.{field} must be {allowed}, but is {given}")]
pub struct ConfigError {
    /// The part's name, as on the command line: `umap`, `gmm`, ...
    pub part: String,
    /// The option's name.
    pub field: String,
    /// What is allowed, in words.
    pub allowed: String,
    /// What was given.
    pub given: String,
}

/// Why a part could not be fitted. Not converging is no error: it stands in the [`Report`](crate::Report).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The data, or what an earlier stage made of it, can't be used.
    #[error("{part}: {source}")]
    Data {
        /// The part that refused it.
        part: String,
        /// What is wrong.
        source: DataError,
    },
    /// Fewer rows than the part needs.
    #[error("{part}: {needed} rows are needed for {what}, but there are only {given}")]
    TooFewSamples {
        /// The part's name.
        part: String,
        /// What asks for them, such as `n_clusters = 10`.
        what: String,
        /// Rows needed.
        needed: usize,
        /// Rows given.
        given: usize,
    },
    /// The objective, or what follows from it, is no longer a number, or as good as infinite.
    #[error("{part}: the {objective} became {value} at {unit} {step}; {advice}")]
    Diverged {
        /// The part's name.
        part: String,
        /// What was minimised.
        objective: &'static str,
        /// NaN or an infinity.
        value: f64,
        /// What is counted: `epoch`, `iteration`, ...
        unit: &'static str,
        /// Where it happened, counted from one.
        step: u64,
        /// What to change.
        advice: Cow<'static, str>,
    },
    /// The cancel token was set.
    #[error("{part}: cancelled")]
    Cancelled {
        /// The part that was at work.
        part: String,
    },
    /// A fitted part could not be applied to the training data.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Any other failure of a part.
    #[error("{part}: {source}")]
    Part {
        /// The part's name.
        part: String,
        /// What went wrong.
        source: BoxError,
    },
}

/// Why a fitted part could not be applied to new data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Rows of another width than the part was fitted on.
    #[error("{part}: fitted on rows of {expected} features, but given rows of {given}")]
    FeatureMismatch {
        /// The part's name.
        part: String,
        /// Columns at the fit.
        expected: usize,
        /// Columns given.
        given: usize,
    },
    /// The part has no such method; only a dynamic pipeline can meet this.
    #[error("{part} has no {capability}")]
    MissingCapability {
        /// The part's name.
        part: String,
        /// What was asked of it.
        capability: Capability,
    },
    /// What an earlier stage made of the rows can't be used.
    #[error("{part}: {source}")]
    Data {
        /// The part that refused it.
        part: String,
        /// What is wrong.
        source: DataError,
    },
    /// Any other failure of a part.
    #[error("{part}: {source}")]
    Part {
        /// The part's name.
        part: String,
        /// What went wrong.
        source: BoxError,
    },
}

/// What a fitted part may be able to do beyond the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// [`Decode`](crate::Decode).
    Decode,
    /// [`Transform`](crate::Transform).
    Transform,
    /// [`Predict`](crate::Predict).
    Predict,
    /// [`PredictProba`](crate::PredictProba).
    PredictProba,
    /// [`ApproximatePredict`](crate::ApproximatePredict).
    ApproximatePredict,
}

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Decode => "decode",
            Self::Transform => "transform for new rows",
            Self::Predict => "predict",
            Self::PredictProba => "predict_proba",
            Self::ApproximatePredict => "approximate_predict",
        })
    }
}
