//! NumPy's `.npy`: a header in Python's syntax, then the values.
//!
//! The header is parsed here, not by a crate: a file may be hostile, and its numbers must not lead to an overflow, a deep
//! recursion or a large allocation.

use super::array::ArrayHeader;
use super::element::{Element, Kind};
use super::gz::Source;
use crate::error::ReadErrorKind;

pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself refuses headers above 10 000 bytes.
const LONGEST_HEADER: u32 = 1 << 20;
const HEADER: &str = "the .npy header";

/// Reads the header; the source then stands at the first value.
pub(crate) fn read_header(source: &mut Source<'_>) -> Result<ArrayHeader, ReadErrorKind> {
    let mut start = [0; 8];
    source.fill(&mut start, HEADER)?;
    if &start[..6] != MAGIC {
        return Err(damaged("it does not begin as a .npy file does"));
    }
    let length = match start[6] {
        1 => {
            let mut length = [0; 2];
            source.fill(&mut length, HEADER)?;
            u32::from(u16::from_le_bytes(length))
        }
        2 | 3 => {
            let mut length = [0; 4];
            source.fill(&mut length, HEADER)?;
            u32::from_le_bytes(length)
        }
        version => return Err(damaged(format!("version {version} of .npy is not known"))),
    };
    if length > LONGEST_HEADER {
        return Err(damaged(format!("a header of {length} bytes")));
    }
    let mut text = vec![0; length as usize];
    source.fill(&mut text, HEADER)?;
    parse(&String::from_utf8_lossy(&text))
}

fn parse(text: &str) -> Result<ArrayHeader, ReadErrorKind> {
    Ok(ArrayHeader {
        element: parse_type(value_of(text, "descr")?)?,
        fortran_order: parse_bool(value_of(text, "fortran_order")?)?,
        shape: parse_shape(value_of(text, "shape")?)?,
    })
}

/// What stands behind a key of a Python dictionary.
fn value_of<'a>(text: &'a str, key: &str) -> Result<&'a str, ReadErrorKind> {
    let behind = ["'", "\""].iter().find_map(|quote| {
        let (_, behind) = text.split_once(&format!("{quote}{key}{quote}"))?;
        behind.trim_start().strip_prefix(':')
    });
    let missing = || damaged(format!("the header has no '{key}'"));
    behind.map(str::trim_start).ok_or_else(missing)
}

fn parse_bool(text: &str) -> Result<bool, ReadErrorKind> {
    if text.starts_with("True") {
        return Ok(true);
    }
    if text.starts_with("False") {
        return Ok(false);
    }
    Err(damaged("'fortran_order' is neither True nor False"))
}

fn parse_shape(text: &str) -> Result<Vec<u64>, ReadErrorKind> {
    let inner = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (inner, _) = inner.ok_or_else(|| damaged("'shape' is no tuple"))?;
    let lengths = inner
        .split(',')
        .map(str::trim)
        .filter(|length| !length.is_empty());
    lengths
        // Python 2 wrote long integers as 3L.
        .map(|length| length.trim_end_matches('L').parse())
        .collect::<Result<_, _>>()
        .map_err(|_| damaged(format!("the shape ({})", shortened(inner))))
}

fn parse_type(text: &str) -> Result<Element, ReadErrorKind> {
    let quoted = |quote| text.strip_prefix(quote)?.split_once(quote);
    let Some((name, _)) = quoted('\'').or_else(|| quoted('"')) else {
        return Err(unsupported(
            "a record",
            "save its columns as one array of numbers",
        ));
    };
    let big_endian = name.starts_with('>');
    let kind = match name.trim_start_matches(['<', '>', '=', '|']) {
        "b1" | "?" => Kind::Bool,
        "u1" => Kind::U8,
        "u2" => Kind::U16,
        "u4" => Kind::U32,
        "u8" => Kind::U64,
        "i1" => Kind::I8,
        "i2" => Kind::I16,
        "i4" => Kind::I32,
        "i8" => Kind::I64,
        "f2" => Kind::F16,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        other => return Err(unsupported(name, advice(other))),
    };
    Ok(Element { kind, big_endian })
}

fn advice(kind: &str) -> &'static str {
    match kind.chars().next() {
        Some('O') => "it is pickled: save it with a numeric dtype, such as .astype('float32')",
        Some('U' | 'S' | 'a') => "it is text: save numbers as numbers, and text labels as .csv",
        Some('c') => "it is complex: save its real and imaginary parts, or its magnitude, as columns",
        _ => "save it as float32",
    }
}

fn unsupported(found: &str, advice: &'static str) -> ReadErrorKind {
    ReadErrorKind::UnsupportedType {
        found: shortened(found),
        advice,
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

fn damaged(detail: impl Into<String>) -> ReadErrorKind {
    ReadErrorKind::Damaged {
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_numpy_writes_them() {
        let header = parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n").unwrap();
        assert_eq!(header.shape, [3, 4]);
        assert_eq!(header.element.kind, Kind::F32);
        assert!(!header.fortran_order && !header.element.big_endian);
        let header = parse("{\"shape\":(3L,),\"descr\":\">i8\",\"fortran_order\":True}").unwrap();
        assert_eq!(header.shape, [3]);
        assert!(header.fortran_order && header.element.big_endian);
        let scalar = parse("{'descr':'|b1','fortran_order':False,'shape':()}").unwrap();
        assert!(scalar.shape.is_empty());
    }

    #[test]
    fn refusals_name_the_type_and_what_to_do() {
        let error = |descr: &str| {
            let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3, 4), }}");
            parse(&text).unwrap_err().to_string()
        };
        assert_eq!(
            error("'|O'"),
            "values of type |O can't be used; it is pickled: save it with a numeric dtype, such as .astype('float32')"
        );
        assert!(error("'<U5'").contains("text labels as .csv"));
        assert!(error("'<c16'").contains("complex"));
        assert!(error("[('a', '<f4')]").contains("a record"));
        assert!(error("'<f16'").contains("float32"));
    }
}
