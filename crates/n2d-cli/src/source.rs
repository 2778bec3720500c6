//! The data: a built-in set or a file, its classes, its scaling.

use std::path::{Path, PathBuf};

use n2d::DataConfig;
use n2d::datasets::{
    BuiltIn, ColumnRanges, Dataset, LoadError, ReadError, ReadErrorKind, ReadOptions, Scaler, Scaling,
    UnknownName, read_labels_for, read_path,
};

use crate::data_dirs;
use crate::errors::{CliError, nearest};
use crate::stdin;
use crate::text::counted;

/// Where the data comes from.
#[derive(Debug)]
pub(crate) enum Source {
    BuiltIn {
        set: BuiltIn,
        data_dir: Option<PathBuf>,
    },
    File {
        path: PathBuf,
        labels: Option<PathBuf>,
        drop: Vec<String>,
    },
}

/// The options that say more of the data than its name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DataOptions<'a> {
    /// `--labels`: a column or a file.
    pub(crate) labels: Option<&'a Path>,
    /// `--drop`: columns.
    pub(crate) drop: &'a [String],
    /// `--data-dir`.
    pub(crate) data_dir: Option<&'a Path>,
}

/// The data as the pipeline gets it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) data: Dataset,
    /// The data as it was asked for.
    pub(crate) asked: DataConfig,
    /// How its values are scaled, in words.
    pub(crate) scaling: String,
    pub(crate) scaler: Scaler,
    /// Those of its columns before that.
    pub(crate) ranges: ColumnRanges,
    /// What the user should know of it.
    pub(crate) notes: Vec<String>,
}

