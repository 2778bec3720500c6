//! The data: a built-in set or a file, its classes, its scaling.

use std::path::{Path, PathBuf};

use n2d::datasets::{
    BuiltIn, Dataset, LoadError, ReadError, ReadErrorKind, ReadOptions, Scaler, Scaling, UnknownName,
    read_labels, read_path,
};

use crate::data_dirs;
use crate::errors::{CliError, nearest};
use crate::text::counted;

/// Where the data comes from.
#[derive(Debug)]
pub(crate) enum Source {
    BuiltIn { set: BuiltIn, data_dir: Option<PathBuf> },
    File { path: PathBuf, labels: Option<PathBuf> },
}

/// The data as the pipeline gets it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) data: Dataset,
    /// How its values are scaled, in words.
    pub(crate) scaling: String,
    pub(crate) scaler: Scaler,
    /// The least and the greatest value before that.
    pub(crate) value_range: (f32, f32),
    /// What the user should know of it.
    pub(crate) notes: Vec<String>,
}

impl Source {
    /// Tells names from files; `labels` and `data_dir` are the options of these names.
    ///
    /// # Errors
    /// Bad usage: an unknown name, options that the other kind has.
    pub(crate) fn of(data: &Path, labels: Option<&Path>, data_dir: Option<&Path>) -> Result<Self, CliError> {
        let parsed: Result<BuiltIn, UnknownName> = data.to_string_lossy().parse();
        match parsed {
            Ok(set) if labels.is_some() => Err(CliError::usage(format!(
                "--labels is for files: the classes of {set} are known"
            ))),
            Ok(set) => Ok(Self::BuiltIn {
                set,
                data_dir: data_dir.map(Path::to_owned),
            }),
            Err(_) if looks_like_file(data) && data_dir.is_some() => Err(CliError::usage(
                "--data-dir is for built-in data sets, but a file is given",
            )),
            Err(_) if looks_like_file(data) => Ok(Self::File {
                path: data.to_owned(),
                labels: labels.map(Path::to_owned),
            }),
            Err(error) => Err(unknown_name(&error, true)),
        }
    }

    /// Files that are read, and must not be overwritten.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        match self {
            Self::BuiltIn { .. } => Vec::new(),
            Self::File { path, labels } => [Some(path), labels.as_ref()]
                .into_iter()
                .flatten()
                .map(PathBuf::as_path)
                .collect(),
        }
    }

    /// Reads the data, not scaled.
    ///
    /// # Errors
    /// Data that is missing or can't be read.
    pub(crate) fn read(&self) -> Result<Dataset, CliError> {
        match self {
            Self::BuiltIn { set, data_dir } => load_set(*set, data_dir.as_deref()),
            Self::File { path, labels } => read_file(path, labels.as_deref()),
        }
    }

    /// Reads and scales the data; `encoded` says whether an encoder follows, which expects values of 0..1.
    ///
    /// # Errors
    /// Data that is missing or can't be read.
    pub(crate) fn load(&self, scale: Option<Scaling>, encoded: bool) -> Result<Loaded, CliError> {
        let data = self.read()?;
        let (default, as_it_comes) = match self {
            Self::BuiltIn { set, .. } => (Scaling::None, format!("values {}", set.info().scaling)),
            Self::File { .. } => {
                let default = if encoded { Scaling::MinMax } else { Scaling::None };
                (default, "values as they are".to_owned())
            }
        };
        scaled(data, scale.unwrap_or(default), as_it_comes)
    }
}

pub(crate) fn looks_like_file(path: &Path) -> bool {
    let text = path.to_string_lossy();
    path.is_file() || text.contains(std::path::is_separator) || text.contains('.')
}

