//! A picture in pixels.

use tiny_skia::{
    Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8, Rect, Stroke,
    StrokeDash, Transform,
};

use crate::dots::stamp;
use crate::font::Fonts;
use crate::scene::{Align, Area, Dots, Item, Scene, Text, WHITE, corners};
use crate::{Colour, PlotError, Shape};

/// Most pixels of a picture along an axis, and in all: half a gigabyte.
const MOST_ALONG: u64 = 32_000;
const MOST: u64 = 1 << 27;

/// The picture on white paper, as the bytes of a PNG file.
pub(crate) fn png(scene: &Scene, dpi: u32) -> Result<Vec<u8>, PlotError> {
    let scale = f64::from(dpi) / 72.0;
    let size = |points: f64| (points * scale).round().max(1.0) as u64;
    let (width, height) = (size(scene.width), size(scene.height));
    let too_large = || PlotError::TooLarge { width, height };
    if width.max(height) > MOST_ALONG || width * height > MOST {
        return Err(too_large());
    }
    let pixmap = Pixmap::new(width as u32, height as u32).ok_or_else(too_large)?;
    let mut canvas = Canvas {
        pixmap,
        scale,
        fonts: Fonts::new(),
    };
    canvas.pixmap.fill(skia(WHITE));
    for item in &scene.items {
        canvas.draw(item);
    }
    // The paper is opaque: nothing is left to see through.
    let rgb: Vec<u8> = canvas
        .pixmap
        .data()
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    Ok(encode(
        &rgb,
        width as u32,
        height as u32,
        png::ColorType::Rgb,
        Some(dpi),
    ))
}

/// Dots alone on nothing, as the bytes of a PNG file.
pub(crate) fn png_of_dots(dots: &Dots, scale: f64) -> Vec<u8> {
    let sheet = stamp(dots, scale);
    let rgba: Vec<u8> = sheet.pixels.iter().flat_map(|&pixel| straight(pixel)).collect();
    encode(
        &rgba,
        sheet.width as u32,
        sheet.height as u32,
        png::ColorType::Rgba,
        None,
    )
}

fn straight([r, g, b, a]: [f32; 4]) -> [u8; 4] {
    let byte = |value: f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
    if byte(a) == 0 {
        return [0; 4];
    }
    [byte(r / a), byte(g / a), byte(b / a), byte(a)]
}

fn encode(bytes: &[u8], width: u32, height: u32, colours: png::ColorType, dpi: Option<u32>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colours);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(dpi.map(|dpi| {
        let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
        png::PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: png::Unit::Meter,
        }
    }));
    let written = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(bytes));
    // Memory does not refuse bytes, and the sizes agree.
    written.expect("a picture of the size said is encoded");
    file
}

fn skia(colour: Colour) -> Color {
    Color::from_rgba8(colour.r, colour.g, colour.b, 255)
}

struct Canvas {
    pixmap: Pixmap,
    scale: f64,
    fonts: Fonts,
}

impl Canvas {
    fn draw(&mut self, item: &Item) {
        match item {
            Item::Rect { area, fill, line } => self.rect(area, *fill, *line),
            Item::Line {
                points,
                colour,
                width,
                dashed,
            } => self.line(points, *colour, *width, *dashed),
            Item::Polygon { points, fill, line } => {
                if let Some(path) = self.path(points, true) {
                    self.fill(&path, *fill);
                    self.edge(&path, *line);
                }
            }
            Item::Marker {
                x,
                y,
                radius,
                shape,
                colour,
            } => self.marker((*x, *y), *radius, *shape, *colour),
            Item::Text(text) => self.text(text),
            Item::Dots(dots) => self.dots(dots),
        }
    }

    fn rect(&mut self, area: &Area, fill: Option<Colour>, line: Option<(Colour, f64)>) {
        let [x, y, right, bottom] =
            [area.x, area.y, area.right(), area.bottom()].map(|v| (v * self.scale) as f32);
        let Some(rect) = Rect::from_ltrb(x, y, right, bottom) else {
            return;
        };
        let path = PathBuilder::from_rect(rect);
        if let Some(colour) = fill {
            self.fill(&path, colour);
        }
        self.edge(&path, line);
    }

