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

/// Reads labels from a text file: its column `name`, one with a usual name, or its only one. One line more than `n_rows` makes the first
/// a header.
pub(crate) fn read(
    source: Source<'_>,
    delimiter: Delimiter,
    name: Option<&str>,
    n_rows: Option<usize>,
) -> Result<NamedLabels, ReadErrorKind> {
    let mut records = Records::open(source, delimiter)?;
    let first = records.next_owned()?.ok_or(ReadErrorKind::Empty)?;
    let second = records.next_owned()?;
    let header = looks_like_header(&first, second.as_ref(), name);
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
    let one_more = !header && n_rows.is_some_and(|n| labels.len() == n + 1);
    let is_text = |label: &String| number(label.as_bytes()).is_none();
    if one_more && labels.first().is_some_and(is_text) {
        labels.remove(0);
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
