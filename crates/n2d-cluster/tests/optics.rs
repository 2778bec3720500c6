//! Properties of OPTICS.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{heaps, samples, threads};
use n2d_cluster::{DbscanConfig, FittedOptics, OpticsConfig, OpticsMethod};
use n2d_core::{CancelToken, Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Samples};
use n2d_neighbors::Metric;
use proptest::prelude::*;

fn fit(config: &OpticsConfig, y: Samples<'_>) -> Fit<FittedOptics> {
    config.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn a_limit_beyond_all_changes_nothing(
        rows in prop::collection::vec((-30..30_i8, -30..30_i8), 3..80),
        min_samples in 2..4_usize,
        manhattan: bool,
    ) {
        let values: Vec<f32> = rows.iter().flat_map(|&(a, b)| [f32::from(a), f32::from(b)]).collect();
        let y = samples(&values, 2);
        let metric = if manhattan { Metric::Manhattan } else { Metric::Euclidean };
        let free = OpticsConfig { min_samples, metric, ..OpticsConfig::default() };
        let limited = OpticsConfig { max_eps: Some(1e6), ..free };
        let (free, limited) = (fit(&free, y).model, fit(&limited, y).model);
        prop_assert_eq!(free.ordering(), limited.ordering());
        prop_assert_eq!(free.reachability(), limited.reachability());
        prop_assert_eq!(free.predecessor(), limited.predecessor());
        prop_assert_eq!(free.labels(), limited.labels());
    }

    /// Where the plot is cut, the rows that are core rows for DBSCAN are in the same clusters.
    #[test]
    fn a_cut_is_dbscan_on_core_rows(rows in prop::collection::vec(-100..100_i16, 5..120), eps in 1..20_u8) {
        let values: Vec<f32> = rows.iter().map(|&x| f32::from(x)).collect();
        let y = samples(&values, 1);
        let optics = fit(&OpticsConfig { min_samples: 3, ..OpticsConfig::default() }, y).model;
        let dbscan = DbscanConfig { min_samples: 3, ..DbscanConfig::new(f64::from(eps)) };
        let dbscan = dbscan.build().unwrap().fit(y, &mut FitContext::new(0)).unwrap().model;
        let cut = optics.labels_at(f64::from(eps));
        let core = dbscan.core_sample_indices();
        let label = |labels: &n2d_core::Labels, row: u32| labels.as_slice()[row as usize];
        for &a in core {
            prop_assert!(label(&cut, a) >= 0);
            for &b in core {
                let together = label(dbscan.labels(), a) == label(dbscan.labels(), b);
                prop_assert_eq!(together, label(&cut, a) == label(&cut, b));
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let rows = heaps(2500, 3, 5, 1);
    for max_eps in [None, Some(2.0)] {
        let part = OpticsConfig {
            max_eps,
            min_samples: 10,
            ..OpticsConfig::default()
        }
        .build()
        .unwrap();
        let model = |n| part.fit(samples(&rows, 3), &mut threads(0, n)).unwrap().model;
        let (one, three) = (model(1), model(3));
        assert_eq!(one.ordering(), three.ordering());
        assert_eq!(one.reachability(), three.reachability());
        assert_eq!(one.labels(), three.labels());
        assert_eq!(one.labels_at(0.7).n_clusters(), 5);
    }
}

#[test]
fn odd_data_have_a_defined_result() {
    let two = OpticsConfig {
        min_samples: 2,
        ..OpticsConfig::default()
    };
    let equal = fit(&two, samples(&[2.5; 40], 2)).model;
    assert_eq!(equal.ordering(), (0..20).collect::<Vec<u32>>());
    assert!(equal.reachability()[1..].iter().all(|&reach| reach == 0.0));
    for scale in [1e30_f32, 1e-30] {
        for max_eps in [None, Some(4.0 * f64::from(scale))] {
            let rows: Vec<f32> = (0..40)
                .flat_map(|row| [(row % 2 * 8 + row % 5) as f32 * scale, scale])
                .collect();
            let config = OpticsConfig {
                max_eps,
                ..two.clone()
            };
            let model = fit(&config, samples(&rows, 2)).model;
            let labels = model.labels_at(1.5 * f64::from(scale));
            assert_eq!(labels.sizes(), [(0, 20), (1, 20)], "{scale}");
        }
    }
    let far = fit(
        &OpticsConfig {
            max_eps: Some(0.1),
            ..two
        },
        samples(&[0.0, 1.0, 2.0], 1),
    );
    assert_eq!(far.model.labels().as_slice(), [-1; 3]);
    assert_eq!(far.report.notes, ["no cluster was found: all rows are noise"]);
    let least = fit(&two, samples(&[0.0, 1.0], 1)).model;
    assert_eq!(least.ordering(), [0, 1]);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let ctx = &mut FitContext::new(0);
    let error = OpticsConfig::default()
        .build()
        .unwrap()
        .fit(samples(&[1.0], 1), ctx)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "optics: 5 rows are needed for min_samples = 5, but there are only 1"
    );
    let large = OpticsConfig {
        min_cluster_size: Some(9),
        ..OpticsConfig::default()
    };
    let error = large
        .build()
        .unwrap()
        .fit(samples(&[1.0; 6], 1), ctx)
        .unwrap_err();
    assert!(matches!(error, FitError::TooFewSamples { needed: 9, .. }));
    let token = CancelToken::new();
    token.cancel();
    let cancelled = OpticsConfig::default().build().unwrap();
    let error = cancelled.fit(samples(&[1.0; 20], 1), &mut FitContext::new(0).with_cancel(token));
    assert!(matches!(error, Err(FitError::Cancelled { part }) if part == "optics"));
}

#[test]
fn options_are_checked() {
    let field = |config: OpticsConfig| config.build().unwrap_err().field;
    assert_eq!(
        field(OpticsConfig {
            min_samples: 1,
            ..OpticsConfig::default()
        }),
        "min_samples"
    );
    assert_eq!(
        field(OpticsConfig {
            xi: 1.5,
            ..OpticsConfig::default()
        }),
        "xi"
    );
    assert_eq!(
        field(OpticsConfig {
            eps: Some(2.0),
            max_eps: Some(1.0),
            ..OpticsConfig::default()
        }),
        "eps"
    );
    assert_eq!(
        field(OpticsConfig {
            min_cluster_size: Some(1),
            ..OpticsConfig::default()
        }),
        "min_cluster_size"
    );
    let config: OpticsConfig =
        serde_json::from_str(r#"{"cluster_method": "dbscan", "eps": 0.5, "max_eps": null}"#).unwrap();
    assert_eq!(
        (config.cluster_method, config.max_eps),
        (OpticsMethod::Dbscan, None)
    );
    assert!(serde_json::from_str::<OpticsConfig>(r#"{"min_pts": 3}"#).is_err());
}
