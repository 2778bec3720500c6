//! What makes differences from a mean white, so that their squared length is the exponent of the normal density.

use rayon::prelude::*;

use super::covariances::CovarianceType;
use crate::cholesky::{cholesky, invert, packed_len, row_start};
use crate::lanes::{LANES, Lane, subtract};
use crate::multiversion::Arithmetic;

/// Entries of triangles that are not worth a thread of their own.
const SMALL: usize = 4096;

/// The inverse of the covariances' Cholesky factors, by the kind of the covariances.
#[derive(Debug, Clone)]
pub(crate) enum Whitening {
    /// A packed lower triangle for each component, one after the other.
    Full(Vec<f64>),
    /// One for all. It is linear, so a row is made white once, and so are the means: all as differences from one origin among
    /// the means, so that a far-off zero costs no digits.
    Tied {
        factor: Vec<f64>,
        origin: Vec<f64>,
        /// One after the other.
        white_means: Vec<f64>,
    },
    /// An inverse standard deviation for each component and feature.
    Diag(Vec<f64>),
    /// An inverse standard deviation for each component.
    Spherical(Vec<f64>),
}

impl Whitening {
    /// With half the logarithm of each covariance's determinant; the error is the first component whose covariance is not
    /// positive definite.
    pub(crate) fn new(
        kind: CovarianceType,
        n_features: usize,
        means: &[f64],
        shapes: &[f64],
    ) -> Result<(Self, Vec<f64>), usize> {
        let n_clusters = means.len() / n_features;
        match kind {
            CovarianceType::Full => {
                let (factors, half_log_dets) = triangles(shapes, n_features)?;
                Ok((Self::Full(factors), half_log_dets))
            }
            CovarianceType::Tied => {
                let (factors, half_log_dets) = triangles(shapes, n_features)?;
                let half_log_dets = vec![half_log_dets[0]; n_clusters];
                Ok((Self::tied(factors, means, n_features), half_log_dets))
            }
            CovarianceType::Diag => {
                let inverse = inverse_deviations(shapes).map_err(|at| at / n_features)?;
                let half_log_det = |variances: &[f64]| variances.iter().map(|x| 0.5 * x.ln()).sum();
                let half_log_dets = shapes.chunks_exact(n_features).map(half_log_det).collect();
                Ok((Self::Diag(inverse), half_log_dets))
            }
            CovarianceType::Spherical => {
                let half_log_det = |variance: &f64| 0.5 * n_features as f64 * variance.ln();
                let half_log_dets = shapes.iter().map(half_log_det).collect();
                Ok((Self::Spherical(inverse_deviations(shapes)?), half_log_dets))
            }
        }
    }

    fn tied(factor: Vec<f64>, means: &[f64], n_features: usize) -> Self {
        let n_clusters = (means.len() / n_features) as f64;
        let column = |i: usize| means.iter().skip(i).step_by(n_features);
        let origin: Vec<f64> = (0..n_features)
            .map(|i| column(i).map(|x| x / n_clusters).sum())
            .collect();
        let whiten = |mean: &[f64]| -> Vec<f64> {
            let difference: Vec<f64> = mean.iter().zip(&origin).map(|(x, origin)| x - origin).collect();
            (0..n_features)
                .map(|i| {
                    let row = &factor[row_start(i)..][..=i];
                    row.iter().zip(&difference).map(|(f, x)| f * x).sum()
                })
                .collect()
        };
        let white_means = means.chunks_exact(n_features).flat_map(whiten).collect();
        Self::Tied {
            factor,
            origin,
            white_means,
        }
    }

    /// For each component the squared length of the white differences of a block of rows from its mean. `buffer` has a lane
    /// for each feature twice over.
    #[inline(always)]
    pub(crate) fn squared<A: Arithmetic>(
        &self,
        block: &[Lane],
        means: &[f64],
        buffer: &mut [Lane],
        out: &mut [Lane],
    ) {
        let n_features = block.len();
        let (difference, white) = buffer.split_at_mut(n_features);
        let means = means.chunks_exact(n_features);
        match self {
            Self::Full(factors) => {
                let factors = factors.chunks_exact(packed_len(n_features));
                for ((out, mean), factor) in out.iter_mut().zip(means).zip(factors) {
                    subtract(block, mean, difference);
                    *out = squared_product::<A>(factor, difference);
                }
            }
            Self::Tied {
                factor,
                origin,
                white_means,
            } => {
                subtract(block, origin, difference);
                products::<A>(factor, difference, white);
                for (out, mean) in out.iter_mut().zip(white_means.chunks_exact(n_features)) {
                    *out = squared_distance::<A>(white, mean);
                }
            }
            Self::Diag(inverse) => {
                for ((out, mean), inverse) in out.iter_mut().zip(means).zip(inverse.chunks_exact(n_features))
                {
                    *out = squared_scaled::<A>(block, mean, inverse);
                }
            }
            Self::Spherical(inverse) => {
                for ((out, mean), inverse) in out.iter_mut().zip(means).zip(inverse) {
                    // Scaled before it is squared: the square of a great number may overflow.
                    *out = squared_scaled_by::<A>(block, mean, *inverse);
                }
            }
        }
    }
}

fn triangles(shapes: &[f64], n_features: usize) -> Result<(Vec<f64>, Vec<f64>), usize> {
    let len = packed_len(n_features);
    let components: Vec<Option<(Vec<f64>, f64)>> = shapes
        .par_chunks_exact(len)
        .with_min_len(SMALL.div_ceil(len))
        .map(|covariance| {
            let factor = cholesky(covariance, n_features)?;
            let half_log_det = (0..n_features).map(|i| factor[row_start(i) + i].ln()).sum();
            Some((invert(&factor, n_features), half_log_det))
        })
        .collect();
    let mut factors = Vec::with_capacity(shapes.len());
    let mut half_log_dets = Vec::with_capacity(components.len());
    for (k, component) in components.into_iter().enumerate() {
        let (factor, half_log_det) = component.ok_or(k)?;
        factors.extend(factor);
        half_log_dets.push(half_log_det);
    }
    Ok((factors, half_log_dets))
}

