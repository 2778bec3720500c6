//! The Rust contender of `cargo xtask compare`: reads jobs from stdin, a line of JSON each, and answers each.
//!
//! A job has a method, a .npy file and options, which for our own parts are those of their configurations; the answer has the seconds
//! that the work took and what came out.

// A program whose output is what it is for.
#![allow(clippy::print_stdout)]

mod cluster;
mod encoder;
mod export;
mod manifold;
mod npy;
mod picture;

use std::error::Error;
use std::io::BufRead;
use std::path::PathBuf;

use n2d::datasets::{Dataset, ReadOptions, read_path};
use n2d::encoder::Engine;
use ndarray::s;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Job {
    method: String,
    #[serde(default)]
    file: String,
    /// Only so many rows, from the first on.
    rows: Option<usize>,
    /// Where the result goes, to be judged.
    out: Option<PathBuf>,
    options: Value,
}

/// The rows that were read last: one match after the other is about the same.
#[derive(Default)]
struct Files(Option<(String, Option<usize>, Dataset)>);

impl Files {
    fn get(&mut self, file: &str, rows: Option<usize>) -> Result<&Dataset, Box<dyn Error>> {
        let is_there = |(read, n, _): &(String, Option<usize>, Dataset)| read == file && *n == rows;
        if !self.0.as_ref().is_some_and(is_there) {
            let mut data = read_path(file, &ReadOptions::default())?;
            if let Some(rows) = rows {
                data.x = data.x.slice(s![..rows.min(data.n_samples()), ..]).to_owned();
            }
            self.0 = Some((file.to_owned(), rows, data));
        }
        let data = self.0.as_ref().map(|(.., data)| data);
        data.ok_or_else(|| "nothing was read".into())
    }
}

fn main() {
    keep_freed();
    let mut files = Files::default();
    let mut placed = manifold::Placed::default();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match answer(&line, &mut files, &mut placed) {
            Ok((seconds, result)) => json!({"seconds": seconds, "result": result}),
            Err(error) => json!({"error": error.to_string()}),
        };
        println!("{answer}");
    }
}

/// The seconds and what came out.
type Answer = Result<(f64, String), Box<dyn Error>>;

fn answer(line: &str, files: &mut Files, placed: &mut manifold::Placed) -> Answer {
    let job: Job = serde_json::from_str(line)?;
    match job.method.as_str() {
        "hdbscan-growth" => return cluster::growth(job.options),
        "export" => return export::export(&job.options),
        "growth-picture" => return picture::growth(&job.options),
        "made-up" => return export::made_up(&job.options),
        "umap-growth" => return manifold::growth(job.options),
        _ => {}
    }
    let data = files.get(&job.file, job.rows)?;
    match job.method.as_str() {
        "dense-native" => encoder::answer(&job, data, Engine::Native),
        "dense-products" => encoder::products(&job, data),
        "encode-native" => encoder::encode(&job, data),
        "encode-products" => encoder::encode_products(&job, data),
        "dense-burn" => encoder::answer(&job, data, Engine::Burn),
        method if cluster::METHODS.contains(&method) => cluster::answer(&job, data),
        _ => manifold::answer(&job, data, placed),
    }
}

/// As the program `n2d` does.
fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: two options of the allocator are set, by values it allows, before there is a second thread.
    #[allow(unsafe_code)]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 256 << 20);
    }
}

/// As Linux tells it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix("kB")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    kib.map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib / 1024))
}
