//! `cargo xtask compare encoder`: the paper's network on MNIST, by both of our engines, by PyTorch and by Keras.

use std::path::Path;

use serde_json::json;

use super::Arguments;
use super::arena::{Arena, Entrant, Match, Side, keep};
use super::data::Data;

const TRAINING: &[Entrant] = &[
    ("n2d, native engine", Side::Ours, "dense-native"),
    ("n2d, burn engine", Side::Ours, "dense-burn"),
    ("PyTorch 2.15.0, fused Adam", Side::Python, "torch"),
    ("PyTorch 2.15.0, Adam", Side::Python, "torch-unfused"),
    ("TensorFlow-Keras 2.21.0", Side::Python, "keras"),
    ("its matrix products alone", Side::Ours, "dense-products"),
];
/// For ten epochs, as later ones need not take the time of the first.
const LONGER: &[Entrant] = &[
    ("n2d, native engine", Side::Ours, "dense-native"),
    ("PyTorch 2.15.0, fused Adam", Side::Python, "torch"),
    (
        "PyTorch 2.15.0, fused Adam, set_flush_denormal(True)",
        Side::Python,
        "torch-flushed",
    ),
];
const ENCODING: &[Entrant] = &[
    ("n2d", Side::Ours, "encode-native"),
    ("its matrix products alone", Side::Ours, "encode-products"),
];

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let mut arena = Arena::open(root, arguments.rounds, "encoder.py", "encoder")?;
    let pixels = Data::of(root, arguments)?.pixels()?;
    let mut rows = Vec::new();
    for (task, n_epochs, entrants) in [
        (
            "One epoch of 784-500-500-2000-10 and back, batches of 256, 70 000 x 784",
            1,
            TRAINING,
        ),
        (
            "Ten epochs of 784-500-500-2000-10 and back, batches of 256, 70 000 x 784",
            10,
            LONGER,
        ),
        ("Encoding 70 000 x 784", 1, ENCODING),
    ] {
        if !arguments.want(task) {
            continue;
        }
        rows.extend(arena.fight(&Match {
            task: task.to_owned(),
            file: pixels.clone(),
            options: json!({"latent_dim": 10, "hidden": [500, 500, 2000], "batch_size": 256, "n_epochs": n_epochs}),
            warm_up_rows: (n_epochs > 1).then_some(2560),
            entrants,
            ..Match::default()
        })?);
    }
    keep(root, arguments, "encoder", rows)
}
