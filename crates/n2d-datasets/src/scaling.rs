use n2d_core::persist::{LoadError, Persist, State};
use n2d_core::{ApplyError, Samples};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{ColumnRanges, UnknownName};

/// How values are brought to a common scale before clustering.
///
/// Built-in sets come scaled as the paper's authors scaled them and need none. In a table each column has units of its own. The columns of a sequence or of
/// an image do not: its channels have, and its steps or pixels are to keep their relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Values as they are: the default.
    #[default]
    None,
    /// Each column's least value becomes 0, its greatest 1.
    #[serde(rename = "minmax")]
    MinMax,
    /// Each column gets mean 0 and standard deviation 1 (that of the population: divided by `n_samples`).
    Standard,
    /// As [`Standard`](Self::Standard), all columns of a channel alike: of one place along the last axis of the rows' shape. Rows of no known shape have a channel
    /// for each column.
    StandardChannels,
    /// As [`Standard`](Self::Standard), all columns alike.
    StandardAll,
}

impl Scaling {
    pub(crate) const PART: &'static str = "scaling";
    const NAMES: [(&'static str, Self); 5] = [
        ("none", Self::None),
        ("minmax", Self::MinMax),
        ("standard", Self::Standard),
        ("standard-channels", Self::StandardChannels),
        ("standard-all", Self::StandardAll),
    ];

    /// Its name as on a command line: `none`, `minmax`, `standard`, `standard-channels` or `standard-all`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::MinMax => "minmax",
            Self::Standard => "standard",
            Self::StandardChannels => "standard-channels",
            Self::StandardAll => "standard-all",
        }
    }

    /// Columns that have one scale have one number, below that of all groups, which is the second.
    fn groups(self, x: Samples<'_>) -> (Vec<usize>, usize) {
        let n_features = x.n_features();
        let n_groups = match self {
            Self::None | Self::MinMax | Self::Standard => n_features,
            Self::StandardChannels => x
                .row_shape()
                .and_then(<[usize]>::last)
                .copied()
                .unwrap_or(n_features),
            Self::StandardAll => 1,
        };
        (
            (0..n_features).map(|column| column % n_groups).collect(),
            n_groups,
        )
    }

    /// Learns the scale of each column, or group of columns, from rows; in f64, in the order of the rows. O(n_samples * n_features).
    ///
    /// A constant one has no scale: it becomes 0, there and in rows to come.
    ///
    /// ```
    /// use n2d_core::Samples;
    /// use n2d_datasets::Scaling;
    ///
    /// let mut x = ndarray::array![[0.0, 5.0], [5.0, 5.0], [10.0, 5.0]];
    /// let scaler = Scaling::MinMax.fit(Samples::new(x.view())?);
    /// scaler.apply(&mut x)?;
    /// assert_eq!(x, ndarray::array![[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(self, x: Samples<'_>) -> Scaler {
        let n_features = x.n_features();
        let columns = match self {
            Self::None => Vec::new(),
            _ => self.fit_columns(x),
        };
        Scaler {
            scaling: self,
            n_features,
            columns,
        }
    }

    fn fit_columns(self, x: Samples<'_>) -> Vec<ColumnScale> {
        let (groups, n_groups) = self.groups(x);
        let columns = ColumnRanges::of(x);
        let mut ranges = vec![(f32::INFINITY, f32::NEG_INFINITY); n_groups];
        for (column, &group) in groups.iter().enumerate() {
            let ((low, high), of_group) = (columns.column(column), &mut ranges[group]);
            *of_group = (of_group.0.min(low), of_group.1.max(high));
        }
        let scales: Vec<(f64, f64)> = match self {
            Self::None | Self::MinMax => ranges
                .iter()
                .map(|&(low, high)| (f64::from(low), f64::from(high) - f64::from(low)))
                .collect(),
            Self::Standard | Self::StandardChannels | Self::StandardAll => {
                let center = mean(x, (&groups, n_groups), |_, v| v);
                let variance = mean(x, (&groups, n_groups), |group, v| (v - center[group]).powi(2));
                center
                    .into_iter()
                    .zip(variance.iter().map(|v| v.sqrt()))
                    .collect()
            }
        };
        let of_group = |&group: &usize| {
            let ((offset, scale), (low, high)) = (scales[group], ranges[group]);
            // The sums of a constant column may differ from it in their last bit: the ranges can't.
            let scale = if low == high { 0.0 } else { scale };
            ColumnScale { offset, scale }
        };
        groups.iter().map(of_group).collect()
    }
}

