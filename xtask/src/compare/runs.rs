//! Whole fits over seeds: a record that is added to fit by fit, and its table.
//!
//! What is in the record is not done again, so that a command goes on where it was stopped. Delete the CSV to begin anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::table::median;
use super::{Arguments, machine};

/// One fit of one contender.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    data: String,
    contender: String,
    seed: usize,
    /// ACC, NMI, ARI, the seconds of encoder, manifold learner, clusterer and all, and peak memory in MiB; NaN for what there is none of.
    figures: [f64; 8],
}

const FIGURES: [&str; 8] = [
    "acc",
    "nmi",
    "ari",
    "encoder_seconds",
    "manifold_seconds",
    "clusterer_seconds",
    "total_seconds",
    "peak_mib",
];

/// The mixture's options that were the defaults when the records were made whose fits have them.
pub(super) const MIXTURE_OF_RECORDS: [&str; 4] = ["--set", "gmm.init=kmeans", "--set", "gmm.n_init=10"];

/// The place of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Acc = 0,
    Nmi = 1,
    Ari = 2,
    Encoder = 3,
    Manifold = 4,
    Clusterer = 5,
    Total = 6,
    Peak = 7,
}

/// The fits recorded under a name in `benches/records`.
pub(super) struct Record {
    root: PathBuf,
    name: &'static str,
    runs: Vec<Run>,
}

