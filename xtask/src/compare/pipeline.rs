//! `cargo xtask compare pipeline`: whole runs, from rows to labels, beside the Python stack, over seeds.
//!
//! Each fit is a process of its own, so that its peak memory is that of the fit. What loading and compiling takes is in no one's seconds but
//! numba's compilation in its first call, which a user of umap-learn pays in every process.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::contender::Contender;
use super::table::median;
use super::{Arguments, python};
use crate::cargo::cargo;

/// Data sets with their numbers of clusters, and the epochs of both sides: our default's.
const SETS: [(&str, usize, usize); 2] = [("pendigits", 10, 24), ("mnist", 10, 10)];

/// One fit of one contender.
struct Run {
    data: &'static str,
    contender: &'static str,
    seed: usize,
    answer: Value,
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let python = python::interpreter(root, "pipeline")?;
    let build = [
        "build",
        "--release",
        "--locked",
        "-p",
        "n2d-cli",
        "-p",
        "n2d-benches",
    ];
    python::succeed(&mut cargo(root, build))?;
    let mut runs = Vec::new();
    for (data, n_clusters, epochs) in SETS {
        let folder = root.join("target/compare").join(data);
        export(root, arguments, data, &folder)?;
        for seed in 0..arguments.rounds {
            let ours = ours(root, arguments, data, epochs, seed)?;
            runs.push(shown(Run {
                data,
                contender: "n2d",
                seed,
                answer: ours,
            }));
            for (contender, method) in [
                ("Keras, umap-learn, scikit-learn (as n2d 0.3.2)", "n2d"),
                ("umap-learn, hdbscan (no encoder)", "umap-hdbscan"),
            ] {
                let mut call = python::contender(&python, &root.join("benches/peers/pipeline.py"));
                call.arg(method)
                    .args([folder.join("rows.npy"), folder.join("classes.npy")]);
                call.args([n_clusters, epochs, seed].map(|number| number.to_string()));
                let answer = last_line(&mut call)?;
                runs.push(shown(Run {
                    data,
                    contender,
                    seed,
                    answer,
                }));
            }
        }
    }
    for (ending, text) in [("csv", csv(&runs)), ("md", markdown(&runs))] {
        let path = root.join(format!("benches/records/pipeline.{ending}"));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn export(root: &Path, arguments: &Arguments, data: &str, folder: &Path) -> Result<(), String> {
    let program = Command::new(root.join("target/release/n2d-contender"));
    let options = json!({"set": data, "folder": folder, "data_dir": root.join(&arguments.data_dir)});
    Contender::start("n2d-contender", program)?
        .run(&json!({"method": "export", "options": options}))
        .map(|_| ())
}

/// The program as a user calls it.
fn ours(root: &Path, arguments: &Arguments, data: &str, epochs: usize, seed: usize) -> Result<Value, String> {
    let mut call = Command::new(root.join("target/release/n2d"));
    call.args(["fit", data, "--json", "--quiet", "--data-dir"])
        .arg(root.join(&arguments.data_dir))
        .args(["--epochs", &epochs.to_string(), "--seed", &seed.to_string()]);
    last_line(&mut call)
}

/// What a program says last, as JSON.
pub(super) fn last_line(call: &mut Command) -> Result<Value, String> {
    let shown = format!("{call:?}");
    let output = call.output().map_err(|error| format!("{shown}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last)
        .map_err(|_| format!("{shown}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

fn shown(run: Run) -> Run {
    println!("{} {} seed {}: {}", run.data, run.contender, run.seed, run.answer);
    run
}

fn figure(run: &Run, name: &str) -> f64 {
    run.answer[name].as_f64().unwrap_or(f64::NAN)
}

fn total(run: &Run) -> f64 {
    run.answer["seconds"]["total"].as_f64().unwrap_or(f64::NAN)
}

fn csv(runs: &[Run]) -> String {
    let mut text = "data,contender,seed,acc,nmi,ari,encoder_seconds,manifold_seconds,clusterer_seconds,total_seconds,peak_mib\n".to_owned();
    for run in runs {
        let seconds = ["encoder", "manifold", "clusterer", "total"];
        let seconds = seconds.map(|stage| {
            run.answer["seconds"][stage]
                .as_f64()
                .map_or_else(String::new, |s| format!("{s:.3}"))
        });
        text += &format!(
            "{},\"{}\",{},{:.5},{:.5},{:.5},{},{:.1}\n",
            run.data,
            run.contender,
            run.seed,
            figure(run, "acc"),
            figure(run, "nmi"),
            figure(run, "ari"),
            seconds.join(","),
            figure(run, "peak_rss_mb"),
        );
    }
    text
}

fn markdown(runs: &[Run]) -> String {
    let mut text = "| data | contender | seeds | seconds, median (min to max) | peak MiB | ACC median (worst) | NMI median (worst) |\n|---|---|---|---|---|---|---|\n".to_owned();
    let mut done: Vec<(&str, &str)> = Vec::new();
    for run in runs {
        let key = (run.data, run.contender);
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let of_key: Vec<&Run> = runs
            .iter()
            .filter(|other| (other.data, other.contender) == key)
            .collect();
        let sorted = |figure: &dyn Fn(&Run) -> f64| {
            let mut figures: Vec<f64> = of_key.iter().map(|run| figure(run)).collect();
            figures.sort_by(f64::total_cmp);
            figures
        };
        let (seconds, memory) = (sorted(&total), sorted(&|run| figure(run, "peak_rss_mb")));
        let (acc, nmi) = (
            sorted(&|run| figure(run, "acc")),
            sorted(&|run| figure(run, "nmi")),
        );
        let last = of_key.len() - 1;
        text += &format!(
            "| {} | {} | {} | {:.1} ({:.1} to {:.1}) | {:.0} | {:.3} ({:.3}) | {:.3} ({:.3}) |\n",
            run.data,
            run.contender,
            of_key.len(),
            median(seconds.clone()),
            seconds[0],
            seconds[last],
            memory[last],
            median(acc.clone()),
            acc[0],
            median(nmi.clone()),
            nmi[0],
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_summed_up() {
        let run = |seed, acc, seconds| Run {
            data: "mnist",
            contender: "n2d",
            seed,
            answer: json!({"acc": acc, "nmi": acc, "ari": acc, "seconds": {"total": seconds}, "peak_rss_mb": 10.0 + seconds}),
        };
        let runs = [run(0, 0.5, 3.0), run(1, 0.9, 1.0), run(2, 0.7, 2.0)];
        let table = markdown(&runs);
        assert!(
            table.contains("| mnist | n2d | 3 | 2.0 (1.0 to 3.0) | 13 | 0.700 (0.500) | 0.700 (0.500) |"),
            "{table}"
        );
        assert_eq!(csv(&runs).lines().count(), 4);
    }
}
