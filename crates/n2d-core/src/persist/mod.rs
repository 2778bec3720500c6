//! Fitted parts as files: what a part must say of itself, and the one container that holds it.
//!
//! A fitted part that implements [`Persist`] turns into a [`State`] (named arrays and a few small values) and back. A part of parts,
//! such as a pipeline, holds the states of its parts. [`to_bytes`] and [`from_bytes`] turn a state into the bytes of
//! a `.n2d` file and back, [`write_file`] and [`read_file`] do it with a file.
//!
//! # The file
//!
//! A `.n2d` file is a [safetensors] file, so that every language with a reader of those can read it. Arrays are named by the path of
//! parts to them (`encoder/layer.0.weight`). The file's metadata has one entry, `n2d`, a JSON document: `version` is that of the format;
//! `model` has the kinds of the parts and their small values; `sha256` is the digest of `model` and all arrays, by which
//! damage is told from data.
//!
//! The version counts up when the layout changes; files of every earlier version stay readable, and samples of each lie in
//! the repository's tests.
//!
//! [safetensors]: https://huggingface.co/docs/safetensors

mod container;
mod element;
mod error;
mod file;
mod pipelines;
mod state;

pub use container::{FORMAT_VERSION, arrays_from_bytes, from_bytes, to_bytes};
pub use element::{Dtype, Element};
pub use error::{LoadError, SaveError};
pub use file::{AtomicFile, probe, read_arrays, read_file, resolve, write_atomically, write_file};
pub use state::{Array, State};

#[cfg(test)]
mod tests;

/// A fitted part that can be saved, and made again from what was saved.
///
/// What is made again answers every question bit for bit as the part that was saved. Only what predictions need is saved: what
/// follows from it, such as an index of neighbours, is made anew.
///
/// ```
/// use n2d_core::persist::{self, LoadError, Persist, State};
///
/// #[derive(Debug, PartialEq)]
/// struct Threshold {
///     at: Vec<f32>,
///     strict: bool,
/// }
///
/// impl Persist for Threshold {
///     const KIND: &'static str = "threshold";
///
///     fn save(&self, state: &mut State) {
///         state.set("strict", &self.strict);
///         state.put("at", &self.at);
///     }
///
///     fn load(state: &State) -> Result<Self, LoadError> {
///         let at = state.finite_vec("at")?;
///         state.expect("at", "at least one value", !at.is_empty())?;
///         Ok(Self { at, strict: state.get("strict")? })
///     }
/// }
///
/// let part = Threshold { at: vec![0.5, 0.25], strict: true };
/// let bytes = persist::to_bytes(&part)?;
/// assert_eq!(persist::from_bytes::<Threshold>(&bytes)?, part);
///
/// let damaged = &bytes[..bytes.len() - 1];
/// assert!(persist::from_bytes::<Threshold>(damaged).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Persist: Sized {
    /// The name by which files and registries know the part: its name in configurations, if it has one.
    const KIND: &'static str;

    /// Writes what [`load`](Self::load) needs into an empty state.
    fn save(&self, state: &mut State);

    /// Makes the part again.
    ///
    /// The state may come from a hostile file: everything is checked that a later index or sum relies on.
    ///
    /// # Errors
    /// [`LoadError`] names the value or array that is missing, of another shape or type, or not allowed.
    fn load(state: &State) -> Result<Self, LoadError>;
}

/// What can be saved: every [`Persist`], and parts whose kind is known at run time only, if they can.
pub trait Save {
    /// The name by which files and registries know the part.
    fn kind(&self) -> &str;

    /// Writes what is needed to make the part again into an empty state.
    ///
    /// # Errors
    /// [`SaveError::Unsupported`] for a part of a user's own that can't be saved.
    fn save_into(&self, state: &mut State) -> Result<(), SaveError>;
}

impl<P: Persist> Save for P {
    fn kind(&self) -> &str {
        P::KIND
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        self.save(state);
        Ok(())
    }
}
