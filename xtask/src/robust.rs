//! `cargo xtask fuzz` and `cargo xtask golden`: files that are damaged, and files that must load for ever.

use std::path::Path;

use crate::cargo::cargo;
use crate::{Outcome, bad_usage};

/// Damaged files for so many seconds.
pub(crate) fn fuzz(root: &Path, arguments: &[String]) -> Outcome {
    let seconds = match arguments {
        [] => "60",
        [seconds] if seconds.parse::<u64>().is_ok() => seconds,
        _ => return bad_usage("fuzz takes a number of seconds"),
    };
    // The workspace's own profile for tests: overflows and out-of-range indices are panics.
    run(
        root,
        &[
            "run",
            "--quiet",
            "-p",
            "n2d-tests",
            "--bin",
            "fuzz",
            "--",
            seconds,
        ],
    )
}

/// Sample files of a new version of the format; those that are there stay.
pub(crate) fn golden(root: &Path, arguments: &[String]) -> Outcome {
    if !arguments.is_empty() {
        return bad_usage("golden takes no argument");
    }
    run(root, &["run", "--quiet", "-p", "n2d-tests", "--bin", "golden"])
}

fn run(root: &Path, arguments: &[&str]) -> Outcome {
    match cargo(root, arguments).status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(_) => Outcome::Failed,
        Err(error) => {
            eprintln!("xtask: cargo: {error}");
            Outcome::Failed
        }
    }
}
