//! Files as they come from bad disks and bad people.

use n2d_core::persist::{Save, SaveError, State, to_bytes};
use n2d_core::rng::SplitMix64;

use crate::hostile::hostile_states;

/// A file that has been tampered with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MutatedFile {
    /// What was done to it, in words.
    pub what: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// `n` damaged or hostile variants of a `.n2d` file, for tests of whatever reads one. The same seed gives the same ones.
///
/// By turns: bits flipped, an end cut off, bytes put in, bytes taken out, the length of the header changed, numbers in the header
/// made huge, a stretch copied over another; and, where the bytes are a model, a [hostile state](hostile_states) of it with its
/// checksum made right again, so that it is what loading a part must refuse.
///
/// ```
/// use n2d_core::persist::State;
/// use n2d_testkit::mutated_files;
///
/// // Whatever the bytes are, reading them is an error and never a panic.
/// for file in mutated_files(b"no model at all", 100, 0) {
///     assert!(State::from_bytes(file.bytes).is_err(), "{}", file.what);
/// }
/// ```
pub fn mutated_files(bytes: &[u8], n: usize, seed: u64) -> impl Iterator<Item = MutatedFile> + use<'_> {
    let state = State::from_bytes(bytes.to_vec()).ok();
    (0..n).map(move |at| {
        let mut rng = SplitMix64::new(seed, 1, at as u64);
        let way = rng.below(WAYS.len() + 1);
        if let (None, Some(state)) = (WAYS.get(way), &state)
            && let Some(file) = sealed(state, seed, at)
        {
            return file;
        }
        let (what, damage) = WAYS[way % WAYS.len()];
        let mut bytes = bytes.to_vec();
        if !bytes.is_empty() {
            damage(&mut bytes, &mut rng);
        }
        MutatedFile {
            what: format!("file {at} of seed {seed}, {what}"),
            bytes,
        }
    })
}

/// A way to damage bytes, of which there is at least one.
type Way = (&'static str, fn(&mut Vec<u8>, &mut SplitMix64));

const WAYS: [Way; 7] = [
    ("bits flipped", |bytes, rng| {
        for _ in 0..=rng.below(3) {
            let at = rng.below(bytes.len());
            bytes[at] ^= 1 << rng.below(8);
        }
    }),
    ("an end cut off", |bytes, rng| {
        bytes.truncate(rng.below(bytes.len()));
    }),
    ("bytes put in", |bytes, rng| {
        let at = rng.below(bytes.len() + 1);
        let more: Vec<u8> = (0..=rng.below(16)).map(|_| rng.below(256) as u8).collect();
        bytes.splice(at..at, more);
    }),
    ("bytes taken out", |bytes, rng| {
        let at = rng.below(bytes.len());
        let end = (at + 1 + rng.below(16)).min(bytes.len());
        bytes.drain(at..end);
    }),
    ("another length of the header", |bytes, rng| {
        let lengths = [
            0,
            1,
            8,
            bytes.len() as u64,
            u64::from(u32::MAX),
            u64::MAX,
            1 << 40,
        ];
        let length = lengths[rng.below(lengths.len())].to_le_bytes();
        bytes.iter_mut().zip(length).for_each(|(byte, new)| *byte = new);
    }),
    ("a huge number in the header", huge_number),
    ("a stretch copied over another", |bytes, rng| {
        let (from, to) = (rng.below(bytes.len()), rng.below(bytes.len()));
        let len = (1 + rng.below(32)).min(bytes.len() - from.max(to));
        bytes.copy_within(from..from + len, to);
    }),
];

/// The bytes of the header's length.
const LENGTH: usize = 8;

/// Puts another number in the place of one in the header, whose length is made right again.
fn huge_number(bytes: &mut Vec<u8>, rng: &mut SplitMix64) {
    let header = bytes
        .first_chunk::<LENGTH>()
        .map_or(0, |length| u64::from_le_bytes(*length));
    let end = usize::try_from(header).map_or(bytes.len(), |header| {
        header.saturating_add(LENGTH).min(bytes.len())
    });
    let is_digit = |at: &usize| bytes[*at].is_ascii_digit();
    let starts = |at: &usize| is_digit(at) && !bytes[*at - 1].is_ascii_alphanumeric();
    let numbers: Vec<usize> = (LENGTH.min(end)..end)
        .filter(|at| *at > 0 && starts(at))
        .collect();
    let Some(&at) = numbers.get(rng.below(numbers.len().max(1))) else {
        return;
    };
    let after = (at..end).find(|at| !is_digit(at)).unwrap_or(end);
    let number = [
        "18446744073709551615",
        "9223372036854775807",
        "4294967296",
        "0",
        "99999999999999999999999",
    ];
    let number = number[rng.below(number.len())];
    let longer = (end - LENGTH.min(end)) as i64 + number.len() as i64 - (after - at) as i64;
    bytes.splice(at..after, number.bytes());
    bytes
        .iter_mut()
        .zip(longer.to_le_bytes())
        .for_each(|(byte, new)| *byte = new);
}

/// A hostile state as a file whose checksum is right.
fn sealed(state: &State, seed: u64, at: usize) -> Option<MutatedFile> {
    let hostile = hostile_states(state, 1, seed.wrapping_add(at as u64)).last()?;
    let bytes = to_bytes(&Sealed(hostile.state)).ok()?;
    Some(MutatedFile {
        what: format!("file {at} of seed {seed}, a hostile state with its checksum made right"),
        bytes,
    })
}

/// A state that is saved as it is.
struct Sealed(State);

impl Save for Sealed {
    fn kind(&self) -> &str {
        self.0.kind()
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        *state = self.0.clone();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_the_same_each_time_and_some_are_sealed() {
        let mut state = State::default();
        state.set("n", &3);
        state.put("values", &[1.0_f32, 2.0, 3.0]);
        let bytes = to_bytes(&Sealed(state)).unwrap();
        let files: Vec<MutatedFile> = mutated_files(&bytes, 300, 9).collect();
        let again = mutated_files(&bytes, 300, 9);
        assert!(
            files
                .iter()
                .zip(again)
                .all(|(a, b)| a.bytes == b.bytes && a.what == b.what)
        );
        let read = files
            .iter()
            .filter(|file| State::from_bytes(file.bytes.clone()).is_ok())
            .count();
        assert!((10..150).contains(&read), "{read}");
        assert!(mutated_files(&[], 50, 0).all(|file| State::from_bytes(file.bytes).is_err()));
    }
}
