//! Tables in columns: `.parquet`, and Arrow's IPC files and streams (`.arrow`, `.feather`).
//!
//! What a file declares is believed by its reader, and a hostile one may make that panic: it is caught and told as damage.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::csv::{Table, find};
use super::gz::{Input, Source};
use super::{ReadOptions, columnar};
use crate::error::{Place, ReadErrorKind};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 4096;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// Reads a table that is one of [`columnar::Form`].
pub(super) fn read(
    input: Input<'_>,
    source: Source<'_>,
    form: columnar::Form,
    options: &ReadOptions,
) -> Result<Table, ReadErrorKind> {
    let (schema, batches) = guarded(|| open(input, source, form))?;
    let mut reader = TableReader::new(&schema, options)?;
    let mut batches = AssertUnwindSafe(batches);
    while let Some(batch) = guarded(|| batches.next().transpose().map_err(damaged))? {
        reader.push(&batch)?;
    }
    reader.finish()
}

/// The names of all columns.
pub(super) fn names(
    input: Input<'_>,
    source: Source<'_>,
    form: columnar::Form,
) -> Result<Vec<String>, ReadErrorKind> {
    let (schema, _) = guarded(|| open(input, source, form))?;
    Ok(schema.fields().iter().map(|field| field.name().clone()).collect())
}

fn open(
    input: Input<'_>,
    source: Source<'_>,
    form: columnar::Form,
) -> Result<(Schema, Batches), ReadErrorKind> {
    match input {
        Input::Path(path) if path.is_file() && !source.is_compressed() => {
            of_file(File::open::<&Path>(path)?, form)
        }
        _ => {
            let mut source = source;
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            of_bytes(bytes, form)
        }
    }
}

fn of_file(file: File, form: columnar::Form) -> Result<(Schema, Batches), ReadErrorKind> {
    match form {
        columnar::Form::Parquet => parquet(file),
        columnar::Form::ArrowFile => ipc_file(io::BufReader::new(file)),
        columnar::Form::ArrowStream => ipc_stream(file),
    }
}

fn of_bytes(bytes: Vec<u8>, form: columnar::Form) -> Result<(Schema, Batches), ReadErrorKind> {
    match form {
        columnar::Form::Parquet => parquet(bytes::Bytes::from(bytes)),
        columnar::Form::ArrowFile => ipc_file(Cursor::new(bytes)),
        columnar::Form::ArrowStream => ipc_stream(Cursor::new(bytes)),
    }
}

fn parquet(
    file: impl ::parquet::file::reader::ChunkReader + 'static,
) -> Result<(Schema, Batches), ReadErrorKind> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
    let schema = builder.schema().as_ref().clone();
    let batches = builder.with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
    Ok((schema, Box::new(batches)))
}

fn ipc_file(file: impl Read + io::Seek + 'static) -> Result<(Schema, Batches), ReadErrorKind> {
    let reader = FileReader::try_new(file, None).map_err(damaged)?;
    Ok((reader.schema().as_ref().clone(), Box::new(reader)))
}

fn ipc_stream(stream: impl Read + 'static) -> Result<(Schema, Batches), ReadErrorKind> {
    let reader = StreamReader::try_new(io::BufReader::new(stream), None).map_err(damaged)?;
    Ok((reader.schema().as_ref().clone(), Box::new(reader)))
}

fn damaged(error: impl std::fmt::Display) -> ReadErrorKind {
    ReadErrorKind::Damaged {
        detail: error.to_string(),
    }
}

fn guarded<T>(work: impl FnOnce() -> Result<T, ReadErrorKind>) -> Result<T, ReadErrorKind> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("its parts contradict one another")))
}

/// Columns of numbers side by side, and perhaps one of labels.
struct TableReader {
    features: Vec<Feature>,
    label: Option<usize>,
    labels: Vec<String>,
    /// Values of each feature, known from the first rows on.
    widths: Vec<usize>,
    values: Vec<f32>,
    n_rows: usize,
}

struct Feature {
    column: usize,
    name: String,
}

