//! Invariant 3: the types of backends appear in no public signature, so that a backend can be replaced.
//!
//! A heuristic over the sources: it reads what follows each `pub`, and knows a type by its path or by the file's own
//! imports. It relies on the `unreachable_pub` lint for "what says `pub` is public".

use super::lexer::{Kind, Token};
use super::source::{Code, Source, group};
use super::{Finding, Rule};

/// The crates that stay inside, with those whose names begin so and go on with `_`.
const BACKENDS: [&str; 7] = ["burn", "linfa", "petal", "hdbscan", "safetensors", "gemm", "faer"];

/// Stands at the two exceptions: the trait for networks of a user's own, and the adapter of linfa's clusterers.
const WAIVER: &str = "tidy: backend in public";

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if source.library().is_none() {
        return Vec::new();
    }
    let code = Code::of(source);
    let imports = backend_imports(&code.shipped);
    let mut findings = Vec::new();
    for at in (0..code.shipped.len()).filter(|&at| code.shipped[at].is("pub")) {
        let tokens = &code.shipped[at + 1..];
        if tokens.first().is_none_or(|next| next.is("(")) {
            continue;
        }
        let shown = signature(tokens);
        let Some(found) = (0..shown.len()).find_map(|at| backend_at(&shown, at, &imports)) else {
            continue;
        };
        if !code.is_waived(tokens[0].line, WAIVER) && !code.is_waived(found.line, WAIVER) {
            let what = format!(
                "`{}` of `{}` in a public signature: wrap it, or make the item pub(crate); for the exceptions of \
                 ARCHITECTURE.md write `// {WAIVER}` above",
                found.text, found.backend
            );
            findings.push(Finding::new(Rule::Backends, &source.path, found.line, what));
        }
    }
    findings.dedup();
    findings
}

/// A backend's name in a signature.
struct Found<'a> {
    text: &'a str,
    backend: String,
    line: usize,
}

fn is_backend(crate_name: &str) -> bool {
    BACKENDS.iter().any(|backend| {
        crate_name
            .strip_prefix(backend)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

fn backend_at<'a>(tokens: &[Token<'a>], at: usize, imports: &[Import<'_>]) -> Option<Found<'a>> {
    let token = tokens[at];
    let within_path = at > 0 && (tokens[at - 1].is("::") || tokens[at - 1].is("."));
    let names_a_value = tokens.get(at + 1).is_some_and(|next| next.is(":"));
    if token.kind != Kind::Word || within_path || names_a_value {
        return None;
    }
    let from_path = is_backend(token.text)
        && tokens
            .get(at + 1)
            .is_none_or(|next| next.is("::") || next.is(";"));
    let backend = if from_path {
        token.text
    } else {
        imports.iter().find(|import| import.name == token.text)?.root
    };
    Some(Found {
        text: token.text,
        backend: backend.to_owned(),
        line: token.line,
    })
}

/// A name that a `use` brings into the file, and the crate it comes from.
#[derive(Debug, Clone, Copy)]
struct Import<'a> {
    root: &'a str,
    name: &'a str,
}

/// What `use burn::prelude::*` brings that signatures would show.
const GLOB_NAMES: [&str; 7] = [
    "Tensor",
    "TensorData",
    "Device",
    "Module",
    "Param",
    "Mat",
    "MatRef",
];

fn backend_imports<'a>(tokens: &[Token<'a>]) -> Vec<Import<'a>> {
    let mut imports = Vec::new();
    for at in (0..tokens.len()).filter(|&at| tokens[at].is("use")) {
        use_tree(&tokens[at + 1..], None, &mut imports);
    }
    imports.retain(|import| is_backend(import.root));
    let globs: Vec<&str> = imports.iter().filter(|i| i.name == "*").map(|i| i.root).collect();
    imports.extend(
        globs
            .iter()
            .flat_map(|root| GLOB_NAMES.map(|name| Import { root, name })),
    );
    imports
}

/// Reads one branch of a `use`, `path` being what stands before it, and returns the number of its tokens.
fn use_tree<'a>(tokens: &[Token<'a>], mut path: Option<Import<'a>>, imports: &mut Vec<Import<'a>>) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.is("{") {
            return at + use_group(&tokens[at..], path, imports);
        }
        if [",", "}", ";"].iter().any(|end| token.is(end)) {
            break;
        }
        if token.kind == Kind::Word && !["as", "self"].contains(&token.text) || token.is("*") {
            path = Some(Import {
                root: path.map_or(token.text, |path| path.root),
                name: token.text,
            });
        }
        at += 1;
    }
    imports.extend(path);
    at
}

fn use_group<'a>(tokens: &[Token<'a>], path: Option<Import<'a>>, imports: &mut Vec<Import<'a>>) -> usize {
    let end = group(tokens);
    let mut at = 1;
    while at + 1 < end {
        at += use_tree(&tokens[at..end - 1], path, imports);
        // The comma, or what can't stand here.
        at += 1;
    }
    end
}