impl std::str::FromStr for Scaling {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, scaling)| *scaling).ok_or_else(|| UnknownName {
            what: "scaling",
            given: name.to_owned(),
            known: Self::NAMES.iter().map(|(known, _)| *known).collect(),
        })
    }
}

/// The scale of each column, learned by [`Scaling::fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    scaling: Scaling,
    n_features: usize,
    columns: Vec<ColumnScale>,
}

/// A value becomes `(value - offset) / scale`; 0 where the scale is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ColumnScale {
    offset: f64,
    scale: f64,
}

impl Scaler {
    /// Which scaling it is.
    pub fn scaling(&self) -> Scaling {
        self.scaling
    }

    /// Each column's `(offset, scale)`: a value becomes `(value - offset) / scale`, or 0 where the scale is 0.
    /// Empty for [`Scaling::None`].
    pub fn columns(&self) -> Vec<(f64, f64)> {
        self.columns.iter().map(|c| (c.offset, c.scale)).collect()
    }

    /// Scales rows in place. Rows to come may lie outside the range of those the scale was learned from.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] where the rows are of another width.
    pub fn apply(&self, x: &mut Array2<f32>) -> Result<(), ApplyError> {
        self.each_value(x, ColumnScale::apply)
    }

    /// Takes scaled rows, such as an encoder's reconstructions, back to the units of the data, in place. A column without scale
    /// gets its only value.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] where the rows are of another width.
    pub fn invert(&self, x: &mut Array2<f32>) -> Result<(), ApplyError> {
        self.each_value(x, ColumnScale::invert)
    }

    fn each_value(
        &self,
        x: &mut Array2<f32>,
        change: impl Fn(ColumnScale, f32) -> f32,
    ) -> Result<(), ApplyError> {
        if x.ncols() != self.n_features {
            return Err(ApplyError::FeatureMismatch {
                part: Scaling::PART.to_owned(),
                expected: self.n_features,
                given: x.ncols(),
            });
        }
        for mut row in x.rows_mut() {
            for (value, &column) in row.iter_mut().zip(&self.columns) {
                *value = change(column, *value);
            }
        }
        Ok(())
    }

    /// Width of the rows it takes.
    pub fn n_features(&self) -> usize {
        self.n_features
    }
}

impl Persist for Scaler {
    const KIND: &'static str = Scaling::PART;

    fn save(&self, state: &mut State) {
        state.set("scaling", &self.scaling);
        state.set("n_features", &self.n_features);
        let column = |value: fn(&ColumnScale) -> f64| self.columns.iter().map(value).collect::<Vec<_>>();
        state.put("offset", &column(|c| c.offset));
        state.put("scale", &column(|c| c.scale));
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let scaling = state.get("scaling")?;
        let n_features = state.get("n_features")?;
        let (offset, scale) = (state.finite_vec("offset")?, state.finite_vec("scale")?);
        let n_columns = if scaling == Scaling::None { 0 } else { n_features };
        let allowed = format!("of {n_columns} columns");
        state.expect("offset", &allowed, offset.len() == n_columns)?;
        state.expect("scale", &allowed, scale.len() == n_columns)?;
        let columns = offset.into_iter().zip(scale);
        Ok(Self {
            scaling,
            n_features,
            columns: columns
                .map(|(offset, scale)| ColumnScale { offset, scale })
                .collect(),
        })
    }
}

impl ColumnScale {
    fn apply(self, value: f32) -> f32 {
        if self.scale == 0.0 {
            return 0.0;
        }
        ((f64::from(value) - self.offset) / self.scale) as f32
    }

    fn invert(self, value: f32) -> f32 {
        (f64::from(value) * self.scale + self.offset) as f32
    }
}

