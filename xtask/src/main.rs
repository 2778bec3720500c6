//! The project's own commands: `cargo xtask` lists them.
//!
//! A command is a module with a `run` function and a row in [`COMMANDS`].

// A program whose output is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod cargo;
mod ci;
mod compare;
mod docs;
mod reproduce;
mod robust;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

/// How a command ended; the differences are exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Exit code 0.
    Passed,
    /// Exit code 1: what was checked is not as it should be, or a program could not be run; it has been said.
    Failed,
    /// Exit code 2: the command was called in a way it does not know.
    BadUsage,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Passed => 0,
            Outcome::Failed => 1,
            Outcome::BadUsage => 2,
        })
    }
}

/// One row of the usage text.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    /// Called with the workspace's root and the arguments after the command's name.
    run: fn(&Path, &[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        arguments: "[--quick]",
        about: "every check, in order, up to the first that fails (--quick: without the documentation)",
        run: ci::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        about: "check the invariants of ARCHITECTURE.md and the house rules, in a second",
        run: tidy::run,
    },
    Command {
        name: "compare",
        arguments: "cluster|defaults|encoder|ensembles|growth|manifold|manifold-quality|networks|pipeline|report [--data-dir DIR] [--rounds N] [--only PART-OF-A-TASK]",
        about: "ours beside what people would use instead, into benches/records and COMPARE.md; needs the data, and Python 3 where the others are Python's",
        run: compare::run,
    },
    Command {
        name: "bench",
        arguments: "[--record]",
        about: "the hot paths timed beside a yardstick, and what is slower than the baseline (--record: make it the baseline)",
        run: bench::run,
    },
    Command {
        name: "reproduce",
        arguments: "[--data-dir DIR] [--sets A,B] [--seeds N] [--rows all|method] [--epochs N] [--cache DIR] [--record CSV] [--criteria CSV]",
        about: "the paper's tables over many seeds, into benches/records; goes on where it was (--criteria: criteria without labels beside the accuracy, of the same rows)",
        run: reproduce::run,
    },
    Command {
        name: "fuzz",
        arguments: "[SECONDS]",
        about: "damaged models, data and configuration files, for a minute or so many seconds",
        run: robust::fuzz,
    },
    Command {
        name: "golden",
        arguments: "",
        about: "sample model files of a new version of the format, into tests/golden",
        run: robust::golden,
    },
    Command {
        name: "docs",
        arguments: "",
        about: "every picture and table of docs/, made anew",
        run: docs::run,
    },
    Command {
        name: "help",
        arguments: "",
        about: "this list",
        run: |_, _| {
            print!("{}", usage());
            Outcome::Passed
        },
    },
];

fn usage() -> String {
    let mut text = "Usage: cargo xtask COMMAND\n\nCommands:\n".to_owned();
    for command in COMMANDS {
        let call = format!("{} {}", command.name, command.arguments);
        text += &format!("  {}\n      {}\n", call.trim_end(), command.about);
    }
    text
}

/// Says what is wrong with a call, and what there is.
fn bad_usage(complaint: &str) -> Outcome {
    eprint!("xtask: {complaint}\n\n{}", usage());
    Outcome::BadUsage
}

fn dispatch(root: &Path, arguments: &[String]) -> Outcome {
    let asks_for_help = arguments.iter().any(|word| word == "-h" || word == "--help");
    let name = match arguments.first().map(String::as_str) {
        Some(name) if !asks_for_help => name,
        _ => "help",
    };
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(root, arguments.get(1..).unwrap_or_default()),
        None => bad_usage(&format!("there is no command `{name}`")),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    dispatch(&cargo::workspace_root(), &arguments).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: &[&str]) -> Outcome {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        dispatch(Path::new("."), &arguments)
    }

    #[test]
    fn usage_names_every_command_once_a_line() {
        let text = usage();
        for command in COMMANDS {
            let rows = text
                .lines()
                .filter(|line| line.trim_start().starts_with(command.name));
            assert_eq!(rows.count(), 1, "{}", command.name);
        }
    }

    #[test]
    fn calls_without_a_meaning_are_bad_usage() {
        assert_eq!(call(&[]), Outcome::Passed);
        assert_eq!(call(&["--help"]), Outcome::Passed);
        assert_eq!(call(&["reproduce", "--help"]), Outcome::Passed);
        assert_eq!(call(&["tidier"]), Outcome::BadUsage);
        assert_eq!(call(&["ci", "--slow"]), Outcome::BadUsage);
        assert_eq!(call(&["tidy", "now"]), Outcome::BadUsage);
    }
}
