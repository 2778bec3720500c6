//! What commands on a model begin with: the model, and rows for it, some at a time.

use std::path::{Path, PathBuf};

use n2d::datasets::{
    ColumnRanges, Dataset, NamedLabels, ReadError, ReadErrorKind, RowChunks, column_names, read_chunks,
    read_labels_for,
};
use n2d::{Model, Samples};
use ndarray::{Array2, Axis};

use crate::errors::CliError;
use crate::source::{Source, is_no_column, label_file, load_set, read_options, refused, similar_file};
use crate::stdin::is_stdin;
use crate::text::{counted, figure};

/// Rows that go through the model at once. The answers do not depend on it; memory does.
pub(crate) const CHUNK_ROWS: usize = 4096;

/// Reads a model.
///
/// # Errors
/// A file that is missing or is no model.
pub(crate) fn load_model(path: &Path) -> Result<Model, CliError> {
    Model::load(path).map_err(|error| {
        let refusal = CliError::from_error(&error);
        match similar_file(path).filter(|_| !path.exists()) {
            Some(near) => refusal.with_hint(format!("did you mean {near}?")),
            None => refusal.with_hint("a model is what `n2d fit ... --out-model FILE.n2d` has written"),
        }
    })
}

/// Where rows for a model come from, with their classes where they are known.
pub(crate) struct Rows<'a> {
    of: RowsOf<'a>,
    /// A file of labels, and what is wrong with rows that have no such column.
    label_file: Option<&'a Path>,
    n_read: usize,
}

enum RowsOf<'a> {
    File(Box<RowChunks<'a>>),
    /// A built-in set is in memory anyway: its rows from one on.
    BuiltIn {
        data: Box<Dataset>,
        next: usize,
    },
}

impl<'a> Rows<'a> {
    /// Opens a file or loads a built-in set.
    ///
    /// # Errors
    /// What can't be found or read, and rows that are not those the model was fitted on.
    pub(crate) fn open(source: &'a Source, model: &Model) -> Result<Self, CliError> {
        let (of, label_file) = match source {
            Source::BuiltIn { set, data_dir } => {
                let data = Box::new(load_set(*set, data_dir.as_deref())?);
                (RowsOf::BuiltIn { data, next: 0 }, None)
            }
            Source::File { path, labels, drop } => {
                let (chunks, label_file) = open_file(path, labels.as_deref(), drop)?;
                (RowsOf::File(Box::new(chunks)), label_file)
            }
        };
        let rows = Self {
            of,
            label_file,
            n_read: 0,
        };
        let (input, n_features, names) = match &rows.of {
            RowsOf::File(file) => (file.path(), file.n_features(), file.feature_names()),
            RowsOf::BuiltIn { data, .. } => (Path::new(&data.name), data.n_features(), &[][..]),
        };
        check_columns(model, input, n_features, names)?;
        Ok(rows)
    }

    /// A name for people.
    pub(crate) fn name(&self) -> String {
        match &self.of {
            RowsOf::File(file) if is_stdin(file.path()) => "stdin".to_owned(),
            RowsOf::File(file) => file.name(),
            RowsOf::BuiltIn { data, .. } => data.name.clone(),
        }
    }

    /// The next rows.
    ///
    /// # Errors
    /// Rows that can't be read.
    pub(crate) fn next(&mut self) -> Result<Option<Array2<f32>>, CliError> {
        let chunk = match &mut self.of {
            RowsOf::File(file) => file.next().transpose().map_err(unreadable)?,
            RowsOf::BuiltIn { data, next } => {
                let end = (*next + CHUNK_ROWS).min(data.n_samples());
                let chunk = data.x.slice_axis(Axis(0), (*next..end).into()).to_owned();
                *next = end;
                (chunk.nrows() > 0).then_some(chunk)
            }
        };
        self.n_read += chunk.as_ref().map_or(0, Array2::nrows);
        Ok(chunk)
    }

    /// The classes of all rows, once all are read; none where they are not known.
    ///
    /// # Errors
    /// A file of labels that can't be read, or has not as many as there are rows.
    pub(crate) fn classes(&self) -> Result<Option<NamedLabels>, CliError> {
        if let Some(path) = self.label_file {
            let known = read_labels_for(path, None, self.n_read).map_err(refused)?;
            known
                .must_be(self.n_read)
                .map_err(|error| CliError::failed(format!("{}: {error}", path.display())))?;
            return Ok(Some(known));
        }
        Ok(match &self.of {
            RowsOf::File(file) => file.labels(),
            RowsOf::BuiltIn { data, .. } => data.labels.clone().map(|labels| NamedLabels {
                labels,
                names: data.label_names.clone(),
            }),
        })
    }
}

