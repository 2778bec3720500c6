//! `n2d datasets fetch`: built-in sets over HTTP.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use n2d::CancelToken;
use n2d::datasets::{BuiltIn, DownloadError, FetchOptions, FetchProgress, UnknownName, fetch};

use crate::args::FetchArgs;
use crate::data_dirs;
use crate::errors::{CliError, print_stdout};
use crate::progress::Screen;
use crate::source::unknown_name;

/// Runs the command.
///
/// # Errors
/// Bad usage: unknown names; what the servers and the file system say.
pub(crate) fn run(args: &FetchArgs) -> Result<(), CliError> {
    let sets = args.names.iter().map(|name| name.parse());
    let sets: Vec<BuiltIn> = sets
        .collect::<Result<_, UnknownName>>()
        .map_err(|error| unknown_name(&error, false))?;
    let dir = directory(args.data_dir.as_deref())?;
    let options = FetchOptions {
        mirrors: args.mirror.as_deref().map(|mirror| vec![folder_url(mirror)]),
        proxy: proxy(),
        cancel: cancel_on_interrupt()?,
        ..FetchOptions::default()
    };
    let screen = Screen::new(args.quiet);
    for set in sets {
        let folder = fetch_one(set, &dir, &options, &screen)?;
        if !args.quiet {
            print_stdout(&format!("{set}: {}\n", folder.display()))?;
        }
    }
    Ok(())
}

fn fetch_one(set: BuiltIn, dir: &Path, options: &FetchOptions, screen: &Screen) -> Result<PathBuf, CliError> {
    screen.line(&format!("{set}: fetching into {}", dir.display()));
    let bar = bar(screen);
    let fetched = fetch(set, dir, options, &mut |progress| show(&bar, set, progress));
    bar.finish_and_clear();
    fetched.map_err(|error| match error {
        DownloadError::Cancelled { .. } => CliError::interrupted(error.to_string()),
        DownloadError::BadProxy { .. } => CliError::usage(error.to_string()),
        _ => CliError::from_error(&error),
    })
}

/// Into which data directory.
fn directory(given: Option<&Path>) -> Result<PathBuf, CliError> {
    let first = data_dirs::named(given).into_iter().next();
    first.map(|dir| dir.path).ok_or_else(|| {
        CliError::usage("this platform has no cache folder: name a data directory with --data-dir")
    })
}

/// The library adds a file's name to it.
fn folder_url(mirror: &str) -> String {
    format!("{}/", mirror.trim_end_matches('/'))
}

/// The proxy of the environment, as other programs read it.
fn proxy() -> Option<String> {
    let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let value = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    names.iter().find_map(value)
}

/// The first Ctrl-C ends the fetch at the next block, the second one the program.
fn cancel_on_interrupt() -> Result<CancelToken, CliError> {
    let token = CancelToken::new();
    let cancel = token.clone();
    let handler = move || {
        if cancel.is_cancelled() {
            std::process::exit(1);
        }
        cancel.cancel();
    };
    ctrlc::set_handler(handler)
        .map_err(|error| CliError::failed(format!("Ctrl-C can't be caught: {error}")))?;
    Ok(token)
}

fn bar(screen: &Screen) -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_draw_target(match screen {
        Screen::Bars(_) => ProgressDrawTarget::stderr(),
        Screen::Off | Screen::Lines | Screen::Json => ProgressDrawTarget::hidden(),
    });
    bar
}

fn show(bar: &ProgressBar, set: BuiltIn, progress: &FetchProgress<'_>) {
    let template = match progress.total {
        Some(_) => {
            "{prefix}  {bar:24.cyan} {bytes} of {total_bytes}  {bytes_per_sec}, {eta} left  {wide_msg}"
        }
        None => "{prefix}  {spinner} {bytes}  {bytes_per_sec}  {wide_msg}",
    };
    if bar.length() != progress.total || progress.bytes < bar.position() {
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.reset();
        match progress.total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
    }
    bar.set_prefix(format!("{set} ({} of {})", progress.index + 1, progress.n_files));
    bar.set_message(progress.file.to_owned());
    bar.set_position(progress.bytes);
}