/// The refusal of a name; where `or_file`, a file was possible too.
pub(crate) fn unknown_name(error: &UnknownName, or_file: bool) -> CliError {
    let (what, given) = (error.what, &error.given);
    let nor = if or_file { ", nor a file of that name" } else { "" };
    let known = error.known.join(", ");
    let refusal = CliError::usage(format!(
        "there is no {what} \"{given}\"{nor}; the {what}s are {known}"
    ));
    match nearest(given, error.known.iter().copied()) {
        Some(near) => refusal.with_hint(format!("did you mean {near}?")),
        None => refusal,
    }
}

pub(crate) fn load_set(set: BuiltIn, data_dir: Option<&Path>) -> Result<Dataset, CliError> {
    let dirs = data_dirs::to_look_in(data_dir)?;
    set.load(&dirs).map_err(|error| {
        let refusal = CliError::from_error(&error);
        match error {
            LoadError::Missing(_) => {
                refusal.with_hint("`n2d datasets` lists the data sets and the folders that are looked in")
            }
            _ => refusal,
        }
    })
}

fn read_file(path: &Path, labels: Option<&Path>) -> Result<Dataset, CliError> {
    let Some(labels) = labels else {
        return read_path(path, &ReadOptions::default()).map_err(refused);
    };
    let column = labels.to_string_lossy().into_owned();
    let options = ReadOptions {
        label_column: Some(column),
        ..ReadOptions::default()
    };
    match read_path(path, &options) {
        Err(error) if is_no_column(&error) => with_labels_of_file(path, labels, error),
        read => read.map_err(refused),
    }
}

fn is_no_column(error: &ReadError) -> bool {
    matches!(
        error.kind,
        ReadErrorKind::NoSuchColumn { .. }
            | ReadErrorKind::NoColumns { .. }
            | ReadErrorKind::NoSuchArray { .. }
    )
}

/// What is no column is a file.
fn with_labels_of_file(path: &Path, labels: &Path, no_column: ReadError) -> Result<Dataset, CliError> {
    if !labels.is_file() {
        let labels = labels.display();
        return Err(CliError::from_error(&no_column).with_hint(format!(
            "--labels names a column or a file, and there is no file {labels} either"
        )));
    }
    let mut data = read_path(path, &ReadOptions::default()).map_err(refused)?;
    let known = read_labels(labels, None).map_err(refused)?;
    data.set_labels(known)
        .map_err(|error| CliError::failed(format!("{}: {error}", labels.display())))?;
    Ok(data)
}

pub(crate) fn refused(error: ReadError) -> CliError {
    let refusal = CliError::from_error(&error);
    match error.kind {
        ReadErrorKind::NotANumber { .. } => {
            refusal.with_hint("--labels COLUMN names a column of known classes and takes it out of the data")
        }
        ReadErrorKind::ManyLabelColumns { .. } => {
            refusal.with_hint("a column named label, class, target, y or cluster is found")
        }
        ReadErrorKind::Folder => refusal.with_hint(
            "a folder of built-in data sets is named by --data-dir, as in: n2d fit mnist --data-dir DIR",
        ),
        _ => refusal,
    }
}

fn scaled(mut data: Dataset, scaling: Scaling, as_it_comes: String) -> Result<Loaded, CliError> {
    let wider = |(low, high): (f32, f32), &value: &f32| (low.min(value), high.max(value));
    let value_range = data.x.iter().fold((f32::INFINITY, f32::NEG_INFINITY), wider);
    let scaler = data
        .scale(scaling)
        .map_err(|error| CliError::from_error(&error))?;
    let n_constant = scaler.columns().iter().filter(|(_, scale)| *scale == 0.0).count();
    let mut notes = Vec::new();
    if n_constant > 0 {
        let columns = counted(n_constant, "column");
        notes.push(format!(
            "{columns} of the same value in every row: no help in telling rows apart"
        ));
    }
    let scaling = match scaling {
        Scaling::None => as_it_comes,
        Scaling::MinMax => "each column scaled to 0..1".to_owned(),
        Scaling::Standard => "each column scaled to mean 0 and standard deviation 1".to_owned(),
    };
    Ok(Loaded {
        data,
        scaling,
        scaler,
        value_range,
        notes,
    })
}