impl TableReader {
    fn new(schema: &Schema, options: &ReadOptions) -> Result<Self, ReadErrorKind> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let at = |name: &String| find(name, Some(&names), names.len());
        let label = options.label_column.as_ref().map(at).transpose()?;
        let dropped = options
            .drop_columns
            .iter()
            .map(at)
            .collect::<Result<Vec<_>, _>>()?;
        let mut features = Vec::new();
        for (column, field) in schema.fields().iter().enumerate() {
            if Some(column) == label || dropped.contains(&column) {
                continue;
            }
            if !is_numeric(field.data_type()) {
                return Err(ReadErrorKind::UnsupportedType {
                    found: format!("{} (column \"{}\")", field.data_type(), field.name()),
                    advice: "leave the column out, or name it as the column of labels",
                });
            }
            features.push(Feature {
                column,
                name: field.name().clone(),
            });
        }
        if features.is_empty() {
            return Err(ReadErrorKind::NoFeatures);
        }
        Ok(Self {
            features,
            label,
            labels: Vec::new(),
            widths: Vec::new(),
            values: Vec::new(),
            n_rows: 0,
        })
    }

    fn push(&mut self, batch: &RecordBatch) -> Result<(), ReadErrorKind> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let mut columns = Vec::new();
        for (at, feature) in self.features.iter().enumerate() {
            let first = self.widths.iter().take(at).sum();
            let place = (self.n_rows, first);
            let (values, width) = numbers(batch.column(feature.column), place)?;
            match self.widths.get(at) {
                None => self.widths.push(width),
                Some(&expected) if expected != width => return Err(damaged(lists_differ(&feature.name))),
                Some(_) => {}
            }
            columns.push((values, width));
        }
        for row in 0..batch.num_rows() {
            for (values, width) in &columns {
                self.values.extend(&values[row * width..(row + 1) * width]);
            }
        }
        if let Some(label) = self.label {
            texts(batch.column(label), (self.n_rows, label), &mut self.labels)?;
        }
        self.n_rows += batch.num_rows();
        Ok(())
    }

    fn finish(self) -> Result<Table, ReadErrorKind> {
        if self.n_rows == 0 {
            return Err(ReadErrorKind::Empty);
        }
        let named = |(feature, &width): (&Feature, &usize)| -> Vec<String> {
            match width {
                1 => vec![feature.name.clone()],
                width => (0..width).map(|at| format!("{}[{at}]", feature.name)).collect(),
            }
        };
        Ok(Table {
            names: self.features.iter().zip(&self.widths).flat_map(named).collect(),
            values: self.values,
            n_columns: self.widths.iter().sum(),
            labels: self.label.map(|_| self.labels),
        })
    }
}

fn lists_differ(name: &str) -> String {
    format!("the lists of column \"{name}\" are not all of one length")
}

fn is_numeric(kind: &DataType) -> bool {
    match kind {
        DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) => {
            is_number(of.data_type())
        }
        kind => is_number(kind),
    }
}

fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || kind.is_floating() || *kind == DataType::Boolean
}

/// The values of a column, row after row, and how many a row has: more than one where it is of lists, as embeddings are.
fn numbers(column: &ArrayRef, (row, at): (usize, usize)) -> Result<(Vec<f32>, usize), ReadErrorKind> {
    let n_rows = column.len();
    let inner = match column.data_type() {
        DataType::FixedSizeList(..) => {
            let list = column.as_fixed_size_list();
            none_missing(column, (row, at))?;
            let width = list.value_length().max(0) as usize;
            list.values().slice(list.value_offset_at(0), n_rows * width)
        }
        DataType::List(_) => of_lists(column.as_list::<i32>(), (row, at))?,
        DataType::LargeList(_) => of_lists(column.as_list::<i64>(), (row, at))?,
        _ => column.clone(),
    };
    let width = inner.len() / n_rows;
    if width == 0 {
        return Err(damaged("a list without values"));
    }
    let value = |(i, value): (usize, Option<f64>)| {
        let place = || Place::Element {
            row: row + i / width,
            column: at + i % width,
        };
        checked(value, place)
    };
    Ok((
        plain(&inner)?
            .into_iter()
            .enumerate()
            .map(value)
            .collect::<Result<_, _>>()?,
        width,
    ))
}

