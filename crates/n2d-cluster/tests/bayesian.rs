//! What a Bayesian Gaussian mixture promises.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{assert_close, heaps, samples, threads};
use n2d_cluster::{
    BayesianGaussianMixtureConfig, Collapsed, CovariancePrior, CovarianceType, FittedBayesianGaussianMixture,
    PriorError, StartError, WeightConcentration, WeightConcentrationType,
};
use n2d_core::{
    Clusterer, Control, Event, Fit, FitContext, FitError, FittedClusterer, PartConfig, Predict, PredictProba,
    Samples, Termination,
};
use proptest::prelude::*;

const KINDS: [CovarianceType; 4] = [
    CovarianceType::Full,
    CovarianceType::Tied,
    CovarianceType::Diag,
    CovarianceType::Spherical,
];
const TYPES: [WeightConcentrationType; 2] = [
    WeightConcentrationType::DirichletProcess,
    WeightConcentrationType::DirichletDistribution,
];

fn all() -> impl Iterator<Item = (CovarianceType, WeightConcentrationType)> {
    KINDS.into_iter().flat_map(|kind| TYPES.map(|of| (kind, of)))
}

fn of(
    (covariance_type, weight_concentration_prior_type): (CovarianceType, WeightConcentrationType),
    n_clusters: usize,
) -> BayesianGaussianMixtureConfig {
    BayesianGaussianMixtureConfig {
        covariance_type,
        weight_concentration_prior_type,
        ..BayesianGaussianMixtureConfig::new(n_clusters)
    }
}

fn fit(
    config: &BayesianGaussianMixtureConfig,
    y: Samples<'_>,
    seed: u64,
) -> Fit<FittedBayesianGaussianMixture> {
    config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(seed))
        .unwrap()
}

fn source<E: std::error::Error + Clone + 'static>(error: FitError) -> E {
    let FitError::Part { part, source } = error else {
        panic!("another error: {error}")
    };
    assert_eq!(part, "bayesian_gmm");
    source.downcast_ref::<E>().unwrap().clone()
}

#[test]
fn components_that_are_not_needed_vanish() {
    let rows = heaps(150, 2, 3, 4);
    for of_type in all() {
        let config = BayesianGaussianMixtureConfig {
            max_iter: 2000,
            n_init: 20,
            weight_concentration_prior: Some(1e-3),
            covariance_prior: Some(match of_type.0 {
                CovarianceType::Diag => CovariancePrior::Variances(vec![0.3; 2]),
                CovarianceType::Spherical => CovariancePrior::Variance(0.3),
                _ => CovariancePrior::Matrix(vec![vec![0.3, 0.0], vec![0.0, 0.3]]),
            }),
            ..of(of_type, 8)
        };
        let Fit { model, report } = fit(&config, samples(&rows, 2), 1);
        assert_eq!(model.active().len(), 3, "{of_type:?}");
        assert_eq!((model.n_clusters(), model.labels().n_clusters()), (8, 3));
        let labels = model.labels().as_slice();
        assert!((0..150).all(|row| labels[row] == labels[row % 3]), "{of_type:?}");
        let weights: f64 = model.active().iter().map(|&k| model.weights()[k]).sum();
        assert!(weights > 0.99, "{:?}", model.weights());
        assert_eq!(report.termination, Termination::Converged);
        assert_eq!(
            report.notes,
            ["3 of 8 components have rows; the others are not needed"]
        );
        assert!(
            report.history.windows(2).all(|pair| pair[1] > pair[0] - 1e-6),
            "the bound rises"
        );
    }
}

