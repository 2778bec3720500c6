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

/// The mean squared error of the mean row in place of every row.
pub(super) fn loss_of_mean(x: Samples<'_>) -> f64 {
    let (n, width) = (x.n_samples() as f64, x.n_features());
    let (mut sums, mut squares) = (vec![0.0_f64; width], vec![0.0_f64; width]);
    for row in x.as_slice().chunks_exact(width) {
        for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += f64::from(value);
            *square += f64::from(value).powi(2);
        }
    }
    let variances = sums
        .iter()
        .zip(&squares)
        .map(|(sum, square)| square / n - (sum / n).powi(2));
    variances.sum::<f64>() / width as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_row_misses_by_the_variance() {
        let values = [1.0, 10.0, 3.0, 10.0];
        let x = Samples::from_rows(&values, 2).unwrap();
        assert_eq!(loss_of_mean(x), 0.5);
    }
}
