//! Invariant 2: no library crate prints, reads the environment, installs handlers or holds global state.
//!
//! And what would break invariant 5 (a seed fixes every bit): randomness without a seed, work cut by thread count.

use super::lexer::Token;
use super::source::{Code, Source, group, starts_with};
use super::{Finding, Rule};

/// What no library may contain, and what to do instead.
struct Ban {
    /// Words and signs, separated by spaces.
    patterns: &'static [&'static str],
    instead: &'static str,
    /// Where it is right nevertheless.
    except: &'static [&'static str],
}

const BANS: &[Ban] = &[
    Ban {
        patterns: &[
            "println !",
            "print !",
            "eprintln !",
            "eprint !",
            "dbg !",
            "stdout (",
            "stderr (",
        ],
        instead: "a library does not print: tell the observer, or return it",
        except: &[],
    },
    Ban {
        patterns: &["std :: env", "env ::", "temp_dir (", "home_dir (", "dirs ::"],
        instead: "a library does not read the environment: take it as an argument, n2d-cli reads it",
        except: &[],
    },
    Ban {
        patterns: &[
            "ctrlc",
            "signal_hook",
            "sigaction",
            "set_hook",
            "set_logger",
            "set_global_default",
        ],
        instead: "a library installs no handlers: take a CancelToken or an observer, n2d-cli installs them",
        except: &[],
    },
    Ban {
        patterns: &["process :: exit", "process :: abort"],
        instead: "a library does not end the program: return an error",
        except: &[],
    },
    Ban {
        patterns: &["static mut", "thread_local !", "lazy_static !", "build_global"],
        instead: "a library holds no global state: pass it in, or keep it in a value",
        except: &[],
    },
    Ban {
        patterns: &[
            "thread_rng",
            "rand :: rng (",
            "rand :: random",
            "from_entropy",
            "from_os_rng",
            "OsRng",
            "SysRng",
        ],
        instead: "randomness comes from the seed: draw from FitContext::rng",
        except: &[],
    },
    Ban {
        patterns: &["current_num_threads", "available_parallelism"],
        instead: "results do not depend on the number of threads: cut work into chunks of a fixed size",
        except: &["crates/n2d-core/src/parallel.rs"],
    },
];

/// Types by which a `static` becomes state.
const SHARED_STATE: [&str; 11] = [
    "OnceLock",
    "LazyLock",
    "OnceCell",
    "LazyCell",
    "Once",
    "Lazy",
    "Mutex",
    "RwLock",
    "Cell",
    "RefCell",
    "UnsafeCell",
];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if source.library().is_none() {
        return Vec::new();
    }
    let code = Code::of(source);
    let mut findings = banned(source, &code.shipped);
    findings.extend(shared_statics(source, &code.shipped));
    findings
}

