//! Arrays as .npy files.

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

use ndarray::ArrayView2;

/// A result that is to be judged, where a job says so.
pub(crate) fn write_result(path: Option<&Path>, rows: ArrayView2<'_, f32>) -> Result<()> {
    path.map_or(Ok(()), |path| write_rows(path, rows))
}

/// 32-bit floats, a row each.
pub(crate) fn write_rows(path: &Path, rows: ArrayView2<'_, f32>) -> Result<()> {
    let (n, d) = rows.dim();
    write(
        path,
        "<f4",
        &format!("({n}, {d})"),
        rows.iter().map(|value| value.to_le_bytes()),
    )
}

/// 32-bit whole numbers.
pub(crate) fn write_numbers(path: &Path, numbers: &[i32]) -> Result<()> {
    let values = numbers.iter().map(|value| value.to_le_bytes());
    write(path, "<i4", &format!("({},)", numbers.len()), values)
}

fn write(path: &Path, kind: &str, shape: &str, values: impl Iterator<Item = [u8; 4]>) -> Result<()> {
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    // Together with the magic bytes and its length a multiple of 64, the last byte a line break, as the format has it.
    let header = format!("{header:<117}\n");
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in values {
        file.write_all(&value)?;
    }
    file.flush()
}
