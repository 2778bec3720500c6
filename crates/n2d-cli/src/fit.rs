//! `n2d fit`: from the command line to what is shown.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use n2d::datasets::{Dataset, Scaling};
use n2d::metrics::{Assessment, Contingency};
use n2d::{
    DynFittedN2d, FitContext, FittedClusterer, Labels, MapLayout, Model, ModelInfo, Parallelism,
    PipelineConfig, Registry, Report, RunConfig, StageReport,
};

use crate::args::{FitArgs, in_range_of_threads};
use crate::errors::{CliError, print_stdout};
use crate::interrupt::{Interrupt, Kept};
use crate::label_table::LabelTable;
use crate::output::{Output, Written, is_stdout, named_as};
use crate::plan::{Plan, read_config};
use crate::plot_command::{Form, display, scatter};
use crate::progress::{Screen, Watcher};
use crate::source::{DataOptions, Loaded, Source};
use crate::stages::{Outputs, Run};
use crate::text::{Style, counted};
use crate::{checkpoint, memory, record, report_command, summary};

/// All there is to show of a run that has ended well.
#[derive(Debug)]
pub(crate) struct Finished<'a> {
    pub(crate) name: &'a str,
    pub(crate) n_samples: usize,
    pub(crate) n_features: usize,
    pub(crate) n_classes: Option<usize>,
    pub(crate) scaling: &'a str,
    pub(crate) notes: &'a [String],
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) labels: &'a Labels,
    /// Clusters the clusterer knows; some may have no row.
    pub(crate) n_clusters: usize,
    /// Of the encoder, the manifold learner and the clusterer.
    pub(crate) reports: &'a [Report],
    pub(crate) known: Option<Known>,
    pub(crate) written: Vec<Kept>,
    pub(crate) seconds: f64,
    pub(crate) peak_rss_mib: Option<f64>,
}

/// What the known classes say of the clusters.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) assessment: Assessment,
    /// The class that most rows of a cluster have, and its share, by cluster number; `None` for a cluster without rows.
    pub(crate) mostly: Vec<Option<(String, f64)>>,
}

impl Finished<'_> {
    /// The rows of each cluster, by its number.
    pub(crate) fn cluster_sizes(&self) -> Vec<usize> {
        let sizes = self.labels.sizes();
        let beyond = sizes.last().map_or(0, |&(cluster, _)| cluster as usize + 1);
        let mut of_all = vec![0; self.n_clusters.max(beyond)];
        for (cluster, size) in sizes {
            of_all[cluster as usize] = size;
        }
        of_all
    }
}