    fn line(&mut self, points: &[(f64, f64)], colour: Colour, width: f64, dashed: bool) {
        let Some(path) = self.path(points, false) else {
            return;
        };
        let dash = (3.0 * self.scale) as f32;
        let stroke = Stroke {
            width: (width * self.scale) as f32,
            line_join: LineJoin::Round,
            dash: dashed.then(|| StrokeDash::new(vec![dash, dash], 0.0)).flatten(),
            ..Stroke::default()
        };
        self.stroke(&path, colour, &stroke);
    }

    fn marker(&mut self, (x, y): (f64, f64), radius: f64, shape: Shape, colour: Colour) {
        let path = if shape == Shape::Disc {
            let [x, y, radius] = [x, y, radius].map(|v| (v * self.scale) as f32);
            PathBuilder::from_circle(x, y, radius)
        } else {
            let points: Vec<_> = corners(shape, radius)
                .iter()
                .map(|&(a, b)| (x + a, y + b))
                .collect();
            self.path(&points, true)
        };
        if let Some(path) = path {
            self.fill(&path, colour);
        }
    }

    fn text(&mut self, text: &Text) {
        let Some(path) = self.fonts.outline(&text.text, text.size, text.bold) else {
            return;
        };
        let width = self.fonts.width(&text.text, text.size, text.bold);
        let back = match text.align {
            Align::Start => 0.0,
            Align::Middle => width / 2.0,
            Align::End => width,
        };
        let turn = if text.upwards { -90.0 } else { 0.0 };
        let scale = self.scale as f32;
        let place = Transform::from_translate(-back as f32, 0.0)
            .post_concat(Transform::from_rotate(turn))
            .post_translate(text.x as f32, text.y as f32)
            .post_scale(scale, scale);
        let Some(path) = path.transform(place) else {
            return;
        };
        if text.rim {
            let stroke = Stroke {
                width: 0.24 * text.size as f32 * scale,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            self.stroke(&path, WHITE, &stroke);
        }
        self.fill(&path, text.colour);
    }

    fn dots(&mut self, dots: &Dots) {
        let sheet = stamp(dots, self.scale);
        let left = (dots.area.x * self.scale).round() as usize;
        let top = (dots.area.y * self.scale).round() as usize;
        let width = self.pixmap.width() as usize;
        for (row, line) in sheet.pixels.chunks_exact(sheet.width).enumerate() {
            let start = (top + row) * width + left;
            let room = width.saturating_sub(left).min(sheet.width);
            let Some(paper) = self.pixmap.pixels_mut().get_mut(start..start + room) else {
                break;
            };
            paper
                .iter_mut()
                .zip(line)
                .for_each(|(under, over)| *under = over_paper(*under, *over));
        }
    }

    fn path(&self, points: &[(f64, f64)], closed: bool) -> Option<Path> {
        let mut path = PathBuilder::new();
        for (number, &(x, y)) in points.iter().enumerate() {
            let (x, y) = ((x * self.scale) as f32, (y * self.scale) as f32);
            if number == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        if closed && !points.is_empty() {
            path.close();
        }
        path.finish()
    }

    fn edge(&mut self, path: &Path, line: Option<(Colour, f64)>) {
        if let Some((colour, width)) = line {
            let stroke = Stroke {
                width: (width * self.scale) as f32,
                ..Stroke::default()
            };
            self.stroke(path, colour, &stroke);
        }
    }

    fn fill(&mut self, path: &Path, colour: Colour) {
        self.pixmap.fill_path(
            path,
            &paint(colour),
            FillRule::Winding,
            Transform::identity(),
            None,
        );
    }

    fn stroke(&mut self, path: &Path, colour: Colour, stroke: &Stroke) {
        self.pixmap
            .stroke_path(path, &paint(colour), stroke, Transform::identity(), None);
    }
}

fn paint(colour: Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(skia(colour));
    paint
}

fn over_paper(under: PremultipliedColorU8, [r, g, b, a]: [f32; 4]) -> PremultipliedColorU8 {
    let blend = |over: f32, under: u8| {
        (over * 255.0 + f32::from(under) * (1.0 - a))
            .round()
            .clamp(0.0, 255.0) as u8
    };
    let (r, g, b) = (
        blend(r, under.red()),
        blend(g, under.green()),
        blend(b, under.blue()),
    );
    PremultipliedColorU8::from_rgba(r, g, b, 255).unwrap_or(under)
}
