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
    // Column `i` of `L`, from the diagonal on, follows that of `i - 1`: whole columns are added, one entry beside the other.
    let mut columns: Vec<f64> = Vec::with_capacity(packed_len(n));
    let mut known = vec![0.0; n];
    for i in 0..n {
        let known = &mut known[i..];
        known.fill(0.0);
        let mut from = 0;
        for j in 0..i {
            let column = &columns[from + i - j..from + n - j];
            add_scaled(column[0], column, known);
            from += n - j;
        }
        let variance = matrix[row_start(i) + i];
        // A pivot at the level of rounding is noise: on one machine a tiny variance, on the next a negative one.
        let (rest, noise) = (variance - known[0], f64::EPSILON * n as f64 * variance);
        if !(rest > noise && rest.is_finite()) {
            return None;
        }
        let pivot = rest.sqrt();
        columns.push(pivot);
        let below = (i + 1..n).zip(&known[1..]);
        columns.extend(below.map(|(row, known)| (matrix[row_start(row) + i] - known) / pivot));
    }
    Some(by_rows(&columns, n))
}

/// A lower triangle whose columns follow each other, row after row.
fn by_rows(columns: &[f64], n: usize) -> Vec<f64> {
    let mut rows = vec![0.0; packed_len(n)];
    let mut entries = columns.iter();
    for j in 0..n {
        for (i, &entry) in (j..n).zip(&mut entries) {
            rows[row_start(i) + j] = entry;
        }
    }
    rows
}

/// The inverse of a lower triangle whose diagonal has no zero; again a lower triangle.
pub(crate) fn invert(lower: &[f64], n: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; packed_len(n)];
    for i in 0..n {
        let (above, row) = inverse.split_at_mut(row_start(i));
        let (factors, pivot) = lower[row_start(i)..][..=i].split_at(i);
        for (k, &factor) in factors.iter().enumerate() {
            add_scaled(factor, &above[row_start(k)..][..=k], &mut row[..=k]);
        }
        row[..i].iter_mut().for_each(|sum| *sum = -*sum / pivot[0]);
        row[i] = 1.0 / pivot[0];
    }
    inverse
}

n2d_core::multiversion! {
    /// Adds a multiple of some values to others.
    fn add_scaled(scale: f64, values: &[f64], sums: &mut [f64]) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += scale * value;
        }
    }
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
    fn many_rows_are_factored_and_inverted() {
        let n = 70;
        let entry =
            |i: usize, j: usize| ((i * 31 + j * 17) % 13) as f64 / 13.0 + if i == j { 2.0 } else { 0.0 };
        let lower: Vec<f64> = (0..n).flat_map(|i| (0..=i).map(move |j| entry(i, j))).collect();
        let row = |i: usize| &lower[row_start(i)..][..=i];
        let product = |i: usize, j: usize| -> f64 { row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum() };
        let matrix: Vec<f64> = (0..n).flat_map(|i| (0..=i).map(move |j| product(i, j))).collect();
        let factor = cholesky(&matrix, n).unwrap();
        for (found, expected) in factor.iter().zip(&lower) {
            assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
        }
        let inverse = invert(&factor, n);
        for i in 0..n {
            for j in 0..=i {
                let entry: f64 = (j..=i)
                    .map(|k| factor[row_start(i) + k] * inverse[row_start(k) + j])
                    .sum();
                let identity = if i == j { 1.0 } else { 0.0 };
                assert!((entry - identity).abs() < 1e-8, "{i} {j}: {entry}");
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
