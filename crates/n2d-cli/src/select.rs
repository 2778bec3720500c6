//! `n2d select`: several candidates, and the one that looks best without labels.

use std::time::Instant;

use n2d::metrics::Assess;
use n2d::selection::{Candidate, Criterion, Selected, Selection, SelectionError};
use n2d::{BuildError, FitContext, FittedClusterer, Labels, Model, PipelineConfig, Registry, Samples, Stage};
use serde_json::{Value, json};

use crate::args::FitArgs;
use crate::errors::{CliError, print_stdout};
use crate::fit::{Finished, known, load, model, outputs, parallelism, with_file, write_model};
use crate::interrupt::{Interrupt, Kept};
use crate::output::is_stdout;
use crate::plan::{Plan, read_config};
use crate::progress::{Screen, Watcher};
use crate::select_args::{CriterionArg, SelectArgs};
use crate::source::{DataOptions, Loaded, Source};
use crate::stages::{Outputs, write_labels};
use crate::text::{Align, Style, counted, table};
use crate::{memory, summary};

/// Runs the command.
///
/// # Errors
/// Bad usage, bad data, failures, an interruption.
pub(crate) fn run(args: &SelectArgs) -> Result<(), CliError> {
    let start = Instant::now();
    let file = args.fit.config.as_deref().map(read_config).transpose()?;
    let file = file.unwrap_or_default();
    let fit_args = with_file(&args.fit, &file)?;
    only_of_choices(&fit_args)?;
    let plan = Plan::new(&fit_args, &file)?;
    let registry = Registry::default();
    set_or_varied(args, &registry)?;
    // Mistakes in what is varied show before the data is read.
    let without_number = configs(&selection(args, &fit_args, &plan, None)?, &registry)?;
    let Some(data) = &fit_args.data else {
        return Err(CliError::usage(
            "no data is named: give NAME|FILE, or `input` in the file's [data]",
        ));
    };
    let options = DataOptions {
        labels: fit_args.labels.as_deref(),
        drop: &fit_args.drop,
        data_dir: fit_args.data_dir.as_deref(),
    };
    let source = Source::of(data, options)?;
    let outputs = outputs(&fit_args, &source, &plan)?;
    let parallelism = parallelism(fit_args.threads)?;
    let screen = Screen::new(fit_args.quiet);
    let interrupt = Interrupt::install(screen.clone())?;

    let loaded = load(&fit_args, &source, &plan, (&screen, &interrupt))?;
    let x = loaded.data.samples();
    let x = x.map_err(|error| CliError::failed(format!("{}: {error}", loaded.data.name)))?;
    let n_clusters = match is_number_varied(&without_number) {
        // Each candidate has one of its own in place of this.
        true => plan.n_clusters(Some(1))?,
        false => plan.n_clusters(loaded.data.n_classes())?,
    };
    let threads = parallelism.n_threads();
    let selection = selection(args, &fit_args, &plan, n_clusters)?
        .with_parallelism(parallelism.clone())
        .with_cancel(interrupt.token());
    let configs = configs(&selection, &registry)?;
    enough_rows(&configs, x.n_samples(), &registry)?;
    let n_candidates = configs.len() * args.seeds;
    interrupt.doing(format!("the fit of {}", counted(n_candidates, "candidate")));
    let mut watcher = Watcher::new(screen.clone());
    let selected = selection.run(x, &registry, &mut watcher);
    screen.clear();
    if let Err(SelectionError::Cancelled { finished, .. }) = &selected {
        show_finished(&fit_args, (finished, n_candidates, args.criterion), &loaded)?;
    }
    let selected = selected.map_err(|error| failed(error, &interrupt))?;
    let Selected {
        candidates,
        best,
        model: fitted,
        reports,
    } = selected;
    let chosen = &candidates[best];
    write_arrays(&fitted, x, &outputs, &interrupt)?;
    write_labels(&fitted, &outputs, &interrupt)?;
    let model = model(chosen.config.clone(), &loaded, fitted, &reports, chosen.seed)?;
    let mut ctx = FitContext::new(chosen.seed)
        .with_parallelism(parallelism)
        .with_cancel(interrupt.token());
    let saved = write_model(&model, &loaded, &outputs, &interrupt, &mut ctx);
    interrupt.end();
    let finished = Finished {
        name: &loaded.data.name,
        n_samples: loaded.data.n_samples(),
        n_features: loaded.data.n_features(),
        n_classes: loaded.data.n_classes(),
        scaling: &loaded.scaling,
        notes: &loaded.notes,
        seed: chosen.seed,
        threads,
        labels: model.labels(),
        n_clusters: model.pipeline().clusterer().n_clusters(),
        reports: &reports,
        known: known(&loaded.data, model.labels())?,
        written: interrupt.kept(),
        seconds: start.elapsed().as_secs_f64(),
        peak_rss_mib: memory::peak_rss_mib(),
    };
    show(
        &fit_args,
        (&candidates, best, args.criterion),
        &loaded,
        &model,
        &finished,
    )?;
    saved
}

