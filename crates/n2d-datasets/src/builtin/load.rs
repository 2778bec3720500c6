//! The readers of the built-in sets: the formats they come in, and the scaling of the paper's authors.

use std::path::{Path, PathBuf};

use n2d_core::Labels;
use ndarray::Array2;

use super::{BuiltIn, SetInfo, embedded};
use crate::error::{Column, LoadError, ReadErrorKind};
use crate::locate::{find_file, find_folder};
use crate::readers::gz::{Input, Source};
use crate::readers::{self, Delimiter, Header, ReadOptions, Record, Records};
use crate::{DataDirs, Dataset, Location};

impl BuiltIn {
    /// Loads the set: the one compiled in where there is one, else from the first data directory that has all its files.
    ///
    /// Training rows come before test rows; values are scaled as [`SetInfo::scaling`] says, which is as the Python
    /// library n2d 0.3.2 does (USPS, which it lacks: as the paper's authors do). Labels are numbered as in
    /// [`SetInfo::label_names`].
    ///
    /// # Errors
    /// [`LoadError::Missing`] where it is nowhere, with the places looked at and how to get it; other [`LoadError`]s
    /// where its files can't be read or are not the set's.
    pub fn load(self, dirs: &DataDirs) -> Result<Dataset, LoadError> {
        match dirs.find(self)? {
            Location::Embedded => {
                self.load_files(&Files::Embedded(embedded::files(self).unwrap_or_default()))
            }
            Location::Folder(folder) => self.load_folder(&folder),
        }
    }

    /// Loads the set from its own folder, even where it is compiled in.
    ///
    /// # Errors
    /// As [`BuiltIn::load`].
    pub fn load_folder(self, folder: &Path) -> Result<Dataset, LoadError> {
        find_folder(self, folder)?;
        self.load_files(&Files::Folder(folder))
    }

    fn load_files(self, files: &Files<'_>) -> Result<Dataset, LoadError> {
        let mut set = Parts::new(self.info());
        match self {
            Self::Mnist | Self::Fashion => {
                set.add_images(files, "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")?;
                set.add_images(files, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")?;
            }
            Self::MnistTest => {
                set.add_images(files, "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")?;
            }
            Self::Pendigits => {
                set.add_pendigits(files, "pendigits.tra")?;
                set.add_pendigits(files, "pendigits.tes")?;
            }
            Self::Har => {
                set.add_har(files, "train/X_train.txt", "train/y_train.txt")?;
                set.add_har(files, "test/X_test.txt", "test/y_test.txt")?;
            }
            Self::Usps => {
                set.add_usps(files, "usps_train.jf")?;
                set.add_usps(files, "usps_test.jf")?;
            }
        }
        set.finish(files)
    }
}

/// Where a set's files are.
enum Files<'a> {
    Embedded(&'static [(&'static str, &'static [u8])]),
    Folder(&'a Path),
}

impl Files<'_> {
    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Embedded(_) => Path::new("(compiled in)").join(name),
            Self::Folder(folder) => find_file(folder, name).unwrap_or_else(|| folder.join(name)),
        }
    }

    /// Reads a file, with its path in the error.
    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(Source<'_>) -> Result<T, ReadErrorKind>,
    ) -> Result<T, LoadError> {
        let path = self.path(name);
        let input = match self {
            Self::Folder(_) => Input::Path(&path),
            Self::Embedded(files) => Input::Bytes(
                files
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, bytes)| *bytes)
                    .unwrap_or_default(),
            ),
        };
        let value = Source::open(input).and_then(read);
        value.map_err(|kind| kind.at(&path).into())
    }
}

/// A set that is being put together.
struct Parts {
    info: &'static SetInfo,
    values: Vec<f32>,
    labels: Vec<i32>,
}

impl Parts {
    fn new(info: &'static SetInfo) -> Self {
        Self {
            info,
            values: Vec::with_capacity(info.n_samples * info.n_features()),
            labels: Vec::with_capacity(info.n_samples),
        }
    }

    fn add_images(&mut self, files: &Files<'_>, images: &str, labels: &str) -> Result<(), LoadError> {
        let start = self.values.len();
        let n_features = files.read(images, |mut source| {
            let header = readers::idx::read_header(&mut source)?;
            header.read_values(&mut source, &mut self.values)?;
            source.finish()?;
            Ok(header.shape.iter().skip(1).product::<u64>() as usize)
        })?;
        self.check_width(&files.path(images), n_features)?;
        self.values[start..].iter_mut().for_each(|value| *value /= 255.0);
        let start = self.labels.len();
        files.read(labels, |mut source| {
            let header = readers::idx::read_header(&mut source)?;
            let mut values = Vec::new();
            header.read_values(&mut source, &mut values)?;
            source.finish()?;
            self.labels.extend(values.iter().map(|&label| label as i32));
            Ok(())
        })?;
        self.check_labels(&files.path(labels), start)
    }

