//! `cargo xtask bench`: the hot paths timed, and what has become slower since the baseline was recorded.
//!
//! Machines differ, and one machine differs from hour to hour. So a time is told in yardsticks: the time of a matrix product that the same run takes,
//! and which no change of ours makes faster.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::{cargo, succeed};
use crate::compare::machine;
use crate::{Outcome, bad_usage};

const BASELINE: &str = "benches/records/bench.csv";
const YARDSTICK: &str = "yardstick/matrix product";
/// Growth of a time, in yardsticks, that is called slower: runs on shared machines differ by less.
const SLOWER: f64 = 1.25;

/// A path with its median time in seconds.
#[derive(Debug, Clone, PartialEq)]
struct Timing {
    name: String,
    seconds: f64,
    /// The time in yardsticks of its run.
    yardsticks: f64,
}

/// The command: times everything and compares; with `--record` what was timed becomes the baseline.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Outcome {
    let records = match arguments {
        [] => false,
        [only] if only == "--record" => true,
        _ => return bad_usage("`bench` takes nothing but --record"),
    };
    match bench(root, records) {
        Ok(true) => Outcome::Passed,
        Ok(false) => Outcome::Failed,
        Err(error) => {
            eprintln!("bench: {error}");
            Outcome::Failed
        }
    }
}

/// Whether nothing has become slower.
fn bench(root: &Path, records: bool) -> Result<bool, String> {
    let folder = root.join("target/criterion");
    // What earlier runs have left, of other benchmarks perhaps.
    let _ = std::fs::remove_dir_all(&folder);
    // With the program, as what measures is built elsewhere, so that nothing is built for this alone.
    let words = "bench --locked -p n2d-cli -p n2d-benches --bench stages";
    succeed(&mut cargo(root, words.split(' ')))?;
    let mut found = Vec::new();
    collect(&folder, &mut found)?;
    let timings = timings(found)?;
    let baseline = root.join(BASELINE);
    if records {
        std::fs::write(&baseline, csv(&timings)).map_err(|error| format!("{BASELINE}: {error}"))?;
        machine::note(root, "bench")?;
    }
    let before = match std::fs::read_to_string(&baseline) {
        Ok(text) => parsed(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(format!("{BASELINE}: {error}")),
    };
    let (report, slower) = report(&timings, &before);
    println!("{report}");
    if let Some(machine) = machine::read(root).get("bench") {
        println!("The baseline was made on: {machine}");
    }
    if before.is_empty() {
        println!("There is no baseline yet: `cargo xtask bench --record` makes this one.");
    }
    Ok(slower == 0)
}

/// The names and medians, in nanoseconds, that criterion has written below a folder.
fn collect(folder: &Path, found: &mut Vec<(String, f64)>) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_dir()) {
        if path.ends_with("new") {
            let read = |name: &str| -> Result<Value, String> {
                let path = path.join(name);
                let failed = |error: String| format!("{}: {error}", path.display());
                let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
                serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
            };
            let name = read("benchmark.json")?["full_id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let median = read("estimates.json")?["median"]["point_estimate"].as_f64();
            found.push((name, median.unwrap_or(f64::NAN)));
        } else {
            collect(&path, found)?;
        }
    }
    Ok(())
}

fn timings(found: Vec<(String, f64)>) -> Result<Vec<Timing>, String> {
    let yardstick = found.iter().find(|(name, _)| name == YARDSTICK);
    let yardstick = yardstick.ok_or_else(|| format!("`{YARDSTICK}` was not timed"))?.1;
    let timing = |(name, nanoseconds): (String, f64)| Timing {
        name,
        seconds: nanoseconds * 1e-9,
        yardsticks: nanoseconds / yardstick,
    };
    Ok(found.into_iter().map(timing).collect())
}

fn csv(timings: &[Timing]) -> String {
    let line = |timing: &Timing| {
        format!(
            "\"{}\",{:.6},{:.2}\n",
            timing.name, timing.seconds, timing.yardsticks
        )
    };
    "path,seconds,yardsticks\n".to_owned() + &timings.iter().map(line).collect::<String>()
}

