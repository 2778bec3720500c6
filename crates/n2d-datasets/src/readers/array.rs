//! What `.npy` and IDX have in common: a shape, a numeric type, and the values.

use ndarray::{Array2, ArrayView, IxDyn, ShapeBuilder};

use super::element::Element;
use super::gz::Source;
use crate::NamedLabels;
use crate::error::{Place, ReadErrorKind};

/// Values before this many may be reserved for on the header's word alone.
const TRUSTED: u64 = 1 << 20;

/// What an array's header declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArrayHeader {
    pub(crate) element: Element,
    pub(crate) fortran_order: bool,
    pub(crate) shape: Vec<u64>,
}

/// Rows of numbers and the shape of one row.
pub(crate) struct Rows {
    pub(crate) x: Array2<f32>,
    pub(crate) row_shape: Vec<usize>,
}

impl ArrayHeader {
    /// How many values there are, once it is certain that the source can hold them.
    fn count(&self, source: &Source<'_>) -> Result<u64, ReadErrorKind> {
        let product = |n: u64, &d: &u64| n.checked_mul(d);
        let count = self.shape.iter().try_fold(1, product);
        let declared = count.and_then(|n| n.checked_mul(self.element.size() as u64));
        match (count, declared) {
            (Some(0), _) => Err(ReadErrorKind::Empty),
            (Some(count), Some(declared)) if declared <= source.room() => Ok(count),
            _ => Err(ReadErrorKind::Truncated {
                declared: declared.unwrap_or(u64::MAX),
                available: source.room(),
            }),
        }
    }

    /// Appends all values, in the order of the file, checked to be finite in 32 bits.
    pub(crate) fn read_values(
        &self,
        source: &mut Source<'_>,
        values: &mut Vec<f32>,
    ) -> Result<(), ReadErrorKind> {
        let count = self.count(source)?;
        // The source holds at least a byte for each value, or claims to where it is compressed.
        let certain = if source.is_compressed() {
            count.min(TRUSTED)
        } else {
            count
        };
        values.reserve(certain as usize);
        self.read_some(source, count, 0, values)
    }

    /// Appends the next values, of which `before` came earlier.
    fn read_some(
        &self,
        source: &mut Source<'_>,
        count: u64,
        before: usize,
        values: &mut Vec<f32>,
    ) -> Result<(), ReadErrorKind> {
        let start = values.len();
        self.element.read(source, count, |value| {
            let narrow = value as f32;
            if !narrow.is_finite() {
                return Err(self.not_finite(before + values.len() - start, value));
            }
            values.push(narrow);
            Ok(())
        })
    }

    /// The number of rows and their width, where rows lie one after the other and the source can hold them.
    pub(super) fn in_rows(&self, source: &Source<'_>) -> Result<Option<(u64, usize)>, ReadErrorKind> {
        if self.shape.len() < 2 || self.fortran_order {
            return Ok(None);
        }
        let count = self.count(source)?;
        Ok(Some((self.shape[0], (count / self.shape[0]) as usize)))
    }

    /// The values of the next `n_rows` rows of such an array, of which `before` were read.
    pub(super) fn next_rows(
        &self,
        source: &mut Source<'_>,
        (n_rows, n_columns): (usize, usize),
        before: u64,
    ) -> Result<Vec<f32>, ReadErrorKind> {
        let mut values = Vec::new();
        self.read_some(
            source,
            (n_rows * n_columns) as u64,
            before as usize * n_columns,
            &mut values,
        )?;
        Ok(values)
    }

    /// Reads rows of any shape, the first dimension being the rows.
    pub(crate) fn read_rows(&self, mut source: Source<'_>) -> Result<Rows, ReadErrorKind> {
        if self.shape.len() < 2 {
            return Err(ReadErrorKind::OneDimensional {
                length: self.shape.first().copied().unwrap_or(1),
            });
        }
        let mut values = Vec::new();
        self.read_values(&mut source, &mut values)?;
        source.finish()?;
        let shape = self.shape_usize();
        if self.fortran_order {
            values = row_major(&shape, values)?;
        }
        let row_shape = shape[1..].to_vec();
        let x = Array2::from_shape_vec((shape[0], row_shape.iter().product()), values);
        Ok(Rows {
            x: x.map_err(damaged)?,
            row_shape,
        })
    }

    /// Reads one whole number a row.
    pub(crate) fn read_labels(&self, mut source: Source<'_>) -> Result<NamedLabels, ReadErrorKind> {
        if self.shape.iter().skip(1).any(|&d| d != 1) || self.shape.is_empty() {
            return Err(ReadErrorKind::LabelShape {
                shape: self.shape_usize(),
            });
        }
        let count = self.count(&source)?;
        let mut labels = Vec::new();
        self.element.read(&mut source, count, |value| {
            // Beyond 2^53 an f64 no longer tells neighbouring whole numbers apart.
            if value.fract() != 0.0 || value.abs() > 9_007_199_254_740_992.0 || value.is_nan() {
                let row = labels.len();
                return Err(ReadErrorKind::BadLabel { row, value });
            }
            labels.push(value as i64);
            Ok(())
        })?;
        source.finish()?;
        Ok(NamedLabels::from_whole(&labels))
    }

    fn shape_usize(&self) -> Vec<usize> {
        self.shape.iter().map(|&d| d as usize).collect()
    }

    fn not_finite(&self, index: usize, value: f64) -> ReadErrorKind {
        let (row, column) = self.place_of(index);
        let place = Place::Element { row, column };
        let text = if value.is_finite() {
            format!("{value:e}")
        } else {
            value.to_string()
        };
        if value.is_nan() {
            return ReadErrorKind::Missing { place, text };
        }
        ReadErrorKind::NotFinite { place, text }
    }

    /// Row and flat column of the value with a number in the order of the file.
    fn place_of(&self, index: usize) -> (usize, usize) {
        let shape = self.shape_usize();
        let n_columns: usize = shape.iter().skip(1).product();
        if !self.fortran_order {
            return (index / n_columns, index % n_columns);
        }
        let rows = shape[0];
        let mut left = index / rows;
        let mut column = 0;
        let mut stride = n_columns;
        for &length in &shape[1..] {
            stride /= length;
            column += (left % length) * stride;
            left /= length;
        }
        (index % rows, column)
    }
}

fn row_major(shape: &[usize], values: Vec<f32>) -> Result<Vec<f32>, ReadErrorKind> {
    let view = ArrayView::from_shape(IxDyn(shape).f(), &values).map_err(damaged)?;
    Ok(view.iter().copied().collect())
}

fn damaged(error: impl std::fmt::Display) -> ReadErrorKind {
    ReadErrorKind::Damaged {
        detail: error.to_string(),
    }
}
