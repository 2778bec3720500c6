//! Odd data, refusals, configurations and interruptions of the parts by linfa.
#![cfg(feature = "linfa")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{fit, heaps, samples, source, try_fit};
use n2d_cluster::{
    LinfaDbscanConfig, LinfaGmmConfig, LinfaGmmError, LinfaKMeansConfig, LinfaKMeansInit, LinfaOpticsConfig,
};
use n2d_core::{
    ApplyError, CancelToken, Clusterer, Control, Event, FitContext, FitError, FittedClusterer, PartConfig,
    Predict, PredictProba, Termination,
};
use n2d_neighbors::Metric;

fn dbscan(eps: f64) -> LinfaDbscanConfig {
    LinfaDbscanConfig {
        eps,
        ..LinfaDbscanConfig::default()
    }
}

fn optics(eps: f64) -> LinfaOpticsConfig {
    LinfaOpticsConfig {
        eps,
        ..LinfaOpticsConfig::default()
    }
}

#[test]
fn odd_data_have_a_defined_result() {
    let equal = [2.5; 800];
    let y = samples(&equal, 2);
    let kmeans = fit(&LinfaKMeansConfig::new(5), y, 0);
    assert_eq!(
        (kmeans.model.inertia(), kmeans.model.labels().n_clusters()),
        (0.0, 1)
    );
    assert!(
        kmeans
            .report
            .notes
            .contains(&"only 1 of 5 clusters have rows".to_owned())
    );
    assert_eq!(
        fit(&LinfaGmmConfig::new(1), y, 0).model.labels().sizes(),
        [(0, 400)]
    );
    let empty = source::<LinfaGmmError>(try_fit(&LinfaGmmConfig::new(2), y, 0).unwrap_err());
    assert!(matches!(empty, LinfaGmmError::Linfa { .. }), "{empty}");
    assert_eq!(fit(&dbscan(1.0), y, 0).model.labels().sizes(), [(0, 400)]);
    assert_eq!(fit(&optics(1.0), y, 0).model.labels().sizes(), [(0, 400)]);

    let wide: Vec<f32> = heaps(60, 12, 3, 1).iter().map(|x| x * 1e30).collect();
    let vanished =
        source::<LinfaGmmError>(try_fit(&LinfaGmmConfig::new(3), samples(&wide, 12), 0).unwrap_err());
    assert!(matches!(vanished, LinfaGmmError::NotFinite), "{vanished}");

    let one = samples(&[1.0, 2.0], 2);
    assert_eq!(fit(&LinfaKMeansConfig::new(1), one, 0).model.inertia(), 0.0);
    assert_eq!(fit(&LinfaGmmConfig::new(1), one, 0).model.labels().len(), 1);
    assert_eq!(fit(&dbscan(1.0), one, 0).model.labels().n_noise(), 1);
    assert_eq!(fit(&optics(1.0), one, 0).model.labels().n_noise(), 1);

    for unit in [1.0, 1e30, 1e-30, 3e-44] {
        let rows: Vec<f32> = (0..20)
            .flat_map(|row| [7.0, (row % 10 + 60 * (row / 10)) as f32 * unit])
            .collect();
        let y = samples(&rows, 2);
        let eps = f64::from(4.5 * unit);
        for labels in [
            fit(&dbscan(eps), y, 0).model.labels().clone(),
            fit(&optics(eps), y, 0).model.labels().clone(),
        ] {
            assert_eq!(labels.sizes(), [(0, 10), (1, 10)], "{unit}");
        }
        // Linfa's tolerance is in units of the data, and the constant column is far from them.
        let config = LinfaKMeansConfig {
            tol: 1e-6 * f64::from(unit),
            ..LinfaKMeansConfig::new(2)
        };
        let labels = fit(&config, y, 0).model.labels().clone();
        let sizes: Vec<usize> = labels.sizes().iter().map(|size| size.1).collect();
        assert_eq!(sizes, [10, 10], "{unit}");
        let config = LinfaGmmConfig {
            reg_covar: (1e-3 * f64::from(unit)).powi(2),
            ..LinfaGmmConfig::new(2)
        };
        match try_fit(&config, y, 0) {
            Ok(fit) => assert_eq!(fit.model.labels().len(), 20),
            Err(error) => drop(source::<LinfaGmmError>(error)),
        }
    }
}

