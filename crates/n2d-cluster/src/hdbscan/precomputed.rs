//! What a matrix of distances must be.

use ndarray::ArrayView2;

use super::config::SpanningAlgorithm;

/// A matrix of distances that can't be clustered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DistanceMatrixError {
    /// No rows, or not as many columns.
    #[error("distances must be a square matrix of at least one row, but are {n_rows} x {n_columns}")]
    NotSquare {
        /// Rows given.
        n_rows: usize,
        /// Columns given.
        n_columns: usize,
    },
    /// A distance that is negative, NaN or infinite.
    #[error("the distance from {row} to {column} is {value}; distances must be finite and 0 or above")]
    BadDistance {
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// The distance given.
        value: f32,
    },
    /// A row that is not at 0 from itself.
    #[error("the distance from {row} to itself is {value}; it must be 0")]
    Diagonal {
        /// Row, from zero.
        row: usize,
        /// The distance given.
        value: f32,
    },
    /// Two distances between the same rows.
    #[error("the distance from {row} to {column} is {value}, but {other} the other way; they must be equal")]
    Asymmetric {
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// The distance from row to column.
        value: f32,
        /// The distance from column to row.
        other: f32,
    },
    /// Boruvka's way needs rows.
    #[error("algorithm must be auto or prim for given distances, but is boruvka")]
    NeedsRows,
}

pub(super) fn check(
    distances: ArrayView2<'_, f32>,
    algorithm: SpanningAlgorithm,
) -> Result<(), DistanceMatrixError> {
    let (n_rows, n_columns) = distances.dim();
    if n_rows == 0 || n_rows != n_columns {
        return Err(DistanceMatrixError::NotSquare { n_rows, n_columns });
    }
    if algorithm == SpanningAlgorithm::Boruvka {
        return Err(DistanceMatrixError::NeedsRows);
    }
    for ((row, column), &value) in distances.indexed_iter() {
        if !(value.is_finite() && value >= 0.0) {
            return Err(DistanceMatrixError::BadDistance { row, column, value });
        }
        if row == column && value != 0.0 {
            return Err(DistanceMatrixError::Diagonal { row, value });
        }
        let other = distances[[column, row]];
        if column < row && value != other {
            return Err(DistanceMatrixError::Asymmetric {
                row,
                column,
                value,
                other,
            });
        }
    }
    Ok(())
}