impl Source {
    /// Tells names from files.
    ///
    /// # Errors
    /// Bad usage: an unknown name, options that the other kind has.
    pub(crate) fn of(data: &Path, options: DataOptions<'_>) -> Result<Self, CliError> {
        let DataOptions {
            labels,
            drop,
            data_dir,
        } = options;
        let data = &*stdin::or_path(data)?;
        let parsed: Result<BuiltIn, UnknownName> = data.to_string_lossy().parse();
        match parsed {
            Ok(set) if labels.is_some() => Err(CliError::usage(format!(
                "--labels is for files: the classes of {set} are known"
            ))),
            Ok(set) if !drop.is_empty() => Err(CliError::usage(format!(
                "--drop is for text files, but {set} is a built-in data set"
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
                drop: drop.to_vec(),
            }),
            Err(error) => Err(unknown_name(&error, true)),
        }
    }

    /// Files that are read, and must not be overwritten.
    pub(crate) fn inputs(&self) -> Vec<&Path> {
        match self {
            Self::BuiltIn { .. } => Vec::new(),
            Self::File { path, labels, .. } => [Some(path), labels.as_ref()]
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
            Self::File { path, labels, drop } => {
                let mut data = read_file(path, labels.as_deref(), drop)?;
                if stdin::is_stdin(path) {
                    "stdin".clone_into(&mut data.name);
                }
                Ok(data)
            }
        }
    }

    /// Reads and scales the data for an encoder.
    ///
    /// # Errors
    /// Data that is missing or can't be read.
    pub(crate) fn load(&self, scale: Option<Scaling>, encoder: &str) -> Result<Loaded, CliError> {
        let data = self.read()?;
        let (default, as_it_comes) = match self {
            Self::BuiltIn { set, .. } => (Scaling::None, format!("values {}", set.info().scaling)),
            Self::File { .. } => (
                usual_scaling(&data.row_shape, encoder),
                "values as they are".to_owned(),
            ),
        };
        let scaling = scale.unwrap_or(default);
        let mut asked = self.asked();
        asked.scale = Some(scaling);
        scaled(data, asked, scaling, as_it_comes)
    }

    /// Itself as a configuration file has it.
    fn asked(&self) -> DataConfig {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let mut asked = DataConfig::default();
        match self {
            Self::BuiltIn { set, data_dir } => {
                asked.input = Some(set.to_string());
                asked.data_dir = data_dir.as_ref().map(text);
            }
            Self::File { path, labels, drop } => {
                // What came by stdin is gone.
                asked.input = Some(path).filter(|path| !stdin::is_stdin(path)).map(text);
                asked.labels = labels.as_ref().map(text);
                asked.drop.clone_from(drop);
            }
        }
        asked
    }
}

/// What is done to a file's values where nothing else is asked for. Encoders expect values around 0..1; the steps of a sequence and the pixels of an image
/// keep their relations.
fn usual_scaling(row_shape: &[usize], encoder: &str) -> Scaling {
    match row_shape.len() {
        _ if encoder == "identity" => Scaling::None,
        0 | 1 => Scaling::MinMax,
        // Steps by channels, or height by width: that only the encoder tells.
        2 if !n2d::reads_sequences(encoder) => Scaling::StandardAll,
        _ => Scaling::StandardChannels,
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

fn read_file(path: &Path, labels: Option<&Path>, drop: &[String]) -> Result<Dataset, CliError> {
    let Some(labels) = labels else {
        return read_path(path, &read_options(None, drop)).map_err(refused);
    };
    match read_path(path, &read_options(Some(labels), drop)) {
        Err(error) if is_no_column(&error, labels) => {
            let labels = label_file(labels, &error)?;
            let mut data = read_path(path, &read_options(None, drop)).map_err(refused)?;
            let known = read_labels_for(labels, None, data.n_samples()).map_err(refused)?;
            data.set_labels(known)
                .map_err(|error| CliError::failed(format!("{}: {error}", labels.display())))?;
            Ok(data)
        }
        read => read.map_err(refused),
    }
}

/// With the label column and the columns to leave out.
pub(crate) fn read_options(labels: Option<&Path>, drop: &[String]) -> ReadOptions {
    ReadOptions {
        label_column: labels.map(|labels| labels.to_string_lossy().into_owned()),
        drop_columns: drop.to_vec(),
        ..ReadOptions::default()
    }
}

/// Whether the labels are in no column of the data.
pub(crate) fn is_no_column(error: &ReadError, labels: &Path) -> bool {
    match &error.kind {
        ReadErrorKind::NoSuchColumn { given, .. }
        | ReadErrorKind::NoColumns { given, .. }
        | ReadErrorKind::NoSuchArray { given, .. } => *given == labels.to_string_lossy(),
        _ => false,
    }
}

/// What is no column is a file.
pub(crate) fn label_file<'a>(labels: &'a Path, no_column: &ReadError) -> Result<&'a Path, CliError> {
    if labels.is_file() {
        return Ok(labels);
    }
    Err(CliError::from_error(no_column).with_hint(format!(
        "--labels names a column or a file, and there is no file {} either",
        labels.display()
    )))
}

pub(crate) fn refused(mut error: ReadError) -> CliError {
    if stdin::is_stdin(&error.path) {
        error.path = "stdin".into();
    }
    let refusal = CliError::from_error(&error);
    match error.kind {
        ReadErrorKind::NotANumber { .. } => {
            refusal.with_hint(
                "--labels COLUMN names a column of known classes and takes it out of the data, --drop COLUMN leaves one out",
            )
        }
        ReadErrorKind::MissingLabel { .. } => {
            refusal.with_hint("--drop COLUMN leaves the column of classes out")
        }
        ReadErrorKind::ManyLabelColumns { .. } => {
            refusal.with_hint("a column named label, class, target, y or cluster is found")
        }
        ReadErrorKind::Folder => refusal.with_hint(
            "a folder of built-in data sets is named by --data-dir, as in: n2d fit mnist --data-dir DIR; \
             a folder of pictures becomes a file by: n2d convert FOLDER pictures.npz",
        ),
        ReadErrorKind::Empty => refusal.with_hint("is it the right file? rows are expected, one a line"),
        ReadErrorKind::Ragged { .. } => {
            refusal.with_hint("a cell that has the separator in it needs quotes")
        }
        ReadErrorKind::Io(reason) if reason.kind() == std::io::ErrorKind::NotFound => {
            match similar_file(&error.path) {
                Some(name) => refusal.with_hint(format!("did you mean {name}?")),
                None => refusal.with_hint("`n2d datasets` lists the built-in data sets; all else is the path of a file"),
            }
        }
        _ => refusal,
    }
}

/// The file in the same folder whose name is nearest.
pub(crate) fn similar_file(path: &Path) -> Option<String> {
    let folder = path.parent().unwrap_or(path);
    let in_folder = if folder == Path::new("") {
        Path::new(".")
    } else {
        folder
    };
    let entries = std::fs::read_dir(in_folder).ok()?.filter_map(Result::ok);
    let names: Vec<String> = entries
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let given = path.file_name()?.to_string_lossy();
    let near = nearest(&given, names.iter().map(String::as_str))?;
    Some(folder.join(near).display().to_string())
}

fn scaled(
    mut data: Dataset,
    asked: DataConfig,
    scaling: Scaling,
    as_it_comes: String,
) -> Result<Loaded, CliError> {
    let failed = |error: &dyn std::error::Error| CliError::from_error(error);
    let ranges = ColumnRanges::of(data.samples().map_err(|error| failed(&error))?);
    let scaler = data.scale(scaling).map_err(|error| failed(&error))?;
    let n_constant = scaler.columns().iter().filter(|(_, scale)| *scale == 0.0).count();
    let mut notes = Vec::new();
    let is_constant = |column| {
        let (low, high) = ranges.column(column);
        low == high
    };
    if data.n_samples() > 1 && (0..ranges.n_features()).all(is_constant) {
        notes.push("every row is the same: what clusters are found in them are chance".to_owned());
    } else if n_constant > 0 {
        let columns = counted(n_constant, "column");
        notes.push(format!(
            "{columns} of the same value in every row: no help in telling rows apart"
        ));
    }
    let scaling = match scaling {
        Scaling::None => as_it_comes,
        Scaling::MinMax => "each column scaled to 0..1".to_owned(),
        Scaling::Standard => "each column scaled to mean 0 and standard deviation 1".to_owned(),
        Scaling::StandardChannels => "each channel scaled to mean 0 and standard deviation 1".to_owned(),
        Scaling::StandardAll => "all values scaled to mean 0 and standard deviation 1".to_owned(),
    };
    Ok(Loaded {
        data,
        asked,
        scaling,
        scaler,
        ranges,
        notes,
    })
}
