//! Which look means what.

use crate::axis::count;
use crate::font::Fonts;
use crate::palette::Ink;
use crate::scene::{BLACK, GREY, Item, Scene, Text};

/// Most columns; what does not fit in them is counted.
const MOST_COLUMNS: usize = 3;
/// Widest name; longer ones end in an ellipsis.
const WIDEST: f64 = 132.0;

/// One look.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) ink: Ink,
    pub(crate) name: String,
    /// What stands behind the name, in grey.
    pub(crate) note: String,
    /// Rows that look so: where not all looks fit, those of the fewest rows are left out.
    pub(crate) size: usize,
}

/// Entries with their places.
pub(crate) struct Legend {
    title: String,
    entries: Vec<Entry>,
    left_out: usize,
    per_column: usize,
    row: f64,
    size: f64,
    column: f64,
}

impl Legend {
    /// Laid out for a height; empty where there is only one look, which needs no explanation.
    pub(crate) fn new(fonts: &Fonts, title: &str, entries: Vec<Entry>, height: f64) -> Self {
        let room = height - 16.0;
        let roomy = (room / 14.0) as usize;
        let (row, size) = if entries.len() <= roomy {
            (14.0, 9.0)
        } else {
            (10.5, 7.5)
        };
        let per_column = ((room / row) as usize).max(2);
        let (entries, left_out) = largest(entries, per_column * MOST_COLUMNS);
        let fitted: Vec<Entry> = entries
            .into_iter()
            .map(|entry| Entry {
                name: fonts.fit(&entry.name, size, false, WIDEST),
                note: fonts.fit(&entry.note, size, false, WIDEST / 2.0),
                ..entry
            })
            .collect();
        let width = |entry: &Entry| {
            14.0 + fonts.width(&entry.name, size, false) + note_width(fonts, &entry.note, size) + 12.0
        };
        let widest = fitted.iter().map(width).fold(0.0, f64::max);
        Self {
            title: title.to_owned(),
            column: widest.max(if left_out > 0 { 74.0 } else { 0.0 }),
            entries: fitted,
            left_out,
            per_column,
            row,
            size,
        }
    }

    /// How wide it is, without a margin.
    pub(crate) fn width(&self, fonts: &Fonts) -> f64 {
        let lines = self.entries.len() + usize::from(self.left_out > 0);
        let columns = lines.div_ceil(self.per_column) as f64;
        (columns * self.column).max(fonts.width(&self.title, 9.0, true))
    }

    pub(crate) fn draw(&self, scene: &mut Scene, fonts: &Fonts, x: f64, y: f64) {
        scene.text(Text::new(x, y + 8.0, &self.title, 9.0).bold());
        let place = |number: usize| {
            let (column, row) = (number / self.per_column, number % self.per_column);
            (x + column as f64 * self.column, y + 24.0 + row as f64 * self.row)
        };
        for (number, entry) in self.entries.iter().enumerate() {
            let (x, y) = place(number);
            scene.items.push(Item::Marker {
                x: x + 5.0,
                y: y - 0.34 * self.size,
                radius: 0.4 * self.size,
                shape: entry.ink.shape,
                colour: entry.ink.colour,
            });
            scene.text(Text::new(x + 14.0, y, &entry.name, self.size).colour(BLACK));
            let after = x + 14.0 + fonts.width(&entry.name, self.size, false) + 0.6 * self.size;
            scene.text(Text::new(after, y, &entry.note, self.size).colour(GREY));
        }
        if self.left_out > 0 {
            let (x, y) = place(self.entries.len());
            let text = format!("and {} smaller", count(self.left_out));
            scene.text(Text::new(x + 14.0, y, text, self.size).colour(GREY));
        }
    }
}

fn note_width(fonts: &Fonts, note: &str, size: f64) -> f64 {
    if note.is_empty() {
        0.0
    } else {
        0.6 * size + fonts.width(note, size, false)
    }
}

/// The entries of the most rows in the order they came, and how many are left out.
fn largest(entries: Vec<Entry>, room: usize) -> (Vec<Entry>, usize) {
    if entries.len() <= room {
        return (entries, 0);
    }
    let mut by_size: Vec<usize> = (0..entries.len()).collect();
    by_size.sort_by_key(|&at| (std::cmp::Reverse(entries[at].size), at));
    // One line is for the number of those left out.
    by_size.truncate(room - 1);
    by_size.sort_unstable();
    let left_out = entries.len() - by_size.len();
    (
        by_size.into_iter().map(|at| entries[at].clone()).collect(),
        left_out,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::palette::palette;

    fn entries(n: usize) -> Vec<Entry> {
        let entry = |number: usize| Entry {
            ink: palette(number),
            name: format!("cluster {number}"),
            note: String::new(),
            size: number,
        };
        (0..n).map(entry).collect()
    }

    #[test]
    fn the_largest_are_kept_in_order() {
        let (kept, left_out) = largest(entries(10), 5);
        let sizes: Vec<usize> = kept.iter().map(|entry| entry.size).collect();
        assert_eq!((sizes.as_slice(), left_out), ([6, 7, 8, 9].as_slice(), 6));
    }

    #[test]
    fn any_number_of_entries_with_any_names_stays_within_bounds() {
        let fonts = Fonts::new();
        for n in [0, 1, 10, 30, 200, 5_000] {
            let mut all = entries(n);
            for entry in &mut all {
                entry.name = "very long ".repeat(30);
                entry.note = "note ".repeat(100);
            }
            let legend = Legend::new(&fonts, "cluster", all, 300.0);
            assert!(legend.width(&fonts) < 700.0, "{n}");
            let mut scene = Scene::new(800.0, 320.0, "");
            legend.draw(&mut scene, &fonts, 0.0, 0.0);
            let lowest = scene
                .items
                .iter()
                .map(|item| if let Item::Text(text) = item { text.y } else { 0.0 });
            assert!(lowest.fold(0.0, f64::max) <= 320.0);
        }
    }
}
