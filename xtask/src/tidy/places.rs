//! No file names a place on one machine, or a host that packages come from: what is here works everywhere.

use super::source::{Code, Source};
use super::{Finding, Rule};

// Written in two parts, so that this file passes its own check.
const FOLDERS: [&str; 5] = [
    concat!("/", "work/"),
    concat!("/", "tmp/"),
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "Users/"),
];

const HOSTS: [&str; 8] = [
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted.org"),
    concat!("registry.npm", "js.org"),
    concat!("proxy.golang", ".org"),
    concat!("conda.anaconda", ".org"),
    concat!("static.rust", "-lang.org"),
];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let code = source.has_extension("rs").then(|| Code::of(source));
    let is_test = |line| source.is_test_file() || code.as_ref().is_some_and(|code| code.is_test_line(line));
    let mut findings = Vec::new();
    for (number, line) in source.lines() {
        if let Some(host) = HOSTS.iter().find(|host| line.contains(**host)) {
            let what = format!("`{host}`: leave the choice of a registry to the person's own settings");
            findings.push(Finding::new(Rule::Places, &source.path, number, what));
        }
        let folder = FOLDERS.iter().find(|folder| names_folder(line, folder));
        if let Some(folder) = folder.filter(|_| !is_test(number)) {
            let what = format!("`{folder}` is a place on one machine: use a relative path or an argument");
            findings.push(Finding::new(Rule::Places, &source.path, number, what));
        }
    }
    findings
}

/// Whether a path begins with the folder, rather than passing through one of its name.
fn names_folder(line: &str, folder: &str) -> bool {
    let passes_through = |c: char| c.is_alphanumeric() || "._-~/}>*".contains(c);
    line.match_indices(folder)
        .any(|(at, _)| !line[..at].ends_with(passes_through))
}

#[cfg(test)]
mod tests {
    use super::super::NOWHERE;
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn places_of_one_machine_are_found() {
        let folder = FOLDERS[0];
        assert_eq!(lines("a.md", &format!("a\nsee {folder}x")), [2]);
        assert_eq!(lines("a.toml", &format!("path = \"{folder}x\"")), [1]);
        assert_eq!(lines("a.rs", &format!("// {folder}x\nf(\"{folder}\")")), [1, 2]);
        assert_eq!(
            lines(
                "a.md",
                &format!("..{folder} a{folder} <x>{folder} https://a.org{folder}")
            ),
            NOWHERE
        );
    }

    #[test]
    fn tests_may_name_folders_but_no_hosts() {
        let (folder, host) = (FOLDERS[1], HOSTS[0]);
        let text = format!("#[cfg(test)]\nmod t {{\n  f(\"{folder}\", \"{host}\");\n}}\n");
        assert_eq!(lines("a.rs", &text), [3]);
        assert_eq!(lines("tests/a.rs", &format!("f(\"{folder}\")")), NOWHERE);
        assert_eq!(lines("a.md", "https://crates.io/crates/n2d"), NOWHERE);
    }
}
