//! Weights by which a row is made of its neighbours.

/// The differences of neighbours from a row, one row of `width` values each.
pub(super) fn apart(row: &[f32], neighbors: &[&[f32]]) -> Vec<f64> {
    let differences = |other: &&[f32]| {
        let pairs = other.iter().zip(row);
        pairs
            .map(|(&a, &b)| f64::from(a) - f64::from(b))
            .collect::<Vec<f64>>()
    };
    neighbors.iter().flat_map(differences).collect()
}

/// The products of all differences with one another, `(k, k)`.
pub(super) fn gram(apart: &[f64], k: usize) -> Vec<f64> {
    let width = apart.len() / k;
    let row = |i: usize| &apart[i * width..][..width];
    let product = |at: usize| crate::numbers::dot(row(at / k), row(at % k));
    (0..k * k).map(product).collect()
}

/// The weights, one in all, whose sum of differences is shortest, kept small by `reg` times the sum of squares.
pub(super) fn barycenter(row: &[f32], neighbors: &[&[f32]], reg: f64) -> Vec<f64> {
    let k = neighbors.len();
    let mut gram = gram(&apart(row, neighbors), k);
    let trace: f64 = (0..k).map(|i| gram[i * k + i]).sum();
    // Relative to the whole, so that the data's size has no say; and neighbours at the row's own place are worth the same.
    let scale = if trace > 0.0 { 1.0 / trace } else { 1.0 };
    gram.iter_mut().for_each(|v| *v *= scale);
    (0..k).for_each(|i| gram[i * k + i] += reg);
    let mut weights = solve(gram, k);
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    weights
}

/// `x` with `A x = 1`, for a positive definite matrix, by Cholesky's factor.
fn solve(mut a: Vec<f64>, k: usize) -> Vec<f64> {
    for j in 0..k {
        for i in j..k {
            let known: f64 = (0..j).map(|l| a[i * k + l] * a[j * k + l]).sum();
            let left = a[i * k + j] - known;
            // A pivot that rounding has made nothing is as small as rounding.
            a[i * k + j] = if i == j {
                left.max(f64::EPSILON * f64::EPSILON).sqrt()
            } else {
                left / a[j * k + j]
            };
        }
    }
    let mut x = vec![1.0; k];
    for i in 0..k {
        let known: f64 = (0..i).map(|l| a[i * k + l] * x[l]).sum();
        x[i] = (x[i] - known) / a[i * k + i];
    }
    for i in (0..k).rev() {
        let known: f64 = (i + 1..k).map(|l| a[l * k + i] * x[l]).sum();
        x[i] = (x[i] - known) / a[i * k + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_between_two_is_half_of_each() {
        let weights = barycenter(&[1.0, 1.0], &[&[0.0, 1.0], &[2.0, 1.0]], 1e-3);
        assert!(weights.iter().all(|w| (w - 0.5).abs() < 1e-12), "{weights:?}");
        let thirds = barycenter(&[1.0], &[&[0.0], &[3.0]], 1e-9);
        assert!((thirds[0] - 2.0 / 3.0).abs() < 1e-6, "{thirds:?}");
        let twins = barycenter(&[1.0], &[&[1.0], &[1.0], &[1.0]], 1e-3);
        assert!(twins.iter().all(|w| (w - 1.0 / 3.0).abs() < 1e-12), "{twins:?}");
    }

    #[test]
    fn size_does_not_matter() {
        let weights = |size: f32| barycenter(&[size], &[&[3.0 * size], &[4.0 * size]], 1e-3);
        for power in [-120, 120] {
            assert_eq!(weights(1.0), weights((power as f32).exp2()));
        }
    }
}
