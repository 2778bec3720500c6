//! Tables of text: a header or none, perhaps a column of labels, numbers in all others.

use super::gz::Source;
use super::records::{Record, Records, has_decimal_comma, is_missing, number};
use super::{Delimiter, ReadOptions};
use crate::error::{Column, Place, ReadErrorKind};

const LONGEST_TEXT: usize = 40;
/// More columns than these are not listed in an error.
const MOST_LISTED: usize = 20;

/// A table as read.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Names of the columns of `values`; empty without a header.
    pub(crate) names: Vec<String>,
    /// Row after row.
    pub(crate) values: Vec<f32>,
    /// Columns of `values`.
    pub(crate) n_columns: usize,
    /// The cells of the label column, where one was named.
    pub(crate) labels: Option<Vec<String>>,
}

/// What becomes of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Feature,
    Label,
    Dropped,
}

/// Reads a whole table.
pub(crate) fn read(
    source: Source<'_>,
    delimiter: Delimiter,
    options: &ReadOptions,
) -> Result<Table, ReadErrorKind> {
    let mut reader = Reader::open(source, delimiter, options)?;
    reader.read_rows(usize::MAX)?;
    Ok(reader.into_table())
}

/// The names of all columns; none without a header, which a line also is that has one of the names that `options` ask for.
pub(super) fn names(
    source: Source<'_>,
    delimiter: Delimiter,
    options: &ReadOptions,
) -> Result<Vec<String>, ReadErrorKind> {
    let mut records = Records::open(source, delimiter)?;
    let first = records.next_owned()?.ok_or(ReadErrorKind::Empty)?;
    let second = records.next_owned()?;
    let asked_for = options.label_column.iter().chain(&options.drop_columns);
    let is_header = std::iter::once(None)
        .chain(asked_for.map(|name| Some(&**name)))
        .any(|name| options.header.is_there(&first, second.as_ref(), name));
    Ok(if is_header { first.texts() } else { Vec::new() })
}

/// A table that is read some rows at a time.
pub(super) struct Reader<'a> {
    records: Records<'a>,
    rows: TableReader,
    record: Record,
}

impl<'a> Reader<'a> {
    /// Reads the header and the first rows.
    pub(super) fn open(
        source: Source<'a>,
        delimiter: Delimiter,
        options: &ReadOptions,
    ) -> Result<Self, ReadErrorKind> {
        let mut records = Records::open(source, delimiter)?;
        let first = records.next_owned()?.ok_or(ReadErrorKind::Empty)?;
        let second = records.next_owned()?;
        let named = options
            .label_column
            .as_deref()
            .or(options.drop_columns.first().map(String::as_str));
        let header = options.header.is_there(&first, second.as_ref(), named);
        let mut rows = TableReader::new(&first, header, options)?;
        if header && second.is_none() {
            return Err(ReadErrorKind::HeaderOnly { line: first.line });
        }
        if !header {
            rows.push(&first)?;
        }
        if let Some(second) = second {
            rows.push(&second)?;
        }
        Ok(Self {
            records,
            rows,
            record: first,
        })
    }

    /// Reads on until the table has so many rows, or the file ends.
    pub(super) fn read_rows(&mut self, n_rows: usize) -> Result<(), ReadErrorKind> {
        let enough = n_rows.saturating_mul(self.rows.table.n_columns);
        while self.rows.table.values.len() < enough && self.records.next(&mut self.record)? {
            self.rows.push(&self.record)?;
        }
        Ok(())
    }

    /// The table as far as it is read.
    pub(super) fn table(&mut self) -> &mut Table {
        &mut self.rows.table
    }

    fn into_table(self) -> Table {
        self.rows.table
    }
}

struct TableReader {
    names: Option<Vec<String>>,
    roles: Vec<Role>,
    table: Table,
}

