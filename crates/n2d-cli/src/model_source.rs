//! What `predict` and `assess` begin with: a model, and rows for it, some at a time.

use std::path::{Path, PathBuf};

use n2d::datasets::{BuiltIn, ReadError, ReadErrorKind, ReadOptions, RowChunks, read_chunks};
use n2d::{Model, Samples};
use ndarray::{Array2, Axis};

use crate::errors::CliError;
use crate::source::{load_set, looks_like_file, refused, unknown_name};

/// Rows that go through the model at once. The answers do not depend on it; memory does.
pub(crate) const CHUNK_ROWS: usize = 4096;

/// Reads a model.
///
/// # Errors
/// A file that is missing or is no model.
pub(crate) fn load_model(path: &Path) -> Result<Model, CliError> {
    Model::load(path).map_err(|error| {
        let refusal = CliError::from_error(&error);
        if path.is_file() {
            refusal.with_hint("a model is what `n2d fit ... --out-model FILE.n2d` has written")
        } else {
            refusal
        }
    })
}

/// Where rows for a model come from.
pub(crate) enum Rows<'a> {
    File(RowChunks<'a>),
    /// A built-in set is in memory anyway: its rows from one on.
    BuiltIn {
        name: &'static str,
        x: Array2<f32>,
        next: usize,
    },
}

impl<'a> Rows<'a> {
    /// Opens a file, leaving out some columns, or loads a built-in set.
    ///
    /// # Errors
    /// What can't be found or read, and rows that are not those the model was fitted on.
    pub(crate) fn open(
        input: &'a Path,
        drop: &[String],
        data_dir: Option<&PathBuf>,
        model: &Model,
    ) -> Result<Self, CliError> {
        let rows = match input.to_string_lossy().parse::<BuiltIn>() {
            Ok(set) if !drop.is_empty() => {
                return Err(CliError::usage(format!(
                    "--drop is for text files, but {set} is a built-in data set"
                )));
            }
            Ok(set) => Self::BuiltIn {
                name: set.name(),
                x: load_set(set, data_dir.map(PathBuf::as_path))?.x,
                next: 0,
            },
            Err(_) if looks_like_file(input) => {
                let options = ReadOptions {
                    drop_columns: drop.to_vec(),
                    ..ReadOptions::default()
                };
                Self::File(read_chunks(input, &options, CHUNK_ROWS).map_err(unreadable)?)
            }
            Err(error) => return Err(unknown_name(&error, true)),
        };
        let names = match &rows {
            Self::File(file) => file.feature_names(),
            Self::BuiltIn { .. } => &[],
        };
        check_columns(model, input, rows.n_features(), names)?;
        Ok(rows)
    }

    fn n_features(&self) -> usize {
        match self {
            Self::File(file) => file.n_features(),
            Self::BuiltIn { x, .. } => x.ncols(),
        }
    }

    /// A name for people.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(file) => file.name(),
            Self::BuiltIn { name, .. } => (*name).to_owned(),
        }
    }

    /// The next rows.
    ///
    /// # Errors
    /// Rows that can't be read.
    pub(crate) fn next(&mut self) -> Result<Option<Array2<f32>>, CliError> {
        match self {
            Self::File(file) => file.next().transpose().map_err(unreadable),
            Self::BuiltIn { x, next, .. } => {
                let end = (*next + CHUNK_ROWS).min(x.nrows());
                let chunk = x.slice_axis(Axis(0), (*next..end).into()).to_owned();
                *next = end;
                Ok((chunk.nrows() > 0).then_some(chunk))
            }
        }
    }
}

/// That rows of such columns are those a model was fitted on; `names` are empty where columns have none.
///
/// # Errors
/// Another width, or other names.
pub(crate) fn check_columns(
    model: &Model,
    input: &Path,
    given: usize,
    names: &[String],
) -> Result<(), CliError> {
    let expected = model.n_features();
    let known = &model.info().feature_names;
    if given != expected {
        let refusal = CliError::failed(format!(
            "{}: {given} columns, but the model was fitted on rows of {expected}",
            input.display()
        ));
        return Err(refusal.with_hint(match known.is_empty() {
            true => {
                "the columns must be those of the training data; predict leaves some out with --drop COLUMN"
                    .to_owned()
            }
            false => format!(
                "the model's columns: {}; predict leaves others out with --drop COLUMN",
                known.join(", ")
            ),
        }));
    }
    match known.iter().zip(names).position(|(known, given)| known != given) {
        Some(column) => Err(CliError::failed(format!(
            "{}: column {column} is \"{}\", but the model was fitted with \"{}\" there",
            input.display(),
            names[column],
            known[column]
        ))
        .with_hint("the columns must be those of the training data, in their order")),
        None => Ok(()),
    }
}

/// What is no number in rows to be labelled is left out, not scored.
fn unreadable(error: ReadError) -> CliError {
    match error.kind {
        ReadErrorKind::NotANumber { .. } => {
            CliError::from_error(&error).with_hint("--drop COLUMN leaves a column out")
        }
        _ => refused(error),
    }
}

/// A note where values lie far outside of those the model was fitted on: other units, most likely.
#[derive(Default)]
pub(crate) struct RangeCheck {
    seen: Option<(f32, f32)>,
}

impl RangeCheck {
    pub(crate) fn see(&mut self, x: Samples<'_>) {
        let start = self.seen.unwrap_or((f32::INFINITY, f32::NEG_INFINITY));
        let wider = |(low, high): (f32, f32), &value: &f32| (low.min(value), high.max(value));
        self.seen = Some(x.as_slice().iter().fold(start, wider));
    }

    /// Values beyond the training data's by its whole range and more.
    pub(crate) fn note(&self, model: &Model) -> Option<String> {
        let ((low, high), (known_low, known_high)) = (self.seen?, model.info().value_range);
        let range = known_high - known_low;
        let far = range > 0.0 && (low < known_low - range || high > known_high + range);
        far.then(|| {
            let scaling = &model.info().scaling;
            format!(
                "the values reach from {low} to {high}, those the model was fitted on from {known_low} to {known_high} ({scaling}): \
                 are they in the same units?"
            )
        })
    }
}
