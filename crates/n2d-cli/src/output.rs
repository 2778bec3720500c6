//! The files that are written: checked before the work begins, and never there by half.

use std::fs;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use n2d::Model;
use n2d::persist::{self, AtomicFile};
use ndarray::ArrayView2;

use crate::errors::{CliError, without_number};
use crate::label_table::LabelTable;
use crate::unfinished;

/// A file to be written.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// As the user named it.
    path: PathBuf,
    /// Where it really is, links followed.
    target: PathBuf,
}

impl Output {
    /// Checks that the file can be written, without touching it, and that nothing else is lost by it.
    ///
    /// # Errors
    /// A folder that is missing or read-only, something that is no plain file; bad usage where it is one of `inputs`.
    pub(crate) fn new(path: &Path, inputs: &[&Path]) -> Result<Self, CliError> {
        let at = |reason: &str| CliError::failed(format!("{} can't be written: {reason}", path.display()));
        if is_stdout(path) {
            let refusal = CliError::usage("only labels go to stdout, by --out -");
            return Err(refusal.with_hint("a file that is called - is named ./-"));
        }
        let target = persist::resolve(path)
            .map_err(|error| advised(at(&folder_reason(path, &error)), error.kind()))?;
        if target.is_dir() {
            return Err(at("it is a folder").with_hint("name a file in it"));
        }
        // A rename would put a plain file in the place of a device.
        if target.exists() && !target.is_file() {
            return Err(at("it is no plain file"));
        }
        if inputs
            .iter()
            .any(|input| fs::canonicalize(input).is_ok_and(|input| input == target))
        {
            return Err(CliError::usage(format!(
                "{} is an input: it would be overwritten",
                path.display()
            )));
        }
        persist::probe(&target).map_err(|error| advised(at(&plain(&error)), error.kind()))?;
        Ok(Self {
            path: path.to_owned(),
            target,
        })
    }

    /// As the user named it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether both are one file.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.target == other.target
    }

    /// Writes rows as a `.npy` array of 32-bit floats.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn write_npy(&self, rows: ArrayView2<'_, f32>) -> Result<(), CliError> {
        let mut file = GrowingNpy::create(self)?;
        file.append(rows)?;
        file.commit()
    }

    /// Writes labels as CSV.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn write_labels(&self, table: &LabelTable<'_>) -> Result<(), CliError> {
        self.write_bytes(table.csv(0, None).as_bytes())
    }

    /// Writes a model.
    ///
    /// # Errors
    /// A part that can't be saved, and what the file system says.
    pub(crate) fn write_model(&self, model: &Model) -> Result<(), CliError> {
        let bytes = persist::to_bytes(model).map_err(|error| CliError::from_error(&error))?;
        self.write_bytes(&bytes)
    }

    /// Writes what is made already.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn write_bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        self.write(|file| file.write_all(bytes))
    }

    /// Begins the file, to be written bit by bit.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn create(&self) -> Result<AtomicFile, CliError> {
        let file = AtomicFile::create(&self.target).map_err(|error| self.refused(&error))?;
        unfinished::note(file.unfinished());
        Ok(file)
    }

    /// What the system says, in the words of an error.
    pub(crate) fn refused(&self, error: &io::Error) -> CliError {
        let refusal = CliError::failed(format!(
            "{} can't be written: {}",
            self.path.display(),
            plain(error)
        ));
        advised(refusal, error.kind())
    }

    fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
        persist::write_atomically(&self.target, content).map_err(|error| self.refused(&error))
    }
}

/// Whether stdout is meant, as by a file's name it is on most command lines.
pub(crate) fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// The form in which a file is written, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Csv,
    Npy,
}

/// Endings of files of one form or another.
const KNOWN_ENDINGS: [&str; 9] = [
    "csv", "tsv", "txt", "npy", "npz", "parquet", "arrow", "feather", "gz",
];

/// That a file does not have the name of another form than it is written in.
///
/// # Errors
/// Bad usage for such a name.
pub(crate) fn named_as(form: Written, argument: &str, path: Option<&Path>) -> Result<(), CliError> {
    let (own, said, hint) = match form {
        Written::Csv => (
            &["csv", "txt"][..],
            "CSV",
            "`n2d convert labels.csv labels.parquet` makes other forms of it",
        ),
        Written::Npy => (
            &["npy"][..],
            "a .npy array",
            "`n2d convert rows.npy rows.parquet` makes other forms of it",
        ),
    };
    let ending = |path: &Path| Some(path.extension()?.to_string_lossy().to_lowercase());
    let is_other = |path: &&Path| {
        ending(path).is_some_and(|ending| KNOWN_ENDINGS.contains(&&*ending) && !own.contains(&&*ending))
    };
    match path.filter(is_other) {
        None => Ok(()),
        Some(path) => {
            let complaint = format!("{argument} {}: it is written as {said}", path.display());
            Err(CliError::usage(complaint).with_hint(hint))
        }
    }
}

