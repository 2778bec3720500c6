//! What each row counts.

/// Weights of rows that can't be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightError {
    /// Not one for each row.
    #[error("{given} weights are given for {n_samples} rows; there must be one for each")]
    Length {
        /// Number of rows.
        n_samples: usize,
        /// Number of weights.
        given: usize,
    },
    /// A weight that is no number or below zero.
    #[error("the weight of row {row} is {value}; every weight must be finite and at least 0")]
    Value {
        /// Which row, from zero.
        row: usize,
        /// Its weight.
        value: f32,
    },
    /// Fewer rows count at all than are needed.
    #[error("only {given} weights are above 0, but {needed} are needed")]
    TooFew {
        /// Weights above zero that are needed.
        needed: usize,
        /// Weights above zero.
        given: usize,
    },
}

/// Checks weights: one a row, finite, none below zero, and enough of them above.
pub(crate) fn check_weights(weights: &[f32], n_samples: usize, needed: usize) -> Result<(), WeightError> {
    if weights.len() != n_samples {
        let given = weights.len();
        return Err(WeightError::Length { n_samples, given });
    }
    let bad = |weight: &f32| !weight.is_finite() || *weight < 0.0;
    if let Some(row) = weights.iter().position(bad) {
        let value = weights[row];
        return Err(WeightError::Value { row, value });
    }
    let given = weights.iter().filter(|&&weight| weight > 0.0).count();
    if given < needed {
        return Err(WeightError::TooFew { needed, given });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_weights_are_named() {
        assert_eq!(check_weights(&[0.0, 1.5], 2, 1), Ok(()));
        let error = |weights: &[f32], needed| check_weights(weights, 2, needed).unwrap_err().to_string();
        assert!(error(&[1.0], 1).starts_with("1 weights are given for 2 rows"));
        assert!(error(&[1.0, -1.0], 1).starts_with("the weight of row 1 is -1"));
        assert!(error(&[f32::NAN, 1.0], 1).starts_with("the weight of row 0 is NaN"));
        assert!(error(&[0.0, 1.0], 2).starts_with("only 1 weights are above 0"));
    }
}
