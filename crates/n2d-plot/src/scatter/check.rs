//! What is drawn where, checked.

use n2d_core::DataError;
use ndarray::ArrayView2;

use super::{NAME, Scatter};
use crate::PlotError;

/// Two numbers a row, all finite, and what they are.
pub(super) struct Shown {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) across: String,
    /// Empty where the second number means nothing.
    pub(super) up: String,
    /// What of the components is shown, where that is not all.
    pub(super) note: String,
}

impl Scatter<'_> {
    pub(super) fn check(&self) -> Result<Shown, PlotError> {
        let n = self.points.nrows();
        if n == 0 || self.points.ncols() == 0 {
            let what = if n == 0 { "rows" } else { "components" };
            return Err(PlotError::Empty { plot: NAME, what });
        }
        same_rows("labels of clusters", n, Some(self.clusters.len()))?;
        same_rows("labels of classes", n, self.classes.map(n2d_core::Labels::len))?;
        same_rows("strengths", n, self.strengths.map(<[f32]>::len))?;
        same_rows(
            "rows of the display layout",
            n,
            self.display.map(|layout| layout.nrows()),
        )?;
        let bad = |&(_, s): &(usize, &f32)| !(0.0..=1.0).contains(s);
        if let Some((at, &value)) = self.strengths.into_iter().flatten().enumerate().find(bad) {
            return Err(PlotError::BadValue {
                plot: NAME,
                what: "the strength of row",
                at,
                allowed: "between 0 and 1",
                value: f64::from(value),
            });
        }
        self.shown()
    }

    fn shown(&self) -> Result<Shown, PlotError> {
        if let Some(layout) = self.display {
            if layout.ncols() != 2 {
                return Err(PlotError::DisplayLayout {
                    plot: NAME,
                    given: layout.ncols(),
                });
            }
            return Ok(Shown {
                points: columns(layout, 0, 1)?,
                across: "display 1".to_owned(),
                up: "display 2".to_owned(),
                note: format!("a layout for display of {} components", self.points.ncols()),
            });
        }
        let n_components = self.points.ncols();
        if n_components == 1 && self.components == (0, 1) {
            return self.of_one();
        }
        let (across, up) = self.components;
        if let Some(component) = [across, up]
            .into_iter()
            .find(|&component| component >= n_components)
        {
            return Err(PlotError::NoSuchComponent {
                plot: NAME,
                component,
                n_components,
            });
        }
        let note = format!("components {} and {} of {n_components}", across + 1, up + 1);
        Ok(Shown {
            points: columns(self.points, across, up)?,
            across: format!("component {}", across + 1),
            up: format!("component {}", up + 1),
            note: if n_components > 2 { note } else { String::new() },
        })
    }

    /// One component across; up, rows are scattered by their number, over half of its extent.
    fn of_one(&self) -> Result<Shown, PlotError> {
        let mut points = columns(self.points, 0, 0)?;
        let low = points.iter().map(|point| point.0).fold(f64::INFINITY, f64::min);
        let high = points
            .iter()
            .map(|point| point.0)
            .fold(f64::NEG_INFINITY, f64::max);
        for (row, point) in points.iter_mut().enumerate() {
            point.1 = (high - low) * 0.5 * (scrambled(row) >> 11) as f64 / (1_u64 << 53) as f64;
        }
        Ok(Shown {
            points,
            across: "component 1".to_owned(),
            up: String::new(),
            note: "one component; heights mean nothing".to_owned(),
        })
    }
}

fn same_rows(what: &'static str, expected: usize, given: Option<usize>) -> Result<(), PlotError> {
    match given {
        Some(given) if given != expected => Err(PlotError::LengthMismatch {
            plot: NAME,
            what,
            expected,
            given,
        }),
        _ => Ok(()),
    }
}

fn columns(points: ArrayView2<'_, f32>, across: usize, up: usize) -> Result<Vec<(f64, f64)>, PlotError> {
    let finite = |row: usize, column: usize| {
        let value = points[[row, column]];
        if value.is_finite() {
            Ok(f64::from(value))
        } else {
            Err(DataError::NotFinite { row, column, value })
        }
    };
    let pair = |row| Ok((finite(row, across)?, finite(row, up)?));
    (0..points.nrows()).map(pair).collect()
}

/// A number for a row that has nothing to do with its neighbours': a round of SplitMix64 (Steele, Lea and Flood 2014).
pub(super) fn scrambled(row: usize) -> u64 {
    let mut z = (row as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
