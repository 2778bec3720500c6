use n2d_core::ConfigError;

use crate::Noise;

/// What no metric can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// The true and the predicted labels are not of the same rows.
    #[error("there are {y_true} true labels but {y_pred} predicted ones; each row needs one of both")]
    LengthMismatch {
        /// True labels given.
        y_true: usize,
        /// Predicted labels given.
        y_pred: usize,
    },
    /// There is no row to compare.
    #[error("there are no labels; a metric needs at least one row")]
    Empty,
    /// Noise is left out, and there is nothing else.
    #[error("every row is noise, and noise is left out; a metric needs at least one row")]
    AllNoise,
    /// Two things given are not of the same rows.
    #[error("there are {n_samples} rows but {given} {what}; each row needs one")]
    RowsMismatch {
        /// Rows of the data.
        n_samples: usize,
        /// What else was given: `labels`, `embedded rows`.
        what: &'static str,
        /// How many.
        given: usize,
    },
    /// Too few clusters to tell apart, or nothing but clusters of one row.
    #[error(
        "{measure}: there are {n_clusters} clusters among {n_samples} rows; at least 2, and fewer clusters than rows, are \
         needed"
    )]
    ClusterCount {
        /// The measure.
        measure: &'static str,
        /// Clusters that count, by the choice about noise and by what the measure needs of a cluster.
        n_clusters: usize,
        /// Rows in them.
        n_samples: usize,
    },
    /// The measure has no such way with noise.
    #[error("{measure}: noise cannot be {noise}, because {reason}")]
    NoiseChoice {
        /// The measure.
        measure: &'static str,
        /// What was asked for.
        noise: Noise,
        /// Why not.
        reason: &'static str,
    },
    /// An option has a value that is not allowed.
    #[error(transparent)]
    Option(#[from] ConfigError),
    /// The cancel token was set.
    #[error("{measure}: cancelled")]
    Cancelled {
        /// The measure that was at work.
        measure: &'static str,
    },
}
