//! States as safetensors bytes, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use safetensors::tensor::{Dtype as Stored, Metadata, TensorView};
use safetensors::{SafeTensorError, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{Array, Dtype, LoadError, Persist, Save, SaveError, State};

/// The version of the format that is written. All versions up to this one can be read.
pub const FORMAT_VERSION: u64 = 1;

/// The only entry of the file's metadata. (Several would be written in no fixed order.)
const ENTRY: &str = "n2d";

/// What the entry holds.
#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    version: u64,
    sha256: String,
    /// Kept as text, so that the digest is that of the bytes in the file.
    #[serde(borrow)]
    model: &'a RawValue,
}

/// The first thing that is read of an entry, whatever else later versions put there.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// A state without its arrays.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    kind: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<String, Manifest>,
}

/// The bytes of a `.n2d` file. The same part gives the same bytes.
///
/// # Errors
/// As [`Save::save_into`].
pub fn to_bytes(part: &(impl Save + ?Sized)) -> Result<Vec<u8>, SaveError> {
    let state = State::of(part)?;
    check_names(&state)?;
    let model = serde_json::to_string(&manifest(&state)).map_err(container)?;
    let model = RawValue::from_string(model).map_err(container)?;
    let mut arrays = BTreeMap::new();
    collect(&state, &mut arrays);
    let entry = Entry {
        version: FORMAT_VERSION,
        sha256: digest(model.get(), &arrays),
        model: &model,
    };
    let entry = serde_json::to_string(&entry).map_err(container)?;
    let views: Result<Vec<_>, _> = arrays
        .iter()
        .map(|(name, array)| Ok((name, view(array)?)))
        .collect();
    let metadata = [(ENTRY.to_owned(), entry)].into();
    safetensors::serialize(views.map_err(container::<SafeTensorError>)?, Some(metadata)).map_err(container)
}

fn check_names(state: &State) -> Result<(), SaveError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let names = state
        .values
        .keys()
        .chain(state.arrays.keys())
        .chain(state.parts.keys());
    for name in names {
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(SaveError::BadName {
                kind: state.kind.clone(),
                name: name.clone(),
            });
        }
    }
    state.parts.values().try_for_each(check_names)
}

fn view(array: &Array) -> Result<TensorView<'_>, SafeTensorError> {
    TensorView::new(stored(array.dtype), array.shape.clone(), array.bytes())
}

fn container<E: std::fmt::Display>(error: E) -> SaveError {
    SaveError::Container {
        reason: error.to_string(),
    }
}

fn manifest(state: &State) -> Manifest {
    Manifest {
        kind: state.kind.clone(),
        values: state.values.clone(),
        parts: state
            .parts
            .iter()
            .map(|(name, part)| (name.clone(), manifest(part)))
            .collect(),
    }
}

fn collect<'a>(state: &'a State, arrays: &mut BTreeMap<String, &'a Array>) {
    for (name, array) in &state.arrays {
        arrays.insert(format!("{}{name}", state.path), array);
    }
    state.parts.values().for_each(|part| collect(part, arrays));
}

/// Of the manifest's text and of each array's name, type, shape and bytes, each with its length before it.
fn digest(model: &str, arrays: &BTreeMap<String, &Array>) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(model.as_bytes());
    for (name, array) in arrays {
        add(name.as_bytes());
        add(array.dtype.to_string().as_bytes());
        array
            .shape
            .iter()
            .for_each(|extent| add(&(*extent as u64).to_le_bytes()));
        add(array.bytes());
    }
    let bytes = hash.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The part in the bytes of a `.n2d` file.
///
/// Shapes and lengths are checked before anything is allocated for them; memory stays within a small multiple of the bytes.
///
/// # Errors
/// [`LoadError`]: never a panic, whatever the bytes are.
pub fn from_bytes<P: Persist>(bytes: &[u8]) -> Result<P, LoadError> {
    state_of(Arc::new(bytes.to_vec()))?.load()
}

impl State {
    /// The state in the bytes of a `.n2d` file, whatever its kind.
    ///
    /// # Errors
    /// [`LoadError`] for what is no such file, is of a later version, or damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, LoadError> {
        state_of(Arc::new(bytes))
    }
}

/// The arrays whose names are wanted of any safetensors file, whoever wrote it: a state of no kind. In a `.n2d` file the names are the paths of arrays, and
/// damage is told by its checksum.
///
/// # Errors
/// [`LoadError`] for what is no safetensors file, for wanted arrays of a type that [`Dtype`] does not have, and for a damaged `.n2d` file.
pub fn arrays_from_bytes(bytes: Vec<u8>, wanted: impl Fn(&str) -> bool) -> Result<State, LoadError> {
    let bytes = Arc::new(bytes);
    let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| unreadable(&error))?;
    if metadata
        .metadata()
        .as_ref()
        .is_some_and(|entries| entries.contains_key(ENTRY))
    {
        state_of(Arc::clone(&bytes))?;
    }
    Ok(State {
        arrays: arrays_of(&bytes, header, &metadata, wanted)?,
        ..State::default()
    })
}