/// The mean of a term of every value, over each group of columns.
fn mean(x: Samples<'_>, (groups, n_groups): (&[usize], usize), term: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; n_groups];
    for row in x.rows() {
        for (&group, &value) in groups.iter().zip(row) {
            sums[group] += term(group, f64::from(value));
        }
    }
    let n = x.n_samples() as f64 * (groups.len() / n_groups) as f64;
    sums.iter().map(|sum| sum / n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn scaled(scaling: Scaling, mut x: Array2<f32>) -> Array2<f32> {
        let scaler = scaling.fit(Samples::new(x.view()).unwrap());
        scaler.apply(&mut x).unwrap();
        x
    }

    #[test]
    fn standard_has_mean_zero_and_deviation_one() {
        let x = scaled(Scaling::Standard, array![[1.0, 10.0], [2.0, 10.0], [3.0, 40.0]]);
        // Variances 2/3 and 200.
        let (a, b) = (1.5_f32.sqrt(), std::f32::consts::FRAC_1_SQRT_2);
        let expected = array![[-a, -b], [0.0, -b], [a, 2.0 * b]];
        assert_eq!(x, expected);
    }

    #[test]
    fn columns_of_a_channel_and_all_columns_are_scaled_alike() {
        // Two steps of two channels.
        let x = array![[0.0, 10.0, 2.0, 10.0], [4.0, 10.0, 2.0, 50.0]];
        let rows = || Samples::new(x.view()).unwrap().with_row_shape(&[2, 2]).unwrap();
        let columns = |scaling: Scaling, x: Samples<'_>| scaling.fit(x).columns();
        // Of 0, 2, 4, 2, and of 10, 10, 10, 50.
        let (first, second) = ((2.0, 2_f64.sqrt()), (20.0, 300_f64.sqrt()));
        assert_eq!(
            columns(Scaling::StandardChannels, rows()),
            [first, second, first, second]
        );
        let flat = Samples::new(x.view()).unwrap();
        assert_eq!(
            columns(Scaling::StandardChannels, flat),
            columns(Scaling::Standard, flat)
        );
        let all = columns(Scaling::StandardAll, rows());
        assert_eq!(
            (all[0], all[1..].to_vec()),
            ((11.0, 232_f64.sqrt()), vec![all[0]; 3])
        );
    }

    #[test]
    fn constant_columns_become_zero_whatever_their_sums_round_to() {
        let x = Array2::from_elem((1000, 3), 0.1_f32);
        assert_eq!(
            scaled(Scaling::Standard, x.clone()),
            Array2::<f32>::zeros((1000, 3))
        );
        assert_eq!(
            scaled(Scaling::MinMax, x.clone()),
            Array2::<f32>::zeros((1000, 3))
        );
        assert_eq!(scaled(Scaling::None, x.clone()), x);
    }

    #[test]
    fn extremes_stay_finite() {
        let x = scaled(Scaling::Standard, array![[f32::MAX], [f32::MIN], [0.0]]);
        assert!(x.iter().all(|v| v.is_finite()));
        let x = scaled(Scaling::MinMax, array![[f32::MAX], [f32::MIN]]);
        assert_eq!(x, array![[1.0], [0.0]]);
    }

    #[test]
    fn rows_to_come_are_scaled_alike_and_must_be_as_wide() {
        let x = array![[0.0, 7.0], [2.0, 7.0]];
        let scaler = Scaling::MinMax.fit(Samples::new(x.view()).unwrap());
        let mut more = array![[3.0, 9.0]];
        scaler.apply(&mut more).unwrap();
        assert_eq!(more, array![[1.5, 0.0]]);
        let error = scaler.apply(&mut array![[1.0]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "scaling: fitted on rows of 2 features, but given rows of 1"
        );
    }

    #[test]
    fn scaled_rows_go_back_and_scalers_come_back() {
        let x = array![[0.0, 7.0], [2.0, 7.0], [8.0, 7.0]];
        for (_, scaling) in Scaling::NAMES {
            let scaler = scaling.fit(Samples::new(x.view()).unwrap());
            let mut there = x.clone();
            scaler.apply(&mut there).unwrap();
            scaler.invert(&mut there).unwrap();
            assert!(there.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-6), "{there}");

            let bytes = n2d_core::persist::to_bytes(&scaler).unwrap();
            assert_eq!(n2d_core::persist::from_bytes::<Scaler>(&bytes).unwrap(), scaler);
        }
    }

    #[test]
    fn names_round_trip() {
        for (_, scaling) in Scaling::NAMES {
            assert_eq!(scaling.name().parse(), Ok(scaling));
        }
        let error = "max".parse::<Scaling>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no scaling \"max\"; there are none, minmax, standard, standard-channels, standard-all"
        );
    }
}
