//! Files that grow while the program works: what is left of them when it ends at once, and so drops nothing.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::errors::INTERRUPTED;

static BEGUN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Takes note of a file that has been begun under a name of its own. Once it is whole it has another name.
pub(crate) fn note(path: &Path) {
    BEGUN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(path.to_owned());
}

/// Removes all that are not whole, and ends the program as one that was interrupted.
pub(crate) fn exit() -> ! {
    for path in BEGUN.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // One that is whole is not there, and of others there is nobody left to be told.
        let _ = std::fs::remove_file(path);
    }
    std::process::exit(i32::from(INTERRUPTED))
}