/// Refuses what is of one fit.
fn only_of_choices(fit_args: &FitArgs) -> Result<(), CliError> {
    if fit_args.out.as_deref().is_some_and(is_stdout) {
        let complaint = "--out -: stdout is for the candidates here; name a file";
        return Err(CliError::usage(complaint));
    }
    if fit_args.checkpoint.is_some() {
        let complaint = "--checkpoint keeps one training: it is for n2d fit";
        return Err(CliError::usage(complaint));
    }
    Ok(())
}

/// Refuses what the command line both sets and varies: one of the two would be without effect.
fn set_or_varied(args: &SelectArgs, registry: &Registry) -> Result<(), CliError> {
    for varied in args.varied.iter().map(|varied| name_of(varied)) {
        if let Some(set) = set_by(varied, &args.fit, registry) {
            let complaint = format!("{set}: {varied} is varied; give one of the two");
            return Err(CliError::usage(complaint));
        }
    }
    Ok(())
}

fn name_of(setting: &str) -> &str {
    setting.split('=').next().unwrap_or_default().trim()
}

/// The option of the command line that sets what is varied, if one does.
fn set_by(varied: &str, fit: &FitArgs, registry: &Registry) -> Option<String> {
    let is_encoder = |part: &str| part == "encoder" || registry.names(Stage::Encoder).contains(&part);
    let of_encoder = varied.split_once('.').filter(|&(part, _)| is_encoder(part));
    let encoders = |option: &str| of_encoder.is_some_and(|(_, name)| name == option);
    let flags = [
        ("--clusters", fit.clusters.is_some() && varied == "n_clusters"),
        ("--encoder", fit.encoder.is_some() && varied == "encoder"),
        ("--manifold", fit.manifold.is_some() && varied == "manifold"),
        ("--clusterer", fit.clusterer.is_some() && varied == "clusterer"),
        ("--epochs", fit.epochs.is_some() && encoders("n_epochs")),
        ("--latent-dim", fit.latent_dim.is_some() && encoders("latent_dim")),
    ];
    let flag = flags.into_iter().find(|(_, is_set)| *is_set);
    let setting = || fit.settings.iter().find(|setting| name_of(setting) == varied);
    flag.map(|(flag, _)| flag.to_owned())
        .or_else(|| setting().map(|setting| format!("--set {setting}")))
}

fn selection(
    args: &SelectArgs,
    fit_args: &FitArgs,
    plan: &Plan,
    n_clusters: Option<usize>,
) -> Result<Selection, CliError> {
    let first = fit_args.seed.unwrap_or(0);
    let seeds = (0..args.seeds as u64)
        .map(|seed| first.wrapping_add(seed))
        .collect();
    let with_seeds = Selection::new(plan.config(n_clusters))
        .with_criterion(args.criterion.into())
        .with_seeds(seeds);
    let listed = with_seeds.and_then(|selection| {
        let mut candidates = args.candidates.iter();
        candidates.try_fold(selection, |selection, text| selection.with_candidate(text))
    });
    let varied = listed.and_then(|selection| {
        let mut settings = args.varied.iter();
        settings.try_fold(selection, |selection, text| selection.with_varied(text))
    });
    varied.map_err(|error| not_run(error.into()))
}

/// What is set in a combination, and the configuration with it.
type Config = (Vec<String>, PipelineConfig);

fn configs(selection: &Selection, registry: &Registry) -> Result<Vec<Config>, CliError> {
    selection.configs(registry).map_err(not_run)
}

/// Of configurations to which no number of clusters was given.
fn is_number_varied(configs: &[Config]) -> bool {
    configs.iter().all(|(_, config)| config.n_clusters.is_some())
}

/// As `n2d fit`, before anything is fitted.
fn enough_rows(configs: &[Config], n_samples: usize, registry: &Registry) -> Result<(), CliError> {
    for (_, config) in configs {
        let n_clusters = config.n_clusters.filter(|&n| n > n_samples);
        if let Some(n_clusters) = n_clusters
            && registry.takes_clusters(&config.clusterer)?
        {
            let (clusters, rows) = (counted(n_clusters, "cluster"), counted(n_samples, "row"));
            return Err(CliError::usage(format!(
                "{clusters} can't be found in {rows}: there must be at least as many rows as clusters"
            )));
        }
    }
    Ok(())
}

fn failed(error: SelectionError, interrupt: &Interrupt) -> CliError {
    match error {
        SelectionError::Cancelled { .. } => interrupt.interrupted(),
        other => not_run(other),
    }
}

fn not_run(error: SelectionError) -> CliError {
    match error {
        SelectionError::Build(error @ BuildError::BadSetting { .. }) => {
            CliError::usage(error.to_string()).with_hint("an example: --vary 'umap.n_neighbors=10|20'")
        }
        SelectionError::Build(error) => error.into(),
        SelectionError::SeveralEmbeddings { .. } => CliError::usage(error.to_string()).with_hint(
            "an example: --seeds 1 --latent-dim 10 --set umap.n_components=2 --vary 'n_clusters=6|8|10'",
        ),
        SelectionError::TooManyCandidates { .. } | SelectionError::TooFewSeeds { .. } => {
            CliError::usage(error.to_string())
        }
        other => CliError::from_error(&other),
    }
}

