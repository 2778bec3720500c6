//! A picture in lines, areas and real text.

use std::fmt::Write as _;

use base64::Engine as _;

use crate::raster::png_of_dots;
use crate::scene::{Align, Area, Dot, Dots, Item, Scene, Text, WHITE, corners};
use crate::{Colour, Shape};

/// Pixels a point of a picture of dots: 216 an inch.
const DOTS_SCALE: f64 = 3.0;

/// The picture as the text of an SVG file.
pub(crate) fn svg(scene: &Scene) -> String {
    let (width, height) = (Number(scene.width), Number(scene.height));
    let mut out = String::new();
    put(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"Roboto, 'Helvetica Neue', Arial, sans-serif\">\n<title>"
        ),
    );
    escape(&mut out, &scene.description);
    out.push_str("</title>\n");
    rect(
        &mut out,
        &Area::new(0.0, 0.0, scene.width, scene.height),
        Some(WHITE),
        None,
    );
    for item in &scene.items {
        draw(&mut out, item);
    }
    out.push_str("</svg>\n");
    out
}

/// A text takes all that is written to it.
fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(what);
}

fn draw(out: &mut String, item: &Item) {
    match item {
        Item::Rect { area, fill, line } => rect(out, area, *fill, *line),
        Item::Line {
            points,
            colour,
            width,
            dashed,
        } => {
            let dash = if *dashed { " stroke-dasharray=\"3\"" } else { "" };
            out.push_str("<polyline points=\"");
            list(out, points);
            put(
                out,
                format_args!(
                    "\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}/>\n",
                    Number(*width)
                ),
            );
        }
        Item::Polygon { points, fill, line } => {
            out.push_str("<polygon points=\"");
            list(out, points);
            put(out, format_args!("\" fill=\"{fill}\"{}/>\n", Edge(*line)));
        }
        Item::Marker {
            x,
            y,
            radius,
            shape,
            colour,
        } => marker(out, (*x, *y), *radius, *shape, *colour),
        Item::Text(line) => text(out, line),
        Item::Dots(dots) if dots.as_vectors => vectors(out, dots),
        Item::Dots(dots) => picture(out, dots),
    }
}

fn rect(out: &mut String, area: &Area, fill: Option<Colour>, line: Option<(Colour, f64)>) {
    let fill = fill.map_or("none".to_owned(), |colour| colour.to_string());
    let [x, y, width, height] = [area.x, area.y, area.width, area.height].map(Number);
    put(
        out,
        format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"{}/>\n",
            Edge(line)
        ),
    );
}

fn list(out: &mut String, points: &[(f64, f64)]) {
    for (number, &(x, y)) in points.iter().enumerate() {
        let blank = if number == 0 { "" } else { " " };
        put(out, format_args!("{blank}{},{}", Number(x), Number(y)));
    }
}

fn marker(out: &mut String, (x, y): (f64, f64), radius: f64, shape: Shape, colour: Colour) {
    if shape == Shape::Disc {
        let [x, y, radius] = [x, y, radius].map(Number);
        put(
            out,
            format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>\n"),
        );
    } else {
        let points: Vec<_> = corners(shape, radius)
            .iter()
            .map(|&(a, b)| (x + a, y + b))
            .collect();
        out.push_str("<polygon points=\"");
        list(out, &points);
        put(out, format_args!("\" fill=\"{colour}\"/>\n"));
    }
}

fn text(out: &mut String, text: &Text) {
    let (x, y) = (Number(text.x), Number(text.y));
    put(
        out,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"",
            Number(text.size),
            text.colour
        ),
    );
    match text.align {
        Align::Start => {}
        Align::Middle => out.push_str(" text-anchor=\"middle\""),
        Align::End => out.push_str(" text-anchor=\"end\""),
    }
    if text.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    if text.upwards {
        put(out, format_args!(" transform=\"rotate(-90 {x} {y})\""));
    }
    if text.rim {
        let width = Number(0.24 * text.size);
        put(
            out,
            format_args!(
                " stroke=\"{WHITE}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" paint-order=\"stroke\""
            ),
        );
    }
    out.push('>');
    escape(out, &text.text);
    out.push_str("</text>\n");
}

/// Each dot for itself, runs of one look together.
fn vectors(out: &mut String, dots: &Dots) {
    put(out, format_args!("<g fill-opacity=\"{}\">\n", Number(dots.alpha)));
    for dot in &dots.dots {
        let Dot { x, y, colour, shape } = *dot;
        marker(out, (f64::from(x), f64::from(y)), dots.radius, shape, colour);
    }
    out.push_str("</g>\n");
}

/// A picture of all dots, of a size that does not depend on how many they are.
fn picture(out: &mut String, dots: &Dots) {
    let bytes = base64::engine::general_purpose::STANDARD.encode(png_of_dots(dots, DOTS_SCALE));
    // A sheet is of whole pixels, which may be a little more than the area.
    let whole = |length: f64| Number((length * DOTS_SCALE).ceil() / DOTS_SCALE);
    let Area { x, y, width, height } = dots.area;
    put(
        out,
        format_args!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{bytes}\"/>\n",
            Number(x),
            Number(y),
            whole(width),
            whole(height)
        ),
    );
}

/// What XML can't hold, or would read as its own.
pub(crate) fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => out.push(' '),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// A number with at most three decimals.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 1000.0).round() / 1000.0;
        // No minus before a zero.
        write!(f, "{}", rounded + 0.0)
    }
}

/// The attributes of an edge.
struct Edge(Option<(Colour, f64)>);

impl std::fmt::Display for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => Ok(()),
            Some((colour, width)) => write!(f, " stroke=\"{colour}\" stroke-width=\"{}\"", Number(width)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_hold_anything() {
        let mut scene = Scene::new(10.0, 10.0, "a <b> & \"c\"");
        scene.text(Text::new(1.0, 2.0, "x\u{0}<script>\u{1f}\n\u{65e5}", 9.0));
        let svg = svg(&scene);
        assert!(svg.contains("a &lt;b&gt; &amp; &quot;c&quot;"));
        assert!(svg.contains("x\u{fffd}&lt;script&gt;\u{fffd} \u{65e5}</text>"));
    }

    #[test]
    fn numbers_are_short() {
        let shown = [1.0, -0.0, -0.0001, 1.234_56, 1e9].map(|value| Number(value).to_string());
        assert_eq!(shown, ["1", "0", "0", "1.235", "1000000000"]);
    }
}
