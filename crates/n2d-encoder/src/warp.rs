//! Moves the values of an image or a sequence, with linear interpolation between them.

/// How an image is placed anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Down and to the right, in pixels.
    pub(crate) shift: (f64, f64),
    /// Around the centre, clockwise, in radians.
    pub(crate) angle: f64,
    /// Left to right.
    pub(crate) mirror: bool,
    /// Factors of its height and width.
    pub(crate) stretch: (f64, f64),
    /// Pixels to the right for each pixel down.
    pub(crate) slant: f64,
}

/// Places an image of `(height, width, channels)`; what comes in from outside is what is at the edge, since what stands for nothing depends on how pixels are scaled.
pub(crate) fn place(image: &mut [f32], (height, width, channels): (usize, usize, usize), place: Place) {
    let source = image.to_vec();
    let (sin, cos) = place.angle.sin_cos();
    let centre = ((height - 1) as f64 / 2.0, (width - 1) as f64 / 2.0);
    for (at, pixel) in image.chunks_exact_mut(channels).enumerate() {
        let (row, column) = ((at / width) as f64, (at % width) as f64);
        let (y, x) = (row - centre.0 - place.shift.0, column - centre.1 - place.shift.1);
        let (y, x) = (cos * y - sin * x, sin * y + cos * x);
        let x = if place.mirror { -x } else { x };
        let (y, x) = (y / place.stretch.0, (x - place.slant * y) / place.stretch.1);
        let from = (y + centre.0, x + centre.1);
        for (channel, value) in pixel.iter_mut().enumerate() {
            let at = |row: usize, column: usize| source[(row * width + column) * channels + channel];
            *value = between(from, (height, width), at);
        }
    }
}

/// The value between the four pixels around a point; outside are those of the edge.
fn between((y, x): (f64, f64), (height, width): (usize, usize), at: impl Fn(usize, usize) -> f32) -> f32 {
    let (y, x) = (
        y.clamp(0.0, (height - 1) as f64),
        x.clamp(0.0, (width - 1) as f64),
    );
    let (top, left) = (y.floor(), x.floor());
    let mut sum = 0.0;
    for (row, weight_y) in [(top, 1.0 - (y - top)), (top + 1.0, y - top)] {
        for (column, weight_x) in [(left, 1.0 - (x - left)), (left + 1.0, x - left)] {
            // On the edge itself nothing of what lies beyond counts.
            if weight_y * weight_x > 0.0 {
                sum += weight_y * weight_x * f64::from(at(row as usize, column as usize));
            }
        }
    }
    sum as f32
}

/// Stretches the piece of a sequence that begins at step `start` and is `length` steps long to the whole.
pub(crate) fn stretch(sequence: &mut [f32], channels: usize, start: f64, length: f64) {
    let source = sequence.to_vec();
    let last = source.len() / channels - 1;
    for (step, values) in sequence.chunks_exact_mut(channels).enumerate() {
        let from = start + length * step as f64 / last.max(1) as f64;
        let before = (from.floor() as usize).min(last);
        let part = (from - before as f64) as f32;
        for (channel, value) in values.iter_mut().enumerate() {
            let at = |step: usize| source[step.min(last) * channels + channel];
            *value = at(before) + part * (at(before + 1) - at(before));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Place = Place {
        shift: (0.0, 0.0),
        angle: 0.0,
        mirror: false,
        stretch: (1.0, 1.0),
        slant: 0.0,
    };

    fn placed(how: Place) -> Vec<f32> {
        let mut image: Vec<f32> = (1..=9).map(|v| v as f32).collect();
        place(&mut image, (3, 3, 1), how);
        image.iter().map(|v| v.round()).collect()
    }

    #[test]
    fn images_move_as_asked() {
        assert_eq!(placed(STILL), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        let mirrored = placed(Place {
            mirror: true,
            ..STILL
        });
        assert_eq!(mirrored, [3.0, 2.0, 1.0, 6.0, 5.0, 4.0, 9.0, 8.0, 7.0]);
        let moved = placed(Place {
            shift: (1.0, -1.0),
            ..STILL
        });
        assert_eq!(moved, [2.0, 3.0, 3.0, 2.0, 3.0, 3.0, 5.0, 6.0, 6.0]);
        let turned = placed(Place {
            angle: std::f64::consts::FRAC_PI_2,
            ..STILL
        });
        assert_eq!(turned, [7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0]);
        let wide = placed(Place {
            stretch: (1.0, 2.0),
            ..STILL
        });
        assert_eq!(wide, [2.0, 2.0, 3.0, 5.0, 5.0, 6.0, 8.0, 8.0, 9.0]);
        let slanted = placed(Place { slant: 1.0, ..STILL });
        assert_eq!(slanted, [2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, 7.0, 8.0]);
    }

    #[test]
    fn channels_move_together() {
        let mut image = [1.0, 10.0, 2.0, 20.0];
        place(
            &mut image,
            (1, 2, 2),
            Place {
                mirror: true,
                ..STILL
            },
        );
        assert_eq!(image, [2.0, 20.0, 1.0, 10.0]);
    }

    #[test]
    fn a_piece_becomes_the_whole() {
        let mut sequence = [0.0, 1.0, 2.0, 3.0, 4.0];
        stretch(&mut sequence, 1, 1.0, 2.0);
        assert_eq!(sequence, [1.0, 1.5, 2.0, 2.5, 3.0]);
        let mut one = [7.0, 8.0];
        stretch(&mut one, 2, 0.0, 0.0);
        assert_eq!(one, [7.0, 8.0]);
    }
}
