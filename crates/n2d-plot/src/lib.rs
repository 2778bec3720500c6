//! Pictures of clusterings, as PNG and SVG of print quality, without system fonts, a screen or a network.

mod axis;
mod colour;
mod colours;
mod dots;
mod error;
mod figure;
mod font;
mod groups;
mod heading;
mod legend;
mod palette;
mod raster;
mod scatter;
mod scene;
mod svg;

pub use colour::Colour;
pub use colours::Colours;
pub use error::PlotError;
pub use figure::{DEFAULT_DPI, Figure};
pub use palette::{Ink, N_COLOURS, NOISE_INK, Shape, palette};
pub use scatter::{Scatter, ScatterStyle};
