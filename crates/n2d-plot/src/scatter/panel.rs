//! Where the rows go: one half of the picture.

use super::check::Shown;
use crate::axis::{Scale, Side, draw};
use crate::scene::{Area, LIGHT, Scene, Text};

/// The extent of the points, with some air around them, and one unit as long across as up.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    across: (f64, f64),
    up: (f64, f64),
}

/// The height of a half, of its width: where the points are wide or tall, it is too, within limits.
const FLATTEST: f64 = 0.62;
const TALLEST: f64 = 1.1;

impl View {
    pub(super) fn of(points: &[(f64, f64)]) -> Self {
        Self {
            across: extent(points.iter().map(|point| point.0)),
            up: extent(points.iter().map(|point| point.1)),
        }
    }

    /// Height that suits the points for a width.
    pub(super) fn height_for(&self, width: f64) -> f64 {
        let (across, up) = (self.across.1 - self.across.0, self.up.1 - self.up.0);
        width * (up / across).clamp(FLATTEST, TALLEST)
    }

    /// The scales across and up within an area.
    pub(super) fn scales(&self, area: &Area) -> (Scale, Scale) {
        let (across, up) = (self.across.1 - self.across.0, self.up.1 - self.up.0);
        let unit = (across / area.width).max(up / area.height);
        let around = |(low, high): (f64, f64), length: f64| {
            let (middle, half) = (low / 2.0 + high / 2.0, unit * length / 2.0);
            (middle - half, middle + half)
        };
        (
            Scale::linear(around(self.across, area.width), (area.x, area.right())),
            Scale::linear(around(self.up, area.height), (area.bottom(), area.y)),
        )
    }
}

/// Least and greatest with a twenty-fifth of the way between them added on both sides.
fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        (low, high) = (low.min(value), high.max(value));
    }
    let air = 0.04 * (high - low);
    let least = if low == 0.0 && high == 0.0 {
        1.0
    } else {
        1e-6 * low.abs().max(high.abs())
    };
    (low - air.max(least), high + air.max(least))
}

/// Places of the points in an area.
pub(super) fn places(view: &View, area: &Area, points: &[(f64, f64)]) -> Vec<(f32, f32)> {
    let (across, up) = view.scales(area);
    points
        .iter()
        .map(|&(x, y)| (across.place(x) as f32, up.place(y) as f32))
        .collect()
}

/// Frame, ticks and names of the axes; the axis to the left only where asked for.
pub(super) fn frame(scene: &mut Scene, area: &Area, view: &View, shown: &Shown, title: &str, left: bool) {
    let (across, up) = view.scales(area);
    draw(scene, area, &across, Side::Below, &shown.across, false);
    if left && !shown.up.is_empty() {
        draw(scene, area, &up, Side::Left, &shown.up, false);
    }
    scene.frame(*area, LIGHT, 0.7);
    scene.text(Text::new(area.x, area.y - 6.0, title, 10.0).bold());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_points_are_within_and_units_are_square() {
        let area = Area::new(50.0, 60.0, 300.0, 200.0);
        for points in [
            vec![(0.0, 0.0)],
            vec![(5.0, -3.0); 9],
            vec![(1e30, -1e30), (-1e30, 1e30)],
            vec![(1e-30, 0.0), (2e-30, 1e-30)],
            vec![(0.0, 0.0), (1000.0, 1.0)],
            vec![(f64::from(f32::MAX), 0.0), (f64::from(f32::MIN), 1e-45)],
        ] {
            let view = View::of(&points);
            for (x, y) in places(&view, &area, &points) {
                let inside = (50.0..=350.0).contains(&x) && (60.0..=260.0).contains(&y);
                assert!(inside, "{points:?}: {x}, {y}");
            }
            let (across, up) = view.scales(&area);
            let (a, b) = ((across.high - across.low) / 300.0, (up.high - up.low) / 200.0);
            assert!((a / b - 1.0).abs() < 1e-6, "{points:?}: {a} {b}");
        }
    }
}
