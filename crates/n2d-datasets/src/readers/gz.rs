//! Bytes from a file or from memory, decompressed on the way where they are gzip, with a bound on how many there can be.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::ReadErrorKind;

/// Deflate can't do better than 1032 bytes for one.
const MOST_DEFLATED: u64 = 1032;
const HEAD_BYTES: u64 = 1 << 16;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What can be read and searched.
pub(crate) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Where bytes come from; can be opened more than once.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    Path(&'a Path),
    Bytes(&'a [u8]),
}

impl<'a> Input<'a> {
    /// The raw bytes and how many they are.
    pub(crate) fn open(self) -> Result<(Box<dyn ReadSeek + 'a>, u64), ReadErrorKind> {
        match self {
            Self::Bytes(bytes) => Ok((Box::new(Cursor::new(bytes)), bytes.len() as u64)),
            Self::Path(path) => {
                let file = File::open(path)?;
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    return Err(ReadErrorKind::Folder);
                }
                // A pipe's length is unknown.
                let length = if metadata.is_file() {
                    metadata.len()
                } else {
                    u64::MAX
                };
                Ok((Box::new(file), length))
            }
        }
    }
}

/// A decompressed stream whose beginning can be looked at.
pub(crate) struct Source<'a> {
    head: Cursor<Vec<u8>>,
    rest: Box<dyn Read + 'a>,
    room: u64,
    compressed: bool,
}

impl<'a> Source<'a> {
    /// Opens an input, decompressing it where it is gzip (whatever its name).
    pub(crate) fn open(input: Input<'a>) -> Result<Self, ReadErrorKind> {
        let (mut raw, length) = input.open()?;
        let mut magic = Vec::new();
        raw.by_ref().take(2).read_to_end(&mut magic)?;
        let compressed = magic == GZIP;
        let whole = io::BufReader::with_capacity(HEAD_BYTES as usize, Cursor::new(magic).chain(raw));
        if compressed {
            return Self::new(MultiGzDecoder::new(whole), most_inflated(length), true);
        }
        Self::new(whole, length, false)
    }

    /// A stream of at most `room` bytes.
    pub(crate) fn new(mut rest: impl Read + 'a, room: u64, compressed: bool) -> Result<Self, ReadErrorKind> {
        let mut head = Vec::new();
        rest.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(Self {
            head: Cursor::new(head),
            rest: Box::new(rest),
            room,
            compressed,
        })
    }

    /// The beginning, up to 64 KiB; all there is where it is shorter.
    pub(crate) fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// Bytes that may still come: exact for a plain file, the most that can be where it is compressed.
    pub(crate) fn room(&self) -> u64 {
        self.room
    }

    /// Whether it was compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Fills a buffer, or says what ended early.
    pub(crate) fn fill(&mut self, buffer: &mut [u8], what: &'static str) -> Result<(), ReadErrorKind> {
        self.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ReadErrorKind::CutShort { what },
            _ => error.into(),
        })
    }

    /// Has the stream's checksum verified, which the decoder does at its end.
    pub(crate) fn finish(mut self) -> Result<(), ReadErrorKind> {
        if self.compressed {
            io::copy(&mut self.by_ref().take(1), &mut io::sink())?;
        }
        Ok(())
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from_head = self.head.read(buffer)?;
        let n = if from_head > 0 {
            from_head
        } else {
            self.rest.read(buffer)?
        };
        self.room = self.room.saturating_sub(n as u64);
        Ok(n)
    }
}

/// The most bytes that so many deflated ones can hold.
pub(crate) fn most_inflated(deflated: u64) -> u64 {
    deflated.saturating_mul(MOST_DEFLATED)
}
