//! `n2d info`: what a model file holds.

use n2d::{
    EnsembleConfig, FittedClusterer, FittedEncoder, FittedManifold, Model, ModelInfo, PipelineConfig,
    Registry, RunConfig, Stage, StageReport,
};
use serde::Serialize;
use serde_json::Value;

use crate::args::InfoArgs;
use crate::errors::{CliError, print_stdout};
use crate::model_source::load_model;
use crate::text::{Align, Style, counted, duration, figure, file_size, grouped, table};

/// What `--json` prints.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    info: &'a ModelInfo,
    n_samples: usize,
    n_features: usize,
    latent_dim: usize,
    n_components: usize,
    n_clusters: usize,
    noise: usize,
    file_bytes: u64,
}

/// Runs the command.
///
/// # Errors
/// A file that is no model.
pub(crate) fn run(args: &InfoArgs) -> Result<(), CliError> {
    let model = load_model(&args.model)?;
    if args.config {
        return print_stdout(&run_of(model.info())?);
    }
    let file_bytes = std::fs::metadata(&args.model).map_or(0, |file| file.len());
    if args.json {
        let pipeline = model.pipeline();
        let record = Record {
            info: model.info(),
            n_samples: model.labels().len(),
            n_features: model.n_features(),
            latent_dim: pipeline.encoder().latent_dim(),
            n_components: pipeline.manifold().n_components(),
            n_clusters: pipeline.clusterer().n_clusters(),
            noise: model.labels().n_noise(),
            file_bytes,
        };
        let line = serde_json::to_string(&record).map_err(|error| CliError::from_error(&error))?;
        return print_stdout(&(line + "\n"));
    }
    print_stdout(&text(&model, file_bytes, Style::of_stdout()))
}

/// The configuration file that fits such a model again.
fn run_of(info: &ModelInfo) -> Result<String, CliError> {
    let Some(pipeline) = info.config.clone() else {
        return Err(CliError::failed(
            "the model was built by a program and has no configuration",
        ));
    };
    let mut run = RunConfig::default();
    run.seed = Some(info.seed);
    run.data = info.data.clone();
    run.pipeline = pipeline;
    Ok(run.to_toml(&Registry::default())?)
}

fn text(model: &Model, file_bytes: u64, style: Style) -> String {
    let paragraphs = [
        head(model, file_bytes, style),
        stages(model, style),
        options(model.info(), style),
        notes(&model.info().reports, style),
    ];
    let there: Vec<String> = paragraphs.into_iter().filter(|text| !text.is_empty()).collect();
    there.join("\n")
}

