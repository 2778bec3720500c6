//! Files read some rows at a time, for data that is larger than memory.

use std::path::Path;

use ndarray::Array2;

use super::array::ArrayHeader;
use super::gz::{Input, Source};
use super::{Format, ReadOptions, csv, detect, idx, name_of, npy, read_input};
use crate::NamedLabels;
use crate::error::{ReadError, ReadErrorKind};

/// The rows of a file, so many at a time: what [`read_chunks`] makes.
///
/// It iterates over `(n_rows, n_features)` arrays, all but the last of the number of rows asked for. After an error there is nothing more.
pub struct RowChunks<'a> {
    path: &'a Path,
    rows: Rows<'a>,
    n_rows: usize,
    n_features: usize,
    feature_names: Vec<String>,
    labels: Vec<String>,
    /// Those of a file that is read as a whole.
    all_labels: Option<NamedLabels>,
}

enum Rows<'a> {
    Text(Box<csv::Reader<'a>>),
    Array {
        header: ArrayHeader,
        source: Option<Source<'a>>,
        read: u64,
        of: u64,
    },
    /// What can only be read as a whole: the rows that are left.
    Whole(Array2<f32>),
    Done,
}

/// Reads rows of numbers from a file as [`read_path`](super::read_path) does, `n_rows` at a time.
///
/// Memory is that of one chunk for text, `.npy` (of C order) and IDX files, compressed or not. An `.npz` archive and a `.npy` file in Fortran
/// order are read as a whole first. Errors of later rows come with their chunk.
///
/// ```
/// use n2d_datasets::{ReadOptions, read_chunks};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("points.csv");
/// std::fs::write(&path, "x,y\n1,2\n3,4\n5,6\n")?;
/// let chunks = read_chunks(&path, &ReadOptions::default(), 2)?;
/// assert_eq!(chunks.n_features(), 2);
/// let rows: Vec<usize> = chunks.map(|chunk| Ok::<_, n2d_datasets::ReadError>(chunk?.nrows())).collect::<Result<_, _>>()?;
/// assert_eq!(rows, [2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReadError`] with the file, the place in it, and what is wrong there.
///
/// # Panics
/// Where `n_rows` is 0.
pub fn read_chunks<'a>(
    path: &'a Path,
    options: &ReadOptions,
    n_rows: usize,
) -> Result<RowChunks<'a>, ReadError> {
    assert!(n_rows > 0, "a chunk has at least one row");
    RowChunks::open(path, options, n_rows).map_err(|kind| kind.at(path))
}

