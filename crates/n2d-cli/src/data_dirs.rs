//! Which data directories there are: what was given, what the environment says, the platform's cache folder.

use std::path::{Path, PathBuf};

use n2d::datasets::DataDirs;

use crate::errors::CliError;

/// The environment variable that names a data directory.
pub(crate) const VARIABLE: &str = "N2D_DATA_DIR";

/// A data directory and who named it.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) path: PathBuf,
    pub(crate) by: &'static str,
}

/// All data directories, in the order in which they are looked at.
pub(crate) fn named(given: Option<&Path>) -> Vec<Named> {
    let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let candidates = [
        (given.map(Path::to_owned), "--data-dir"),
        (variable.map(PathBuf::from), VARIABLE),
        (dirs::cache_dir().map(|dir| dir.join("n2d")), "cache folder"),
    ];
    let named = |(path, by): (Option<PathBuf>, _)| Some(Named { path: path?, by });
    candidates.into_iter().filter_map(named).collect()
}

/// Where built-in sets are looked for.
///
/// # Errors
/// Where the directory given is none: a spelling mistake, most likely.
pub(crate) fn to_look_in(given: Option<&Path>) -> Result<DataDirs, CliError> {
    if let Some(dir) = given.filter(|dir| !dir.is_dir()) {
        let why = if dir.exists() {
            "is not a folder"
        } else {
            "does not exist"
        };
        return Err(CliError::failed(format!("--data-dir {}: {why}", dir.display())));
    }
    Ok(DataDirs::new(named(given).into_iter().map(|dir| dir.path)))
}
