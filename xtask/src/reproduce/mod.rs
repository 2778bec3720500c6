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
use crate::compare::{self, machine};
use crate::{Outcome, bad_usage};

/// The command: arguments go to the program, but for `--table`, which only makes the tables anew.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let only_table = arguments.iter().any(|argument| argument == "--table");
    if only_table && arguments.len() > 1 {
        return bad_usage("`reproduce --table` takes no other argument");
    }
    let made = if only_table { Ok(()) } else { fit(root, arguments) };
    match made.and_then(|()| compare::report::write(root)) {
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
    match recorded(arguments) {
        Some(record) => machine::note(root, record),
        None => Ok(()),
    }
}

/// Which of this project's records the program has added to, if any: other files are the user's own.
fn recorded(arguments: &[String]) -> Option<&'static str> {
    let value = |name: &str| {
        let at = arguments.iter().position(|word| word == name)?;
        arguments.get(at + 1)
    };
    let is_ours =
        |path: &String, name: &str| Path::new(path).ends_with(format!("benches/records/{name}.csv"));
    match (value("--criteria"), value("--record")) {
        (Some(path), _) => is_ours(path, "criteria").then_some("criteria"),
        (None, Some(path)) => is_ours(path, "reproduce").then_some("reproduce"),
        (None, None) => Some("reproduce"),
    }
}

/// The table of a record of rows.
pub(crate) fn table_of_rows(csv: &str) -> Result<String, String> {
    summary::markdown(csv)
}

/// The table of a record of criteria.
pub(crate) fn table_of_criteria(csv: &str) -> Result<String, String> {
    criteria::markdown(csv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_of_the_project_are_noted_as_made_here() {
        let recorded = |words: &str| recorded(&words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(recorded("--seeds 3"), Some("reproduce"));
        assert_eq!(recorded("--record mine.csv"), None);
        assert_eq!(
            recorded("--record benches/records/reproduce.csv"),
            Some("reproduce")
        );
        assert_eq!(
            recorded("--criteria ./benches/records/criteria.csv"),
            Some("criteria")
        );
        assert_eq!(recorded("--criteria mine.csv"), None);
    }
}
