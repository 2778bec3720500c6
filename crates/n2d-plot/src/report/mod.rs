//! One page with everything about a run.

mod data;
mod pack;
mod page;
mod rows;

use ndarray::ArrayView2;

use crate::{Figure, PlotError, Scatter};

const NAME: &str = "report";

/// What the rows are, and so how the page shows one of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RowKind {
    /// Numbers with names, one a column; shown as a table of the first twelve.
    Table {
        /// Names of the columns.
        names: Vec<String>,
    },
    /// Grey pictures, line by line. Where most values are the least there are, they are ink on paper: the greatest is black. Else it is white.
    Image {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// Values over time, all channels of one step beside one another; shown as lines.
    Sequence {
        /// Values a step.
        channels: usize,
    },
}

/// What the page tells about one cluster beside its size.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClusterDetails {
    /// The cluster.
    pub label: i32,
    /// Its most typical rows, the most typical first.
    pub typical: Vec<usize>,
    /// Its most doubtful rows, the most doubtful first.
    pub doubtful: Vec<usize>,
    /// What sets it apart: names of features with the size of the effect.
    pub features: Vec<(String, f64)>,
    /// More to tell of it: names and values.
    pub facts: Vec<(String, String)>,
    /// The mean of its rows, as wide as a row.
    pub mean: Option<Vec<f32>>,
    /// The mean of what the autoencoder makes of them, likewise.
    pub reconstruction: Option<Vec<f32>>,
    /// The size of the effect of each value, as wide as a row. Red above the other rows, blue below.
    pub effects: Option<Vec<f32>>,
}

/// One self-contained HTML page: a map of all rows to zoom (wheel), move (drag), point at, and select in (shift and drag), with
/// what the rows are; details of clusters; tables of figures; and finished pictures.
///
/// It needs no network and loads nothing. It needs a browser of 2023 or later (`DecompressionStream`). Places are rounded to one part in 65 535
/// of the extent, values of pictures and sequences to one in 255 of their range; those of tables are kept as they are. The range of sequences is
/// that of all but the least and the greatest of a thousand values, which lie at the edge.
///
/// **Size.** Of the rows at most 24 MiB go into the page, deflated and written as text (a third longer than the bytes; what of pictures is
/// one colour packs well). What is more is made to fit: pictures and sequences become smaller, to no less than 10 pixels and 24 steps, then
/// only every second, third, ... row is shown; those of the details always are, and whole. Places and labels take up to 12 bytes a row besides.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::{Report, RowKind, Scatter};
/// use ndarray::array;
///
/// let embedding = array![[0.0, 0.1], [0.2, 0.0], [5.0, 5.1]];
/// let clusters = Labels::new(vec![0, 0, 1])?;
/// let rows = array![[1.5], [1.6], [9.0]];
/// let html = Report::new(Scatter::new(embedding.view(), &clusters).with_title("three"))
///     .with_rows(rows.view(), RowKind::Table { names: vec!["height".to_owned()] })
///     .with_table("Scores", [("silhouette", "0.97")])
///     .to_html()?;
/// assert!(html.starts_with("<!doctype html>") && html.contains("silhouette"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Report<'a> {
    scatter: Scatter<'a>,
    rows: Option<(ArrayView2<'a, f32>, RowKind)>,
    details: Vec<ClusterDetails>,
    tables: Vec<(String, Vec<(String, String)>)>,
    figures: Vec<(String, Figure)>,
}

impl<'a> Report<'a> {
    /// With the map of a scatter plot: its points, labels, names, strengths, colours, title and facts.
    pub fn new(scatter: Scatter<'a>) -> Self {
        Self {
            scatter,
            rows: None,
            details: Vec::new(),
            tables: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// The data themselves, `(n_samples, n_features)`, shown where a row is pointed at or selected.
    pub fn with_rows(self, rows: ArrayView2<'a, f32>, kind: RowKind) -> Self {
        Self {
            rows: Some((rows, kind)),
            ..self
        }
    }

    /// Details of clusters, in the order to be shown.
    pub fn with_details(self, details: Vec<ClusterDetails>) -> Self {
        Self { details, ..self }
    }

    /// A table of names and values: scores, configuration, seconds, seeds.
    pub fn with_table<K: Into<String>, V: Into<String>>(
        mut self,
        title: impl Into<String>,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let entries = entries
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        self.tables.push((title.into(), entries.collect()));
        self
    }

    /// A finished picture, as SVG within the page.
    pub fn with_figure(mut self, title: impl Into<String>, figure: Figure) -> Self {
        self.figures.push((title.into(), figure));
        self
    }

    /// The page.
    ///
    /// # Errors
    /// As [`Scatter::draw`]; [`PlotError::LengthMismatch`] where the data are of other rows, or of another width than their kind says;
    /// [`PlotError::Data`] for a value that is no number; [`PlotError::BadValue`] for details of a cluster or row that is not there.
    pub fn to_html(&self) -> Result<String, PlotError> {
        let data = self.data()?;
        Ok(page::html(self, &data))
    }
}
