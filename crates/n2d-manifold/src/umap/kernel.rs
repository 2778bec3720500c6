//! The forces between embedded points: the inner loop.

use super::curve::Curve;
use super::density::Pressure;

/// Keeps the repulsion of points that coincide finite (umap-learn's value).
const EPSILON: f32 = 0.001;

/// Points at most this far apart, squared, coincide: they have no direction from one another, and exert no force.
const COINCIDING: f32 = 1e-30;

/// Forces worked out at once, to fill vector registers.
pub(super) const LANES: usize = 8;

/// The gradient of the cross-entropy with respect to squared distance, for either force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forces {
    a: f32,
    b: f32,
    repulsion: f32,
}

// Everything here is inlined into the loop that calls it, to be compiled for its instruction set.
impl Forces {
    pub(super) fn new(curve: Curve, repulsion_strength: f32) -> Self {
        Self {
            a: curve.a,
            b: curve.b,
            repulsion: repulsion_strength,
        }
    }

    /// The curve, and the weight of the repulsion.
    pub(super) fn parameters(&self) -> (Curve, f32) {
        let (a, b) = (self.a, self.b);
        (Curve { a, b }, self.repulsion)
    }

    /// Factor on `y_i - y_j` that pulls i towards j; negative.
    #[inline(always)]
    pub(super) fn attraction(&self, squared: f32) -> f32 {
        let power = pow(squared, self.b);
        let factor = -2.0 * self.a * self.b * power / (squared * (1.0 + self.a * power));
        if squared > COINCIDING { factor } else { 0.0 }
    }

    /// How near points at this squared distance count as, in `(0, 1]`.
    #[inline(always)]
    pub(super) fn similarity(&self, squared: f32) -> f32 {
        let power = pow(squared, self.b);
        // The power of zero is only nearly zero as worked out.
        if squared > COINCIDING {
            1.0 / (1.0 + self.a * power)
        } else {
            1.0
        }
    }

    /// Factor on `y_i - y_j` by which the density term moves an edge's ends apart or together: what the correlation of radii
    /// gains by their squared distance, in all the epochs in which the edge pulls once at this `frequency`.
    #[inline(always)]
    pub(super) fn density(&self, squared: f32, ends: [Pressure; 2], scale: f32, frequency: f32) -> f32 {
        let similarity = self.similarity(squared);
        let fall = -0.5 * self.attraction(squared);
        let gain = ends[0].gain(similarity, fall, self.b) + ends[1].gain(similarity, fall, self.b);
        2.0 * scale / frequency * gain
    }

    /// Factor on `y_i - y_j` that pushes i away from j; positive.
    #[inline(always)]
    pub(super) fn repulsion(&self, squared: f32) -> f32 {
        let power = pow(squared, self.b);
        let factor = 2.0 * self.repulsion * self.b / ((EPSILON + squared) * (1.0 + self.a * power));
        if squared > COINCIDING { factor } else { 0.0 }
    }

    /// [`attraction`](Self::attraction) of several points.
    #[inline(always)]
    pub(super) fn attractions<const N: usize>(&self, squared: &[f32; N]) -> [f32; N] {
        let mut factors = [0.0; N];
        for (factor, &squared) in factors.iter_mut().zip(squared) {
            *factor = self.attraction(squared);
        }
        factors
    }

    /// [`repulsion`](Self::repulsion) from several points.
    #[inline(always)]
    pub(super) fn repulsions<const N: usize>(&self, squared: &[f32; N]) -> [f32; N] {
        let mut factors = [0.0; N];
        for (factor, &squared) in factors.iter_mut().zip(squared) {
            *factor = self.repulsion(squared);
        }
        factors
    }
}

/// `x^b` for `x > 0` as `2^(b log2 x)`, both by polynomials: relative error below 1e-5, several times as fast as `powf`.
#[inline(always)]
fn pow(x: f32, b: f32) -> f32 {
    exp2(b * log2(x))
}

