//! Model files: damaged and hostile ones are errors, and those of every format version load for ever.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::{Path, PathBuf};

use n2d::persist::{self, State};
use n2d::prelude::*;
use n2d_testkit::mutated_files;
use n2d_tests::pendigits;
use serde_json::{Value, json};

/// A small model of each kind of later stages: a network of few weights, `manifold`, `clusterer`.
fn model(manifold: &str, clusterer: &str) -> Model {
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

/// Every one of 10 200 damaged files is an error, or answers without a panic where a careful hand has mended the checksum.
#[test]
fn damaged_and_hostile_files_are_errors() {
    let registry = Registry::default();
    let (x, _) = pendigits(20);
    let x = Samples::new(x.view()).unwrap();
    let (mut n, mut loaded) = (0, 0);
    for (manifold, clusterer) in [("umap", "gmm"), ("pca", "hdbscan"), ("identity", "kmeans")] {
        let bytes = persist::to_bytes(&model(manifold, clusterer)).unwrap();
        for file in mutated_files(&bytes, 3400, 1) {
            n += 1;
            let Ok(state) = State::from_bytes(file.bytes) else {
                continue;
            };
            let Ok(model) = Model::from_state(&state, &registry) else {
                continue;
            };
            loaded += 1;
            // Whether it can is not known, but it must not panic.
            let _ = model.assign(x);
            let _ = model.reconstruct(x);
        }
    }
    assert_eq!(n, 10_200);
    assert!(loaded < n / 10, "{loaded} of {n} were taken for models");
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// What a model says of some rows.
fn answers(model: &Model) -> Value {
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

/// Files of format version 1, and their answers when they were written. Never change or remove one: a new version adds its own.
const GOLDEN: [(&str, &str, &str); 3] = [
    ("v1-umap-gmm", "umap", "gmm"),
    ("v1-pca-hdbscan", "pca", "hdbscan"),
    ("v1-tsne-kmeans", "tsne", "kmeans"),
];

#[test]
fn files_of_every_version_load_and_answer_as_ever() {
    for (name, ..) in GOLDEN {
        let model = Model::load(golden(&format!("{name}.n2d"))).unwrap();
        let text = std::fs::read_to_string(golden(&format!("{name}.json"))).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let found = answers(&model);
        for key in ["kinds", "fitted", "labels"] {
            assert_eq!(found[key], expected[key], "{name}: {key}");
        }
        // The last bits of latents are those of the machine.
        let latents = |value: &Value| serde_json::from_value::<Vec<f64>>(value["latents"].clone()).unwrap();
        for (a, b) in latents(&found).iter().zip(latents(&expected)) {
            assert!((a - b).abs() <= 0.002, "{name}: {a} or {b}");
        }
    }
}

/// `cargo xtask golden` runs this when the format has got a new version; files that are there stay as they are.
#[test]
#[ignore = "writes files into the repository"]
fn write_golden_files() {
    for (name, manifold, clusterer) in GOLDEN {
        let file = golden(&format!("{name}.n2d"));
        if file.exists() {
            continue;
        }
        let model = model(manifold, clusterer);
        model.save(&file).unwrap();
        std::fs::write(
            golden(&format!("{name}.json")),
            answers(&model).to_string() + "\n",
        )
        .unwrap();
    }
}
