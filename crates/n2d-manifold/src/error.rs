//! Errors of this crate's parts beyond those that all parts share.

use n2d_core::FitError;

/// Data that a manifold learner can't serve as it is configured; the source of a [`FitError::Part`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifoldError {
    /// A wider embedding than the data can have.
    #[error("n_components = {n_components} is more than the {limit} features of the data")]
    TooManyComponents {
        /// The option.
        n_components: usize,
        /// The most there can be.
        limit: usize,
    },
    /// More rows than what is kept for all pairs has room for.
    #[error("{n_samples} rows are too many for {what}, which is kept for up to {limit}; {advice}")]
    TooManyRows {
        /// What is kept for all pairs of rows.
        what: &'static str,
        /// Rows given.
        n_samples: usize,
        /// The most rows.
        limit: usize,
        /// What to choose instead.
        advice: &'static str,
    },
    /// Groups of rows with affinities of nothing between them.
    #[error(
        "with gamma = {gamma} the rows fall into {n_pieces} groups whose affinities vanish; lower gamma or scale the data"
    )]
    Vanishing {
        /// The option, or what it stands for.
        gamma: f64,
        /// Number of groups.
        n_pieces: usize,
    },
    /// A factorisation that would need more memory than is allowed.
    #[error(
        "the factor of the {n_samples} x {n_samples} matrix would have {entries} entries, and {limit} are allowed; use fewer rows or \
         fewer neighbours"
    )]
    FactorTooLarge {
        /// Rows given.
        n_samples: usize,
        /// Entries of the factor.
        entries: usize,
        /// The most entries.
        limit: usize,
    },
    /// An eigenproblem without a usable solution.
    #[error("the eigenvectors could not be found: {reason}")]
    NoEigenvectors {
        /// Why.
        reason: &'static str,
    },
}

impl ManifoldError {
    /// As the failure of a part's fit.
    pub(crate) fn of(self, part: &str) -> FitError {
        FitError::Part {
            part: part.to_owned(),
            source: Box::new(self),
        }
    }
}
