use std::collections::BTreeSet;

use n2d_core::Labels;
use n2d_metrics::Contingency;

use crate::axis::count;
use crate::font::Fonts;
use crate::groups::Names;
use crate::heading::{HEADING, Heading};
use crate::scatter::plural;
use crate::scene::{Align, Area, BLACK, GREY, LIGHT, Scene, Text, WHITE};
use crate::{Colour, Figure, PlotError};

/// The colour of a class that is wholly in one cluster.
const FULL: Colour = Colour::hex(0x00_2d78);
/// Up to so many rows and columns, cells hold their counts.
const MOST_COUNTS: usize = 24;
/// More rows or columns are not drawn, which the line of facts says.
const MOST_CELLS: usize = 1_000;
/// Up to so many, they have names.
const MOST_NAMES: usize = 60;

/// How the rows of each class are shared out among the clusters, as shades: a class a row, a cluster a column.
///
/// Columns are sorted by the best mapping, so that what is right lies on the diagonal; clusters left over follow, largest first, and noise
/// last. A shade is the share of the class' rows. Up to 24 classes and clusters, cells also hold their counts.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::ConfusionMatrix;
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// let clusters = Labels::new(vec![1, 1, 0, 1])?;
/// let svg = ConfusionMatrix::new(&classes, &clusters).with_class_names(["cat", "dog"]).draw()?.to_svg();
/// assert!(svg.contains("dog"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConfusionMatrix<'a> {
    classes: &'a Labels,
    clusters: &'a Labels,
    class_names: Names,
    cluster_names: Names,
    heading: Heading,
}

impl<'a> ConfusionMatrix<'a> {
    /// Of the class and the cluster of each row.
    pub fn new(classes: &'a Labels, clusters: &'a Labels) -> Self {
        Self {
            classes,
            clusters,
            class_names: Names::default(),
            cluster_names: Names::default(),
            heading: Heading::default(),
        }
    }

