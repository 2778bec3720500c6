//! `-` in place of a file: what comes on stdin.

use std::path::{Path, PathBuf};

use crate::errors::CliError;

/// How stdin is named on the command line.
pub(crate) const DASH: &str = "-";
#[cfg(target_os = "linux")]
const OPENED: &str = "/proc/self/fd/";

/// A path for `-`, under which all that comes on stdin can be opened as often as needed; any other path as it is.
///
/// It goes through a file without a name, since a pipe can be read but once, and some formats are read from their end.
///
/// # Errors
/// What the system says.
#[cfg(target_os = "linux")]
pub(crate) fn or_path(path: &Path) -> Result<PathBuf, CliError> {
    use std::os::fd::IntoRawFd;
    if path != Path::new(DASH) {
        return Ok(path.to_owned());
    }
    let copied = || {
        let mut file = tempfile::tempfile()?;
        std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
        // Open until the program ends: its path is that of this opening.
        Ok(file.into_raw_fd())
    };
    let opened = copied().map_err(|error: std::io::Error| CliError::failed(format!("stdin: {error}")))?;
    Ok(PathBuf::from(format!("{OPENED}{opened}")))
}

/// Elsewhere stdin is read as it comes, once: text, `.npy` and IDX.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub(crate) fn or_path(path: &Path) -> Result<PathBuf, CliError> {
    Ok(if path == Path::new(DASH) {
        PathBuf::from("/dev/stdin")
    } else {
        path.to_owned()
    })
}

/// Whether a path is one that [`or_path`] has made of `-`.
pub(crate) fn is_stdin(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    return path.starts_with(OPENED);
    #[cfg(not(target_os = "linux"))]
    return path == Path::new("/dev/stdin");
}
