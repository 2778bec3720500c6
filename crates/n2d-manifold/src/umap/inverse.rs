//! Back from the embedding to the data.

use faer::prelude::Solve;
use faer::{Mat, Side};
use n2d_core::check::same_features;
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples};
use n2d_neighbors::{NeighborIndex, NeighborSearch};
use ndarray::Array2;
use rayon::prelude::*;

use super::kernel::Forces;
use super::{FittedUmap, UmapConfig};

/// How much a fit of the data to places of the embedding is held back, in units of the places' mean variance. Measured on
/// rows of pen digits that were held out: 0.3 is best or next to it in 2 and in 10 components.
const RIDGE: f64 = 0.3;

impl FittedUmap {
    /// The rows of data that places in the embedding stand for, `(n_samples, n_features)`; a row does not depend on the others
    /// asked for.
    ///
    /// Each is a combination of the training rows nearest in the embedding, `n_neighbors` of them: their mean, weighted by the
    /// similarity there, moved along as a linear fit through them says (with a ridge, and no farther than they reach). So
    /// it is meaningful where means of rows are, which is not the case for categories coded as numbers.
    ///
    /// Takes `O(n log n)` once for an index of the embedding, then `O(n_components^3 + n_neighbors (n_components^2 + n_features))` a
    /// row, in parallel.
    ///
    /// ```
    /// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples};
    /// use n2d_manifold::UmapConfig;
    ///
    /// let values: Vec<f32> = (0..60).map(|i| (i % 30) as f32 * 0.1 + (i / 30) as f32 * 100.0).collect();
    /// let x = Samples::from_rows(&values, 1)?;
    /// let fit = UmapConfig { n_neighbors: 10, ..UmapConfig::new(2) }.build()?.fit(x, &mut FitContext::new(42))?;
    /// let back = fit.model.inverse_transform(Samples::new(fit.model.embedding())?)?;
    /// assert_eq!(back.dim(), (60, 1));
    /// assert!(back.iter().zip(&values).all(|(a, b)| (a - b).abs() < 2.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for places of another width than the embedding.
    pub fn inverse_transform(&self, places: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        let embedding = self.embedding();
        same_features(UmapConfig::NAME, embedding.ncols(), places)?;
        let embedded = Samples::new(embedding).map_err(|source| ApplyError::Data {
            part: UmapConfig::NAME.to_owned(),
            source,
        })?;
        let index = NeighborIndex::new(embedded, NeighborSearch::Exact);
        let near = index.query(places, self.n_neighbors())?;
        let (rows, d) = (self.training_rows(), self.n_features());
        let mut back = vec![0.0; places.n_samples() * d];
        back.par_chunks_mut(d).enumerate().for_each(|(row, back)| {
            let indices = near.indices(row);
            let points: Vec<&[f32]> = indices.iter().map(|&i| row_of(embedded, i)).collect();
            let weights = combination(row_of(places, row as u32), &points, self.forces());
            let mut sums = vec![0.0; d];
            for (&index, weight) in indices.iter().zip(weights) {
                let values = &rows[index as usize * d..][..d];
                sums.iter_mut()
                    .zip(values)
                    .for_each(|(sum, &v)| *sum += weight * f64::from(v));
            }
            let bounded = |sum: &f64| sum.clamp(f32::MIN.into(), f32::MAX.into()) as f32;
            back.iter_mut()
                .zip(&sums)
                .for_each(|(to, sum)| *to = bounded(sum));
        });
        Ok(Array2::from_shape_vec((places.n_samples(), d), back).expect("n_features values a row"))
    }
}

fn row_of(samples: Samples<'_>, row: u32) -> &[f32] {
    let d = samples.n_features();
    &samples.as_slice()[row as usize * d..][..d]
}

