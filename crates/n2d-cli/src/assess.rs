//! `n2d assess`: how good a model's clusters are, by themselves or against known classes.

use std::path::Path;

use n2d::metrics::{Comparison, Noise, SilhouetteOptions, assess as agreement, silhouette};
use n2d::{FitContext, Labels, Model, Samples};
use serde::Serialize;

use crate::args::AssessArgs;
use crate::errors::{CliError, print_stdout};
use crate::model_source::{RangeCheck, check_columns, load_model};
use crate::source::Source;
use crate::text::{Align, Style, counted, table};

/// What is known of a model; `null` where it is not.
#[derive(Debug, Default, Serialize)]
struct Scores {
    model: String,
    rows: String,
    n_samples: usize,
    n_clusters: usize,
    noise: usize,
    silhouette: Option<f64>,
    reconstruction_mse: Option<f64>,
    acc: Option<f64>,
    nmi: Option<f64>,
    ari: Option<f64>,
    homogeneity: Option<f64>,
    completeness: Option<f64>,
    /// The share of training rows whose new label is the fitted one.
    same_as_fitted: Option<f64>,
    note: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// A bad model, bad data, rows that do not fit the model.
pub(crate) fn run(args: &AssessArgs) -> Result<(), CliError> {
    let model = load_model(&args.model)?;
    let mut scores = Scores {
        model: args.model.display().to_string(),
        ..Scores::default()
    };
    match &args.input {
        None => of_fit(&model, &mut scores)?,
        Some(input) => {
            let source = Source::of(input, args.labels.as_deref(), args.data_dir.as_deref())?;
            of_rows(&model, &source, args, &mut scores)?;
        }
    }
    if args.json {
        let line = serde_json::to_string(&scores).map_err(|error| CliError::from_error(&error))?;
        return print_stdout(&(line + "\n"));
    }
    print_stdout(&text(&scores, Style::of_stdout()))
}

/// The clusters of the training rows, in the embedding.
fn of_fit(model: &Model, scores: &mut Scores) -> Result<(), CliError> {
    "the training rows".clone_into(&mut scores.rows);
    let y = Samples::new(model.embedding()).map_err(|error| CliError::from_error(&error))?;
    of_labels(model.labels(), y, scores);
    Ok(())
}

/// Other rows, labelled by the model.
fn of_rows(model: &Model, source: &Source, args: &AssessArgs, scores: &mut Scores) -> Result<(), CliError> {
    let data = source.read()?;
    scores.rows.clone_from(&data.name);
    let input = args.input.as_deref().unwrap_or(Path::new(""));
    check_columns(model, input, data.n_features(), &data.feature_names)?;
    let x = data.samples().map_err(|error| CliError::from_error(&error))?;
    let failed = |error: n2d::ApplyError| CliError::from_error(&error);
    let answers = model.answers(x).map_err(failed)?;
    let labels = answers.assigned.labels;
    let y = Samples::new(answers.embedding.view()).map_err(|error| CliError::from_error(&error))?;
    of_labels(&labels, y, scores);
    let z = Samples::new(answers.latents.view()).map_err(|error| CliError::from_error(&error))?;
    // Not every encoder can decode.
    if let Ok(again) = model.decode(z) {
        let squared = |(a, b): (&f32, &f32)| f64::from(a - b).powi(2);
        let sum: f64 = again.iter().zip(x.as_slice()).map(squared).sum();
        scores.reconstruction_mse = Some(sum / again.len() as f64);
    }
    if let Some(classes) = &data.labels {
        let found = agreement(classes, &labels).map_err(|error| CliError::from_error(&error))?;
        (scores.acc, scores.nmi, scores.ari) = (Some(found.acc), Some(found.nmi), Some(found.ari));
        if let Ok(comparison) = Comparison::new(classes, &labels, Noise::OwnCluster) {
            scores.homogeneity = Some(comparison.homogeneity());
            scores.completeness = Some(comparison.completeness());
        }
    }
    if args.training {
        scores.same_as_fitted = Some(same(model.labels(), &labels)?);
    }
    let mut range = RangeCheck::default();
    range.see(x);
    scores.note = range.note(model);
    Ok(())
}

fn of_labels(labels: &Labels, y: Samples<'_>, scores: &mut Scores) {
    scores.n_samples = labels.len();
    scores.n_clusters = labels.n_clusters();
    scores.noise = labels.n_noise();
    // One cluster, or none, has no silhouette.
    let found = silhouette(
        y,
        labels,
        Noise::LeftOut,
        &SilhouetteOptions::default(),
        &mut FitContext::new(0),
    );
    scores.silhouette = found.ok().map(|found| found.mean);
}

fn same(fitted: &Labels, new: &Labels) -> Result<f64, CliError> {
    if fitted.len() != new.len() {
        let (given, known) = (counted(new.len(), "row"), counted(fitted.len(), "row"));
        return Err(CliError::usage(format!(
            "--training: {given} are given, but the model was fitted to {known}"
        )));
    }
    let pairs = fitted.as_slice().iter().zip(new.as_slice());
    Ok(pairs.filter(|(a, b)| a == b).count() as f64 / new.len() as f64)
}

fn text(scores: &Scores, style: Style) -> String {
    let figures = [
        (
            "silhouette",
            scores.silhouette,
            "of the clusters in the embedding, noise left out; 1 at best",
        ),
        (
            "reconstruction",
            scores.reconstruction_mse,
            "mean squared error, in the units of the data",
        ),
        (
            "ACC",
            scores.acc,
            "share of rows in the right cluster, by the best one-to-one mapping",
        ),
        (
            "NMI",
            scores.nmi,
            "mutual information with the classes, 1 at best",
        ),
        ("ARI", scores.ari, "pairs of rows, 0 by chance, 1 at best"),
        (
            "homogeneity",
            scores.homogeneity,
            "1 where each cluster has rows of one class only",
        ),
        (
            "completeness",
            scores.completeness,
            "1 where each class is in one cluster",
        ),
        (
            "same as fitted",
            scores.same_as_fitted,
            "share of training rows whose new label is the fitted one",
        ),
    ];
    let rows: Vec<Vec<String>> = figures
        .into_iter()
        .filter_map(|(name, value, what)| {
            Some(vec![name.to_owned(), format!("{:.4}", value?), what.to_owned()])
        })
        .collect();
    let size = format!(
        "{}, {}, {} of noise",
        counted(scores.n_samples, "row"),
        counted(scores.n_clusters, "cluster"),
        counted(scores.noise, "row")
    );
    let note = scores
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!("\nnote: {note}\n"));
    let title = style.bold(&scores.rows);
    format!(
        "{title}  {size}\n{}{note}",
        table("  ", &[Align::Left, Align::Right, Align::Left], &rows)
    )
}
