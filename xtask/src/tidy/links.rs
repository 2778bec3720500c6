//! Links of the documents: to files that are there, and to headings that they have.

use std::path::Path;

use super::source::Source;
use super::{Finding, Rule};

/// What is wrong with the links of all documents; `root` is where the files they lead to are looked for.
pub(super) fn check(root: &Path, sources: &[Source]) -> Vec<Finding> {
    let documents = sources.iter().filter(|source| source.has_extension("md"));
    let broken = |source: &Source| -> Vec<Finding> {
        let found = links(&source.text);
        let wrong = found.into_iter().filter_map(|(line, target)| {
            let what = complaint(root, sources, source, target)?;
            Some(Finding::new(Rule::Links, &source.path, line, what))
        });
        wrong.collect()
    };
    documents.flat_map(broken).collect()
}

/// The targets of links and pictures with their lines; what stands in code is left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (start, _) in line.match_indices("](") {
            let in_code = line[..start].matches('`').count() % 2 == 1;
            let rest = &line[start + 2..];
            if let Some(end) = rest.find(')').filter(|_| !in_code) {
                found.push((at + 1, &rest[..end]));
            }
        }
    }
    found
}

fn complaint(root: &Path, sources: &[Source], from: &Source, target: &str) -> Option<String> {
    // The network is no business of a check that must work without.
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target
        .split_once('#')
        .map_or((target, None), |(file, heading)| (file, Some(heading)));
    let path = if file.is_empty() {
        Some(from.path.clone())
    } else {
        joined(&from.path, file)
    };
    let is_there =
        |path: &String| sources.iter().any(|source| source.path == *path) || root.join(path).exists();
    let Some(path) = path.filter(is_there) else {
        return Some(format!("a link to `{file}`, which is not there"));
    };
    let heading = heading?;
    let there = sources.iter().find(|source| source.path == path)?;
    let known = there
        .text
        .lines()
        .filter_map(|line| Some(anchor(line.strip_prefix('#')?)));
    let has = known.into_iter().any(|known| known == heading);
    (!has).then(|| format!("a link to `#{heading}`, but `{path}` has no such heading"))
}

/// A path from the root of a link in a file; nothing where it leads out of the workspace.
fn joined(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// How a heading is called in links: in small letters, without marks, with hyphens for spaces.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let root = crate::cargo::workspace_root();
        let sources = [
            Source::new("docs/page.md", text),
            Source::new("README.md", "# n2d\n## Your own `data`, twice\n"),
        ];
        check(&root, &sources)
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let good = "[a](../README.md) [b](../README.md#your-own-data-twice) [c](#here) [d](https://example.org/#x)\n# Here\n`[e](none.md)`\n";
        assert_eq!(findings(good), Vec::<String>::new());
        assert!(findings("```text\n[a](none.md)\n```\n").is_empty());
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(
            findings("[a](none.md)")[0],
            "a link to `none.md`, which is not there"
        );
        assert!(findings("![a](../README.md#other)")[0].contains("has no such heading"));
        assert!(findings("[a](../../outside.md)")[0].contains("not there"));
        assert!(findings("[a](#none)")[0].contains("#none"));
    }
}
