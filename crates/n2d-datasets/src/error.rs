//! Typed errors: each names the file, the place in it, what was expected and what was found.

use std::fmt;
use std::path::PathBuf;

use crate::BuiltIn;

/// A file that can't be read as data.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: ReadErrorKind,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The operating system's refusal.
    #[error("{0}")]
    Io(std::io::Error),
    /// A folder where a file is needed.
    #[error("this is a folder; a file is needed")]
    Folder,
    /// A folder without pictures.
    #[error("there is no PNG or JPEG picture in this folder, nor in the folders in it")]
    NoPictures,
    /// A picture beside folders of pictures.
    #[error(
        "this picture lies beside folders of pictures, which are classes: put it into one of them, or elsewhere"
    )]
    StrayPicture,
    /// A picture of another size than the first.
    #[error(
        "a picture of {} x {} pixels, but the first is of {} x {}: give a size that all are resized to", found.0, found.1, expected.0, expected.1
    )]
    PictureSize {
        /// Width and height of the first.
        expected: (usize, usize),
        /// Of this one.
        found: (usize, usize),
    },
    /// None of the formats known.
    #[error(
        "{found}; the formats known are .npy, .npz, .csv, .tsv, .txt and IDX, each also compressed as .gz, and with the feature `arrow` .parquet and Arrow"
    )]
    UnknownFormat {
        /// What it looks like.
        found: &'static str,
    },
    /// No row in it.
    #[error("there is no data in it")]
    Empty,
    /// A text file whose only row is its header.
    #[error("there is a header (line {line}) but no row of data below it")]
    HeaderOnly {
        /// The header's line, from 1.
        line: u64,
    },
    /// A row longer or shorter than the first.
    #[error("line {line} has {found} columns, but the first row has {expected}")]
    Ragged {
        /// The row's line, from 1.
        line: u64,
        /// Columns of the first row.
        expected: usize,
        /// Columns of this one.
        found: usize,
    },
    /// Text where a number is needed.
    #[error("line {line}, {column}: \"{text}\" is no number; {advice}")]
    NotANumber {
        /// The row's line, from 1.
        line: u64,
        /// The column.
        column: Column,
        /// What stands there, shortened where it is long.
        text: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// An empty cell, `NA`, `NaN` and the like.
    #[error("{place}: a value is missing (\"{text}\"); fill it in, or leave its row or column out")]
    Missing {
        /// Where.
        place: Place,
        /// How it is written.
        text: String,
    },
    /// An infinity, or a number too large for 32 bits.
    #[error("{place} is {text}; every value must be finite and within the range of 32-bit floats")]
    NotFinite {
        /// Where.
        place: Place,
        /// The value as it stands there.
        text: String,
    },
    /// A label that is missing.
    #[error("line {line}: the label is missing (\"{text}\")")]
    MissingLabel {
        /// The row's line, from 1.
        line: u64,
        /// How it is written.
        text: String,
    },
    /// A numeric label that is no whole number.
    #[error("the label of row {row} (from 0) is {value}; a label is a whole number or text")]
    BadLabel {
        /// The row, from 0.
        row: usize,
        /// The label found.
        value: f64,
    },
    /// A column that is not there.
    #[error("there is no column \"{given}\"; {there_are}")]
    NoSuchColumn {
        /// The column asked for.
        given: String,
        /// The columns there are, in words.
        there_are: String,
    },
    /// A name that several columns have.
    #[error("{n_columns} columns are called \"{given}\"; rename all but one")]
    AmbiguousColumn {
        /// The column asked for.
        given: String,
        /// Columns of that name.
        n_columns: usize,
    },
    /// A column was named, but the format has none by name.
    #[error(
        "column \"{given}\" was asked for, but {format} files have no named columns; give the labels in a file of their own"
    )]
    NoColumns {
        /// The column asked for.
        given: String,
        /// The format.
        format: &'static str,
    },
    /// Several columns in a file of labels.
    #[error("{n_columns} columns, but labels are one; name the column that holds them")]
    ManyLabelColumns {
        /// Columns found.
        n_columns: usize,
    },
    /// No column left besides that of the labels and those to drop.
    #[error("no column is left once the labels and the dropped columns are taken out")]
    NoFeatures,
    /// Fewer bytes than the header declares.
    #[error(
        "cut short, or its header is wrong: it declares {declared} bytes of values, but there are at most {available}"
    )]
    Truncated {
        /// Bytes declared; `u64::MAX` where they are more than can be counted.
        declared: u64,
        /// Bytes there can be.
        available: u64,
    },
    /// The file ends within its header or its compressed stream.
    #[error("cut short: {what} ends early")]
    CutShort {
        /// What ends early.
        what: &'static str,
    },
    /// Bytes that are not as the format says.
    #[error("damaged: {detail}")]
    Damaged {
        /// What does not fit.
        detail: String,
    },
    /// A type of value that can't be data.
    #[error("values of type {found} can't be used; {advice}")]
    UnsupportedType {
        /// The type as the file names it.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// One dimension where rows and columns are needed.
    #[error(
        "one dimension of {length} values, but rows and columns are needed: save it as ({length}, 1) for rows of one \
         value; if these are labels, give the file as labels"
    )]
    OneDimensional {
        /// Its length.
        length: u64,
    },
    /// Labels of more than one dimension.
    #[error("labels are one value a row, but the shape is {shape:?}")]
    LabelShape {
        /// The shape found.
        shape: Vec<usize>,
    },
    /// More than one array, and none with a name that says it is the data.
    #[error("which array is meant? There are {}; save the {wanted}", arrays.join(", "))]
    WhichArray {
        /// The arrays there are, with shapes.
        arrays: Vec<String>,
        /// The name that would be understood.
        wanted: &'static str,
    },
    /// An array that is not there.
    #[error("there is no array \"{given}\"; there are {}", arrays.join(", "))]
    NoSuchArray {
        /// The array asked for.
        given: String,
        /// The arrays there are.
        arrays: Vec<String>,
    },
    /// Not as many labels as rows.
    #[error(transparent)]
    LabelCount(#[from] LabelCountError),
}