#[test]
fn threads_change_no_bit_and_rows_stand_alone() {
    let rows = heaps(3000, 3, 4, 2);
    let y = samples(&rows, 3);
    for of_type in all() {
        let config = of(of_type, 6);
        let with = |n| config.build().unwrap().fit(y, &mut threads(9, n)).unwrap();
        let (one, three) = (with(1), with(3));
        assert_eq!(one.model.posterior(), three.model.posterior());
        assert_eq!(one.report.history, three.report.history);
        let model = one.model;
        assert_eq!(&model.predict(y).unwrap(), model.labels());
        let (proba, scores) = (model.predict_proba(y).unwrap(), model.score_samples(y).unwrap());
        for row in [0, 17, 1024, 2999] {
            let alone = samples(&rows[row * 3..][..3], 3);
            assert_eq!(model.predict_proba(alone).unwrap().row(0), proba.row(row));
            assert_eq!(model.score_samples(alone).unwrap(), [scores[row]]);
        }
        assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
        assert!((model.weights().sum() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let rows = heaps(90, 2, 3, 2);
    let weights: Vec<f32> = (0..90_u8).map(|row| f32::from(1 + row % 3)).collect();
    let repeated: Vec<f32> = rows
        .chunks(2)
        .zip(&weights)
        .flat_map(|(row, &weight)| row.repeat(weight as usize))
        .collect();
    for of_type in all() {
        // One component: every beginning is the same.
        let gmm = of(of_type, 1).build().unwrap();
        let weighted = gmm
            .fit_weighted(samples(&rows, 2), &weights, &mut FitContext::new(0))
            .unwrap();
        let twice = gmm.fit(samples(&repeated, 2), &mut FitContext::new(0)).unwrap();
        let (a, b) = (weighted.model.posterior(), twice.model.posterior());
        assert_close("history", &weighted.report.history, &twice.report.history, 1e-9);
        assert_close("means", &a.means, b.means.as_slice().unwrap(), 1e-9);
        let covariances: Vec<f64> = b.covariances.iter().copied().collect();
        assert_close("covariances", &a.covariances, &covariances, 1e-9);
        assert_close(
            "precision",
            &a.mean_precision,
            b.mean_precision.as_slice().unwrap(),
            1e-9,
        );
    }
}

#[test]
fn a_warm_start_goes_on_where_the_fit_ended() {
    let rows = heaps(200, 2, 3, 3);
    let y = samples(&rows, 2);
    for of_type in all() {
        let first = BayesianGaussianMixtureConfig {
            max_iter: 7,
            tol: 0.0,
            ..of(of_type, 4)
        };
        let whole = BayesianGaussianMixtureConfig {
            max_iter: 12,
            ..first.clone()
        };
        let rest = BayesianGaussianMixtureConfig {
            max_iter: 5,
            ..first.clone()
        };
        let begun = fit(&first, y, 0).model;
        let gone_on = rest
            .build()
            .unwrap()
            .fit_from(y, begun.posterior(), &mut FitContext::new(0))
            .unwrap();
        let at_once = fit(&whole, y, 0);
        assert_eq!(
            gone_on.model.posterior(),
            at_once.model.posterior(),
            "{of_type:?}"
        );
        assert_eq!(gone_on.report.history, at_once.report.history[7..]);
    }
}

#[test]
fn starting_posteriors_are_checked() {
    let rows = heaps(60, 2, 2, 0);
    let y = samples(&rows, 2);
    let config = BayesianGaussianMixtureConfig::new(2);
    let gmm = config.build().unwrap();
    let good = fit(&config, y, 0).model.posterior().clone();
    let refused = |change: &dyn Fn(&mut n2d_cluster::BayesianMixtureParameters)| -> StartError {
        let mut start = good.clone();
        change(&mut start);
        source(gmm.fit_from(y, &start, &mut FitContext::new(0)).unwrap_err())
    };
    let few = refused(&|start| start.degrees_of_freedom[1] = 1.0);
    assert_eq!(
        few.to_string(),
        "the starting degrees_of_freedom must be above 1, but 1 is among them"
    );
    assert!(matches!(
        refused(&|start| start.mean_precision[0] = 0.0),
        StartError::TooSmall {
            what: "mean_precision",
            ..
        }
    ));
    assert!(matches!(
        refused(&|start| start.means = ndarray::Array2::zeros((3, 2))),
        StartError::Shape { what: "means", .. }
    ));
    let other = WeightConcentration::DirichletDistribution(ndarray::array![1.0, 1.0]);
    assert_eq!(
        refused(&|start| start.weight_concentration = other.clone()),
        StartError::WeightConcentration
    );
}

#[test]
fn hard_data_have_a_defined_result() {
    let flat: Vec<f32> = (0..60).flat_map(|row| [(row % 3) as f32 * 9.0, 1e6]).collect();
    let all_equal = vec![4.5_f32; 40];
    for of_type in all() {
        let model = |rows: &[f32], n| fit(&of(of_type, n), samples(rows, 2), 0);
        let flat = model(&flat, 3);
        let singular = flat
            .report
            .notes
            .iter()
            .any(|note| note.contains("not positive definite"));
        assert_eq!(
            singular,
            of_type.0 != CovarianceType::Spherical,
            "{:?}",
            flat.report.notes
        );
        let equal = model(&all_equal, 3);
        assert_eq!(equal.model.active().len(), 1, "{of_type:?}");
        let one = model(&[1.0, 2.0], 1);
        assert_eq!(one.model.labels().as_slice(), [0]);
        for fit in [flat, equal, one] {
            assert!(fit.report.history.iter().all(|bound| bound.is_finite()));
            assert!(fit.model.covariances().iter().all(|entry| entry.is_finite()));
        }
        for scale in [1e30, 1e-30] {
            let rows: Vec<f32> = heaps(90, 2, 3, 7).iter().map(|x| x * scale).collect();
            let fit = model(&rows, 4);
            assert!(fit.model.covariances().iter().all(|entry| entry.is_finite()));
            assert!(fit.model.sample(20, 0).0.iter().all(|x| x.is_finite()));
        }
        let config = BayesianGaussianMixtureConfig {
            reg_covar: 0.0,
            ..of(of_type, 2)
        };
        let equal = config
            .build()
            .unwrap()
            .fit(samples(&all_equal, 2), &mut FitContext::new(0));
        let collapsed: Collapsed = source(equal.unwrap_err());
        assert_eq!(collapsed.n_clusters, 2);
    }
}

#[test]
fn priors_pull() {
    let rows = heaps(50, 2, 1, 3);
    let y = samples(&rows, 2);
    let mean_of = |mean_precision_prior| {
        let config = BayesianGaussianMixtureConfig {
            mean_prior: Some(vec![100.0, -100.0]),
            mean_precision_prior: Some(mean_precision_prior),
            ..BayesianGaussianMixtureConfig::new(1)
        };
        fit(&config, y, 0).model.means().row(0).to_vec()
    };
    let strong = mean_of(1e9);
    assert!(
        (strong[0] - 100.0).abs() < 1e-3 && (strong[1] + 100.0).abs() < 1e-3,
        "{strong:?}"
    );
    let even = mean_of(50.0);
    let own = fit(&BayesianGaussianMixtureConfig::new(1), y, 0)
        .model
        .means()
        .row(0)
        .to_vec();
    assert!(
        (even[0] - (own[0] + 100.0) / 2.0).abs() < 1e-6,
        "{even:?} of {own:?}"
    );
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let with = |change: &dyn Fn(&mut BayesianGaussianMixtureConfig)| {
        let mut config = BayesianGaussianMixtureConfig::default();
        change(&mut config);
        config.build().unwrap_err().to_string()
    };
    assert_eq!(
        with(&|c| c.weight_concentration_prior = Some(0.0)),
        "bayesian_gmm.weight_concentration_prior must be a finite number above 0, but is 0"
    );
    assert!(with(&|c| c.mean_precision_prior = Some(f64::NAN)).contains("mean_precision_prior"));
    assert!(with(&|c| c.degrees_of_freedom_prior = Some(-1.0)).contains("degrees_of_freedom_prior"));
    assert!(with(&|c| c.mean_prior = Some(vec![f64::NAN])).contains("a finite number for each feature"));
    for bad in [
        CovariancePrior::Variance(1.0),
        CovariancePrior::Matrix(vec![vec![1.0, 2.0], vec![2.0, 1.0]]),
        CovariancePrior::Matrix(vec![vec![1.0, 0.5], vec![0.0, 1.0]]),
        CovariancePrior::Matrix(vec![vec![1.0], vec![]]),
    ] {
        let error = with(&|c| c.covariance_prior = Some(bad.clone()));
        assert!(
            error.contains("positive definite matrix") && error.contains("full"),
            "{error}"
        );
    }
    for name in ["n_clusters", "n_init", "max_iter"] {
        let error = with(&|c| match name {
            "n_clusters" => c.n_clusters = 0,
            "n_init" => c.n_init = 0,
            _ => c.max_iter = 0,
        });
        assert_eq!(error, format!("bayesian_gmm.{name} must be at least 1, but is 0"));
    }
}

#[test]
fn priors_of_another_width_are_refused() {
    let y = samples(&[1.0, 2.0, 3.0, 5.0, 8.0, 13.0], 3);
    let refused = |change: &dyn Fn(&mut BayesianGaussianMixtureConfig)| -> PriorError {
        let mut config = BayesianGaussianMixtureConfig::new(1);
        change(&mut config);
        source(
            config
                .build()
                .unwrap()
                .fit(y, &mut FitContext::new(0))
                .unwrap_err(),
        )
    };
    let wide = refused(&|c| c.mean_prior = Some(vec![0.0; 4]));
    assert_eq!(
        wide.to_string(),
        "mean_prior is for rows of 4 features, but the data have 3"
    );
    let narrow = refused(&|c| c.covariance_prior = Some(CovariancePrior::Matrix(vec![vec![1.0]])));
    assert!(matches!(
        narrow,
        PriorError::Width {
            option: "covariance_prior",
            given: 1,
            ..
        }
    ));
    let few = refused(&|c| c.degrees_of_freedom_prior = Some(2.0));
    assert_eq!(
        few.to_string(),
        "degrees_of_freedom_prior must be above n_features - 1 = 2, but is 2"
    );
}

#[test]
fn the_configuration_is_plain_data() {
    let text = r#"{"n_clusters": 4, "covariance_type": "tied", "covariance_prior": [[1.0, 0.0], [0.0, 2.0]],
        "weight_concentration_prior_type": "dirichlet_distribution", "mean_prior": [0.5, 1.0]}"#;
    let config: BayesianGaussianMixtureConfig = serde_json::from_str(text).unwrap();
    assert_eq!(
        config.covariance_prior,
        Some(CovariancePrior::Matrix(vec![vec![1.0, 0.0], vec![0.0, 2.0]]))
    );
    assert_eq!(
        config.weight_concentration_prior_type,
        WeightConcentrationType::DirichletDistribution
    );
    let again = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<BayesianGaussianMixtureConfig>(&again).unwrap(),
        config
    );
    assert!(serde_json::from_str::<BayesianGaussianMixtureConfig>(r#"{"n_components": 2}"#).is_err());
}

#[test]
fn the_observer_sees_the_bound_and_stops() {
    let rows = heaps(100, 2, 3, 8);
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } => {
            assert_eq!(progress.metric.unwrap().0, "lower bound");
            if progress.step == 2 {
                Control::Stop
            } else {
                Control::Continue
            }
        }
        _ => Control::Continue,
    };
    let config = BayesianGaussianMixtureConfig {
        tol: 0.0,
        ..BayesianGaussianMixtureConfig::new(3)
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let fit = config.build().unwrap().fit(samples(&rows, 2), &mut ctx).unwrap();
    assert_eq!(
        (fit.report.termination, fit.report.n_iter),
        (Termination::Stopped, 2)
    );
    let dynamic: &dyn FittedClusterer = &fit.model;
    assert_eq!(
        (dynamic.name(), dynamic.n_features(), dynamic.n_clusters()),
        ("bayesian_gmm", 2, 3)
    );
    assert!(dynamic.as_predict().is_some() && dynamic.as_predict_proba().is_some());
    let narrow = samples(&rows, 1);
    assert!(fit.model.predict(narrow).is_err() && fit.model.score(narrow).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn small_data_of_any_kind(
        (rows, n_features) in (1..4_usize, 1..40_usize).prop_flat_map(|(n_features, n)| {
            (prop::collection::vec(-3..4_i8, n * n_features), Just(n_features))
        }),
        n_clusters in 1..6_usize,
        kind in prop::sample::select(KINDS.to_vec()),
        of_type in prop::sample::select(TYPES.to_vec()),
        seed: u64,
    ) {
        let rows: Vec<f32> = rows.into_iter().map(f32::from).collect();
        let y = samples(&rows, n_features);
        prop_assume!(y.n_samples() >= n_clusters);
        let Fit { model, report } = fit(&of((kind, of_type), n_clusters), y, seed);
        prop_assert!(report.history.iter().all(|value| value.is_finite()));
        prop_assert!(model.means().iter().chain(model.covariances()).all(|value| value.is_finite()));
        prop_assert_eq!(&model.predict(y).unwrap(), model.labels());
        prop_assert_eq!(model.active().len(), model.labels().n_clusters());
    }
}
