//! Cholesky factors of small symmetric matrices, lower triangles packed row after row.

/// Values in a packed triangle of `n` rows.
pub(crate) const fn packed_len(n: usize) -> usize {
    n * (n + 1) / 2
}

/// Where row `i` of a packed triangle begins.
pub(crate) const fn row_start(i: usize) -> usize {
    packed_len(i)
}

/// `L` of `L L^T`, or none where the matrix is not positive definite beyond what rounding leaves.
pub(crate) fn cholesky(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut factor = matrix.to_vec();
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (row_start(i), row_start(j));
            let known = dot(&factor[row_i..row_i + j], &factor[row_j..row_j + j]);
            let rest = matrix[row_i + j] - known;
            if i == j {
                // A pivot at the level of rounding is noise: on one machine a tiny variance, on the next a negative one.
                let noise = f64::EPSILON * n as f64 * matrix[row_i + i];
                if !(rest > noise && rest.is_finite()) {
                    return None;
                }
                factor[row_i + i] = rest.sqrt();
            } else {
                factor[row_i + j] = rest / factor[row_j + j];
            }
        }
    }
    Some(factor)
}

/// The inverse of a lower triangle whose diagonal has no zero; again a lower triangle.
pub(crate) fn invert(lower: &[f64], n: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; packed_len(n)];
    for i in 0..n {
        let pivot = lower[row_start(i) + i];
        for j in 0..i {
            let sum: f64 = (j..i)
                .map(|k| lower[row_start(i) + k] * inverse[row_start(k) + j])
                .sum();
            inverse[row_start(i) + j] = -sum / pivot;
        }
        inverse[row_start(i) + i] = 1.0 / pivot;
    }
    inverse
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_and_inverse_are_what_they_should() {
        // L = [[2, 0, 0], [1, 3, 0], [-1, 0.5, 1]]
        let lower = [2.0, 1.0, 3.0, -1.0, 0.5, 1.0];
        let matrix = [4.0, 2.0, 10.0, -2.0, 0.5, 2.25];
        assert_eq!(cholesky(&matrix, 3).unwrap(), lower);
        let inverse = invert(&lower, 3);
        for i in 0..3 {
            for j in 0..=i {
                let entry: f64 = (j..=i)
                    .map(|k| lower[row_start(i) + k] * inverse[row_start(k) + j])
                    .sum();
                let identity = if i == j { 1.0 } else { 0.0 };
                assert!((entry - identity).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert_eq!(cholesky(&[0.0], 1), None);
        assert_eq!(cholesky(&[f64::NAN], 1), None);
        assert_eq!(cholesky(&[f64::INFINITY], 1), None);
        assert_eq!(cholesky(&[1.0, 2.0, 1.0], 2), None, "indefinite");
        assert_eq!(cholesky(&[1.0, 1.0, 1.0], 2), None, "two equal columns");
        assert!(cholesky(&[1e-40], 1).is_some(), "small is not singular");
    }
}
