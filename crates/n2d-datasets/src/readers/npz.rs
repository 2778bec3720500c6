//! NumPy's `.npz`: an archive of `.npy` files. Which of them is meant is found by name, or by there being only one.

use super::array::ArrayHeader;
use super::gz::{Input, ReadSeek, Source};
use super::npy;
use super::zip::{Archive, Member};
use crate::NamedLabels;
use crate::error::{LabelCountError, ReadErrorKind};
use crate::readers::array::Rows;

const DATA_NAMES: [&str; 3] = ["x", "X", "data"];
const LABEL_NAMES: [&str; 4] = ["y", "Y", "labels", "target"];

/// The arrays of an archive.
struct Arrays<'a> {
    archive: Archive<'a>,
    arrays: Vec<NamedArray>,
}

struct NamedArray {
    name: String,
    member: Member,
    /// A type that can't be data is an error only where this array is the one meant.
    header: Result<ArrayHeader, ReadErrorKind>,
}

/// Reads the data and, where there are some, the labels: those of the array `labels`, else of one with a usual name.
pub(crate) fn read(
    input: Input<'_>,
    source: Source<'_>,
    labels: Option<&str>,
) -> Result<(Rows, Option<NamedLabels>), ReadErrorKind> {
    let mut arrays = Arrays::open(input, source)?;
    let data = arrays.data(labels)?;
    let rows = arrays.read(data, ArrayHeader::read_rows)?;
    let Some(at) = arrays.labels(labels)? else {
        return Ok((rows, None));
    };
    let named = arrays.read(at, ArrayHeader::read_labels)?;
    let (n_labels, n_samples) = (named.labels.len(), rows.x.nrows());
    if n_labels != n_samples {
        return Err(LabelCountError { n_labels, n_samples }.into());
    }
    Ok((rows, Some(named)))
}

/// Reads labels alone: those of the array `name`, of one with a usual name, or of the only one.
pub(crate) fn read_labels(
    input: Input<'_>,
    source: Source<'_>,
    name: Option<&str>,
) -> Result<NamedLabels, ReadErrorKind> {
    let mut arrays = Arrays::open(input, source)?;
    let found = match arrays.labels(name)? {
        None if arrays.arrays.len() == 1 => Some(0),
        found => found,
    };
    let at = found.ok_or_else(|| arrays.which("labels as `y`"))?;
    arrays.read(at, ArrayHeader::read_labels)
}

impl<'a> Arrays<'a> {
    fn open(input: Input<'a>, source: Source<'_>) -> Result<Self, ReadErrorKind> {
        let file: Box<dyn ReadSeek + 'a> = if source.is_compressed() {
            Box::new(unpacked(source)?)
        } else {
            input.open()?.0
        };
        let mut archive = Archive::open(file)?;
        let mut arrays = Vec::new();
        for member in archive.members.clone() {
            if let Some(name) = member.name.strip_suffix(".npy") {
                let header = archive
                    .read(&member)
                    .and_then(|mut source| npy::read_header(&mut source));
                arrays.push(NamedArray {
                    name: name.to_owned(),
                    member,
                    header,
                });
            }
        }
        if arrays.is_empty() {
            return Err(ReadErrorKind::UnknownFormat {
                found: "this is a ZIP archive without .npy files (a spreadsheet? save it as .csv)",
            });
        }
        Ok(Self { archive, arrays })
    }

    fn data(&self, labels: Option<&str>) -> Result<usize, ReadErrorKind> {
        if let Some(at) = self.position(&DATA_NAMES) {
            return Ok(at);
        }
        let could_be = |array: &&NamedArray| {
            let rows = !matches!(&array.header, Ok(header) if header.shape.len() < 2);
            rows && labels != Some(&array.name)
        };
        let mut candidates = self.arrays.iter().filter(could_be);
        match (candidates.next(), candidates.next()) {
            (Some(only), None) => Ok(self.position(&[&only.name]).unwrap_or_default()),
            (None, _) if self.arrays.len() == 1 => Ok(0),
            _ => Err(self.which("data as `x`")),
        }
    }

    fn labels(&self, name: Option<&str>) -> Result<Option<usize>, ReadErrorKind> {
        let Some(name) = name else {
            return Ok(self.position(&LABEL_NAMES));
        };
        let missing = || ReadErrorKind::NoSuchArray {
            given: name.to_owned(),
            arrays: self.described(),
        };
        self.position(&[name]).map(Some).ok_or_else(missing)
    }

    fn position(&self, names: &[&str]) -> Option<usize> {
        let of = |name: &&str| self.arrays.iter().position(|array| array.name == **name);
        names.iter().find_map(of)
    }

    fn which(&self, wanted: &'static str) -> ReadErrorKind {
        ReadErrorKind::WhichArray {
            arrays: self.described(),
            wanted,
        }
    }

    fn described(&self) -> Vec<String> {
        let described = |array: &NamedArray| match &array.header {
            Ok(header) => format!("{} {:?}", array.name, header.shape),
            Err(_) => format!("{} (unreadable)", array.name),
        };
        self.arrays.iter().map(described).collect()
    }

    fn read<T>(
        &mut self,
        at: usize,
        read: impl Fn(&ArrayHeader, Source<'_>) -> Result<T, ReadErrorKind>,
    ) -> Result<T, ReadErrorKind> {
        let mut source = self.archive.read(&self.arrays[at].member)?;
        let header = npy::read_header(&mut source)?;
        read(&header, source)
    }
}

/// An archive can't be searched while compressed: it goes to a temporary file, not to memory.
fn unpacked(mut source: Source<'_>) -> Result<std::fs::File, ReadErrorKind> {
    let mut file = tempfile::tempfile()?;
    std::io::copy(&mut source, &mut file)?;
    Ok(file)
}
