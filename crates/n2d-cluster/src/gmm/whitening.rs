//! What makes differences from a mean white, so that their squared length is the exponent of the normal density.

use super::covariances::CovarianceType;
use crate::cholesky::{cholesky, invert, packed_len, row_start};
use crate::lanes::{LANES, Lane, subtract};
use crate::multiversion::Arithmetic;

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
    let mut factors = Vec::with_capacity(shapes.len());
    let mut half_log_dets = Vec::new();
    for (k, covariance) in shapes.chunks_exact(packed_len(n_features)).enumerate() {
        let factor = cholesky(covariance, n_features).ok_or(k)?;
        half_log_dets.push((0..n_features).map(|i| factor[row_start(i) + i].ln()).sum());
        factors.extend(invert(&factor, n_features));
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

/// Squared length of a triangle times a difference, two of its rows at a time: their sums run side by side.
#[inline(always)]
fn squared_product<A: Arithmetic>(factor: &[f64], difference: &[Lane]) -> Lane {
    let n_features = difference.len();
    let mut squared = [0.0; LANES];
    for i in (0..n_features).step_by(2) {
        let (upper, lower) = two_rows::<A>(factor, difference, i);
        for lane in 0..LANES {
            squared[lane] = A::mul_add(upper[lane], upper[lane], squared[lane]);
            squared[lane] = A::mul_add(lower[lane], lower[lane], squared[lane]);
        }
    }
    squared
}

/// A triangle times a difference.
#[inline(always)]
fn products<A: Arithmetic>(factor: &[f64], difference: &[Lane], out: &mut [Lane]) {
    for (i, out) in out.chunks_mut(2).enumerate() {
        let (upper, lower) = two_rows::<A>(factor, difference, 2 * i);
        out[0] = upper;
        if let Some(out) = out.get_mut(1) {
            *out = lower;
        }
    }
}

/// Rows `i` and `i + 1` of a triangle times a difference; zeros for a row that is not there.
#[inline(always)]
fn two_rows<A: Arithmetic>(factor: &[f64], difference: &[Lane], i: usize) -> (Lane, Lane) {
    let (mut upper, mut lower) = ([0.0; LANES], [0.0; LANES]);
    let row = &factor[row_start(i)..][..=i];
    let Some(next) = factor.get(row_start(i + 1)..row_start(i + 2)) else {
        for (&factor, difference) in row.iter().zip(difference) {
            for lane in 0..LANES {
                upper[lane] = A::mul_add(factor, difference[lane], upper[lane]);
            }
        }
        return (upper, lower);
    };
    for ((&factor, &next), difference) in row.iter().zip(next).zip(difference) {
        for lane in 0..LANES {
            upper[lane] = A::mul_add(factor, difference[lane], upper[lane]);
            lower[lane] = A::mul_add(next, difference[lane], lower[lane]);
        }
    }
    let (last, difference) = (next[i + 1], &difference[i + 1]);
    for lane in 0..LANES {
        lower[lane] = A::mul_add(last, difference[lane], lower[lane]);
    }
    (upper, lower)
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
