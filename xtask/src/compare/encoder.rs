//! `cargo xtask compare encoder`: the paper's network on MNIST, by both of our engines and by Keras.

use std::path::Path;

use serde_json::json;

use super::Arguments;
use super::arena::{Arena, Match, Side, keep};
use super::data::Data;

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let mut arena = Arena::open(root, arguments.rounds, "encoder.py", "encoder")?;
    let rows = arena.fight(&Match {
        task: "One epoch of 784-500-500-2000-10 and back, batches of 256, 70 000 x 784".to_owned(),
        file: Data::of(root, arguments)?.pixels()?,
        options: json!({"latent_dim": 10, "hidden": [500, 500, 2000], "batch_size": 256, "n_epochs": 1}),
        entrants: &[
            ("n2d, native engine", Side::Ours, "dense-native"),
            ("n2d, burn engine", Side::Ours, "dense-burn"),
            ("TensorFlow-Keras 2.21.0", Side::Python, "keras"),
        ],
        ..Match::default()
    })?;
    keep(root, "encoder", &rows)
}
