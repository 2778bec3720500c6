//! Clusters without knowing their number, noise among them, and new rows by approximate prediction:
//!
//! ```text
//! cargo run --release -p n2d-examples --example hdbscan                  # MNIST's test set, which is compiled in
//! cargo run --release -p n2d-examples --example hdbscan ../shared/data   # all of MNIST, from a folder
//! cargo run --release -p n2d-examples --example hdbscan clusters.png     # with a picture: pale where rows hardly belong, grey where they don't
//! ```
//!
//! The settings are those of the Python library's example: latents of 20, UMAP to 2 with 30 neighbours, `min_samples` 10,
//! `min_cluster_size` 500. Six rows of seven are fitted; the seventh is new.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::process::ExitCode;

use n2d::metrics::{Noise, assess_with};
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
    let (pictures, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.ends_with(".png"));
    let data = match folders.first() {
        Some(folder) => BuiltIn::Mnist.load(&DataDirs::new([folder]))?,
        None => BuiltIn::MnistTest.load(&DataDirs::none())?,
    };
    let classes = data.labels.as_ref().ok_or("MNIST has classes")?.as_slice();
    let values = data.samples()?.as_slice();
    let n_fitted = data.n_samples() / 7 * 6;
    let (fitted_values, new_values) = values.split_at(n_fitted * data.n_features());
    let (fitted_classes, new_classes) = classes.split_at(n_fitted);

    let encoder = DenseAutoencoderConfig::new(20).build()?;
    let umap = UmapConfig {
        n_neighbors: 30,
        ..UmapConfig::new(2)
    };
    let hdbscan = HdbscanConfig {
        min_samples: Some(10),
        min_cluster_size: 500,
        ..HdbscanConfig::default()
    };
    let pipeline = N2d::new(encoder, ManifoldClusterer::new(umap.build()?, hdbscan.build()?));
    let x = Samples::from_rows(fitted_values, data.n_features())?;
    let fit = pipeline.fit(x, &mut FitContext::new(0))?;
    for report in &fit.report.parts {
        println!("{:8} {:6.1} s", report.part, report.seconds);
    }

    let fitted = fit.model;
    println!("clusters and their sizes: {:?}", fitted.labels().sizes());
    say("fitted rows", fitted_classes, fitted.labels())?;

    let new_rows = Samples::from_rows(new_values, data.n_features())?;
    let (labels, strengths) = fitted.approximate_predict(new_rows)?;
    say("new rows   ", new_classes, &labels)?;
    let sure = strengths.iter().filter(|&&strength| strength > 0.5).count();
    println!(
        "new rows that belong to their cluster by more than half: {sure} of {}",
        strengths.len()
    );
    if let Some(picture) = pictures.first() {
        let classes = Labels::new(fitted_classes.to_vec())?;
        Scatter::new(fitted.embedding(), fitted.labels())
            .with_classes(&classes)
            .with_strengths(fitted.clusterer().probabilities())
            .with_title("MNIST by HDBSCAN")
            .draw()?
            .save(picture)?;
    }
    Ok(())
}

/// Noise counted as wrong, and left out.
fn say(what: &str, classes: &[i32], labels: &Labels) -> Result<(), Box<dyn Error>> {
    let classes = Labels::new(classes.to_vec())?;
    let noise = labels.n_noise() as f64 / labels.len() as f64;
    let all = assess_with(&classes, labels, Noise::CountedWrong)?;
    let sure = assess_with(&classes, labels, Noise::LeftOut)?;
    println!(
        "{what}: {:.1} % noise; ACC {:.3}, without the noise {:.3}",
        100.0 * noise,
        all.acc,
        sure.acc
    );
    Ok(())
}
