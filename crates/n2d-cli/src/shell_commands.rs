//! `n2d completions` and `n2d man`: what other programs need to know of this one.

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::errors::{CliError, print_stdout, without_number};

/// Prints a script that completes arguments.
///
/// # Errors
/// Where stdout refuses.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "n2d", &mut script);
    print_stdout(&String::from_utf8_lossy(&script))
}

/// Prints the program's manual page, or writes that of each command into a folder.
///
/// # Errors
/// Where stdout or the folder refuses.
pub(crate) fn man(args: &ManArgs) -> Result<(), CliError> {
    match &args.out {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(Args::command(), folder))
            .map_err(|error| {
                let reason = without_number(&error.to_string());
                CliError::failed(format!("{} can't be written to: {reason}", folder.display()))
            }),
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
            rendered.map_err(|error| CliError::from_error(&error))?;
            print_stdout(&String::from_utf8_lossy(&page))
        }
    }
}