impl From<std::io::Error> for ReadErrorKind {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::CutShort {
                what: "the compressed stream",
            },
            std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => Self::Damaged {
                detail: error.to_string(),
            },
            std::io::ErrorKind::IsADirectory => Self::Folder,
            _ => Self::Io(error),
        }
    }
}

impl ReadErrorKind {
    pub(crate) fn at(self, path: impl Into<PathBuf>) -> ReadError {
        ReadError {
            path: path.into(),
            kind: self,
        }
    }
}

/// A column of a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its number, from 0.
    pub index: usize,
    /// Its name, where there is a header.
    pub name: Option<String>,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "column \"{name}\""),
            None => write!(f, "column {} (from 0)", self.index),
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In a text file.
    Cell {
        /// The line, from 1, as an editor shows it.
        line: u64,
        /// The column.
        column: Column,
    },
    /// In an array.
    Element {
        /// The row, from 0.
        row: usize,
        /// The column of the row laid flat, from 0.
        column: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { line, column } => write!(f, "line {line}, {column}"),
            Self::Element { row, column } => write!(f, "row {row}, column {column} (both from 0)"),
        }
    }
}

/// Not as many labels as rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{n_labels} labels for {n_samples} rows; there must be one label a row")]
pub struct LabelCountError {
    /// Labels given.
    pub n_labels: usize,
    /// Rows of the data.
    pub n_samples: usize,
}

/// A name that is none of those known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} \"{given}\"; there are {}", known.join(", "))]
pub struct UnknownName {
    /// What was named: `data set`, `scaling`.
    pub what: &'static str,
    /// The name given.
    pub given: String,
    /// The names known.
    pub known: Vec<&'static str>,
}

/// A built-in set that could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is nowhere.
    #[error(transparent)]
    Missing(#[from] MissingData),
    /// One of its files can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file that is readable but not the set's.
    #[error("{}: {found} {what}, but {set} has {expected}", path.display())]
    NotTheSet {
        /// The file.
        path: PathBuf,
        /// What was counted.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
        /// The set's name.
        set: &'static str,
    },
}

/// A built-in set that is in none of the places looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingData {
    /// The set.
    pub set: BuiltIn,
    /// Each place looked at, in order.
    pub looked: Vec<Looked>,
}

/// A folder looked at, and what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The folder.
    pub folder: PathBuf,
    /// The files it lacks; `None` where the folder itself is not there.
    pub lacks: Option<Vec<String>>,
}

impl std::error::Error for MissingData {}

impl fmt::Display for MissingData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.set.info();
        write!(f, "the data set {} is not there: looked in ", info.name)?;
        for (i, looked) in self.looked.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{}", looked.folder.display())?;
            match &looked.lacks {
                None => f.write_str(" (no such folder)")?,
                Some(files) => write!(f, " (lacks {})", files.join(", "))?,
            }
        }
        if self.looked.is_empty() {
            f.write_str("no folder, as none was given")?;
        }
        if info.mirrors.is_empty() {
            write!(f, "; {}", info.how_to_get)
        } else {
            let name = info.name;
            write!(
                f,
                "; `n2d datasets fetch {name}` fetches it, or {}",
                info.how_to_get
            )
        }
    }
}
