use n2d_core::Samples;
use n2d_core::persist::{LoadError, Persist, State};

/// The least and the greatest value of each column.
///
/// ```
/// use n2d_core::Samples;
/// use n2d_datasets::ColumnRanges;
///
/// let metres = [1.5, 80.0, 1.9, 60.0];
/// let mut known = ColumnRanges::of(Samples::from_rows(&metres, 2)?);
/// assert_eq!(known.column(0), (1.5, 1.9));
///
/// let centimetres = [170.0, 70.0];
/// let given = ColumnRanges::of(Samples::from_rows(&centimetres, 2)?);
/// assert_eq!(known.far_columns(&given), [0]);
/// known.widen(Samples::from_rows(&centimetres, 2)?);
/// assert_eq!(known.column(0), (1.5, 170.0));
/// # Ok::<(), n2d_core::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnRanges {
    low: Vec<f32>,
    high: Vec<f32>,
}

impl ColumnRanges {
    /// Those of rows. O(n_samples * n_features).
    pub fn of(x: Samples<'_>) -> Self {
        let mut ranges = Self {
            low: vec![f32::INFINITY; x.n_features()],
            high: vec![f32::NEG_INFINITY; x.n_features()],
        };
        ranges.widen(x);
        ranges
    }

    /// Takes more rows in; those wider than the first ones only as far as these go.
    pub fn widen(&mut self, x: Samples<'_>) {
        for row in x.rows() {
            for ((low, high), &value) in self.low.iter_mut().zip(&mut self.high).zip(row) {
                *low = low.min(value);
                *high = high.max(value);
            }
        }
    }

    /// Number of columns.
    pub fn n_features(&self) -> usize {
        self.low.len()
    }

    /// The least and the greatest value of a column.
    ///
    /// # Panics
    /// Where there is no such column.
    pub fn column(&self, column: usize) -> (f32, f32) {
        (self.low[column], self.high[column])
    }

    /// Whether all values of a column are the same.
    ///
    /// # Panics
    /// Where there is no such column.
    pub fn is_constant(&self, column: usize) -> bool {
        self.low[column] == self.high[column]
    }

    /// The least and the greatest value of all, as those of one column.
    pub fn overall(&self) -> Self {
        let least = self.low.iter().copied().fold(f32::INFINITY, f32::min);
        let greatest = self.high.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self {
            low: vec![least],
            high: vec![greatest],
        }
    }

    /// The columns of `other` that reach beyond these by their whole range and more: of other units, most likely. Columns that are
    /// constant here say nothing of units.
    pub fn far_columns(&self, other: &Self) -> Vec<usize> {
        let n_columns = self.n_features().min(other.n_features());
        let is_far = |&column: &usize| {
            let ((low, high), (other_low, other_high)) = (self.column(column), other.column(column));
            let range = high - low;
            range > 0.0 && (other_low < low - range || other_high > high + range)
        };
        (0..n_columns).filter(is_far).collect()
    }
}

impl Persist for ColumnRanges {
    const KIND: &'static str = "ranges";

    fn save(&self, state: &mut State) {
        state.put("low", &self.low);
        state.put("high", &self.high);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let low: Vec<f32> = state.finite_vec("low")?;
        let high: Vec<f32> = state.finite_vec("high")?;
        let ordered = low.len() == high.len() && low.iter().zip(&high).all(|(low, high)| low <= high);
        state.expect("high", "as many values as `low`, none below its", ordered)?;
        Ok(Self { low, high })
    }
}
