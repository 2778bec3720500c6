//! manifolds-rs as a contender of `cargo xtask compare manifold`: jobs from stdin, a line of JSON each, and an answer to each.

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::Instant;

use manifolds_rs::{UmapParams, umap};
use n2d_datasets::{ReadOptions, read_path};
use serde_json::{Value, json};

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match answer(&line) {
            Ok(seconds) => json!({"seconds": seconds, "result": ""}),
            Err(error) => json!({"error": error.to_string()}),
        };
        println!("{answer}");
    }
}

/// UMAP with its own default optimiser and search, and our settings otherwise.
fn answer(line: &str) -> Result<f64, Box<dyn Error>> {
    let job: Value = serde_json::from_str(line)?;
    let data = read_path(job["file"].as_str().ok_or("no file")?, &ReadOptions::default())?;
    let n_rows = job["rows"].as_u64().map_or(data.n_samples(), |rows| rows as usize);
    let n_features = data.n_features();
    let values = data.x.as_slice().ok_or("rows are not in order")?;
    let params = UmapParams::<f32> {
        n_dim: job["options"]["n_components"].as_u64().unwrap_or(10) as usize,
        // Neighbours are counted without the point itself there.
        k: 19,
        ..UmapParams::new_default_2d(Some(0.0), Some(1.0))
    };
    let start = Instant::now();
    let columns = umap((&values[..n_rows * n_features], n_rows, n_features), None, &params, 0, 0)
        .map_err(|error| format!("{error:?}"))?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(path) = job["out"].as_str() {
        write(path, &columns)?;
    }
    Ok(seconds)
}

/// Columns as a .npy array of rows.
fn write(path: &str, columns: &[Vec<f32>]) -> std::io::Result<()> {
    let n_rows = columns.first().map_or(0, Vec::len);
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_rows}, {}), }}\n", columns.len());
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    for row in 0..n_rows {
        bytes.extend(columns.iter().flat_map(|column| column[row].to_le_bytes()));
    }
    std::fs::File::create(path)?.write_all(&bytes)
}