/// Runs the command.
///
/// # Errors
/// Bad usage, bad data, failures, an interruption.
pub(crate) fn run(args: &FitArgs) -> Result<(), CliError> {
    let start = Instant::now();
    let file = args
        .config
        .as_deref()
        .map(read_config)
        .transpose()?
        .unwrap_or_default();
    let args = &with_file(args, &file)?;
    let plan = Plan::new(args, &file)?;
    let Some(data) = &args.data else {
        return Err(CliError::usage(
            "no data is named: give NAME|FILE, or `input` in the file's [data]",
        ));
    };
    let options = DataOptions {
        labels: args.labels.as_deref(),
        drop: &args.drop,
        data_dir: args.data_dir.as_deref(),
    };
    let source = Source::of(data, options)?;
    if args.json && args.out.as_deref().is_some_and(is_stdout) {
        return Err(CliError::usage("--json and --out - are both for stdout"));
    }
    let outputs = outputs(args, &source, &plan)?;
    let checkpoints = checkpoint::asked_for(args, &plan, outputs.checkpoint.as_ref())?;
    let parallelism = parallelism(args.threads)?;
    let screen = Screen::new(args.quiet);
    let interrupt = Interrupt::install(screen.clone())?;

    let loaded = load(args, &source, &plan, (&screen, &interrupt))?;
    let mut watcher = Watcher::new(screen.clone());
    let seed = args.seed.unwrap_or(0);
    let mut ctx = FitContext::new(seed)
        .with_parallelism(parallelism)
        .with_cancel(interrupt.token())
        .with_observer(&mut watcher);
    if let Some(checkpoints) = checkpoints {
        let hint = "the same command with --resume goes on from it".to_owned();
        interrupt.checkpoint(Kept::new(checkpoints.path(), "checkpoint").with_hint(hint));
        ctx = ctx.with_checkpoints(checkpoints);
    }
    let fitted = fit(&plan, &loaded, &outputs, &interrupt, &mut ctx);
    let threads = ctx.parallelism().n_threads();
    screen.clear();
    let Fitted {
        model,
        reports,
        saved,
    } = fitted?;
    interrupt.end();

    let finished = Finished {
        name: &loaded.data.name,
        n_samples: loaded.data.n_samples(),
        n_features: loaded.data.n_features(),
        n_classes: loaded.data.n_classes(),
        scaling: &loaded.scaling,
        notes: &loaded.notes,
        seed,
        threads,
        labels: model.labels(),
        n_clusters: model.pipeline().clusterer().n_clusters(),
        reports: &reports,
        known: known(&loaded.data, model.labels())?,
        written: interrupt.kept(),
        seconds: start.elapsed().as_secs_f64(),
        peak_rss_mib: memory::peak_rss_mib(),
    };
    show(args, &model, &finished)?;
    saved
}

/// What a fit has come to. Where a file can't be written, the fit is told of all the same.
struct Fitted {
    model: Model,
    reports: Vec<Report>,
    saved: Result<(), CliError>,
}

/// The arguments, and what the configuration file says where they say nothing.
pub(crate) fn with_file(args: &FitArgs, file: &RunConfig) -> Result<FitArgs, CliError> {
    let path = |text: &Option<String>| text.as_ref().map(PathBuf::from);
    let args = args.clone();
    let threads = file
        .threads
        .map(in_range_of_threads)
        .transpose()
        .map_err(|allowed| CliError::usage(format!("threads {allowed}")))?;
    Ok(FitArgs {
        data: args.data.or_else(|| path(&file.data.input)),
        labels: args.labels.or_else(|| path(&file.data.labels)),
        drop: if args.drop.is_empty() {
            file.data.drop.clone()
        } else {
            args.drop
        },
        data_dir: args.data_dir.or_else(|| path(&file.data.data_dir)),
        plot: args.plot.or_else(|| path(&file.output.plot)),
        report: args.report.or_else(|| path(&file.output.report)),
        scale: args.scale.or_else(|| file.data.scale.map(Into::into)),
        out: args.out.or_else(|| path(&file.output.labels)),
        embedding: args.embedding.or_else(|| path(&file.output.embedding)),
        latent: args.latent.or_else(|| path(&file.output.latent)),
        out_model: args.out_model.or_else(|| path(&file.output.model)),
        seed: args.seed.or(file.seed),
        threads: args.threads.or(threads),
        ..args
    })
}

fn fit(
    plan: &Plan,
    loaded: &Loaded,
    outputs: &Outputs,
    interrupt: &Interrupt,
    ctx: &mut FitContext<'_>,
) -> Result<Fitted, CliError> {
    let x = loaded.data.samples();
    let x = x.map_err(|error| CliError::failed(format!("{}: {error}", loaded.data.name)))?;
    let n_clusters = plan.n_clusters(loaded.data.n_classes())?;
    if let Some(n_clusters) = n_clusters.filter(|&n| n > x.n_samples()) {
        let (clusters, rows) = (counted(n_clusters, "cluster"), counted(x.n_samples(), "row"));
        return Err(CliError::usage(format!(
            "{clusters} can't be found in {rows}: there must be at least as many rows as clusters"
        )));
    }
    let run = Run {
        pipeline: &plan.pipeline(n_clusters)?,
        parts: plan.parts(),
        n_clusters,
        x,
        outputs,
        interrupt,
    };
    let outcome = run.fit(ctx).map_err(|error| plan.with_width_hint(error))?;
    let model = model(
        plan.config(n_clusters),
        loaded,
        outcome.fitted,
        &outcome.reports,
        ctx.seed(),
    )?;
    Ok(Fitted {
        saved: write_model(&model, loaded, outputs, interrupt, ctx),
        model,
        reports: outcome.reports,
    })
}

