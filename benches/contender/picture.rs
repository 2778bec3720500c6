//! Pictures of what was recorded.

use n2d::plot::LearningCurve;
use serde::Deserialize;
use serde_json::Value;

use super::Answer;
use super::export::text;

/// Coarse: pages show pictures small, and a repository keeps them for ever.
const DPI: u32 = 110;

/// A figure of several names against the number of rows.
#[derive(Deserialize)]
struct Growth {
    title: String,
    unit: String,
    rows: Vec<f64>,
    series: Vec<(String, Vec<f64>)>,
}

/// Lines over the number of rows, both on scales of factors, as a picture at `file`.
pub(super) fn growth(options: &Value) -> Answer {
    let Growth {
        title,
        unit,
        rows,
        series,
    } = serde_json::from_value(options.clone())?;
    let (first, others) = series.split_first().ok_or("a series is needed")?;
    let mut curve = LearningCurve::new(&*first.0, &first.1);
    for (name, values) in others {
        curve = curve.with_series(&**name, values);
    }
    let figure = curve
        .with_units(unit, "rows")
        .with_rounds(&rows)
        .with_title(title)
        .draw()?;
    let file = text(options, "file")?;
    figure.with_dpi(DPI)?.save(file)?;
    Ok((0.0, file.to_owned()))
}
