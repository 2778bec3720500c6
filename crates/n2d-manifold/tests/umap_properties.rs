//! What holds for any data and options.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use n2d_core::persist::{from_bytes, to_bytes};
use n2d_core::rng::SplitMix64;
use n2d_core::{FitContext, FittedManifold, Labels, PartConfig, Samples, Transform};
use n2d_manifold::umap::{Given, Init, Target};
use n2d_manifold::{FittedUmap, UmapConfig};
use n2d_neighbors::Metric;
use proptest::prelude::*;
use support::{bits, samples};

fn options() -> impl Strategy<Value = UmapConfig> {
    let metrics = [
        Metric::Euclidean,
        Metric::Cosine,
        Metric::Canberra,
        Metric::Hamming,
        Metric::Correlation,
    ];
    let graph = (
        2..12_usize,
        prop::sample::select(metrics.to_vec()),
        0.0..=1.0_f32,
        0.0..2.0_f32,
    );
    let layout = (
        1..5_usize,
        any::<bool>(),
        any::<bool>(),
        prop::option::of(0.1..3.0_f32),
    );
    (graph, layout).prop_map(
        |((n_neighbors, metric, mix, connectivity), (width, random, densmap, cut))| UmapConfig {
            n_neighbors,
            metric,
            set_op_mix_ratio: mix,
            local_connectivity: connectivity,
            init: if random { Init::Random } else { Init::Spectral },
            densmap,
            output_dens: densmap,
            disconnection_distance: cut,
            n_epochs: Some(12),
            ..UmapConfig::new(width)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    /// Few levels make ties, duplicates and constant columns.
    #[test]
    fn every_fit_is_finite_and_every_row_its_own(
        config in options(), n in 1..50_usize, d in 1..4_usize, levels in 1..30_usize, seed: u64, target in 0..4_usize,
    ) {
        let mut rng = SplitMix64::new(seed, 0, 0);
        let values: Vec<f32> = (0..n * d).map(|_| rng.below(levels) as f32 - 3.0).collect();
        let labels = Labels::new((0..n).map(|_| rng.below(4) as i32 - 1).collect()).unwrap();
        let numbers: Vec<f32> = (0..n).map(|_| rng.below(levels) as f32).collect();
        let weight = rng.below(11) as f32 / 10.0;
        let target = match target {
            0 => Some(Target::Labels { labels: &labels, weight }),
            1 => Some(Target::Values { values: samples(&numbers, 1), weight, n_neighbors: Some(4) }),
            _ => None,
        };
        let (x, umap) = (samples(&values, d), config.build().unwrap());
        let given = Given { target, ..Given::default() };
        let model = umap.fit_given(x, &given, &mut FitContext::new(seed)).unwrap().model;
        prop_assert!(model.embedding().iter().all(|v| v.is_finite()));

        let placed = model.transform(x).unwrap();
        prop_assert!(placed.iter().all(|v| v.is_finite()));
        let last = model.transform(samples(&values[(n - 1) * d..], d)).unwrap();
        prop_assert_eq!(last.row(0), placed.row(n - 1));
        let back = model.inverse_transform(Samples::new(placed.view()).unwrap()).unwrap();
        prop_assert!(back.iter().all(|v| v.is_finite()));
        let loaded: FittedUmap = from_bytes(&to_bytes(&model).unwrap()).unwrap();
        prop_assert_eq!(bits(loaded.transform(x).unwrap().view()), bits(placed.view()));
    }

    #[test]
    fn graphs_are_symmetric_with_weights_up_to_one(
        config in options(), n in 2..50_usize, levels in 1..30_usize, seed: u64, weight in 0.0..=1.0_f32,
    ) {
        let mut rng = SplitMix64::new(seed, 0, 0);
        let values: Vec<f32> = (0..n * 2).map(|_| rng.below(levels) as f32).collect();
        let labels = Labels::new((0..n).map(|_| rng.below(4) as i32 - 1).collect()).unwrap();
        for target in [None, Some(Target::Labels { labels: &labels, weight })] {
            let given = Given { target, ..Given::default() };
            let umap = config.build().unwrap();
            let fuzzy = umap.fuzzy_graph(samples(&values, 2), &given, &mut FitContext::new(seed)).unwrap().model;
            prop_assert_eq!(&fuzzy.graph, &fuzzy.graph.transposed());
            for row in 0..n {
                prop_assert!(fuzzy.graph.row(row).all(|(other, w)| other as usize != row && w > 0.0 && w <= 1.0 + 1e-6));
            }
            prop_assert!(fuzzy.sigmas.iter().chain(&fuzzy.rhos).all(|v| v.is_finite() && *v >= 0.0));
        }
    }
}
