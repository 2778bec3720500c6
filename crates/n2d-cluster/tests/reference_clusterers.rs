//! Against scikit-learn: `data/clusterers.json`, made by the script beside it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::collections::BTreeMap;

use common::{assert_close, samples};
use n2d_cluster::{AgglomerativeConfig, DbscanConfig, KMeansConfig, OpticsConfig, SpectralClusteringConfig};
use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
use n2d_neighbors::Metric;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Data {
    n_features: usize,
    x: Vec<f32>,
    weights: Vec<f32>,
}

impl Data {
    fn samples(&self) -> Samples<'_> {
        samples(&self.x, self.n_features)
    }
}

fn file() -> serde_json::Value {
    serde_json::from_str(include_str!("data/clusterers.json")).expect("made by the script")
}

fn data() -> BTreeMap<String, Data> {
    serde_json::from_value(file()["data"].take()).unwrap()
}

fn cases<T: DeserializeOwned>(part: &str) -> Vec<T> {
    serde_json::from_value(file()[part].take()).unwrap()
}

/// The labels with clusters numbered in the order of their first rows.
fn renumbered(labels: &[i32]) -> Vec<i32> {
    let mut seen = Vec::new();
    let number = |&label: &i32| {
        if label < 0 {
            return label;
        }
        let known = seen.iter().position(|&other| other == label);
        known.unwrap_or_else(|| {
            seen.push(label);
            seen.len() - 1
        }) as i32
    };
    labels.iter().map(number).collect()
}

#[derive(Deserialize)]
struct KMeansCase {
    data: String,
    n_clusters: usize,
    inertia: f64,
    labels: Vec<i32>,
    distances: Vec<f64>,
    score: f64,
}

#[test]
fn weighted_kmeans() {
    let data = data();
    for case in cases::<KMeansCase>("kmeans") {
        let config = KMeansConfig {
            n_init: 20,
            tol: 0.0,
            ..KMeansConfig::new(case.n_clusters)
        };
        let of = &data[&case.data];
        let kmeans = config.build().unwrap();
        let fit = kmeans
            .fit_weighted(of.samples(), &of.weights, &mut FitContext::new(0))
            .unwrap();
        assert_close("inertia", &[fit.model.inertia()], &[case.inertia], 1e-9);
        assert_eq!(
            renumbered(fit.model.labels().as_slice()),
            renumbered(&case.labels)
        );
        let first = samples(&of.x[..5 * of.n_features], of.n_features);
        let mut distances = fit.model.distances(first).unwrap();
        for mut row in distances.rows_mut() {
            row.as_slice_mut().unwrap().sort_by(f64::total_cmp);
        }
        assert_close("distances", &distances, &case.distances, 1e-9);
        assert_close(
            "score",
            &[fit.model.score(of.samples()).unwrap()],
            &[case.score],
            1e-9,
        );
    }
}

#[derive(Deserialize)]
struct DbscanCase {
    data: String,
    eps: f64,
    min_samples: usize,
    metric: Metric,
    weighted: bool,
    core: Vec<u32>,
    labels: Vec<i32>,
}

#[test]
fn dbscan() {
    let data = data();
    for case in cases::<DbscanCase>("dbscan") {
        let of = &data[&case.data];
        let config = DbscanConfig {
            eps: case.eps,
            min_samples: case.min_samples,
            metric: case.metric,
        };
        let (dbscan, ctx) = (config.build().unwrap(), &mut FitContext::new(0));
        let fit = if case.weighted {
            dbscan.fit_weighted(of.samples(), &of.weights, ctx).unwrap()
        } else {
            dbscan.fit(of.samples(), ctx).unwrap()
        };
        assert_eq!(
            fit.model.core_sample_indices(),
            case.core,
            "{}, {config:?}",
            case.data
        );
        assert_eq!(
            fit.model.labels().as_slice(),
            case.labels,
            "{}, {config:?}",
            case.data
        );
    }
}

#[derive(Deserialize)]
struct AgglomerativeCase {
    data: String,
    config: AgglomerativeConfig,
    distances: Vec<f64>,
    labels: Vec<i32>,
}

#[test]
fn agglomerative() {
    let data = data();
    for case in cases::<AgglomerativeCase>("agglomerative") {
        let name = format!("{}, {:?}", case.data, case.config);
        let part = case.config.build().unwrap();
        let fit = part
            .fit(data[&case.data].samples(), &mut FitContext::new(0))
            .unwrap();
        let distances: Vec<f64> = fit.model.merges().iter().map(|merge| merge.distance).collect();
        assert_close(&name, &distances, &case.distances, 1e-9);
        assert_eq!(fit.model.labels().as_slice(), renumbered(&case.labels), "{name}");
    }
}

#[derive(Deserialize)]
struct SpectralCase {
    data: String,
    config: SpectralClusteringConfig,
    labels: Vec<i32>,
}

#[test]
fn spectral() {
    let data = data();
    for case in cases::<SpectralCase>("spectral") {
        let name = format!("{}, {:?}", case.data, case.config);
        let part = case.config.build().unwrap();
        let fit = part
            .fit(data[&case.data].samples(), &mut FitContext::new(0))
            .unwrap();
        assert_eq!(fit.model.labels().as_slice(), renumbered(&case.labels), "{name}");
    }
}

#[derive(Deserialize)]
struct OpticsCase {
    data: String,
    config: OpticsConfig,
    ordering: Vec<u32>,
    reachability: Vec<f64>,
    core_distances: Vec<f64>,
    predecessor: Vec<i64>,
    hierarchy: Vec<(usize, usize)>,
    labels: Vec<i32>,
}

/// As the script writes infinity.
fn finite(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|&value| if value.is_finite() { value } else { -1.0 })
        .collect()
}

#[test]
fn optics() {
    let data = data();
    for case in cases::<OpticsCase>("optics") {
        let name = format!("{}, {:?}", case.data, case.config);
        let part = case.config.build().unwrap();
        let model = part
            .fit(data[&case.data].samples(), &mut FitContext::new(0))
            .unwrap()
            .model;
        assert_eq!(model.ordering(), case.ordering, "{name}");
        assert_close(&name, &finite(model.reachability()), &case.reachability, 1e-11);
        assert_close(
            &name,
            &finite(model.core_distances()),
            &case.core_distances,
            1e-11,
        );
        let predecessor: Vec<i64> = model
            .predecessor()
            .iter()
            .map(|from| from.map_or(-1, i64::from))
            .collect();
        assert_eq!(predecessor, case.predecessor, "{name}");
        assert_eq!(model.cluster_hierarchy(), case.hierarchy, "{name}");
        assert_eq!(model.labels().as_slice(), case.labels, "{name}");
    }
}
