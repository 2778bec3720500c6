//! Matches: who takes part, the rounds, what is judged, what is kept.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::contender::{Answer, Contender};
use super::table::{self, Row, csv, markdown};
use super::{Arguments, machine, python};
use crate::cargo::{build_measured, cargo, succeed};

/// Which process runs a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The Rust contender in `benches/contender`, which also runs rivals of few dependencies.
    Ours,
    /// A script in `benches/peers`.
    Python,
    /// The program in `benches/rivals`.
    Rival,
}

/// Who takes part in a match: the name shown, where it runs, and the method's name in jobs.
pub(super) type Entrant = (&'static str, Side, &'static str);

/// The same work for all entrants.
#[derive(Debug, Default)]
pub(super) struct Match {
    /// In words.
    pub(super) task: String,
    /// The `.npy` file that is read.
    pub(super) file: PathBuf,
    /// So many of its rows; all by default.
    pub(super) rows: Option<usize>,
    pub(super) options: Value,
    /// The method of ours that judges results, with its options; none where answers say all.
    pub(super) judge: Option<(&'static str, Value)>,
    /// So many rows in the warm-up, which is there to load and compile; by default as in the rounds.
    pub(super) warm_up_rows: Option<usize>,
    /// Ours first.
    pub(super) entrants: &'static [Entrant],
}

/// The processes, and how often they meet.
pub(super) struct Arena {
    ours: Contender,
    python: Contender,
    rival: Option<Contender>,
    warm_up: bool,
    rounds: usize,
    /// Results to be judged go here.
    folder: PathBuf,
}

impl Arena {
    /// Builds what is to be built, and starts our side and a Python script in one of the environments.
    pub(super) fn open(root: &Path, rounds: usize, script: &str, environment: &str) -> Result<Self, String> {
        let python = python::interpreter(root, environment)?;
        build_measured(root)?;
        let folder = super::data::folder(root)?;
        Ok(Self {
            ours: ours(root)?,
            python: Contender::start(
                "python",
                python::contender(&python, &root.join("benches/peers").join(script)),
            )?,
            rival: None,
            warm_up: true,
            rounds,
            folder,
        })
    }

    /// With the rivals that have a workspace of their own.
    pub(super) fn with_rivals(self, root: &Path) -> Result<Self, String> {
        let target = root.join("target/rivals");
        let manifest = root.join("benches/rivals/Cargo.toml");
        let mut build = cargo(root, ["build", "--release", "--locked", "--manifest-path"]);
        succeed(build.arg(manifest).arg("--target-dir").arg(&target))?;
        let rival = Contender::start("n2d-rivals", Command::new(target.join("release/n2d-rivals")))?;
        Ok(Self {
            rival: Some(rival),
            ..self
        })
    }

    /// Without a round before the first: where seconds are not what counts.
    pub(super) fn without_warm_up(self) -> Self {
        Self {
            warm_up: false,
            ..self
        }
    }

    /// All rounds of a match, the warm-up left out.
    pub(super) fn fight(&mut self, a_match: &Match) -> Result<Vec<Row>, String> {
        let mut rows: Vec<Row> = a_match
            .entrants
            .iter()
            .map(|&(contender, ..)| Row {
                task: a_match.task.clone(),
                contender: contender.to_owned(),
                answers: Vec::new(),
                summary: None,
            })
            .collect();
        for round in usize::from(!self.warm_up)..=self.rounds {
            for (row, entrant) in rows.iter_mut().zip(a_match.entrants) {
                let n_rows = a_match.warm_up_rows.filter(|_| round == 0).or(a_match.rows);
                let answer = self.job(a_match, entrant, n_rows)?;
                if round > 0 {
                    row.answers.push(self.judged(a_match, answer)?);
                }
            }
        }
        print!("{}", table::lines(&rows));
        Ok(rows)
    }

    fn job(&mut self, a_match: &Match, entrant: &Entrant, rows: Option<usize>) -> Result<Answer, String> {
        let &(_, side, method) = entrant;
        let mut options = a_match.options.clone();
        // A split is that of all rows.
        if let (Some(n_fitted), Some(rows)) = (options.get_mut("n_fitted"), rows) {
            *n_fitted = (rows / 2).into();
        }
        let job = json!({
            "method": method, "file": a_match.file, "rows": rows, "options": options, "out": self.result(),
        });
        match side {
            Side::Ours => self.ours.run(&job),
            Side::Python => self.python.run(&job),
            Side::Rival => self
                .rival
                .as_mut()
                .ok_or("the rivals were not started")?
                .run(&job),
        }
    }

    /// With what our judge says of the result, if one was asked for.
    fn judged(&mut self, a_match: &Match, answer: Answer) -> Result<Answer, String> {
        let Some((method, options)) = &a_match.judge else {
            return Ok(answer);
        };
        let mut options = options.clone();
        options["out"] = json!(self.result());
        let job = json!({"method": method, "file": a_match.file, "rows": a_match.rows, "options": options});
        let result = self.ours.run(&job)?.result;
        Ok(Answer { result, ..answer })
    }

    fn result(&self) -> PathBuf {
        self.folder.join("result.npy")
    }
}

/// Our contender.
pub(super) fn ours(root: &Path) -> Result<Contender, String> {
    let program = root.join("target/release/n2d-contender");
    Contender::start("n2d-contender", Command::new(program))
}

/// Writes the records, and shows them. Where only some tasks were asked for, the others stay as they were.
pub(super) fn keep(root: &Path, arguments: &Arguments, name: &str, rows: Vec<Row>) -> Result<(), String> {
    let records = root.join("benches/records");
    std::fs::create_dir_all(&records).map_err(|error| format!("{}: {error}", records.display()))?;
    let rows = &match &arguments.only {
        Some(_) => {
            let record = std::fs::read_to_string(records.join(format!("{name}.csv"))).unwrap_or_default();
            table::merged(table::parsed(&record), rows)
        }
        None => rows,
    };
    for (ending, text) in [("csv", csv(rows)), ("md", markdown(rows))] {
        let path = records.join(format!("{name}.{ending}"));
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!("\n{}", markdown(rows));
    machine::note(root, name)
}
