//! House rules of single files: length, blanks, unfinished code, examples and tests that do not run.

use super::lexer::Token;
use super::source::{Code, Source, starts_with};
use super::{Finding, Rule};

/// No Rust file is longer.
const MAX_LINES: usize = 600;

/// From here on a file is hinted at: it may hold more than one idea.
const MANY_LINES: usize = 400;

/// Code that is not there yet, or does not run.
const UNFINISHED: &[(&str, &str)] = &[
    ("todo !", "write it, or leave the feature out"),
    ("unimplemented !", "write it, or leave the feature out"),
    (
        "# [ ignore",
        "a test that does not run proves nothing: make it quick, or delete it",
    ),
];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = blanks(source);
    if source.has_extension("md") {
        let lines = source.lines().filter(|(_, line)| is_ignored_example(line));
        findings.extend(lines.map(|(line, _)| ignored_example(source, line)));
    }
    if source.has_extension("rs") {
        let code = Code::of(source);
        findings.extend(length(source));
        findings.extend(unfinished(source, &code.all));
        findings.extend(ignored_examples(source, &code));
    }
    findings
}

/// The Rust files long enough to be hinted at, with their lengths.
pub(super) fn long_files(sources: &[Source]) -> Vec<(&str, usize)> {
    let lengths = sources
        .iter()
        .filter(|source| source.has_extension("rs"))
        .map(|source| (source.path.as_str(), source.text.lines().count()));
    lengths.filter(|&(_, length)| length > MANY_LINES).collect()
}

fn length(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let what = || format!("{lines} lines, above {MAX_LINES}: split the file, one idea in each");
    (lines > MAX_LINES).then(|| Finding::new(Rule::Hygiene, &source.path, MAX_LINES + 1, what()))
}

fn blanks(source: &Source) -> Vec<Finding> {
    let at = |line: usize, what: &str| Finding::new(Rule::Hygiene, &source.path, line, what);
    let mut findings = Vec::new();
    for (number, line) in source.lines() {
        if line.contains('\t') {
            findings.push(at(number, "a tab: use spaces"));
        }
        if line.ends_with(char::is_whitespace) {
            findings.push(at(number, "blanks at the end of the line: delete them"));
        }
    }
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        findings.push(at(
            source.lines().count(),
            "no line break at the end of the file: add one",
        ));
    }
    findings
}

fn unfinished(source: &Source, code: &[Token<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, advice) in UNFINISHED {
        let words: Vec<&str> = pattern.split(' ').collect();
        let found = (0..code.len()).filter(|&at| starts_with(&code[at..], &words));
        findings.extend(found.map(|at| {
            let what = format!("`{}`: {advice}", words.concat());
            Finding::new(Rule::Hygiene, &source.path, code[at].line, what)
        }));
    }
    findings
}

fn ignored_examples(source: &Source, code: &Code<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for comment in &code.comments {
        let lines = comment.text.lines().zip(comment.line..);
        let ignored = lines.filter(|(text, _)| is_ignored_example(text));
        findings.extend(ignored.map(|(_, line)| ignored_example(source, line)));
    }
    findings
}

/// Whether a line, comment signs before it or not, opens a block of code that is neither compiled nor run.
fn is_ignored_example(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches(['/', '!', '*']).trim_start();
    let Some(language) = line.strip_prefix("```") else {
        return false;
    };
    language.split([',', ' ']).any(|word| word.trim() == "ignore")
}

fn ignored_example(source: &Source, line: usize) -> Finding {
    let what = "an example that is not compiled: make it run, use `no_run`, or mark it as `text`";
    Finding::new(Rule::Hygiene, &source.path, line, what)
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
    fn blanks_are_found_in_every_kind_of_file() {
        for path in ["a.rs", "a.md", "a.toml", ".ci/run"] {
            assert_eq!(lines(path, "a\n\tb\nc \nd\n"), [2, 3], "{path}");
            assert_eq!(lines(path, "a\nb"), [2], "{path}");
            assert_eq!(lines(path, "a\r\n"), [1], "{path}");
            assert_eq!(lines(path, "a\n\n b\n"), NOWHERE, "{path}");
            assert_eq!(lines(path, ""), NOWHERE, "{path}");
        }
    }

    #[test]
    fn unfinished_code_is_found_in_tests_too() {
        assert_eq!(
            lines("a.rs", "fn f() { todo!() }\nfn g() { unimplemented!(\"x\") }\n"),
            [1, 2]
        );
        assert_eq!(
            lines(
                "a.rs",
                "#[cfg(test)]\nmod t {\n#[test]\n#[ignore = \"slow\"]\nfn f() {}\n}\n"
            ),
            [4]
        );
        assert_eq!(
            lines("a.rs", "// todo!()\nconst A: &str = \"todo!()\"; fn todo() {}\n"),
            NOWHERE
        );
    }

    #[test]
    fn examples_run() {
        let fence = "```";
        assert_eq!(
            lines(
                "a.rs",
                &format!("/// {fence}ignore\n/// x\n/// {fence}\nfn f() {{}}\n")
            ),
            [1]
        );
        assert_eq!(
            lines(
                "a.rs",
                &format!("//! a\n//! {fence}rust,ignore\n//! x\n//! {fence}\n")
            ),
            [2]
        );
        assert_eq!(
            lines("a.md", &format!("a\n\n{fence}rust, ignore\nx\n{fence}\n")),
            [3]
        );
        assert_eq!(
            lines("a.md", &format!("{fence}rust,no_run\nignore\n{fence}\n")),
            NOWHERE
        );
    }

    #[test]
    fn long_files_are_refused_and_longish_ones_hinted_at() {
        assert_eq!(lines("a.rs", &"x\n".repeat(MAX_LINES)), NOWHERE);
        assert_eq!(lines("a.rs", &"x\n".repeat(MAX_LINES + 1)), [MAX_LINES + 1]);
        assert_eq!(lines("a.md", &"x\n".repeat(MAX_LINES + 1)), NOWHERE);
        let sources = [
            Source::new("short.rs", "x\n".repeat(MANY_LINES)),
            Source::new("long.rs", "x\n".repeat(MANY_LINES + 1)),
            Source::new("long.md", "x\n".repeat(MANY_LINES + 1)),
        ];
        assert_eq!(long_files(&sources), [("long.rs", MANY_LINES + 1)]);
    }
}
