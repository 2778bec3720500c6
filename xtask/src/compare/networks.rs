//! `cargo xtask compare networks`: whole fits with each encoder, over seeds; those that train do so for as many epochs.

use std::path::Path;

use super::Arguments;
use super::runs::{MIXTURE_OF_RECORDS, Record, ours};
use crate::cargo::build_measured;

const FOR_SEQUENCES: &[&str] = &["dense", "conv1d", "lstm", "gru", "variational", "pca", "identity"];
const FOR_IMAGES: &[&str] = &["dense", "conv2d", "variational", "pca", "identity"];

/// Half of the default's for so many rows: recurrent networks take minutes as it is.
const EPOCHS: &str = "25";

/// Seed after seed, so that a record cut short has as many of each. `--only` is a part of the name of a set and an encoder, such as "hapt, lstm".
pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    build_measured(root)?;
    let hapt = |name: &str| {
        root.join(&arguments.data_dir)
            .join("hapt")
            .join(name)
            .to_string_lossy()
            .into_owned()
    };
    let (windows, activity) = (hapt("windows.f32.npy.gz"), hapt("activity.u8.npy.gz"));
    let sets: [(&str, &str, &[&str], &[&str]); 2] = [
        ("hapt", &windows, &["--labels", &activity], FOR_SEQUENCES),
        ("mnist-test", "mnist-test", &[], FOR_IMAGES),
    ];
    let mut record = Record::open(root, "networks")?;
    for seed in 0..arguments.rounds {
        for (set, data, labels, encoders) in sets {
            for encoder in encoders
                .iter()
                .filter(|encoder| arguments.want(&format!("{set}, {encoder}")))
            {
                let trains = !["pca", "identity"].contains(encoder);
                let epochs: &[&str] = if trains { &["--epochs", EPOCHS] } else { &[] };
                let more = [labels, &["--encoder", encoder], epochs, &MIXTURE_OF_RECORDS].concat();
                record.add((set, encoder, seed), || ours(root, arguments, data, &more, seed))?;
            }
        }
    }
    record.write()
}
