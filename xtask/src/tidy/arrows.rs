//! Invariant 1 and the arrows between the crates: who may depend on whom, as a table.

use std::path::Path;

use serde_json::Value;

use super::manifests::line_of_dependency;
use super::{Finding, Rule};
use crate::cargo::cargo;

/// The crates under `crates/`, and the others of them that each may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("n2d-core", &[]),
    ("n2d-neighbors", &["n2d-core"]),
    ("n2d-encoder", &["n2d-core"]),
    ("n2d-manifold", &["n2d-core", "n2d-neighbors"]),
    ("n2d-cluster", &["n2d-core", "n2d-neighbors"]),
    ("n2d-metrics", &["n2d-core", "n2d-neighbors"]),
    ("n2d-datasets", &["n2d-core"]),
    ("n2d-plot", &["n2d-core", "n2d-metrics"]),
    (
        "n2d-ensemble",
        &["n2d-core", "n2d-manifold", "n2d-metrics", "n2d-neighbors"],
    ),
    ("n2d-testkit", &["n2d-core"]),
    (
        "n2d",
        &[
            "n2d-core",
            "n2d-neighbors",
            "n2d-encoder",
            "n2d-manifold",
            "n2d-cluster",
            "n2d-metrics",
            "n2d-ensemble",
            "n2d-datasets",
            "n2d-plot",
        ],
    ),
    ("n2d-cli", &["n2d"]),
];

/// The stages, and what their tests may use besides: real data, scores of what came out, and the conformance suites.
const STAGES: [&str; 3] = ["n2d-encoder", "n2d-manifold", "n2d-cluster"];
const FOR_TESTS_OF_STAGES: [&str; 3] = ["n2d-datasets", "n2d-metrics", "n2d-testkit"];
/// The parts that tests of ensembles make members of.
const FOR_TESTS_OF_ENSEMBLES: [&str; 3] = ["n2d-cluster", "n2d-encoder", "n2d-testkit"];

/// Packages from outside that only some of the crates may know, so that they can be replaced there alone.
const RESERVED: &[(&str, &[&str])] = &[
    ("burn", &["n2d-encoder"]),
    ("linfa", &["n2d-cluster"]),
    ("hdbscan", &["n2d-cluster"]),
    ("petal", &["n2d-neighbors"]),
    ("ureq", &["n2d-datasets"]),
    ("clap", &["n2d-cli"]),
    ("ctrlc", &["n2d-cli"]),
    ("dirs", &["n2d-cli"]),
    ("indicatif", &["n2d-cli"]),
];

/// A member of the workspace.
#[derive(Debug)]
struct Member {
    name: String,
    /// From the workspace's root, with `/` on every system.
    manifest: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    for_tests: bool,
}

/// Asks cargo for the members and checks what they depend on.
///
/// # Errors
/// Why cargo could not be asked, or what of its answer is not understood.
pub(super) fn check(root: &Path, read: impl Fn(&str) -> String) -> Result<Vec<Finding>, String> {
    let call = cargo(root, ["metadata", "--no-deps", "--format-version", "1"]).output();
    let output = call.map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata failed: {}", said.trim()));
    }
    let metadata = String::from_utf8_lossy(&output.stdout);
    let members = members(&metadata).ok_or("cargo metadata: an answer that is not understood")?;
    Ok(members
        .iter()
        .flat_map(|member| check_member(member, &read(&member.manifest)))
        .collect())
}

fn members(metadata: &str) -> Option<Vec<Member>> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let root = metadata["workspace_root"].as_str()?;
    let member = |package: &Value| {
        let manifest = package["manifest_path"].as_str()?.strip_prefix(root)?;
        let dependencies = package["dependencies"].as_array()?.iter().map(|dependency| {
            Some(Dependency {
                name: dependency["name"].as_str()?.to_owned(),
                for_tests: dependency["kind"] == "dev",
            })
        });
        Some(Member {
            name: package["name"].as_str()?.to_owned(),
            manifest: manifest.replace('\\', "/").trim_start_matches('/').to_owned(),
            dependencies: dependencies.collect::<Option<_>>()?,
        })
    };
    metadata["packages"].as_array()?.iter().map(member).collect()
}