/// A `.npy` array of 32-bit floats whose number of rows shows at its end.
pub(crate) struct GrowingNpy<'a> {
    output: &'a Output,
    file: AtomicFile,
    shape: Option<(usize, usize)>,
}

impl<'a> GrowingNpy<'a> {
    pub(crate) fn create(output: &'a Output) -> Result<Self, CliError> {
        let file = output.create()?;
        Ok(Self {
            output,
            file,
            shape: None,
        })
    }

    pub(crate) fn append(&mut self, rows: ArrayView2<'_, f32>) -> Result<(), CliError> {
        let (n_rows, n_columns) = rows.dim();
        let mut write = || {
            if self.shape.is_none() {
                self.file.write_all(&npy_header((0, n_columns)))?;
            }
            rows.iter()
                .try_for_each(|value| self.file.write_all(&value.to_le_bytes()))
        };
        write().map_err(|error| self.output.refused(&error))?;
        let before = self.shape.map_or(0, |(n_rows, _)| n_rows);
        self.shape = Some((before + n_rows, n_columns));
        Ok(())
    }

    /// The header has the same length for any number of rows: the right one takes the place of the first.
    pub(crate) fn commit(mut self) -> Result<(), CliError> {
        let header = npy_header(self.shape.unwrap_or((0, 0)));
        let output = self.output;
        let write = || {
            self.file.rewind()?;
            self.file.write_all(&header)?;
            self.file.commit()
        };
        write().map_err(|error| output.refused(&error))
    }
}

fn folder_reason(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            // Through a link that stands in a folder that is there.
            let linked = fs::read_link(path).ok();
            let folder = linked.as_deref().unwrap_or(path).parent().unwrap_or(path);
            format!("there is no folder {}", folder.display())
        }
        io::ErrorKind::InvalidInput => "it is no name of a file".to_owned(),
        _ => plain(error),
    }
}

/// With what to do where a file can't be written.
fn advised(refusal: CliError, kind: io::ErrorKind) -> CliError {
    let advice = match kind {
        io::ErrorKind::NotFound => "make the folder first (mkdir -p), or name another",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a file in a folder that you may write to"
        }
        io::ErrorKind::StorageFull => "make room there, or name a file on another disk",
        _ => return refusal,
    };
    refusal.with_hint(advice)
}

/// The system's words without its number and without the temporary file's name.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "no space left".to_owned(),
        _ => {
            let text = error.to_string();
            without_number(text.split(" at path ").next().unwrap_or(&text))
        }
    }
}

/// A multiple of 64, to which the values are aligned; the longest numbers there are leave room.
const NPY_HEADER: usize = 128;

/// Version 1.0 of the format, padded to one length whatever the shape.
fn npy_header((n_rows, n_columns): (usize, usize)) -> Vec<u8> {
    let dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({n_rows}, {n_columns}), }}");
    let lead = b"\x93NUMPY\x01\x00";
    let padding = NPY_HEADER - (lead.len() + 2 + dict.len() + 1);
    let length = (dict.len() + padding + 1) as u16;
    let mut header = lead.to_vec();
    header.extend(length.to_le_bytes());
    header.extend(dict.as_bytes());
    header.extend(std::iter::repeat_n(b' ', padding));
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d::Labels;

    #[test]
    fn arrays_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.npy");
        let rows = ndarray::array![[1.0_f32, 2.0], [3.0, -4.5], [0.0, 6.0]];
        Output::new(&path, &[]).unwrap().write_npy(rows.view()).unwrap();
        let read = n2d::datasets::read_path(&path, &n2d::datasets::ReadOptions::default()).unwrap();
        assert_eq!(read.x, rows);
        assert_eq!(npy_header((70_000, 10)).len() % 64, 0);
        let names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|f| f.unwrap().file_name())
            .collect();
        assert_eq!(names, ["rows.npy"]);
    }

    #[test]
    fn an_output_that_fails_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.csv");
        fs::write(&path, "old").unwrap();
        let output = Output::new(&path, &[]).unwrap();
        let failed = output.write(|file| {
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let labels = Labels::new(vec![1, -1]).unwrap();
        Output::new(&link, &[])
            .unwrap()
            .write_labels(&LabelTable::new(&labels, None, None))
            .unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "row,cluster\n0,1\n1,-1\n");
        assert!(Output::new(Path::new("/dev/null"), &[]).is_err());
    }
}
