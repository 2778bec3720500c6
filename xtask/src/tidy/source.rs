//! A file as the checks see it: path, text, and for Rust the code that is not for tests.

use std::ops::RangeInclusive;

use super::lexer::{Comment, Lexed, Token, lex};

/// A text file of the workspace.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the workspace's root, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, given)| given == extension)
    }

    /// The lines with their numbers, counted from one.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split('\n').enumerate().map(|(at, line)| (at + 1, line))
    }

    /// The library crate under `crates/` whose shipped code this is part of, if any: not the command line's, not a
    /// crate's own tests, benches, examples or build script.
    pub(crate) fn library(&self) -> Option<&str> {
        let (name, inside) = self.path.strip_prefix("crates/")?.split_once('/')?;
        let shipped = inside.starts_with("src/") && self.has_extension("rs") && !self.is_test_file();
        (shipped && name != "n2d-cli").then_some(name)
    }

    /// Whether all of it is for tests, by its place.
    pub(crate) fn is_test_file(&self) -> bool {
        let mut folders = self.path.split('/').rev();
        let file = folders.next().unwrap_or_default();
        file == "tests.rs" || folders.any(|folder| folder == "tests")
    }
}

/// The code of a Rust file.
pub(crate) struct Code<'a> {
    /// All of it.
    pub(crate) all: Vec<Token<'a>>,
    /// What is left without `#[cfg(test)]` items.
    pub(crate) shipped: Vec<Token<'a>>,
    pub(crate) comments: Vec<Comment<'a>>,
    test_lines: Vec<RangeInclusive<usize>>,
}

impl<'a> Code<'a> {
    pub(crate) fn of(source: &'a Source) -> Self {
        let Lexed {
            tokens: all,
            comments,
        } = lex(&source.text);
        let (mut shipped, mut test_lines) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < all.len() {
            let end = test_item(&all[at..]).map_or(at + 1, |length| at + length);
            if end == at + 1 {
                shipped.push(all[at]);
            } else {
                test_lines.push(all[at].line..=all[end - 1].line);
            }
            at = end;
        }
        Self {
            all,
            shipped,
            comments,
            test_lines,
        }
    }

    /// Whether a line belongs to a `#[cfg(test)]` item.
    pub(crate) fn is_test_line(&self, line: usize) -> bool {
        self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// Whether the line, or the line above it, has a comment with this phrase.
    pub(crate) fn is_waived(&self, line: usize, phrase: &str) -> bool {
        let near = |comment: &&Comment<'_>| comment.line == line || comment.line + 1 == line;
        self.comments
            .iter()
            .filter(near)
            .any(|comment| comment.text.contains(phrase))
    }
}

/// The number of tokens of the item that begins here, if `#[cfg(test)]` stands before it.
fn test_item(tokens: &[Token<'_>]) -> Option<usize> {
    let only = ["#", "[", "cfg", "(", "test", ")", "]"];
    let among = ["#", "[", "cfg", "(", "all", "(", "test"];
    if !starts_with(tokens, &only) && !starts_with(tokens, &among) {
        return None;
    }
    let mut at = 0;
    while tokens.get(at).is_some_and(|token| token.is("#")) {
        at += 1 + group(&tokens[at + 1..]);
    }
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return Some(at + 1),
            "{" => return Some(at + group(&tokens[at..])),
            "(" | "[" => at += group(&tokens[at..]),
            _ => at += 1,
        }
    }
    Some(at)
}

/// Whether the tokens begin with these words and signs.
pub(crate) fn starts_with<S: AsRef<str>>(tokens: &[Token<'_>], pattern: &[S]) -> bool {
    tokens.len() >= pattern.len()
        && pattern
            .iter()
            .zip(tokens)
            .all(|(text, token)| token.is(text.as_ref()))
}

/// The number of tokens from an opening bracket to its closing one, both included.
pub(crate) fn group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if ["(", "[", "{"].iter().any(|open| token.is(open)) {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|close| token.is(close)) {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(text: &str) -> String {
        let source = Source::new("crates/x/src/lib.rs", text);
        let words: Vec<_> = Code::of(&source).shipped.iter().map(|t| t.text).collect();
        words.join(" ")
    }

    #[test]
    fn test_items_are_not_shipped() {
        assert_eq!(
            shipped("a(); #[cfg(test)] mod tests { fn f() { x() } } b()"),
            "a ( ) ; b ( )"
        );
        assert_eq!(shipped("#[cfg(test)] mod tests; b"), "b");
        assert_eq!(
            shipped("#[cfg(test)] #[allow(x)] fn f(a: [u8; 2]) -> u8 { 1 } b"),
            "b"
        );
        assert_eq!(shipped("#[cfg(all(test, unix))] mod tests { } b"), "b");
    }

    #[test]
    fn code_that_also_ships_is_kept() {
        let text = "#[cfg(not(test))] fn f() { }";
        assert_eq!(shipped(text), "# [ cfg ( not ( test ) ) ] fn f ( ) { }");
        assert!(shipped("#[cfg(any(test, feature = \"x\"))] fn f() {}").ends_with("}"));
    }

    #[test]
    fn test_lines_and_waivers_are_found() {
        let source = Source::new(
            "a.rs",
            "a\n#[cfg(test)]\nmod t {\n}\n// tidy: fine\nb // tidy: so\nc\nd",
        );
        let code = Code::of(&source);
        assert_eq!(
            (1..=5).map(|line| code.is_test_line(line)).collect::<Vec<_>>(),
            [false, true, true, true, false]
        );
        assert!(code.is_waived(6, "tidy: fine") && code.is_waived(6, "tidy: so"));
        assert!(!code.is_waived(8, "tidy: so"));
    }

    #[test]
    fn libraries_are_the_sources_of_crates_that_ship() {
        let library = |path: &str| Source::new(path, "").library().map(str::to_owned);
        assert_eq!(library("crates/n2d-core/src/a/b.rs").as_deref(), Some("n2d-core"));
        for path in [
            "crates/n2d-cli/src/main.rs",
            "crates/n2d-core/tests/a.rs",
            "crates/n2d-core/src/a/tests.rs",
            "crates/n2d-core/src/tests/a.rs",
            "crates/n2d-core/build.rs",
            "crates/n2d-core/README.md",
            "xtask/src/main.rs",
        ] {
            assert_eq!(library(path), None, "{path}");
        }
    }
}
