//! The numeric types of array files.

use half::f16;

use super::gz::Source;
use crate::error::ReadErrorKind;

const CHUNK_BYTES: usize = 1 << 16;

/// One numeric type and its byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    pub(crate) big_endian: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F16,
    F32,
    F64,
}

impl Element {
    /// Bytes of one value.
    pub(crate) fn size(self) -> usize {
        match self.kind {
            Kind::Bool | Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 | Kind::F16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::U64 | Kind::I64 | Kind::F64 => 8,
        }
    }

    /// Reads `count` values in the order of the file and hands each to `take`.
    pub(crate) fn read(
        self,
        source: &mut Source<'_>,
        count: u64,
        mut take: impl FnMut(f64) -> Result<(), ReadErrorKind>,
    ) -> Result<(), ReadErrorKind> {
        let per_chunk = (CHUNK_BYTES / self.size()) as u64;
        let mut buffer = vec![0_u8; CHUNK_BYTES];
        let mut left = count;
        while left > 0 {
            let n = left.min(per_chunk);
            let bytes = &mut buffer[..n as usize * self.size()];
            source.fill(bytes, "the array's values")?;
            if self.big_endian {
                bytes.chunks_exact_mut(self.size()).for_each(<[u8]>::reverse);
            }
            self.decode(bytes, &mut take)?;
            left -= n;
        }
        Ok(())
    }

    fn decode(
        self,
        bytes: &[u8],
        take: &mut impl FnMut(f64) -> Result<(), ReadErrorKind>,
    ) -> Result<(), ReadErrorKind> {
        match self.kind {
            Kind::Bool => each(bytes, |[b]| f64::from(u8::from(b != 0)), take),
            Kind::U8 => each(bytes, |[b]| f64::from(b), take),
            Kind::I8 => each(bytes, |b| f64::from(i8::from_le_bytes(b)), take),
            Kind::U16 => each(bytes, |b| f64::from(u16::from_le_bytes(b)), take),
            Kind::I16 => each(bytes, |b| f64::from(i16::from_le_bytes(b)), take),
            Kind::U32 => each(bytes, |b| f64::from(u32::from_le_bytes(b)), take),
            Kind::I32 => each(bytes, |b| f64::from(i32::from_le_bytes(b)), take),
            Kind::U64 => each(bytes, |b| u64::from_le_bytes(b) as f64, take),
            Kind::I64 => each(bytes, |b| i64::from_le_bytes(b) as f64, take),
            Kind::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f64(), take),
            Kind::F32 => each(bytes, |b| f64::from(f32::from_le_bytes(b)), take),
            Kind::F64 => each(bytes, f64::from_le_bytes, take),
        }
    }
}

fn each<const N: usize>(
    bytes: &[u8],
    value: impl Fn([u8; N]) -> f64,
    take: &mut impl FnMut(f64) -> Result<(), ReadErrorKind>,
) -> Result<(), ReadErrorKind> {
    let (values, _) = bytes.as_chunks::<N>();
    values.iter().try_for_each(|&bytes| take(value(bytes)))
}