/// Splits off the exponent; the logarithm of the mantissa in `[sqrt(1/2), sqrt(2))` by the series of `atanh`.
#[inline(always)]
fn log2(x: f32) -> f32 {
    const SQRT_HALF: u32 = 0x3f35_04f3;
    const ONE: u32 = 0x3f80_0000;
    // Twice that over 1, 3, 5, 7.
    const SERIES: f32 = 2.0 * std::f32::consts::LOG2_E;
    let bits = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = (bits >> 23) as i32 - 127;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let t2 = t * t;
    exponent as f32 + t * (SERIES + t2 * (SERIES / 3.0 + t2 * (SERIES / 5.0 + t2 * (SERIES / 7.0))))
}

/// Rounds off the exponent; the power of the rest in `[-1/2, 1/2]` by Taylor's series.
#[inline(always)]
fn exp2(x: f32) -> f32 {
    use std::f32::consts::LN_2;
    // Adding and taking off 1.5 * 2^23 rounds to a whole number, which stands in the low bits in between.
    const ROUND: f32 = 12_582_912.0;
    const C2: f32 = LN_2 * LN_2 / 2.0;
    const C3: f32 = C2 * LN_2 / 3.0;
    const C4: f32 = C3 * LN_2 / 4.0;
    const C5: f32 = C4 * LN_2 / 5.0;
    const C6: f32 = C5 * LN_2 / 6.0;
    let x = x.clamp(-126.0, 126.0);
    let shifted = x + ROUND;
    let f = x - (shifted - ROUND);
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    power * (1.0 + f * (LN_2 + f * (C2 + f * (C3 + f * (C4 + f * (C5 + f * C6))))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_right() {
        for i in 0..20_000 {
            let x = 10.0_f64.powf(-8.0 + 16.0 * f64::from(i) / 20_000.0) as f32;
            for b in [0.3, 0.5, 0.79, 1.0, 1.6] {
                let exact = f64::from(x).powf(b);
                let error = (f64::from(pow(x, b as f32)) - exact).abs() / exact;
                assert!(error < 1e-5, "{x}^{b}: relative error {error}");
            }
        }
    }

    /// Against central differences of the cross-entropy's two terms.
    #[test]
    fn forces_are_gradients() {
        let (a, b) = (1.93_f64, 0.79_f64);
        let forces = Forces::new(
            Curve {
                a: a as f32,
                b: b as f32,
            },
            1.0,
        );
        let similarity = |squared: f64| 1.0 / (1.0 + a * squared.powf(b));
        let slope = |f: &dyn Fn(f64) -> f64, at: f64| (f(at + 1e-6) - f(at - 1e-6)) / 2e-6;
        for squared in [0.01, 0.3, 1.0, 7.0, 150.0] {
            // d/dy of -log(similarity) is 2 (y_i - y_j) times the slope by squared distance; descent turns the sign.
            let attraction = -2.0 * slope(&|s| -similarity(s).ln(), squared);
            let got = f64::from(forces.attraction(squared as f32));
            assert!(
                (got - attraction).abs() < 1e-3 * attraction.abs(),
                "{got} {attraction}"
            );
            let repulsion = -2.0 * slope(&|s| -(1.0 - similarity(s)).ln(), squared);
            // Without the softening that keeps it finite at zero.
            let got = f64::from(forces.repulsion(squared as f32)) * (squared + f64::from(EPSILON)) / squared;
            assert!(
                (got - repulsion).abs() < 1e-3 * repulsion.abs(),
                "{got} {repulsion}"
            );
        }
    }

    #[test]
    fn points_that_coincide_exert_no_force() {
        for b in [0.01, 0.8, 3.0] {
            let forces = Forces::new(Curve { a: 1.9, b }, 1.0);
            for squared in [0.0, f32::from_bits(1), 1e-31] {
                assert_eq!(
                    (forces.attraction(squared), forces.repulsion(squared)),
                    (0.0, 0.0)
                );
            }
            assert!(forces.attraction(1e-29).is_finite() && forces.repulsion(1e-29).is_finite());
        }
    }

    #[test]
    fn forces_at_once_are_those_one_by_one() {
        let forces = Forces::new(Curve { a: 1.9, b: 0.8 }, 1.0);
        let squared = [0.0, 1e-9, 0.1, 1.0, 3.0, 70.0, 1e9, f32::INFINITY];
        assert_eq!(forces.repulsions(&squared), squared.map(|s| forces.repulsion(s)));
    }
}
