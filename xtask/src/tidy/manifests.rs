//! Every package inherits what the workspace says once: version, edition, licence, lints, versions of dependencies.

use super::source::Source;
use super::{Finding, Rule};

/// What every package inherits.
const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];

/// What a package that is published inherits besides.
const INHERITED_IF_PUBLIC: [&str; 3] = ["authors", "categories", "keywords"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if source.path != "Cargo.toml" && !source.path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let entries = entries(&source.text);
    let Some(package) = source.lines().find(|(_, line)| line.trim() == "[package]") else {
        return Vec::new();
    };
    // A workspace of its own, below ours, has nothing to inherit from: rivals that only a comparison builds.
    if source.lines().any(|(_, line)| line.trim() == "[workspace]") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for what in missing(&entries) {
        findings.push(Finding::new(Rule::Manifests, &source.path, package.0, what));
    }
    for entry in entries
        .iter()
        .filter(|entry| entry.is_dependency() && !entry.is_inherited())
    {
        let what = format!(
            "the dependency `{}` has a version of its own: put it into [workspace.dependencies] and write \
             `{}.workspace = true`",
            entry.name(),
            entry.name()
        );
        findings.push(Finding::new(Rule::Manifests, &source.path, entry.line, what));
    }
    findings
}

/// That the workspace as a whole has what it needs.
pub(super) fn check_root(files: &[String]) -> Vec<Finding> {
    let needed = ["Cargo.lock", "LICENSE-MIT", "LICENSE-APACHE", "deny.toml"];
    let missing = needed
        .into_iter()
        .filter(|name| !files.iter().any(|file| file == name));
    let finding = |name| Finding::new(Rule::Manifests, name, 1, "is missing from the workspace's root");
    missing.map(finding).collect()
}

/// The line on which a manifest names a dependency; 1 where it does not.
pub(super) fn line_of_dependency(manifest: &str, name: &str) -> usize {
    let entries = entries(manifest);
    let named = entries
        .iter()
        .find(|entry| entry.is_dependency() && entry.name() == name);
    named.map_or(1, |entry| entry.line)
}

fn missing(entries: &[Entry<'_>]) -> Vec<String> {
    let package = |key: &str| entries.iter().find(|e| e.section == "package" && e.name() == key);
    let is_public = package("publish").is_none_or(|entry| entry.value != "false");
    let more: &[&str] = if is_public { &INHERITED_IF_PUBLIC } else { &[] };
    let inherits = |key: &&&str| package(key).is_some_and(Entry::is_inherited);
    let mut missing: Vec<String> = INHERITED
        .iter()
        .chain(more)
        .filter(|key| !inherits(key))
        .map(|key| format!("`{key}` is not inherited: write `{key}.workspace = true`"))
        .collect();
    if is_public && package("description").is_none_or(|entry| entry.value.len() <= 2) {
        missing.push("no description: say in one line what the package is for".to_owned());
    }
    let is_on = |e: &Entry<'_>| e.section == "lints" && e.key == "workspace" && e.value == "true";
    if !entries.iter().any(is_on) {
        missing.push("lints are not inherited: write `[lints]` and `workspace = true`".to_owned());
    }
    missing
}

/// One `key = value` of a manifest. Values over several lines are cut after the first, which is all that is asked here.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    section: &'a str,
    key: &'a str,
    value: &'a str,
    line: usize,
}

impl Entry<'_> {
    /// The key without what follows a dot, or for `[dependencies.name]` the end of the section.
    fn name(&self) -> &str {
        match self.section.rsplit_once("dependencies.") {
            Some((_, name)) => name,
            None => self.key.split('.').next().unwrap_or(self.key),
        }
    }

    fn is_dependency(&self) -> bool {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let own = kinds.iter().any(|kind| {
            self.section == *kind || self.section.starts_with("target.") && self.section.ends_with(kind)
        });
        let is_table =
            self.section.contains("dependencies.") && ["version", "path", "git"].contains(&self.key);
        own || is_table && !self.section.starts_with("workspace.")
    }

    fn is_inherited(&self) -> bool {
        let blankless: String = self.value.split_whitespace().collect();
        self.key.ends_with(".workspace") && self.value == "true" || blankless.contains("workspace=true")
    }
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let (mut section, mut entries) = ("", Vec::new());
    for (at, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or(line).trim();
        if line.starts_with('[') && line.ends_with(']') {
            section = line.trim_matches(['[', ']']);
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let (key, value) = (key.trim(), value.trim());
            entries.push(Entry {
                section,
                key,
                value,
                line: at + 1,
            });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[package]
name = "x"
description = "An x"
version.workspace = true
edition.workspace = true
rust-version = { workspace = true }
license.workspace = true
authors.workspace = true
categories.workspace = true
keywords.workspace = true

[lints]
workspace = true

[dependencies]
n2d-core.workspace = true # the types
ureq = { workspace = true, optional = true }
"#;

    fn findings(text: &str) -> Vec<Finding> {
        check(&Source::new("crates/x/Cargo.toml", text))
    }

    #[test]
    fn a_package_that_inherits_is_fine() {
        assert_eq!(findings(GOOD), []);
        assert_eq!(
            findings("[workspace]\nmembers = []\n[workspace.dependencies]\nndarray = \"0.17\"\n"),
            []
        );
    }

    #[test]
    fn each_missing_line_is_found() {
        for (at, line) in GOOD.lines().enumerate().take(13) {
            let others = GOOD.lines().enumerate().filter(|&(other, _)| other != at);
            let cut: String = others.map(|(_, line)| format!("{line}\n")).collect();
            let needed = ["workspace", "description", "[lints]"]
                .iter()
                .any(|word| line.contains(word));
            let missing = usize::from(needed);
            assert_eq!(findings(&cut).len(), missing, "{line}");
        }
        assert_eq!(findings(&GOOD.replace("\"An x\"", "\"\"")).len(), 1);
        assert_eq!(findings(&GOOD.replace("[lints]", "[features]")).len(), 1);
    }

    #[test]
    fn what_is_not_published_needs_less() {
        let text = GOOD.replace("name = \"x\"", "publish = false");
        let private = text
            .replace("description = \"An x\"\n", "")
            .replace("keywords.workspace = true\n", "");
        assert_eq!(findings(&private), []);
    }

    #[test]
    fn dependencies_have_no_versions_of_their_own() {
        for own in [
            "ndarray = \"0.17\"",
            "[dev-dependencies]\nrand = { version = \"0.10\" }",
            "[target.'cfg(target_os = \"linux\")'.dependencies]\nlibc = \"1\"",
            "[dependencies.rand]\nversion = \"0.10\"",
        ] {
            assert_eq!(findings(&format!("{GOOD}{own}\n")).len(), 1, "{own}");
        }
        assert_eq!(line_of_dependency(GOOD, "ureq"), 17);
    }

    #[test]
    fn the_root_is_complete() {
        let files = ["Cargo.lock", "LICENSE-MIT", "deny.toml"].map(str::to_owned);
        assert_eq!(
            check_root(&files)[0].to_string(),
            "LICENSE-APACHE:1: is missing from the workspace's root [manifests]"
        );
    }
}
