//! Model files: damaged and hostile ones are errors, and those of every format version load for ever.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d::Stage;
use n2d::persist::{self, Array, Dtype, State};
use n2d::prelude::*;
use n2d_testkit::mutated_files;
use n2d_tests::golden::{ENSEMBLES, GOLDEN, answers, ensemble, file, model};
use n2d_tests::pendigits;
use serde_json::Value;

/// Every one of 10 500 damaged files is an error. A file whose checksum the damage has been sealed under anew may be taken for a model
/// where what it now says is possible, such as another number in a mean: that model then answers, or refuses, without a panic.
#[test]
fn damaged_and_hostile_files_are_errors() {
    let registry = Registry::default();
    let (x, _) = pendigits(20);
    let x = Samples::new(x.view()).unwrap();
    let (mut n, mut loaded) = (0, 0);
    for model in [
        model("dense", "umap", "gmm"),
        model("dense", "pca", "hdbscan"),
        model("conv1d", "identity", "kmeans"),
        model("lstm", "spectral_embedding", "agglomerative"),
        model("identity", "isomap", "optics"),
        model("identity", "lle", "bayesian_gmm"),
        ensemble("graph"),
    ] {
        let bytes = persist::to_bytes(&model).unwrap();
        for damaged in mutated_files(&bytes, 1500, 1) {
            n += 1;
            let is_whole = damaged.bytes == bytes;
            let Ok(state) = State::from_bytes(damaged.bytes) else {
                continue;
            };
            // What no hand has made right again is never taken for a model.
            let made_right = damaged.what.ends_with("with its checksum made right");
            assert!(made_right || is_whole, "{}", damaged.what);
            let Ok(model) = Model::from_state(&state, &registry) else {
                continue;
            };
            loaded += 1;
            // Whether it can is not known, but it must not panic.
            let _ = model.assign(x);
            let _ = model.reconstruct(x);
        }
    }
    assert_eq!(n, 10_500);
    assert!(loaded < n / 10, "{loaded} of {n} were taken for models");
}

/// A number that is none is found in every array of every kind of part, whatever the checksum says.
#[test]
fn nan_in_any_array_is_refused() {
    let registry = Registry::default();
    for name in GOLDEN
        .iter()
        .map(|golden| golden.0)
        .chain(ENSEMBLES.map(|(name, _)| name))
    {
        let state = persist::read_file(&file(name, "n2d")).unwrap();
        for path in float_arrays(&state, &[]) {
            let mut damaged = state.clone();
            put_nan(&mut damaged, &path);
            assert!(
                Model::from_state(&damaged, &registry).is_err(),
                "{name}: NaN in {path:?}"
            );
        }
    }
}

/// The paths of all arrays of floating point numbers: the names of parts, then the array's.
fn float_arrays(state: &State, path: &[String]) -> Vec<Vec<String>> {
    let below = |name: &str| [path, &[name.to_owned()]].concat();
    let floats =
        |array: &Array| matches!(array.dtype(), Dtype::F32 | Dtype::F64) && !array.shape().contains(&0);
    let own = state
        .arrays()
        .filter(|(_, array)| floats(array))
        .map(|(name, _)| below(name));
    let of_parts = state
        .parts()
        .flat_map(|(name, part)| float_arrays(part, &below(name)));
    own.chain(of_parts).collect()
}

fn put_nan(state: &mut State, path: &[String]) {
    let (array, parts) = path.split_last().unwrap();
    let holder = parts
        .iter()
        .fold(state, |state, part| state.part_mut(part).unwrap());
    if let Ok((shape, mut values)) = holder
        .shaped::<f32>(array)
        .map(|(shape, values)| (shape.to_vec(), values))
    {
        *values.last_mut().unwrap() = f32::NAN;
        holder.put_shaped(array, &shape, &values);
    } else {
        let (shape, mut values) = holder
            .shaped::<f64>(array)
            .map(|(shape, values)| (shape.to_vec(), values))
            .unwrap();
        *values.last_mut().unwrap() = f64::NAN;
        holder.put_shaped(array, &shape, &values);
    }
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
        assert_eq!(latents(&found).len(), latents(&expected).len(), "{name}");
        for (a, b) in latents(&found).iter().zip(latents(&expected)) {
            assert!((a - b).abs() <= 0.002, "{name}: {a} or {b}");
        }
    }
}
