//! `cargo xtask compare encoder`: the paper's network on MNIST, by both of our engines and by Keras.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::cluster::{Match, fight, keep, pixels};
use super::contender::Contender;
use super::{Arguments, python};
use crate::cargo::cargo;

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let python = python::interpreter(root, "encoder")?;
    let packages = ["-p", "n2d-cli", "-p", "n2d-benches"];
    let build = ["build", "--release", "--locked"].into_iter().chain(packages);
    python::succeed(&mut cargo(root, build))?;
    let folder = pixels(root, arguments)?;
    let rust = Command::new(root.join("target/release/n2d-contender"));
    let mut rust = Contender::start("n2d-contender", rust)?;
    let script = root.join("benches/peers/encoder.py");
    let mut python = Contender::start("encoder.py", python::contender(&python, &script))?;
    let epoch = Match {
        task: "One epoch of 784-500-500-2000-10 and back, batches of 256, 70 000 x 784",
        file: "pixels.npy",
        options: json!({"latent_dim": 10, "hidden": [500, 500, 2000], "batch_size": 256, "n_epochs": 1}),
        entrants: &[
            ("n2d, native engine", false, "dense-native"),
            ("n2d, burn engine", false, "dense-burn"),
            ("TensorFlow-Keras 2.21.0", true, "keras"),
        ],
    };
    let rows = fight(&epoch, &folder, arguments.rounds, [&mut rust, &mut python])?;
    keep(root, "encoder", &rows)
}
