//! Against scikit-learn, from the same first centres: `data/kmeans.json`, made by the script beside it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{assert_close, samples};
use n2d_cluster::KMeansConfig;
use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig};
use ndarray::Array2;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    n_features: usize,
    x: Vec<f32>,
    start: Vec<f64>,
    centers: Vec<f64>,
    inertia: f64,
    labels: Vec<i32>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("data/kmeans.json")).expect("made by the script")
}

#[test]
fn equals_scikit_learn_from_the_same_centres() {
    for case in cases() {
        let name = &case.name;
        let n_clusters = case.start.len() / case.n_features;
        let config = KMeansConfig {
            tol: 0.0,
            ..KMeansConfig::new(n_clusters)
        };
        let start = Array2::from_shape_vec((n_clusters, case.n_features), case.start).unwrap();
        let y = samples(&case.x, case.n_features);
        let fit = config
            .build()
            .unwrap()
            .fit_from(y, start.view(), &mut FitContext::new(0))
            .unwrap();
        assert_close(name, fit.model.centers(), &case.centers, 1e-9);
        assert_close(name, &[fit.model.inertia()], &[case.inertia], 1e-9);
        assert_eq!(fit.model.labels().as_slice(), case.labels, "{name}");
        assert_eq!(fit.report.objective, Some(("inertia", fit.model.inertia())));
    }
}

#[test]
fn own_centres_do_as_well() {
    for case in cases() {
        let n_clusters = case.start.len() / case.n_features;
        let config = KMeansConfig {
            n_init: 5,
            ..KMeansConfig::new(n_clusters)
        };
        let y = samples(&case.x, case.n_features);
        let fit = config.build().unwrap().fit(y, &mut FitContext::new(1)).unwrap();
        let inertia = fit.model.inertia();
        assert!(
            inertia <= case.inertia * 1.05,
            "{}: {inertia} for {}",
            case.name,
            case.inertia
        );
    }
}
