//! Calling cargo from a program that cargo itself has started.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the workspace lies: the folder above this package, as cargo tells it when it runs us.
pub(crate) fn workspace_root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let own = PathBuf::from(own);
    own.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A call of the same cargo, in the workspace's root, as a person would make it from a shell.
pub(crate) fn cargo<S: AsRef<OsStr>>(root: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in inherited.filter(|name| is_about_this_package(name)) {
        command.env_remove(name);
    }
    command
}

/// Builds what measures: the program, and the contenders beside it. Always both in one call: features that one of them asks for are those of the other, too, and the
/// libraries are not built twice.
pub(crate) fn build_measured(root: &Path) -> Result<(), String> {
    succeed(&mut cargo(
        root,
        "build --release --locked -p n2d-cli -p n2d-benches".split(' '),
    ))
}

/// Runs a program to its end.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Whether `cargo run` has set this variable to describe xtask. Build scripts of dependencies watch some of them (ring's
/// does): left in place, a person's own `cargo test` after `cargo xtask ci` would build half the tree again.
fn is_about_this_package(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    const NAMES: [&str; 3] = ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_own_settings_are_passed_on() {
        for kept in [
            "CARGO_TARGET_DIR",
            "CARGO_INCREMENTAL",
            "CARGO_TERM_COLOR",
            "CARGO_HOME",
            "PATH",
        ] {
            assert!(!is_about_this_package(kept), "{kept}");
        }
        for dropped in ["CARGO_MANIFEST_DIR", "CARGO_PKG_VERSION", "OUT_DIR"] {
            assert!(is_about_this_package(dropped), "{dropped}");
        }
    }

    #[test]
    fn the_root_has_the_lock_file() {
        assert!(workspace_root().join("Cargo.lock").is_file());
    }
}
