//! A model loaded once, as a service has it, and asked about one row at a time:
//!
//! ```sh
//! cargo run --release -p n2d-examples --example one_row_at_a_time MODEL.n2d ROWS.npy
//! ```
//!
//! It prints how long an answer takes, and checks that each is the one that the row gets among all others.

// A program whose output is what it is for.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use n2d::prelude::*;

const MOST_ROWS: usize = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(model), Some(rows)) = (args.next(), args.next()) else {
        return Err("usage: one_row_at_a_time MODEL.n2d ROWS.npy".into());
    };
    let start = Instant::now();
    let model = Model::load(model)?;
    println!("loaded in {:.3} s", start.elapsed().as_secs_f64());

    let data = read_path(rows, &ReadOptions::default())?;
    let start = Instant::now();
    let all = model.assign(data.samples()?)?.labels;
    println!(
        "{} rows at once in {:.3} s",
        data.n_samples(),
        start.elapsed().as_secs_f64()
    );

    let mut times: Vec<Duration> = Vec::new();
    for (row, &label) in data.samples()?.rows().zip(all.as_slice()).take(MOST_ROWS) {
        let start = Instant::now();
        let alone = model.assign(Samples::from_rows(row, row.len())?)?.labels;
        times.push(start.elapsed());
        assert_eq!(alone.as_slice(), [label]);
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{} rows one by one: p50 {:.2} ms, p99 {:.2} ms",
        times.len(),
        at(0.5),
        at(0.99)
    );
    Ok(())
}