impl Record {
    /// What has been recorded.
    pub(super) fn open(root: &Path, name: &'static str) -> Result<Self, String> {
        let path = root.join(format!("benches/records/{name}.csv"));
        let runs = match std::fs::read_to_string(&path) {
            Ok(text) => parsed(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        Ok(Self {
            root: root.to_owned(),
            name,
            runs,
        })
    }

    /// Adds the fit of a contender from a seed, unless it is there; `fit` gives what the program says of it, as JSON.
    pub(super) fn add(
        &mut self,
        (data, contender, seed): (&str, &str, usize),
        fit: impl FnOnce() -> Result<Value, String>,
    ) -> Result<(), String> {
        let is_it = |run: &Run| (&*run.data, &*run.contender, run.seed) == (data, contender, seed);
        if self.runs.iter().any(is_it) {
            return Ok(());
        }
        let answer = fit()?;
        println!("{data} {contender} seed {seed}: {answer}");
        self.runs.push(Run {
            data: data.to_owned(),
            contender: contender.to_owned(),
            seed,
            figures: figures(&answer),
        });
        self.write()?;
        machine::note(&self.root, self.name)
    }

    /// The median over the seeds of a contender on a data set, if there is one.
    pub(super) fn median(&self, key: (&str, &str), figure: Figure) -> Option<f64> {
        let figures = sorted(&self.runs, key, figure);
        (!figures.is_empty()).then(|| median(figures))
    }

    /// Writes the record and its table.
    pub(super) fn write(&self) -> Result<(), String> {
        for (ending, text) in [("csv", csv(&self.runs)), ("md", markdown(&self.runs))] {
            let path = self.root.join(format!("benches/records/{}.{ending}", self.name));
            // Never half a file: what it has may have taken hours.
            let new = path.with_extension("new");
            std::fs::write(&new, text)
                .and_then(|()| std::fs::rename(&new, &path))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}

/// The program as a user calls it, on a built-in set or a file.
pub(super) fn ours(
    root: &Path,
    arguments: &Arguments,
    data: &str,
    more: &[&str],
    seed: usize,
) -> Result<Value, String> {
    let mut call = Command::new(root.join("target/release/n2d"));
    call.args(["fit", data, "--json", "--quiet"]).args(more);
    if Path::new(data).extension().is_none() {
        call.arg("--data-dir").arg(root.join(&arguments.data_dir));
    }
    last_line(call.args(["--seed", &seed.to_string()]))
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

fn figures(answer: &Value) -> [f64; 8] {
    FIGURES.map(|name| {
        let value = match name.strip_suffix("_seconds") {
            Some(stage) => &answer["seconds"][stage],
            None if name == "peak_mib" => &answer["peak_rss_mb"],
            None => &answer[name],
        };
        value.as_f64().unwrap_or(f64::NAN)
    })
}

fn csv(runs: &[Run]) -> String {
    let mut text = format!("data,contender,seed,{}\n", FIGURES.join(","));
    for run in runs {
        let shown = |(at, &figure): (usize, &f64)| match at {
            _ if figure.is_nan() => String::new(),
            0..3 => format!("{figure:.5}"),
            3..7 => format!("{figure:.3}"),
            _ => format!("{figure:.1}"),
        };
        let figures: Vec<String> = run.figures.iter().enumerate().map(shown).collect();
        text += &format!(
            "{},\"{}\",{},{}\n",
            run.data,
            run.contender,
            run.seed,
            figures.join(",")
        );
    }
    text
}

fn parsed(text: &str) -> Result<Vec<Run>, String> {
    let run = |(number, line): (usize, &str)| {
        let read = || -> Option<Run> {
            let (data, rest) = line.split_once(",\"")?;
            let (contender, rest) = rest.split_once("\",")?;
            let mut cells = rest.split(',');
            let seed = cells.next()?.parse().ok()?;
            let mut figures = [f64::NAN; 8];
            for figure in &mut figures {
                let cell = cells.next()?;
                if !cell.is_empty() {
                    *figure = cell.parse().ok()?;
                }
            }
            Some(Run {
                data: data.to_owned(),
                contender: contender.to_owned(),
                seed,
                figures,
            })
        };
        read().ok_or_else(|| format!("line {} of the record: `{line}`", number + 1))
    };
    text.lines().enumerate().skip(1).map(run).collect()
}

/// What the seeds of a contender on a data set came to.
fn sorted(runs: &[Run], key: (&str, &str), figure: Figure) -> Vec<f64> {
    let its = runs.iter().filter(|run| (&*run.data, &*run.contender) == key);
    let mut figures: Vec<f64> = its.map(|run| run.figures[figure as usize]).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// The table of a record.
pub(super) fn table_of(csv: &str) -> Result<String, String> {
    Ok(markdown(&parsed(csv)?))
}

/// A line for each contender on each data set, in the order in which they came first.
fn markdown(runs: &[Run]) -> String {
    let mut text = "| data | contender | seeds | seconds, median (min to max) | peak MiB | ACC median (worst) | NMI median (worst) | ARI median (worst) |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    let mut done: Vec<(&str, &str)> = Vec::new();
    for run in runs {
        let key = (&*run.data, &*run.contender);
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let [seconds, memory] = [Figure::Total, Figure::Peak].map(|figure| sorted(runs, key, figure));
        let scores = [Figure::Acc, Figure::Nmi, Figure::Ari].map(|figure| {
            let scores = sorted(runs, key, figure);
            format!("{:.3} ({:.3})", median(scores.clone()), scores[0])
        });
        let last = seconds.len() - 1;
        text += &format!(
            "| {} | {} | {} | {:.1} ({:.1} to {:.1}) | {:.0} | {} |\n",
            run.data,
            run.contender,
            seconds.len(),
            median(seconds.clone()),
            seconds[0],
            seconds[last],
            memory[last],
            scores.join(" | "),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seeds_are_summed_up_and_read_again() {
        let run = |seed, acc: f64, seconds: f64| Run {
            data: "mnist".to_owned(),
            contender: "n2d, as it is".to_owned(),
            seed,
            figures: figures(
                &json!({"acc": acc, "nmi": acc, "ari": acc, "seconds": {"total": seconds}, "peak_rss_mb": 10.0 + seconds}),
            ),
        };
        let runs = [run(0, 0.5, 3.0), run(1, 0.9, 1.0), run(2, 0.7, 2.0)];
        let table = markdown(&runs);
        assert!(
            table.contains(
                "| mnist | n2d, as it is | 3 | 2.0 (1.0 to 3.0) | 13 | 0.700 (0.500) | 0.700 (0.500) | 0.700 (0.500) |"
            ),
            "{table}"
        );
        let again = parsed(&csv(&runs)).unwrap();
        assert_eq!(markdown(&again), table);
        assert!(parsed("head\nx,y").unwrap_err().contains("line 2"));
    }
}
