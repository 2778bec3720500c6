use std::io;
use std::path::PathBuf;

use super::Dtype;

/// Why a part could not be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// A part of a user's own that does not implement [`Persist`](super::Persist), or does not say so.
    #[error("{part} can't be saved: it does not implement Persist, or its `as_save` does not say so")]
    Unsupported {
        /// The part's name.
        part: String,
    },
    /// The container could not be made.
    #[error("the model can't be written as a safetensors file: {reason}")]
    Container {
        /// Why.
        reason: String,
    },
    /// A part of a user's own with a name that a file can't have: names are made of letters, digits, `_`, `-` and `.`.
    #[error("{kind} can't be saved: the name `{name}` is not made of letters, digits, _, - and . alone")]
    BadName {
        /// The part's kind.
        kind: String,
        /// The name of a value, an array or a part of it.
        name: String,
    },
    /// The file system refused. What was there before is still there.
    #[error("{} can't be written: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why bytes are no model, or not the one asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file system refused.
    #[error("{} can't be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An error of [`read_file`](super::read_file), with the file's name.
    #[error("{}: {source}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<LoadError>,
    },
    /// It is no model, or its beginning is damaged.
    #[error("this is no file of n2d: {reason}")]
    NotAModel {
        /// How it was seen.
        reason: String,
    },
    /// It was written by a later n2d.
    #[error(
        "it is of format version {found}, but this n2d reads versions up to {supported}: use a newer n2d"
    )]
    TooNew {
        /// The file's version.
        found: u64,
        /// The latest that is known.
        supported: u64,
    },
    /// The content is not what was written.
    #[error("damaged: its content does not match its checksum")]
    Damaged,
    /// Another kind of part than was asked for.
    #[error("{at} is a part of kind `{found}`, but {expected} is needed")]
    WrongKind {
        /// Where in the model; `the model` for the whole.
        at: String,
        /// The kind in the file.
        found: String,
        /// The kinds that would do.
        expected: String,
    },
    /// A value, an array or a part is not there.
    #[error("the model has no {what} `{name}`")]
    Missing {
        /// `value`, `array` or `part`.
        what: &'static str,
        /// Its path.
        name: String,
    },
    /// A value that does not parse.
    #[error("the value `{name}` is not understood: {reason}")]
    BadValue {
        /// Its path.
        name: String,
        /// The parser's words.
        reason: String,
    },
    /// An array of another type.
    #[error("the array `{name}` is of {found}, but must be of {expected}")]
    WrongType {
        /// Its path.
        name: String,
        /// The file's type.
        found: Dtype,
        /// The type needed.
        expected: Dtype,
    },
    /// An array of another shape.
    #[error("the array `{name}` has the shape {found:?}, but must be {expected}")]
    WrongShape {
        /// Its path.
        name: String,
        /// The file's shape.
        found: Vec<usize>,
        /// The shape needed, in words or numbers.
        expected: String,
    },
    /// A value or an array that breaks a rule of its part.
    #[error("`{name}` must be {allowed}")]
    NotAllowed {
        /// Its path.
        name: String,
        /// What is allowed.
        allowed: String,
    },
}
