//! `cargo xtask reproduce`: the tables of the paper (arXiv 1908.05968) over many seeds.
//!
//! The fits are made by the program `n2d-reproduce` (in `benches/reproduce`), which keeps what it has fitted and goes on where it was; this
//! command builds it, runs it, shows the table of what it has recorded, and makes anew all that follows from this project's records.

mod criteria;
mod paper;
mod summary;

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::cargo::{build_measured, succeed};
use crate::compare::{self, machine};

/// This project's records that the program may add to.
const RECORDS: [&str; 2] = ["reproduce", "criteria"];

/// The command: arguments go to the program.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let before = RECORDS.map(|name| text_of(root, name));
    let made = fit(root, arguments).and_then(|()| show(root, arguments));
    // Also of what was recorded before something failed.
    match made.and(note(root, &before)).and(compare::report::write(root)) {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            eprintln!("reproduce: {error}");
            Outcome::Failed
        }
    }
}

fn fit(root: &Path, arguments: &[String]) -> Result<(), String> {
    build_measured(root)?;
    let mut program = Command::new(root.join("target/release/n2d-reproduce"));
    succeed(program.args(arguments).current_dir(root))
}

fn text_of(root: &Path, record: &str) -> Option<String> {
    std::fs::read_to_string(root.join(format!("benches/records/{record}.csv"))).ok()
}

/// Notes that this machine has made what has changed.
fn note(root: &Path, before: &[Option<String>; 2]) -> Result<(), String> {
    for (name, before) in RECORDS.iter().zip(before) {
        if text_of(root, name) != *before {
            machine::note(root, name)?;
        }
    }
    Ok(())
}

/// Shows the table of the file that was added to.
fn show(root: &Path, arguments: &[String]) -> Result<(), String> {
    let value = |name: &str| {
        let at = arguments.iter().position(|word| word == name)?;
        arguments.get(at + 1)
    };
    let (path, table): (&str, fn(&str) -> Result<String, String>) =
        match (value("--criteria"), value("--record")) {
            (Some(path), _) => (path, table_of_criteria),
            (None, Some(path)) => (path, table_of_rows),
            (None, None) => ("benches/records/reproduce.csv", table_of_rows),
        };
    let text = std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
    println!("{}", table(&text)?);
    Ok(())
}

/// The table of a record of rows.
pub(crate) fn table_of_rows(csv: &str) -> Result<String, String> {
    summary::markdown(csv)
}

/// The table of a record of criteria.
pub(crate) fn table_of_criteria(csv: &str) -> Result<String, String> {
    criteria::markdown(csv)
}
