//! The gamma function's logarithm and its derivative, for numbers above zero.

/// Above this the asymptotic series are good to the last digit.
const LARGE: f64 = 15.0;

/// `ln Gamma(x)`: Stirling's series where `x` is large, carried down by `Gamma(x + 1) = x Gamma(x)`.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let (mut shifted, mut factors) = (x, 1.0);
    while shifted < LARGE {
        factors *= shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let series = [
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
    ];
    let tail = (1.0 / 12.0 + polynomial(&series, square)) * inverse;
    let half_log_circle = 0.5 * std::f64::consts::TAU.ln();
    (shifted - 0.5) * shifted.ln() - shifted + half_log_circle + tail - factors.ln()
}

/// `d/dx ln Gamma(x)`, likewise.
pub(crate) fn digamma(x: f64) -> f64 {
    let (mut shifted, mut sum) = (x, 0.0);
    while shifted < LARGE {
        sum += 1.0 / shifted;
        shifted += 1.0;
    }
    let square = 1.0 / (shifted * shifted);
    let series = [
        -1.0 / 12.0,
        1.0 / 120.0,
        -1.0 / 252.0,
        1.0 / 240.0,
        -1.0 / 132.0,
        691.0 / 32_760.0,
        -1.0 / 12.0,
    ];
    shifted.ln() - 0.5 / shifted + polynomial(&series, square) - sum
}

/// `ln B(a, b)`, the logarithm of the beta function.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// `c0 x + c1 x^2 + ...`
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| (sum + c) * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arguments with `scipy.special.gammaln` and `digamma` of them, scipy 1.17.
    const SCIPY: [(f64, f64, f64); 11] = [
        (1e-300, 690.7755278982137, -9.999999999999999e+299),
        (1e-08, 18.42068073818021, -100000000.57721564),
        (0.1, 2.252712651734206, -10.423754940411076),
        (0.5, 0.5723649429247, -1.9635100260214235),
        (1.0, 0.0, -0.5772156649015329),
        (1.7, -0.09580769740706585, 0.20854787487349394),
        (3.25, 0.9358019311087253, 1.016990911068179),
        (10.0, 12.801827480081469, 2.251752589066721),
        (15.5, 26.536914491115613, 2.7082352425903653),
        (1234.5, 7550.550901077894, 7.1180162318279985),
        (70000000.0, 1194480397.88789, 18.064005792870773),
    ];

    #[test]
    fn equal_scipy() {
        for (x, log, derivative) in SCIPY {
            assert!(
                (ln_gamma(x) - log).abs() <= 4e-15 * (1.0 + log.abs()),
                "{x}: {}",
                ln_gamma(x)
            );
            assert!(
                (digamma(x) - derivative).abs() <= 2e-15 * (1.0 + derivative.abs()),
                "{x}: {}",
                digamma(x)
            );
        }
    }

    #[test]
    fn beta_of_small_numbers() {
        assert!((ln_beta(2.0, 3.0) - (1.0_f64 / 12.0).ln()).abs() < 1e-14);
    }
}
