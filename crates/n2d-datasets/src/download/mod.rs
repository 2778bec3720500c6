//! Fetching built-in sets over HTTP: with progress, resumed where it was cut, verified, then put in place at once.

mod transfer;
mod verify;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use n2d_core::CancelToken;

use crate::{BuiltIn, SetFile};
use transfer::{Outcome, Transfer};

/// Tries of one mirror: the transfer is cut, or what was resumed does not fit together.
const TRIES_A_MIRROR: usize = 4;

/// How data sets are fetched.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Addresses to fetch from in place of the set's own ([`SetInfo::mirrors`](crate::SetInfo::mirrors)); each ends in `/`
    /// and a file's name is added to it. Default: none.
    pub mirrors: Option<Vec<String>>,
    /// The proxy to go through, such as `http://proxy:3128`. Default: none; the environment is not read.
    pub proxy: Option<String>,
    /// How long a server may be silent before the next try. Default: 30 seconds.
    pub timeout: Duration,
    /// Set it to give up: what has come is kept and resumed the next time. Default: a token nobody has set.
    pub cancel: CancelToken,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            mirrors: None,
            proxy: None,
            timeout: Duration::from_secs(30),
            cancel: CancelToken::new(),
        }
    }
}

/// How far a fetch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchProgress<'a> {
    /// The file that is coming.
    pub file: &'a str,
    /// Its number, from 0.
    pub index: usize,
    /// Files in all.
    pub n_files: usize,
    /// Bytes of it that are here; falls only where a try begins anew.
    pub bytes: u64,
    /// Bytes in all, where the server says.
    pub total: Option<u64>,
}

/// Why a data set could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The set has no address that can be verified.
    #[error("{set} can't be fetched: {how_to_get}")]
    NotOffered {
        /// The set.
        set: BuiltIn,
        /// How a person gets it.
        how_to_get: &'static str,
    },
    /// The cancel token was set; what has come is kept.
    #[error("fetching {file} was cancelled; what has come is kept and resumed the next time")]
    Cancelled {
        /// The file that was coming.
        file: &'static str,
    },
    /// Every mirror failed.
    #[error("{file} could not be fetched: {}", tries.iter().map(FailedTry::to_string).collect::<Vec<_>>().join("; "))]
    Failed {
        /// The file.
        file: &'static str,
        /// Each try, in order.
        tries: Vec<FailedTry>,
    },
    /// The data directory can't be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's refusal.
        source: io::Error,
    },
    /// The proxy's address is none.
    #[error("\"{given}\" is no address of a proxy; one is like http://proxy:3128")]
    BadProxy {
        /// The address given.
        given: String,
    },
}

/// A try that failed.
#[derive(Debug, thiserror::Error)]
#[error("{url}: {error}")]
pub struct FailedTry {
    /// The address.
    pub url: String,
    /// What went wrong.
    pub error: TryError,
}

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TryError {
    /// The server's answer was no file.
    #[error("the server answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// No connection, or none that held.
    #[error("{reason}")]
    Connection {
        /// What the connection said.
        reason: String,
    },
    /// The connection ended before the file did.
    #[error("the connection was cut after {bytes} bytes")]
    Cut {
        /// Bytes that are here.
        bytes: u64,
    },
    /// More bytes than the file can have.
    #[error("more bytes came than the file has ({limit} at most)")]
    TooLong {
        /// The most it can have.
        limit: u64,
    },
    /// Another content than the set's.
    #[error("the content is not the data set's: SHA-256 {found}, but {expected} is expected")]
    WrongDigest {
        /// The set's.
        expected: &'static str,
        /// What came.
        found: String,
    },
}

