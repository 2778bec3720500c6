//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md and the house rules, checked on every run of CI.
//!
//! A check is a function from a [`Source`] to its [`Finding`]s, so that tests can hand it a snippet; [`FILE_CHECKS`] lists
//! them. Only [`run`] and what it calls touch the disk.

mod arrows;
mod backends;
mod hash_maps;
mod hygiene;
mod lexer;
mod links;
mod manifests;
mod places;
mod purity;
mod source;

use std::fmt;
use std::path::Path;

use source::Source;

use crate::{Outcome, bad_usage};

/// The rule that something breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    Arrows,
    Purity,
    Backends,
    HashMaps,
    Hygiene,
    Places,
    Manifests,
    Links,
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Self::Arrows => "arrows",
            Self::Purity => "purity",
            Self::Backends => "backends",
            Self::HashMaps => "hash-maps",
            Self::Hygiene => "hygiene",
            Self::Places => "places",
            Self::Manifests => "manifests",
            Self::Links => "links",
        }
    }
}

/// Something that breaks a rule: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    rule: Rule,
    what: String,
}

impl Finding {
    fn new(rule: Rule, path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, line, what, rule) = (&self.path, self.line, &self.what, self.rule.name());
        write!(f, "{path}:{line}: {what} [{rule}]")
    }
}

const FILE_CHECKS: &[fn(&Source) -> Vec<Finding>] = &[
    purity::check,
    backends::check,
    hash_maps::check,
    hygiene::check,
    places::check,
    manifests::check,
];

/// The command.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    if let Some(argument) = arguments.first() {
        return bad_usage(&format!("`tidy` takes no `{argument}`"));
    }
    match check_workspace(root) {
        Ok((n_files, findings, hints)) => report(n_files, &findings, &hints),
        Err(error) => {
            eprintln!("tidy: {error}");
            Outcome::Failed
        }
    }
}

fn report(n_files: usize, findings: &[Finding], hints: &[String]) -> Outcome {
    for hint in hints {
        println!("hint: {hint}");
    }
    for finding in findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {n_files} files, nothing to complain about"),
        n => println!("tidy: {n_files} files, {n} to put right"),
    }
    if findings.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed
    }
}

type Checked = (usize, Vec<Finding>, Vec<String>);

/// The number of files looked at, what breaks a rule, and what only deserves a look.
fn check_workspace(root: &Path) -> Result<Checked, String> {
    let mut paths = Vec::new();
    list_files(root, "", &mut paths).map_err(|error| format!("cannot list the files: {error}"))?;
    let mut findings = manifests::check_root(&paths);
    let mut sources = Vec::new();
    for path in paths.into_iter().filter(|path| is_checked(path)) {
        match std::fs::read_to_string(root.join(&path)) {
            Ok(text) => sources.push(Source::new(path, text)),
            Err(error) => findings.push(Finding::new(
                Rule::Hygiene,
                &path,
                1,
                format!("cannot be read: {error}"),
            )),
        }
    }
    findings.extend(
        sources
            .iter()
            .flat_map(|source| FILE_CHECKS.iter().flat_map(move |check| check(source))),
    );
    let read = |path: &str| {
        sources
            .iter()
            .find(|s| s.path == path)
            .map(|s| s.text.clone())
            .unwrap_or_default()
    };
    findings.extend(arrows::check(root, read)?);
    findings.extend(links::check(root, &sources));
    findings.sort();
    let long = hygiene::long_files(&sources).into_iter();
    let hints = long.map(|(path, lines)| format!("{path} has {lines} lines: is it still one idea?"));
    Ok((sources.len(), findings, hints.collect()))
}

fn is_checked(path: &str) -> bool {
    let extensions = [".rs", ".md", ".toml"];
    extensions.iter().any(|extension| path.ends_with(extension)) || path == ".ci/run"
}

/// Lists the files that are the project's own: neither built, nor hidden.
fn list_files(root: &Path, folder: &str, paths: &mut Vec<String>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(root.join(folder))?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_file() {
            paths.push(path);
        } else if kind.is_dir() && is_own_folder(&name) {
            list_files(root, &path, paths)?;
        }
    }
    Ok(())
}

fn is_own_folder(name: &str) -> bool {
    name != "target" && (!name.starts_with('.') || name == ".ci" || name == ".cargo")
}

/// The lines of the findings in a text without any.
#[cfg(test)]
const NOWHERE: [usize; 0] = [];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_found_and_read() {
        let mut paths = Vec::new();
        list_files(&crate::cargo::workspace_root(), "", &mut paths).unwrap();
        for own in [
            "Cargo.lock",
            "xtask/src/tidy.rs",
            ".cargo/config.toml",
            "crates/n2d-core/src/lib.rs",
        ] {
            assert!(paths.iter().any(|path| path == own), "{own}");
        }
        assert!(
            paths
                .iter()
                .all(|path| !path.starts_with("target/") && !path.starts_with(".git/"))
        );
    }

    /// The rules are written down in files that they hold for.
    #[test]
    fn the_checks_pass_themselves() {
        let root = crate::cargo::workspace_root();
        let mut paths = Vec::new();
        list_files(&root, "xtask", &mut paths).unwrap();
        for path in paths.into_iter().filter(|path| is_checked(path)) {
            let source = Source::new(path.clone(), std::fs::read_to_string(root.join(&path)).unwrap());
            let findings: Vec<_> = FILE_CHECKS.iter().flat_map(|check| check(&source)).collect();
            assert_eq!(findings, [], "{path}");
        }
    }

    #[test]
    fn findings_fail_and_hints_do_not() {
        assert_eq!(report(1, &[], &["long".to_owned()]), Outcome::Passed);
        let finding = Finding::new(Rule::Purity, "a.rs", 1, "b");
        assert_eq!(report(1, &[finding], &[]), Outcome::Failed);
    }
}
