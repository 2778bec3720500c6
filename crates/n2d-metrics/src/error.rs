/// Labels that no metric can compare.
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
}
