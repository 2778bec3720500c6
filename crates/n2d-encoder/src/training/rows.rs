//! Which rows are trained on, which are held out, and what they are like.

use n2d_core::{FitContext, FitError, Samples};

use crate::epochs;
use crate::plan::Plan;
use crate::supervised::Lesson;

/// The rows that can teach something: all but those without a label where labels are all that is learnt.
pub(super) fn taught(x: Samples<'_>, lesson: Option<&Lesson<'_>>) -> Vec<usize> {
    let only = lesson.filter(|lesson| lesson.is_all()).map(Lesson::labels);
    let teaches = |&row: &usize| only.is_none_or(|labels| labels[row] >= 0);
    (0..x.n_samples()).filter(teaches).collect()
}

/// The rows to train on, and those held out, drawn at random; at least one to train on.
pub(super) fn split(
    plan: &Plan,
    rows: Vec<usize>,
    ctx: &FitContext<'_>,
) -> Result<(Vec<usize>, Vec<usize>), FitError> {
    let n = rows.len();
    if plan.validation == 0.0 {
        return Ok((rows, Vec::new()));
    }
    if n < 2 {
        return Err(FitError::TooFewSamples {
            part: plan.part.to_owned(),
            what: format!("validation = {}", plan.validation),
            needed: 2,
            given: n,
        });
    }
    let n_held_out = ((n as f64 * plan.validation).round() as usize).clamp(1, n - 1);
    let mut order = epochs::order(n, &mut ctx.rng("encoder validation", 0));
    let mut held_out = order.split_off(n - n_held_out);
    order.sort_unstable();
    held_out.sort_unstable();
    let of = |places: Vec<usize>| places.into_iter().map(|place| rows[place]).collect();
    Ok((of(order), of(held_out)))
}

/// The mean squared error of zeros in place of every row.
pub(super) fn loss_of_zero(x: Samples<'_>) -> f64 {
    let values = x.as_slice();
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / values.len() as f64
}