/// The wanted arrays of a file by their names.
fn arrays_of(
    bytes: &Arc<Vec<u8>>,
    header: usize,
    metadata: &Metadata,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Array>, LoadError> {
    // Offsets count from the end of the header and its length.
    let start = size_of::<u64>() + header;
    let mut arrays = BTreeMap::new();
    let all: BTreeMap<_, _> = metadata.tensors().into_iter().collect();
    for (name, info) in all.into_iter().filter(|(name, _)| wanted(name)) {
        let (from, to) = info.data_offsets;
        let array = Array {
            dtype: known(info.dtype).ok_or_else(|| no_model(format!("{name} is of {:?}", info.dtype)))?,
            shape: info.shape.clone(),
            bytes: (Arc::clone(bytes), start + from..start + to),
        };
        arrays.insert(name, array);
    }
    Ok(arrays)
}

fn state_of(bytes: Arc<Vec<u8>>) -> Result<State, LoadError> {
    let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| unreadable(&error))?;
    let entry = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY));
    let entry = entry.ok_or_else(|| no_model("a safetensors file, but none that n2d has written"))?;
    let Version { version } = serde_json::from_str(entry).map_err(no_model)?;
    if version > FORMAT_VERSION {
        return Err(LoadError::TooNew {
            found: version,
            supported: FORMAT_VERSION,
        });
    }
    // The first version is 1. The number itself is outside the checksum, which a later version may make in another way.
    if version == 0 {
        return Err(LoadError::Damaged);
    }
    let entry: Entry<'_> = serde_json::from_str(entry).map_err(no_model)?;
    let manifest = serde_json::from_str(entry.model.get()).map_err(no_model)?;

    let arrays = arrays_of(&bytes, header, &metadata, |_| true)?;
    if digest(
        entry.model.get(),
        &arrays.iter().map(|(name, array)| (name.clone(), array)).collect(),
    ) != entry.sha256
    {
        return Err(LoadError::Damaged);
    }
    let mut state = tree(manifest, String::new());
    for (name, array) in arrays {
        place(&mut state, &name, array)?;
    }
    Ok(state)
}

/// The reader of safetensors speaks of headers and offsets; people have a file cut short, or another file.
fn unreadable(error: &SafeTensorError) -> LoadError {
    use SafeTensorError as Found;
    no_model(match error {
        Found::HeaderTooSmall => "it has fewer than 8 bytes",
        Found::MetadataIncompleteBuffer => "it is cut short, or more follows than its beginning says",
        Found::InvalidHeaderLength => "it is cut short, or another kind of file",
        Found::HeaderTooLarge | Found::InvalidHeader(_) | Found::InvalidHeaderDeserialization(_) => {
            "it is another kind of file, or its beginning is damaged"
        }
        _ => "its beginning is damaged: it says of its arrays what can't be",
    })
}

fn no_model<E: std::fmt::Display>(error: E) -> LoadError {
    LoadError::NotAModel {
        reason: error.to_string(),
    }
}

fn tree(manifest: Manifest, path: String) -> State {
    State {
        kind: manifest.kind,
        values: manifest.values,
        arrays: BTreeMap::new(),
        parts: manifest
            .parts
            .into_iter()
            .map(|(name, part)| {
                let path = format!("{path}{name}/");
                (name, tree(part, path))
            })
            .collect(),
        path,
    }
}

/// Puts an array where its path says.
fn place(root: &mut State, path: &str, array: Array) -> Result<(), LoadError> {
    let mut parts = path.split('/');
    let name = parts.next_back().unwrap_or(path);
    let mut state = root;
    for part in parts {
        state = state
            .parts
            .get_mut(part)
            .ok_or_else(|| no_model(format!("the array {path} belongs to no part of it")))?;
    }
    state.arrays.insert(name.to_owned(), array);
    Ok(())
}

const DTYPES: [(Dtype, Stored); 5] = [
    (Dtype::F32, Stored::F32),
    (Dtype::F64, Stored::F64),
    (Dtype::I32, Stored::I32),
    (Dtype::U32, Stored::U32),
    (Dtype::U8, Stored::U8),
];

fn stored(dtype: Dtype) -> Stored {
    match dtype {
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
        Dtype::I32 => Stored::I32,
        Dtype::U32 => Stored::U32,
        Dtype::U8 => Stored::U8,
    }
}

fn known(stored: Stored) -> Option<Dtype> {
    DTYPES
        .into_iter()
        .find(|&(_, other)| other == stored)
        .map(|(dtype, _)| dtype)
}