#[test]
fn what_cannot_be_fitted_or_predicted_is_refused() {
    let rows = heaps(30, 3, 2, 0);
    let few = samples(&rows[..9], 3);
    for error in [
        try_fit(&LinfaKMeansConfig::new(4), few, 0).unwrap_err(),
        try_fit(&LinfaGmmConfig::new(4), few, 0).unwrap_err(),
    ] {
        assert!(matches!(
            error,
            FitError::TooFewSamples {
                needed: 4,
                given: 3,
                ..
            }
        ));
    }
    let model = fit(&LinfaKMeansConfig::new(2), samples(&rows, 3), 0).model;
    let narrow = model.predict(samples(&rows, 2)).unwrap_err();
    assert!(matches!(
        narrow,
        ApplyError::FeatureMismatch {
            expected: 3,
            given: 2,
            ..
        }
    ));
    let model = fit(&LinfaGmmConfig::new(2), samples(&rows, 3), 0).model;
    assert!(model.predict_proba(samples(&rows, 2)).is_err());

    let zero = LinfaKMeansConfig {
        tol: 0.0,
        ..LinfaKMeansConfig::default()
    };
    assert_eq!(zero.build().unwrap_err().field, "tol");
    let single = LinfaDbscanConfig {
        min_samples: 1,
        ..LinfaDbscanConfig::default()
    };
    assert_eq!(single.build().unwrap_err().field, "min_samples");
    let near = LinfaOpticsConfig {
        max_eps: Some(0.1),
        ..LinfaOpticsConfig::default()
    };
    assert_eq!(
        near.build().unwrap_err().to_string(),
        "linfa_optics.max_eps must be at least eps = 0.5, but is 0.1"
    );
    let canberra = LinfaDbscanConfig {
        metric: Metric::Canberra,
        ..LinfaDbscanConfig::default()
    };
    assert_eq!(canberra.build().unwrap_err().field, "metric");
}

#[test]
fn the_configurations_are_plain_data() {
    let config: LinfaOpticsConfig = serde_json::from_str(r#"{"eps": 2.0, "metric": "manhattan"}"#).unwrap();
    assert_eq!(
        (config.eps, config.max_eps, config.metric),
        (2.0, None, Metric::Manhattan)
    );
    let config: LinfaKMeansConfig = serde_json::from_str(r#"{"init": "random"}"#).unwrap();
    assert_eq!((config.init, config.n_init), (LinfaKMeansInit::Random, 10));
    let written = serde_json::to_string(&LinfaGmmConfig::default()).unwrap();
    assert_eq!(
        serde_json::from_str::<LinfaGmmConfig>(&written).unwrap(),
        LinfaGmmConfig::default()
    );
    assert!(serde_json::from_str::<LinfaDbscanConfig>(r#"{"tolerance": 1}"#).is_err());
    assert!(serde_json::from_str::<LinfaGmmConfig>(r#"{"n_runs": 1}"#).is_err());
}

#[test]
fn the_observer_stops_and_the_token_cancels() {
    let rows = heaps(900, 2, 3, 5);
    let y = samples(&rows, 2);
    let kmeans = LinfaKMeansConfig {
        tol: 1e-300,
        ..LinfaKMeansConfig::new(30)
    };
    let mut stop = |event: &Event<'_>| match event {
        Event::Progress { progress, .. } if progress.step == 3 => Control::Stop,
        _ => Control::Continue,
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let stopped = kmeans.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(
        (stopped.report.termination, stopped.report.n_iter),
        (Termination::Stopped, 3)
    );
    let many = LinfaGmmConfig {
        n_init: 5,
        ..LinfaGmmConfig::new(3)
    };
    let mut ctx = FitContext::new(0).with_observer(&mut stop);
    let stopped = many.build().unwrap().fit(y, &mut ctx).unwrap();
    assert_eq!(stopped.report.termination, Termination::Stopped);
    let token = CancelToken::new();
    let cancel = token.clone();
    let mut in_the_middle = move |event: &Event<'_>| {
        if let Event::Progress { .. } = event {
            cancel.cancel();
        }
        Control::Continue
    };
    let mut ctx = FitContext::new(0)
        .with_cancel(token)
        .with_observer(&mut in_the_middle);
    let cancelled = kmeans.build().unwrap().fit(y, &mut ctx);
    assert!(matches!(cancelled, Err(FitError::Cancelled { part }) if part == "linfa_kmeans"));
}
