//! Invariant 4: nothing iterates over a hash map in code that bears results, so libraries use none at all.

use super::source::{Code, Source};
use super::{Finding, Rule};

/// Where it stands, a map is asked for keys and never walked.
const WAIVER: &str = "tidy: lookup only";

pub(super) fn check(source: &Source) -> Vec<Finding> {
    if source.library().is_none() {
        return Vec::new();
    }
    let code = Code::of(source);
    let hashed = code.shipped.iter().filter(|token| {
        let name = token.text;
        (name.ends_with("HashMap") || name.ends_with("HashSet")) && token.is(name)
    });
    let mut findings: Vec<Finding> = hashed
        .filter(|token| !code.is_waived(token.line, WAIVER))
        .map(|token| {
            let what = format!(
                "`{}` has no order that a seed fixes: use a BTreeMap, a BTreeSet or a sorted Vec, or end the line with \
                 `// {WAIVER}`",
                token.text
            );
            Finding::new(Rule::HashMaps, &source.path, token.line, what)
        })
        .collect();
    findings.dedup_by_key(|finding| finding.line);
    findings
}

#[cfg(test)]
mod tests {
    use super::super::NOWHERE;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let source = Source::new("crates/n2d-manifold/src/a.rs", text);
        check(&source).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn every_hash_map_is_found_unless_it_is_for_lookup() {
        assert_eq!(
            lines("use std::collections::{BTreeMap, HashMap};\nlet s: FxHashSet<u8>;"),
            [1, 2]
        );
        assert_eq!(lines("let m = HashMap::<u8, HashMap<u8, u8>>::new();"), [1]);
        assert_eq!(
            lines("// tidy: lookup only\nuse std::collections::HashMap;"),
            NOWHERE
        );
        assert_eq!(
            lines("let m: HashMap<u8, u8> = x; // tidy: lookup only, never walked"),
            NOWHERE
        );
        assert_eq!(
            lines("// a HashMap\nuse std::collections::BTreeMap; const S: &str = \"HashMap\";"),
            NOWHERE
        );
        assert_eq!(
            lines("#[cfg(test)] mod tests { use std::collections::HashSet; }"),
            NOWHERE
        );
    }
}
