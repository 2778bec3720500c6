//! Model files: damaged and hostile ones are errors, and those of every format version load for ever.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::Stage;
use n2d::persist::{self, State};
use n2d::prelude::*;
use n2d_testkit::mutated_files;
use n2d_tests::golden::{ENSEMBLES, GOLDEN, answers, file, model};
use n2d_tests::pendigits;
use serde_json::Value;

/// Every one of 10 200 damaged files is an error, or answers without a panic where a careful hand has mended the checksum.
#[test]
fn damaged_and_hostile_files_are_errors() {
    let registry = Registry::default();
    let (x, _) = pendigits(20);
    let x = Samples::new(x.view()).unwrap();
    let (mut n, mut loaded) = (0, 0);
    for (encoder, manifold, clusterer) in [
        ("dense", "umap", "gmm"),
        ("dense", "pca", "hdbscan"),
        ("conv1d", "identity", "kmeans"),
    ] {
        let bytes = persist::to_bytes(&model(encoder, manifold, clusterer)).unwrap();
        for damaged in mutated_files(&bytes, 3400, 1) {
            n += 1;
            let Ok(state) = State::from_bytes(damaged.bytes) else {
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

#[test]
fn every_kind_of_part_is_in_a_golden_file() {
    let registry = Registry::default();
    for (stage, of_stage) in [
        (Stage::Encoder, GOLDEN.map(|(_, encoder, ..)| encoder)),
        (Stage::Manifold, GOLDEN.map(|(_, _, manifold, _)| manifold)),
        (Stage::Clusterer, GOLDEN.map(|(.., clusterer)| clusterer)),
    ] {
        for name in registry.names(stage) {
            assert!(of_stage.contains(&name), "{stage} {name} is in no golden file");
        }
    }
}

#[test]
fn files_of_every_version_load_and_answer_as_ever() {
    let names = GOLDEN.iter().map(|golden| golden.0);
    for name in names.chain(ENSEMBLES.map(|(name, _)| name)) {
        let model = Model::load(file(name, "n2d")).unwrap();
        let text = std::fs::read_to_string(file(name, "json")).unwrap();
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
