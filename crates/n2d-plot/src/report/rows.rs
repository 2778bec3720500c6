//! The rows as the page holds them: within bounds, whatever their number.

use std::collections::BTreeSet;

use n2d_core::DataError;
use ndarray::{ArrayView1, ArrayView2};
use serde::Serialize;

use super::{NAME, RowKind, pack};
use crate::PlotError;

/// Bytes of all rows together, before they are packed.
pub(super) const MOST_BYTES: usize = 24 << 20;
/// A picture is made no smaller than this many pixels across and down, and a line no shorter than this many steps.
const LEAST_SIDE: usize = 10;
const LEAST_STEPS: usize = 24;

/// Every row, or every so many, perhaps smaller than they are.
#[derive(Debug, Serialize)]
pub(super) struct Rows {
    #[serde(flatten)]
    shape: Shape,
    /// Only rows whose number is a multiple of it are there.
    stride: usize,
    features: usize,
    data: String,
    /// Rows that are there as they are, whatever the others are like.
    full: Vec<usize>,
    full_shape: Shape,
    full_features: usize,
    full_data: String,
}

/// What a row is and how it is laid out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Shape {
    Table { names: Vec<String> },
    Image { width: usize, height: usize },
    Sequence { channels: usize },
}

impl Rows {
    /// `details` are the rows that the details of clusters show; `range` the least and the greatest of all values.
    pub(super) fn packed(
        rows: ArrayView2<'_, f32>,
        kind: &RowKind,
        range: (f32, f32),
        details: &BTreeSet<usize>,
    ) -> Self {
        let plan = Plan::new(rows.dim(), kind);
        let kept = (0..rows.nrows()).step_by(plan.stride);
        let full = || details.iter().copied();
        let whole = Plan {
            factor: 1,
            stride: 1,
            ..plan.clone()
        };
        Self {
            data: plan.data(rows, kept, range),
            stride: plan.stride,
            features: plan.features(),
            shape: plan.shape(),
            full: full().collect(),
            full_data: whole.data(rows, full(), range),
            full_features: whole.features(),
            full_shape: whole.shape(),
        }
    }
}

/// How rows are made to fit.
#[derive(Debug, Clone)]
struct Plan<'a> {
    kind: &'a RowKind,
    n_columns: usize,
    /// So many pixels each way, or so many steps, become one.
    factor: usize,
    stride: usize,
}

impl<'a> Plan<'a> {
    fn new((n_rows, n_columns): (usize, usize), kind: &'a RowKind) -> Self {
        let mut plan = Self {
            kind,
            n_columns,
            factor: 1,
            stride: 1,
        };
        while n_rows.saturating_mul(plan.bytes()) > MOST_BYTES && plan.can_shrink() {
            plan.factor += 1;
        }
        let most_rows = (MOST_BYTES / plan.bytes().max(1)).max(1);
        plan.stride = n_rows.div_ceil(most_rows).max(1);
        plan
    }

    fn can_shrink(&self) -> bool {
        match self.kind {
            RowKind::Table { .. } => false,
            RowKind::Image { width, height } => width.min(height) / (self.factor + 1) >= LEAST_SIDE,
            RowKind::Sequence { channels } => self.n_columns / channels / (self.factor + 1) >= LEAST_STEPS,
        }
    }

    fn shape(&self) -> Shape {
        match self.kind {
            RowKind::Table { names } => Shape::Table { names: names.clone() },
            RowKind::Image { width, height } => Shape::Image {
                width: width.div_ceil(self.factor),
                height: height.div_ceil(self.factor),
            },
            RowKind::Sequence { channels } => Shape::Sequence { channels: *channels },
        }
    }

    /// Values of a row.
    fn features(&self) -> usize {
        match self.kind {
            RowKind::Table { .. } => self.n_columns,
            RowKind::Image { width, height } => width.div_ceil(self.factor) * height.div_ceil(self.factor),
            RowKind::Sequence { channels } => (self.n_columns / channels).div_ceil(self.factor) * channels,
        }
    }

    fn bytes(&self) -> usize {
        match self.kind {
            RowKind::Table { .. } => self.features() * 4,
            RowKind::Image { .. } | RowKind::Sequence { .. } => self.features(),
        }
    }

    fn data(
        &self,
        rows: ArrayView2<'_, f32>,
        which: impl Iterator<Item = usize>,
        range: (f32, f32),
    ) -> String {
        match self.kind {
            RowKind::Table { .. } => pack::floats(which.flat_map(|row| rows.row(row).to_vec())),
            RowKind::Image { .. } | RowKind::Sequence { .. } => {
                let bytes = which.flat_map(|row| {
                    let values = self.smaller(rows.row(row)).into_iter();
                    values.map(|value| byte(value, range)).collect::<Vec<_>>()
                });
                pack::bytes(&bytes.collect::<Vec<_>>())
            }
        }
    }

