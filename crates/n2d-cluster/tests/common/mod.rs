//! Data for the tests of this crate.
#![allow(dead_code, reason = "each test file takes what it needs")]

use n2d_core::rng::SplitMix64;
use n2d_core::{Clusterer, Fit, FitContext, FitError, Parallelism, PartConfig, Samples};

/// `n_groups` round heaps of rows, far apart, row after row.
pub(crate) fn heaps(n_samples: usize, n_features: usize, n_groups: usize, seed: u64) -> Vec<f32> {
    let mut rng = SplitMix64::new(seed, 0, 0);
    let mut unit = || rng.below(1 << 24) as f32 / (1 << 24) as f32;
    let centers: Vec<f32> = (0..n_groups * n_features).map(|_| 40.0 * unit()).collect();
    let mut rows = Vec::with_capacity(n_samples * n_features);
    for row in 0..n_samples {
        for feature in 0..n_features {
            let noise = unit() + unit() + unit() - 1.5;
            rows.push(centers[row % n_groups * n_features + feature] + noise);
        }
    }
    rows
}

pub(crate) fn samples(rows: &[f32], n_features: usize) -> Samples<'_> {
    Samples::from_rows(rows, n_features).expect("good rows")
}

pub(crate) fn threads(seed: u64, n: usize) -> FitContext<'static> {
    let n = n.try_into().expect("at least one thread");
    let parallelism = Parallelism::threads(n).expect("the system gives so many threads");
    FitContext::new(seed).with_parallelism(parallelism)
}

pub(crate) fn assert_close<'a>(
    what: &str,
    ours: impl IntoIterator<Item = &'a f64>,
    reference: &[f64],
    tolerance: f64,
) {
    let ours: Vec<f64> = ours.into_iter().copied().collect();
    assert_eq!(ours.len(), reference.len(), "{what}");
    for (at, (a, b)) in ours.iter().zip(reference).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * (1.0 + b.abs()),
            "{what}[{at}]: {a} for {b}"
        );
    }
}

/// Whether two labellings differ in the clusters' numbers alone.
pub(crate) fn same_partition(a: &[i32], b: &[i32]) -> bool {
    let mut pairs: Vec<(i32, i32)> = a.iter().copied().zip(b.iter().copied()).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let once = |side: fn(&(i32, i32)) -> i32| {
        let mut labels: Vec<i32> = pairs.iter().map(side).collect();
        labels.sort_unstable();
        labels.windows(2).all(|pair| pair[0] != pair[1])
    };
    let noise_is_noise = pairs.iter().all(|&(a, b)| (a == -1) == (b == -1));
    a.len() == b.len() && noise_is_noise && once(|pair| pair.0) && once(|pair| pair.1)
}

/// The fit of a configuration's part, with a seed.
pub(crate) fn fit<C: PartConfig<Part: Clusterer>>(
    config: &C,
    y: Samples<'_>,
    seed: u64,
) -> Fit<<C::Part as Clusterer>::Fitted> {
    try_fit(config, y, seed).expect("data that can be fitted")
}

pub(crate) fn try_fit<C: PartConfig<Part: Clusterer>>(
    config: &C,
    y: Samples<'_>,
    seed: u64,
) -> Result<Fit<<C::Part as Clusterer>::Fitted>, FitError> {
    config
        .build()
        .expect("a valid configuration")
        .fit(y, &mut FitContext::new(seed))
}

/// The part's own error.
pub(crate) fn source<E: std::error::Error + 'static>(error: FitError) -> E {
    let FitError::Part { source, .. } = error else {
        panic!("{error} is no part's error");
    };
    *source.downcast::<E>().expect("an error of that type")
}