/// Writes the model, its picture and its report, where they are asked for.
pub(crate) fn write_model(
    model: &Model,
    loaded: &Loaded,
    outputs: &Outputs,
    interrupt: &Interrupt,
    ctx: &mut FitContext<'_>,
) -> Result<(), CliError> {
    if let Some(output) = &outputs.model {
        let kept = Kept::new(output.path(), "model: for n2d predict, assess and info");
        interrupt.keep(kept, || output.write_model(model))?;
    }
    if let Some(output) = &outputs.plot {
        let data = &loaded.data;
        let classes = data
            .labels
            .as_ref()
            .map(|classes| (classes, &data.label_names[..]));
        interrupt.doing("the picture");
        let places = display(model.embedding(), MapLayout::default(), interrupt, ctx)?;
        let shown = (model.embedding(), places.as_ref());
        let figure = scatter(&data.name, shown, model.labels(), classes)?;
        let bytes = Form::of(output)?.bytes(&figure)?;
        let kept = Kept::new(output.path(), "picture of the embedding");
        interrupt.keep(kept, || output.write_bytes(&bytes))?;
    }
    if let Some(output) = &outputs.report {
        interrupt.doing("the report");
        let html = report_command::of_fit(model, &loaded.data, interrupt, ctx)?;
        let kept = Kept::new(output.path(), "report: open it in a browser");
        interrupt.keep(kept, || output.write_bytes(html.as_bytes()))?;
    }
    Ok(())
}

pub(crate) fn model(
    config: PipelineConfig,
    loaded: &Loaded,
    fitted: DynFittedN2d,
    reports: &[Report],
    seed: u64,
) -> Result<Model, CliError> {
    let data = &loaded.data;
    let info = ModelInfo {
        feature_names: data.feature_names.clone(),
        row_shape: data.row_shape.clone(),
        scaling: loaded.scaling.clone(),
        data: loaded.asked.clone(),
        config: Some(Registry::default().resolved(&config)?),
        reports: reports.iter().map(StageReport::from).collect(),
        ..ModelInfo::new(&data.name, seed)
    };
    let model = Model::new(fitted, info).with_ranges(loaded.ranges.clone());
    let model = match loaded.scaler.scaling() {
        Scaling::None => model,
        _ => model.and_then(|model| model.with_scaler(loaded.scaler.clone())),
    };
    model.map_err(|error| CliError::from_error(&error))
}

pub(crate) fn load(
    args: &FitArgs,
    source: &Source,
    plan: &Plan,
    (screen, interrupt): (&Screen, &Interrupt),
) -> Result<Loaded, CliError> {
    interrupt.doing("the reading of the data");
    let _waiting = screen.waiting("reading the data".to_owned());
    let loaded = source.load(args.scale.map(Into::into), plan.parts()[0])?;
    if interrupt.token().is_cancelled() {
        return Err(interrupt.interrupted());
    }
    Ok(loaded)
}

