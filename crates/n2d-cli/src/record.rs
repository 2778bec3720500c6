//! The result as one JSON object, for programs.

use n2d::Report;
use serde::Serialize;

use crate::errors::CliError;
use crate::fit::Finished;
use crate::summary::notes;

/// The fields in their order; `null` where unknown.
#[derive(Debug, Serialize)]
struct Record<'a> {
    dataset: &'a str,
    n_samples: usize,
    n_features: usize,
    n_clusters: usize,
    seed: u64,
    threads: usize,
    acc: Option<f64>,
    nmi: Option<f64>,
    ari: Option<f64>,
    noise: usize,
    loss: Option<f64>,
    validation_loss: Option<f64>,
    n_epochs: Option<u64>,
    seconds: Seconds,
    cluster_sizes: Vec<usize>,
    peak_rss_mb: Option<f64>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Seconds {
    encoder: Option<f64>,
    manifold: Option<f64>,
    clusterer: Option<f64>,
    total: f64,
}

/// The object on one line.
///
/// # Errors
/// Never, in practice: all fields are plain.
pub(crate) fn json(run: &Finished<'_>) -> Result<String, CliError> {
    let scores = run.known.as_ref().map(|known| known.assessment);
    let seconds = |stage: usize| {
        let report: Option<&Report> = run.reports.get(stage);
        report.map(|report| rounded(report.seconds))
    };
    let record = Record {
        dataset: run.name,
        n_samples: run.n_samples,
        n_features: run.n_features,
        n_clusters: run.n_clusters,
        seed: run.seed,
        threads: run.threads,
        acc: scores.map(|scores| scores.acc),
        nmi: scores.map(|scores| scores.nmi),
        ari: scores.map(|scores| scores.ari),
        noise: run.labels.n_noise(),
        loss: reached(run.reports, "loss"),
        validation_loss: reached(run.reports, "validation loss"),
        n_epochs: n_epochs(run.reports),
        seconds: Seconds {
            encoder: seconds(0),
            manifold: seconds(1),
            clusterer: seconds(2),
            total: rounded(run.seconds),
        },
        cluster_sizes: run.cluster_sizes(),
        peak_rss_mb: run.peak_rss_mib.map(rounded),
        notes: notes(run).map(|(who, note)| format!("{who}: {note}")).collect(),
    };
    let line = serde_json::to_string(&record).map_err(|error| CliError::from_error(&error))?;
    Ok(line + "\n")
}

/// What the encoder ended with, where it has such an objective.
fn reached(reports: &[Report], objective: &str) -> Option<f64> {
    let (name, value) = reports.first()?.objective?;
    (name == objective).then_some(value)
}

/// Epochs that the encoder has trained, where it does.
fn n_epochs(reports: &[Report]) -> Option<u64> {
    let report = reports.first()?;
    (!report.history.is_empty()).then_some(report.n_iter as u64)
}

/// To thousandths: seconds and mebibytes have no more digits that count.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
