//! The exponential of sixteen numbers at a time: the standard library's works on one.

use crate::lanes::{LANES, Lane};
use crate::multiversion::Arithmetic;

/// Below this the exponential counts as nothing (1e-200): it would change no sum, and processors are slow with numbers
/// that vanish.
pub(crate) const LEAST: f64 = -460.0;

/// 1.5 * 2^52: added to a small number, it leaves the nearest whole number in the last bits.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
/// The logarithm of two in two parts, of which the first has zeros at its end: times a whole number, it is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Inverse factorials from 13 down to 2.
const INVERSE_FACTORIALS: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// `e^x` of numbers of at most 0, to about one unit in the last place; zero below [`LEAST`], NaN for NaN.
///
/// `x = n ln 2 + r` with `n` whole and `|r| <= ln 2 / 2`; `e^r` is its Taylor polynomial of degree 13, which is off by less than
/// 5e-18; `2^n` is written into the exponent's bits.
#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: &Lane) -> Lane {
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        let bounded = if x[lane] < LEAST { LEAST } else { x[lane] };
        let shifted = A::mul_add(bounded, std::f64::consts::LOG2_E, TO_WHOLE);
        let whole = shifted - TO_WHOLE;
        let rest = A::mul_add(whole, -LN_2_LOW, A::mul_add(whole, -LN_2_HIGH, bounded));
        let mut sum = INVERSE_FACTORIALS[0];
        for factor in &INVERSE_FACTORIALS[1..] {
            sum = A::mul_add(sum, rest, *factor);
        }
        let near_one = A::mul_add(rest * rest, sum, rest) + 1.0;
        let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
        out[lane] = if x[lane] < LEAST { 0.0 } else { near_one * power };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::multiversion::{Apart, Fused};

    #[test]
    fn equals_the_standard_library() {
        for step in 0..40_000 {
            let x: Lane = std::array::from_fn(|lane| -(f64::from(step) + lane as f64 / 16.0) / 87.0);
            for ours in [exp::<Apart>(&x), exp::<Fused>(&x)] {
                for lane in 0..LANES {
                    let expected = if x[lane] < LEAST { 0.0 } else { x[lane].exp() };
                    assert!((ours[lane] - expected).abs() <= 4e-16 * expected, "e^{}", x[lane]);
                }
            }
        }
    }

    #[test]
    fn special_numbers() {
        let mut x = [f64::NEG_INFINITY; LANES];
        (x[0], x[1], x[2]) = (0.0, f64::NAN, -0.0);
        let out = exp::<Apart>(&x);
        assert_eq!((out[0], out[2], out[3]), (1.0, 1.0, 0.0));
        assert!(out[1].is_nan());
    }
}