    fn add_pendigits(&mut self, files: &Files<'_>, name: &str) -> Result<(), LoadError> {
        let options = ReadOptions {
            label_column: Some(self.info.n_features().to_string()),
            header: Header::Absent,
            ..ReadOptions::default()
        };
        let table = files.read(name, |source| {
            readers::read_table(source, Delimiter::Comma, &options)
        })?;
        self.check_width(&files.path(name), table.n_columns)?;
        self.values.extend(table.values.iter().map(|value| value / 100.0));
        let start = self.labels.len();
        // What is no number becomes no class, which is refused below.
        let label = |text: &String| text.parse().unwrap_or(Labels::NOISE);
        self.labels.extend(table.labels.iter().flatten().map(label));
        self.check_labels(&files.path(name), start)
    }

    fn add_har(&mut self, files: &Files<'_>, x: &str, y: &str) -> Result<(), LoadError> {
        let options = ReadOptions {
            header: Header::Absent,
            ..ReadOptions::default()
        };
        let read = |source: Source<'_>| readers::read_table(source, Delimiter::Whitespace, &options);
        let mut table = files.read(x, read)?;
        self.check_width(&files.path(x), table.n_columns)?;
        self.values.append(&mut table.values);
        let start = self.labels.len();
        let labels = files.read(y, read)?.values;
        // The files count classes from 1.
        self.labels
            .extend(labels.iter().map(|&label| (label as i32).saturating_sub(1)));
        self.check_labels(&files.path(y), start)
    }

    /// A line with the numbers of classes and features, then a label and the features on each, then a line with -1.
    fn add_usps(&mut self, files: &Files<'_>, name: &str) -> Result<(), LoadError> {
        let expected = self.info.n_features() + 1;
        let start = self.labels.len();
        files.read(name, |source| {
            let mut records = Records::open(source, Delimiter::Whitespace)?;
            let mut record = Record::default();
            records.next(&mut record)?;
            while records.next(&mut record)? && record.len() > 1 {
                if record.len() != expected {
                    return Err(ReadErrorKind::Ragged {
                        line: record.line,
                        expected,
                        found: record.len(),
                    });
                }
                self.push_usps(&record)?;
            }
            Ok(())
        })?;
        self.check_labels(&files.path(name), start)
    }

    fn push_usps(&mut self, record: &Record) -> Result<(), ReadErrorKind> {
        for (index, cell) in record.cells().enumerate() {
            let column = Column { index, name: None };
            let value = readers::value(cell).ok_or_else(|| readers::refusal(cell, record.line, column))?;
            if index == 0 {
                self.labels.push(value as i32);
            } else {
                self.values.push(value);
            }
        }
        Ok(())
    }

    fn check_width(&self, path: &Path, found: usize) -> Result<(), LoadError> {
        self.check(path, "columns", self.info.n_features(), found)
    }

    /// That the labels from `start` on are the set's classes, as many as rows.
    fn check_labels(&self, path: &Path, start: usize) -> Result<(), LoadError> {
        let classes = 0..self.info.n_classes() as i32;
        let of_set = self.labels[start..]
            .iter()
            .filter(|label| classes.contains(label))
            .count();
        self.check(
            path,
            "labels that are its classes",
            self.labels.len() - start,
            of_set,
        )?;
        let n_samples = self.values.len() / self.info.n_features();
        self.check(path, "rows and labels", n_samples, self.labels.len())
    }

    fn check(&self, path: &Path, what: &'static str, expected: usize, found: usize) -> Result<(), LoadError> {
        if expected == found {
            return Ok(());
        }
        Err(LoadError::NotTheSet {
            path: path.to_owned(),
            what,
            expected,
            found,
            set: self.info.name,
        })
    }

    fn finish(self, files: &Files<'_>) -> Result<Dataset, LoadError> {
        let path = files.path("");
        let shape = (self.info.n_samples, self.info.n_features());
        self.check(&path, "rows", shape.0, self.labels.len())?;
        let damaged = |detail: String| LoadError::from(ReadErrorKind::Damaged { detail }.at(&path));
        let x = Array2::from_shape_vec(shape, self.values).map_err(|error| damaged(error.to_string()))?;
        let labels = Labels::new(self.labels).map_err(|error| damaged(error.to_string()))?;
        Ok(Dataset {
            labels: Some(labels),
            label_names: self
                .info
                .label_names
                .iter()
                .map(|&name| name.to_owned())
                .collect(),
            row_shape: self.info.row_shape.to_vec(),
            ..Dataset::new(self.info.name, x)
        })
    }
}

#[cfg(test)]
mod tests {
    /// The Python library divides in f64 and rounds to f32 when it trains; here f32 is divided at once.
    #[test]
    fn scaling_is_that_of_the_python_library_bit_for_bit() {
        for byte in 0..=255_u8 {
            assert_eq!(f32::from(byte) / 255.0, (f64::from(byte) / 255.0) as f32);
        }
    }
}
