//! `n2d assess`: how good a model's clusters are, by themselves or against known classes.

use n2d::metrics::{Comparison, Noise, SilhouetteOptions, assess as agreement, silhouette};
use n2d::{FitContext, Labels, Model, Samples};
use ndarray::ArrayView2;
use serde::Serialize;

use crate::applied::{Applied, Applying};
use crate::args::AssessArgs;
use crate::errors::{CliError, print_stdout};
use crate::fit::parallelism;
use crate::interrupt::Interrupt;
use crate::model_source::{Classes, for_model, load_model};
use crate::progress::Screen;
use crate::source::{DataOptions, Source};
use crate::text::{Align, Style, counted, table};

/// So few training rows keep their label only where they are others, or in another order.
const FEW: f64 = 0.5;

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
/// A bad model, bad data, rows that do not fit the model, an interruption.
pub(crate) fn run(args: &AssessArgs) -> Result<(), CliError> {
    let parallelism = parallelism(args.threads)?;
    let screen = Screen::new(args.quiet);
    let interrupt = Interrupt::install(screen.clone())?;
    interrupt.doing("the reading of the model");
    let model = load_model(&args.model)?;
    let mut ctx = FitContext::new(0)
        .with_parallelism(parallelism.clone())
        .with_cancel(interrupt.token());
    let mut scores = Scores {
        model: args.model.display().to_string(),
        ..Scores::default()
    };
    match &args.input {
        None => {
            "the training rows".clone_into(&mut scores.rows);
            interrupt.doing("the scoring");
            of_labels(model.labels(), model.embedding(), &mut ctx, &mut scores)?;
        }
        Some(input) => {
            let source = for_model(Source::of(input, data_options(args))?, &model, Classes::Taken);
            let applied = Applying {
                model: &model,
                screen: &screen,
                interrupt: &interrupt,
                parallelism: &parallelism,
                reconstruct: true,
            }
            .to(&source)?;
            interrupt.doing("the scoring");
            of_rows(&model, applied, args, &mut ctx, &mut scores)?;
        }
    }
    if interrupt.token().is_cancelled() {
        return Err(interrupt.interrupted());
    }
    interrupt.end();
    screen.clear();
    if args.json {
        let line = serde_json::to_string(&scores).map_err(|error| CliError::from_error(&error))?;
        return print_stdout(&(line + "\n"));
    }
    print_stdout(&text(&scores, Style::of_stdout()))
}

fn data_options(args: &AssessArgs) -> DataOptions<'_> {
    DataOptions {
        labels: args.labels.as_deref(),
        drop: &args.drop,
        data_dir: args.data_dir.as_deref(),
    }
}

/// Rows labelled by the model.
fn of_rows(
    model: &Model,
    applied: Applied,
    args: &AssessArgs,
    ctx: &mut FitContext<'_>,
    scores: &mut Scores,
) -> Result<(), CliError> {
    let labels = &applied.labels;
    of_labels(labels, applied.embedding.view(), ctx, scores)?;
    if let Some(classes) = &applied.classes {
        let classes = &classes.labels;
        let found = agreement(classes, labels).map_err(|error| CliError::from_error(&error))?;
        (scores.acc, scores.nmi, scores.ari) = (Some(found.acc), Some(found.nmi), Some(found.ari));
        if let Ok(comparison) = Comparison::new(classes, labels, Noise::OwnCluster) {
            scores.homogeneity = Some(comparison.homogeneity());
            scores.completeness = Some(comparison.completeness());
        }
    }
    scores.note = applied.note;
    if args.training {
        let share = same(model.labels(), labels)?;
        scores.same_as_fitted = Some(share);
        if share < FEW {
            let doubt = "few rows keep their label: are they the rows of the fit, in the order of the fit?";
            scores.note.get_or_insert_with(|| doubt.to_owned());
        }
    }
    scores.rows = applied.name;
    scores.reconstruction_mse = applied.reconstruction_mse;
    Ok(())
}

/// The clusters by themselves, in the embedding.
fn of_labels(
    labels: &Labels,
    embedding: ArrayView2<'_, f32>,
    ctx: &mut FitContext<'_>,
    scores: &mut Scores,
) -> Result<(), CliError> {
    let y = Samples::new(embedding).map_err(|error| CliError::from_error(&error))?;
    scores.n_samples = labels.len();
    scores.n_clusters = labels.n_clusters();
    scores.noise = labels.n_noise();
    // One cluster, or none, has no silhouette.
    let found = silhouette(y, labels, Noise::LeftOut, &SilhouetteOptions::default(), ctx);
    scores.silhouette = found.ok().map(|found| found.mean);
    Ok(())
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
