//! `n2d predict`: a model on new rows, in chunks, to files or stdout.

use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;

use n2d::check::made_by;
use n2d::persist::AtomicFile;
use n2d::{
    Answers, ApplyError, Capability, FittedClusterer, FittedEncoder, FittedManifold, Model, PredictProba,
    Samples,
};
use ndarray::Array2;

use crate::args::PredictArgs;
use crate::errors::CliError;
use crate::fit::{all_different, parallelism};
use crate::interrupt::{Interrupt, Kept};
use crate::label_table::LabelTable;
use crate::log;
use crate::model_source::{Classes, RangeCheck, Rows, for_model, load_model};
use crate::output::{GrowingNpy, Output, Written, is_stdout, named_as};
use crate::progress::Screen;
use crate::source::{DataOptions, Source};
use crate::text::counted;

/// Runs the command.
///
/// # Errors
/// Bad usage, a bad model, bad data, failures, an interruption.
pub(crate) fn run(args: &PredictArgs) -> Result<(), CliError> {
    let parallelism = parallelism(args.threads)?;
    let screen = Screen::new(args.quiet);
    let interrupt = Interrupt::install(screen.clone())?;
    interrupt.doing("the reading of the model");
    let model = load_model(&args.model)?;
    can_do(&model, args)?;
    let options = DataOptions {
        labels: None,
        drop: &args.drop,
        data_dir: args.data_dir.as_deref(),
    };
    let source = for_model(Source::of(&args.input, options)?, &model, Classes::LeftOut);
    let mut rows = Rows::open(&source, &model)?;
    let outputs = Outputs::new(args)?;
    interrupt.doing("the prediction");
    let mut writers = Writers::new(&outputs)?;
    let waiting = screen.waiting(format!("labels for {}", rows.name()));
    let mut range = RangeCheck::default();
    while let Some(chunk) = rows.next()? {
        let x = Samples::new(chunk.view()).map_err(|error| CliError::from_error(&error))?;
        range.see(x);
        let found = parallelism.install(|| Found::of(&model, x, args));
        writers.write(&found.map_err(|error| CliError::from_error(&error))?)?;
        waiting.say(counted(writers.n_rows, "row"));
        if interrupt.token().is_cancelled() {
            return Err(interrupt.interrupted());
        }
    }
    drop(waiting);
    let n_rows = writers.n_rows;
    // One after the other, and none by half, even if killed now.
    interrupt.keep(Kept::new(&args.input, "all rows"), || writers.commit())?;
    interrupt.end();
    screen.clear();
    if !args.quiet {
        let note = range.note(&model).map(|note| format!("note: {note}\n"));
        let written = outputs.written();
        let to = if written.is_empty() {
            String::new()
        } else {
            format!(", written to {}", written.join(", "))
        };
        log::tell(&format!(
            "{}{}{to}",
            note.unwrap_or_default(),
            counted(n_rows, "row")
        ));
    }
    Ok(())
}

/// That a model can label new rows.
///
/// # Errors
/// Bad usage for one that can't.
pub(crate) fn can_label(model: &Model) -> Result<(), CliError> {
    let (manifold, clusterer) = (model.pipeline().manifold(), model.pipeline().clusterer());
    if manifold.as_transform().is_none() {
        let hint = "a model that labels new rows needs a manifold learner that places them, such as umap";
        return refuse(manifold.name(), Capability::Transform, hint);
    }
    if clusterer.as_predict().is_none() && clusterer.as_approximate_predict().is_none() {
        let hint = "clusterers that label new rows: gmm, kmeans, hdbscan and others";
        return refuse(clusterer.name(), Capability::Predict, hint);
    }
    Ok(())
}

fn refuse(part: &str, what: Capability, hint: &str) -> Result<(), CliError> {
    let refusal = CliError::usage(format!("this model can't: {part} has no {what}"));
    Err(refusal.with_hint(hint.to_owned()))
}

/// What is asked of the model's parts must be possible before any work is done.
fn can_do(model: &Model, args: &PredictArgs) -> Result<(), CliError> {
    let pipeline = model.pipeline();
    let (encoder, clusterer) = (pipeline.encoder(), pipeline.clusterer());
    can_label(model)?;
    if args.proba && clusterer.as_predict_proba().is_none() {
        let hint = "without --proba it gives labels, and strengths where the clusterer has them";
        return refuse(clusterer.name(), Capability::PredictProba, hint);
    }
    if args.reconstruction.is_some() && encoder.as_decode().is_none() {
        return refuse(encoder.name(), Capability::Decode, "leave --reconstruction out");
    }
    Ok(())
}

/// The files asked for; labels go to stdout where none is.
struct Outputs {
    labels: Option<Output>,
    embedding: Option<Output>,
    latent: Option<Output>,
    reconstruction: Option<Output>,
}

