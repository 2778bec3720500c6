//! Convolutions and an LSTM on windows of sensor data, side by side with the dense network:
//!
//! ```text
//! cargo run --release -p n2d-examples --example sequences windows.npy labels.npy 6
//! ```
//!
//! The windows are an array of `(rows, steps, channels)`, such as those of the HAPT data set (10 411 x 128 x 6); the labels are one number a
//! row, the last word is the number of clusters.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::process::ExitCode;

use n2d::datasets::read_labels;
use n2d::encoder::{Conv1dConfig, LstmConfig};
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
    let [windows, labels, n_clusters] = &words[..] else {
        return Err("give the files of windows and labels, and the number of clusters".into());
    };
    let n_clusters = n_clusters.parse()?;
    let mut data = read_path(windows, &ReadOptions::default())?;
    data.set_labels(read_labels(labels, None)?)?;
    println!("{} windows of {:?}", data.n_samples(), data.row_shape);
    cluster(
        "dense",
        DenseAutoencoderConfig::new(n_clusters).build()?,
        &data,
        n_clusters,
    )?;
    cluster(
        "conv1d",
        Conv1dConfig::new(n_clusters).build()?,
        &data,
        n_clusters,
    )?;
    cluster("lstm", LstmConfig::new(n_clusters).build()?, &data, n_clusters)
}

fn cluster(
    name: &str,
    encoder: impl Encoder,
    data: &Dataset,
    n_clusters: usize,
) -> Result<(), Box<dyn Error>> {
    let pipeline = N2d::new(encoder, UmapGmm::new(n_clusters).build()?);
    let fitted = pipeline.fit(data.samples()?, &mut FitContext::new(0))?.model;
    let classes = data.labels.as_ref().ok_or("there are labels")?;
    println!("{name}: {}", fitted.assess(classes)?);
    Ok(())
}