fn check_member(member: &Member, manifest: &str) -> Vec<Finding> {
    if !member.manifest.starts_with("crates/") {
        return Vec::new();
    }
    let at = |line: usize, what: String| Finding::new(Rule::Arrows, &member.manifest, line, what);
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == member.name) else {
        let what = format!(
            "`{}` has no row in the table of arrows (xtask/src/tidy/arrows.rs): add it",
            member.name
        );
        return vec![at(1, what)];
    };
    let mut findings = Vec::new();
    for dependency in &member.dependencies {
        if let Some(what) = refusal(&member.name, allowed, dependency) {
            findings.push(at(line_of_dependency(manifest, &dependency.name), what));
        }
    }
    findings
}

/// Why a dependency may not be, if it may not.
fn refusal(member: &str, allowed: &[&str], dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if ARROWS.iter().any(|(own, _)| *own == name) {
        let for_tests: &[&str] = match member {
            "n2d-ensemble" => &FOR_TESTS_OF_ENSEMBLES,
            stage if STAGES.contains(&stage) => &FOR_TESTS_OF_STAGES,
            _ => &[],
        };
        let may = allowed.contains(&name) || (dependency.for_tests && for_tests.contains(&name));
        let what = || match allowed {
            [] => format!("`{member}` may depend on no other crate of the workspace, but does on `{name}`"),
            _ => format!(
                "`{member}` may depend on {} only, but does on `{name}`",
                allowed.join(", ")
            ),
        };
        return (!may).then(|| format!("{}: move the code to where it may be used", what()));
    }
    let is_family = |family: &str| {
        name.strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let (_, owners) = RESERVED.iter().find(|(family, _)| is_family(family))?;
    let what = || {
        format!(
            "`{name}` is for {} only: use it through that crate",
            owners.join(", ")
        )
    };
    (!owners.contains(&member)).then(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(member: &str, name: &str, kind: &str) -> Option<String> {
        let metadata = format!(
            r#"{{"workspace_root": "/r", "packages": [{{"name": "{member}", "manifest_path": "/r/crates/x/Cargo.toml",
            "dependencies": [{{"name": "{name}", "kind": {kind}}}]}}]}}"#
        );
        let members = members(&metadata).unwrap();
        let findings = check_member(&members[0], &format!("[dependencies]\n{name}.workspace = true\n"));
        findings.first().map(ToString::to_string)
    }

    #[test]
    fn stages_never_depend_on_one_another() {
        for stage in STAGES {
            for other in STAGES {
                for kind in ["null", "\"dev\"", "\"build\""] {
                    assert!(refused(stage, other, kind).is_some(), "{stage} on {other}");
                }
            }
        }
    }

    #[test]
    fn arrows_point_one_way() {
        for (member, allowed) in ARROWS {
            for (other, _) in ARROWS {
                let may = allowed.contains(other);
                assert_eq!(
                    refused(member, other, "null").is_none(),
                    may,
                    "{member} on {other}"
                );
                assert!(
                    !may || refused(other, member, "null").is_some(),
                    "{member} and {other}"
                );
            }
        }
        assert_eq!(
            refused("n2d-core", "n2d-neighbors", "null").unwrap(),
            "crates/x/Cargo.toml:2: `n2d-core` may depend on no other crate of the workspace, but does on \
             `n2d-neighbors`: move the code to where it may be used [arrows]"
        );
    }

    #[test]
    fn tests_of_stages_may_use_data_and_scores() {
        assert_eq!(refused("n2d-cluster", "n2d-datasets", "\"dev\""), None);
        assert!(refused("n2d-cluster", "n2d-datasets", "null").is_some());
        assert!(refused("n2d-core", "n2d-datasets", "\"dev\"").is_some());
    }

    #[test]
    fn backends_are_known_to_their_crate_only() {
        assert_eq!(refused("n2d-encoder", "burn", "null"), None);
        assert_eq!(refused("n2d-manifold", "ndarray", "null"), None);
        assert!(refused("n2d-manifold", "burn", "null").is_some());
        assert!(refused("n2d-core", "burn-flex", "\"dev\"").is_some());
        assert!(refused("n2d", "clap", "null").is_some());
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        assert!(refused("n2d-new", "ndarray", "null").unwrap().contains("add it"));
    }
}
