//! `cargo xtask compare STAGE`: ours beside what people would use instead, on the same data, in one run.
//!
//! Every contender is a process that stays up and takes one job after the other, so that what loads or compiles once is not
//! counted. In each round all contenders of a match do the same job, one after the other; the first round is a warm-up. What is
//! reported is the median of the seconds that the work itself took, and of the ratios within the rounds: a machine whose speed
//! drifts then slows both sides of a ratio.

mod arena;
mod cluster;
mod contender;
mod data;
mod defaults;
mod encoder;
mod ensembles;
mod growth;
pub(crate) mod machine;
mod manifold;
mod networks;
mod pipeline;
mod python;
pub(crate) mod report;
mod runs;
mod table;

use std::path::{Path, PathBuf};

use crate::{Outcome, bad_usage};

const STAGES: &str =
    "cluster, defaults, encoder, ensembles, growth, manifold, manifold-quality, networks, pipeline, report";

/// Those whose records are of tasks, or of data sets, each of which can be done by itself.
const BY_TASKS: [&str; 7] = [
    "cluster",
    "encoder",
    "ensembles",
    "growth",
    "manifold",
    "networks",
    "pipeline",
];

/// What the command was asked to do.
struct Arguments {
    /// Where data sets lie, one folder a set.
    data_dir: PathBuf,
    /// Counted rounds; seeds, where quality is compared.
    rounds: usize,
    /// A part of the names of the tasks that are done again, the record keeping the others; of whole fits, of those that are added.
    only: Option<String>,
}

/// The command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let Some((stage, others)) = arguments.split_first() else {
        return bad_usage(&format!("`compare` needs a stage: {STAGES}"));
    };
    let arguments = match Arguments::parse(others) {
        Ok(arguments) => arguments,
        Err(complaint) => return bad_usage(&complaint),
    };
    if stage != "report" && !root.join(&arguments.data_dir).is_dir() {
        return bad_usage(&format!(
            "--data-dir: there is no folder {}",
            arguments.data_dir.display()
        ));
    }
    if arguments.only.is_some() && !BY_TASKS.contains(&stage.as_str()) {
        return bad_usage(&format!("--only is for the stages {}", BY_TASKS.join(", ")));
    }
    let result = match stage.as_str() {
        "cluster" => cluster::run(root, &arguments),
        "defaults" => defaults::run(root, &arguments),
        "encoder" => encoder::run(root, &arguments),
        "ensembles" => ensembles::run(root, &arguments),
        "growth" => growth::run(root, &arguments),
        "manifold" => manifold::run(root, &arguments),
        "manifold-quality" => manifold::quality(root, &arguments),
        "networks" => networks::run(root, &arguments),
        "pipeline" => pipeline::run(root, &arguments),
        "report" => Ok(()),
        other => return bad_usage(&format!("`compare` knows the stages {STAGES}, not `{other}`")),
    };
    // COMPARE.md is what the records say, whichever of them is new.
    let result = result.and_then(|()| report::write(root));
    match result {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            eprintln!("compare: {error}");
            Outcome::Failed
        }
    }
}

impl Arguments {
    /// Whether a task is to be done.
    fn want(&self, task: &str) -> bool {
        self.only.as_ref().is_none_or(|only| task.contains(only))
    }

    fn parse(words: &[String]) -> Result<Self, String> {
        let mut arguments = Self {
            data_dir: PathBuf::from("../shared/data"),
            rounds: 5,
            only: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--data-dir" => arguments.data_dir = PathBuf::from(value()?),
                "--rounds" => {
                    let rounds = value()?;
                    let wrong = format!("--rounds must be a whole number of at least 1, not `{rounds}`");
                    arguments.rounds = rounds.parse().ok().filter(|&n| n > 0).ok_or(wrong)?;
                }
                "--only" => arguments.only = Some(value()?.clone()),
                other => {
                    return Err(format!(
                        "`compare` takes --data-dir, --rounds and --only, not `{other}`"
                    ));
                }
            }
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<usize, String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        Arguments::parse(&words).map(|arguments| arguments.rounds)
    }

    #[test]
    fn arguments_are_checked() {
        assert_eq!(parsed(&[]), Ok(5));
        assert_eq!(parsed(&["--rounds", "3", "--data-dir", "data"]), Ok(3));
        assert!(parsed(&["--rounds", "0"]).unwrap_err().contains("at least 1"));
        assert!(parsed(&["--rounds"]).unwrap_err().contains("needs a value"));
        assert!(parsed(&["--fast"]).unwrap_err().contains("--fast"));
    }
}
