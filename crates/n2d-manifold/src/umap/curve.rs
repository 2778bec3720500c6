/// The similarity of embedded points at distance x, `1 / (1 + a x^(2b))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Scale.
    pub a: f32,
    /// Steepness.
    pub b: f32,
}

impl Curve {
    /// The curve nearest, by least squares at 300 distances up to `3 spread`, to one that is 1 up to `min_dist` and
    /// falls off with scale `spread` behind it, as in umap-learn.
    pub(super) fn fitted(spread: f64, min_dist: f64) -> Self {
        // In units of `spread`, where the same start serves for all.
        let xs: Vec<f64> = (0..300).map(|i| 3.0 * f64::from(i) / 299.0).collect();
        let beyond = |&x: &f64| x - min_dist / spread;
        let ys: Vec<f64> = xs.iter().map(|x| (-beyond(x).max(0.0)).exp()).collect();
        let (a, b) = levenberg_marquardt(&xs, &ys);
        Self {
            a: (a * spread.powf(-2.0 * b)) as f32,
            b: b as f32,
        }
    }
}

/// Damped least squares for two parameters, from (1, 1), as scipy's `curve_fit` starts.
fn levenberg_marquardt(xs: &[f64], ys: &[f64]) -> (f64, f64) {
    let (mut a, mut b) = (1.0, 1.0);
    let mut damping = 1e-3;
    let mut error = squared_error(xs, ys, a, b);
    for _ in 0..500 {
        let (jaa, jab, jbb, ra, rb) = normal_equations(xs, ys, a, b);
        let (daa, dbb) = (jaa * (1.0 + damping), jbb * (1.0 + damping));
        let determinant = daa * dbb - jab * jab;
        let step = (
            (dbb * ra - jab * rb) / determinant,
            (daa * rb - jab * ra) / determinant,
        );
        let (next_a, next_b) = (a + step.0, b + step.1);
        let next_error = squared_error(xs, ys, next_a, next_b);
        if next_a > 0.0 && next_b > 0.0 && next_error <= error {
            let done = step.0.abs() < 1e-12 * a && step.1.abs() < 1e-12 * b;
            (a, b, error) = (next_a, next_b, next_error);
            damping /= 10.0;
            if done {
                break;
            }
        } else {
            damping *= 10.0;
        }
    }
    (a, b)
}

fn value(x: f64, a: f64, b: f64) -> f64 {
    1.0 / (1.0 + a * x.powf(2.0 * b))
}

fn squared_error(xs: &[f64], ys: &[f64], a: f64, b: f64) -> f64 {
    xs.iter()
        .zip(ys)
        .map(|(&x, &y)| (y - value(x, a, b)).powi(2))
        .sum()
}

/// The entries of `J'J` and of `J'r`.
fn normal_equations(xs: &[f64], ys: &[f64], a: f64, b: f64) -> (f64, f64, f64, f64, f64) {
    let (mut jaa, mut jab, mut jbb, mut ra, mut rb) = (0.0, 0.0, 0.0, 0.0, 0.0);
    // At x = 0 the curve is 1 whatever the parameters.
    for (&x, &y) in xs.iter().zip(ys).filter(|&(&x, _)| x > 0.0) {
        let power = x.powf(2.0 * b);
        let v = value(x, a, b);
        let (da, db) = (-power * v * v, -2.0 * a * power * x.ln() * v * v);
        let r = y - v;
        jaa += da * da;
        jab += da * db;
        jbb += db * db;
        ra += da * r;
        rb += db * r;
    }
    (jaa, jab, jbb, ra, rb)
}
