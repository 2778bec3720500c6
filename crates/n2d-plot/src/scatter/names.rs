//! Names on the plot: each where its rows are densest, none above another.

use std::collections::BTreeMap;

use crate::font::{CAP_HEIGHT, Fonts};
use crate::scene::{Align, Area, Scene, Text};

/// Cells along each axis in which rows are counted.
const CELLS: usize = 48;
const SIZE: f64 = 9.0;

/// Where the rows of each label are densest: the middle of the fullest cell, its neighbours counted in.
pub(super) fn densest(area: &Area, places: &[(f32, f32)], labels: &[i32]) -> BTreeMap<i32, (f64, f64)> {
    let mut by_label: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        by_label.entry(label).or_default().push(row);
    }
    by_label
        .into_iter()
        .map(|(label, rows)| (label, densest_of(area, places, &rows)))
        .collect()
}

fn densest_of(area: &Area, places: &[(f32, f32)], rows: &[usize]) -> (f64, f64) {
    let cell = |at: f32, start: f64, length: f64| {
        let share = (f64::from(at) - start) / length;
        ((share * CELLS as f64).max(0.0) as usize).min(CELLS - 1)
    };
    let cell_of = |row: usize| {
        let (x, y) = places[row];
        (cell(x, area.x, area.width), cell(y, area.y, area.height))
    };
    let mut counts = vec![0_usize; CELLS * CELLS];
    for &row in rows {
        let (column, line) = cell_of(row);
        counts[line * CELLS + column] += 1;
    }
    let around = |at: usize| -> usize {
        let (column, line) = (at % CELLS, at / CELLS);
        let near = |middle: usize| middle.saturating_sub(1)..(middle + 2).min(CELLS);
        let sum: usize = near(line)
            .flat_map(|l| near(column).map(move |c| (l, c)))
            .map(|(l, c)| counts[l * CELLS + c])
            .sum();
        // Of cells whose neighbourhoods are as full, the fuller.
        sum * 8 + counts[at] * 8 / rows.len().max(1)
    };
    let mut best = (0, 0);
    for at in 0..CELLS * CELLS {
        let full = around(at);
        if full > best.0 {
            best = (full, at);
        }
    }
    let middle = |cell: usize, start: f64, length: f64| start + (cell as f64 + 0.5) / CELLS as f64 * length;
    (
        middle(best.1 % CELLS, area.x, area.width),
        middle(best.1 / CELLS, area.y, area.height),
    )
}

/// Where a name may go that would lie above another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// To any side.
    Around,
    /// Up or down.
    Along,
}

/// Writes names, largest group first; one that would lie above another moves to the nearest place that is free, and where there
/// is none near it is left out.
pub(crate) fn write(
    scene: &mut Scene,
    fonts: &Fonts,
    area: &Area,
    names: &[(String, (f64, f64))],
    room: Room,
) {
    let mut taken: Vec<Area> = Vec::new();
    for (name, (x, y)) in names {
        let name = fonts.fit(name, SIZE, true, 80.0);
        let (width, height) = (fonts.width(&name, SIZE, true) + 3.0, CAP_HEIGHT * SIZE + 3.0);
        let boxed = |x: f64, y: f64| Area::new(x - width / 2.0, y - height / 2.0, width, height);
        let free = |spot: &Area| area.holds(spot) && !taken.iter().any(|other| other.overlaps(spot));
        let offsets = match room {
            Room::Around => around(),
            Room::Along => along(),
        };
        let spots = offsets
            .into_iter()
            .map(|(dx, dy)| boxed(x + dx * height, y + dy * height));
        if let Some(spot) = spots.into_iter().find(free) {
            let (x, y) = (
                spot.x + width / 2.0,
                spot.y + height / 2.0 + CAP_HEIGHT * SIZE / 2.0,
            );
            scene.text(Text::new(x, y, name, SIZE).bold().align(Align::Middle).rim());
            taken.push(spot);
        }
    }
}

/// Steps from a place, in heights of a name: none first, then around it, ever farther.
fn around() -> Vec<(f64, f64)> {
    let ring = |distance: f64| {
        (0..8).map(move |eighth| {
            let turn = f64::from(eighth) * std::f64::consts::FRAC_PI_4;
            (distance * turn.cos(), distance * turn.sin())
        })
    };
    let rings = [0.6, 1.1, 1.7, 2.4, 3.2].into_iter().flat_map(ring);
    std::iter::once((0.0, 0.0)).chain(rings).collect()
}

/// Likewise down and up.
fn along() -> Vec<(f64, f64)> {
    let both = |step: i32| [f64::from(step) * 0.55, f64::from(step) * -0.55];
    let steps = (1..=8).flat_map(both).map(|step| (0.0, step));
    std::iter::once((0.0, 0.0)).chain(steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Item;

    const AREA: Area = Area::new(0.0, 0.0, 100.0, 100.0);

    #[test]
    fn a_ring_has_its_name_on_it_and_not_in_its_hole() {
        let ring: Vec<(f32, f32)> = (0..400)
            .map(|i| {
                let turn = i as f32 / 400.0 * std::f32::consts::TAU;
                (50.0 + 40.0 * turn.cos(), 50.0 + 40.0 * turn.sin())
            })
            .collect();
        let (x, y) = densest(&AREA, &ring, &[3; 400])[&3];
        assert!(((x - 50.0).hypot(y - 50.0) - 40.0).abs() < 4.0, "{x}, {y}");
    }

    #[test]
    fn names_do_not_lie_above_one_another() {
        let fonts = Fonts::new();
        let mut scene = Scene::new(100.0, 100.0, "");
        let names: Vec<_> = (0..6).map(|i| (format!("n{i}"), (50.0, 50.0))).collect();
        write(&mut scene, &fonts, &AREA, &names, Room::Around);
        let texts: Vec<(f64, f64)> = scene
            .items
            .iter()
            .filter_map(|item| {
                if let Item::Text(text) = item {
                    Some((text.x, text.y))
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(texts.len(), 6);
        for (i, a) in texts.iter().enumerate() {
            assert!(
                texts[..i]
                    .iter()
                    .all(|b| (a.0 - b.0).abs() > 10.0 || (a.1 - b.1).abs() > 6.0)
            );
        }
    }
}