pub(crate) fn outputs(args: &FitArgs, source: &Source, plan: &Plan) -> Result<Outputs, CliError> {
    let mut inputs = source.inputs();
    inputs.extend(args.config.as_deref());
    inputs.extend(plan.weights());
    let checked = |path: &Option<PathBuf>| path.as_ref().map(|path| Output::new(path, &inputs)).transpose();
    let outputs = Outputs {
        labels: checked(&args.out.clone().filter(|out| !is_stdout(out)))?,
        embedding: checked(&args.embedding)?,
        latent: checked(&args.latent)?,
        model: checked(&args.out_model)?,
        plot: checked(&args.plot)?,
        checkpoint: checked(&args.checkpoint)?,
        report: checked(&args.report)?,
    };
    all_different(&[
        &outputs.labels,
        &outputs.embedding,
        &outputs.latent,
        &outputs.model,
        &outputs.plot,
        &outputs.checkpoint,
        &outputs.report,
    ])?;
    outputs.plot.as_ref().map(Form::of).transpose()?;
    named_as(Written::Csv, "--out", args.out.as_deref())?;
    named_as(Written::Npy, "--embedding", args.embedding.as_deref())?;
    named_as(Written::Npy, "--latent", args.latent.as_deref())?;
    Ok(outputs)
}

/// That no file is given for two outputs.
pub(crate) fn all_different(outputs: &[&Option<Output>]) -> Result<(), CliError> {
    let given: Vec<&Output> = outputs.iter().filter_map(|output| output.as_ref()).collect();
    for (i, output) in given.iter().enumerate() {
        if given[..i].iter().any(|earlier| earlier.is_same(output)) {
            let path = output.path().display();
            return Err(CliError::usage(format!("{path} is given for two outputs")));
        }
    }
    Ok(())
}

pub(crate) fn parallelism(threads: Option<usize>) -> Result<Parallelism, CliError> {
    match threads.and_then(NonZeroUsize::new) {
        Some(threads) => Parallelism::threads(threads)
            .map_err(|error| CliError::failed(format!("--threads {threads}: {error}"))),
        None => Ok(Parallelism::default()),
    }
}

pub(crate) fn known(data: &Dataset, labels: &Labels) -> Result<Option<Known>, CliError> {
    let Some(classes) = &data.labels else {
        return Ok(None);
    };
    let table = Contingency::new(classes, labels).map_err(|error| CliError::from_error(&error))?;
    Ok(Some(Known {
        assessment: Assessment::of(&table),
        mostly: mostly(&table, &data.label_names),
    }))
}

fn mostly(table: &Contingency, names: &[String]) -> Vec<Option<(String, f64)>> {
    let mut mostly = vec![None; table.clusters().last().map_or(0, |&last| last as usize + 1)];
    let mut most = vec![0; mostly.len()];
    for cell in table.cells() {
        let cluster = table.clusters()[cell.cluster];
        if cluster == Labels::NOISE || cell.count <= most[cluster as usize] {
            continue;
        }
        most[cluster as usize] = cell.count;
        let class = table.classes()[cell.class];
        let name = match class {
            Labels::NOISE => "noise".to_owned(),
            class => names
                .get(class as usize)
                .cloned()
                .unwrap_or_else(|| class.to_string()),
        };
        let share = cell.count as f64 / table.cluster_sizes()[cell.cluster] as f64;
        mostly[cluster as usize] = Some((name, share));
    }
    mostly
}

fn show(args: &FitArgs, model: &Model, finished: &Finished<'_>) -> Result<(), CliError> {
    if args.out.as_deref().is_some_and(is_stdout) {
        print_stdout(&LabelTable::of_fit(model.pipeline())?.csv(0, None))
    } else if args.json {
        print_stdout(&record::json(finished)?)
    } else if args.quiet {
        Ok(())
    } else {
        print_stdout(&summary::text(finished, Style::of_stdout()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cluster_is_named_by_its_largest_class() {
        let labels = |labels: &[i32]| Labels::new(labels.to_vec()).unwrap();
        let table = Contingency::new(&labels(&[0, 1, 1, -1, 0]), &labels(&[2, 2, 2, 0, -1])).unwrap();
        let names = ["cat".to_owned(), "dog".to_owned()];
        let two_thirds = 2.0 / 3.0;
        assert_eq!(
            mostly(&table, &names),
            [
                Some(("noise".to_owned(), 1.0)),
                None,
                Some(("dog".to_owned(), two_thirds))
            ]
        );
    }
}