    /// Names of the classes, by number. Default: their numbers.
    pub fn with_class_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            class_names: Names::new(names),
            ..self
        }
    }

    /// Names of the clusters, by number. Default: their numbers.
    pub fn with_cluster_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            cluster_names: Names::new(names),
            ..self
        }
    }

    /// The title. Default `Classes and clusters`.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.heading.title = title.into();
        self
    }

    /// Facts for the line beneath the title.
    pub fn with_facts(mut self, facts: impl Into<String>) -> Self {
        self.heading.facts = facts.into();
        self
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`PlotError::Metric`] where the two are not of one length, or empty.
    pub fn draw(&self) -> Result<Figure, PlotError> {
        let table = Contingency::new(self.classes, self.clusters)?;
        let (rows, columns) = order(&table);
        let fonts = Fonts::new();
        let most = rows.len().max(columns.len());
        let cell = (520.0 / most as f64).clamp(0.5, 32.0);
        let names = self.names(&fonts, &rows, &columns, cell);
        let area = Area::new(
            36.0 + names.left,
            HEADING + 10.0,
            cell * columns.len() as f64,
            cell * rows.len() as f64,
        );
        let facts = facts(&table, columns.len());
        let axis = area.bottom() + names.below + 16.0;
        let width = (area.right() + 60.0).max(300.0);
        let height = (axis + 10.0).max(area.y + 100.0);
        let mut scene = Scene::new(width, height, format!("Classes and clusters: {facts}"));
        self.heading
            .draw(&mut scene, &fonts, "Classes and clusters", &facts);
        self.cells(&mut scene, &area, cell, &table, &rows, &columns);
        names.write(&mut scene, &area, cell);
        scene.frame(area, LIGHT, 0.7);
        let class = Text::new(22.0, area.y + area.height / 2.0, "class", 9.0);
        scene.text(class.align(Align::Middle).upwards());
        let cluster = Text::new(area.x + area.width / 2.0, axis, "cluster, by best mapping", 9.0);
        scene.text(cluster.align(Align::Middle));
        key(&mut scene, area.right() + 12.0, area.y);
        Ok(Figure::new(scene))
    }

    /// Names of rows and columns; none where there are too many.
    fn names(&self, fonts: &Fonts, rows: &[i32], columns: &[i32], cell: f64) -> AxisNames {
        let size = (0.75 * cell).clamp(5.0, 9.0);
        if rows.len().max(columns.len()) > MOST_NAMES {
            return AxisNames::default();
        }
        let class = |&class: &i32| match class {
            Labels::NOISE => "unknown".to_owned(),
            class => fonts.fit(&self.class_names.short(class), size, false, 100.0),
        };
        let cluster = |&cluster: &i32| fonts.fit(&self.cluster_names.short(cluster), size, false, 70.0);
        let (rows, columns): (Vec<_>, Vec<_>) = (
            rows.iter().map(class).collect(),
            columns.iter().map(cluster).collect(),
        );
        let widest = |names: &[String]| {
            names
                .iter()
                .map(|name| fonts.width(name, size, false))
                .fold(0.0, f64::max)
        };
        let upwards = widest(&columns) > cell - 2.0;
        AxisNames {
            left: widest(&rows),
            below: if upwards {
                widest(&columns) + 5.0
            } else {
                size + 4.0
            },
            rows,
            columns,
            upwards,
            size,
        }
    }

    fn cells(
        &self,
        scene: &mut Scene,
        area: &Area,
        cell: f64,
        table: &Contingency,
        rows: &[i32],
        columns: &[i32],
    ) {
        let counts = rows.len().max(columns.len()) <= MOST_COUNTS;
        for found in table.cells() {
            let (class, cluster) = (table.classes()[found.class], table.clusters()[found.cluster]);
            let (Some(row), Some(column)) = (at(rows, class), at(columns, cluster)) else {
                continue;
            };
            let share = found.count as f64 / table.class_sizes()[found.class] as f64;
            let (x, y) = (area.x + column as f64 * cell, area.y + row as f64 * cell);
            scene.fill(Area::new(x, y, cell, cell), WHITE.mix(FULL, shade(share)));
            if counts {
                let size = (cell / 3.6).min(8.5);
                let colour = if shade(share) > 0.45 { WHITE } else { BLACK };
                let text = Text::new(
                    x + cell / 2.0,
                    y + cell / 2.0 + 0.36 * size,
                    count(found.count),
                    size,
                );
                scene.text(text.align(Align::Middle).colour(colour));
            }
        }
    }
}

/// What stands to the left of the rows and below the columns.
#[derive(Default)]
struct AxisNames {
    rows: Vec<String>,
    columns: Vec<String>,
    /// Whether those below run upwards.
    upwards: bool,
    size: f64,
    left: f64,
    below: f64,
}

impl AxisNames {
    fn write(self, scene: &mut Scene, area: &Area, cell: f64) {
        let (size, lower) = (self.size, 0.36 * self.size);
        let middle = |number: usize| (number as f64 + 0.5) * cell;
        for (number, name) in self.rows.into_iter().enumerate() {
            scene
                .text(Text::new(area.x - 5.0, area.y + middle(number) + lower, name, size).align(Align::End));
        }
        for (number, name) in self.columns.into_iter().enumerate() {
            let (x, y) = (area.x + middle(number), area.bottom());
            scene.text(if self.upwards {
                Text::new(x + lower, y + 5.0, name, size)
                    .align(Align::End)
                    .upwards()
            } else {
                Text::new(x, y + 4.0 + size, name, size).align(Align::Middle)
            });
        }
    }
}

