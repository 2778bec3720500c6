use std::path::PathBuf;

use n2d_core::DataError;
use n2d_metrics::MetricError;

/// What no picture can be made of, or written to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// Nothing to draw.
    #[error("{plot}: there are no {what}; at least one is needed")]
    Empty {
        /// The plot.
        plot: &'static str,
        /// What there is none of: `rows`, `epochs`, ...
        what: &'static str,
    },
    /// Two things given are not of the same rows.
    #[error("{plot}: there are {expected} rows but {given} {what}; each row needs one")]
    LengthMismatch {
        /// The plot.
        plot: &'static str,
        /// What else was given: `labels`, `strengths`, ...
        what: &'static str,
        /// Rows there are.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// A value that has no place in the picture.
    #[error("{plot}: {what} {at} is {value}; it must be {allowed}")]
    BadValue {
        /// The plot.
        plot: &'static str,
        /// What is meant: `strength of row`, ...
        what: &'static str,
        /// Which one, counted from zero.
        at: usize,
        /// What is allowed, in words.
        allowed: &'static str,
        /// What was given.
        value: f64,
    },
    /// A component that the points do not have.
    #[error(
        "{plot}: component {component} was asked for, but the points have {n_components}, counted from 0"
    )]
    NoSuchComponent {
        /// The plot.
        plot: &'static str,
        /// The component, from zero.
        component: usize,
        /// Components there are.
        n_components: usize,
    },
    /// A layout for display that is not of two columns.
    #[error("{plot}: the display layout has {given} columns; it needs 2")]
    DisplayLayout {
        /// The plot.
        plot: &'static str,
        /// Columns given.
        given: usize,
    },
    /// A condensed tree whose rows contradict one another.
    #[error("condensed tree: row {row} {what}")]
    BadTree {
        /// The row of the table, from zero.
        row: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An option has a value that is not allowed.
    #[error(transparent)]
    Option(#[from] n2d_core::ConfigError),
    /// A point that is no number.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Labels that can't be compared.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A file whose name does not say which kind of picture is wanted.
    #[error("{}: the name must end in .png or .svg", path.display())]
    UnknownFormat {
        /// The file asked for.
        path: PathBuf,
    },
    /// A picture of more dots than can be held.
    #[error("a picture of {width} x {height} dots is too large; ask for fewer dots per inch")]
    TooLarge {
        /// Dots across.
        width: u64,
        /// Dots down.
        height: u64,
    },
    /// The file could not be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
