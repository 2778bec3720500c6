use ndarray::{ArrayView1, ArrayView2};

use crate::DataError;

/// Numbers of rows fit into `u32`, and those of clusters, which may be as many, into the `i32` of a label.
const MOST_ROWS: usize = i32::MAX as usize;

/// A checked view of data: `n_samples` rows of `n_features` values, `f32`, row-major, never empty, all finite.
///
/// The checks are made once, here, at the border; every stage may rely on them. Images and sequences are rows
/// too: their inner shape comes along where it is known ([`with_row_shape`](Self::with_row_shape)), for the encoders that ask for it.
///
/// ```
/// use n2d_core::{DataError, Samples};
///
/// let x = Samples::from_rows(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 2)?;
/// assert_eq!((x.n_samples(), x.n_features()), (3, 2));
///
/// let error = Samples::from_rows(&[0.0, f32::NAN], 2).unwrap_err();
/// assert_eq!(error.to_string(), "row 0, column 1 is NaN; every value must be finite");
/// # Ok::<(), DataError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    view: ArrayView2<'a, f32>,
    row_shape: Option<&'a [usize]>,
}

impl<'a> Samples<'a> {
    /// Checks a view.
    ///
    /// # Errors
    /// [`DataError`] where there is no row, no column, a value that is not finite (with its row and column), or
    /// a memory layout other than row-major (`as_standard_layout` of `ndarray` makes one).
    pub fn new(view: ArrayView2<'a, f32>) -> Result<Self, DataError> {
        let (n_samples, n_features) = view.dim();
        if n_samples == 0 || n_features == 0 {
            return Err(DataError::Empty {
                n_samples,
                n_features,
            });
        }
        if n_samples > MOST_ROWS {
            let most = MOST_ROWS;
            return Err(DataError::TooManyRows { n_samples, most });
        }
        let Some(values) = view.to_slice() else {
            return Err(DataError::NotRowMajor);
        };
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(DataError::NotFinite {
                row: at / n_features,
                column: at % n_features,
                value: values[at],
            });
        }
        Ok(Self {
            view,
            row_shape: None,
        })
    }

    /// Views a slice as rows of `n_features` values.
    ///
    /// # Errors
    /// As [`Samples::new`], and [`DataError::Ragged`] where the slice is no whole number of rows.
    pub fn from_rows(values: &'a [f32], n_features: usize) -> Result<Self, DataError> {
        if n_features == 0 || values.is_empty() {
            return Err(DataError::Empty {
                n_samples: 0,
                n_features,
            });
        }
        let n_samples = values.len() / n_features;
        let view = ArrayView2::from_shape((n_samples, n_features), values)
            .ok()
            .filter(|_| values.len() == n_samples * n_features)
            .ok_or(DataError::Ragged {
                n_values: values.len(),
                n_features,
            })?;
        Self::new(view)
    }

    /// The same rows with their inner shape, the slowest extent first and channels last: `[128, 6]` for 128 steps of 6 channels,
    /// `[28, 28]` or `[32, 32, 3]` for images.
    ///
    /// # Errors
    /// [`DataError::RowShape`] where its product is not the number of features.
    pub fn with_row_shape<'b>(self, row_shape: &'b [usize]) -> Result<Samples<'b>, DataError>
    where
        'a: 'b,
    {
        let product = row_shape
            .iter()
            .try_fold(1_usize, |n, &extent| n.checked_mul(extent));
        if product != Some(self.n_features()) {
            return Err(DataError::RowShape {
                row_shape: row_shape.to_vec(),
                n_features: self.n_features(),
            });
        }
        Ok(Samples {
            view: self.view.reborrow(),
            row_shape: Some(row_shape),
        })
    }

    /// The inner shape of a row, where it is known.
    pub fn row_shape(&self) -> Option<&'a [usize]> {
        self.row_shape
    }

    /// Number of rows; at least one.
    pub fn n_samples(&self) -> usize {
        self.view.nrows()
    }

    /// Number of columns; at least one.
    pub fn n_features(&self) -> usize {
        self.view.ncols()
    }

    /// The data as an `ndarray` view.
    pub fn view(&self) -> ArrayView2<'a, f32> {
        self.view
    }

    /// One row, counted from zero.
    ///
    /// # Panics
    /// Where `index >= n_samples`.
    pub fn row(&self, index: usize) -> ArrayView1<'a, f32> {
        self.view.index_axis_move(ndarray::Axis(0), index)
    }

    /// All values, row after row.
    pub fn as_slice(&self) -> &'a [f32] {
        self.view.to_slice().expect("row-major: checked in `new`")
    }

    /// The rows as slices, in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, f32> {
        self.as_slice().chunks_exact(self.n_features())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn refuses_what_no_stage_could_use() {
        let none = Array2::<f32>::zeros((0, 3));
        assert!(matches!(
            Samples::new(none.view()),
            Err(DataError::Empty {
                n_samples: 0,
                n_features: 3
            })
        ));
        let one = Array2::<f32>::zeros((1, 1));
        let many = one.broadcast((MOST_ROWS + 1, 1)).unwrap();
        assert!(matches!(Samples::new(many), Err(DataError::TooManyRows { .. })));
        let narrow = Array2::<f32>::zeros((3, 0));
        assert!(matches!(
            Samples::new(narrow.view()),
            Err(DataError::Empty { .. })
        ));
        let infinite = array![[0.0, 1.0], [f32::INFINITY, 0.0]];
        assert!(matches!(
            Samples::new(infinite.view()),
            Err(DataError::NotFinite {
                row: 1,
                column: 0,
                ..
            })
        ));
        let columns = array![[0.0_f32, 1.0], [2.0, 3.0]];
        assert!(matches!(Samples::new(columns.t()), Err(DataError::NotRowMajor)));
        assert!(matches!(
            Samples::from_rows(&[1.0; 5], 2),
            Err(DataError::Ragged { n_values: 5, .. })
        ));
        assert!(matches!(Samples::from_rows(&[], 2), Err(DataError::Empty { .. })));
        assert!(matches!(
            Samples::from_rows(&[1.0], 0),
            Err(DataError::Empty { .. })
        ));
    }

    #[test]
    fn a_row_shape_has_as_many_values_as_a_row() {
        let x = Samples::from_rows(&[0.0; 12], 6).unwrap();
        assert_eq!(x.row_shape(), None);
        assert_eq!(x.with_row_shape(&[3, 2]).unwrap().row_shape(), Some(&[3, 2][..]));
        for wrong in [&[3, 3][..], &[], &[0], &[usize::MAX, 2]] {
            let refused = x.with_row_shape(wrong).unwrap_err();
            assert!(
                matches!(refused, DataError::RowShape { n_features: 6, .. }),
                "{refused}"
            );
        }
    }

    #[test]
    fn rows_are_what_was_given() {
        let x = Samples::from_rows(&[0.0, 1.0, 2.0, 3.0], 2).unwrap();
        assert_eq!(x.row(1).to_vec(), [2.0, 3.0]);
        assert_eq!(x.rows().map(|r| r[0]).collect::<Vec<_>>(), [0.0, 2.0]);
    }
}
