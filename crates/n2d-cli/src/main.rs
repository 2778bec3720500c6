//! The `n2d` program. It alone prints, reads the environment and catches signals; all else is in the library.

mod applied;
mod args;
mod assess;
mod checkpoint;
mod config_command;
mod convert_command;
mod data_dirs;
mod datasets_command;
mod errors;
#[cfg(feature = "download")]
mod fetch_command;
mod fit;
mod info;
mod interrupt;
mod label_table;
mod log;
mod memory;
mod model_source;
mod output;
mod parts_command;
mod plan;
mod plot_command;
mod predict;
mod progress;
mod record;
mod report_command;
mod select;
mod select_args;
mod shell_commands;
mod source;
mod stages;
mod stdin;
mod summary;
mod text;
mod unfinished;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;
use errors::CliError;

fn main() -> ExitCode {
    memory::keep_freed();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // A reader that has gone away is no failure of ours, hence no `error.exit()`.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    log::set(args.log, args.verbose);
    match run(&args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print();
            error.exit_code()
        }
    }
}

fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Fit(args) => fit::run(args),
        Command::Select(args) => select::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Assess(args) => assess::run(args),
        Command::Info(args) => info::run(args),
        Command::Config(args) => config_command::run(args),
        Command::Plot(args) => plot_command::run(args),
        Command::Report(args) => report_command::run(args),
        Command::Datasets(args) => datasets_command::run(args),
        Command::Parts(args) => parts_command::run(args),
        Command::Convert(args) => convert_command::run(args),
        Command::Completions(args) => shell_commands::completions(args),
        Command::Man(args) => shell_commands::man(args),
    }
}
