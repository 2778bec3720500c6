//! How it is told on stderr what goes on: as text, with more or less of it, or as JSON.

use std::io::{self, Write};
use std::sync::OnceLock;

use n2d::{Progress, Report, Stage};
use serde::Serialize;

use crate::args::LogForm;

/// What the command line says, once and for the whole program.
static CHOICE: OnceLock<Choice> = OnceLock::new();

#[derive(Debug, Clone, Copy)]
struct Choice {
    form: LogForm,
    verbose: bool,
}

/// Keeps the choice; the first one stays.
pub(crate) fn set(form: LogForm, verbose: bool) {
    let _ = CHOICE.set(Choice { form, verbose });
}

/// Whether stderr gets JSON.
pub(crate) fn is_json() -> bool {
    CHOICE.get().is_some_and(|choice| choice.form == LogForm::Json)
}

/// Whether every round is told.
pub(crate) fn is_verbose() -> bool {
    CHOICE.get().is_some_and(|choice| choice.verbose)
}

/// Tells lines of text.
pub(crate) fn tell(text: &str) {
    match is_json() {
        true => text.lines().for_each(|text| Entry::Message { text }.write()),
        // Nobody can be told that stderr is closed.
        false => drop(writeln!(io::stderr(), "{text}")),
    }
}

/// One line of JSON.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Entry<'a> {
    Started {
        stage: &'a str,
        part: &'a str,
    },
    Progress {
        stage: &'a str,
        phase: &'a str,
        step: u64,
        total: u64,
        metric: Option<&'a str>,
        value: Option<f64>,
    },
    Finished {
        stage: &'a str,
        part: &'a str,
        ended: String,
        rounds: usize,
        objective: Option<&'a str>,
        value: Option<f64>,
        seconds: f64,
        notes: &'a [String],
    },
    Message {
        text: &'a str,
    },
    Error {
        message: &'a str,
        hint: Option<&'a str>,
    },
}

impl<'a> Entry<'a> {
    pub(crate) fn of_progress(stage: Stage, progress: &'a Progress) -> Self {
        Self::Progress {
            stage: stage.name(),
            phase: progress.phase,
            step: progress.step,
            total: progress.total,
            metric: progress.metric.map(|(name, _)| name),
            value: progress
                .metric
                .map(|(_, value)| value)
                .filter(|value| value.is_finite()),
        }
    }

    pub(crate) fn of_report(stage: Stage, report: &'a Report) -> Self {
        Self::Finished {
            stage: stage.name(),
            part: &report.part,
            ended: report.termination.to_string(),
            rounds: report.n_iter,
            objective: report.objective.map(|(name, _)| name),
            value: report
                .objective
                .map(|(_, value)| value)
                .filter(|value| value.is_finite()),
            seconds: report.seconds,
            notes: &report.notes,
        }
    }

    /// Writes it.
    pub(crate) fn write(&self) {
        // All fields are plain, and nobody can be told that stderr is closed.
        if let Ok(line) = serde_json::to_string(self) {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}
