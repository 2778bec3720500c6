//! `cargo xtask compare growth`: the seconds and the memory of whole fits against the number of rows, and their pictures in docs/pictures.

use std::path::Path;

use serde_json::json;

use super::arena::ours as contender;
use super::runs::{Figure, Record, ours};
use super::{Arguments, data};
use crate::cargo::build_measured;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const N_FEATURES: usize = 32;
const CONTENDER: &str = "n2d";
/// More rows than these are fitted once: a million take a quarter of an hour.
const MANY: usize = 100_000;

fn name(n_samples: usize) -> String {
    format!("{n_samples} x {N_FEATURES}")
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    build_measured(root)?;
    let mut record = Record::open(root, "growth")?;
    for n_samples in SIZES {
        let rounds = if n_samples > MANY { 1 } else { arguments.rounds };
        for seed in (0..rounds).filter(|_| arguments.want(&name(n_samples))) {
            let [rows, classes] = made_up(root, n_samples)?;
            record.add((&name(n_samples), CONTENDER, seed), || {
                ours(root, arguments, &rows, &["--labels", &classes], seed)
            })?;
        }
    }
    record.write()?;
    draw(root, &record)
}

/// The files of so many rows and of their classes, made where they are not there.
fn made_up(root: &Path, n_samples: usize) -> Result<[String; 2], String> {
    let folder = data::folder(root)?.join(format!("made-up-{n_samples}"));
    let files = ["rows.npy", "classes.npy"].map(|name| folder.join(name));
    if files.iter().any(|file| !file.exists()) {
        let options = json!({"n_samples": n_samples, "n_features": N_FEATURES, "folder": folder});
        contender(root)?.run(&json!({"method": "made-up", "options": options}))?;
    }
    Ok(files.map(|file| file.to_string_lossy().into_owned()))
}

fn draw(root: &Path, record: &Record) -> Result<(), String> {
    let of = |figure: Figure| -> Vec<f64> {
        SIZES
            .iter()
            .filter_map(|&n| record.median((&name(n), CONTENDER), figure))
            .collect()
    };
    let rows: Vec<usize> = SIZES
        .into_iter()
        .filter(|&n| record.median((&name(n), CONTENDER), Figure::Total).is_some())
        .collect();
    let seconds = [
        ("whole fit", of(Figure::Total)),
        ("encoder", of(Figure::Encoder)),
        ("UMAP", of(Figure::Manifold)),
        ("mixture", of(Figure::Clusterer)),
    ];
    let memory = [("peak memory", of(Figure::Peak))];
    for (file, title, unit, series) in [
        ("growth-seconds.png", "Seconds of a fit", "seconds", &seconds[..]),
        ("growth-memory.png", "Peak memory of a fit", "MiB", &memory[..]),
    ] {
        let file = root.join("docs/pictures").join(file);
        let options = json!({"title": title, "unit": unit, "rows": rows, "series": series, "file": file});
        contender(root)?.run(&json!({"method": "growth-picture", "options": options}))?;
    }
    Ok(())
}
