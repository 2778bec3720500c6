//! New rows drawn from a mixture.

use n2d_core::Labels;
use n2d_core::rng::{ChaCha8Rng, generator};
use ndarray::Array2;
use rand::Rng;

use super::parameters::MixtureParameters;
use crate::cholesky::{cholesky, packed_len, row_start};
use crate::gmm::covariances::lower;

/// `n_samples` rows with their components. Each takes a component by the weights, then a point of that component.
pub(crate) fn sample(
    parameters: &MixtureParameters,
    purpose: &str,
    n_samples: usize,
    seed: u64,
) -> (Array2<f32>, Labels) {
    let (n_clusters, n_features) = parameters.means.dim();
    let mut rng = generator(seed, purpose, 0);
    let factors: Vec<Vec<f64>> = (0..n_clusters).map(|k| factor(parameters, k)).collect();
    let mut values = Vec::with_capacity(n_samples * n_features);
    let mut labels = Vec::with_capacity(n_samples);
    for _ in 0..n_samples {
        let k = component(parameters, &mut rng);
        let normal: Vec<f64> = (0..n_features).map(|_| standard_normal(&mut rng)).collect();
        let row = |i: usize| {
            let row = &factors[k][row_start(i)..][..=i];
            let shift: f64 = row.iter().zip(&normal).map(|(l, z)| l * z).sum();
            // A mixture can lie at the border of single precision, a row never beyond it.
            let bound = f64::from(f32::MAX);
            (parameters.means[[k, i]] + shift).clamp(-bound, bound) as f32
        };
        values.extend((0..n_features).map(row));
        labels.push(k as i32);
    }
    let rows = Array2::from_shape_vec((n_samples, n_features), values).expect("whole rows");
    (
        rows,
        Labels::new(labels).expect("components are counted from zero"),
    )
}

/// The Cholesky factor of a component's covariance.
fn factor(parameters: &MixtureParameters, k: usize) -> Vec<f64> {
    let n_features = parameters.means.ncols();
    let covariance = lower(parameters.covariances.matrix(k, n_features).view());
    debug_assert_eq!(covariance.len(), packed_len(n_features));
    cholesky(&covariance, n_features).expect("positive definite: factored at the fit")
}

fn component(parameters: &MixtureParameters, rng: &mut ChaCha8Rng) -> usize {
    let mut left = unit(rng);
    let weights = &parameters.weights;
    for (k, &weight) in weights.iter().enumerate() {
        if left < weight {
            return k;
        }
        left -= weight;
    }
    // Only rounding leads here.
    let heavier = |best: usize, k: usize| if weights[k] > weights[best] { k } else { best };
    (0..weights.len()).fold(0, heavier)
}

/// By the polar method (Marsaglia and Bray 1964), of whose two numbers one is used: no state is left behind.
fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    loop {
        let (x, y) = (2.0 * unit(rng) - 1.0, 2.0 * unit(rng) - 1.0);
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            return x * (-2.0 * square.ln() / square).sqrt();
        }
    }
}

/// In `[0, 1)`.
fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