fn head(model: &Model, file_bytes: u64, style: Style) -> String {
    let info = model.info();
    let name = if info.dataset.is_empty() {
        "a model"
    } else {
        &info.dataset
    };
    let mut rows = vec![
        row(
            "fitted to",
            format!(
                "{} x {}",
                counted(model.labels().len(), "row"),
                counted(model.n_features(), "column")
            ),
        ),
        row("values", info.scaling.clone()),
        row("columns", info.feature_names.join(", ")),
        row("left out", info.data.drop.join(", ")),
        row("classes from", info.data.labels.clone().unwrap_or_default()),
        row("seed", info.seed.to_string()),
        row("written by", format!("n2d {}", info.n2d)),
        row("size", file_size(file_bytes)),
    ];
    rows.retain(|row| !row[1].is_empty() && row[1] != "n2d ");
    format!(
        "{}\n{}",
        style.bold(name),
        table("  ", &[Align::Left, Align::Left], &rows)
    )
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

/// Each stage with what it makes, can do, and how its fit went.
fn stages(model: &Model, style: Style) -> String {
    let pipeline = model.pipeline();
    let (encoder, manifold, clusterer) = (pipeline.encoder(), pipeline.manifold(), pipeline.clusterer());
    let noise = model.labels().n_noise();
    let found = match noise {
        0 => counted(clusterer.n_clusters(), "cluster"),
        n => format!(
            "{}, {} rows of noise",
            counted(clusterer.n_clusters(), "cluster"),
            grouped(n)
        ),
    };
    let can = |what: &[(&str, bool)]| {
        let can: Vec<&str> = what
            .iter()
            .filter(|(_, can)| *can)
            .map(|(name, _)| *name)
            .collect();
        if can.is_empty() {
            "nothing for new rows".to_owned()
        } else {
            can.join(", ")
        }
    };
    let rows = [
        (
            "encoder",
            encoder.name(),
            format!("{} latents", encoder.latent_dim()),
            can(&[("encode", true), ("decode", encoder.as_decode().is_some())]),
        ),
        (
            "manifold",
            manifold.name(),
            counted(manifold.n_components(), "component"),
            can(&[("transform", manifold.as_transform().is_some())]),
        ),
        (
            "clusterer",
            clusterer.name(),
            found,
            can(&[
                ("predict", clusterer.as_predict().is_some()),
                ("predict_proba", clusterer.as_predict_proba().is_some()),
                (
                    "approximate_predict",
                    clusterer.as_approximate_predict().is_some(),
                ),
            ]),
        ),
    ];
    let went = |i: usize| model.info().reports.get(i).map_or_else(String::new, how_it_went);
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .enumerate()
        .map(|(i, (stage, part, makes, can))| vec![stage.to_owned(), part.to_owned(), makes, can, went(i)])
        .collect();
    let align = [Align::Left; 5];
    format!("{}\n{}", style.bold("Stages"), table("  ", &align, &rows))
}

fn how_it_went(report: &StageReport) -> String {
    let objective = report.objective.as_ref();
    let reached = objective.map_or_else(String::new, |(name, value)| {
        format!(", {name} {}", figure(*value))
    });
    format!("{} in {}{reached}", report.ended, duration(report.seconds))
}

/// The options that differ from the parts' defaults, and where the others are.
fn options(info: &ModelInfo, style: Style) -> String {
    let Some(config) = &info.config else {
        return String::new();
    };
    let sizes = [
        ("n_clusters", config.n_clusters),
        ("latent_dim", config.latent_dim),
    ];
    let mut rows: Vec<Vec<String>> = sizes
        .into_iter()
        .filter_map(|(name, size)| Some(row(name, size?.to_string())))
        .collect();
    rows.extend(
        [Stage::Encoder, Stage::Manifold, Stage::Clusterer]
            .map(|stage| set_of(config, stage))
            .concat(),
    );
    if let Some(ensemble) = &config.ensemble {
        let members = counted(ensemble.n_members, "member");
        let consensus = serde_json::to_value(ensemble.consensus).unwrap_or_default();
        rows.push(row("ensemble", format!("{members}, consensus {consensus}")));
        let of = |ensemble: &EnsembleConfig| serde_json::to_value(ensemble).unwrap_or_default();
        let (set, default) = (of(ensemble), of(&EnsembleConfig::default()));
        for option in ["taught", "taught_epochs", "taught_rounds"] {
            if set[option] != default[option] {
                rows.push(row(&format!("ensemble.{option}"), set[option].to_string()));
            }
        }
    }
    let title = style.bold("Options that are set");
    let table = table("  ", &[Align::Left, Align::Left], &rows);
    format!("{title}\n{table}  all others, at their defaults: n2d info MODEL --config\n")
}

/// The options of a stage's part that differ from its defaults.
fn set_of(config: &PipelineConfig, stage: Stage) -> Vec<Vec<String>> {
    let part = config.part(stage);
    // A part of another program has defaults that are not known here.
    let defaults = Registry::default()
        .defaults(stage, &part.name)
        .unwrap_or_default();
    let differs = |(option, value): &(&String, &Value)| defaults.get(*option) != Some(*value);
    let shown =
        |(option, value): (&String, &Value)| row(&format!("{}.{option}", part.name), value.to_string());
    part.options.iter().filter(differs).map(shown).collect()
}

fn notes(reports: &[StageReport], style: Style) -> String {
    let lines: Vec<String> = reports
        .iter()
        .flat_map(|report| {
            report
                .notes
                .iter()
                .map(|note| format!("  {}: {note}\n", report.part))
        })
        .collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("{}\n{}", style.bold("Notes"), lines.concat()),
    }
}
