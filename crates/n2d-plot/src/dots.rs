//! Dots, as many as there are rows, on a transparent sheet.
//!
//! A dot is stamped with its exact share of every pixel, at its own place between them, and sheets are kept in single precision:
//! thousands of faint dots above one another come out as smooth as a few.

use crate::palette::Shape;
use crate::scene::{Area, Dots, corners};

/// Places within a pixel that are told apart, along each axis.
const PLACES: usize = 8;
/// Samples a pixel along each axis that its share is counted by.
const SAMPLES: usize = 8;

/// Pixels of red, green and blue, each times the fourth: how much they cover.
pub(crate) struct Sheet {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<[f32; 4]>,
}

/// A marker's share of each pixel around its place.
struct Stamp {
    /// Pixels to the left of, and above, the pixel that the place is in.
    reach: usize,
    side: usize,
    shares: Vec<f32>,
}

/// Draws dots at so many pixels a point; the sheet covers their area, from its upper left corner.
pub(crate) fn stamp(dots: &Dots, scale: f64) -> Sheet {
    let Area { x, y, width, height } = dots.area;
    let pixels = |length: f64| (length * scale).ceil().max(1.0) as usize;
    let mut sheet = Sheet {
        width: pixels(width),
        height: pixels(height),
        pixels: Vec::new(),
    };
    sheet.pixels = vec![[0.0; 4]; sheet.width * sheet.height];
    let stamps = Shape::ALL.map(|shape| stamps(shape, dots.radius * scale));
    for dot in &dots.dots {
        let (left, column) = place((f64::from(dot.x) - x) * scale);
        let (top, row) = place((f64::from(dot.y) - y) * scale);
        let stamp = &stamps[dot.shape as usize][row * PLACES + column];
        let colour = [dot.colour.r, dot.colour.g, dot.colour.b].map(|value| f32::from(value) / 255.0);
        sheet.press(stamp, left, top, colour, dots.alpha as f32);
    }
    sheet
}

/// The pixel that a coordinate is in, and where in it.
fn place(at: f64) -> (isize, usize) {
    let whole = at.floor();
    (whole as isize, ((at - whole) * PLACES as f64) as usize % PLACES)
}

/// A marker at each place within a pixel, row by row.
fn stamps(shape: Shape, radius: f64) -> Vec<Stamp> {
    let middle = |place: usize| (place as f64 + 0.5) / PLACES as f64;
    let at = |number: usize| Stamp::new(shape, radius, middle(number % PLACES), middle(number / PLACES));
    (0..PLACES * PLACES).map(at).collect()
}

impl Stamp {
    fn new(shape: Shape, radius: f64, x: f64, y: f64) -> Self {
        let reach = (1.6 * radius).ceil() as usize + 1;
        let side = 2 * reach + 1;
        let corners = corners(shape, radius);
        let share = |number: usize| {
            let (column, row) = (number % side, number / side);
            let offset = |pixel: usize, place: f64| pixel as f64 - reach as f64 - place;
            covered(&corners, radius, offset(column, x), offset(row, y))
        };
        Self {
            reach,
            side,
            shares: (0..side * side).map(share).collect(),
        }
    }
}

/// The share of a pixel, given by its upper left corner as seen from the marker's middle.
fn covered(corners: &[(f64, f64)], radius: f64, left: f64, top: f64) -> f32 {
    let step = |sample: usize| (sample as f64 + 0.5) / SAMPLES as f64;
    let inside = |&sample: &usize| {
        let (x, y) = (left + step(sample % SAMPLES), top + step(sample / SAMPLES));
        if corners.is_empty() {
            x * x + y * y <= radius * radius
        } else {
            (0..corners.len()).all(|i| is_right_of(corners[i], corners[(i + 1) % corners.len()], (x, y)))
        }
    };
    (0..SAMPLES * SAMPLES).filter(inside).count() as f32 / (SAMPLES * SAMPLES) as f32
}

/// Whether a point is on the inner side of an edge; the corners go round clockwise, as seen with `y` downwards.
fn is_right_of(a: (f64, f64), b: (f64, f64), point: (f64, f64)) -> bool {
    (b.0 - a.0) * (point.1 - a.1) - (b.1 - a.1) * (point.0 - a.0) >= 0.0
}

impl Sheet {
    fn press(&mut self, stamp: &Stamp, left: isize, top: isize, colour: [f32; 3], alpha: f32) {
        for row in 0..stamp.side {
            let y = top + row as isize - stamp.reach as isize;
            if y < 0 || y >= self.height as isize {
                continue;
            }
            for column in 0..stamp.side {
                let share = stamp.shares[row * stamp.side + column];
                let x = left + column as isize - stamp.reach as isize;
                if share > 0.0 && x >= 0 && x < self.width as isize {
                    cover(
                        &mut self.pixels[y as usize * self.width + x as usize],
                        colour,
                        share * alpha,
                    );
                }
            }
        }
    }
}

fn cover(pixel: &mut [f32; 4], [r, g, b]: [f32; 3], alpha: f32) {
    let kept = 1.0 - alpha;
    *pixel = [
        r * alpha + pixel[0] * kept,
        g * alpha + pixel[1] * kept,
        b * alpha + pixel[2] * kept,
        alpha + pixel[3] * kept,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Dot;
    use crate::{Colour, palette::palette};

    fn dots(at: &[(f32, f32)], shape: Shape, radius: f64, alpha: f64) -> Dots {
        let dot = |&(x, y): &(f32, f32)| Dot {
            x,
            y,
            colour: palette(0).colour,
            shape,
        };
        Dots {
            area: Area::new(10.0, 10.0, 20.0, 20.0),
            radius,
            alpha,
            dots: at.iter().map(dot).collect(),
            as_vectors: false,
        }
    }

    fn ink(sheet: &Sheet) -> f64 {
        sheet.pixels.iter().map(|pixel| f64::from(pixel[3])).sum()
    }

    #[test]
    fn a_dot_has_its_area_wherever_it_lies() {
        for shape in Shape::ALL {
            for (radius, slack) in [(0.4, 0.25), (1.0, 0.1), (2.3, 0.05)] {
                for at in [(20.0, 20.0), (20.3, 19.9), (17.77, 22.51)] {
                    let sheet = stamp(&dots(&[at], shape, radius, 1.0), 2.0);
                    let expected = std::f64::consts::PI * (2.0 * radius).powi(2);
                    assert!(
                        (ink(&sheet) - expected).abs() < slack * expected,
                        "{shape:?} {radius} {at:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn many_faint_dots_make_a_full_one() {
        let many = stamp(&dots(&[(20.0, 20.0); 500], Shape::Disc, 2.0, 0.02), 2.0);
        let colour = palette(0).colour;
        let [r, g, b, a] = many.pixels[20 * many.width + 20];
        assert!(a > 0.999);
        let near = |value: f32, expected: u8| (value * 255.0 - f32::from(expected)).abs() < 0.5;
        assert!(near(r, colour.r) && near(g, colour.g) && near(b, colour.b));
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let sheet = stamp(
            &dots(
                &[(10.0, 10.0), (-50.0, 20.0), (30.0, 1e9)],
                Shape::Square,
                1.0,
                1.0,
            ),
            2.0,
        );
        assert_eq!((sheet.width, sheet.height), (40, 40));
        assert!(
            (ink(&sheet) - std::f64::consts::PI).abs() < 0.4,
            "a quarter of one dot"
        );
        assert_eq!(Colour::new(0, 0, 0).to_string(), "#000000");
    }
}
