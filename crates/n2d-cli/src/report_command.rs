//! `n2d report`: one HTML page about a model and its rows.

use std::path::Path;

use n2d::datasets::Dataset;
use n2d::{FitContext, FitError, FittedManifold, MapLayout, Model, ModelReport, ReportError, Samples};
use ndarray::{Array2, Axis};

use crate::args::{MapArg, ReportArgs};
use crate::errors::CliError;
use crate::fit::parallelism;
use crate::interrupt::Interrupt;
use crate::model_source::{Classes, check_columns, for_model, load_model};
use crate::output::Output;
use crate::progress::{Screen, Watcher};
use crate::source::{DataOptions, Source};
use crate::text::counted;

/// Rows that are labelled anew to tell whether they are those the model was fitted to.
const PROBED_ROWS: usize = 500;

impl From<MapArg> for MapLayout {
    fn from(map: MapArg) -> Self {
        match map {
            MapArg::Components => Self::Components,
            MapArg::Umap => Self::Umap,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// A bad model, bad data, rows that are not those of the model, an interruption.
pub(crate) fn run(args: &ReportArgs) -> Result<(), CliError> {
    let input = args.input.as_deref().or(args.data.as_deref());
    let mut inputs = vec![args.model.as_path()];
    inputs.extend(input);
    let output = Output::new(&args.out, &inputs)?;
    let parallelism = parallelism(args.threads)?;
    let screen = Screen::new(args.quiet);
    let interrupt = Interrupt::install(screen.clone())?;
    interrupt.doing("the reading of the model and the data");
    let model = load_model(&args.model)?;
    let data = match input {
        Some(input) => Some(read(&model, input, args)?),
        None => None,
    };
    interrupt.doing("the report");
    let mut watcher = Watcher::new(screen.clone());
    let mut ctx = FitContext::new(model.info().seed)
        .with_parallelism(parallelism)
        .with_cancel(interrupt.token())
        .with_observer(&mut watcher);
    let waiting = screen.waiting("the report".to_owned());
    if let Some(data) = data.as_ref().filter(|_| !args.new) {
        are_training_rows(&model, data, &ctx)?;
    }
    let report = match &data {
        Some(data) if args.new => ModelReport::new(&model).with_new_rows(data),
        Some(data) => ModelReport::new(&model).with_rows(data),
        None => ModelReport::new(&model),
    };
    let html = report.with_map(args.map.into()).to_html(&mut ctx);
    drop(waiting);
    screen.clear();
    let html = html.map_err(|error| refused(error, &interrupt))?;
    interrupt.end();
    output.write_bytes(html.as_bytes())?;
    screen.line(&format!("{}: {}", args.out.display(), megabytes(html.len())));
    Ok(())
}

/// The page of a fit that has just ended; `data` is scaled as the model has it.
///
/// # Errors
/// As [`run`].
pub(crate) fn of_fit(
    model: &Model,
    data: &Dataset,
    interrupt: &Interrupt,
    ctx: &mut FitContext<'_>,
) -> Result<String, CliError> {
    let mut data = data.clone();
    if let Some(scaler) = model.scaler() {
        scaler
            .invert(&mut data.x)
            .map_err(|error| CliError::from_error(&error))?;
    }
    let report = ModelReport::new(model).with_rows(&data);
    report.to_html(ctx).map_err(|error| refused(error, interrupt))
}

fn refused(error: ReportError, interrupt: &Interrupt) -> CliError {
    match error {
        ReportError::Fit(FitError::Cancelled { .. }) => interrupt.interrupted(),
        error => CliError::from_error(&error),
    }
}

/// Reads rows that the model can take.
fn read(model: &Model, input: &Path, args: &ReportArgs) -> Result<Dataset, CliError> {
    let options = DataOptions {
        labels: args.labels.as_deref(),
        drop: &args.drop,
        data_dir: args.data_dir.as_deref(),
    };
    let mut data = for_model(Source::of(input, options)?, model, Classes::Taken).read()?;
    check_columns(model, input, data.n_features(), &data.feature_names)?;
    if let Some(shape) = &args.shape {
        if shape.0.iter().product::<usize>() != data.n_features() {
            let columns = counted(data.n_features(), "column");
            return Err(CliError::usage(format!(
                "--shape: rows of {columns} can't be laid out so"
            )));
        }
        data.row_shape.clone_from(&shape.0);
    }
    let (expected, given) = (model.labels().len(), data.n_samples());
    if !args.new && expected != given {
        let (given, expected) = (counted(given, "row"), counted(expected, "row"));
        return Err(CliError::failed(format!(
            "{}: {given}, but the model was fitted to {expected}",
            input.display()
        ))
        .with_hint("--new labels other rows with the model, and shows those"));
    }
    Ok(data)
}

/// That rows are those the model was fitted to, by the labels that some of them get now.
fn are_training_rows(model: &Model, data: &Dataset, ctx: &FitContext<'_>) -> Result<(), CliError> {
    let pipeline = model.pipeline();
    let clusterer = pipeline.clusterer();
    if pipeline.manifold().as_transform().is_none()
        || (clusterer.as_predict().is_none() && clusterer.as_approximate_predict().is_none())
    {
        // Such a model can't tell.
        return Ok(());
    }
    let step = data.n_samples().div_ceil(PROBED_ROWS).max(1);
    let rows: Vec<usize> = (0..data.n_samples()).step_by(step).collect();
    let some: Array2<f32> = data.x.select(Axis(0), &rows);
    let x = Samples::new(some.view()).map_err(|error| CliError::from_error(&error))?;
    let new = ctx.parallelism().install(|| model.assign(x));
    let new = new.map_err(|error| CliError::from_error(&error))?.labels;
    let fitted = model.labels().as_slice();
    let same = rows
        .iter()
        .zip(new.as_slice())
        .filter(|(row, label)| fitted[**row] == **label)
        .count();
    if same * 2 >= rows.len() {
        return Ok(());
    }
    Err(CliError::failed(format!(
        "these are not the rows the model was fitted to, or not in their order: of {} looked at only {same} get the label they were \
         fitted with",
        rows.len()
    ))
    .with_hint("--new labels other rows with the model, and shows those"))
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
