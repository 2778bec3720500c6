//! `cargo xtask compare cluster`: HDBSCAN, Gaussian mixtures and k-means on what UMAP makes of MNIST, and on its pixels.

use std::path::Path;

use serde_json::json;

use super::Arguments;
use super::arena::{Arena, Entrant, Match, Side, keep, ours};
use super::data::Data;
use super::table::Row;

const HDBSCAN: &[Entrant] = &[
    ("n2d", Side::Ours, "hdbscan"),
    ("fast_hdbscan 0.3.4", Side::Python, "fast_hdbscan"),
    ("hdbscan 0.8.44", Side::Python, "hdbscan"),
    ("hdbscan-rs 0.6.1", Side::Ours, "hdbscan-rs"),
];
const MIXTURE: &[Entrant] = &[
    ("n2d", Side::Ours, "gmm"),
    ("scikit-learn 1.9.1", Side::Python, "gmm"),
];
const KMEANS: &[Entrant] = &[
    ("n2d", Side::Ours, "kmeans"),
    ("scikit-learn 1.9.1", Side::Python, "kmeans"),
    ("linfa 0.8.1", Side::Ours, "linfa-kmeans"),
];

fn matches(data: &Data) -> Result<Vec<Match>, String> {
    let hdbscan = json!({"min_cluster_size": 100, "min_samples": 10});
    Ok(vec![
        Match {
            task: "HDBSCAN, 70 000 x 2".to_owned(),
            file: data.embedding(2)?,
            options: hdbscan.clone(),
            entrants: HDBSCAN,
            ..Match::default()
        },
        Match {
            task: "HDBSCAN, 70 000 x 10".to_owned(),
            file: data.embedding(10)?,
            options: hdbscan,
            entrants: HDBSCAN,
            ..Match::default()
        },
        Match {
            task: "Gaussian mixture, n_init 1, 70 000 x 10".to_owned(),
            file: data.embedding(10)?,
            options: json!({"n_clusters": 10, "n_init": 1}),
            entrants: MIXTURE,
            ..Match::default()
        },
        Match {
            task: "k-means, n_init 10, 70 000 x 10".to_owned(),
            file: data.embedding(10)?,
            options: json!({"n_clusters": 10, "n_init": 10}),
            entrants: KMEANS,
            ..Match::default()
        },
        Match {
            task: "k-means, n_init 1, 70 000 x 784".to_owned(),
            file: data.pixels()?,
            options: json!({"n_clusters": 10, "n_init": 1}),
            entrants: KMEANS,
            ..Match::default()
        },
    ])
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let mut arena = Arena::open(root, arguments.rounds, "cluster.py", "cluster")?;
    let data = Data::of(root, arguments)?;
    let mut rows = Vec::new();
    for a_match in matches(&data)? {
        if arguments.want(&a_match.task) {
            rows.extend(arena.fight(&a_match)?);
        }
    }
    let growth = growth(root, arguments)?;
    keep(root, arguments, "cluster", rows)?;
    keep(root, arguments, "cluster-growth", growth)
}

/// HDBSCAN's time and memory against the number of rows, from few to many in a process of their own, whose peak memory is thus that
/// of the last job.
fn growth(root: &Path, arguments: &Arguments) -> Result<Vec<Row>, String> {
    let mut ours = ours(root)?;
    let mut rows = Vec::new();
    for n_samples in [10_000, 100_000, 1_000_000] {
        let task = format!("HDBSCAN, {n_samples} x 2, made up");
        if !arguments.want(&task) {
            continue;
        }
        let options = json!({"n_samples": n_samples, "min_cluster_size": 100, "min_samples": 10});
        let job = json!({"method": "hdbscan-growth", "options": options});
        let answers = (0..arguments.rounds)
            .map(|_| ours.run(&job))
            .collect::<Result<_, _>>()?;
        rows.push(Row {
            task,
            contender: "n2d".to_owned(),
            answers,
            summary: None,
        });
    }
    Ok(rows)
}
