//! `cargo xtask compare defaults`: what training gives the best clusters soonest, over data sets, subsets and seeds.
//!
//! Steps are what is compared: those of Adam take the same time whatever their rate, and seconds would tell of the machine. So fits
//! run side by side, each on one thread, which is quicker than one fit on all of them, and gives the same results.
//!
//! A run is kept as soon as it is done, and one that is kept is not made again: the command goes on where it was stopped. Delete
//! `benches/records/defaults.csv` to begin anew.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::arena::ours;
use super::runs::{MIXTURE_OF_RECORDS, last_line};
use super::table::median;
use super::{Arguments, machine};
use crate::cargo::build_measured;

/// A way to train: in words, the least number of steps, and options of the encoder.
struct Candidate {
    name: &'static str,
    steps: usize,
    batch_size: usize,
    settings: &'static [&'static str],
    /// Tried on the large sets, too, and with all seeds.
    finalist: bool,
}

const fn candidate(name: &'static str, steps: usize, settings: &'static [&'static str]) -> Candidate {
    Candidate {
        name,
        steps,
        batch_size: 256,
        settings,
        finalist: false,
    }
}

const fn finalist(candidate: Candidate) -> Candidate {
    Candidate {
        finalist: true,
        ..candidate
    }
}

static CANDIDATES: [Candidate; 7] = [
    finalist(candidate("Adam, constant", 1000, &[])),
    candidate("Adam, constant", 500, &[]),
    finalist(candidate("Adam, constant", 2000, &[])),
    Candidate {
        batch_size: 64,
        ..candidate("Adam, constant, batches of 64", 4000, &[])
    },
    candidate("Adam, cosine", 1000, &["schedule=cosine"]),
    finalist(candidate(
        "Adam, one-cycle to 0.003",
        1000,
        &["schedule=one-cycle", "learning_rate=0.003"],
    )),
    candidate(
        // Each of its steps costs as much as many of Adam's.
        "Muon, cosine from 0.01",
        250,
        &["optimizer=muon", "schedule=cosine", "learning_rate=0.01"],
    ),
];

/// Data sets, in the order of their turn: name, built-in set, rows taken of it.
const SETS: [(&str, Option<&str>, usize); 7] = [
    ("pendigits", Some("pendigits"), 10_992),
    ("mnist, 500 rows", Some("mnist"), 500),
    ("mnist, 2 000 rows", Some("mnist"), 2000),
    ("mnist, 10 000 rows", Some("mnist"), 10_000),
    ("hapt", None, 10_411),
    ("mnist", Some("mnist"), 70_000),
    ("fashion", Some("fashion"), 70_000),
];

/// Sets of more rows are for finalists.
const LARGE: usize = 20_000;
/// Seeds of those that are no finalists.
const FIRST_SEEDS: usize = 2;

/// One fit.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    set: String,
    candidate: String,
    steps: usize,
    seed: usize,
    acc: f64,
    nmi: f64,
}

impl Run {
    fn is_of(&self, set: &str, candidate: &Candidate, seed: usize) -> bool {
        (&*self.set, &*self.candidate, self.steps, self.seed) == (set, candidate.name, candidate.steps, seed)
    }
}

impl Candidate {
    /// Epochs that make the steps, and no fewer than a hundredth of their number: what the default gives for 1000 steps and few rows, and for 2000 and 10 000 to 77 000.
    fn epochs(&self, n_rows: usize) -> usize {
        let n_batches = n_rows.div_ceil(self.batch_size);
        self.steps
            .div_ceil(n_batches)
            .max(self.steps * self.batch_size / (100 * 256))
    }
}

