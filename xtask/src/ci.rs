//! `cargo xtask ci`: every check, in order, up to the first that fails.
//!
//! The steps share one target folder and set no compiler flags, so that what one has built serves the next. Those that
//! only check come first: they build no code of the dependencies, and find most mistakes early.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cargo::cargo;
use crate::{Outcome, bad_usage, tidy};

/// One check.
struct Step {
    name: &'static str,
    work: Work,
    /// Whether `--quick` leaves it out.
    slow: bool,
}

enum Work {
    /// A call of cargo, with variables for it alone.
    Cargo(&'static str, &'static [(&'static str, &'static str)]),
    /// The same, of a subcommand that need not be installed.
    CargoIfInstalled(&'static str),
    /// `cargo xtask tidy`, without a further process.
    Tidy,
}

const fn step(name: &'static str, work: Work) -> Step {
    Step {
        name,
        work,
        slow: false,
    }
}

const STEPS: &[Step] = &[
    step("format", Work::Cargo("fmt --all --check", &[])),
    step("tidy", Work::Tidy),
    // Not the advisories: those come from elsewhere than the package registry.
    step(
        "licences",
        Work::CargoIfInstalled("deny --locked check --hide-inclusion-graph bans licenses sources"),
    ),
    step(
        "clippy",
        Work::Cargo("clippy --workspace --all-targets --locked -- -D warnings", &[]),
    ),
    // The data sets and the facade without features, by way of the command line: asked for by themselves, they would
    // resolve the features of their dependencies differently, and half of those would be checked anew.
    step(
        "no features",
        Work::Cargo(
            "clippy --package n2d-cli --no-default-features --locked -- -D warnings",
            &[],
        ),
    ),
    step(
        "download only",
        Work::Cargo(
            "clippy --package n2d-cli --no-default-features --features download --locked -- -D warnings",
            &[],
        ),
    ),
    Step {
        name: "documentation",
        work: Work::Cargo(
            "doc --workspace --no-deps --locked",
            &[("RUSTDOCFLAGS", "-Dwarnings")],
        ),
        slow: true,
    },
    step("tests", Work::Cargo("test --workspace --locked", &[])),
    // By itself: the device's crates ask others for further features, down to the first, so that all are built again. Unoptimised, which takes a
    // third of the time, and is fast enough for a few steps of training.
    Step {
        name: "device",
        work: Work::Cargo(
            r#"test --package n2d-encoder --features wgpu --test device --locked --config profile.dev.package."*".opt-level=0"#,
            &[],
        ),
        slow: true,
    },
];

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Passed,
    /// And why.
    Failed(String),
    /// And why.
    Skipped(String),
    NotReached,
}

impl Work {
    /// The call as a person would type it.
    fn call(&self) -> String {
        match self {
            Self::Cargo(command, variables) => {
                let set = variables.iter().map(|(name, value)| format!("{name}={value} "));
                format!("{}cargo {command}", set.collect::<String>())
            }
            Self::CargoIfInstalled(command) => format!("cargo {command}"),
            Self::Tidy => "cargo xtask tidy".to_owned(),
        }
    }

    fn run(&self, root: &Path) -> End {
        match self {
            Self::Cargo(command, variables) => {
                let mut call = cargo(root, command.split(' '));
                call.envs(variables.iter().copied());
                finish(call)
            }
            Self::CargoIfInstalled(command) => {
                let subcommand = command.split(' ').next().unwrap_or_default();
                if is_installed(root, subcommand) {
                    finish(cargo(root, command.split(' ')))
                } else {
                    End::Skipped(format!("cargo-{subcommand} is not installed"))
                }
            }
            Self::Tidy => match tidy::run(root, &[]) {
                Outcome::Passed => End::Passed,
                _ => End::Failed("see above".to_owned()),
            },
        }
    }
}

/// Runs a program to its end; what it says goes where ours goes.
fn finish(mut call: Command) -> End {
    match call.status() {
        Ok(status) if status.success() => End::Passed,
        Ok(status) => End::Failed(status.to_string()),
        Err(error) => End::Failed(error.to_string()),
    }
}

