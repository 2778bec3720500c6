use std::path::Path;

use n2d_core::persist::write_atomically;

use crate::scene::Scene;
use crate::{PlotError, raster, svg};

/// Dots an inch of a PNG where nothing else is asked for: what journals ask for.
pub const DEFAULT_DPI: u32 = 300;

/// A finished picture: of the same input, the same bytes.
///
/// It needs neither the system's fonts nor a screen: letters come from the fonts of this crate (Latin, Greek and Cyrillic; others are
/// an empty box in a PNG). An SVG holds real text, so a viewer that has the letters shows them.
///
/// A scatter plot of many rows is no burden for an SVG: above
/// [`ScatterStyle::most_vectors`](crate::ScatterStyle::most_vectors) rows it holds one transparent picture of all dots at 216 dots an
/// inch (a quarter of a megabyte to one and a half for 70 000 rows, by how far they are spread), with axes, legend and names as text and
/// lines around and above it.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::ClusterSizes;
///
/// let figure = ClusterSizes::new(&Labels::new(vec![0, 0, 1, -1])?).draw()?;
/// assert!(figure.to_svg().starts_with("<svg"));
/// assert!(figure.to_png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    scene: Scene,
    dpi: u32,
}

impl Figure {
    pub(crate) fn new(scene: Scene) -> Self {
        Self {
            scene,
            dpi: DEFAULT_DPI,
        }
    }

    /// Another number of dots an inch for PNG files, 36 to 1200. Default [`DEFAULT_DPI`].
    ///
    /// # Errors
    /// [`PlotError::Option`] for one outside that range.
    pub fn with_dpi(self, dpi: u32) -> Result<Self, PlotError> {
        n2d_core::check::Options::of("figure").between("dpi", f64::from(dpi), 36.0, 1200.0)?;
        Ok(Self { dpi, ..self })
    }

    /// Width and height in points, of which an inch has 72.
    pub fn size(&self) -> (f64, f64) {
        (self.scene.width, self.scene.height)
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    /// [`PlotError::TooLarge`] where the dots an inch make more than 2^27 pixels.
    pub fn to_png(&self) -> Result<Vec<u8>, PlotError> {
        raster::png(&self.scene, self.dpi)
    }

    /// The text of an SVG file.
    pub fn to_svg(&self) -> String {
        svg::svg(&self.scene)
    }

    /// Writes a PNG or SVG file, as the end of its name says, in full or not at all: first beside its place, then moved there.
    ///
    /// # Errors
    /// [`PlotError::UnknownFormat`] for any other ending, [`PlotError::Write`], [`PlotError::TooLarge`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .map(str::to_ascii_lowercase);
        let bytes = match ending.as_deref() {
            Some("png") => self.to_png()?,
            Some("svg") => self.to_svg().into_bytes(),
            _ => {
                return Err(PlotError::UnknownFormat {
                    path: path.to_owned(),
                });
            }
        };
        write_atomically(path, |file| file.write_all(&bytes)).map_err(|source| PlotError::Write {
            path: path.to_owned(),
            source,
        })
    }
}
