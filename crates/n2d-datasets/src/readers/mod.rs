//! Readers of user data. What a file is, its first bytes say; where they do not, its name.

mod array;
#[cfg(feature = "arrow")]
mod arrow;
mod chunks;
mod columnar;
mod csv;
mod element;
pub(crate) mod gz;
pub(crate) mod idx;
#[cfg(feature = "images")]
mod images;
mod labels;
mod npy;
mod npz;
mod records;
mod zip;

use std::path::Path;

use ndarray::Array2;

use crate::error::{ReadError, ReadErrorKind};
use crate::{Dataset, NamedLabels};
pub use chunks::{RowChunks, read_chunks};
pub(crate) use csv::{Table, read as read_table, refusal, value};
use gz::{Input, Source};
#[cfg(feature = "images")]
pub use images::{ImageOptions, read_images};
pub(crate) use records::{Record, Records};

/// How a file is read.
///
/// The defaults find out all that can be found out: no column is taken for the labels, none is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The column that holds the known classes, by its name; by its number from 0 where the file has no header. For
    /// `.npz`, the name of the array. Default: none, but an `.npz`'s array `y` (or `Y`, `labels`, `target`).
    pub label_column: Option<String>,
    /// Columns of a text file to leave out, named likewise. Default: none.
    pub drop_columns: Vec<String>,
    /// What divides the columns of a text file. Default: [`Delimiter::Auto`].
    pub delimiter: Delimiter,
    /// Whether a text file's first row is a header. Default: [`Header::Auto`].
    pub header: Header,
}

/// What divides the columns of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delimiter {
    /// The one of those below that divides the first lines alike. For `.tsv`, [`Delimiter::Tab`].
    #[default]
    Auto,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tabulator.
    Tab,
    /// `|`
    Pipe,
    /// Any number of spaces and tabulators; cells can't be quoted.
    Whitespace,
}

/// Whether a text file's first row is a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// It is one where it has text above a number, where it has no number at all, or where it has the name of the
    /// label column.
    #[default]
    Auto,
    /// It is one.
    Present,
    /// It is a row of data.
    Absent,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Npy,
    Npz,
    Idx,
    Columns(columnar::Form),
    Text { tabs: bool },
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Npy => ".npy",
            Self::Npz => ".npz",
            Self::Idx => "IDX",
            Self::Columns(form) => form.name(),
            Self::Text { .. } => "text",
        }
    }
}

