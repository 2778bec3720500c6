use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::readers::gz::{Input, Source};

/// The SHA-256 of a file's content, decompressed where it is gzip, in hexadecimal.
///
/// Of a content longer than `longest`, and of one whose compression is damaged, it is that of a part: no digest expected.
pub(super) fn content_sha256(path: &Path, longest: u64) -> io::Result<String> {
    // An unreadable file is an error, a damaged one is not.
    File::open(path)?;
    let mut digest = Sha256::new();
    if let Ok(source) = Source::open(Input::Path(path)) {
        let mut content = source.take(longest + 1);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => digest.update(&buffer[..n]),
                Err(_) => {
                    digest.update(b"damaged");
                    break;
                }
            }
        }
    }
    let hex = |byte: &u8| format!("{byte:02x}");
    Ok(digest.finalize().iter().map(hex).collect())
}
