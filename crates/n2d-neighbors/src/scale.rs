use std::borrow::Cow;

use n2d_core::Samples;

use crate::{Measure, Metric};

/// Values up to this, and down to its inverse, are taken as they are: their squares and sums of these are exact enough.
const USUAL: f32 = (1_u32 << 30) as f32;

/// A power of two that brings points into a range where squared distances neither overflow nor vanish. Scaling by it
/// rounds nothing, so neighbours are the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale(f32);

impl Scale {
    /// One for points of usual size, else what makes the largest absolute value about one.
    pub(crate) fn of(points: Samples<'_>) -> Self {
        let largest = points.as_slice().iter().fold(0.0_f32, |max, v| max.max(v.abs()));
        if largest == 0.0 || (USUAL.recip()..=USUAL).contains(&largest) {
            return Self(1.0);
        }
        // Biased exponents; clamped so that the inverse is no subnormal number.
        let exponent = (largest.to_bits() >> 23).clamp(1, 253);
        Self(f32::from_bits((254 - exponent) << 23))
    }

    /// As [`of`](Self::of) for euclidean distances; others are measured in double precision and need none.
    pub(crate) fn for_measure(points: Samples<'_>, measure: &Measure) -> Self {
        match measure.named() {
            Some(Metric::Euclidean) => Self::of(points),
            _ => Self::none(),
        }
    }

    /// That of values that are taken as they are.
    pub(crate) fn none() -> Self {
        Self(1.0)
    }

    /// Values off this scale again.
    pub(crate) fn undo(self, mut values: Vec<f32>) -> Vec<f32> {
        if self.0 != 1.0 {
            values.iter_mut().for_each(|v| *v /= self.0);
        }
        values
    }

    /// What values are multiplied by.
    pub(crate) fn factor(self) -> f64 {
        f64::from(self.0)
    }

    /// The rows on this scale. New rows may lie so far out that they end at the largest number there is.
    pub(crate) fn apply<'a>(self, rows: Samples<'a>) -> Cow<'a, [f32]> {
        let values = rows.as_slice();
        if self.0 == 1.0 {
            return Cow::Borrowed(values);
        }
        values
            .iter()
            .map(|v| (v * self.0).clamp(-f32::MAX, f32::MAX))
            .collect()
    }

    /// The distance on the points' own scale, from its square on this one; at most the largest number there is.
    pub(crate) fn distance(self, squared: f32) -> f32 {
        (squared.sqrt() / self.0).min(f32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_values_are_near_one() {
        for largest in [1e-45, 1e-38, 1e-20, 1e10, 1e38, f32::MAX] {
            let values = [0.0, largest, -largest / 4.0];
            let x = Samples::from_rows(&values, 1).unwrap();
            let scale = Scale::of(x);
            let scaled = scale.apply(x);
            assert!(
                (1e-7..=4.0).contains(&scaled[1]),
                "{largest} became {}",
                scaled[1]
            );
            assert_eq!(scale.distance(scaled[1] * scaled[1]), largest);
        }
    }

    #[test]
    fn usual_values_stay() {
        for values in [[0.0, 0.0], [1e-6, 1e6], [-1e9, 3.0]] {
            let x = Samples::from_rows(&values, 1).unwrap();
            assert!(matches!(Scale::of(x).apply(x), Cow::Borrowed(same) if same == values));
        }
    }
}