/// The error is the place of the first variance that is none.
fn inverse_deviations(variances: &[f64]) -> Result<Vec<f64>, usize> {
    match variances.iter().position(|&x| !(x > 0.0 && x.is_finite())) {
        Some(at) => Err(at),
        None => Ok(variances.iter().map(|x| 1.0 / x.sqrt()).collect()),
    }
}

/// Squared length of a triangle times a difference.
#[inline(always)]
fn squared_product<A: Arithmetic>(factor: &[f64], difference: &[Lane]) -> Lane {
    let mut squared = [0.0; LANES];
    each_product::<A>(factor, difference, |_, product| {
        for lane in 0..LANES {
            squared[lane] = A::mul_add(product[lane], product[lane], squared[lane]);
        }
    });
    squared
}

/// A triangle times a difference.
#[inline(always)]
fn products<A: Arithmetic>(factor: &[f64], difference: &[Lane], out: &mut [Lane]) {
    each_product::<A>(factor, difference, |i, product| out[i] = *product);
}

/// Each row of a triangle times a difference, in order. Several rows at a time: their sums run side by side, and each
/// difference that is loaded serves all.
#[inline(always)]
fn each_product<A: Arithmetic>(factor: &[f64], difference: &[Lane], mut each: impl FnMut(usize, &Lane)) {
    let n_features = difference.len();
    let mut i = 0;
    while i < n_features {
        match n_features - i {
            1 => give::<A, 1>(factor, difference, &mut i, &mut each),
            2 | 3 => give::<A, 2>(factor, difference, &mut i, &mut each),
            _ => give::<A, 4>(factor, difference, &mut i, &mut each),
        }
    }
}

#[inline(always)]
fn give<A: Arithmetic, const N: usize>(
    factor: &[f64],
    difference: &[Lane],
    i: &mut usize,
    each: &mut impl FnMut(usize, &Lane),
) {
    for product in &rows_abreast::<A, N>(factor, difference, *i) {
        each(*i, product);
        *i += 1;
    }
}

/// `N` rows of a triangle, from row `i` on, times a difference.
#[inline(always)]
fn rows_abreast<A: Arithmetic, const N: usize>(factor: &[f64], difference: &[Lane], i: usize) -> [Lane; N] {
    let mut sums = [[0.0; LANES]; N];
    let (common, rest) = difference.split_at(i + 1);
    let rows: [&[f64]; N] = std::array::from_fn(|row| &factor[row_start(i + row)..][..=i + row]);
    let columns: [&[f64]; N] = rows.map(|row| &row[..common.len()]);
    for (j, difference) in common.iter().enumerate() {
        for row in 0..N {
            add_product::<A>(columns[row][j], difference, &mut sums[row]);
        }
    }
    for row in 1..N {
        for (&factor, difference) in rows[row][i + 1..].iter().zip(rest) {
            add_product::<A>(factor, difference, &mut sums[row]);
        }
    }
    sums
}

#[inline(always)]
fn add_product<A: Arithmetic>(factor: f64, values: &Lane, sum: &mut Lane) {
    for lane in 0..LANES {
        sum[lane] = A::mul_add(factor, values[lane], sum[lane]);
    }
}

#[inline(always)]
fn squared_distance<A: Arithmetic>(block: &[Lane], point: &[f64]) -> Lane {
    squared_scaled_by::<A>(block, point, 1.0)
}

#[inline(always)]
fn squared_scaled_by<A: Arithmetic>(block: &[Lane], point: &[f64], scale: f64) -> Lane {
    let mut sum = [0.0; LANES];
    for (values, &origin) in block.iter().zip(point) {
        for lane in 0..LANES {
            let scaled = (values[lane] - origin) * scale;
            sum[lane] = A::mul_add(scaled, scaled, sum[lane]);
        }
    }
    sum
}

#[inline(always)]
fn squared_scaled<A: Arithmetic>(block: &[Lane], point: &[f64], scales: &[f64]) -> Lane {
    let mut sum = [0.0; LANES];
    for ((values, &origin), &scale) in block.iter().zip(point).zip(scales) {
        for lane in 0..LANES {
            let scaled = (values[lane] - origin) * scale;
            sum[lane] = A::mul_add(scaled, scaled, sum[lane]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::multiversion::Apart;

    #[test]
    fn a_triangle_of_any_width_is_multiplied_as_defined() {
        for n_features in 1..12 {
            let factor: Vec<f64> = (0..packed_len(n_features)).map(|at| at as f64 - 7.0).collect();
            let difference: Vec<Lane> = (0..n_features)
                .map(|i| std::array::from_fn(|lane| (i * LANES + lane) as f64 / 8.0))
                .collect();
            let mut found = vec![[0.0; LANES]; n_features];
            products::<Apart>(&factor, &difference, &mut found);
            let squared = squared_product::<Apart>(&factor, &difference);
            for lane in 0..LANES {
                let product = |i: usize| -> f64 {
                    (0..=i)
                        .map(|j| factor[row_start(i) + j] * difference[j][lane])
                        .sum()
                };
                // Multiples of an eighth: every sum is exact.
                assert!(
                    (0..n_features).all(|i| found[i][lane] == product(i)),
                    "{n_features}"
                );
                let expected: f64 = (0..n_features).map(|i| product(i) * product(i)).sum();
                assert_eq!(squared[lane], expected, "{n_features}");
            }
        }
    }
}