/// Reads rows of numbers from a file: `.npy`, `.npz`, `.csv`, `.tsv`, `.txt` or IDX, each also compressed with gzip; with the feature `arrow`
/// also Parquet and Arrow's IPC files.
///
/// - Text: numbers with a point for decimals, cells perhaps quoted, blank lines skipped; see [`ReadOptions`] for header,
///   labels and delimiter.
/// - `.npy`: booleans, integers and floats of 8 to 64 bits, either byte order, C and Fortran order; two or more dimensions,
///   of which the first is the rows and the others are laid flat ([`Dataset::row_shape`] keeps them).
/// - `.npz`: the array `x`, `X` or `data`, else the only one of two or more dimensions; labels as
///   [`ReadOptions::label_column`] says.
/// - IDX: MNIST's format, all its types.
/// - Parquet and Arrow: columns of booleans, integers, floats, and lists of those, all of one length, which become a column a value; labels also of
///   text and categories. A hostile file may take memory beyond its size.
///
/// Values are taken to 32-bit floats; every one must be finite. Memory is reserved only for what the file can hold,
/// whatever its header declares.
///
/// ```no_run
/// use n2d_datasets::{ReadOptions, read_path};
///
/// let options = ReadOptions { label_column: Some("species".into()), ..ReadOptions::default() };
/// let flowers = read_path("iris.csv", &options)?;
/// println!("{} flowers of {:?} species", flowers.n_samples(), flowers.n_classes());
/// # Ok::<(), n2d_datasets::ReadError>(())
/// ```
///
/// # Errors
/// [`ReadError`] with the file, the place in it, and what is wrong there.
pub fn read_path(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Dataset, ReadError> {
    let path = path.as_ref();
    read_input(Input::Path(path), path, options).map_err(|kind| kind.at(path))
}

/// Reads rows of numbers from memory, as [`read_path`] does from a file; `name` stands for the file's name.
///
/// ```
/// use n2d_datasets::{ReadOptions, read_bytes};
///
/// let data = read_bytes("points.csv", b"x,y\n1,2\n3,4\n", &ReadOptions::default())?;
/// assert_eq!(data.feature_names, ["x", "y"]);
/// assert_eq!(data.x, ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
///
/// let error = read_bytes("points.csv", b"x,y\n1,2\n3,four\n", &ReadOptions::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "points.csv: line 3, column \"y\": \"four\" is no number; \
///      correct it; where all of the column is so, leave that out, or name it as the column of labels"
/// );
/// # Ok::<(), n2d_datasets::ReadError>(())
/// ```
///
/// # Errors
/// As [`read_path`].
pub fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Dataset, ReadError> {
    read_input(Input::Bytes(bytes), Path::new(name), options).map_err(|kind| kind.at(name))
}

/// The names of a file's columns, of whatever they are; empty where they have none. Of text no more is read than that takes.
///
/// Of `options` the delimiter and the header count; a first line that has a name which they ask for is a header.
///
/// ```
/// use n2d_datasets::{ReadOptions, column_names};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("flowers.csv");
/// std::fs::write(&path, "length,width,species\n1,2,rose\n3,4,tulip\n")?;
/// assert_eq!(column_names(&path, &ReadOptions::default())?, ["length", "width", "species"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReadError`], as [`read_path`].
pub fn column_names(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Vec<String>, ReadError> {
    let path = path.as_ref();
    names_of(path, options).map_err(|kind| kind.at(path))
}

fn names_of(path: &Path, options: &ReadOptions) -> Result<Vec<String>, ReadErrorKind> {
    let input = Input::Path(path);
    let source = Source::open(input)?;
    match detect(path, source.head())? {
        Format::Text { tabs } => csv::names(source, options.delimiter.or_tabs(tabs), options),
        Format::Columns(form) => names_of_columns(input, source, form),
        Format::Npy | Format::Npz | Format::Idx => Ok(Vec::new()),
    }
}

/// Reads the known classes of rows from a file of their own: text (`.csv`, `.txt`, ...), `.npy`, `.npz` or IDX, each also
/// compressed with gzip.
///
/// `column` names the column of a text file, or the array of an `.npz`; it is needed where there are several and none has
/// a usual name (`label`, `labels`, `class`, `target`, `y`, `cluster`). [`Dataset::set_labels`] joins the labels with
/// their rows; [`NamedLabels::from_texts`] says how they are numbered.
///
/// # Errors
/// [`ReadError`], as [`read_path`].
pub fn read_labels(path: impl AsRef<Path>, column: Option<&str>) -> Result<NamedLabels, ReadError> {
    let path = path.as_ref();
    labels_of(Input::Path(path), path, column, None).map_err(|kind| kind.at(path))
}

/// Reads the known classes of `n_rows` rows as [`read_labels`] does.
///
/// A first line of text above lines of text may be a header or a class. It is a header where the file has one line more than there are
/// rows.
///
/// ```
/// use n2d_datasets::{read_labels, read_labels_for};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("species.txt");
/// std::fs::write(&path, "flower\nrose\ntulip\nrose\n")?;
/// assert_eq!(read_labels_for(&path, None, 3)?.names, ["rose", "tulip"]);
/// assert_eq!(read_labels(&path, None)?.names, ["flower", "rose", "tulip"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReadError`]. That there are as many labels as rows is for [`Dataset::set_labels`] to check.
pub fn read_labels_for(
    path: impl AsRef<Path>,
    column: Option<&str>,
    n_rows: usize,
) -> Result<NamedLabels, ReadError> {
    let path = path.as_ref();
    labels_of(Input::Path(path), path, column, Some(n_rows)).map_err(|kind| kind.at(path))
}

fn read_input(input: Input<'_>, path: &Path, options: &ReadOptions) -> Result<Dataset, ReadErrorKind> {
    let mut source = Source::open(input)?;
    let format = detect(path, source.head())?;
    let name = name_of(path);
    let array = |header: array::ArrayHeader, source| {
        if let Some(given) = options.label_column.as_ref().or(options.drop_columns.first()) {
            return Err(ReadErrorKind::NoColumns {
                given: given.clone(),
                format: format.name(),
            });
        }
        Ok(from_rows(&name, header.read_rows(source)?))
    };
    match format {
        Format::Npy => array(npy::read_header(&mut source)?, source),
        Format::Idx => array(idx::read_header(&mut source)?, source),
        Format::Npz => {
            if let Some(given) = options.drop_columns.first() {
                return Err(ReadErrorKind::NoColumns {
                    given: given.clone(),
                    format: format.name(),
                });
            }
            let (rows, labels) = npz::read(input, source, options.label_column.as_deref())?;
            let mut data = from_rows(&name, rows);
            if let Some(labels) = labels {
                data.set_labels(labels)?;
            }
            Ok(data)
        }
        Format::Columns(form) => from_table(&name, read_columns(input, source, form, options)?),
        Format::Text { tabs } => {
            let delimiter = options.delimiter.or_tabs(tabs);
            from_table(&name, csv::read(source, delimiter, options)?)
        }
    }
}

fn labels_of(
    input: Input<'_>,
    path: &Path,
    column: Option<&str>,
    n_rows: Option<usize>,
) -> Result<NamedLabels, ReadErrorKind> {
    let mut source = Source::open(input)?;
    match detect(path, source.head())? {
        Format::Npy => npy::read_header(&mut source)?.read_labels(source),
        Format::Idx => idx::read_header(&mut source)?.read_labels(source),
        Format::Npz => npz::read_labels(input, source, column),
        Format::Columns(form) => labels_of_columns(input, source, form, column),
        Format::Text { tabs } => labels::read(source, Delimiter::Auto.or_tabs(tabs), column, n_rows),
    }
}

#[cfg(feature = "arrow")]
use arrow::{names as names_of_columns, read as read_columns};

/// This build can't.
#[cfg(not(feature = "arrow"))]
fn read_columns(
    _: Input<'_>,
    _: Source<'_>,
    _: columnar::Form,
    _: &ReadOptions,
) -> Result<Table, ReadErrorKind> {
    Err(WITHOUT_ARROW)
}

/// This build can't.
#[cfg(not(feature = "arrow"))]
fn names_of_columns(_: Input<'_>, _: Source<'_>, _: columnar::Form) -> Result<Vec<String>, ReadErrorKind> {
    Err(WITHOUT_ARROW)
}

#[cfg(not(feature = "arrow"))]
const WITHOUT_ARROW: ReadErrorKind = ReadErrorKind::UnknownFormat {
    found: "this is Parquet or Arrow, which this build without the feature `arrow` can't read: save it as .csv or .npy",
};

/// The labels of a table in columns: of the column named, else of a usual name, else of the only one.
fn labels_of_columns(
    input: Input<'_>,
    source: Source<'_>,
    form: columnar::Form,
    column: Option<&str>,
) -> Result<NamedLabels, ReadErrorKind> {
    let Some(column) = column else {
        return Err(ReadErrorKind::UnknownFormat {
            found: "labels in a file of their own are read from text and arrays: name the column of the data's own file",
        });
    };
    let options = ReadOptions {
        label_column: Some(column.to_owned()),
        ..ReadOptions::default()
    };
    let table = read_columns(input, source, form, &options)?;
    Ok(NamedLabels::from_texts(&table.labels.unwrap_or_default()))
}

fn from_rows(name: &str, rows: array::Rows) -> Dataset {
    Dataset {
        row_shape: rows.row_shape,
        ..Dataset::new(name, rows.x)
    }
}

fn from_table(name: &str, table: Table) -> Result<Dataset, ReadErrorKind> {
    let n_samples = table.values.len() / table.n_columns;
    let x = Array2::from_shape_vec((n_samples, table.n_columns), table.values);
    let x = x.map_err(|error| ReadErrorKind::Damaged {
        detail: error.to_string(),
    })?;
    let mut data = Dataset {
        feature_names: table.names,
        ..Dataset::new(name, x)
    };
    if let Some(texts) = table.labels {
        data.set_labels(NamedLabels::from_texts(&texts))?;
    }
    Ok(data)
}

impl Delimiter {
    fn or_tabs(self, tabs: bool) -> Self {
        if self == Self::Auto && tabs {
            Self::Tab
        } else {
            self
        }
    }
}

/// The name without folders, `.gz` and the ending of the format.
fn name_of(path: &Path) -> String {
    let stem = without_gz(path).with_extension("");
    stem.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn without_gz(path: &Path) -> std::path::PathBuf {
    match path.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("gz") => path.with_extension(""),
        _ => path.to_owned(),
    }
}

fn detect(path: &Path, head: &[u8]) -> Result<Format, ReadErrorKind> {
    if head.is_empty() {
        return Err(ReadErrorKind::Empty);
    }
    if head.starts_with(npy::MAGIC) {
        return Ok(Format::Npy);
    }
    if head.starts_with(b"PK") {
        return Ok(Format::Npz);
    }
    if let Some(form) = columnar::Form::of(head) {
        return Ok(Format::Columns(form));
    }
    if idx::is_idx(head) {
        return Ok(Format::Idx);
    }
    let ending = without_gz(path)
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        // Its reader says what is wrong with it.
        Some("npy") => Ok(Format::Npy),
        Some("npz") => Ok(Format::Npz),
        ending => detect_text(head, ending == Some("tsv")),
    }
}

fn detect_text(head: &[u8], tabs: bool) -> Result<Format, ReadErrorKind> {
    let found = match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "this is text in UTF-16: save it as UTF-8",
        [0x89, b'H', b'D', b'F', ..] => "this is HDF5: save the array as .npy",
        [b'{' | b'[', ..] => "this looks like JSON: save it as .csv or .npy",
        head if head.contains(&0) => "this is neither text nor any array file known",
        _ => return Ok(Format::Text { tabs }),
    };
    Err(ReadErrorKind::UnknownFormat { found })
}
