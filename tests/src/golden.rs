//! Model files that must load for ever, and what they answered when they were written.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::{Path, PathBuf};

use n2d::datasets::Scaler;
use n2d::prelude::*;
use ndarray::Array2;
use serde_json::{Value, json};

use crate::pendigits;

/// Files of format version 1, and their answers when they were written. Never change or remove one: a new version adds its own.
///
/// Name, encoder, manifold learner, clusterer: every kind of part is in one of them.
pub const GOLDEN: [(&str, &str, &str, &str); 21] = [
    ("v1-umap-gmm", "dense", "umap", "gmm"),
    ("v1-pca-hdbscan", "dense", "pca", "hdbscan"),
    ("v1-tsne-kmeans", "dense", "tsne", "kmeans"),
    ("v1-isomap-gmm_auto", "identity", "isomap", "gmm_auto"),
    ("v1-lle-bayesian_gmm", "identity", "lle", "bayesian_gmm"),
    (
        "v1-spectral_embedding-minibatch_kmeans",
        "identity",
        "spectral_embedding",
        "minibatch_kmeans",
    ),
    ("v1-identity-dbscan", "identity", "identity", "dbscan"),
    ("v1-pca-optics", "identity", "pca", "optics"),
    ("v1-pca-spectral", "identity", "pca", "spectral"),
    ("v1-pca-agglomerative", "identity", "pca", "agglomerative"),
    ("v1-pca-linfa_kmeans", "identity", "pca", "linfa_kmeans"),
    ("v1-pca-linfa_gmm", "identity", "pca", "linfa_gmm"),
    ("v1-pca-linfa_dbscan", "identity", "pca", "linfa_dbscan"),
    ("v1-pca-linfa_optics", "identity", "pca", "linfa_optics"),
    ("v1-pca-hdbscan_crate", "identity", "pca", "hdbscan_crate"),
    ("v1-conv1d", "conv1d", "pca", "kmeans"),
    ("v1-conv2d", "conv2d", "pca", "kmeans"),
    ("v1-lstm", "lstm", "pca", "kmeans"),
    ("v1-gru", "gru", "pca", "kmeans"),
    ("v1-variational", "variational", "pca", "kmeans"),
    ("v1-pca", "pca", "identity", "kmeans"),
];

/// As [`GOLDEN`], of ensembles: name and consensus.
pub const ENSEMBLES: [(&str, &str); 3] = [
    ("v1-ensemble-graph", "graph"),
    ("v1-ensemble-votes", "votes"),
    ("v1-ensemble-self_training", "self_training"),
];

/// A file of a golden model.
pub fn file(name: &str, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
        .with_extension(ending)
}

/// A small model of three parts by their names; a network has few weights.
pub fn model(encoder: &str, manifold: &str, clusterer: &str) -> Model {
    let (mut x, _) = pendigits(120);
    let scaler = Scaling::Standard.fit(Samples::new(x.view()).unwrap());
    scaler.apply(&mut x).unwrap();
    let mut config = PipelineConfig::without_clusters(PartChoice::new(clusterer));
    config.encoder = PartChoice::new(encoder);
    config.manifold = PartChoice::new(manifold);
    if Registry::default().takes_clusters(&config.clusterer).unwrap() {
        config.n_clusters = Some(3);
    }
    let settings: &[&str] = match encoder {
        "dense" | "variational" => &["encoder.hidden=[8]"],
        "conv1d" => &["encoder.channels=[4,4]"],
        "conv2d" => &["encoder.channels=[4,4]", "encoder.row_shape=[8,2]"],
        "lstm" | "gru" => &["encoder.units=4"],
        _ => &[],
    };
    settings.iter().for_each(|setting| config.set(setting).unwrap());
    if !["identity", "pca"].contains(&encoder) {
        config.set("encoder.n_epochs=2").unwrap();
    }
    if encoder != "identity" {
        config.set("encoder.latent_dim=3").unwrap();
    }
    fitted(config, clusterer, (x, scaler))
}

/// A small ensemble of two members.
pub fn ensemble(consensus: &str) -> Model {
    let (mut x, _) = pendigits(120);
    let scaler = Scaling::Standard.fit(Samples::new(x.view()).unwrap());
    scaler.apply(&mut x).unwrap();
    let mut config = PipelineConfig::new(3);
    for setting in [
        "dense.hidden=[8]",
        "dense.n_epochs=2",
        "ensemble.n_members=2",
        &format!("ensemble.consensus={consensus}"),
    ] {
        config.set(setting).unwrap();
    }
    fitted(config, "gmm", (x, scaler))
}

fn fitted(mut config: PipelineConfig, clusterer: &str, (x, scaler): (Array2<f32>, Scaler)) -> Model {
    for setting in ["linfa_dbscan.eps=1.5", "linfa_optics.eps=1.5", "dbscan.eps=1.5"] {
        if setting.split('.').next() == Some(clusterer) {
            config.set(setting).unwrap();
        }
    }
    let pipeline = Registry::default().build(&config).unwrap();
    let fit = pipeline
        .fit(Samples::new(x.view()).unwrap(), &mut FitContext::new(5))
        .unwrap();
    let info = ModelInfo {
        // The seconds differ from run to run.
        reports: Vec::new(),
        ..ModelInfo::new("pendigits", 5).with_config(config)
    };
    Model::new(fit.model, info).with_scaler(scaler).unwrap()
}

/// What a model says of some rows.
pub fn answers(model: &Model) -> Value {
    let (x, _) = pendigits(20);
    let x = Samples::new(x.view()).unwrap();
    // Not every clusterer labels new rows.
    let assigned = model.assign(x).ok();
    let rounded = |v: &f32| f64::from((v * 1e3).round()) / 1e3;
    json!({
        "kinds": [model.pipeline().encoder().name(), model.pipeline().manifold().name(), model.pipeline().clusterer().name()],
        "fitted": model.labels().as_slice(),
        "labels": assigned.map(|assigned| assigned.labels.into_vec()),
        "latents": model.encode(x).unwrap().iter().map(rounded).collect::<Vec<_>>(),
    })
}