/// How much each of some points counts at a place; sums to one.
fn combination(place: &[f32], points: &[&[f32]], forces: &Forces) -> Vec<f64> {
    let squared = |point: &&[f32]| -> f32 {
        let apart = place.iter().zip(*point).map(|(a, b)| f64::from(a - b));
        apart.map(|v| v * v).sum::<f64>().min(f32::MAX.into()) as f32
    };
    let similarities: Vec<f64> = points
        .iter()
        .map(|point| f64::from(forces.similarity(squared(point))).max(f64::MIN_POSITIVE))
        .collect();
    let total: f64 = similarities.iter().sum();
    let weights: Vec<f64> = similarities.iter().map(|similarity| similarity / total).collect();
    let d = place.len();
    let mut mean = vec![0.0; d];
    for (point, weight) in points.iter().zip(&weights) {
        mean.iter_mut()
            .zip(*point)
            .for_each(|(sum, &v)| *sum += weight * f64::from(v));
    }
    let apart: Vec<Vec<f64>> = points
        .iter()
        .map(|point| {
            point
                .iter()
                .zip(&mean)
                .map(|(&v, mean)| f64::from(v) - mean)
                .collect()
        })
        .collect();
    let towards: Vec<f64> = place
        .iter()
        .zip(&mean)
        .map(|(&v, mean)| f64::from(v) - mean)
        .collect();
    let moved = slope(&apart, &weights, &within(towards, &apart));
    let along = |apart: &[f64]| apart.iter().zip(&moved).map(|(a, b)| a * b).sum::<f64>();
    weights
        .iter()
        .zip(&apart)
        .map(|(weight, apart)| weight * (1.0 + along(apart)))
        .collect()
}

/// A direction, no longer than the farthest of some others.
fn within(towards: Vec<f64>, apart: &[Vec<f64>]) -> Vec<f64> {
    let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    let farthest = apart.iter().map(|v| length(v)).fold(0.0, f64::max);
    let own = length(&towards);
    let factor = if own > farthest { farthest / own } else { 1.0 };
    towards.into_iter().map(|v| v * factor).collect()
}

/// What a weighted linear fit makes of a direction: the inverse covariance, with a ridge, times it.
fn slope(apart: &[Vec<f64>], weights: &[f64], towards: &[f64]) -> Vec<f64> {
    let d = towards.len();
    let mut covariance = Mat::<f64>::zeros(d, d);
    for (v, weight) in apart.iter().zip(weights) {
        for i in 0..d {
            for j in 0..=i {
                covariance[(i, j)] += weight * v[i] * v[j];
            }
        }
    }
    let mean = (0..d).map(|i| covariance[(i, i)]).sum::<f64>() / d as f64;
    // Points all at one place, or nearly, have no slope.
    if !mean.is_normal() {
        return vec![0.0; d];
    }
    (0..d).for_each(|i| covariance[(i, i)] += RIDGE * mean);
    let Ok(factor) = covariance.llt(Side::Lower) else {
        return vec![0.0; d];
    };
    let solved = factor.solve(Mat::from_fn(d, 1, |i, _| towards[i]));
    (0..d).map(|i| solved[(i, 0)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::umap::Curve;

    const CURVE: Curve = Curve { a: 1.9, b: 0.8 };

    #[test]
    fn combinations_sum_to_one_and_follow_the_place() {
        let points: Vec<[f32; 2]> = (0..12).map(|i| [(i % 4) as f32, (i / 4) as f32]).collect();
        let points: Vec<&[f32]> = points.iter().map(|point| &point[..]).collect();
        let forces = Forces::new(CURVE, 1.0);
        let at = |place: [f32; 2]| {
            let weights = combination(&place, &points, &forces);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let component = |c: usize| -> f64 {
                weights
                    .iter()
                    .zip(&points)
                    .map(|(w, point)| w * f64::from(point[c]))
                    .sum()
            };
            (component(0), component(1))
        };
        let (low, high) = (at([0.5, 1.0]), at([2.5, 1.0]));
        assert!(
            low.0 < 1.0 && high.0 > 2.0 && (low.1 - 1.0).abs() < 1e-6,
            "{low:?} {high:?}"
        );
        // Far off it goes no farther than the points do.
        let far = at([1e30, 1.0]);
        assert!(far.0.abs() < 10.0, "{far:?}");
    }

    #[test]
    fn points_at_one_place_are_averaged() {
        let point = [3.0_f32, 3.0];
        let weights = combination(&[0.0, 1.0], &[&point, &point], &Forces::new(CURVE, 1.0));
        assert_eq!(weights, [0.5, 0.5]);
    }
}
