//! Data for contenders of other languages.

use n2d::prelude::*;
use ndarray::s;
use serde_json::Value;

use super::Answer;

/// A data set, or its first rows, as two .npy files, `rows.npy` and `classes.npy`, for contenders of other languages.
pub(super) fn export(options: &Value) -> Answer {
    let text = |name: &str| options[name].as_str().ok_or_else(|| format!("{name} is needed"));
    let (folder, set) = (text("folder")?, text("set")?.parse::<BuiltIn>()?);
    let data = set.load(&DataDirs::new([text("data_dir")?]))?;
    let classes = data.labels.as_ref().ok_or("a set without classes")?;
    let n = options["rows"]
        .as_u64()
        .map_or(data.n_samples(), |rows| data.n_samples().min(rows as usize));
    let x = data.x.slice(s![..n, ..]);
    let rows = x.iter().flat_map(|value| value.to_le_bytes());
    let header = |kind: &str, shape: String| {
        let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        // Together with the magic bytes a multiple of 64, the last byte a line break, as the format has it.
        let text = format!("{text:<117}\n");
        [
            b"\x93NUMPY\x01\x00",
            &(text.len() as u16).to_le_bytes()[..],
            text.as_bytes(),
        ]
        .concat()
    };
    std::fs::create_dir_all(folder)?;
    let d = x.ncols();
    let whole: Vec<u8> = header("<f4", format!("({n}, {d})"))
        .into_iter()
        .chain(rows)
        .collect();
    std::fs::write(format!("{folder}/rows.npy"), whole)?;
    let labels = classes.as_slice()[..n]
        .iter()
        .flat_map(|label| label.to_le_bytes());
    let whole: Vec<u8> = header("<i4", format!("({n},)"))
        .into_iter()
        .chain(labels)
        .collect();
    std::fs::write(format!("{folder}/classes.npy"), whole)?;
    Ok((0.0, format!("{n} x {d}, {} classes", classes.n_clusters())))
}
