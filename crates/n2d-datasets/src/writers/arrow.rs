//! Tables in columns.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{column_names, label_column, label_text};
use crate::Dataset;

/// Rows of a batch.
const BATCH_ROWS: usize = 65_536;

/// Compressed by Snappy, as most programs do.
pub(super) fn parquet(data: &Dataset, out: &mut (impl Write + Send)) -> io::Result<()> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let schema = Arc::new(schema(data));
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(io::Error::other)?;
    for batch in batches(data, &schema) {
        writer.write(&batch?).map_err(io::Error::other)?;
    }
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

pub(super) fn ipc(data: &Dataset, out: &mut impl Write) -> io::Result<()> {
    let schema = Arc::new(schema(data));
    let mut writer = FileWriter::try_new(out, &schema).map_err(io::Error::other)?;
    for batch in batches(data, &schema) {
        writer.write(&batch?).map_err(io::Error::other)?;
    }
    writer.finish().map_err(io::Error::other)
}

fn schema(data: &Dataset) -> Schema {
    let number = |name| Field::new(name, DataType::Float32, false);
    let mut fields: Vec<Field> = column_names(data).into_iter().map(number).collect();
    if data.labels.is_some() {
        fields.push(Field::new(label_column(data), DataType::Utf8, false));
    }
    Schema::new(fields)
}

fn batches<'a>(
    data: &'a Dataset,
    schema: &'a Arc<Schema>,
) -> impl Iterator<Item = io::Result<RecordBatch>> + 'a {
    let starts = (0..data.n_samples()).step_by(BATCH_ROWS);
    starts.map(move |start| {
        let rows = start..(start + BATCH_ROWS).min(data.n_samples());
        let mut columns: Vec<ArrayRef> = Vec::new();
        for column in data.x.columns() {
            let values = column.slice(ndarray::s![rows.clone()]);
            columns.push(Arc::new(Float32Array::from_iter_values(values.iter().copied())));
        }
        if let Some(labels) = &data.labels {
            let labels = labels.as_slice()[rows]
                .iter()
                .map(|&label| label_text(data, label));
            columns.push(Arc::new(StringArray::from_iter_values(labels)));
        }
        RecordBatch::try_new(schema.clone(), columns).map_err(io::Error::other)
    })
}
