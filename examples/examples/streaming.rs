//! Prediction on rows as they come: `cargo run --release -p n2d-examples --example streaming -- [PICTURE.png]`
//!
//! A model is fitted to the first tenth of pendigits and saved. Then the rest comes from a file some rows at a time, of which no more than one piece
//! is ever in memory; every row is labelled at once, and those the model is in doubt about are counted: where they become more, the data have changed.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

use n2d::ModelInfo;
use n2d::datasets::{FileFormat, read_chunks, write_dataset};
use n2d::plot::{ClusterSizes, Colours};
use n2d::prelude::*;

/// Rows of a piece.
const ROWS: usize = 1000;
/// A row whose most probable cluster is less probable than this is in doubt.
const SURE: f32 = 0.9;

fn main() -> Result<(), Box<dyn Error>> {
    let data = BuiltIn::Pendigits.load(&DataDirs::none())?;
    let (first, rest) = data.x.view().split_at(ndarray::Axis(0), data.n_samples() / 10);
    let folder = std::env::temp_dir().join("n2d-streaming");
    std::fs::create_dir_all(&folder)?;
    let (model_file, stream) = (folder.join("model.n2d"), folder.join("rows.csv"));

    // Yesterday.
    let encoder = DenseAutoencoderConfig {
        hidden: vec![128, 128],
        ..DenseAutoencoderConfig::new(10)
    }
    .build()?;
    let pipeline = N2d::new(encoder, UmapGmm::new(10).build()?);
    let fitted = pipeline.fit(Samples::new(first)?, &mut FitContext::new(0))?.model;
    Model::new(fitted, ModelInfo::new("pendigits", 0)).save(&model_file)?;
    let rows = Dataset::new("rows", rest.to_owned());
    write_dataset(
        &rows,
        FileFormat::Csv,
        &mut BufWriter::new(File::create(&stream)?),
    )?;

    // Today.
    let model = Model::load(&model_file)?;
    let mut labels = Vec::new();
    for (piece, rows) in read_chunks(&stream, &ReadOptions::default(), ROWS)?.enumerate() {
        let rows = rows?;
        let proba = model.predict_proba(Samples::new(rows.view())?)?;
        let found = Labels::from_proba(proba.view());
        let sure = |row: ndarray::ArrayView1<'_, f32>| row.iter().any(|&p| p >= SURE);
        let in_doubt = proba.rows().into_iter().filter(|row| !sure(*row)).count();
        println!(
            "piece {piece}: {} rows, {in_doubt} in doubt, clusters {:?}",
            rows.nrows(),
            found.sizes()
        );
        labels.extend(found.into_vec());
    }
    let labels = Labels::new(labels)?;
    println!("all: {:?}", labels.sizes());
    if let Some(picture) = std::env::args().nth(1) {
        let colours = Colours::of_clusters(&labels);
        ClusterSizes::new(&labels)
            .with_colours(&colours)
            .with_title("Rows that came")
            .draw()?
            .save(picture)?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
