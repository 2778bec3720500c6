//! Text files as records of cells, each with the line it begins on.

use std::io::{self, BufRead, BufReader, Read};

use super::gz::Source;
use super::{Delimiter, Header};
use crate::error::ReadErrorKind;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One record.
#[derive(Default)]
pub(crate) struct Record {
    /// The line it begins on, from 1.
    pub(crate) line: u64,
    cells: csv::ByteRecord,
}

impl Record {
    /// Number of cells.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells without the spaces around them.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &[u8]> {
        self.cells.iter().map(<[u8]>::trim_ascii)
    }

    /// The cells as text, whatever their encoding.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.cells()
            .map(|cell| String::from_utf8_lossy(cell).into_owned())
            .collect()
    }

    fn is_blank(&self) -> bool {
        self.len() <= 1 && self.cells().all(<[u8]>::is_empty)
    }
}

/// Reads records one after the other; blank lines are skipped.
pub(crate) struct Records<'a> {
    inner: Inner<'a>,
}

enum Inner<'a> {
    Delimited(Box<csv::Reader<Box<dyn Read + 'a>>>),
    Whitespace {
        lines: BufReader<Box<dyn Read + 'a>>,
        line: u64,
        buffer: Vec<u8>,
    },
}

impl<'a> Records<'a> {
    /// Finds the delimiter where none is given.
    pub(crate) fn open(mut source: Source<'a>, delimiter: Delimiter) -> Result<Self, ReadErrorKind> {
        let byte = match delimiter {
            Delimiter::Auto => sniff(source.head()),
            Delimiter::Comma => Some(b','),
            Delimiter::Semicolon => Some(b';'),
            Delimiter::Tab => Some(b'\t'),
            Delimiter::Pipe => Some(b'|'),
            Delimiter::Whitespace => None,
        };
        if source.head().starts_with(BYTE_ORDER_MARK) {
            source.fill(&mut [0; 3], "the file")?;
        }
        // Every line ends, the last one too: lines are counted by their ends.
        let text: Box<dyn Read + 'a> = Box::new(source.chain(&b"\n"[..]));
        Ok(Self {
            inner: match byte {
                Some(byte) => Inner::Delimited(Box::new(delimited(text, byte))),
                None => Inner::Whitespace {
                    lines: BufReader::new(text),
                    line: 0,
                    buffer: Vec::new(),
                },
            },
        })
    }

    /// The next record, into `record`; false at the end.
    pub(crate) fn next(&mut self, record: &mut Record) -> Result<bool, ReadErrorKind> {
        while self.inner.next(record)? {
            if !record.is_blank() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next record on its own.
    pub(crate) fn next_owned(&mut self) -> Result<Option<Record>, ReadErrorKind> {
        let mut record = Record::default();
        Ok(self.next(&mut record)?.then_some(record))
    }
}

impl Inner<'_> {
    fn next(&mut self, record: &mut Record) -> io::Result<bool> {
        match self {
            Self::Delimited(reader) => {
                let more = reader.read_byte_record(&mut record.cells).map_err(io_error)?;
                let within: usize = record.cells.iter().map(newlines).sum();
                record.line = reader.position().line().saturating_sub(1 + within as u64);
                Ok(more)
            }
            Self::Whitespace { lines, line, buffer } => {
                buffer.clear();
                record.cells.clear();
                *line += 1;
                record.line = *line;
                let n = lines.read_until(b'\n', buffer)?;
                let cells = buffer
                    .split(u8::is_ascii_whitespace)
                    .filter(|cell| !cell.is_empty());
                cells.for_each(|cell| record.cells.push_field(cell));
                Ok(n > 0)
            }
        }
    }
}

fn delimited<'a>(text: Box<dyn Read + 'a>, delimiter: u8) -> csv::Reader<Box<dyn Read + 'a>> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        // With the default, CRLF, the line is not counted until the next record is read.
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text)
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        // Bytes of any encoding and rows of any length are taken: no other kind can occur.
        kind => io::Error::other(format!("{kind:?}")),
    }
}

fn newlines(cell: &[u8]) -> usize {
    cell.iter().filter(|&&byte| byte == b'\n').count()
}

/// The delimiter that divides the first lines alike; none where only spaces do.
fn sniff(head: &[u8]) -> Option<u8> {
    const LINES: usize = 20;
    // `;` before `,`: a comma beside semicolons is a decimal point.
    const CANDIDATES: [u8; 4] = [b'\t', b';', b'|', b','];
    let whole = head
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(head, |at| &head[..at]);
    let lines = || {
        whole
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
    };
    let first = lines().next().unwrap_or_default().trim_ascii();
    let in_first = |delimiter: u8| outside_quotes(first, delimiter);
    let alike = |&delimiter: &u8| {
        let n = in_first(delimiter);
        n > 0
            && lines()
                .take(LINES)
                .all(|line| outside_quotes(line, delimiter) == n)
    };
    let most_used = || {
        CANDIDATES
            .into_iter()
            .filter(|&d| in_first(d) > 0)
            .max_by_key(|&d| in_first(d))
    };
    let spaces = first.iter().any(u8::is_ascii_whitespace);
    let found = CANDIDATES.into_iter().find(alike).or_else(most_used);
    found.or(if spaces && !first.contains(&b'"') {
        None
    } else {
        Some(b',')
    })
}

