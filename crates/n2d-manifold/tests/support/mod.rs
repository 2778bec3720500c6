//! Data for the tests, and what they ask of an embedding.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::Path;

use n2d_core::rng::SplitMix64;
use n2d_core::{
    ConfigError, Fit, FitContext, FitError, FittedManifold, Manifold, PartConfig, Report, Samples,
};
use n2d_manifold::{FittedUmap, UmapConfig};
use ndarray::ArrayView2;

/// Standard normal values, as sums of twelve uniform ones.
pub(crate) fn normal(len: usize, seed: u64) -> Vec<f32> {
    let mut rng = SplitMix64::new(seed, 0, 0);
    let mut uniform = || rng.below(1 << 24) as f32 / (1 << 24) as f32;
    (0..len)
        .map(|_| (0..12).map(|_| uniform()).sum::<f32>() - 6.0)
        .collect()
}

/// Rows of `n_blobs` groups in turn, each normal around its own centre, centres `apart` standard deviations apart or more.
pub(crate) fn blobs(n: usize, d: usize, n_blobs: usize, apart: f32, seed: u64) -> Vec<f32> {
    let mut values = normal(n * d, seed);
    for (row, values) in values.chunks_exact_mut(d).enumerate() {
        let blob = row % n_blobs;
        values[blob % d] += apart * (1 + blob / d) as f32;
    }
    values
}

pub(crate) fn samples(values: &[f32], d: usize) -> Samples<'_> {
    Samples::from_rows(values, d).unwrap()
}

/// Fits and checks what every embedding must be.
pub(crate) fn fit(
    config: &UmapConfig,
    x: Samples<'_>,
    ctx: &mut FitContext<'_>,
) -> Result<Fit<FittedUmap>, FitError> {
    let fit = config.build().unwrap().fit(x, ctx)?;
    let embedding = fit.model.embedding();
    assert_eq!(embedding.dim(), (x.n_samples(), config.n_components));
    assert!(embedding.iter().all(|v| v.is_finite()), "{embedding}");
    Ok(fit)
}

pub(crate) fn fit_seeded(config: &UmapConfig, values: &[f32], d: usize, seed: u64) -> Fit<FittedUmap> {
    fit(config, samples(values, d), &mut FitContext::new(seed)).unwrap()
}

pub(crate) fn bits(values: ArrayView2<'_, f32>) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// Mean distances within groups and between them, as a ratio.
pub(crate) fn mixing(embedding: ArrayView2<'_, f32>, group: impl Fn(usize) -> i32) -> f64 {
    let (mut within, mut between) = ((0.0, 0.0), (0.0, 0.0));
    for a in 0..embedding.nrows() {
        for b in 0..a {
            let squared: f32 = embedding
                .row(a)
                .iter()
                .zip(embedding.row(b))
                .map(|(a, b)| (a - b) * (a - b))
                .sum();
            let sum = if group(a) == group(b) {
                &mut within
            } else {
                &mut between
            };
            *sum = (sum.0 + f64::from(squared.sqrt()), sum.1 + 1.0);
        }
    }
    (within.0 / within.1) / (between.0 / between.1)
}

pub(crate) fn refused(error: FitError) -> ConfigError {
    match error {
        FitError::Part { part, source } => {
            assert_eq!(part, "umap");
            *source.downcast().unwrap()
        }
        other => panic!("{other}"),
    }
}

/// Options for small data.
pub(crate) fn small(n_components: usize) -> UmapConfig {
    UmapConfig {
        n_neighbors: 10,
        n_epochs: Some(60),
        ..UmapConfig::new(n_components)
    }
}

/// The first rows of the pen digits, 16 values each in 0..=100; none where the data is not there.
pub(crate) fn pendigits(n: usize) -> Option<Vec<f32>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pendigits/pendigits.tra");
    let text = std::fs::read_to_string(path).ok()?;
    let row = |line: &str| -> Vec<f32> {
        line.split(',')
            .take(16)
            .map(|v| v.trim().parse().unwrap())
            .collect()
    };
    Some(text.lines().take(n).flat_map(row).collect())
}

/// What a report says besides how neighbours were searched, which it always does.
pub(crate) fn notes(report: &Report) -> Vec<&str> {
    let notes = report.notes.iter().map(String::as_str);
    notes.filter(|note| !note.contains(" neighbours by ")).collect()
}
