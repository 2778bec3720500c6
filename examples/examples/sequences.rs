//! Convolutions and an LSTM on windows of sensor data, side by side with the dense network:
//!
//! ```text
//! cargo run --release -p n2d-examples --example sequences windows.npy labels.npy 6 [FOLDER]
//! ```
//!
//! The windows are an array of `(rows, steps, channels)`, such as those of the HAPT data set (10 411 x 128 x 6); the labels are one number a
//! row, then comes the number of clusters. A picture of each goes into the folder, if one is named.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use n2d::datasets::read_labels;
use n2d::encoder::{Conv1dConfig, LstmConfig};
use n2d::plot::Scatter;
use n2d::prelude::*;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [windows, labels, n_clusters, folder @ ..] = &words[..] else {
        return Err("give the files of windows and labels, and the number of clusters".into());
    };
    let n_clusters = n_clusters.parse()?;
    let folder = folder.first().map(Path::new);
    let mut data = read_path(windows, &ReadOptions::default())?;
    data.set_labels(read_labels(labels, None)?)?;
    data.scale(Scaling::StandardChannels)?;
    println!("{} windows of {:?}", data.n_samples(), data.row_shape);
    let dense = DenseAutoencoderConfig::new(n_clusters).build()?;
    cluster("dense", dense, &data, n_clusters, folder)?;
    let conv1d = Conv1dConfig::new(n_clusters).build()?;
    cluster("conv1d", conv1d, &data, n_clusters, folder)?;
    let lstm = LstmConfig::new(n_clusters).build()?;
    cluster("lstm", lstm, &data, n_clusters, folder)
}

fn cluster(
    name: &str,
    encoder: impl Encoder,
    data: &Dataset,
    n_clusters: usize,
    folder: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let pipeline = N2d::new(encoder, UmapGmm::new(n_clusters).build()?);
    let fitted = pipeline.fit(data.samples()?, &mut FitContext::new(0))?.model;
    let classes = data.labels.as_ref().ok_or("there are labels")?;
    println!("{name}: {}", fitted.assess(classes)?);
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
        Scatter::new(fitted.embedding(), fitted.labels())
            .with_classes(classes)
            .with_title(name)
            .draw()?
            .save(folder.join(format!("{name}.png")))?;
    }
    Ok(())
}