fn parsed(text: &str) -> Result<Vec<Timing>, String> {
    let timing = |(number, line): (usize, &str)| {
        let read = || {
            let (name, rest) = line.strip_prefix('"')?.split_once("\",")?;
            let (seconds, yardsticks) = rest.split_once(',')?;
            Some(Timing {
                name: name.to_owned(),
                seconds: seconds.parse().ok()?,
                yardsticks: yardsticks.parse().ok()?,
            })
        };
        read().ok_or_else(|| format!("{BASELINE}, line {}: `{line}`", number + 1))
    };
    text.lines().enumerate().skip(1).map(timing).collect()
}

/// A table, and how many paths have become slower.
fn report(now: &[Timing], before: &[Timing]) -> (String, usize) {
    let mut text =
        "| path | seconds | yardsticks | at the baseline | times as long | |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let mut slower = 0;
    for timing in now {
        let base = before.iter().find(|other| other.name == timing.name);
        let (at_baseline, growth, verdict) = match base {
            None => ("-".to_owned(), "-".to_owned(), "new"),
            Some(base) => {
                let growth = timing.yardsticks / base.yardsticks;
                let verdict = match growth {
                    _ if growth > SLOWER => "SLOWER",
                    _ if growth < 1.0 / SLOWER => "faster",
                    _ => "",
                };
                (format!("{:.2}", base.yardsticks), format!("{growth:.2}"), verdict)
            }
        };
        slower += usize::from(verdict == "SLOWER");
        text += &format!(
            "| {} | {:.4} | {:.2} | {at_baseline} | {growth} | {verdict} |\n",
            timing.name, timing.seconds, timing.yardsticks
        );
    }
    for gone in before
        .iter()
        .filter(|base| now.iter().all(|timing| timing.name != base.name))
    {
        text += &format!("| {} | - | - | {:.2} | - | gone |\n", gone.name, gone.yardsticks);
    }
    (text, slower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_become_slower_is_told_in_yardsticks() {
        let found = |factor: f64| {
            vec![
                (YARDSTICK.to_owned(), 1e6 * factor),
                ("umap/fit".to_owned(), 8e6 * factor),
                ("gmm, 10 clusters".to_owned(), 2e6),
            ]
        };
        let before = parsed(&csv(&timings(found(1.0)).unwrap())).unwrap();
        assert_eq!(before.len(), 3);
        // A machine of half the speed, on which the mixture is as fast as before.
        let (text, slower) = report(&timings(found(2.0)).unwrap(), &before);
        assert_eq!(slower, 0, "{text}");
        assert!(
            text.contains("| umap/fit | 0.0160 | 8.00 | 8.00 | 1.00 |  |"),
            "{text}"
        );
        assert!(text.contains("| 0.50 | faster |"), "{text}");
        let (text, slower) = report(&before[..2], &timings(found(0.5)).unwrap());
        assert_eq!(slower, 0);
        assert!(
            text.contains("| gmm, 10 clusters | - | - | 4.00 | - | gone |"),
            "{text}"
        );
        let (_, slower) = report(&timings(found(0.5)).unwrap(), &before);
        assert_eq!(slower, 1);
    }

    #[test]
    fn the_baseline_is_of_one_run() {
        let text = std::fs::read_to_string(crate::cargo::workspace_root().join(BASELINE)).unwrap();
        let timings = parsed(&text).unwrap();
        let yardstick = timings.iter().find(|timing| timing.name == YARDSTICK).unwrap();
        for timing in &timings {
            let yardsticks = timing.seconds / yardstick.seconds;
            // As far as six and two decimals tell.
            let rounding = yardsticks * (0.5e-6 / timing.seconds + 0.5e-6 / yardstick.seconds) + 0.01;
            assert!((timing.yardsticks - yardsticks).abs() <= rounding, "{timing:?}");
        }
    }

    #[test]
    fn a_run_without_its_yardstick_is_refused() {
        assert!(
            timings(vec![("umap/fit".to_owned(), 1.0)])
                .unwrap_err()
                .contains("yardstick")
        );
        assert!(parsed("head\nx").unwrap_err().contains("line 2"));
    }
}