/// What of an item others see, from the token after `pub`.
fn signature<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let words = ["const", "unsafe", "async", "extern"];
    let is_modifier = |token: &Token<'_>| token.kind == Kind::Literal || words.contains(&token.text);
    let keyword = tokens
        .iter()
        .find(|token| !is_modifier(token))
        .map_or("", |token| token.text);
    let first = tokens[0].text;
    match keyword {
        "fn" => until(tokens, &["{", ";"]),
        "struct" | "union" => until(tokens, &["{", "(", ";"]),
        "use" | "type" | "crate" => until(tokens, &[";"]),
        "mod" => Vec::new(),
        "enum" => with_body(tokens),
        "trait" => without_inner_bodies(with_body(tokens)),
        _ if first == "const" || keyword == "static" => until(tokens, &["=", ";"]),
        _ => field(tokens),
    }
}

/// Up to the first of these signs outside of brackets; brackets that open the sign itself count as outside.
fn until<'a>(tokens: &[Token<'a>], ends: &[&str]) -> Vec<Token<'a>> {
    let mut at = 0;
    while at < tokens.len() && !ends.iter().any(|end| tokens[at].is(end)) {
        let opens = ["(", "[", "{"].iter().any(|open| tokens[at].is(open));
        at += if opens { group(&tokens[at..]) } else { 1 };
    }
    tokens[..at.min(tokens.len())].to_vec()
}

fn with_body<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let header = until(tokens, &["{", ";"]).len();
    tokens[..header + group(&tokens[header..])].to_vec()
}

/// A trait without the bodies of its provided methods.
fn without_inner_bodies(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut depth = 0_usize;
    let keep = |token: &Token<'_>| {
        if token.is("{") {
            depth += 1;
        }
        let kept = depth < 2;
        if token.is("}") {
            depth = depth.saturating_sub(1);
        }
        kept
    };
    tokens.into_iter().filter(keep).collect()
}

/// A field, named or not: up to the comma or bracket that ends it.
fn field<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut angles, mut at) = (0_usize, 0);
    while let Some(token) = tokens.get(at) {
        match token.text {
            "<" => angles += 1,
            ">" => angles = angles.saturating_sub(1),
            "," if angles == 0 => break,
            ")" | "}" | ";" => break,
            _ => {}
        }
        let opens = ["(", "["].iter().any(|open| token.is(open));
        at += if opens { group(&tokens[at..]) } else { 1 };
    }
    tokens[..at.min(tokens.len())].to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::NOWHERE;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let source = Source::new("crates/n2d-encoder/src/a.rs", text);
        check(&source).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn paths_in_public_signatures_are_found() {
        for text in [
            "pub fn f(x: burn::Tensor<2>) {}",
            "pub const fn f() -> faer::Mat<f64> {}",
            "pub struct S { pub a: u8, pub b: Vec<burn::Tensor<2>> }",
            "pub struct S(pub burn_flex::Flex);",
            "pub struct S<T: burn::Module> { a: T }",
            "pub enum E { A(gemm::Parallelism), B }",
            "pub trait T { type X: burn::Module; fn f(&self) -> u8 { 1 } }",
            "pub type T = linfa_clustering::Dbscan;",
            "pub const X: hdbscan::Center = y;",
            "pub use burn;",
            "pub use burn::tensor::Tensor;",
            "pub use ::safetensors::{Dtype, View};",
            "pub extern crate burn;",
        ] {
            assert_eq!(lines(text), [1], "{text}");
        }
    }

    #[test]
    fn imported_names_are_known() {
        assert_eq!(
            lines("use burn::tensor::{Tensor, backend::Backend as B};\npub fn f(x: &Tensor<2>) {}"),
            [2]
        );
        assert_eq!(
            lines("use burn::tensor::{Tensor, backend::Backend as B};\npub fn f<X: B>(x: X) {}"),
            [2]
        );
        assert_eq!(
            lines("use std::fmt;\nuse burn::prelude::*;\npub fn f() -> Tensor<2> {}"),
            [3]
        );
        assert_eq!(lines("use burn as b;\npub fn f() -> b::Tensor<2> {}"), [2]);
        assert_eq!(
            lines("use faer::linalg::{self};\npub fn f() -> linalg::X {}"),
            [2]
        );
        assert_eq!(
            lines("use crate::{Tensor, burn};\nuse std::fmt;\npub fn f() -> Tensor<2> {}"),
            NOWHERE
        );
    }

    #[test]
    fn what_stays_inside_is_left_alone() {
        for text in [
            "pub(crate) fn f(x: burn::Tensor<2>) {}",
            "fn f(x: burn::Tensor<2>) {} pub fn g(burn: bool) {}",
            "pub fn f() { let x = burn::Tensor::<2>::zeros(); }",
            "pub struct S { a: burn::Tensor<2>, pub b: u8 }",
            "pub struct S(burn::Tensor<2>);",
            "pub trait T { fn f(&self) { burn::x(); } fn g(&self); }",
            "pub const X: f32 = burn::X;",
            "pub mod burn { }",
            "/// As burn::Tensor.\npub fn f() {}",
            "pub fn f(x: crate::burn::Mine) {}",
            "pub fn burn(self) {}",
            "use gemm::gemm;\npub fn f(gemm: u8) {}",
        ] {
            assert_eq!(lines(text), NOWHERE, "{text}");
        }
    }

    #[test]
    fn the_exceptions_say_so() {
        let text = "// tidy: backend in public, a network of one's own\npub trait Network { fn f(x: burn::Tensor<2>); }";
        assert_eq!(lines(text), NOWHERE);
    }
}
