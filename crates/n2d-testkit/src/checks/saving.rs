//! Saved parts, whole, hostile and damaged.

use n2d_core::persist::{State, to_bytes};

use super::fits::same_answers;
use crate::data::DataSet;
use crate::files::mutated_files;
use crate::fitted::{Fitted, require};
use crate::hostile::hostile_states;
use crate::subject::{LoadPart, Subject, caught};

/// Random changes to states, and damaged files.
const N_RANDOM: usize = 1000;
const N_FILES: usize = 500;
const SEED: u64 = 5;

pub(crate) fn save_and_load(subject: &Subject) -> Result<(), String> {
    let (part, _, new) = subject.ordinary()?;
    let saved = part.as_save();
    let bytes = match (saved, &subject.load) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err("saving is declared, but `as_save` is None".into()),
        (Some(_), _) => bytes(&part)?,
    };
    require(bytes == self::bytes(&part)?, || {
        "saved twice, the bytes differ".into()
    })?;
    let Some(load) = &subject.load else { return Ok(()) };
    let state = State::from_bytes(bytes.clone()).map_err(|error| format!("its file: {error}"))?;
    let loaded = load(&state).map_err(|error| format!("loading: {error}"))?;
    same_answers(&part.answers(new.samples()), &loaded.answers(new.samples()))
        .map_err(|found| format!("after loading, {found}"))?;
    require(self::bytes(&loaded)? == bytes, || {
        "saved again after loading, the bytes differ".into()
    })
}

fn bytes(part: &Fitted) -> Result<Vec<u8>, String> {
    let save = part.as_save().ok_or("`as_save` is None")?;
    to_bytes(save).map_err(|error| format!("saving: {error}"))
}

/// The part's state, how it is loaded, and new rows.
fn saved(subject: &Subject) -> Result<(State, &LoadPart, DataSet), String> {
    let (part, _, new) = subject.ordinary()?;
    let save = part.as_save().ok_or("`as_save` is None")?;
    let state = State::of(save).map_err(|error| format!("saving: {error}"))?;
    let load = subject
        .load
        .as_deref()
        .ok_or("the part is not declared to be saved")?;
    Ok((state, load, new))
}

pub(crate) fn hostile(subject: &Subject) -> Result<(), String> {
    let (state, load, new) = saved(subject)?;
    let all = hostile_states(&state, N_RANDOM, SEED).filter_map(|hostile| {
        let outcome = caught(|| refused_or_applied(&hostile.state, load, &new));
        outcome.err().map(|found| format!("{}: {found}", hostile.what))
    });
    none_of(all)
}

/// What loads must answer in some way. Whether the answers make sense nobody can know.
fn refused_or_applied(state: &State, load: &LoadPart, new: &DataSet) -> Result<(), String> {
    let part = match load(state) {
        Err(error) => return require(!error.to_string().is_empty(), || "the error has no words".into()),
        Ok(part) => part,
    };
    let width = part.n_features();
    // A width that the state makes up may be any number.
    let values: Vec<f32> = new
        .samples()
        .as_slice()
        .iter()
        .copied()
        .cycle()
        .take(width.min(1000))
        .collect();
    if let Ok(rows) = n2d_core::Samples::from_rows(&values, width) {
        part.answers(rows);
        let far: Vec<f32> = values.iter().map(|value| value.signum() * f32::MAX).collect();
        part.answers(n2d_core::Samples::from_rows(&far, width).map_err(|error| error.to_string())?);
    }
    part.answers(new.samples());
    bytes(&part).map(drop)
}

pub(crate) fn damaged(subject: &Subject) -> Result<(), String> {
    let (part, ..) = subject.ordinary()?;
    let whole = bytes(&part)?;
    let (_, load, new) = saved(subject)?;
    let all = mutated_files(&whole, N_FILES, SEED).filter_map(|file| {
        let outcome = caught(|| match State::from_bytes(file.bytes) {
            Err(error) => require(!error.to_string().is_empty(), || "the error has no words".into()),
            Ok(state) => refused_or_applied(&state, load, &new),
        });
        outcome.err().map(|found| format!("{}: {found}", file.what))
    });
    none_of(all)
}

/// The first few failures as one.
fn none_of(failures: impl Iterator<Item = String>) -> Result<(), String> {
    let some: Vec<String> = failures.take(5).collect();
    require(some.is_empty(), || some.join("; "))
}
