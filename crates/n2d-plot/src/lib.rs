//! Pictures of clusterings, as PNG and SVG of print quality: no system fonts, no screen and no network are needed.
//!
//! | picture | of |
//! |---|---|
//! | [`Scatter`] | the embedding by predicted cluster and by class, all rows |
//! | [`LearningCurve`] | the loss of each epoch |
//! | [`ClusterSizes`] | how many rows each cluster has |
//! | [`ConfusionMatrix`] | classes against clusters |
//! | [`CondensedTree`] | HDBSCAN's hierarchy with the clusters chosen |
//! | [`Silhouettes`] | how well the rows of each cluster lie in it |
//!
//! [`Report`] puts a map of all rows to look around in, details, tables and pictures into one HTML page that works offline.
//!
//! Each picture is a builder whose `draw()` checks everything that was given and makes a [`Figure`], which becomes a PNG
//! ([`Figure::to_png`]), an SVG with real text ([`Figure::to_svg`]) or a file of either ([`Figure::save`]). The same input gives the same bytes.
//! Data come as plain arrays, [`Labels`](n2d_core::Labels) and names; no other crate's models are needed.
//!
//! [`Colours`] holds who has which colour: a class its own, a cluster that of the class it stands for. Handed to every plot of a run it keeps
//! them the same. The colours are those of [`palette()`], which colour-blind people can tell apart.
//!
//! Pixels are set by `tiny-skia`, letters by `ttf-parser` from a cut-down Roboto (Apache License 2.0) that is part of this crate. Plotting
//! crates were looked at and not used: `plotters` 0.3 and `kuva` 0.6 put markers on whole pixels and draw one series above the
//! other, so that the last group hides the others, and neither has a condensed tree, silhouettes or dots embedded as a picture in an SVG.
//!
//! ```
//! use n2d_core::Labels;
//! use n2d_plot::{Colours, ConfusionMatrix, Scatter};
//! use ndarray::array;
//!
//! let embedding = array![[0.0, 0.1], [0.2, 0.0], [5.0, 5.1], [5.2, 4.9]];
//! let (classes, clusters) = (Labels::new(vec![0, 0, 1, 1])?, Labels::new(vec![1, 1, 0, -1])?);
//! let colours = Colours::matched(&classes, &clusters)?;
//! let scatter = Scatter::new(embedding.view(), &clusters).with_classes(&classes).with_colours(&colours);
//! let png: Vec<u8> = scatter.draw()?.with_dpi(72)?.to_png()?;
//! let svg: String = ConfusionMatrix::new(&classes, &clusters).draw()?.to_svg();
//! # assert!(!png.is_empty() && !svg.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod axis;
mod colour;
mod colours;
mod confusion;
mod curve;
mod dots;
mod error;
mod figure;
mod font;
mod groups;
mod heading;
mod legend;
mod palette;
mod raster;
mod report;
mod scatter;
mod scene;
mod silhouette;
mod sizes;
mod svg;
mod tree;

pub use colour::Colour;
pub use colours::Colours;
pub use confusion::ConfusionMatrix;
pub use curve::LearningCurve;
pub use error::PlotError;
pub use figure::{DEFAULT_DPI, Figure};
pub use palette::{Ink, N_COLOURS, NOISE_INK, Shape, palette};
pub use report::{ClusterDetails, Report, RowKind};
pub use scatter::{Scatter, ScatterStyle};
pub use silhouette::Silhouettes;
pub use sizes::ClusterSizes;
pub use tree::{CondensedTree, TreeRow};