impl<'a> RowChunks<'a> {
    fn open(path: &'a Path, options: &ReadOptions, n_rows: usize) -> Result<Self, ReadErrorKind> {
        let mut source = Source::open(Input::Path(path))?;
        let of = |rows, n_features, feature_names| Self {
            path,
            rows,
            n_rows,
            n_features,
            feature_names,
            labels: Vec::new(),
            all_labels: None,
        };
        let no_columns = options.label_column.is_none() && options.drop_columns.is_empty();
        let header = match detect(path, source.head())? {
            Format::Text { tabs } => {
                let mut reader = csv::Reader::open(source, options.delimiter.or_tabs(tabs), options)?;
                let table = reader.table();
                let (names, n_columns) = (table.names.clone(), table.n_columns);
                return Ok(of(Rows::Text(Box::new(reader)), n_columns, names));
            }
            Format::Npy if no_columns => Some(npy::read_header(&mut source)?),
            Format::Idx if no_columns => Some(idx::read_header(&mut source)?),
            _ => None,
        };
        if let Some(header) = header
            && let Some((n, n_features)) = header.in_rows(&source)?
        {
            let rows = Rows::Array {
                header,
                source: Some(source),
                read: 0,
                of: n,
            };
            return Ok(of(rows, n_features, Vec::new()));
        }
        let data = read_input(Input::Path(path), path, options)?;
        let n_features = data.n_features();
        let names = data.label_names;
        Ok(Self {
            all_labels: data.labels.map(|labels| NamedLabels { labels, names }),
            ..of(Rows::Whole(data.x), n_features, data.feature_names)
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.path
    }

    /// The file's name without folders and endings.
    pub fn name(&self) -> String {
        name_of(self.path)
    }

    /// Width of the rows.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The names of the columns; empty where they have none.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The known classes: those of an archive's array of labels, or of all rows that were read so far, where a text file's label
    /// column was named.
    pub fn labels(&self) -> Option<NamedLabels> {
        if self.all_labels.is_some() {
            return self.all_labels.clone();
        }
        (!self.labels.is_empty()).then(|| NamedLabels::from_texts(&self.labels))
    }

    fn next_chunk(&mut self) -> Result<Option<Array2<f32>>, ReadErrorKind> {
        let values = match &mut self.rows {
            Rows::Done => return Ok(None),
            Rows::Text(reader) => {
                reader.read_rows(self.n_rows)?;
                let table = reader.table();
                self.labels
                    .extend(table.labels.iter_mut().flat_map(std::mem::take));
                let beyond = self
                    .n_rows
                    .saturating_mul(self.n_features)
                    .min(table.values.len());
                let rest = table.values.split_off(beyond);
                std::mem::replace(&mut table.values, rest)
            }
            Rows::Array {
                header,
                source,
                read,
                of,
            } => {
                let n = (*of - *read).min(self.n_rows as u64);
                let Some(open) = source else { return Ok(None) };
                let values = header.next_rows(open, (n as usize, self.n_features), *read)?;
                *read += n;
                if *read == *of
                    && let Some(source) = source.take()
                {
                    source.finish()?;
                }
                values
            }
            Rows::Whole(left) => {
                let n = left.nrows().min(self.n_rows);
                let chunk = left.slice(ndarray::s![..n, ..]).to_owned();
                *left = left.slice(ndarray::s![n.., ..]).to_owned();
                return Ok((n > 0).then_some(chunk));
            }
        };
        let shape = (values.len() / self.n_features, self.n_features);
        let chunk = Array2::from_shape_vec(shape, values).expect("whole rows are read");
        Ok((chunk.nrows() > 0).then_some(chunk))
    }
}

impl Iterator for RowChunks<'_> {
    type Item = Result<Array2<f32>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.next_chunk();
        if !matches!(chunk, Ok(Some(_))) {
            self.rows = Rows::Done;
        }
        chunk.map_err(|kind| kind.at(self.path)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::read_path;

    /// All chunks of a file, and the file read as a whole.
    fn both(name: &str, bytes: &[u8], options: &ReadOptions) -> (Vec<Array2<f32>>, Array2<f32>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let chunks = read_chunks(&path, options, 3).unwrap();
        let whole = read_path(&path, options).unwrap();
        assert_eq!(chunks.n_features(), whole.n_features());
        assert_eq!(
            (chunks.name(), chunks.feature_names()),
            (whole.name, &whole.feature_names[..])
        );
        (chunks.map(Result::unwrap).collect(), whole.x)
    }

    fn npy(order: &str, values: &[f32]) -> Vec<u8> {
        let dict = format!("{{'descr': '<f4', 'fortran_order': {order}, 'shape': (7, 2), }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dict.len() as u16 + 1).to_le_bytes());
        bytes.extend(dict.as_bytes());
        bytes.push(b'\n');
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        bytes
    }

    #[test]
    fn chunks_make_up_the_whole() {
        let text: String = (0..7).map(|i| format!("{i},c{},{}\n", i % 2, i * 2)).collect();
        let csv = format!("x,kind,y\n{text}");
        let labelled = ReadOptions {
            label_column: Some("kind".into()),
            ..ReadOptions::default()
        };
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(csv.as_bytes()).unwrap();
        let values: Vec<f32> = (0..14).map(|i| i as f32).collect();
        let plain = ReadOptions::default();
        for (name, bytes, options) in [
            ("a.csv", csv.clone().into_bytes(), &labelled),
            ("a.csv.gz", gz.finish().unwrap(), &labelled),
            ("a.npy", npy("False", &values), &plain),
            ("b.npy", npy("True", &values), &plain),
        ] {
            let (chunks, whole) = both(name, &bytes, options);
            let sizes: Vec<usize> = chunks.iter().map(|chunk| chunk.nrows()).collect();
            assert_eq!(sizes, [3, 3, 1], "{name}");
            let views: Vec<_> = chunks.iter().map(|chunk| chunk.view()).collect();
            assert_eq!(
                ndarray::concatenate(ndarray::Axis(0), &views).unwrap(),
                whole,
                "{name}"
            );
        }
    }

    #[test]
    fn labels_come_along_and_errors_end_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "x,kind\n1,a\n2,b\n3,a\n4,b\nfive,a\n6,a\n").unwrap();
        let options = ReadOptions {
            label_column: Some("kind".into()),
            ..ReadOptions::default()
        };
        let mut chunks = read_chunks(&path, &options, 2).unwrap();
        assert!(chunks.next().unwrap().is_ok());
        assert!(chunks.next().unwrap().is_ok());
        assert_eq!(chunks.labels().unwrap().labels.as_slice(), [0, 1, 0, 1]);
        let error = chunks.next().unwrap().unwrap_err().to_string();
        assert!(error.contains("line 6, column \"x\""), "{error}");
        assert!(chunks.next().is_none());

        std::fs::write(&path, npy("False", &[0.0; 13])).unwrap();
        assert!(read_chunks(&path, &ReadOptions::default(), 2).is_err());
        let mut bad = [0.0; 14];
        bad[9] = f32::NAN;
        std::fs::write(&path, npy("False", &bad)).unwrap();
        let errors: Vec<String> = read_chunks(&path, &ReadOptions::default(), 2)
            .unwrap()
            .filter_map(|chunk| chunk.err().map(|error| error.to_string()))
            .collect();
        assert!(
            errors.len() == 1 && errors[0].contains("row 4, column 1"),
            "{errors:?}"
        );
    }
}