fn facts(table: &Contingency, n_columns: usize) -> String {
    let classes = table
        .classes()
        .iter()
        .filter(|&&class| class != Labels::NOISE)
        .count();
    let clusters = table
        .clusters()
        .iter()
        .filter(|&&cluster| cluster != Labels::NOISE)
        .count();
    let classes = if classes == 1 {
        "1 class".to_owned()
    } else {
        format!("{} classes", count(classes))
    };
    let facts = format!(
        "{}, {classes}, {}",
        plural(table.n_samples(), "row"),
        plural(clusters, "cluster")
    );
    if n_columns < table.clusters().len() {
        format!("{facts}, the first {} drawn", count(n_columns))
    } else {
        facts
    }
}

/// Classes ascending, and clusters in the order of their classes; those left over after them, noise last.
fn order(table: &Contingency) -> (Vec<i32>, Vec<i32>) {
    let mut rows = table.classes().to_vec();
    if table.noise_class().is_some() {
        rows.rotate_left(1);
    }
    let mut mapping = table.best_mapping();
    mapping.sort_by_key(|&(cluster, class)| (class, cluster));
    let mut columns: Vec<i32> = mapping.into_iter().map(|(cluster, _)| cluster).collect();
    let matched: BTreeSet<i32> = columns.iter().copied().collect();
    let sizes = table.clusters().iter().zip(table.cluster_sizes());
    let mut rest: Vec<(bool, std::cmp::Reverse<usize>, i32)> = sizes
        .filter(|(cluster, _)| !matched.contains(cluster))
        .map(|(&cluster, &size)| (cluster == Labels::NOISE, std::cmp::Reverse(size), cluster))
        .collect();
    rest.sort_unstable();
    columns.extend(rest.into_iter().map(|(_, _, cluster)| cluster));
    // At half a point a cell, more would be no picture.
    rows.truncate(MOST_CELLS);
    columns.truncate(MOST_CELLS);
    (rows, columns)
}

fn at(labels: &[i32], label: i32) -> Option<usize> {
    labels.iter().position(|&other| other == label)
}

/// Small shares must be seen beside white: a share's root.
fn shade(share: f64) -> f64 {
    share.sqrt()
}

fn key(scene: &mut Scene, x: f64, y: f64) {
    const STEPS: usize = 24;
    let step = 84.0 / STEPS as f64;
    for number in 0..STEPS {
        let share = 1.0 - (number as f64 + 0.5) / STEPS as f64;
        scene.fill(
            Area::new(x, y + number as f64 * step, 8.0, step + 0.1),
            WHITE.mix(FULL, shade(share)),
        );
    }
    scene.frame(Area::new(x, y, 8.0, 84.0), LIGHT, 0.5);
    for (share, text) in [(1.0, "100 %"), (0.5, "50 %"), (0.0, "0 %")] {
        scene.text(Text::new(x + 11.0, y + (1.0 - share) * 84.0 + 2.6, text, 7.0).colour(GREY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[i32]) -> Labels {
        Labels::new(values.to_vec()).unwrap()
    }

    #[test]
    fn what_is_right_lies_on_the_diagonal() {
        let table = Contingency::new(
            &labels(&[0, 0, 1, 1, 2, 2, -1, 0]),
            &labels(&[5, 5, 9, 9, 3, 3, -1, 7]),
        )
        .unwrap();
        assert_eq!(order(&table), (vec![0, 1, 2, -1], vec![5, 9, 3, 7, -1]));
    }

    #[test]
    fn few_and_many_are_drawn() {
        for n in [1, 2, 24, 25, 60, 61, 200] {
            let rows: Vec<i32> = (0..n * 3).map(|row| row % n).collect();
            let clusters: Vec<i32> = (0..n * 3).map(|row| (row * 7) % n.max(2) - 1).collect();
            let figure = ConfusionMatrix::new(&labels(&rows), &labels(&clusters))
                .draw()
                .unwrap();
            let (width, height) = figure.size();
            assert!(width < 800.0 && height < 800.0, "{n}: {width} x {height}");
        }
        let mismatch = ConfusionMatrix::new(&labels(&[0]), &labels(&[0, 1])).draw();
        assert!(matches!(mismatch, Err(PlotError::Metric(_))));
    }
}