/// What is to be fitted: the set's name and rows, the words by which it is read, a candidate, and a seed.
struct Fit {
    set: &'static str,
    n_rows: usize,
    data: Vec<PathBuf>,
    candidate: &'static Candidate,
    seed: usize,
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    build_measured(root)?;
    let record = root.join("benches/records/defaults.csv");
    let runs = std::fs::read_to_string(&record).map_or_else(|_| Vec::new(), |text| parsed(&text));
    let to_do = Mutex::new(to_do(root, arguments, &runs)?.into_iter());
    let runs = Mutex::new(runs);
    let failed = AtomicBool::new(false);
    let one_after_the_other = || -> Result<(), String> {
        while let Some(next) = next(&to_do).filter(|_| !failed.load(Ordering::Relaxed)) {
            let run = fit(root, &next).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            println!("{}", line(&run).trim_end());
            let mut runs = runs.lock().unwrap_or_else(PoisonError::into_inner);
            runs.push(run);
            keep(root, &runs)?;
        }
        Ok(())
    };
    let n_lanes = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..n_lanes).map(|_| scope.spawn(one_after_the_other)).collect();
        let ends = lanes
            .into_iter()
            .map(|lane| lane.join().map_err(|_| "a lane panicked".to_owned())?);
        ends.collect::<Result<(), String>>()
    })?;
    println!(
        "{}",
        markdown(&runs.into_inner().unwrap_or_else(PoisonError::into_inner))
    );
    Ok(())
}

