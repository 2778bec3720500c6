//! `cargo xtask compare ensembles`: one pipeline beside ways to make one result of several, over seeds.

use std::path::Path;

use super::Arguments;
use super::runs::{Record, ours};
use crate::cargo::build_measured;

const SELF_TRAINING: &[&str] = &["--self-training"];
/// As the paper on selective pseudo-labels has it (arXiv 2107.10692): many members, trained little.
const BY_MANY: &[&str] = &[
    "--self-training",
    "--set",
    "ensemble.n_members=15",
    "--epochs",
    "5",
];
const GRAPH: &[&str] = &["--ensemble", "3"];
const VOTES: &[&str] = &["--ensemble", "3", "--set", "ensemble.consensus=votes"];
const CO_ASSOCIATION: &[&str] = &["--ensemble", "3", "--set", "ensemble.consensus=co_association"];

/// Data sets with the ways that are tried on them: several members only where they are cheap.
const SETS: [(&str, &[(&str, &[&str])]); 4] = [
    (
        "mnist",
        &[("one pipeline", &[]), ("self-training", SELF_TRAINING)],
    ),
    (
        "mnist-test",
        &[
            ("one pipeline", &[]),
            ("self-training", SELF_TRAINING),
            ("taught by 15 members of 5 epochs", BY_MANY),
        ],
    ),
    (
        "pendigits",
        &[
            ("one pipeline", &[]),
            ("mean graph of 3", GRAPH),
            ("votes of 3", VOTES),
            ("co-association of 3", CO_ASSOCIATION),
            ("self-training", SELF_TRAINING),
        ],
    ),
    (
        "fashion",
        &[("one pipeline", &[]), ("self-training", SELF_TRAINING)],
    ),
];

/// Seed after seed, so that a record cut short has as many of each. `--only` is a part of the name of a set and a way, such as "mnist, self-training".
pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    build_measured(root)?;
    let mut record = Record::open(root, "ensembles")?;
    for (data, ways) in SETS {
        for seed in 0..arguments.rounds {
            for (way, more) in ways
                .iter()
                .filter(|(way, _)| arguments.want(&format!("{data}, {way}")))
            {
                record.add((data, way, seed), || ours(root, arguments, data, more, seed))?;
            }
        }
    }
    record.write()
}
