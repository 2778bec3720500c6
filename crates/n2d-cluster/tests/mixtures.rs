//! What mixtures promise with every kind of covariance: weights of rows, drawn rows, hard data.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{assert_close, heaps, samples, threads};
use n2d_cluster::{
    Collapsed, CovarianceType, FittedGaussianMixture, GaussianMixtureConfig, MixtureInit, StartError,
    WeightError,
};
use n2d_core::{
    Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Predict, PredictProba, Samples,
    Termination,
};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

const KINDS: [CovarianceType; 4] = [
    CovarianceType::Full,
    CovarianceType::Tied,
    CovarianceType::Diag,
    CovarianceType::Spherical,
];

fn of_kind(covariance_type: CovarianceType, n_clusters: usize) -> GaussianMixtureConfig {
    GaussianMixtureConfig {
        covariance_type,
        n_init: 2,
        ..GaussianMixtureConfig::new(n_clusters)
    }
}

fn fit(config: &GaussianMixtureConfig, y: Samples<'_>, seed: u64) -> Fit<FittedGaussianMixture> {
    config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(seed))
        .unwrap()
}

fn source<E: std::error::Error + Clone + 'static>(error: FitError) -> E {
    let FitError::Part { source, .. } = error else {
        panic!("another error: {error}")
    };
    source.downcast_ref::<E>().unwrap().clone()
}

#[test]
fn every_kind_finds_heaps_and_threads_change_no_bit() {
    let rows = heaps(3000, 3, 5, 1);
    let y = samples(&rows, 3);
    for kind in KINDS {
        let config = of_kind(kind, 5);
        let with = |n| config.build().unwrap().fit(y, &mut threads(3, n)).unwrap();
        let one = with(1);
        let labels = one.model.labels().as_slice();
        assert_eq!(one.model.labels().n_clusters(), 5, "{kind}");
        assert!((0..3000).all(|row| labels[row] == labels[row % 5]), "{kind}");
        assert_eq!(one.model.covariance_type(), kind);
        assert_eq!(&one.model.predict(y).unwrap(), one.model.labels());
        for n in [2, 5] {
            let other = with(n);
            assert_eq!(one.model.parameters(), other.model.parameters(), "{kind}");
            assert_eq!(one.report.history, other.report.history);
        }
    }
}

