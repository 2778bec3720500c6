//! Small helpers of the learners by eigenvectors.

use n2d_core::ConfigError;
use n2d_core::check::Options;
use ndarray::Array2;

/// The widest embedding.
pub(crate) const MAX_COMPONENTS: usize = 256;

/// That an embedding has a width.
pub(crate) fn check_width(options: Options, n_components: usize) -> Result<(), ConfigError> {
    options.between("n_components", n_components as f64, 1.0, MAX_COMPONENTS as f64)
}

/// As single precision, the largest finite value where it would overflow.
pub(crate) fn single(value: f64) -> f32 {
    value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

/// Turns a vector so that its entry of largest absolute value, the first of equals, is positive: eigenvectors have no sign of
/// their own, and every run should choose the same.
pub(crate) fn fix_sign(vector: &mut [f64]) {
    let further = |best: f64, &v: &f64| if v.abs() > best.abs() { v } else { best };
    if vector.iter().fold(0.0, further) < 0.0 {
        vector.iter_mut().for_each(|v| *v = -*v);
    }
}

/// One column a vector; zeros where there are fewer vectors than columns.
pub(crate) fn columns(n_rows: usize, n_columns: usize, vectors: &[Vec<f64>]) -> Array2<f32> {
    Array2::from_shape_fn((n_rows, n_columns), |(row, column)| {
        vectors.get(column).map_or(0.0, |vector| single(vector[row]))
    })
}

/// The dot product of a row with weights.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// What a report says of options that ask for more neighbours than there are rows.
pub(crate) fn fewer_neighbors(asked: usize, used: usize) -> Option<String> {
    (used < asked).then(|| format!("n_neighbors = {used}, all there are, instead of {asked}"))
}

/// What a report says where an embedding has fewer directions than components, and why.
pub(crate) fn fewer_directions(asked: usize, found: usize, why: &str) -> Option<String> {
    (found < asked).then(|| format!("only {found} of {asked} components differ from zero: {why}"))
}

/// Why: there are so many rows, or they lie so.
pub(crate) const NO_MORE_DIRECTIONS: &str = "the rows have no more directions";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_fixed() {
        let mut vector = [0.1, -3.0, 2.0];
        fix_sign(&mut vector);
        assert_eq!(vector, [-0.1, 3.0, -2.0]);
        let mut tied = [1.0, -1.0];
        fix_sign(&mut tied);
        assert_eq!(tied, [1.0, -1.0]);
    }

    #[test]
    fn nothing_becomes_infinite() {
        assert_eq!(
            [single(1e300), single(-1e300), single(0.5)],
            [f32::MAX, f32::MIN, 0.5]
        );
    }
}