fn is_installed(root: &Path, subcommand: &str) -> bool {
    let mut call = cargo(root, [subcommand, "--version"]);
    call.stdout(Stdio::null()).stderr(Stdio::null());
    finish(call) == End::Passed
}

/// What the table at the end says of a step.
struct Row {
    name: &'static str,
    end: End,
    time: Duration,
}

/// The command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let quick = match arguments {
        [] => false,
        [only] if only == "--quick" => true,
        [first, ..] => return bad_usage(&format!("`ci` takes `--quick` only, not `{first}`")),
    };
    let steps: Vec<&Step> = STEPS.iter().filter(|step| !(quick && step.slow)).collect();
    let rows = run_steps(&steps, |step| step.work.run(root));
    print!("{}", table(&rows));
    let failed = rows.iter().find(|row| matches!(row.end, End::Failed(_)));
    match failed {
        Some(row) => {
            println!("\nci: FAILED at: {}", row.name);
            Outcome::Failed
        }
        None => {
            println!("\nci: passed");
            Outcome::Passed
        }
    }
}

fn run_steps(steps: &[&Step], mut run: impl FnMut(&Step) -> End) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut failed = false;
    for (at, step) in steps.iter().enumerate() {
        let start = Instant::now();
        let end = if failed {
            End::NotReached
        } else {
            println!(
                "\n==> [{}/{}] {}: {}",
                at + 1,
                steps.len(),
                step.name,
                step.work.call()
            );
            run(step)
        };
        match &end {
            End::Failed(why) => println!("==> {} FAILED: {why}", step.name),
            End::Skipped(why) => println!("skipped: {why}"),
            End::Passed | End::NotReached => {}
        }
        failed |= matches!(end, End::Failed(_));
        rows.push(Row {
            name: step.name,
            end,
            time: start.elapsed(),
        });
    }
    rows
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut text = format!("\n{:<width$}  {:>7}\n", "step", "seconds");
    for row in rows {
        let seconds = row.time.as_secs_f64();
        let end = match &row.end {
            End::Passed => "passed".to_owned(),
            End::Failed(why) => format!("FAILED: {why}"),
            End::Skipped(why) => format!("skipped: {why}"),
            End::NotReached => "not reached".to_owned(),
        };
        text += &format!("{:<width$}  {seconds:>7.1}  {end}\n", row.name);
    }
    let total: Duration = rows.iter().map(|row| row.time).sum();
    text + &format!("{:<width$}  {:>7.1}\n", "all", total.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<&'static Step> {
        STEPS.iter().collect()
    }

    #[test]
    fn the_first_failure_is_the_last_step_that_runs() {
        let mut called = Vec::new();
        let rows = run_steps(&all(), |step| {
            called.push(step.name);
            match step.name {
                "tidy" => End::Skipped("for once".to_owned()),
                "clippy" => End::Failed("exit status: 101".to_owned()),
                _ => End::Passed,
            }
        });
        assert_eq!(called, ["format", "tidy", "licences", "clippy"]);
        assert_eq!(rows.len(), STEPS.len());
        assert!(rows[4..].iter().all(|row| row.end == End::NotReached));
        let table = table(&rows);
        assert!(
            table.contains("FAILED: exit status: 101") && table.contains("skipped: for once"),
            "{table}"
        );
    }

    #[test]
    fn every_step_that_resolves_dependencies_is_locked() {
        for step in STEPS {
            let call = step.work.call();
            assert!(
                call.contains("--locked") || ["format", "tidy"].contains(&step.name),
                "{call}"
            );
        }
    }

    #[test]
    fn a_tool_that_is_not_there_is_skipped() {
        let root = crate::cargo::workspace_root();
        let end = Work::CargoIfInstalled("no-such-subcommand check").run(&root);
        assert_eq!(
            end,
            End::Skipped("cargo-no-such-subcommand is not installed".to_owned())
        );
    }
}
