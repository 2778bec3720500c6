//! Model files that must load for ever, and what they answered when they were written.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::{Path, PathBuf};

use n2d::prelude::*;
use serde_json::{Value, json};

use crate::pendigits;

/// Files of format version 1, and their answers when they were written. Never change or remove one: a new version adds its own.
pub const GOLDEN: [(&str, &str, &str); 3] = [
    ("v1-umap-gmm", "umap", "gmm"),
    ("v1-pca-hdbscan", "pca", "hdbscan"),
    ("v1-tsne-kmeans", "tsne", "kmeans"),
];

/// A file of a golden model.
pub fn file(name: &str, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
        .with_extension(ending)
}

/// A small model of each kind of later stages: a network of few weights, `manifold`, `clusterer`.
pub fn model(manifold: &str, clusterer: &str) -> Model {
    let (mut x, _) = pendigits(120);
    let scaler = Scaling::Standard.fit(Samples::new(x.view()).unwrap());
    scaler.apply(&mut x).unwrap();
    let mut config = PipelineConfig::without_clusters(PartChoice::new(clusterer));
    config.manifold = PartChoice::new(manifold);
    if Registry::default().takes_clusters(&config.clusterer).unwrap() {
        config.n_clusters = Some(3);
    }
    for setting in ["dense.hidden=[8]", "dense.n_epochs=2", "dense.latent_dim=3"] {
        config.set(setting).unwrap();
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
    let assigned = model.assign(x).unwrap();
    let rounded = |v: &f32| f64::from((v * 1e3).round()) / 1e3;
    json!({
        "kinds": [model.pipeline().encoder().name(), model.pipeline().manifold().name(), model.pipeline().clusterer().name()],
        "fitted": model.labels().as_slice(),
        "labels": assigned.labels.as_slice(),
        "latents": model.encode(x).unwrap().iter().map(rounded).collect::<Vec<_>>(),
    })
}