fn banned(source: &Source, code: &[Token<'_>]) -> Vec<Finding> {
    let holds_here = |ban: &&Ban| !ban.except.contains(&source.path.as_str());
    let mut findings = Vec::new();
    for ban in BANS.iter().filter(holds_here) {
        let mut found: Vec<Finding> = (0..code.len())
            .filter_map(|at| {
                let words = first_match(ban, &code[at..])?;
                let what = format!("`{words}`: {}", ban.instead);
                Some(Finding::new(Rule::Purity, &source.path, code[at].line, what))
            })
            .collect();
        // `std::env::var` breaks one rule, though two patterns match.
        found.dedup_by_key(|finding| finding.line);
        findings.extend(found);
    }
    findings
}

/// The pattern with which the code begins, without its spaces.
fn first_match(ban: &Ban, code: &[Token<'_>]) -> Option<String> {
    let mut patterns = ban
        .patterns
        .iter()
        .map(|pattern| pattern.split(' ').collect::<Vec<_>>());
    patterns
        .find(|words| starts_with(code, words))
        .map(|words| words.concat())
}

fn shared_statics(source: &Source, code: &[Token<'_>]) -> Vec<Finding> {
    let statics = (0..code.len()).filter(|&at| code[at].is("static"));
    statics
        .filter_map(|at| {
            let declared = &code[at..at + declaration(&code[at..])];
            let state = declared.iter().find(|token| is_shared_state(token))?;
            let what = format!("a static `{}`: a library holds no global state", state.text);
            Some(Finding::new(Rule::Purity, &source.path, code[at].line, what))
        })
        .collect()
}

fn is_shared_state(token: &Token<'_>) -> bool {
    SHARED_STATE.iter().any(|name| token.is(name)) || token.text.starts_with("Atomic")
}

/// The number of tokens from `static` to before the value.
fn declaration(code: &[Token<'_>]) -> usize {
    let mut at = 0;
    while at < code.len() && !code[at].is("=") && !code[at].is(";") {
        at += if code[at].is("[") { group(&code[at..]) } else { 1 };
    }
    at
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
    fn finds_each_kind_of_impurity() {
        for text in [
            "fn f() { println!(\"x\"); }",
            "fn f() { eprint! (\"x\"); }",
            "fn f() { std::io::stdout().flush(); }",
            "use std::env;",
            "use std::{env, fs}; fn f() { env::var(\"X\"); }",
            "fn f() { ctrlc::set_handler(|| ()); }",
            "fn f() { std::panic::set_hook(x); }",
            "fn f() { std::process::exit(1); }",
            "static mut X: u8 = 0;",
            "thread_local! { static X: u8 = 0; }",
            "static N: AtomicUsize = AtomicUsize::new(0);",
            "static POOLS: [Mutex<u8>; 2] = x;",
            "static POOL: std::sync::OnceLock<Pool> = OnceLock::new();",
            "fn f() { rayon::ThreadPoolBuilder::new().build_global(); }",
            "fn f() { rand::rng().random() }",
            "fn f() { let n = rayon::current_num_threads(); }",
        ] {
            assert_eq!(lines("crates/n2d-core/src/a.rs", text), [1], "{text}");
        }
    }

    #[test]
    fn each_rule_is_named_once_a_line() {
        let text = "fn f() { println!(\"{:?}{:?}\", std::env::var(\"X\"), std::env::var(\"Y\")); }";
        assert_eq!(lines("crates/n2d-core/src/a.rs", text), [1, 1]);
    }

    #[test]
    fn says_where_and_what_to_do() {
        let source = Source::new("crates/n2d-core/src/a.rs", "\n\nfn f() { std::env::var(\"X\"); }");
        let [finding] = &check(&source)[..] else { panic!() };
        assert_eq!(
            finding.to_string(),
            "crates/n2d-core/src/a.rs:3: `std::env`: a library does not read the environment: take it as an argument, \
             n2d-cli reads it [purity]"
        );
    }

    #[test]
    fn leaves_what_is_pure_alone() {
        for text in [
            "/// println!(\"x\")\nfn f() {} // dbg!(x)",
            "const HELP: &str = \"println! std::env::var\";",
            "static NAMES: [&str; 2] = [\"a\", \"b\"]; fn f(x: &'static Mutex<u8>) {}",
            "static TABLE: [u8; 2] = make(Mutex::new(0));",
            "#[cfg(test)] mod tests { fn f() { println!(\"x\"); } }",
            "const V: &str = env!(\"CARGO_PKG_VERSION\");",
            "fn f(w: &mut String) { write!(w, \"x\"); }",
        ] {
            assert_eq!(lines("crates/n2d-core/src/a.rs", text), NOWHERE, "{text}");
        }
        assert_eq!(
            lines("crates/n2d-cli/src/main.rs", "fn main() { println!(\"x\"); }"),
            NOWHERE
        );
        let own = "fn n() -> usize { rayon::current_num_threads() }";
        assert_eq!(lines("crates/n2d-core/src/parallel.rs", own), NOWHERE);
    }
}
