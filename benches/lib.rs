//! What benchmarks share: made-up data, and options that records were made with.

use n2d::cluster::MixtureInit;
use n2d::prelude::*;
use n2d::rng::SplitMix64;
use ndarray::Array2;

/// Rows around ten centres, `(n, d)`.
pub fn blobs(n: usize, d: usize) -> Array2<f32> {
    let uniform = |round: usize, row: usize| {
        let mut rng = SplitMix64::new(1, round as u64, row as u64);
        move || rng.below(1 << 24) as f32 / (1 << 24) as f32
    };
    let centres: Vec<Vec<f32>> = (0..10)
        .map(|centre| {
            let mut draw = uniform(0, centre);
            (0..d).map(|_| 10.0 * draw()).collect()
        })
        .collect();
    let mut rows = Array2::zeros((n, d));
    for (row, mut values) in rows.rows_mut().into_iter().enumerate() {
        let mut draw = uniform(1, row);
        for (value, centre) in values.iter_mut().zip(&centres[row % 10]) {
            // Three uniform draws are near enough to a normal one.
            *value = centre + draw() + draw() + draw() - 1.5;
        }
    }
    rows
}

/// A mixture with what were its defaults when the records that it is in were begun.
pub fn mixture_of_records(n_clusters: usize) -> GaussianMixtureConfig {
    GaussianMixtureConfig {
        init: MixtureInit::KMeans,
        n_init: 10,
        ..GaussianMixtureConfig::new(n_clusters)
    }
}
