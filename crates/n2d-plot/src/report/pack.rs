//! Arrays as text: deflated, then base64, as the page unpacks them.

use std::io::Write as _;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::ZlibEncoder;

pub(super) fn bytes(bytes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    // Memory takes all that is written to it.
    base64::engine::general_purpose::STANDARD.encode(written.expect("memory takes bytes"))
}

pub(super) fn labels(labels: &[i32]) -> String {
    bytes(
        &labels
            .iter()
            .flat_map(|label| label.to_le_bytes())
            .collect::<Vec<_>>(),
    )
}

pub(super) fn floats(values: impl Iterator<Item = f32>) -> String {
    bytes(&values.flat_map(f32::to_le_bytes).collect::<Vec<_>>())
}

pub(super) fn shorts(values: impl Iterator<Item = u16>) -> String {
    bytes(&values.flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}