fn next(to_do: &Mutex<impl Iterator<Item = Fit>>) -> Option<Fit> {
    to_do.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// What is not in the record. Seed after seed, so that a record cut short has as many of each set; the large sets come last.
fn to_do(root: &Path, arguments: &Arguments, runs: &[Run]) -> Result<Vec<Fit>, String> {
    let mut fits = Vec::new();
    for large in [false, true] {
        for seed in 0..arguments.rounds {
            for (set, built_in, n_rows) in SETS.into_iter().filter(|set| (set.2 >= LARGE) == large) {
                let wanted = |candidate: &&Candidate| {
                    (candidate.finalist || (!large && seed < FIRST_SEEDS))
                        && !runs.iter().any(|run| run.is_of(set, candidate, seed))
                };
                for candidate in CANDIDATES.iter().filter(wanted) {
                    let data = data(root, arguments, built_in, n_rows)?;
                    fits.push(Fit {
                        set,
                        n_rows,
                        data,
                        candidate,
                        seed,
                    });
                }
            }
        }
    }
    Ok(fits)
}

/// The words by which the program reads some rows of a set.
fn data(
    root: &Path,
    arguments: &Arguments,
    set: Option<&str>,
    n_rows: usize,
) -> Result<Vec<PathBuf>, String> {
    let data_dir = root.join(&arguments.data_dir);
    let Some(set) = set else {
        let hapt = data_dir.join("hapt");
        let files = [
            hapt.join("windows.f32.npy.gz"),
            "--labels".into(),
            hapt.join("activity.u8.npy.gz"),
        ];
        return Ok(files.to_vec());
    };
    if n_rows > LARGE || set == "pendigits" {
        return Ok(vec![set.into(), "--data-dir".into(), data_dir]);
    }
    let folder = root.join(format!("target/compare/{set}-{n_rows}"));
    if !folder.exists() {
        let options = json!({"set": set, "folder": folder, "data_dir": data_dir, "rows": n_rows});
        ours(root)?.run(&json!({"method": "export", "options": options}))?;
    }
    // They are scaled as the whole set is.
    Ok(vec![
        folder.join("rows.npy"),
        "--labels".into(),
        folder.join("classes.npy"),
        "--scale".into(),
        "none".into(),
    ])
}

fn fit(root: &Path, fit: &Fit) -> Result<Run, String> {
    let Fit {
        set,
        n_rows,
        data,
        candidate,
        seed,
    } = fit;
    let mut call = Command::new(root.join("target/release/n2d"));
    call.arg("fit").args(data);
    call.args(["--json", "--quiet", "--threads", "1", "--latent-dim", "10"]);
    call.args([
        "--seed",
        &seed.to_string(),
        "--epochs",
        &candidate.epochs(*n_rows).to_string(),
    ]);
    let batch_size = format!("batch_size={}", candidate.batch_size);
    for setting in candidate.settings.iter().copied().chain([&*batch_size]) {
        call.args(["--set", &format!("dense.{setting}")]);
    }
    let answer = last_line(call.args(MIXTURE_OF_RECORDS))?;
    let figure = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
    Ok(Run {
        set: (*set).to_owned(),
        candidate: candidate.name.to_owned(),
        steps: candidate.steps,
        seed: *seed,
        acc: figure(&answer["acc"]),
        nmi: figure(&answer["nmi"]),
    })
}

const HEAD: &str = "set;candidate;steps;seed;acc;nmi\n";

fn line(run: &Run) -> String {
    let Run {
        set,
        candidate,
        steps,
        seed,
        acc,
        nmi,
    } = run;
    format!("{set};{candidate};{steps};{seed};{acc:.4};{nmi:.4}\n")
}

fn parsed(text: &str) -> Vec<Run> {
    let run = |line: &str| {
        let cells: Vec<&str> = line.split(';').collect();
        let [set, candidate, steps, seed, acc, nmi] = cells[..] else {
            return None;
        };
        Some(Run {
            set: set.to_owned(),
            candidate: candidate.to_owned(),
            steps: steps.parse().ok()?,
            seed: seed.parse().ok()?,
            acc: acc.parse().ok()?,
            nmi: nmi.parse().ok()?,
        })
    };
    text.lines().filter_map(run).collect()
}

fn keep(root: &Path, runs: &[Run]) -> Result<(), String> {
    let csv = HEAD.to_owned() + &runs.iter().map(line).collect::<String>();
    for (ending, text) in [("csv", csv), ("md", markdown(runs))] {
        let path = root.join(format!("benches/records/defaults.{ending}"));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    machine::note(root, "defaults")
}

/// The table of a record.
pub(super) fn table_of(csv: &str) -> String {
    markdown(&parsed(csv))
}

/// One line for each set and candidate.
fn markdown(runs: &[Run]) -> String {
    let mut text = "| data | training of the dense encoder | steps at least | epochs | seeds | ACC median (worst) | NMI median (worst) |\n|---|---|---|---|---|---|---|\n".to_owned();
    for (set, _, n_rows) in SETS {
        for candidate in &CANDIDATES {
            let its: Vec<&Run> = runs
                .iter()
                .filter(|run| {
                    (&*run.set, &*run.candidate, run.steps) == (set, candidate.name, candidate.steps)
                })
                .collect();
            if its.is_empty() {
                continue;
            }
            let of = |figure: fn(&Run) -> f64| -> Vec<f64> { its.iter().map(|run| figure(run)).collect() };
            let worst = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
            let (acc, nmi) = (of(|run| run.acc), of(|run| run.nmi));
            text += &format!(
                "| {set} | {} | {} | {} | {} | {:.3} ({:.3}) | {:.3} ({:.3}) |\n",
                candidate.name,
                candidate.steps,
                candidate.epochs(n_rows),
                its.len(),
                median(acc.clone()),
                worst(&acc),
                median(nmi.clone()),
                worst(&nmi),
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_kept_and_summed_up() {
        let run = |seed, acc| Run {
            set: "pendigits".to_owned(),
            candidate: CANDIDATES[0].name.to_owned(),
            steps: 1000,
            seed,
            acc,
            nmi: acc / 2.0,
        };
        let runs = [run(0, 0.5), run(1, 0.75), run(2, 0.625)];
        let csv = HEAD.to_owned() + &runs.iter().map(line).collect::<String>();
        let read = parsed(&csv);
        assert_eq!(read.len(), 3);
        assert_eq!(read[1].acc, 0.75);
        let table = markdown(&read);
        let expected = "| pendigits | Adam, constant | 1000 | 24 | 3 | 0.625 (0.500) | 0.312 (0.250) |";
        assert!(table.contains(expected), "{table}");
    }

    #[test]
    fn epochs_are_those_of_the_default() {
        assert_eq!(CANDIDATES[0].epochs(500), 500);
        assert_eq!(CANDIDATES[0].epochs(2000), 125);
        assert_eq!(CANDIDATES[2].epochs(10_992), 47);
        assert_eq!(CANDIDATES[2].epochs(70_000), 20);
        // As many passes with a quarter of the rows in a step.
        assert_eq!(CANDIDATES[3].epochs(10_992), 24);
    }
}
