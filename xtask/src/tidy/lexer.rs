//! Just enough of Rust's grammar to tell code from comments and from the insides of literals.

/// What a piece of code is, as far as the checks care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Identifiers, keywords, numbers.
    Word,
    /// String, byte and character literals, quotes included.
    Literal,
    /// `'a`, so that `'static` is not the keyword.
    Lifetime,
    /// One character, or one of `::`, `->`, `=>`.
    Punct,
}

/// A piece of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Counted from one.
    pub(crate) line: usize,
}

impl Token<'_> {
    /// Whether this is that keyword, name or sign (a literal never is).
    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }
}

/// A comment, its signs included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    pub(crate) text: &'a str,
    /// Of its beginning, counted from one.
    pub(crate) line: usize,
}

/// A source text taken apart.
#[derive(Debug, Default)]
pub(crate) struct Lexed<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) comments: Vec<Comment<'a>>,
}

/// Takes a source text apart. Never fails: what is no Rust comes out as words and signs.
pub(crate) fn lex(text: &str) -> Lexed<'_> {
    let mut lexed = Lexed::default();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (length, kind) = next_piece(rest, first);
        let piece = &rest[..length];
        match kind {
            Piece::Space => {}
            Piece::Comment => lexed.comments.push(Comment { text: piece, line }),
            Piece::Code(kind) => lexed.tokens.push(Token {
                kind,
                text: piece,
                line,
            }),
        }
        line += piece.bytes().filter(|&byte| byte == b'\n').count();
        rest = &rest[length..];
    }
    lexed
}

enum Piece {
    Space,
    Comment,
    Code(Kind),
}

/// How many bytes the next piece has, and what it is.
fn next_piece(rest: &str, first: char) -> (usize, Piece) {
    if first.is_whitespace() {
        return (first.len_utf8(), Piece::Space);
    }
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Piece::Comment);
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), Piece::Comment);
    }
    if let Some(length) = string(rest) {
        return (length, Piece::Code(Kind::Literal));
    }
    if first == '\'' {
        return quote(rest);
    }
    if is_word(first) {
        return (word(rest), Piece::Code(Kind::Word));
    }
    let long = ["::", "->", "=>"].iter().any(|sign| rest.starts_with(sign));
    let length = if long { 2 } else { first.len_utf8() };
    (length, Piece::Code(Kind::Punct))
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn word(rest: &str) -> usize {
    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a string literal of any kind, if one begins here.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix)
            .is_some_and(|s| s.starts_with(['"', '#']))
    })?;
    let body = &rest[prefix.len()..];
    let hashes = body.bytes().take_while(|&byte| byte == b'#').count();
    if !body[hashes..].starts_with('"') {
        return None;
    }
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        let open = prefix.len() + hashes + 1;
        return Some(
            rest[open..]
                .find(&close)
                .map_or(rest.len(), |at| open + at + close.len()),
        );
    }
    (hashes == 0).then(|| prefix.len() + quoted(body, '"'))
}

/// The length of text in quotes with escapes, from its first quote to its last.
fn quoted(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + quote.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    body.len()
}

/// A character literal or a lifetime.
fn quote(rest: &str) -> (usize, Piece) {
    let mut chars = rest.chars().skip(1);
    let (second, third) = (chars.next(), chars.next());
    if second == Some('\\') || third == Some('\'') {
        return (quoted(rest, '\''), Piece::Code(Kind::Literal));
    }
    (1 + word(&rest[1..]), Piece::Code(Kind::Lifetime))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<&str> {
        let kept = |token: &Token<'_>| token.kind != Kind::Literal;
        lex(text)
            .tokens
            .iter()
            .filter(|t| kept(t))
            .map(|t| t.text)
            .collect()
    }

    #[test]
    fn literals_and_comments_are_no_code() {
        assert_eq!(
            code(r#"a("println!(\"x\")", b"todo!", c"x") // todo!"#),
            ["a", "(", ",", ",", ")"]
        );
        assert_eq!(code("r#\"a \" b\"# x br##\"\"# \"## y"), ["x", "y"]);
        assert_eq!(code("/* a /* b */ c */ d"), ["d"]);
        assert_eq!(code("x \"never closed"), ["x"]);
        assert_eq!(code("x /* never closed"), ["x"]);
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        assert_eq!(
            code(r"f::<'a>('x', '\'', '\u{41}', 'é', &'static str)"),
            [
                "f", "::", "<", "'a", ">", "(", ",", ",", ",", ",", "&", "'static", "str", ")"
            ]
        );
        assert!(!lex("&'static str").tokens[1].is("static"));
    }

    #[test]
    fn raw_identifiers_are_no_strings() {
        assert_eq!(code("r#type = 'b'"), ["r", "#", "type", "="]);
        assert_eq!(
            code("#[cfg(test)] b"),
            ["#", "[", "cfg", "(", "test", ")", "]", "b"]
        );
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let lexed = lex("a\n\"b\nb\"\n/*\n*/ c // d\n");
        assert_eq!(lexed.tokens.iter().map(|t| t.line).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(lexed.comments.iter().map(|c| c.line).collect::<Vec<_>>(), [4, 5]);
    }
}
