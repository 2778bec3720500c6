//! What the page's script reads.

use std::collections::BTreeSet;

use serde::Serialize;

use super::rows::{self, Rows};
use super::{ClusterDetails, NAME, Report, pack};
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
    /// Least and greatest value of the rows.
    range: (f32, f32),
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
    /// As on the map.
    short: String,
    colour: String,
    size: usize,
}

#[derive(Debug, Serialize)]
struct Details {
    label: i32,
    typical: Vec<usize>,
    doubtful: Vec<usize>,
    facts: Vec<(String, String)>,
    features: Vec<(String, f64)>,
    mean: Option<String>,
    reconstruction: Option<String>,
    effects: Option<String>,
}

impl Report<'_> {
    pub(super) fn data(&self) -> Result<Data, PlotError> {
        let map = self.scatter.map_data()?;
        let n = map.points.len();
        let range = self
            .rows
            .as_ref()
            .map(|(rows, kind)| rows::check(*rows, kind, n))
            .transpose()?
            .unwrap_or((0.0, 0.0));
        let details = self.details.iter().map(|details| self.details_of(details, &map));
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
            rows: self
                .rows
                .as_ref()
                .map(|(rows, kind)| Rows::packed(*rows, kind, range, &self.rows_of_details())),
            range,
            details,
            lines: [4, 9, 7, 8, 2, 1]
                .map(|number| palette(number).colour.to_string())
                .to_vec(),
            facts: map.facts,
        })
    }

    fn details_of(&self, details: &ClusterDetails, map: &MapData<'_>) -> Result<Details, PlotError> {
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
        let packed = |values: &Option<Vec<f32>>| match values {
            Some(values) if values.len() != features => Err(PlotError::LengthMismatch {
                plot: NAME,
                what: "values of a mean",
                expected: features,
                given: values.len(),
            }),
            values => Ok(values.as_ref().map(|values| pack::floats(values.iter().copied()))),
        };
        Ok(Details {
            label: details.label,
            typical: details.typical.clone(),
            doubtful: details.doubtful.clone(),
            facts: details.facts.clone(),
            features: details.features.clone(),
            mean: packed(&details.mean)?,
            reconstruction: packed(&details.reconstruction)?,
            effects: packed(&details.effects)?,
        })
    }

    fn rows_of_details(&self) -> BTreeSet<usize> {
        let named = self
            .details
            .iter()
            .flat_map(|details| details.typical.iter().chain(&details.doubtful));
        named.copied().collect()
    }
}

fn look(look: &GroupLook) -> Look {
    Look {
        label: look.label,
        name: look.name.clone(),
        short: look.short.clone(),
        colour: Colour::to_string(&look.colour),
        size: look.size,
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