impl TableReader {
    fn new(first: &Record, header: bool, options: &ReadOptions) -> Result<Self, ReadErrorKind> {
        let names = header.then(|| first.texts());
        let mut roles = vec![Role::Feature; first.len()];
        for column in &options.drop_columns {
            roles[find(column, names.as_deref(), first.len())?] = Role::Dropped;
        }
        let labels = match &options.label_column {
            Some(column) => {
                roles[find(column, names.as_deref(), first.len())?] = Role::Label;
                Some(Vec::new())
            }
            None => None,
        };
        let n_columns = roles.iter().filter(|role| **role == Role::Feature).count();
        if n_columns == 0 {
            return Err(ReadErrorKind::NoFeatures);
        }
        let of_features = |names: &Vec<String>| {
            let kept = names
                .iter()
                .zip(&roles)
                .filter(|(_, role)| **role == Role::Feature);
            kept.map(|(name, _)| name.clone()).collect()
        };
        let table = Table {
            names: names.as_ref().map(of_features).unwrap_or_default(),
            n_columns,
            labels,
            ..Table::default()
        };
        Ok(Self { names, roles, table })
    }

    fn push(&mut self, record: &Record) -> Result<(), ReadErrorKind> {
        if record.len() != self.roles.len() {
            return Err(ReadErrorKind::Ragged {
                line: record.line,
                expected: self.roles.len(),
                found: record.len(),
            });
        }
        for (index, (cell, role)) in record.cells().zip(&self.roles).enumerate() {
            match role {
                Role::Dropped => {}
                Role::Feature => match value(cell) {
                    Some(value) => self.table.values.push(value),
                    None => return Err(refusal(cell, record.line, self.column(index))),
                },
                Role::Label => self
                    .table
                    .labels
                    .get_or_insert_default()
                    .push(label(cell, record.line)?),
            }
        }
        Ok(())
    }

    fn column(&self, index: usize) -> Column {
        let name = self.names.as_ref().map(|names| names[index].clone());
        Column { index, name }
    }
}

/// The finite number in a cell, as 32 bits hold it.
pub(crate) fn value(cell: &[u8]) -> Option<f32> {
    number(cell).map(|v| v as f32).filter(|v| v.is_finite())
}

/// Why a cell has no [`value`].
pub(crate) fn refusal(cell: &[u8], line: u64, column: Column) -> ReadErrorKind {
    let text = shortened(cell);
    let place = || Place::Cell {
        line,
        column: column.clone(),
    };
    if is_missing(cell) || number(cell).is_some_and(f64::is_nan) {
        return ReadErrorKind::Missing { place: place(), text };
    }
    if number(cell).is_some() {
        return ReadErrorKind::NotFinite { place: place(), text };
    }
    let advice = if has_decimal_comma(cell) {
        "write decimals with a point"
    } else {
        "correct it; where all of the column is so, leave that out, or name it as the column of labels"
    };
    ReadErrorKind::NotANumber {
        line,
        column,
        text,
        advice,
    }
}

/// The text of a label, which must be there.
pub(crate) fn label(cell: &[u8], line: u64) -> Result<String, ReadErrorKind> {
    // "none", "null" and "?" may well be classes.
    if ["", "na", "n/a", "nan"]
        .iter()
        .any(|mark| cell.eq_ignore_ascii_case(mark.as_bytes()))
    {
        let text = shortened(cell);
        return Err(ReadErrorKind::MissingLabel { line, text });
    }
    Ok(String::from_utf8_lossy(cell).into_owned())
}

/// A column by its name, or by its number from 0 where there is no header.
pub(crate) fn find(given: &str, names: Option<&[String]>, n_columns: usize) -> Result<usize, ReadErrorKind> {
    let of_this_name = names.map_or(0, |names| names.iter().filter(|name| *name == given).count());
    if of_this_name > 1 {
        return Err(ReadErrorKind::AmbiguousColumn {
            given: given.to_owned(),
            n_columns: of_this_name,
        });
    }
    let found = match names {
        Some(names) => names.iter().position(|name| name == given),
        None => given.parse().ok().filter(|&index: &usize| index < n_columns),
    };
    found.ok_or_else(|| ReadErrorKind::NoSuchColumn {
        given: given.to_owned(),
        there_are: there_are(names, n_columns),
    })
}

fn there_are(names: Option<&[String]>, n_columns: usize) -> String {
    let Some(names) = names else {
        return format!("the file has no header: name one of its {n_columns} columns by number, from 0");
    };
    let listed: Vec<&str> = names.iter().take(MOST_LISTED).map(String::as_str).collect();
    let more = if names.len() > MOST_LISTED { ", ..." } else { "" };
    format!("there are {}{more}", listed.join(", "))
}

fn shortened(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.into_owned(),
    }
}
