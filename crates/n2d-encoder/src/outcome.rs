//! What can only be told by a trained network's latents.

use n2d_core::{BoxError, Fit, FitError, FittedEncoder, Samples};

use crate::plan::Plan;
use crate::training::ADVICE;

/// Rows whose latents are looked at, spread over all.
const ROWS: usize = 64;

/// Notes a network that gives rows that differ the same latents: its units are reached by no row any more, whatever its loss says. What can't be
/// encoded is told where it is encoded in earnest.
///
/// # Errors
/// [`FitError::Diverged`] for latents that are no numbers, as of finite weights that are too large.
pub(crate) fn seen<F: FittedEncoder>(
    mut fit: Fit<F>,
    x: Samples<'_>,
    plan: &Plan,
) -> Result<Fit<F>, FitError> {
    let few = x.as_slice().chunks_exact(x.n_features());
    let few: Vec<&[f32]> = few.step_by(x.n_samples().div_ceil(ROWS)).collect();
    let failed = |source: BoxError| FitError::Part {
        part: plan.part.to_owned(),
        source,
    };
    let values = few.concat();
    let mut rows = Samples::from_rows(&values, x.n_features()).map_err(|error| failed(error.into()))?;
    if let Some(shape) = x.row_shape() {
        rows = rows.with_row_shape(shape).map_err(|error| failed(error.into()))?;
    }
    let Ok(latents) = fit.model.encode(rows) else {
        return Ok(fit);
    };
    if let Some(&value) = latents.iter().find(|value| !value.is_finite()) {
        return Err(FitError::Diverged {
            part: plan.part.to_owned(),
            objective: "latents",
            value: f64::from(value),
            unit: "epoch",
            step: fit.report.n_iter as u64,
            advice: match &plan.weights {
                Some(path) => format!("the weights that it began with, of {path}, are too large").into(),
                None => format!("learning_rate is {}: {ADVICE}", plan.rates.peak).into(),
            },
        });
    }
    // A loss that rose has been told with the same advice.
    let is_told = fit.report.notes.iter().any(|note| note.ends_with(ADVICE));
    let differ = few.iter().any(|row| *row != few[0]);
    if differ && !is_told && latents.rows().into_iter().all(|row| row == latents.row(0)) {
        let rate = plan.rates.peak;
        let note = format!("all rows have the same latents, with learning_rate = {rate}: {ADVICE}");
        fit.report.notes.push(note);
    }
    Ok(fit)
}
