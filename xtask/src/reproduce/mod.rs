//! `cargo xtask reproduce`: the tables of the paper (arXiv 1908.05968) over many seeds.
//!
//! The fits are made by the program `n2d-reproduce` (in `benches/reproduce`), which keeps what it has fitted and goes on where it was; this
//! command builds it, runs it, and makes the table of what it has recorded.

mod criteria;
mod paper;
mod summary;

use std::path::Path;
use std::process::Command;

use crate::cargo::{build_measured, succeed};
use crate::compare::machine;
use crate::{Outcome, bad_usage};

const RECORD: &str = "benches/records/reproduce.csv";
const TABLE: &str = "benches/records/reproduce.md";
const CRITERIA: &str = "benches/records/criteria.csv";
const CRITERIA_TABLE: &str = "benches/records/criteria.md";

/// The command: arguments go to the program, but for `--table`, which only makes the table anew.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let only_table = arguments.iter().any(|argument| argument == "--table");
    if only_table && arguments.len() > 1 {
        return bad_usage("`reproduce --table` takes no other argument");
    }
    let made = if only_table { Ok(()) } else { fit(root, arguments) };
    match made.and_then(|()| table(root)) {
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
    succeed(program.args(arguments).current_dir(root))?;
    let record = if arguments.iter().any(|word| word == "--criteria") {
        "criteria"
    } else {
        "reproduce"
    };
    machine::note(root, record)
}

/// The table of a record of rows.
pub(crate) fn table_of_rows(csv: &str) -> Result<String, String> {
    summary::markdown(csv)
}

/// The table of a record of criteria.
pub(crate) fn table_of_criteria(csv: &str) -> Result<String, String> {
    criteria::markdown(csv)
}

fn table(root: &Path) -> Result<(), String> {
    let read =
        |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    let text = summary::markdown(&read(RECORD)?)?;
    std::fs::write(root.join(TABLE), &text).map_err(|error| format!("{TABLE}: {error}"))?;
    println!("{text}");
    if root.join(CRITERIA).exists() {
        let text = criteria::markdown(&read(CRITERIA)?)?;
        std::fs::write(root.join(CRITERIA_TABLE), &text)
            .map_err(|error| format!("{CRITERIA_TABLE}: {error}"))?;
        println!("{text}");
    }
    Ok(())
}