impl Outputs {
    fn new(args: &PredictArgs) -> Result<Self, CliError> {
        named_as(Written::Csv, "--out", args.out.as_deref())?;
        named_as(Written::Npy, "--embedding", args.embedding.as_deref())?;
        named_as(Written::Npy, "--latent", args.latent.as_deref())?;
        named_as(Written::Npy, "--reconstruction", args.reconstruction.as_deref())?;
        let inputs = [args.model.as_path(), args.input.as_path()];
        let checked =
            |path: &Option<PathBuf>| path.as_ref().map(|path| Output::new(path, &inputs)).transpose();
        let outputs = Self {
            labels: checked(&args.out.clone().filter(|out| !is_stdout(out)))?,
            embedding: checked(&args.embedding)?,
            latent: checked(&args.latent)?,
            reconstruction: checked(&args.reconstruction)?,
        };
        let all = [
            &outputs.labels,
            &outputs.embedding,
            &outputs.latent,
            &outputs.reconstruction,
        ];
        all_different(&all)?;
        Ok(outputs)
    }

    fn written(&self) -> Vec<String> {
        [&self.labels, &self.embedding, &self.latent, &self.reconstruction]
            .into_iter()
            .flatten()
            .map(|output| output.path().display().to_string())
            .collect()
    }
}

/// What the model says of some rows, and what is asked for besides.
struct Found {
    answers: Answers,
    agreement: Option<Vec<f32>>,
    proba: Option<Array2<f32>>,
    reconstruction: Option<Array2<f32>>,
}

impl Found {
    fn of(model: &Model, x: Samples<'_>, args: &PredictArgs) -> Result<Self, ApplyError> {
        let answers = model.answers(x)?;
        let agreement = model.agreement_on(&answers)?;
        let pipeline = model.pipeline();
        let proba = match args.proba {
            true => Some(
                pipeline
                    .clusterer()
                    .predict_proba(made_by(pipeline.manifold().name(), answers.embedding.view())?)?,
            ),
            false => None,
        };
        let reconstruction = match args.reconstruction {
            Some(_) => Some(model.decode(made_by(pipeline.encoder().name(), answers.latents.view())?)?),
            None => None,
        };
        Ok(Self {
            answers,
            agreement,
            proba,
            reconstruction,
        })
    }
}

/// The files as they grow.
struct Writers<'a> {
    labels: Table<'a>,
    embedding: Option<GrowingNpy<'a>>,
    latent: Option<GrowingNpy<'a>>,
    reconstruction: Option<GrowingNpy<'a>>,
    n_rows: usize,
}

enum Table<'a> {
    File(&'a Output, AtomicFile),
    Stdout,
}

impl<'a> Writers<'a> {
    fn new(outputs: &'a Outputs) -> Result<Self, CliError> {
        let npy = |output: &'a Option<Output>| output.as_ref().map(GrowingNpy::create).transpose();
        Ok(Self {
            labels: match &outputs.labels {
                Some(output) => Table::File(output, output.create()?),
                None => Table::Stdout,
            },
            embedding: npy(&outputs.embedding)?,
            latent: npy(&outputs.latent)?,
            reconstruction: npy(&outputs.reconstruction)?,
            n_rows: 0,
        })
    }

    fn write(&mut self, found: &Found) -> Result<(), CliError> {
        self.write_labels(found)?;
        for (file, rows) in [
            (&mut self.embedding, Some(&found.answers.embedding)),
            (&mut self.latent, Some(&found.answers.latents)),
            (&mut self.reconstruction, found.reconstruction.as_ref()),
        ] {
            if let (Some(file), Some(rows)) = (file, rows) {
                file.append(rows.view())?;
            }
        }
        self.n_rows += found.answers.embedding.nrows();
        Ok(())
    }

    fn write_labels(&mut self, found: &Found) -> Result<(), CliError> {
        let Answers { assigned, .. } = &found.answers;
        let table = LabelTable::new(
            &assigned.labels,
            found.agreement.as_deref().map(Cow::from),
            assigned.strengths.as_deref(),
        );
        let text = table.csv(self.n_rows, found.proba.as_ref());
        match &mut self.labels {
            Table::File(output, file) => file
                .write_all(text.as_bytes())
                .map_err(|error| output.refused(&error)),
            Table::Stdout => crate::errors::print_stdout(&text),
        }
    }

    fn commit(self) -> Result<(), CliError> {
        for file in [self.embedding, self.latent, self.reconstruction]
            .into_iter()
            .flatten()
        {
            file.commit()?;
        }
        match self.labels {
            Table::File(output, file) => file.commit().map_err(|error| output.refused(&error)),
            Table::Stdout => Ok(()),
        }
    }
}
