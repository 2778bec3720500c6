//! Initial weights from files: ours, and safetensors files of others.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use n2d_core::persist::{LoadError, State, read_arrays, read_file};
use serde_json::Value;

use crate::learner::Weights;

/// The part of a whole model whose weights are meant.
const ENCODER: &str = "encoder";

/// What an HDF5 file, which Keras writes, begins with.
const HDF5: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// The values in a safetensors file for buffers of these names and shapes, of a network with this activation, if it has one.
pub(crate) fn read(
    path: &str,
    names: &[(String, Vec<usize>)],
    activation: Option<&Value>,
) -> Result<Weights, WeightsError> {
    let path = Path::new(path);
    let known = |array: &str| {
        let name = array
            .strip_prefix(ENCODER)
            .and_then(|rest| rest.strip_prefix('/'));
        names.iter().any(|(wanted, _)| wanted == name.unwrap_or(array))
    };
    let state = read_arrays(path, known).map_err(|error| WeightsError::of(error, path))?;
    let weights = names
        .iter()
        .map(|(name, shape)| values(&state, name, shape))
        .collect::<Result<_, _>>()
        .map_err(|error| WeightsError::of(error, path))?;
    same_activation(path, activation)?;
    Ok(weights)
}

fn values(state: &State, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
    // In a whole model the encoder's arrays are under its path.
    let within = format!("{ENCODER}/{name}");
    let name = if state.has_array(&within) { &within } else { name };
    let (found, values) = state.shaped::<f32>(name)?;
    if found != shape {
        return Err(state.wrong_shape(name, &format!("{shape:?}")));
    }
    let finite = values.iter().all(|value| value.is_finite());
    state.expect(name, "finite numbers", finite)?;
    Ok(values)
}

/// That a file that tells its activation tells this one: weights mean little behind another.
fn same_activation(path: &Path, configured: Option<&Value>) -> Result<(), WeightsError> {
    match (told_activation(path), configured) {
        (Some(found), Some(configured)) if found != *configured => Err(WeightsError::Activation {
            path: path.to_owned(),
            found: shown(&found),
            configured: shown(configured),
        }),
        _ => Ok(()),
    }
}

/// A saved encoder's activation; other safetensors files tell none.
fn told_activation(path: &Path) -> Option<Value> {
    let state = read_file(path).ok()?;
    let encoder = state.part(ENCODER).unwrap_or(&state);
    let told = |name: &str| encoder.get::<Value>(name).ok();
    told("activation").or_else(|| told("config")?.get("activation").cloned())
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A file of `weights` that has none for the network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Keras wrote it.
    #[error(
        "{} is a weight file of Keras (HDF5), but a safetensors file is needed: scripts/keras_weights.py of n2d's repository makes one of it",
        path.display()
    )]
    Keras {
        /// The file.
        path: PathBuf,
    },
    /// It is no safetensors file.
    #[error("{} is no weight file: {reason}", path.display())]
    Another {
        /// The file.
        path: PathBuf,
        /// What is not as it should be.
        reason: String,
    },
    /// Its content is not what its checksum says.
    #[error("the weight file {} is damaged: its content does not match its checksum", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// An array of the network is not in it.
    #[error("the weight file {} has no array `{name}`, which the network needs", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The array.
        name: String,
    },
    /// Its network has another activation.
    #[error(
        "the weight file {} is of a network with activation = {found}, but activation is {configured}",
        path.display()
    )]
    Activation {
        /// The file.
        path: PathBuf,
        /// The file's.
        found: String,
        /// That of the network to be trained.
        configured: String,
    },
    /// It can't be read, or an array is of another shape or not finite.
    #[error("the weight file {source}")]
    Other {
        /// What is wrong.
        source: LoadError,
    },
}

impl WeightsError {
    fn of(error: LoadError, path: &Path) -> Self {
        let at = || path.to_owned();
        match error {
            LoadError::InFile { source, .. } => Self::of(*source, path),
            LoadError::NotAModel { .. } if is_hdf5(path) => Self::Keras { path: at() },
            LoadError::NotAModel { reason } => Self::Another { path: at(), reason },
            LoadError::Damaged => Self::Damaged { path: at() },
            LoadError::Missing { name, .. } => Self::Missing { path: at(), name },
            source @ LoadError::Io { .. } => Self::Other { source },
            other => Self::Other {
                source: other.in_file(path),
            },
        }
    }
}

/// By its name, or by its first bytes.
fn is_hdf5(path: &Path) -> bool {
    let named = |extension| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(extension))
    };
    let mut first = [0; HDF5.len()];
    let begins = File::open(path).and_then(|mut file| file.read_exact(&mut first));
    named("h5") || named("hdf5") || begins.is_ok() && first == HDF5
}