#[test]
fn random_shares_are_a_beginning_too() {
    let rows = heaps(300, 2, 3, 1);
    let y = samples(&rows, 2);
    for kind in KINDS {
        let config = GaussianMixtureConfig {
            init: MixtureInit::Random,
            n_init: 5,
            max_iter: 500,
            ..of_kind(kind, 3)
        };
        let fit = fit(&config, y, 0);
        let rises = fit.report.history.windows(2).all(|pair| pair[1] > pair[0] - 1e-9);
        assert!(rises, "{kind}: {:?}", fit.report.history);
        assert!(fit.report.history[0] < fit.report.objective.unwrap().1);
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let rows = heaps(90, 2, 3, 2);
    let weights: Vec<f32> = (0..90_u8).map(|row| f32::from(row % 4)).collect();
    let repeated: Vec<f32> = rows
        .chunks(2)
        .zip(&weights)
        .flat_map(|(row, &weight)| row.repeat(weight as usize))
        .collect();
    for kind in KINDS {
        let config = GaussianMixtureConfig {
            tol: 0.0,
            max_iter: 15,
            ..of_kind(kind, 4)
        };
        let gmm = config.build().unwrap();
        let start = fit(&of_kind(kind, 4), samples(&rows, 2), 0)
            .model
            .parameters()
            .clone();
        let ctx = || FitContext::new(0);
        let weighted = gmm
            .fit_weighted_from(samples(&rows, 2), &weights, &start, &mut ctx())
            .unwrap();
        let twice = gmm.fit_from(samples(&repeated, 2), &start, &mut ctx()).unwrap();
        let name = kind.name();
        let (a, b) = (&weighted.model, &twice.model);
        assert_close(name, &weighted.report.history, &twice.report.history, 1e-10);
        assert_close(name, a.means(), b.means().as_slice().unwrap(), 1e-9);
        let covariances: Vec<f64> = b.covariances().iter().copied().collect();
        assert_close(name, a.covariances(), &covariances, 1e-9);
        assert_eq!(a.labels().len(), 90, "rows of weight 0 are labelled too");
    }
}

#[test]
fn equal_weights_are_none_and_rows_without_weight_are_not_there() {
    let rows = heaps(200, 2, 3, 3);
    let y = samples(&rows, 2);
    for kind in KINDS {
        let gmm = of_kind(kind, 3).build().unwrap();
        let none = gmm.fit(y, &mut FitContext::new(5)).unwrap();
        let equal = gmm.fit_weighted(y, &[4.0; 200], &mut FitContext::new(5)).unwrap();
        assert_eq!(none.model.parameters(), equal.model.parameters());
        let mut more = rows.clone();
        more.extend([1e30, -1e30]);
        let mut weights = vec![1.0; 200];
        weights.push(0.0);
        let without = gmm
            .fit_weighted(samples(&more, 2), &weights, &mut FitContext::new(5))
            .unwrap();
        assert_eq!(none.model.parameters(), without.model.parameters());
        assert_eq!(
            without.model.labels().as_slice()[..200],
            *none.model.labels().as_slice()
        );
    }
}

#[test]
fn weights_that_are_none_are_refused() {
    let y = samples(&[1.0, 2.0, 3.0], 1);
    let gmm = GaussianMixtureConfig::new(1).build().unwrap();
    let refused = |weights: &[f32]| -> WeightError {
        source(gmm.fit_weighted(y, weights, &mut FitContext::new(0)).unwrap_err())
    };
    assert!(matches!(
        refused(&[1.0]),
        WeightError::Length {
            n_samples: 3,
            given: 1,
            ..
        }
    ));
    assert!(matches!(
        refused(&[1.0, -1.0, 1.0]),
        WeightError::Value { row: 1, .. }
    ));
    assert!(matches!(
        refused(&[1.0, 1.0, f32::NAN]),
        WeightError::Value { row: 2, .. }
    ));
    assert_eq!(
        refused(&[0.0; 3]).to_string(),
        "only 0 weights are above 0, but 1 are needed"
    );
    let two = GaussianMixtureConfig::new(2).build().unwrap();
    let error = two
        .fit_weighted(y, &[1.0, 0.0, 0.0], &mut FitContext::new(0))
        .unwrap_err();
    assert!(error.to_string().ends_with("there are only 1"), "{error}");
    let tiny = gmm
        .fit_weighted(y, &[1e-36, 1e-36, 2e-36], &mut FitContext::new(0))
        .unwrap();
    assert!((tiny.model.means()[[0, 0]] - 2.25).abs() < 1e-12);
}

#[test]
fn given_shares_are_checked_and_warm_starts_stay() {
    let rows = heaps(60, 2, 2, 4);
    let y = samples(&rows, 2);
    for kind in KINDS {
        let gmm = of_kind(kind, 2).build().unwrap();
        let refused = |shares: &Array2<f64>| -> StartError {
            source(
                gmm.fit_from_shares(y, shares.view(), &mut FitContext::new(0))
                    .unwrap_err(),
            )
        };
        let half = Array2::from_elem((60, 2), 0.5);
        assert!(matches!(
            refused(&Array2::zeros((60, 3))),
            StartError::Shape { what: "shares", .. }
        ));
        assert!(matches!(
            refused(&(&half * 0.5)),
            StartError::Shares { row: 0, .. }
        ));
        let first = gmm.fit(y, &mut FitContext::new(0)).unwrap();
        let again = gmm
            .fit_from(y, first.model.parameters(), &mut FitContext::new(9))
            .unwrap();
        assert_eq!(
            (again.report.n_iter, again.report.termination),
            (2, Termination::Converged)
        );
        let shares = first.model.predict_proba(y).unwrap().mapv(f64::from);
        let again = gmm
            .fit_from_shares(y, shares.view(), &mut FitContext::new(9))
            .unwrap();
        assert_eq!(again.model.labels(), first.model.labels());
    }
}

#[test]
fn drawn_rows_are_of_the_mixture() {
    let rows = heaps(800, 2, 3, 5);
    for kind in KINDS {
        let model = fit(&of_kind(kind, 3), samples(&rows, 2), 0).model;
        let (drawn, components) = model.sample(60_000, 1);
        assert_eq!(drawn.slice(ndarray::s![..9, ..]), model.sample(9, 1).0, "{kind}");
        assert_ne!(drawn.row(0), model.sample(1, 2).0.row(0));
        for k in 0..3 {
            let of_k: Vec<usize> = (0..60_000)
                .filter(|&row| components.as_slice()[row] == k as i32)
                .collect();
            assert!((of_k.len() as f64 / 60_000.0 - model.weights()[k]).abs() < 0.01);
            let points = drawn.select(Axis(0), &of_k).mapv(f64::from);
            let mean = points.mean_axis(Axis(0)).unwrap();
            let centred = &points - &mean;
            let covariance = centred.t().dot(&centred) / of_k.len() as f64;
            let expected = model.covariances().matrix(k, 2);
            for (ours, expected) in covariance.iter().zip(&expected) {
                assert!(
                    (ours - expected).abs() < 0.02,
                    "{kind}: {covariance} for {expected}"
                );
            }
            assert!(
                mean.iter()
                    .zip(model.means().row(k))
                    .all(|(a, b)| (a - b).abs() < 0.02)
            );
        }
        assert_eq!(model.sample(0, 1).0.dim(), (0, 2));
    }
}

#[test]
fn free_parameters_are_counted() {
    let rows = heaps(100, 4, 2, 0);
    let y = samples(&rows, 4);
    let counts = KINDS.map(|kind| fit(&of_kind(kind, 3), y, 0).model.n_parameters());
    assert_eq!(counts, [30 + 12 + 2, 10 + 12 + 2, 12 + 12 + 2, 3 + 12 + 2]);
    let model = fit(&of_kind(CovarianceType::Diag, 3), y, 0).model;
    let (score, aic) = (model.score(y).unwrap(), model.aic(y).unwrap());
    assert!((2.0 * 26.0 - 200.0 * score - aic).abs() < 1e-9);
}

#[test]
fn hard_data_have_a_defined_result() {
    let flat: Vec<f32> = (0..60).flat_map(|row| [(row % 3) as f32 * 9.0, 1e6]).collect();
    let two_points: Vec<f32> = (0..40).flat_map(|row| [(row % 2) as f32, 3.0]).collect();
    let all_equal = vec![4.5_f32; 40];
    for kind in KINDS {
        let config = of_kind(kind, 3);
        let found = |rows: &[f32]| fit(&config, samples(rows, 2), 0).model.labels().n_clusters();
        assert_eq!(
            (found(&flat), found(&two_points), found(&all_equal)),
            (3, 2, 1),
            "{kind}"
        );
        let one = fit(&of_kind(kind, 1), samples(&[1.0, 2.0], 2), 0).model;
        assert_eq!(one.labels().as_slice(), [0]);
        assert!(
            one.covariances()
                .iter()
                .all(|&entry| entry == 1e-6 || entry == 0.0)
        );
        for scale in [1e30, 1e-30] {
            let rows: Vec<f32> = heaps(90, 2, 3, 7).iter().map(|x| x * scale).collect();
            let model = fit(&config, samples(&rows, 2), 0).model;
            assert!(
                model.covariances().iter().all(|entry| entry.is_finite()),
                "{kind}, {scale}"
            );
            let (drawn, _) = model.sample(50, 0);
            assert!(drawn.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn components_that_collapse_are_named() {
    for kind in KINDS {
        let config = GaussianMixtureConfig {
            reg_covar: 0.0,
            ..of_kind(kind, 2)
        };
        let equal = samples(&[1.0; 8], 2);
        let error = config
            .build()
            .unwrap()
            .fit(equal, &mut FitContext::new(0))
            .unwrap_err();
        let collapsed: Collapsed = source(error);
        assert_eq!((collapsed.n_clusters, collapsed.reg_covar), (2, 0.0), "{kind}");
        let flat: Vec<f32> = heaps(40, 1, 2, 0).iter().flat_map(|&x| [x, 5.0]).collect();
        let fitted = config
            .build()
            .unwrap()
            .fit(samples(&flat, 2), &mut FitContext::new(0));
        // A ball has spread where one of its features has.
        assert_eq!(fitted.is_ok(), kind == CovarianceType::Spherical, "{kind}");
    }
}

#[test]
fn the_kinds_agree_where_they_should() {
    // In one dimension a matrix, a diagonal and a variance are the same thing.
    let rows = heaps(200, 1, 3, 8);
    let y = samples(&rows, 1);
    let reached = |kind| fit(&of_kind(kind, 3), y, 0).report.objective.unwrap().1;
    let full = reached(CovarianceType::Full);
    assert!((reached(CovarianceType::Diag) - full).abs() < 1e-12);
    assert!((reached(CovarianceType::Spherical) - full).abs() < 1e-12);
    // And of one component tied and full are.
    let rows = heaps(200, 3, 3, 8);
    let y = samples(&rows, 3);
    let matrix = |kind| fit(&of_kind(kind, 1), y, 0).model.covariances().matrix(0, 3);
    assert_eq!(matrix(CovarianceType::Tied), matrix(CovarianceType::Full));
}

#[test]
fn kinds_have_names_in_configurations() {
    let config: GaussianMixtureConfig =
        serde_json::from_str(r#"{"covariance_type": "diag", "init": "random"}"#).unwrap();
    assert_eq!(
        (config.covariance_type, config.init),
        (CovarianceType::Diag, MixtureInit::Random)
    );
    for kind in KINDS {
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    assert!(serde_json::from_str::<GaussianMixtureConfig>(r#"{"covariance_type": "round"}"#).is_err());
    let start = fit(&of_kind(CovarianceType::Diag, 1), samples(&[1.0, 2.0], 1), 0);
    assert_eq!(start.model.means(), array![[1.5]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn small_data_of_any_kind(
        (rows, n_features) in (1..4_usize, 1..40_usize).prop_flat_map(|(n_features, n)| {
            // Few different values: duplicates and constant columns are the rule.
            (prop::collection::vec(-3..4_i8, n * n_features), Just(n_features))
        }),
        n_clusters in 1..6_usize,
        kind in prop::sample::select(KINDS.to_vec()),
        init in prop::sample::select(vec![MixtureInit::Auto, MixtureInit::KMeans, MixtureInit::Random, MixtureInit::PlusPlus]),
        seed: u64,
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        prop_assume!(y.n_samples() >= n_clusters);
        let config = GaussianMixtureConfig { init, ..of_kind(kind, n_clusters) };
        let Fit { model, report } = fit(&config, y, seed);
        prop_assert!(report.history.iter().all(|value| value.is_finite()));
        // Expectation-maximisation never falls, but for what `reg_covar` and rounding cost.
        prop_assert!(report.history.windows(2).all(|pair| pair[1] > pair[0] - 1e-3));
        prop_assert!(model.means().iter().chain(model.covariances()).all(|value| value.is_finite()));
        prop_assert!((model.weights().sum() - 1.0).abs() < 1e-12);
        prop_assert_eq!(&model.predict(y).unwrap(), model.labels());
        let proba = model.predict_proba(y).unwrap();
        prop_assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
        let alone = samples(&rows[..n_features], n_features);
        prop_assert_eq!(model.score_samples(alone).unwrap()[0], model.score_samples(y).unwrap()[0]);
    }
}
