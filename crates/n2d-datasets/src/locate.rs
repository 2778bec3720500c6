//! Where the built-in sets are.

use std::path::{Path, PathBuf};

use crate::BuiltIn;
use crate::builtin::embedded;
use crate::error::{Looked, MissingData};

/// The data directories to look in, in order. Each holds a folder a set: `mnist/`, `fashion-mnist/`, `har/`, ...
///
/// The library looks nowhere else and reads no environment variable: who calls it knows where data is.
///
/// ```
/// use n2d_datasets::{BuiltIn, DataDirs};
///
/// let dirs = DataDirs::new(["data", "/no/such/folder"]);
/// let error = dirs.find(BuiltIn::Usps).unwrap_err();
/// assert!(error.to_string().starts_with("the data set usps is not there: looked in data"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataDirs {
    dirs: Vec<PathBuf>,
}

/// Where a set is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// Compiled into the program.
    Embedded,
    /// In this folder, all its files.
    Folder(PathBuf),
}

/// A built-in set and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The set.
    pub set: BuiltIn,
    /// Where it is, or where it was looked for.
    pub location: Result<Location, MissingData>,
    /// Bytes of its files, as they lie there; `None` where it is missing.
    pub bytes: Option<u64>,
}

impl DataDirs {
    /// Looks in these directories, the first that has a set wins. A directory that is named twice is looked at once.
    pub fn new<P: Into<PathBuf>>(dirs: impl IntoIterator<Item = P>) -> Self {
        let mut unique = Vec::new();
        for dir in dirs.into_iter().map(Into::into) {
            if !unique.contains(&dir) {
                unique.push(dir);
            }
        }
        Self { dirs: unique }
    }

    /// Looks nowhere: only the sets compiled in are found.
    pub fn none() -> Self {
        Self::default()
    }

    /// The directories, in order.
    pub fn as_slice(&self) -> &[PathBuf] {
        &self.dirs
    }

    /// Where a set is: compiled in, else in the first directory that has all its files.
    ///
    /// A set compiled in wins over a folder, so that its result does not depend on what lies about;
    /// [`BuiltIn::load_folder`] reads a folder all the same.
    ///
    /// # Errors
    /// [`MissingData`] with each place looked at, what it lacks, and how to get the set.
    pub fn find(&self, set: BuiltIn) -> Result<Location, MissingData> {
        if embedded::files(set).is_some() {
            return Ok(Location::Embedded);
        }
        let mut looked = Vec::new();
        for dir in &self.dirs {
            match look(set, dir) {
                Ok(folder) => return Ok(Location::Folder(folder)),
                Err(lacking) => looked.push(lacking),
            }
        }
        Err(MissingData { set, looked })
    }

    /// All built-in sets with where they are.
    pub fn list(&self) -> Vec<Listing> {
        BuiltIn::ALL.into_iter().map(|set| self.listing(set)).collect()
    }

    fn listing(&self, set: BuiltIn) -> Listing {
        let location = self.find(set);
        let bytes = match &location {
            Err(_) => None,
            Ok(Location::Embedded) => {
                embedded::files(set).map(|files| files.iter().map(|(_, b)| b.len() as u64).sum())
            }
            Ok(Location::Folder(folder)) => {
                let length =
                    |file: &crate::SetFile| find_file(folder, file.name)?.metadata().ok().map(|m| m.len());
                set.info().files.iter().map(length).sum()
            }
        };
        Listing { set, location, bytes }
    }
}

/// The set's folder in a data directory; where there is none with all files, what the likeliest lacks.
fn look(set: BuiltIn, dir: &Path) -> Result<PathBuf, Looked> {
    let mut likeliest: Option<Looked> = None;
    for name in set.info().folders {
        let folder = dir.join(name);
        match lacks(set, &folder) {
            Ok(()) => return Ok(folder),
            Err(lacking) => {
                let better = likeliest
                    .as_ref()
                    .is_none_or(|l| l.lacks.is_none() && lacking.lacks.is_some());
                if better {
                    likeliest = Some(lacking);
                }
            }
        }
    }
    Err(likeliest.unwrap_or(Looked {
        folder: dir.to_owned(),
        lacks: None,
    }))
}

/// That a folder has all files of a set.
pub(crate) fn find_folder(set: BuiltIn, folder: &Path) -> Result<(), MissingData> {
    lacks(set, folder).map_err(|lacking| MissingData {
        set,
        looked: vec![lacking],
    })
}

fn lacks(set: BuiltIn, folder: &Path) -> Result<(), Looked> {
    let names = set.info().files.iter().map(|file| file.name);
    let missing: Vec<String> = names
        .filter(|name| find_file(folder, name).is_none())
        .map(str::to_owned)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Looked {
        folder: folder.to_owned(),
        lacks: folder.is_dir().then_some(missing),
    })
}

/// A file by its name, or with `.gz` added or taken away.
pub(crate) fn find_file(folder: &Path, name: &str) -> Option<PathBuf> {
    let other = match name.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{name}.gz"),
    };
    [name, &other]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}
