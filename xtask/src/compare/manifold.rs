//! `cargo xtask compare manifold`: neighbours and manifold learners on the latents of MNIST; and `manifold-quality`: UMAP's
//! embeddings of four sets, over seeds.

use std::path::Path;

use serde_json::json;

use super::Arguments;
use super::arena::{Arena, Entrant, Match, Side, keep, ours};
use super::data::Data;
use super::table::{self, Row};

const UMAP: &[Entrant] = &[
    ("n2d", Side::Ours, "umap"),
    ("umap-learn 0.5.12, random_state set", Side::Python, "umap-seeded"),
    (
        "umap-learn 0.5.12, random_state unset",
        Side::Python,
        "umap-unseeded",
    ),
    ("manifolds-rs 0.8.0", Side::Rival, "umap"),
];
const NEIGHBORS: &[Entrant] = &[
    ("n2d", Side::Ours, "neighbors"),
    ("pynndescent 0.7.0", Side::Python, "pynndescent"),
    ("scikit-learn 1.9.1", Side::Python, "sklearn-neighbors"),
];
const TRANSFORM: &[Entrant] = &[
    ("n2d", Side::Ours, "umap-transform"),
    ("umap-learn 0.5.12", Side::Python, "umap-transform"),
];
const TSNE: &[Entrant] = &[
    ("n2d", Side::Ours, "tsne"),
    ("openTSNE 1.0.4", Side::Python, "opentsne"),
];
const ISOMAP: &[Entrant] = &[
    ("n2d", Side::Ours, "isomap"),
    ("scikit-learn 1.9.1", Side::Python, "isomap"),
];
const SPECTRAL: &[Entrant] = &[
    ("n2d", Side::Ours, "spectral_embedding"),
    ("scikit-learn 1.9.1", Side::Python, "spectral_embedding"),
];

/// What numba has compiled for these many rows, it has for all: below 4096, of which half may be new rows, umap-learn takes another way.
const WARM_UP: usize = 12_000;

fn matches(data: &Data) -> Result<Vec<Match>, String> {
    let latents = || -> Result<Match, String> {
        Ok(Match {
            file: data.latents("mnist")?,
            judge: Some(("judge-embedding", json!({}))),
            warm_up_rows: Some(WARM_UP),
            ..Match::default()
        })
    };
    let with_classes = Some(("judge-embedding", data.classes("mnist")?));
    let k = json!({"k": 20});
    Ok(vec![
        Match {
            task: "20 neighbours, 70 000 x 10".to_owned(),
            options: k.clone(),
            judge: Some(("judge-neighbors", k)),
            entrants: NEIGHBORS,
            ..latents()?
        },
        Match {
            task: "UMAP, 70 000 x 10 to 10".to_owned(),
            options: json!({"n_components": 10}),
            judge: with_classes.clone(),
            entrants: UMAP,
            ..latents()?
        },
        Match {
            task: "UMAP, 10 000 new rows among 60 000".to_owned(),
            options: json!({"n_components": 10, "n_fitted": 60_000}),
            judge: with_classes,
            entrants: TRANSFORM,
            ..latents()?
        },
        Match {
            task: "t-SNE, 70 000 x 10 to 2".to_owned(),
            options: json!({}),
            entrants: TSNE,
            ..latents()?
        },
        Match {
            task: "Isomap, 10 000 x 10 to 2".to_owned(),
            rows: Some(10_000),
            options: json!({"n_neighbors": 10, "n_components": 2}),
            entrants: ISOMAP,
            ..latents()?
        },
        Match {
            task: "spectral embedding, 10 000 x 10 to 2".to_owned(),
            rows: Some(10_000),
            options: json!({"n_neighbors": 20, "n_components": 2}),
            entrants: SPECTRAL,
            ..latents()?
        },
    ])
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let mut arena = Arena::open(root, arguments.rounds, "manifold.py", "cluster")?.with_rivals(root)?;
    let data = Data::of(root, arguments)?;
    let mut rows = Vec::new();
    for a_match in matches(&data)? {
        if arguments.want(&a_match.task) {
            rows.extend(arena.fight(&a_match)?);
        }
    }
    keep(root, arguments, "manifold", rows)?;
    keep(root, arguments, "manifold-growth", growth(root, arguments)?)
}

/// UMAP's time and memory against the number of rows, each round in a process of its own.
fn growth(root: &Path, arguments: &Arguments) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for n_samples in [10_000, 100_000, 1_000_000] {
        let task = format!("UMAP, {n_samples} x 32 to 2, made up");
        if !arguments.want(&task) {
            continue;
        }
        let options = json!({"n_samples": n_samples, "n_features": 32, "n_components": 2});
        let job = json!({"method": "umap-growth", "options": options});
        // One of a million takes minutes.
        let rounds = if n_samples > 100_000 { 1 } else { arguments.rounds };
        let answers = (0..rounds)
            .map(|_| ours(root)?.run(&job))
            .collect::<Result<_, _>>()?;
        let row = Row {
            task,
            contender: "n2d".to_owned(),
            answers,
            summary: None,
        };
        print!("{}", table::lines(std::slice::from_ref(&row)));
        rows.push(row);
    }
    Ok(rows)
}

/// Every seed of every set by both, judged alike. Seconds stand beside, but a seed is run once only.
pub(super) fn quality(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let mut arena = Arena::open(root, 1, "manifold.py", "cluster")?.without_warm_up();
    let data = Data::of(root, arguments)?;
    let mut rows: Vec<Row> = Vec::new();
    for set in Data::sets() {
        let mut of_set: Vec<Row> = Vec::new();
        for seed in 0..arguments.rounds {
            let found = arena.fight(&Match {
                task: format!("UMAP, {set}'s latents to 10"),
                file: data.latents(set)?,
                options: json!({"n_components": 10, "seed": seed}),
                judge: Some(("judge-embedding", data.classes(set)?)),
                entrants: &UMAP[..2],
                ..Match::default()
            })?;
            match of_set.is_empty() {
                true => of_set = found,
                false => of_set
                    .iter_mut()
                    .zip(found)
                    .for_each(|(all, one)| all.answers.extend(one.answers)),
            }
        }
        of_set.iter_mut().for_each(sum_up);
        rows.extend(of_set);
    }
    keep(root, arguments, "manifold-quality", rows)
}

/// The table of a record of [`quality`].
pub(super) fn table_of_quality(csv: &str) -> String {
    let mut rows = table::parsed(csv);
    rows.iter_mut().for_each(sum_up);
    table::markdown(&rows)
}

/// The table shows the last answer's words: those of all seeds, in place of its own, which the record of rounds has.
fn sum_up(row: &mut Row) {
    let figures = |name: &str| -> Vec<f64> {
        let of = |result: &String| {
            let (_, after) = result.split_once(name)?;
            after.trim().split(',').next()?.parse().ok()
        };
        row.answers
            .iter()
            .filter_map(|answer| of(&answer.result))
            .collect()
    };
    let said = ["trustworthiness", "ACC", "NMI"].map(|name| {
        let values = figures(name);
        let (least, most) = values
            .iter()
            .fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), &v| {
                (low.min(v), high.max(v))
            });
        format!("{name} {:.4} ({least:.4} to {most:.4})", table::median(values))
    });
    row.summary = Some(said.join(", "));
}
