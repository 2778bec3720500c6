//! The Python side: a virtual environment of its own, its packages, and what they compute by, of versions that are pinned.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::succeed;

/// The Python of a stage's environment, which is made where it is not there yet.
pub(super) fn interpreter(root: &Path, stage: &str) -> Result<PathBuf, String> {
    let peers = root.join("benches/peers");
    // One each: what the stages are compared with wants other versions of numpy.
    let environment = peers.join(format!(".venv-{stage}"));
    let python = environment.join("bin/python");
    let requirements = peers.join(format!("requirements-{stage}.txt"));
    let installed = environment.join("requirements.txt");
    let wanted =
        std::fs::read(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    if std::fs::read(&installed).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    println!("making the Python environment {}", environment.display());
    succeed(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ];
    succeed(Command::new(&python).args(install).arg(&requirements))?;
    std::fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))?;
    Ok(python)
}

/// A Python contender. Settings that would hold numpy to an older processor's instructions are left out, for its own good.
pub(super) fn contender(python: &Path, script: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .arg(script)
        .env_remove("OPENBLAS_CORETYPE")
        .env_remove("OPENBLAS_L2_SIZE");
    command
}
