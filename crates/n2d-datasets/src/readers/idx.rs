//! IDX, MNIST's format: two zero bytes, the type, the number of dimensions, each as a big-endian u32, the values.

use super::array::ArrayHeader;
use super::element::{Element, Kind};
use super::gz::Source;
use crate::error::ReadErrorKind;

const HEADER: &str = "the IDX header";

/// Whether bytes begin as an IDX file does.
pub(crate) fn is_idx(head: &[u8]) -> bool {
    matches!(head, [0, 0, kind, n_dims, ..] if kind_of(*kind).is_some() && (1..=8).contains(n_dims))
}

/// Reads the header; the source then stands at the first value.
pub(crate) fn read_header(source: &mut Source<'_>) -> Result<ArrayHeader, ReadErrorKind> {
    let mut magic = [0; 4];
    source.fill(&mut magic, HEADER)?;
    let kind = kind_of(magic[2]).filter(|_| is_idx(&magic));
    let kind = kind.ok_or_else(|| ReadErrorKind::Damaged {
        detail: format!("{magic:02x?} is not how an IDX file begins"),
    })?;
    let mut shape = Vec::new();
    for _ in 0..magic[3] {
        let mut length = [0; 4];
        source.fill(&mut length, HEADER)?;
        shape.push(u64::from(u32::from_be_bytes(length)));
    }
    Ok(ArrayHeader {
        element: Element {
            kind,
            big_endian: true,
        },
        fortran_order: false,
        shape,
    })
}

fn kind_of(code: u8) -> Option<Kind> {
    match code {
        0x08 => Some(Kind::U8),
        0x09 => Some(Kind::I8),
        0x0b => Some(Kind::I16),
        0x0c => Some(Kind::I32),
        0x0d => Some(Kind::F32),
        0x0e => Some(Kind::F64),
        _ => None,
    }
}