/// The latents and the embedding of the best candidate, where they are asked for.
fn write_arrays(
    fitted: &n2d::DynFittedN2d,
    x: Samples<'_>,
    outputs: &Outputs,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    if let Some(output) = &outputs.latent {
        let latents = fitted.encode(x).map_err(|error| CliError::from_error(&error))?;
        interrupt.keep(Kept::new(output.path(), "latents"), || {
            output.write_npy(latents.view())
        })?;
    }
    if let Some(output) = &outputs.embedding {
        interrupt.keep(Kept::new(output.path(), "embedding"), || {
            output.write_npy(fitted.embedding())
        })?;
    }
    Ok(())
}

fn show(
    args: &FitArgs,
    (candidates, best, criterion): (&[Candidate], usize, CriterionArg),
    loaded: &Loaded,
    model: &Model,
    finished: &Finished<'_>,
) -> Result<(), CliError> {
    let classes = loaded.data.labels.as_ref();
    if args.json {
        let each: Vec<Value> = candidates
            .iter()
            .map(|candidate| as_json(candidate, classes))
            .collect();
        let whole = json!({
            "dataset": finished.name,
            "criterion": Criterion::from(criterion),
            "best": best,
            "n_clusters": model.labels().n_clusters(),
            "candidates": each,
            "seconds": finished.seconds,
        });
        return print_stdout(&format!("{whole}\n"));
    }
    if args.quiet {
        return Ok(());
    }
    let style = Style::of_stdout();
    let title = format!(
        "{} by {}: {}",
        counted(candidates.len(), "candidate"),
        Criterion::from(criterion),
        criterion.meaning()
    );
    let rows = table_rows(candidates, Some(best), criterion.into(), classes);
    print_stdout(&format!(
        "{}\n{}\n{}",
        style.bold(&title),
        candidates_table(&rows),
        summary::text(finished, style)
    ))
}

/// The candidates that were fitted before an interruption: each is what `n2d fit` with its settings and seed gives.
fn show_finished(
    args: &FitArgs,
    (finished, n_candidates, criterion): (&[Candidate], usize, CriterionArg),
    loaded: &Loaded,
) -> Result<(), CliError> {
    if args.json || args.quiet || finished.is_empty() {
        return Ok(());
    }
    let title = format!(
        "{} of {}, interrupted",
        finished.len(),
        counted(n_candidates, "candidate")
    );
    let rows = table_rows(finished, None, criterion.into(), loaded.data.labels.as_ref());
    print_stdout(&format!(
        "{}\n{}",
        Style::of_stdout().bold(&title),
        candidates_table(&rows)
    ))
}

fn candidates_table(rows: &[Vec<String>]) -> String {
    let mut align = vec![Align::Right; rows[0].len()];
    align[..2].fill(Align::Left);
    table("  ", &align, rows)
}

/// The criterion of the choice, and beside it those that say something of every candidate.
fn columns(criterion: Criterion) -> Vec<Criterion> {
    let mut columns = vec![
        Criterion::Silhouette,
        Criterion::Dbcv,
        Criterion::Trustworthiness,
        Criterion::Stability,
    ];
    columns.retain(|&other| other != criterion);
    columns.insert(0, criterion);
    columns
}

fn table_rows(
    candidates: &[Candidate],
    best: Option<usize>,
    criterion: Criterion,
    classes: Option<&Labels>,
) -> Vec<Vec<String>> {
    let columns = columns(criterion);
    let mut head = vec![String::new(), "candidate".to_owned()];
    head.extend(columns.iter().map(ToString::to_string));
    head.extend(classes.map(|_| "ACC".to_owned()));
    let row = |(at, candidate): (usize, &Candidate)| {
        let mark = if Some(at) == best { "*" } else { "" };
        let mut row = vec![mark.to_owned(), candidate.describe()];
        match &candidate.failure {
            Some(failure) => row.push(failure.clone()),
            None => {
                row.extend(columns.iter().map(|&criterion| figure(candidate, criterion)));
                row.extend(classes.map(|classes| three_digits(accuracy(candidate, classes))));
            }
        }
        row
    };
    let rows = candidates.iter().enumerate().map(row);
    std::iter::once(head).chain(rows).collect()
}

fn figure(candidate: &Candidate, criterion: Criterion) -> String {
    let value = candidate.scores.get(criterion);
    match (criterion, value) {
        // In the thousands, of which the first digits are those of all candidates.
        (Criterion::Bic, Some(value)) => format!("{value:.1}"),
        _ => three_digits(value),
    }
}

fn three_digits(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn accuracy(candidate: &Candidate, classes: &Labels) -> Option<f64> {
    Some(candidate.labels.as_ref()?.assess(classes).ok()?.acc)
}

fn as_json(candidate: &Candidate, classes: Option<&Labels>) -> Value {
    json!({
        "settings": candidate.settings,
        "seed": candidate.seed,
        "scores": candidate.scores,
        "acc": classes.and_then(|classes| accuracy(candidate, classes)),
        "failure": candidate.failure,
    })
}
