//! NumPy's archive: a zip file whose members are stored as they are.

use std::io::{self, Write};

use super::{npy, npy_header};
use crate::Dataset;

/// Members and positions have 32 bits in this form of the format.
const MOST_BYTES: usize = u32::MAX as usize;
/// The first of January 1980, the earliest there is: the same data give the same bytes.
const DATE: u16 = 0x21;

struct Member {
    name: &'static str,
    crc: u32,
    length: u32,
    at: u32,
}

/// Writes `x`, and `y` where labels are known.
pub(super) fn write(data: &Dataset, out: &mut impl Write) -> io::Result<()> {
    let mut arrays = vec![("x.npy", npy(data))];
    if let Some(labels) = &data.labels {
        let mut bytes = npy_header("<i4", &[labels.len()]);
        labels
            .as_slice()
            .iter()
            .for_each(|label| bytes.extend(label.to_le_bytes()));
        arrays.push(("y.npy", bytes));
    }
    let total: usize = arrays
        .iter()
        .map(|(name, bytes)| bytes.len() + 2 * name.len() + 100)
        .sum();
    if total > MOST_BYTES {
        let what = "an .npz archive holds 4 GiB at most: write .npy or .parquet";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    let (mut members, mut at) = (Vec::new(), 0);
    for (name, bytes) in &arrays {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let member = Member {
            name,
            crc: crc.sum(),
            length: bytes.len() as u32,
            at,
        };
        let head = [&b"PK\x03\x04"[..], &member.fields(), &[0; 2], name.as_bytes()].concat();
        out.write_all(&head)?;
        out.write_all(bytes)?;
        at += (head.len() + bytes.len()) as u32;
        members.push(member);
    }
    write_directory(&members, at, out)
}

impl Member {
    /// What both headers have: version 2.0, no flags, stored, the date, checksum, both lengths, that of the name.
    fn fields(&self) -> Vec<u8> {
        let mut fields = Vec::new();
        [20, 0, 0, 0, DATE]
            .iter()
            .for_each(|field: &u16| fields.extend(field.to_le_bytes()));
        [self.crc, self.length, self.length]
            .iter()
            .for_each(|field| fields.extend(field.to_le_bytes()));
        fields.extend((self.name.len() as u16).to_le_bytes());
        fields
    }
}

fn write_directory(members: &[Member], at: u32, out: &mut impl Write) -> io::Result<()> {
    let mut directory = Vec::new();
    for member in members {
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(member.fields());
        // No extra field, comment, disk or attributes.
        directory.extend([0; 12]);
        directory.extend(member.at.to_le_bytes());
        directory.extend(member.name.as_bytes());
    }
    let n = (members.len() as u16).to_le_bytes();
    let length = (directory.len() as u32).to_le_bytes();
    directory.extend(
        [
            &b"PK\x05\x06"[..],
            &[0; 4],
            &n,
            &n,
            &length,
            &at.to_le_bytes(),
            &[0; 2],
        ]
        .concat(),
    );
    out.write_all(&directory)
}
