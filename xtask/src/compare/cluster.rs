//! `cargo xtask compare cluster`: HDBSCAN, Gaussian mixtures and k-means on what UMAP makes of MNIST, and on its pixels.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::contender::Contender;
use super::table::{Row, csv, markdown};
use super::{Arguments, python};
use crate::cargo::cargo;

/// Who takes part in a match: the name shown, whether it is Python, and the method's name in jobs.
type Entrant = (&'static str, bool, &'static str);

struct Match {
    task: &'static str,
    file: &'static str,
    options: Value,
    /// Ours first.
    entrants: &'static [Entrant],
}

const HDBSCAN: &[Entrant] = &[
    ("n2d", false, "hdbscan"),
    ("fast_hdbscan 0.3.4", true, "fast_hdbscan"),
    ("hdbscan 0.8.44", true, "hdbscan"),
    ("hdbscan-rs 0.6.1", false, "hdbscan-rs"),
];
const MIXTURE: &[Entrant] = &[("n2d", false, "gmm"), ("scikit-learn 1.9.1", true, "gmm")];
const KMEANS: &[Entrant] = &[
    ("n2d", false, "kmeans"),
    ("scikit-learn 1.9.1", true, "kmeans"),
    ("linfa 0.8.1", false, "linfa-kmeans"),
];

fn matches() -> Vec<Match> {
    let hdbscan = json!({"min_cluster_size": 100, "min_samples": 10});
    vec![
        Match {
            task: "HDBSCAN, 70 000 x 2",
            file: "embedding-2.npy",
            options: hdbscan.clone(),
            entrants: HDBSCAN,
        },
        Match {
            task: "HDBSCAN, 70 000 x 10",
            file: "embedding-10.npy",
            options: hdbscan,
            entrants: HDBSCAN,
        },
        Match {
            task: "Gaussian mixture, n_init 1, 70 000 x 10",
            file: "embedding-10.npy",
            options: json!({"n_clusters": 10, "n_init": 1}),
            entrants: MIXTURE,
        },
        Match {
            task: "k-means, n_init 10, 70 000 x 10",
            file: "embedding-10.npy",
            options: json!({"n_clusters": 10, "n_init": 10}),
            entrants: KMEANS,
        },
        Match {
            task: "k-means, n_init 1, 70 000 x 784",
            file: "pixels.npy",
            options: json!({"n_clusters": 10, "n_init": 1}),
            entrants: KMEANS,
        },
    ]
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let python = python::interpreter(root, python::STAGES)?;
    python::succeed(&mut cargo(
        root,
        [
            "build",
            "--release",
            "--locked",
            "-p",
            "n2d-cli",
            "-p",
            "n2d-benches",
        ],
    ))?;
    let folder = data(root, arguments)?;
    let mut rust = Contender::start(
        "n2d-contender",
        Command::new(root.join("target/release/n2d-contender")),
    )?;
    let script = root.join("benches/peers/cluster.py");
    let mut python = Contender::start("cluster.py", python::contender(&python, &script))?;
    let mut rows = Vec::new();
    for a_match in matches() {
        rows.extend(fight(
            &a_match,
            &folder,
            arguments.rounds,
            [&mut rust, &mut python],
        )?);
        println!("{}", markdown(&rows).lines().last().unwrap_or_default());
    }
    let growth = growth(root, arguments.rounds)?;
    keep(root, "cluster", &rows)?;
    keep(root, "cluster-growth", &growth)
}

/// Writes the records, and shows them.
fn keep(root: &Path, name: &str, rows: &[Row]) -> Result<(), String> {
    let records = root.join("benches/records");
    std::fs::create_dir_all(&records).map_err(|error| format!("{}: {error}", records.display()))?;
    for (ending, text) in [("csv", csv(rows)), ("md", markdown(rows))] {
        let path = records.join(format!("{name}.{ending}"));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!("\n{}", markdown(rows));
    Ok(())
}

/// HDBSCAN's time and memory against the number of rows, from few to many in a process of their own, whose peak memory is thus that
/// of the last job.
fn growth(root: &Path, rounds: usize) -> Result<Vec<Row>, String> {
    let mut rust = Contender::start(
        "n2d-contender",
        Command::new(root.join("target/release/n2d-contender")),
    )?;
    let mut rows = Vec::new();
    for n_samples in [10_000, 100_000, 1_000_000] {
        let options = json!({"n_samples": n_samples, "min_cluster_size": 100, "min_samples": 10});
        let job = json!({"method": "hdbscan-growth", "options": options});
        let answers = (0..rounds).map(|_| rust.run(&job)).collect::<Result<_, _>>()?;
        rows.push(Row {
            task: format!("HDBSCAN, {n_samples} x 2, made up"),
            contender: "n2d",
            answers,
        });
    }
    Ok(rows)
}

/// All rounds of a match, the warm-up left out.
fn fight(
    a_match: &Match,
    folder: &Path,
    rounds: usize,
    contenders: [&mut Contender; 2],
) -> Result<Vec<Row>, String> {
    let job = |method: &str| json!({"method": method, "file": folder.join(a_match.file), "options": a_match.options});
    let mut rows: Vec<Row> = a_match
        .entrants
        .iter()
        .map(|&(contender, ..)| Row {
            task: a_match.task.to_owned(),
            contender,
            answers: Vec::new(),
        })
        .collect();
    for round in 0..=rounds {
        for (row, &(_, is_python, method)) in rows.iter_mut().zip(a_match.entrants) {
            let answer = contenders[usize::from(is_python)].run(&job(method))?;
            if round > 0 {
                row.answers.push(answer);
            }
        }
    }
    Ok(rows)
}

/// MNIST's pixels and what UMAP makes of its latents, in 2 and 10 components; made by the program itself, once.
fn data(root: &Path, arguments: &Arguments) -> Result<PathBuf, String> {
    let folder = root.join("target/compare");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let n2d = |words: &[&str]| {
        let mut call = Command::new(root.join("target/release/n2d"));
        call.args(words).current_dir(&folder);
        python::succeed(&mut call)
    };
    let missing = |name: &str| !folder.join(name).exists();
    let data_dir = root.join(&arguments.data_dir);
    let data_dir = data_dir.to_string_lossy();
    let later = ["--clusters", "10", "--clusterer", "kmeans"];
    if missing("embedding-10.npy") {
        let mnist = ["fit", "mnist", "--data-dir", &data_dir, "--epochs", "10"];
        n2d(&[
            &mnist[..],
            &["--latent", "latent.npy", "--embedding", "embedding-10.npy"],
        ]
        .concat())?;
    }
    if missing("embedding-2.npy") {
        let two = [
            "fit",
            "latent.npy",
            "--encoder",
            "identity",
            "--set",
            "umap.n_components=2",
        ];
        n2d(&[&two[..], &["--embedding", "embedding-2.npy"], &later].concat())?;
    }
    if missing("pixels.npy") {
        let raw = [
            "fit",
            "mnist",
            "--data-dir",
            &data_dir,
            "--encoder",
            "identity",
            "--manifold",
            "identity",
        ];
        n2d(&[&raw[..], &["--embedding", "pixels.npy"], &later].concat())?;
    }
    Ok(folder)
}