fn none_missing(column: &ArrayRef, (row, at): (usize, usize)) -> Result<(), ReadErrorKind> {
    match (0..column.len()).find(|&i| column.is_null(i)) {
        Some(i) => Err(missing(Place::Element {
            row: row + i,
            column: at,
        })),
        None => Ok(()),
    }
}

fn of_lists<O: arrow_array::OffsetSizeTrait>(
    list: &arrow_array::GenericListArray<O>,
    (row, at): (usize, usize),
) -> Result<ArrayRef, ReadErrorKind> {
    if let Some(i) = (0..list.len()).find(|&i| list.is_null(i)) {
        return Err(missing(Place::Element {
            row: row + i,
            column: at,
        }));
    }
    let width = list.value_length(0);
    if (0..list.len()).any(|i| list.value_length(i) != width) {
        return Err(damaged("its lists are not all of one length"));
    }
    let offsets = list.value_offsets();
    let (first, last) = (offsets[0].as_usize(), offsets[list.len()].as_usize());
    Ok(list.values().slice(first, last - first))
}

fn missing(place: Place) -> ReadErrorKind {
    ReadErrorKind::Missing {
        place,
        text: "null".to_owned(),
    }
}

fn checked(value: Option<f64>, place: impl Fn() -> Place) -> Result<f32, ReadErrorKind> {
    match value {
        None => Err(missing(place())),
        Some(value) if value.is_nan() => Err(ReadErrorKind::Missing {
            place: place(),
            text: "NaN".to_owned(),
        }),
        Some(value) if !(value as f32).is_finite() => Err(ReadErrorKind::NotFinite {
            place: place(),
            text: value.to_string(),
        }),
        Some(value) => Ok(value as f32),
    }
}

/// Numbers of any type; nothing where one is missing.
fn plain(column: &ArrayRef) -> Result<Vec<Option<f64>>, ReadErrorKind> {
    macro_rules! of {
        ($kind:ty) => {
            column
                .as_primitive::<$kind>()
                .iter()
                .map(|value| value.map(f64::from))
                .collect()
        };
        ($kind:ty as f64) => {
            column
                .as_primitive::<$kind>()
                .iter()
                .map(|value| value.map(|v| v as f64))
                .collect()
        };
    }
    Ok(match column.data_type() {
        DataType::Int8 => of!(Int8Type),
        DataType::Int16 => of!(Int16Type),
        DataType::Int32 => of!(Int32Type),
        DataType::Int64 => of!(Int64Type as f64),
        DataType::UInt8 => of!(UInt8Type),
        DataType::UInt16 => of!(UInt16Type),
        DataType::UInt32 => of!(UInt32Type),
        DataType::UInt64 => of!(UInt64Type as f64),
        DataType::Float16 => of!(Float16Type),
        DataType::Float32 => of!(Float32Type),
        DataType::Float64 => of!(Float64Type),
        DataType::Boolean => column
            .as_boolean()
            .iter()
            .map(|value| value.map(|b| f64::from(u8::from(b))))
            .collect(),
        kind => {
            return Err(ReadErrorKind::UnsupportedType {
                found: kind.to_string(),
                advice: "leave the column out, or name it as the column of labels",
            });
        }
    })
}

/// A column of labels as text.
fn texts(column: &ArrayRef, (row, at): (usize, usize), into: &mut Vec<String>) -> Result<(), ReadErrorKind> {
    none_missing(column, (row, at))?;
    let owned = |value: Option<&str>| value.unwrap_or_default().to_owned();
    match column.data_type() {
        DataType::Utf8 => into.extend(column.as_string::<i32>().iter().map(owned)),
        DataType::LargeUtf8 => into.extend(column.as_string::<i64>().iter().map(owned)),
        DataType::Utf8View => into.extend(column.as_string_view().iter().map(owned)),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let mut values = Vec::new();
            texts(dictionary.values(), (row, at), &mut values)?;
            let keys = dictionary.normalized_keys().into_iter();
            let named = keys.map(|key| values.get(key).cloned());
            into.extend(
                named
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| damaged("a category without a name"))?,
            );
        }
        _ => into.extend(
            plain(column)?
                .into_iter()
                .flatten()
                .map(|value| value.to_string()),
        ),
    }
    Ok(())
}