    /// A picture or a line with means in place of values.
    fn smaller(&self, row: ArrayView1<'_, f32>) -> Vec<f32> {
        let (across, down, depth) = match self.kind {
            RowKind::Table { .. } => return row.to_vec(),
            RowKind::Image { width, height } => (*width, *height, 1),
            RowKind::Sequence { channels } => (1, self.n_columns / channels, *channels),
        };
        let mut means = Vec::with_capacity(self.features());
        for top in (0..down).step_by(self.factor) {
            for left in (0..across).step_by(self.factor) {
                for channel in 0..depth {
                    let (mut sum, mut n) = (0.0, 0.0);
                    for y in top..(top + self.factor).min(down) {
                        for x in left..(left + self.factor).min(across) {
                            sum += f64::from(row[(y * across + x) * depth + channel]);
                            n += 1.0;
                        }
                    }
                    means.push((sum / n) as f32);
                }
            }
        }
        means
    }
}

/// Checks rows; the least and the greatest value shown of them.
pub(super) fn check(
    rows: ArrayView2<'_, f32>,
    kind: &RowKind,
    n_samples: usize,
) -> Result<(f32, f32), PlotError> {
    let same = |what, expected: usize, given: usize| {
        if expected == given {
            Ok(())
        } else {
            Err(PlotError::LengthMismatch {
                plot: NAME,
                what,
                expected,
                given,
            })
        }
    };
    same("rows of data", n_samples, rows.nrows())?;
    match kind {
        RowKind::Table { names } => same("names of columns", rows.ncols(), names.len())?,
        RowKind::Image { width, height } => same("pixels", rows.ncols(), width.saturating_mul(*height))?,
        RowKind::Sequence { channels } => {
            let whole = rows.ncols() / channels.max(&1) * channels;
            same("values of whole steps", rows.ncols(), whole)?;
        }
    }
    if rows.ncols() == 0 {
        return Err(PlotError::Empty {
            plot: NAME,
            what: "columns",
        });
    }
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for ((row, column), &value) in rows.indexed_iter() {
        if !value.is_finite() {
            return Err(DataError::NotFinite { row, column, value }.into());
        }
        (low, high) = (low.min(value), high.max(value));
    }
    match kind {
        RowKind::Sequence { .. } => Ok(usual(rows, (low, high))),
        RowKind::Table { .. } | RowKind::Image { .. } => Ok((low, high)),
    }
}

/// Without the least and the greatest of a thousand values: a few peaks would leave all other lines flat.
fn usual(rows: ArrayView2<'_, f32>, all: (f32, f32)) -> (f32, f32) {
    // No more than can be sorted in no time; of all rows alike.
    let step = (rows.len() / 1_000_000).max(1);
    let mut some: Vec<f32> = rows.iter().copied().step_by(step).collect();
    some.sort_unstable_by(f32::total_cmp);
    let rare = some.len() / 1000;
    match (some[rare], some[some.len() - 1 - rare]) {
        (low, high) if low < high => (low, high),
        _ => all,
    }
}

/// A value as one of 256 steps between the least and the greatest; what lies beyond is at the edge.
pub(super) fn byte(value: f32, (low, high): (f32, f32)) -> u8 {
    let (low, high) = (f64::from(low), f64::from(high));
    if high > low {
        ((f64::from(value) - low) / (high - low) * 255.0).round() as u8
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn pictures_shrink_then_rows_are_left_out() {
        let image = RowKind::Image {
            width: 28,
            height: 28,
        };
        let plan = |n, kind| {
            let plan = Plan::new(n, kind);
            (plan.factor, plan.stride)
        };
        assert_eq!(plan((30_000, 784), &image), (1, 1));
        assert_eq!(plan((70_000, 784), &image), (2, 1));
        assert_eq!(plan((1_000_000, 784), &image), (2, 8));
        let sequence = RowKind::Sequence { channels: 6 };
        assert_eq!(plan((10_411, 768), &sequence), (1, 1));
        assert_eq!(plan((100_000, 768), &sequence), (4, 1));
        let table = RowKind::Table {
            names: vec![String::new(); 12],
        };
        assert_eq!(plan((70_000, 12), &table), (1, 1));
        assert_eq!(plan((3_000_000, 12), &table), (1, 6));
        for (n, kind, columns) in [
            (1_000_000, &image, 784),
            (3_000_000, &table, 12),
            (123_456, &sequence, 768),
        ] {
            let plan = Plan::new((n, columns), kind);
            assert!(n.div_ceil(plan.stride) * plan.bytes() <= MOST_BYTES);
        }
    }

    #[test]
    fn means_stand_for_values_and_edges_for_less() {
        let rows = Array2::from_shape_vec((1, 9), (1..=9).map(|v| v as f32).collect()).unwrap();
        let of = |kind: &RowKind| {
            let plan = Plan {
                kind,
                n_columns: 9,
                factor: 2,
                stride: 1,
            };
            assert_eq!(plan.smaller(rows.row(0)).len(), plan.features());
            plan.smaller(rows.row(0))
        };
        let image = RowKind::Image { width: 3, height: 3 };
        assert_eq!(of(&image), [3.0, 4.5, 7.5, 9.0]);
        let sequence = RowKind::Sequence { channels: 3 };
        assert_eq!(of(&sequence), [2.5, 3.5, 4.5, 7.0, 8.0, 9.0]);
    }
}
