//! What rows are, and which of their columns are worth showing.

use n2d_datasets::Dataset;
use n2d_metrics::ClusterProfile;
use n2d_plot::RowKind;
use ndarray::{Array2, ArrayView2, Axis, CowArray, Ix2};

/// A shape whose last axis is at most this long, and far shorter than the first, is of steps and channels.
const MOST_CHANNELS: usize = 16;
/// Columns of a table that the page shows.
const MOST_COLUMNS: usize = 12;

/// How the rows of data are shown on a page, by their shape ([`Dataset::row_shape`]): `[height, width]`, with one or three colours perhaps, is a
/// picture; `[steps, channels]` with at most 16 channels and four times as many steps is a sequence; all else is a table.
///
/// ```
/// use n2d::datasets::Dataset;
/// use n2d::plot::RowKind;
/// use n2d::row_kind;
///
/// let mut data = Dataset::new("digits", ndarray::Array2::zeros((3, 784)));
/// data.row_shape = vec![28, 28];
/// assert_eq!(row_kind(&data), RowKind::Image { width: 28, height: 28 });
/// data.row_shape = vec![112, 7];
/// assert_eq!(row_kind(&data), RowKind::Sequence { channels: 7 });
/// ```
pub fn row_kind(data: &Dataset) -> RowKind {
    let whole = data.row_shape.iter().product::<usize>() == data.n_features();
    match data.row_shape[..] {
        [steps, channels] if whole && channels <= MOST_CHANNELS && steps >= 4 * channels => {
            RowKind::Sequence { channels }
        }
        [height, width] | [height, width, 1 | 3] if whole && height.min(width) > 1 => {
            RowKind::Image { width, height }
        }
        _ => RowKind::Table { names: names(data) },
    }
}

fn names(data: &Dataset) -> Vec<String> {
    match data.feature_names.len() == data.n_features() {
        true => data.feature_names.clone(),
        false => (0..data.n_features())
            .map(|column| format!("column {column}"))
            .collect(),
    }
}

/// What of the rows the page shows.
pub(super) struct Shown<'a> {
    pub(super) rows: CowArray<'a, f32, Ix2>,
    pub(super) kind: RowKind,
    /// The names of all columns, where rows are tables.
    pub(super) names: Option<Vec<String>>,
    /// The columns shown, of a table.
    columns: Vec<usize>,
    /// Values of a pixel, which become their mean.
    colours: usize,
}

impl Shown<'_> {
    /// Of as many values as a row has, those shown.
    pub(super) fn of(&self, values: &[f64]) -> Vec<f32> {
        match self.kind {
            RowKind::Table { .. } => self.columns.iter().map(|&column| values[column] as f32).collect(),
            _ => values
                .chunks(self.colours)
                .map(|pixel| (pixel.iter().sum::<f64>() / pixel.len() as f64) as f32)
                .collect(),
        }
    }

    /// Which columns of so many are shown, where it is not all.
    pub(super) fn columns_of(&self, n_features: usize) -> Option<String> {
        let n = self.columns.len();
        (n > 0 && n < n_features).then(|| format!("{n} of {n_features}: those that set clusters apart most"))
    }
}

/// Pictures in grey, sequences as they are, tables with the columns that set clusters apart most.
pub(super) fn shown<'a>(data: &'a Dataset, kind: RowKind, profiles: &[ClusterProfile]) -> Shown<'a> {
    let whole = |kind, names| Shown {
        rows: data.x.view().into(),
        kind,
        names,
        columns: Vec::new(),
        colours: 1,
    };
    match kind {
        RowKind::Table { names } if names.len() == data.n_features() => {
            let columns = columns(data.n_features(), profiles);
            let kept = columns.iter().map(|&column| names[column].clone()).collect();
            Shown {
                rows: data.x.select(Axis(1), &columns).into(),
                kind: RowKind::Table { names: kept },
                columns,
                ..whole(RowKind::Table { names: Vec::new() }, Some(names))
            }
        }
        RowKind::Image { width, height } if data.n_features() == 3 * width * height => Shown {
            rows: grey(data.x.view()).into(),
            colours: 3,
            ..whole(kind, None)
        },
        kind => whole(kind, None),
    }
}

/// The columns that set any cluster apart most, in their order.
fn columns(n_features: usize, profiles: &[ClusterProfile]) -> Vec<usize> {
    let most = |column: usize| {
        let effects = profiles.iter().map(|profile| profile.effects[column].abs());
        effects.fold(0.0, f64::max)
    };
    let mut columns: Vec<(f64, usize)> = (0..n_features).map(|column| (most(column), column)).collect();
    columns.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept: Vec<usize> = columns
        .into_iter()
        .take(MOST_COLUMNS)
        .map(|(_, column)| column)
        .collect();
    kept.sort_unstable();
    kept
}

/// The mean of the three colours of each pixel.
fn grey(rows: ArrayView2<'_, f32>) -> Array2<f32> {
    let pixels = rows.ncols() / 3;
    Array2::from_shape_fn((rows.nrows(), pixels), |(row, pixel)| {
        (0..3).map(|colour| rows[[row, pixel * 3 + colour]]).sum::<f32>() / 3.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_tell_what_rows_are() {
        let of = |shape: &[usize]| {
            let mut data = Dataset::new("x", Array2::zeros((2, shape.iter().product())));
            data.row_shape = shape.to_vec();
            row_kind(&data)
        };
        let image = |width, height| RowKind::Image { width, height };
        assert_eq!(of(&[16, 16]), image(16, 16));
        assert_eq!(of(&[4, 6, 3]), image(6, 4));
        assert_eq!(of(&[8, 8]), image(8, 8));
        assert_eq!(of(&[128, 6]), RowKind::Sequence { channels: 6 });
        assert_eq!(of(&[50, 1]), RowKind::Sequence { channels: 1 });
        assert!(matches!(of(&[16]), RowKind::Table { names } if names[15] == "column 15"));
        assert!(matches!(of(&[3, 4, 5]), RowKind::Table { .. }));
    }

    #[test]
    fn colours_become_grey_and_wide_tables_narrow() {
        let mut data = Dataset::new("x", Array2::from_shape_fn((1, 12), |(_, i)| i as f32));
        let pixels = shown(&data, RowKind::Image { width: 2, height: 2 }, &[]);
        assert_eq!(pixels.rows.row(0).to_vec(), [1.0, 4.0, 7.0, 10.0]);
        assert_eq!(pixels.of(&[3.0; 12]), [3.0; 4]);
        data.x = Array2::from_shape_fn((1, 40), |(_, i)| i as f32);
        data.row_shape = vec![40];
        let table = shown(&data, row_kind(&data), &[]);
        assert_eq!(table.rows.ncols(), MOST_COLUMNS);
        assert_eq!(table.names.map(|names| names.len()), Some(40));
    }
}
