//! What the page's script reads.

use n2d_core::DataError;
use ndarray::ArrayView2;
use serde::Serialize;

use super::{ClusterDetails, NAME, Report, RowKind, pack};
use crate::palette::palette;
use crate::scatter::{GroupLook, MapData};
use crate::{Colour, PlotError};

/// Everything, packed.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    n: usize,
    x: String,
    y: String,
    /// Greatest of the coordinates.
    width: u16,
    height: u16,
    radius: f64,
    alpha: f64,
    clusters: String,
    classes: Option<String>,
    strengths: Option<String>,
    cluster_looks: Vec<Look>,
    class_looks: Vec<Look>,
    rows: Option<Rows>,
    details: Vec<Details>,
    /// Colours of the channels of sequences.
    lines: Vec<String>,
    #[serde(skip)]
    pub(super) facts: String,
}

#[derive(Debug, Serialize)]
struct Look {
    label: i32,
    name: String,
    colour: String,
    size: usize,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Rows {
    Table {
        features: usize,
        data: String,
        names: Vec<String>,
    },
    Image {
        features: usize,
        data: String,
        width: usize,
        height: usize,
    },
    Sequence {
        features: usize,
        data: String,
        channels: usize,
    },
}

#[derive(Debug, Serialize)]
struct Details {
    label: i32,
    typical: Vec<usize>,
    doubtful: Vec<usize>,
    features: Vec<(String, f64)>,
    mean: Option<Vec<u8>>,
    reconstruction: Option<Vec<u8>>,
}

impl Report<'_> {
    pub(super) fn data(&self) -> Result<Data, PlotError> {
        let map = self.scatter.map_data()?;
        let n = map.points.len();
        let rows = self
            .rows
            .as_ref()
            .map(|(rows, kind)| check_rows(*rows, kind, n))
            .transpose()?;
        let range = rows.unwrap_or((0.0, 0.0));
        let details = self
            .details
            .iter()
            .map(|details| self.details_of(details, &map, range));
        let details = details.collect::<Result<_, _>>()?;
        let ((x, width), (y, height)) = quantised(&map.points);
        Ok(Data {
            n,
            x: pack::shorts(x.into_iter()),
            y: pack::shorts(y.into_iter()),
            width,
            height,
            radius: map.radius,
            alpha: map.alpha,
            clusters: pack::labels(map.clusters.as_slice()),
            classes: map.classes.map(|classes| pack::labels(classes.as_slice())),
            strengths: map
                .strengths
                .map(|all| pack::bytes(&all.iter().map(|s| (s * 255.0).round() as u8).collect::<Vec<_>>())),
            cluster_looks: map.cluster_looks.iter().map(look).collect(),
            class_looks: map.class_looks.iter().map(look).collect(),
            rows: self.rows.as_ref().map(|(rows, kind)| packed(*rows, kind, range)),
            details,
            lines: [4, 9, 7, 8, 2, 1]
                .map(|number| palette(number).colour.to_string())
                .to_vec(),
            facts: map.facts,
        })
    }

    fn details_of(
        &self,
        details: &ClusterDetails,
        map: &MapData<'_>,
        range: (f32, f32),
    ) -> Result<Details, PlotError> {
        let n = map.points.len();
        let bad = |what, value: f64, allowed| PlotError::BadValue {
            plot: NAME,
            what,
            at: details.label.max(0) as usize,
            allowed,
            value,
        };
        if !map.cluster_looks.iter().any(|look| look.label == details.label) {
            return Err(bad(
                "the cluster of details",
                f64::from(details.label),
                "a cluster that has rows",
            ));
        }
        if let Some(&row) = details
            .typical
            .iter()
            .chain(&details.doubtful)
            .find(|&&row| row >= n)
        {
            return Err(bad(
                "a row of the details of cluster",
                row as f64,
                "the number of a row",
            ));
        }
        if let Some((_, effect)) = details.features.iter().find(|(_, effect)| !effect.is_finite()) {
            return Err(bad("an effect of the details of cluster", *effect, "finite"));
        }
        let features = self.rows.as_ref().map_or(0, |(rows, _)| rows.ncols());
        let quantised = |values: &Option<Vec<f32>>| match values {
            Some(values) if values.len() != features => Err(PlotError::LengthMismatch {
                plot: NAME,
                what: "values of a mean",
                expected: features,
                given: values.len(),
            }),
            Some(values) => Ok(Some(values.iter().map(|&value| byte(value, range)).collect())),
            None => Ok(None),
        };
        Ok(Details {
            label: details.label,
            typical: details.typical.clone(),
            doubtful: details.doubtful.clone(),
            features: details.features.clone(),
            mean: quantised(&details.mean)?,
            reconstruction: quantised(&details.reconstruction)?,
        })
    }
}

fn look(look: &GroupLook) -> Look {
    Look {
        label: look.label,
        name: look.name.clone(),
        colour: Colour::to_string(&look.colour),
        size: look.size,
    }
}

/// Least and greatest value of the rows.
fn check_rows(rows: ArrayView2<'_, f32>, kind: &RowKind, n: usize) -> Result<(f32, f32), PlotError> {
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
    same("rows of data", n, rows.nrows())?;
    match kind {
        RowKind::Table { names } => same("names of columns", rows.ncols(), names.len())?,
        RowKind::Image { width, height } => same("pixels", rows.ncols(), width.saturating_mul(*height))?,
        RowKind::Sequence { channels } => {
            same(
                "values of whole steps",
                rows.ncols(),
                rows.ncols() / channels.max(&1) * channels,
            )?;
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
    Ok((low, high))
}

fn packed(rows: ArrayView2<'_, f32>, kind: &RowKind, range: (f32, f32)) -> Rows {
    let features = rows.ncols();
    let bytes = || pack::bytes(&rows.iter().map(|&value| byte(value, range)).collect::<Vec<_>>());
    match kind {
        RowKind::Table { names } => Rows::Table {
            features,
            data: pack::floats(rows.iter().copied()),
            names: names.clone(),
        },
        RowKind::Image { width, height } => Rows::Image {
            features,
            data: bytes(),
            width: *width,
            height: *height,
        },
        RowKind::Sequence { channels } => Rows::Sequence {
            features,
            data: bytes(),
            channels: *channels,
        },
    }
}

/// A value as one of 256 steps between the least and the greatest; means may lie a little beyond.
fn byte(value: f32, (low, high): (f32, f32)) -> u8 {
    let (low, high) = (f64::from(low), f64::from(high));
    if high > low {
        ((f64::from(value) - low) / (high - low) * 255.0).round() as u8
    } else {
        0
    }
}

type Axis = (Vec<u16>, u16);

/// Across from the left and down from the top, in steps of the greater extent's 65 535th.
fn quantised(points: &[(f64, f64)]) -> (Axis, Axis) {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    };
    let (left, right) = range(&mut points.iter().map(|point| point.0));
    let (bottom, top) = range(&mut points.iter().map(|point| point.1));
    let extent = (right - left).max(top - bottom);
    let step = |length: f64| {
        if extent > 0.0 {
            (length / extent * 65_535.0).round() as u16
        } else {
            0
        }
    };
    (
        (
            points.iter().map(|point| step(point.0 - left)).collect(),
            step(right - left),
        ),
        (
            points.iter().map(|point| step(top - point.1)).collect(),
            step(top - bottom),
        ),
    )
}
