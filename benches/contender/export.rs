//! Data for contenders of other languages, and for the program itself.

use std::path::Path;

use n2d::prelude::*;
use n2d_benches::blobs;
use ndarray::{ArrayView2, s};
use serde_json::Value;

use super::{Answer, npy};

/// A data set, or its first rows, as two .npy files, `rows.npy` and `classes.npy`, for contenders of other languages.
pub(super) fn export(options: &Value) -> Answer {
    let (folder, set) = (
        text(options, "folder")?,
        text(options, "set")?.parse::<BuiltIn>()?,
    );
    let data = set.load(&DataDirs::new([text(options, "data_dir")?]))?;
    let classes = data.labels.as_ref().ok_or("a set without classes")?;
    let n = options["rows"]
        .as_u64()
        .map_or(data.n_samples(), |rows| data.n_samples().min(rows as usize));
    write(folder, data.x.slice(s![..n, ..]), &classes.as_slice()[..n])?;
    let (d, k) = (data.x.ncols(), classes.n_clusters());
    Ok((0.0, format!("{n} x {d}, {k} classes")))
}

/// Rows made up around ten centres, as the same two files.
pub(super) fn made_up(options: &Value) -> Answer {
    let number = |name: &str| options[name].as_u64().ok_or_else(|| format!("{name} is needed"));
    let (n, d) = (number("n_samples")? as usize, number("n_features")? as usize);
    let centres: Vec<i32> = (0..10).cycle().take(n).collect();
    write(text(options, "folder")?, blobs(n, d).view(), &centres)?;
    Ok((0.0, format!("{n} x {d}")))
}

fn write(folder: &str, rows: ArrayView2<'_, f32>, classes: &[i32]) -> std::io::Result<()> {
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    npy::write_rows(&folder.join("rows.npy"), rows)?;
    npy::write_numbers(&folder.join("classes.npy"), classes)
}

pub(super) fn text<'a>(options: &'a Value, name: &str) -> Result<&'a str, String> {
    options[name].as_str().ok_or_else(|| format!("{name} is needed"))
}
