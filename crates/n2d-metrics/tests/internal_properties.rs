//! What holds for measures of clusters alone on any data.

use n2d_core::rng::SplitMix64;
use n2d_core::{FitContext, Labels, Samples};
use n2d_metrics::{Noise, calinski_harabasz, davies_bouldin, dbcv, silhouette_samples};
use n2d_neighbors::Metric;
use proptest::prelude::*;

/// Rows of `levels` different values, and labels with noise.
fn data(n: usize, d: usize, levels: usize, seed: u64) -> (Vec<f32>, Vec<i32>) {
    let mut rng = SplitMix64::new(seed, 0, 0);
    let values = (0..n * d).map(|_| rng.below(levels) as f32 - 3.0).collect();
    (values, (0..n).map(|_| rng.below(5) as i32 - 1).collect())
}

/// The figures of all measures that have one.
fn figures(values: &[f32], d: usize, labels: &[i32], noise: Noise, metric: Metric) -> Vec<Option<f64>> {
    let x = Samples::from_rows(values, d).expect("whole rows");
    let (labels, ctx) = (
        Labels::new(labels.to_vec()).expect("labels"),
        &mut FitContext::new(0),
    );
    let silhouettes = silhouette_samples(x, &labels, noise, metric, ctx).ok();
    let mean = |each: Vec<Option<f64>>| {
        let present: Vec<f64> = each.into_iter().flatten().collect();
        present.iter().sum::<f64>() / present.len() as f64
    };
    vec![
        silhouettes.map(mean),
        dbcv(x, &labels, noise, metric, ctx)
            .ok()
            .map(|found| found.validity),
        davies_bouldin(x, &labels, noise).ok(),
        calinski_harabasz(x, &labels, noise).ok(),
    ]
}

/// By the definition, one pair at a time; and the greater of the two mean distances it is a ratio of.
fn silhouette_of(row: usize, rows: &[&[f32]], labels: &[i32], metric: Metric) -> (f64, f64) {
    let mean_to = |label: i32| {
        let others = (0..rows.len()).filter(|&other| other != row && labels[other] == label);
        let distances: Vec<f64> = others
            .map(|other| metric.distance(rows[row], rows[other]))
            .collect();
        distances.iter().sum::<f64>() / distances.len() as f64
    };
    let alone = labels.iter().filter(|&&label| label == labels[row]).count() == 1;
    let mut others: Vec<i32> = labels
        .iter()
        .copied()
        .filter(|&label| label != labels[row])
        .collect();
    others.sort_unstable();
    others.dedup();
    let b = others.into_iter().map(mean_to).fold(f64::INFINITY, f64::min);
    let a = if alone { 0.0 } else { mean_to(labels[row]) };
    let greater = a.max(b);
    if alone || greater == 0.0 {
        (0.0, greater)
    } else {
        ((b - a) / greater, greater)
    }
}

fn metrics() -> impl Strategy<Value = Metric> {
    prop_oneof![
        Just(Metric::Euclidean),
        Just(Metric::Manhattan),
        Just(Metric::Chebyshev),
        Just(Metric::Minkowski(3.0)),
        Just(Metric::Cosine),
        Just(Metric::Correlation),
        Just(Metric::Hamming),
        Just(Metric::Canberra),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn silhouettes_are_as_defined(n in 3..50_usize, d in 1..7_usize, levels in 1..200_usize, seed: u64, metric in metrics()) {
        let (values, labels) = data(n, d, levels, seed);
        let x = Samples::from_rows(&values, d).unwrap();
        let rows: Vec<&[f32]> = x.rows().collect();
        let ctx = &mut FitContext::new(0);
        let y = Labels::new(labels.clone()).unwrap();
        if let Ok(each) = silhouette_samples(x, &y, Noise::OwnCluster, metric, ctx) {
            for (row, figure) in each.into_iter().enumerate() {
                let (expected, distance) = silhouette_of(row, &rows, &labels, metric);
                // Of directions that coincide the distance is rounding alone, and there is no figure to compare.
                let rounding = matches!(metric, Metric::Correlation | Metric::Cosine) && distance < 1e-12;
                if !rounding {
                    prop_assert!((figure.unwrap() - expected).abs() < 1e-9, "{:?} or {}", figure, expected);
                }
            }
        }
    }

    #[test]
    fn ranges_hold_on_any_scale(
        n in 1..50_usize, d in 1..12_usize, levels in 1..200_usize, seed: u64, metric in metrics(), exponent in -120..120_i32,
    ) {
        let (mut values, labels) = data(n, d, levels, seed);
        values.iter_mut().for_each(|value| *value *= 2.0_f32.powi(exponent));
        for noise in [Noise::CountedWrong, Noise::LeftOut, Noise::OwnCluster] {
            let figures = figures(&values, d, &labels, noise, metric);
            for figure in figures[..2].iter().flatten() {
                prop_assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(figure), "{} {}", noise, figure);
            }
            for figure in figures[2..].iter().flatten() {
                prop_assert!(figure.is_finite() && *figure >= 0.0, "{} {}", noise, figure);
            }
        }
    }

    #[test]
    fn the_order_of_rows_and_the_names_of_clusters_change_nothing(
        n in 3..50_usize, d in 1..5_usize, seed: u64, metric in metrics(),
    ) {
        let (values, labels) = data(n, d, 1 << 20, seed);
        let turned: Vec<f32> = values.chunks(d).rev().flatten().copied().collect();
        let renamed: Vec<i32> = labels.iter().rev().map(|&label| if label < 0 { label } else { 50 - 7 * label }).collect();
        let before = figures(&values, d, &labels, Noise::LeftOut, metric);
        let after = figures(&turned, d, &renamed, Noise::LeftOut, metric);
        // In one or two dimensions directions coincide, and what is left of their distance is rounding.
        let rounding = d < 3 && matches!(metric, Metric::Correlation | Metric::Cosine);
        for (at, (before, after)) in before.into_iter().zip(after).enumerate() {
            match (before, after) {
                // DBCV: mutual reachability distances are often equal, being core distances; then trees may differ.
                (Some(_), Some(_)) if at == 1 || at == 0 && rounding => {}
                (Some(before), Some(after)) => {
                    let tolerance = 1e-9 * before.abs().max(1.0);
                    prop_assert!((before - after).abs() < tolerance, "{} {}", before, after);
                }
                (before, after) => prop_assert_eq!(before, after),
            }
        }
    }
}
