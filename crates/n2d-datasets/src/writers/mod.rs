//! Data as a file of any of the formats that are read.

#[cfg(feature = "arrow")]
mod arrow;
mod npz;

use std::io::{self, Write};
use std::path::Path;

use n2d_core::Labels;

use crate::Dataset;

/// What a file of data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFormat {
    /// NumPy's array: rows of 32-bit floats in their own shape. Names and labels are not in it.
    Npy,
    /// NumPy's archive: the array `x`, and `y` with the labels' numbers where they are known.
    Npz,
    /// Text with commas, with a header.
    Csv,
    /// Text with tabulators, with a header.
    Tsv,
    /// Parquet, by the feature `arrow`.
    Parquet,
    /// An Arrow IPC file, by the feature `arrow`.
    Arrow,
}

impl FileFormat {
    /// By the ending of a file's name: `.npy`, `.npz`, `.csv`, `.tsv`, `.parquet`, `.arrow` or `.feather`; nothing for any other.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_string_lossy().to_lowercase();
        Some(match ending.as_str() {
            "npy" => Self::Npy,
            "npz" => Self::Npz,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            _ => return None,
        })
    }

    /// Whether names and labels are in it as text.
    pub fn has_names(self) -> bool {
        !matches!(self, Self::Npy | Self::Npz)
    }
}

/// Writes data in a format that [`read_path`](crate::read_path) reads again with the same values.
///
/// Columns without a name are called `c0`, `c1`, ...; labels are a column `label` (`label_`, ... where a column of the data has the name) of the classes' names.
/// The same data give the same bytes.
///
/// ```
/// use n2d_datasets::{Dataset, FileFormat, ReadOptions, read_bytes, write_dataset};
///
/// let data = Dataset::new("points", ndarray::array![[0.5, 1.0], [2.0, -3.25]]);
/// let mut bytes = Vec::new();
/// write_dataset(&data, FileFormat::Csv, &mut bytes)?;
/// assert_eq!(bytes, b"c0,c1\n0.5,1\n2,-3.25\n");
/// bytes.clear();
/// write_dataset(&data, FileFormat::Npz, &mut bytes)?;
/// assert_eq!(read_bytes("points.npz", &bytes, &ReadOptions::default())?.x, data.x);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What the writer says; [`io::ErrorKind::Unsupported`] for a format that this build lacks.
pub fn write_dataset(data: &Dataset, format: FileFormat, out: &mut (impl Write + Send)) -> io::Result<()> {
    match format {
        FileFormat::Npy => out.write_all(&npy(data)),
        FileFormat::Npz => npz::write(data, out),
        FileFormat::Csv => text(data, b',', out),
        FileFormat::Tsv => text(data, b'\t', out),
        #[cfg(feature = "arrow")]
        FileFormat::Parquet => arrow::parquet(data, out),
        #[cfg(feature = "arrow")]
        FileFormat::Arrow => arrow::ipc(data, out),
        #[cfg(not(feature = "arrow"))]
        FileFormat::Parquet | FileFormat::Arrow => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "Parquet and Arrow need the feature `arrow`, which this build lacks",
        )),
    }
}

/// A NumPy array of rows in their own shape.
fn npy(data: &Dataset) -> Vec<u8> {
    let of_shape = data.row_shape.iter().product::<usize>() == data.n_features();
    let shape: Vec<usize> = match of_shape && !data.row_shape.is_empty() {
        true => std::iter::once(data.n_samples())
            .chain(data.row_shape.iter().copied())
            .collect(),
        false => vec![data.n_samples(), data.n_features()],
    };
    let mut bytes = npy_header("<f4", &shape);
    data.x.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// A header of format 1.0, padded so that the values are aligned to 64 bytes.
fn npy_header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let lengths: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let lengths = if shape.len() == 1 {
        lengths.trim_end()
    } else {
        lengths.trim_end_matches(", ")
    };
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
    let bare = 10 + text.len() + 1;
    text.push_str(&" ".repeat(bare.next_multiple_of(64) - bare));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

fn text(data: &Dataset, delimiter: u8, out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
    let labels = data.labels.as_ref();
    let mut header = column_names(data);
    header.extend(labels.map(|_| label_column(data)));
    writer.write_record(&header)?;
    let mut record: Vec<String> = Vec::new();
    for (row, values) in data.x.rows().into_iter().enumerate() {
        record.clear();
        record.extend(values.iter().map(f32::to_string));
        record.extend(labels.map(|labels| label_text(data, labels.as_slice()[row])));
        writer.write_record(&record)?;
    }
    writer.flush()
}

fn column_names(data: &Dataset) -> Vec<String> {
    match data.feature_names.len() == data.n_features() {
        true => data.feature_names.clone(),
        false => (0..data.n_features())
            .map(|column| format!("c{column}"))
            .collect(),
    }
}

/// A name that no column of the data has.
fn label_column(data: &Dataset) -> String {
    let mut name = "label".to_owned();
    while data.feature_names.contains(&name) {
        name.push('_');
    }
    name
}

fn label_text(data: &Dataset, label: i32) -> String {
    let name = usize::try_from(label)
        .ok()
        .and_then(|label| data.label_names.get(label));
    match name {
        Some(name) => name.clone(),
        None if label == Labels::NOISE => "-1".to_owned(),
        None => label.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NamedLabels, ReadOptions, read_bytes};
    use ndarray::Array2;

    fn data() -> Dataset {
        let mut data = Dataset::new(
            "d",
            Array2::from_shape_fn((5, 4), |(r, c)| (r * 4 + c) as f32 / 3.0 - 1.5),
        );
        data.feature_names = ["a", "b, c", "label", "d\"e"].map(str::to_owned).to_vec();
        data.set_labels(NamedLabels::from_texts(&["x", "y", "x", "z, w", "y"]))
            .unwrap();
        data
    }

    #[test]
    fn what_is_written_is_read_again() {
        let data = data();
        let mut formats = vec![("d.csv", FileFormat::Csv), ("d.tsv", FileFormat::Tsv)];
        if cfg!(feature = "arrow") {
            formats.extend([("d.parquet", FileFormat::Parquet), ("d.arrow", FileFormat::Arrow)]);
        }
        for (name, format) in formats {
            assert_eq!(FileFormat::of(Path::new(name)), Some(format));
            let mut bytes = Vec::new();
            write_dataset(&data, format, &mut bytes).unwrap();
            let options = ReadOptions {
                label_column: Some("label_".to_owned()),
                ..ReadOptions::default()
            };
            let again = read_bytes(name, &bytes, &options).unwrap();
            assert_eq!(again, data, "{name}");
            let mut twice = Vec::new();
            write_dataset(&again, format, &mut twice).unwrap();
            assert_eq!(twice, bytes, "{name}");
        }
    }

    #[test]
    fn arrays_keep_the_shape_of_rows() {
        let mut data = data();
        data.row_shape = vec![2, 2];
        for (name, format) in [("d.npy", FileFormat::Npy), ("d.npz", FileFormat::Npz)] {
            let mut bytes = Vec::new();
            write_dataset(&data, format, &mut bytes).unwrap();
            let again = read_bytes(name, &bytes, &ReadOptions::default()).unwrap();
            assert_eq!((&again.x, &again.row_shape), (&data.x, &data.row_shape), "{name}");
            assert_eq!(again.labels.is_some(), format == FileFormat::Npz);
            if format == FileFormat::Npz {
                assert_eq!(again.labels, data.labels);
            }
        }
    }
}
