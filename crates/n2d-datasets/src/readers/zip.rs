//! As much of ZIP as `.npz` needs: the central directory, ZIP64, members stored or deflated, their checksums.
//!
//! Written for files that may be hostile: every offset is checked, nothing is reserved on the file's word.

use std::io::{self, Read, SeekFrom};

use flate2::read::DeflateDecoder;
use flate2::{Crc, CrcReader};

use super::gz::{ReadSeek, Source, most_inflated};
use crate::error::ReadErrorKind;

pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const END_64: &[u8] = b"PK\x06\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;
/// A directory of more is no archive of arrays.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// An archive opened for reading.
pub(crate) struct Archive<'a> {
    file: Box<dyn ReadSeek + 'a>,
    length: u64,
    /// In the order of the directory.
    pub(crate) members: Vec<Member>,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    method: u16,
    encrypted: bool,
    crc: u32,
    packed: u64,
    offset: u64,
}

impl<'a> Archive<'a> {
    /// Reads the central directory.
    pub(crate) fn open(mut file: Box<dyn ReadSeek + 'a>) -> Result<Self, ReadErrorKind> {
        let length = file.seek(SeekFrom::End(0))?;
        let tail = read_tail(&mut *file, length)?;
        let (start, size) = directory(&mut *file, &tail, length)?;
        if size > LONGEST_DIRECTORY || start.checked_add(size).is_none_or(|end| end > length) {
            return Err(damaged("the ZIP directory lies outside the file"));
        }
        let directory = read_at(&mut *file, start, size as usize)?;
        let mut members = Vec::new();
        let mut rest = &directory[..];
        while let Some((member, behind)) = parse_entry(rest)? {
            members.push(member);
            rest = behind;
        }
        Ok(Self {
            file,
            length,
            members,
        })
    }

    /// A member's bytes, decompressed; their checksum is verified at the end.
    pub(crate) fn read(&mut self, member: &Member) -> Result<Source<'_>, ReadErrorKind> {
        if member.encrypted {
            return Err(damaged(format!("{} is encrypted", member.name)));
        }
        let local = read_at(&mut *self.file, member.offset, LOCAL_LENGTH)?;
        if !local.starts_with(MAGIC) {
            return Err(damaged(format!(
                "{} is not where the ZIP directory says",
                member.name
            )));
        }
        let names = u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28));
        // The directory is within the file, and so is this offset's header: no overflow.
        let start = member.offset + LOCAL_LENGTH as u64 + names;
        if start
            .checked_add(member.packed)
            .is_none_or(|end| end > self.length)
        {
            return Err(ReadErrorKind::CutShort { what: "the archive" });
        }
        self.file.seek(SeekFrom::Start(start))?;
        let packed = io::BufReader::new((&mut self.file).take(member.packed));
        match member.method {
            0 => Source::new(Checked::new(packed, member.crc), member.packed, true),
            8 => {
                let unpacked = Checked::new(DeflateDecoder::new(packed), member.crc);
                Source::new(unpacked, most_inflated(member.packed), true)
            }
            method => Err(damaged(format!(
                "{} is compressed by method {method}; NumPy writes 0 or 8",
                member.name
            ))),
        }
    }
}

/// Verifies the checksum at the end of what it reads.
struct Checked<R> {
    reader: CrcReader<R>,
    expected: u32,
}

impl<R: Read> Checked<R> {
    fn new(reader: R, expected: u32) -> Self {
        Self {
            reader: CrcReader::new(reader),
            expected,
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        if n == 0 && !buffer.is_empty() && Crc::sum(self.reader.crc()) != self.expected {
            let wrong = "the checksum of an archive's member is wrong";
            return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
        }
        Ok(n)
    }
}

fn read_tail(file: &mut dyn ReadSeek, length: u64) -> Result<Vec<u8>, ReadErrorKind> {
    let longest = (END_LENGTH + usize::from(u16::MAX) + 20) as u64;
    let tail = length.min(longest);
    read_at(file, length - tail, tail as usize)
}

/// Where the central directory begins, and its size.
fn directory(file: &mut dyn ReadSeek, tail: &[u8], length: u64) -> Result<(u64, u64), ReadErrorKind> {
    let ends = tail.windows(END_LENGTH).rposition(|w| w.starts_with(END));
    let at = ends.ok_or(ReadErrorKind::CutShort { what: "the archive" })?;
    let end = &tail[at..];
    let (size, start) = (u32_at(end, 12), u32_at(end, 16));
    if size != u32::MAX && start != u32::MAX {
        return Ok((start.into(), size.into()));
    }
    let locator = at.checked_sub(20).map(|at| &tail[at..]);
    let locator = locator.filter(|l| l.starts_with(LOCATOR_64));
    let at = u64_at(
        locator.ok_or_else(|| damaged("the ZIP64 directory is missing"))?,
        8,
    );
    if at.checked_add(56).is_none_or(|end| end > length) {
        return Err(damaged("the ZIP64 directory lies outside the file"));
    }
    let end = read_at(file, at, 56)?;
    if !end.starts_with(END_64) {
        return Err(damaged("the ZIP64 directory is not where the file says"));
    }
    Ok((u64_at(&end, 48), u64_at(&end, 40)))
}

fn parse_entry(bytes: &[u8]) -> Result<Option<(Member, &[u8])>, ReadErrorKind> {
    if bytes.len() < ENTRY_LENGTH || !bytes.starts_with(ENTRY) {
        return Ok(None);
    }
    let lengths = [28, 30, 32].map(|at| usize::from(u16_at(bytes, at)));
    let mut rest = &bytes[ENTRY_LENGTH..];
    let mut part = |length| {
        let (part, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(part)
    };
    let parts = (part(lengths[0]), part(lengths[1]), part(lengths[2]));
    let (Some(name), Some(extra), Some(_comment)) = parts else {
        return Err(damaged("the ZIP directory is cut short"));
    };
    let mut wide = zip64_fields(extra);
    // ZIP64 gives, in this order, only those that do not fit 32 bits.
    let mut wide_or = |narrow: u32| match narrow {
        u32::MAX => wide.next().ok_or_else(|| damaged("a ZIP64 field is missing")),
        narrow => Ok(u64::from(narrow)),
    };
    let _unpacked = wide_or(u32_at(bytes, 24))?;
    let member = Member {
        name: String::from_utf8_lossy(name).into_owned(),
        method: u16_at(bytes, 10),
        encrypted: u16_at(bytes, 8) & 1 == 1,
        crc: u32_at(bytes, 16),
        packed: wide_or(u32_at(bytes, 20))?,
        offset: wide_or(u32_at(bytes, 42))?,
    };
    Ok(Some((member, rest)))
}

fn zip64_fields(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut fields: &[u8] = &[];
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let Some((field, behind)) = extra[4..].split_at_checked(length) else {
            break;
        };
        if id == 1 {
            fields = field;
        }
        extra = behind;
    }
    let (fields, _) = fields.as_chunks::<8>();
    fields.iter().map(|&field| u64::from_le_bytes(field))
}

fn read_at(file: &mut dyn ReadSeek, offset: u64, length: usize) -> Result<Vec<u8>, ReadErrorKind> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(ReadErrorKind::CutShort { what: "the archive" });
    }
    Ok(bytes)
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(bytes, at))
}

fn damaged(detail: impl Into<String>) -> ReadErrorKind {
    ReadErrorKind::Damaged {
        detail: detail.into(),
    }
}
