//! A picture as a list of things to draw, in points (1/72 inch) from its upper left corner. Both kinds of file are made of it.

use crate::Colour;
use crate::palette::Shape;

/// Text, and lines that must be seen.
pub(crate) const BLACK: Colour = Colour::hex(0x1c_1c1c);
/// Text that explains.
pub(crate) const GREY: Colour = Colour::hex(0x60_6060);
/// Frames and ticks.
pub(crate) const LIGHT: Colour = Colour::hex(0xb4_b4b4);
/// Lines that lead the eye through a plot.
pub(crate) const GRID: Colour = Colour::hex(0xe4_e4e4);
/// Paper.
pub(crate) const WHITE: Colour = Colour::hex(0xff_ffff);

/// A rectangle with sides along the axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    pub(crate) const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    pub(crate) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Whether the two share any room.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// Whether the other lies within.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.x >= self.x
            && other.y >= self.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}

/// Which point of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// A line of text; its place is on the line that the letters stand on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) colour: Colour,
    pub(crate) align: Align,
    /// Whether it runs upwards.
    pub(crate) upwards: bool,
    /// Whether a white rim keeps it apart from what is beneath.
    pub(crate) rim: bool,
}

impl Text {
    pub(crate) fn new(x: f64, y: f64, text: impl Into<String>, size: f64) -> Self {
        Self {
            x,
            y,
            text: text.into(),
            size,
            bold: false,
            colour: BLACK,
            align: Align::Start,
            upwards: false,
            rim: false,
        }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) fn colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    pub(crate) fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    pub(crate) fn upwards(self) -> Self {
        Self {
            upwards: true,
            ..self
        }
    }

    pub(crate) fn rim(self) -> Self {
        Self { rim: true, ..self }
    }
}

/// One row of data in a scatter plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dot {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) colour: Colour,
    pub(crate) shape: Shape,
}

/// All rows of a scatter plot, in the order in which they are drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dots {
    /// What lies beyond is not drawn.
    pub(crate) area: Area,
    pub(crate) radius: f64,
    pub(crate) alpha: f64,
    pub(crate) dots: Vec<Dot>,
    /// Whether an SVG holds each dot for itself rather than a picture of all.
    pub(crate) as_vectors: bool,
}

/// Something to draw.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// A rectangle.
    Rect {
        area: Area,
        fill: Option<Colour>,
        line: Option<(Colour, f64)>,
    },
    /// Lines from point to point.
    Line {
        points: Vec<(f64, f64)>,
        colour: Colour,
        width: f64,
        dashed: bool,
    },
    /// A filled area with lines as its edge.
    Polygon {
        points: Vec<(f64, f64)>,
        fill: Colour,
        line: Option<(Colour, f64)>,
    },
    /// One marker, as in a legend.
    Marker {
        x: f64,
        y: f64,
        radius: f64,
        shape: Shape,
        colour: Colour,
    },
    Text(Text),
    Dots(Dots),
}

/// A whole picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// What it shows, for those who can't see it.
    pub(crate) description: String,
    pub(crate) items: Vec<Item>,
}

impl Scene {
    pub(crate) fn new(width: f64, height: f64, description: impl Into<String>) -> Self {
        Self {
            width,
            height,
            description: description.into(),
            items: Vec::new(),
        }
    }

    pub(crate) fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.items.push(Item::Text(text));
        }
    }

    pub(crate) fn line(&mut self, points: Vec<(f64, f64)>, colour: Colour, width: f64) {
        self.items.push(Item::Line {
            points,
            colour,
            width,
            dashed: false,
        });
    }

    pub(crate) fn dashes(&mut self, points: Vec<(f64, f64)>, colour: Colour, width: f64) {
        self.items.push(Item::Line {
            points,
            colour,
            width,
            dashed: true,
        });
    }

    pub(crate) fn fill(&mut self, area: Area, colour: Colour) {
        self.items.push(Item::Rect {
            area,
            fill: Some(colour),
            line: None,
        });
    }

    pub(crate) fn frame(&mut self, area: Area, colour: Colour, width: f64) {
        self.items.push(Item::Rect {
            area,
            fill: None,
            line: Some((colour, width)),
        });
    }
}

/// The corners of a marker around the origin; a disc has none. All shapes cover the area of a disc of the radius.
pub(crate) fn corners(shape: Shape, radius: f64) -> Vec<(f64, f64)> {
    let at = |points: &[(f64, f64)]| points.iter().map(|&(x, y)| (x * radius, y * radius)).collect();
    match shape {
        Shape::Disc => Vec::new(),
        Shape::Square => at(&[(-0.886, -0.886), (0.886, -0.886), (0.886, 0.886), (-0.886, 0.886)]),
        Shape::Triangle => at(&[(0.0, -1.555), (1.347, 0.778), (-1.347, 0.778)]),
        Shape::Diamond => at(&[(0.0, -1.253), (1.253, 0.0), (0.0, 1.253), (-1.253, 0.0)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_cover_as_much_as_a_disc() {
        for shape in Shape::ALL {
            let points = corners(shape, 2.0);
            let twice: f64 = (0..points.len())
                .map(|i| {
                    let ((x, y), (u, v)) = (points[i], points[(i + 1) % points.len()]);
                    x * v - u * y
                })
                .sum();
            let disc = std::f64::consts::PI * 4.0;
            assert!(
                points.is_empty() || (twice / 2.0 - disc).abs() < 0.02 * disc,
                "{shape:?}: {twice}"
            );
        }
    }
}
