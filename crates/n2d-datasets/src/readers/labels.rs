//! Files of labels: one a row, as text or numbers.

use super::Delimiter;
use super::Header;
use super::csv::{find, label};
use super::gz::Source;
use super::records::{Record, Records, number};
use crate::NamedLabels;
use crate::error::ReadErrorKind;

/// Names by which a header of a file of labels is known.
const USUAL_NAMES: [&str; 6] = ["label", "labels", "class", "target", "y", "cluster"];

/// Reads labels from a text file: its column `name`, one with a usual name, or its only one.
pub(crate) fn read(
    source: Source<'_>,
    delimiter: Delimiter,
    header: Header,
    name: Option<&str>,
) -> Result<NamedLabels, ReadErrorKind> {
    let mut records = Records::open(source, delimiter)?;
    let first = records.next_owned()?.ok_or(ReadErrorKind::Empty)?;
    let second = records.next_owned()?;
    let header = match header {
        Header::Auto => looks_like_header(&first, second.as_ref(), name),
        known => known.is_there(&first, second.as_ref(), name),
    };
    let column = column(&first, header, name)?;
    let mut labels = Vec::new();
    let mut take = |record: &Record| {
        labels.push(cell(record, column, first.len())?);
        Ok::<(), ReadErrorKind>(())
    };
    if !header {
        take(&first)?;
    }
    if let Some(second) = &second {
        take(second)?;
    }
    let mut record = Record::default();
    while records.next(&mut record)? {
        take(&record)?;
    }
    if labels.is_empty() {
        return Err(ReadErrorKind::HeaderOnly { line: first.line });
    }
    Ok(NamedLabels::from_texts(&labels))
}

/// Text above text may be a label itself: only a usual name, or text above a number, is a header.
fn looks_like_header(first: &Record, second: Option<&Record>, name: Option<&str>) -> bool {
    if first.len() > 1 {
        return Header::Auto.is_there(first, second, name);
    }
    let texts = first.texts();
    let text = texts.first().map(String::as_str).unwrap_or_default();
    let usual = USUAL_NAMES.iter().any(|usual| text.eq_ignore_ascii_case(usual));
    let above_number = second.is_some_and(|second| second.cells().all(|cell| number(cell).is_some()));
    name == Some(text) || number(text.as_bytes()).is_none() && (usual || above_number)
}

fn column(first: &Record, header: bool, name: Option<&str>) -> Result<usize, ReadErrorKind> {
    let names = header.then(|| first.texts());
    if let Some(name) = name {
        return find(name, names.as_deref(), first.len());
    }
    if first.len() == 1 {
        return Ok(0);
    }
    let of_name = |usual: &&str| {
        names
            .iter()
            .flatten()
            .position(|name| name.eq_ignore_ascii_case(usual))
    };
    USUAL_NAMES
        .iter()
        .find_map(of_name)
        .ok_or(ReadErrorKind::ManyLabelColumns {
            n_columns: first.len(),
        })
}

fn cell(record: &Record, column: usize, expected: usize) -> Result<String, ReadErrorKind> {
    let cell = record.cells().nth(column).filter(|_| record.len() == expected);
    let cell = cell.ok_or(ReadErrorKind::Ragged {
        line: record.line,
        expected,
        found: record.len(),
    })?;
    label(cell, record.line)
}
