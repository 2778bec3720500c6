//! `cargo xtask docs`: every picture and table of docs/, made anew.

use std::path::Path;

use crate::cargo::cargo;
use crate::{Outcome, bad_usage};

/// The command: a program of the examples makes all of them, some minutes long.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    if !arguments.is_empty() {
        return bad_usage("docs takes no argument");
    }
    let call = [
        "run",
        "--release",
        "--quiet",
        "-p",
        "n2d-examples",
        "--example",
        "doc_pictures",
        "--",
        "docs",
    ];
    match cargo(root, call).status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(_) => Outcome::Failed,
        Err(error) => {
            eprintln!("xtask: cargo: {error}");
            Outcome::Failed
        }
    }
}
