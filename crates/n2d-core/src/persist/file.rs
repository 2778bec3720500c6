//! Files that are there as a whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{LoadError, Save, SaveError, State, arrays_from_bytes, to_bytes};

/// Writes a part to a `.n2d` file. A kill or a full disk leaves what was there before.
///
/// # Errors
/// As [`to_bytes`], and [`SaveError::Io`].
pub fn write_file(path: &Path, part: &(impl Save + ?Sized)) -> Result<(), SaveError> {
    let bytes = to_bytes(part)?;
    write_atomically(path, |file| file.write_all(&bytes)).map_err(|source| SaveError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The state in a `.n2d` file, whatever its kind; [`State::load`] makes the part.
///
/// # Errors
/// [`LoadError`] with the file's name.
pub fn read_file(path: &Path) -> Result<State, LoadError> {
    State::from_bytes(read(path)?).map_err(|source| source.in_file(path))
}

/// The arrays whose names are wanted in any safetensors file, as [`arrays_from_bytes`] has them.
///
/// # Errors
/// [`LoadError`] with the file's name.
pub fn read_arrays(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<State, LoadError> {
    arrays_from_bytes(read(path)?, wanted).map_err(|source| source.in_file(path))
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::Io {
        path: path.to_owned(),
        source,
    })
}

impl LoadError {
    /// The same error with the file it was met in.
    pub fn in_file(self, path: &Path) -> Self {
        Self::InFile {
            path: path.to_owned(),
            source: Box::new(self),
        }
    }
}

/// Writes a file whose name holds, at any moment and even after a crash, either the old content or all of the new.
///
/// # Errors
/// What the file system says, or `content` returns: then the old content stays.
pub fn write_atomically(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    content(&mut file)?;
    file.commit()
}

/// A file that takes its name only when it is whole, as [`write_atomically`] has it, for content that is made bit by bit.
///
/// The content goes into a file beside it (`.n2d-...`), is flushed to the disk, and then takes the name, and the permissions of the file
/// that had it. A link to a file is followed. Dropped without [`commit`](Self::commit), it leaves nothing.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    content: BufWriter<NamedTempFile>,
}

impl AtomicFile {
    /// Begins a file; what has the name now keeps it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let target = resolve(path)?;
        let file = temporary(&target)?;
        if let Ok(old) = fs::metadata(&target) {
            file.as_file().set_permissions(old.permissions())?;
        }
        let content = BufWriter::new(file);
        Ok(Self { target, content })
    }

    /// Where the content is until it is whole: what a program is to remove that ends at once, by
    /// [`exit`](std::process::exit), and so drops nothing.
    pub fn unfinished(&self) -> &Path {
        self.content.get_ref().path()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// What the file system says: then the old content stays.
    pub fn commit(self) -> io::Result<()> {
        let file = self
            .content
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.target)?;
        sync_folder(&self.target);
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content.seek(to)
    }
}

/// Whether an [`AtomicFile`] could be begun: the folder is there and can be written to. Nothing is touched.
///
/// # Errors
/// What the file system says.
pub fn probe(path: &Path) -> io::Result<()> {
    temporary(&resolve(path)?).map(drop)
}

/// Where a file really is, links followed. One that is not there, yet, has a folder that is.
///
/// # Errors
/// What the file system says of the folder; [`io::ErrorKind::InvalidInput`] for what is no name of a file.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    if let Ok(found) = fs::canonicalize(path) {
        return Ok(found);
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let there = fs::canonicalize(folder_of(path))?.join(name);
    match fs::read_link(&there) {
        // A link to a file that is not there. (One to itself, over however many others, has a folder, but no end.)
        Ok(next) if is_loop(&there) => Err(io::Error::other(format!(
            "the link to {} has no end",
            next.display()
        ))),
        Ok(next) => resolve(&folder_of(&there).join(next)),
        Err(_) => Ok(there),
    }
}

/// Whether links lead nowhere else than to links. The system follows them, up to its limit.
fn is_loop(link: &Path) -> bool {
    fs::metadata(link).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn temporary(target: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // Temporary files are for their owner alone, but this one becomes a file like any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".n2d-").tempfile_in(folder_of(target))
}

/// The new name is in the folder's content, which is flushed apart. The file has its name already, so that a system which can't do this
/// for folders is no failure.
fn sync_folder(target: &Path) {
    if let Ok(folder) = fs::File::open(folder_of(target)) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_leaves_the_old_content_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.n2d");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(probe(&path).is_ok());
        assert!(probe(&folder.path().join("none/model.n2d")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_stays_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.n2d");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        write_atomically(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomically(&link, |file| file.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");

        // Also to a file that is not there, over another link.
        let (later, over) = (folder.path().join("later"), folder.path().join("over"));
        std::os::unix::fs::symlink("later", &over).unwrap();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&over, &link).unwrap();
        write_atomically(&link, |file| file.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&later).unwrap(), b"new");

        let itself = folder.path().join("itself");
        std::os::unix::fs::symlink("itself", &itself).unwrap();
        let error = write_atomically(&itself, |file| file.write_all(b"new")).unwrap_err();
        assert!(error.to_string().contains("has no end"), "{error}");
    }
}