/// What becomes of the column that the fit took as classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Classes {
    /// They are known of these rows, too.
    Taken,
    /// They are not looked at, and may be missing.
    LeftOut,
}

/// Rows for a model, by the names of their columns: those that the fit left out are left out, too, and what it took as classes is what
/// `classes` say.
pub(crate) fn for_model(source: Source, model: &Model, classes: Classes) -> Source {
    let info = model.info();
    let of_fit: Vec<String> = info.data.drop.iter().chain(&info.data.labels).cloned().collect();
    let (path, labels, drop) = match source {
        // What can be read but once is left to the reader.
        Source::File { path, labels, drop }
            if path.is_file() && !of_fit.is_empty() && !info.feature_names.is_empty() =>
        {
            (path, labels, drop)
        }
        source => return source,
    };
    // What can't be read is told of when the rows are.
    let names = column_names(&path, &read_options(None, &of_fit)).unwrap_or_default();
    // In the file, no feature, and not asked for.
    let is_spare = |column: &&String| {
        names.contains(column)
            && !info.feature_names.contains(column)
            && !drop.contains(column)
            && labels.as_deref() != Some(Path::new(column))
    };
    let of_classes = info.data.labels.as_ref().filter(is_spare);
    let taken = of_classes.filter(|_| classes == Classes::Taken && labels.is_none());
    let left_out = info.data.drop.iter().filter(is_spare);
    let left_out = left_out.chain(of_classes.filter(|_| taken.is_none()));
    let drop = drop.iter().chain(left_out).cloned().collect();
    let labels = labels.clone().or_else(|| taken.map(PathBuf::from));
    Source::File { path, labels, drop }
}

/// The file's chunks, and the file of its labels where they are no column of it.
fn open_file<'a>(
    path: &'a Path,
    labels: Option<&'a Path>,
    drop: &[String],
) -> Result<(RowChunks<'a>, Option<&'a Path>), CliError> {
    match (read_chunks(path, &read_options(labels, drop), CHUNK_ROWS), labels) {
        (Err(error), Some(labels)) if is_no_column(&error, labels) => {
            let labels = label_file(labels, &error)?;
            let chunks = read_chunks(path, &read_options(None, drop), CHUNK_ROWS).map_err(unreadable)?;
            Ok((chunks, Some(labels)))
        }
        (chunks, _) => Ok((chunks.map_err(unreadable)?, None)),
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
                "the columns must be those of the training data; --drop COLUMN leaves some out".to_owned()
            }
            false => format!(
                "the model's columns: {}; --drop COLUMN leaves others out",
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
    seen: Option<ColumnRanges>,
}

/// Columns beyond these are counted, not named.
const MOST_NAMED: usize = 3;

impl RangeCheck {
    pub(crate) fn see(&mut self, x: Samples<'_>) {
        match &mut self.seen {
            Some(seen) => seen.widen(x),
            None => self.seen = Some(ColumnRanges::of(x)),
        }
    }

    /// The columns of a table have units of their own; the pixels of an image and the steps of a sequence share one.
    pub(crate) fn note(&self, model: &Model) -> Option<String> {
        let (seen, known) = (self.seen.as_ref()?, model.ranges()?);
        let info = model.info();
        let shared = info.row_shape.len() > 1;
        let (seen, known) = match shared {
            true => (&seen.overall(), &known.overall()),
            false => (seen, known),
        };
        let far = known.far_columns(seen);
        let of_column = |&column: &usize| {
            let name = match info.feature_names.get(column) {
                _ if shared => "the values".to_owned(),
                Some(name) => format!("\"{name}\""),
                None => format!("column {column}"),
            };
            let range = |ranges: &ColumnRanges| {
                let (low, high) = ranges.column(column);
                format!("{} to {}", figure(low.into()), figure(high.into()))
            };
            format!("{name} {} (fitted on {})", range(seen), range(known))
        };
        let named: Vec<String> = far.iter().take(MOST_NAMED).map(of_column).collect();
        let more = match far.len() - named.len() {
            0 => String::new(),
            n => format!(", and {} more", counted(n, "column")),
        };
        (!far.is_empty()).then(|| {
            format!(
                "far from what the model was fitted on: {}{more}: are they in the same units?",
                named.join(", ")
            )
        })
    }
}