fn outside_quotes(line: &[u8], delimiter: u8) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for &byte in line {
        quoted ^= byte == b'"';
        count += usize::from(byte == delimiter && !quoted);
    }
    count
}

impl Header {
    /// Whether the first record is a header. `named` is the column that was asked for by name.
    pub(crate) fn is_there(self, first: &Record, second: Option<&Record>, named: Option<&str>) -> bool {
        match self {
            Self::Present => true,
            Self::Absent => false,
            Self::Auto => looks_like_header(first, second, named),
        }
    }
}

/// Text above a number is a header, and so is a row without any number. Text above text is not: it may be a column of
/// names in a file without header.
fn looks_like_header(first: &Record, second: Option<&Record>, named: Option<&str>) -> bool {
    if named.is_some_and(|name| first.cells().any(|cell| cell == name.as_bytes())) {
        return !first.cells().all(is_value);
    }
    let above_number = |second: &Record| {
        first
            .cells()
            .zip(second.cells())
            .any(|(a, b)| !is_value(a) && is_value(b))
    };
    second.is_some_and(above_number) || !first.cells().any(is_value)
}

/// A number (with a decimal comma too, which is refused later with a reason), or a mark for a missing one.
fn is_value(cell: &[u8]) -> bool {
    is_missing(cell) || number(cell).is_some() || has_decimal_comma(cell)
}

/// Whether a cell would be a number, were its comma a point.
pub(crate) fn has_decimal_comma(cell: &[u8]) -> bool {
    let with_point: Vec<u8> = cell.iter().map(|&b| if b == b',' { b'.' } else { b }).collect();
    with_point != cell && number(&with_point).is_some()
}

/// Whether a cell is one of the usual marks for a missing value.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    const MARKS: [&str; 8] = ["", "na", "n/a", "nan", "null", "none", "?", "#n/a"];
    MARKS
        .iter()
        .any(|mark| cell.eq_ignore_ascii_case(mark.as_bytes()))
}

/// The number in a cell.
pub(crate) fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::gz::Input;

    fn lines(text: &str, delimiter: Delimiter) -> Vec<(u64, Vec<String>)> {
        let source = Source::open(Input::Bytes(text.as_bytes())).unwrap();
        let mut records = Records::open(source, delimiter).unwrap();
        let next = || records.next_owned().unwrap().map(|r| (r.line, r.texts()));
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn lines_are_those_an_editor_shows() {
        for end in ["\n", "\r\n"] {
            for (delimiter, between) in [(Delimiter::Comma, ","), (Delimiter::Whitespace, " ")] {
                let text =
                    format!("\u{feff}1{between}2\n\n  \n3{between}4\n\n5{between}6").replace('\n', end);
                let at: Vec<u64> = lines(&text, delimiter).iter().map(|(line, _)| *line).collect();
                assert_eq!(at, [1, 4, 6], "{text:?}");
            }
        }
        let quoted = "\"a\nb\",1\n\"c\",2\n";
        let read = lines(quoted, Delimiter::Comma);
        assert_eq!(
            read,
            [
                (1, vec!["a\nb".into(), "1".into()]),
                (3, vec!["c".into(), "2".into()])
            ]
        );
    }

    #[test]
    fn delimiters_are_found() {
        assert_eq!(sniff(b"1,2\n3,4\n"), Some(b','));
        assert_eq!(sniff(b"1,5;2,5\n1,0;3,5\n"), Some(b';'));
        assert_eq!(sniff(b"a\tb, c\n1\t2\n"), Some(b'\t'));
        assert_eq!(sniff(b"\"a;b\",c\n1,2\n"), Some(b','));
        assert_eq!(sniff(b"name (a;b),c\n1,2\n3,4"), Some(b','));
        assert_eq!(sniff(b"  1.0   2.0\n 3.0 4.0\n"), None);
        assert_eq!(sniff(b"1\n2\n"), Some(b','));
        assert_eq!(sniff(b"1,2\n3\n"), Some(b','));
        assert_eq!(sniff(b""), Some(b','));
    }

    #[test]
    fn headers_are_found() {
        let header = |text: &str, named| {
            let source = Source::open(Input::Bytes(text.as_bytes())).unwrap();
            let mut records = Records::open(source, Delimiter::Comma).unwrap();
            let first = records.next_owned().unwrap().unwrap();
            Header::Auto.is_there(&first, records.next_owned().unwrap().as_ref(), named)
        };
        assert!(header("a,b\n1,2", None));
        assert!(header("a,b", None));
        assert!(header("id,2001\nx,3", Some("id")));
        assert!(header("a,species\n1,setosa", None));
        assert!(!header("1,2\n3,4", None));
        assert!(!header("1,NA\n3,4", None));
        assert!(!header("5.1,setosa\n4.9,setosa", None));
        assert!(!header("0,1\n1,2", Some("1")));
    }
}
