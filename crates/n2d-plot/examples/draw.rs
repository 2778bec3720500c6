//! Draws every picture that a folder has the data for, as files of raw little-endian numbers.
//!
//! `cargo run --release -p n2d-plot --example draw -- FOLDER TITLE`
//!
//! Needed: `points.f32` and `clusters.i32`. Drawn where there: `classes.i32`, `names.txt` (of the classes, one a line), `strengths.f32`,
//! `losses.f64`, `silhouettes.f64`, `tree.f64` (four numbers a row) with `selected.i32`; `images.f32`, square pictures for the page.

use std::error::Error;
use std::fs;
use std::path::Path;

use n2d_core::Labels;
use n2d_plot::{
    ClusterSizes, Colours, CondensedTree, ConfusionMatrix, LearningCurve, Report, RowKind, Scatter,
    ScatterStyle, Silhouettes, TreeRow,
};
use ndarray::Array2;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, title] = &arguments[..] else {
        return Err("a folder and a title are needed".into());
    };
    let folder = Path::new(folder);
    let clusters = Labels::new(numbers(folder, "clusters.i32", i32::from_le_bytes)?)?;
    let colours = of_embedding(folder, title, &clusters)?;
    ClusterSizes::new(&clusters)
        .with_colours(&colours)
        .draw()?
        .save(folder.join("sizes.png"))?;
    if folder.join("losses.f64").exists() {
        let losses = numbers(folder, "losses.f64", f64::from_le_bytes)?;
        LearningCurve::new("training", &losses)
            .draw()?
            .save(folder.join("losses.png"))?;
    }
    if folder.join("silhouettes.f64").exists() {
        let values: Vec<_> = numbers(folder, "silhouettes.f64", f64::from_le_bytes)?
            .into_iter()
            .map(Some)
            .collect();
        let plot = Silhouettes::new(&values, &clusters).with_colours(&colours);
        plot.draw()?.save(folder.join("silhouettes.png"))?;
    }
    if folder.join("tree.f64").exists() {
        of_tree(folder, &colours)?;
    }
    Ok(())
}

fn of_embedding(folder: &Path, title: &str, clusters: &Labels) -> Outcome<Colours> {
    let points = numbers(folder, "points.f32", f32::from_le_bytes)?;
    let points = Array2::from_shape_vec((clusters.len(), points.len() / clusters.len().max(1)), points)?;
    let alone = Scatter::new(points.view(), clusters).with_title(title);
    alone.draw()?.save(folder.join("scatter.png"))?;
    if folder.join("strengths.f32").exists() {
        let strengths = numbers(folder, "strengths.f32", f32::from_le_bytes)?;
        let shaded = Scatter::new(points.view(), clusters)
            .with_title(title)
            .with_strengths(&strengths);
        shaded.draw()?.save(folder.join("strengths.png"))?;
    }
    if !folder.join("classes.i32").exists() {
        return Ok(Colours::of_clusters(clusters));
    }
    let classes = Labels::new(numbers(folder, "classes.i32", i32::from_le_bytes)?)?;
    let names = fs::read_to_string(folder.join("names.txt")).unwrap_or_default();
    let both = alone.with_classes(&classes).with_class_names(names.lines());
    let facts = format!("ACC {:.3}", n2d_metrics::accuracy(&classes, clusters)?);
    let both = both.with_facts(facts).with_style(ScatterStyle::default());
    both.draw()?.save(folder.join("classes.png"))?;
    both.draw()?.save(folder.join("classes.svg"))?;
    let matrix = ConfusionMatrix::new(&classes, clusters).with_class_names(names.lines());
    matrix.draw()?.save(folder.join("confusion.png"))?;
    let report = Report::new(both).with_figure("Classes and clusters", matrix.draw()?);
    let html = if folder.join("images.f32").exists() {
        let images = numbers(folder, "images.f32", f32::from_le_bytes)?;
        let images = Array2::from_shape_vec((clusters.len(), images.len() / clusters.len()), images)?;
        let side = images.ncols().isqrt();
        report
            .with_rows(
                images.view(),
                RowKind::Image {
                    width: side,
                    height: side,
                },
            )
            .to_html()?
    } else {
        report.to_html()?
    };
    fs::write(folder.join("report.html"), html)?;
    Ok(Colours::matched(&classes, clusters)?)
}

fn of_tree(folder: &Path, colours: &Colours) -> Outcome<()> {
    let row = |row: &[f64]| TreeRow {
        parent: row[0] as usize,
        child: row[1] as usize,
        lambda: row[2],
        size: row[3] as usize,
    };
    let rows: Vec<TreeRow> = numbers(folder, "tree.f64", f64::from_le_bytes)?
        .chunks_exact(4)
        .map(row)
        .collect();
    let selected: Vec<usize> = numbers(folder, "selected.i32", i32::from_le_bytes)?
        .iter()
        .map(|&n| n as usize)
        .collect();
    let tree = CondensedTree::new(&rows)
        .with_selected(&selected)
        .with_colours(colours);
    tree.draw()?.save(folder.join("tree.png"))?;
    Ok(())
}

fn numbers<T, const N: usize>(folder: &Path, name: &str, number: impl Fn([u8; N]) -> T) -> Outcome<Vec<T>> {
    let bytes = fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
    let (whole, _) = bytes.as_chunks::<N>();
    Ok(whole.iter().map(|&bytes| number(bytes)).collect())
}