/// Fetches the files of a built-in set into its folder in a data directory, and returns the folder.
///
/// Files that are there already and have the right content are not fetched again. Each file comes under a name that ends in
/// `.part`, is resumed from there where an earlier try was cut, and gets its own name only once the SHA-256 of its content is
/// right. A file of the right name always has the right content.
///
/// # Errors
/// [`DownloadError`]; where it is [`DownloadError::Cancelled`] or a cut connection, the next call goes on where this one ended.
pub fn fetch(
    set: BuiltIn,
    data_dir: &Path,
    options: &FetchOptions,
    progress: &mut dyn FnMut(&FetchProgress<'_>),
) -> Result<PathBuf, DownloadError> {
    let info = set.info();
    if info.mirrors.is_empty() {
        let how_to_get = info.how_to_get;
        return Err(DownloadError::NotOffered { set, how_to_get });
    }
    let agent = transfer::agent(options)?;
    let folder = data_dir.join(info.folders[0]);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let own = || info.mirrors.iter().map(|&mirror| mirror.to_owned()).collect();
    let mirrors = options.mirrors.clone().unwrap_or_else(own);
    for (index, file) in info.files.iter().enumerate() {
        let mut tell = |bytes, total| {
            progress(&FetchProgress {
                file: file.name,
                index,
                n_files: info.files.len(),
                bytes,
                total,
            });
        };
        let mut fetching = Fetching {
            file,
            path: folder.join(file.name),
            part: folder.join(format!("{}.part", file.name)),
            agent: &agent,
            cancel: &options.cancel,
            tell: &mut tell,
        };
        fetching.run(&mirrors)?;
    }
    Ok(folder)
}

/// One file on its way.
struct Fetching<'a> {
    file: &'static SetFile,
    path: PathBuf,
    part: PathBuf,
    agent: &'a ureq::Agent,
    cancel: &'a CancelToken,
    tell: &'a mut dyn FnMut(u64, Option<u64>),
}

impl Fetching<'_> {
    fn run(&mut self, mirrors: &[String]) -> Result<(), DownloadError> {
        if self.path.is_file() && self.verify(&self.path)?.is_ok() {
            let length = self.path.metadata().map_err(at(&self.path))?.len();
            (self.tell)(length, Some(length));
            return Ok(());
        }
        // A call that ended between the last byte and the new name.
        if self.part.is_file() && self.verify(&self.part)?.is_ok() {
            return self.put_in_place();
        }
        let mut tries = Vec::new();
        for mirror in mirrors {
            let url = format!("{mirror}{}", self.file.name);
            match self.try_mirror(&url)? {
                Ok(()) => return Ok(()),
                Err(error) => tries.push(FailedTry { url, error }),
            }
        }
        Err(DownloadError::Failed {
            file: self.file.name,
            tries,
        })
    }

    /// Tries one address, again where a try got further or may have resumed the wrong bytes.
    fn try_mirror(&mut self, url: &str) -> Result<Result<(), TryError>, DownloadError> {
        let mut last = TryError::Cut { bytes: 0 };
        for _ in 0..TRIES_A_MIRROR {
            let resumed = length_of(&self.part);
            let error = match self.transfer(url, resumed)? {
                Err(error) => error,
                Ok(()) => match self.verify(&self.part)? {
                    Ok(()) => return self.put_in_place().map(Ok),
                    Err(error) => {
                        self.discard()?;
                        error
                    }
                },
            };
            let further = length_of(&self.part) > resumed;
            let anew = resumed > 0 && length_of(&self.part) == 0;
            last = error;
            if !further && !anew {
                break;
            }
        }
        Ok(Err(last))
    }

    /// Brings the rest of the file behind the bytes that are there.
    fn transfer(&mut self, url: &str, resumed: u64) -> Result<Result<(), TryError>, DownloadError> {
        let mut transfer = Transfer {
            url,
            part: &self.part,
            resumed,
            // What is compressed is shorter; what is not is as long. Headers and poor compression may add a little.
            limit: self.file.bytes + (1 << 16),
            cancel: self.cancel,
            tell: self.tell,
        };
        let outcome = transfer.run(self.agent).map_err(at(&self.part))?;
        match outcome {
            Outcome::Done => Ok(Ok(())),
            Outcome::Cancelled => Err(DownloadError::Cancelled { file: self.file.name }),
            Outcome::Failed(error) => {
                let useless = matches!(error, TryError::TooLong { .. } | TryError::Status { status: 416 });
                if useless {
                    self.discard()?;
                }
                Ok(Err(error))
            }
        }
    }

    fn verify(&self, path: &Path) -> Result<Result<(), TryError>, DownloadError> {
        let found = verify::content_sha256(path, self.file.bytes).map_err(at(path))?;
        if found == self.file.sha256 {
            return Ok(Ok(()));
        }
        Ok(Err(TryError::WrongDigest {
            expected: self.file.sha256,
            found,
        }))
    }

    fn put_in_place(&self) -> Result<(), DownloadError> {
        // On the disk before it has the name by which it is trusted.
        File::open(&self.part)
            .and_then(|file| file.sync_all())
            .map_err(at(&self.part))?;
        fs::rename(&self.part, &self.path).map_err(at(&self.path))
    }

    fn discard(&self) -> Result<(), DownloadError> {
        match fs::remove_file(&self.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(&self.part)(error)),
            _ => Ok(()),
        }
    }
}

fn length_of(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> DownloadError {
    let path = path.to_owned();
    |source| DownloadError::Io { path, source }
}
