//! The fonts that come with this crate: how wide a text is, and the outlines of its letters.

use tiny_skia::{Path, PathBuilder, Transform};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

const REGULAR: &[u8] = include_bytes!("../fonts/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/Roboto-Bold.ttf");

/// The height of capitals, of the size of the font.
pub(crate) const CAP_HEIGHT: f64 = 0.711;

/// Both faces; parsing them copies nothing.
pub(crate) struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
}

impl Fonts {
    pub(crate) fn new() -> Self {
        let face = |bytes| Face::parse(bytes, 0).expect("the fonts of this crate are fonts");
        Self {
            regular: face(REGULAR),
            bold: face(BOLD),
        }
    }

    fn face(&self, bold: bool) -> &Face<'static> {
        if bold { &self.bold } else { &self.regular }
    }

    /// How wide a text is at a size.
    pub(crate) fn width(&self, text: &str, size: f64, bold: bool) -> f64 {
        let face = self.face(bold);
        let units: u32 = text.chars().map(|c| advance(face, glyph(face, c))).sum();
        f64::from(units) * size / f64::from(face.units_per_em())
    }

    /// The text, or as much of it as fits into a width with an ellipsis at its end.
    pub(crate) fn fit(&self, text: &str, size: f64, bold: bool, width: f64) -> String {
        if self.width(text, size, bold) <= width {
            return text.to_owned();
        }
        let room = width - self.width("\u{2026}", size, bold);
        let (mut kept, mut used) = (String::new(), 0.0);
        for c in text.chars() {
            used += self.width(c.encode_utf8(&mut [0; 4]), size, bold);
            if used > room {
                break;
            }
            kept.push(c);
        }
        kept.truncate(kept.trim_end().len());
        kept.push('\u{2026}');
        kept
    }

    /// The outlines of a text that begins at the origin; none where it has no ink.
    pub(crate) fn outline(&self, text: &str, size: f64, bold: bool) -> Option<Path> {
        let face = self.face(bold);
        let scale = size as f32 / f32::from(face.units_per_em());
        let mut pen = Pen {
            path: PathBuilder::new(),
            x: 0.0,
        };
        for c in text.chars() {
            let id = glyph(face, c);
            face.outline_glyph(id, &mut pen);
            pen.x += advance(face, id) as f32;
        }
        pen.path.finish()?.transform(Transform::from_scale(scale, -scale))
    }
}

/// The letter, or the empty box for one that the fonts do not have.
fn glyph(face: &Face<'_>, c: char) -> GlyphId {
    face.glyph_index(c).unwrap_or(GlyphId(0))
}

fn advance(face: &Face<'_>, id: GlyphId) -> u32 {
    u32::from(face.glyph_hor_advance(id).unwrap_or(0))
}

/// Takes outlines down, letter after letter.
struct Pen {
    path: PathBuilder,
    x: f32,
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.x + x1, y1, self.x + x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path
            .cubic_to(self.x + x1, y1, self.x + x2, y2, self.x + x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up_and_digits_are_all_as_wide() {
        let fonts = Fonts::new();
        let ten = fonts.width("0123456789", 10.0, false);
        assert!((ten - 10.0 * fonts.width("7", 10.0, false)).abs() < 1e-9);
        assert!(fonts.width("n2d", 10.0, true) > fonts.width("n2d", 10.0, false));
        assert_eq!(fonts.width("", 10.0, false), 0.0);
    }

    #[test]
    fn long_texts_end_in_an_ellipsis_and_fit() {
        let fonts = Fonts::new();
        let long = "a very long name of a class that nobody would print ".repeat(20);
        let fitted = fonts.fit(&long, 9.0, false, 100.0);
        assert!(fitted.ends_with('\u{2026}') && fonts.width(&fitted, 9.0, false) <= 100.0);
        assert_eq!(fonts.fit("short", 9.0, false, 100.0), "short");
        assert_eq!(fonts.fit("short", 9.0, false, 0.0), "\u{2026}");
    }

    #[test]
    fn letters_have_outlines_and_unknown_ones_a_box() {
        let fonts = Fonts::new();
        assert!(fonts.outline("Ag\u{e9}\u{3b1}\u{416}", 9.0, false).is_some());
        assert!(fonts.outline("\u{65e5}", 9.0, false).is_some());
        assert!(fonts.outline(" ", 9.0, false).is_none());
        assert!(fonts.outline("", 9.0, false).is_none());
    }
}
