use n2d_core::Labels;

use crate::axis::{Scale, Side, count, draw};
use crate::font::Fonts;
use crate::groups::{Names, sizes};
use crate::heading::{HEADING, Heading};
use crate::scatter::plural;
use crate::scene::{Align, Area, GREY, Scene, Text};
use crate::{Colours, Figure, PlotError};

const NAME: &str = "cluster sizes";
const BARS: f64 = 300.0;
/// More groups than this become a curve without names.
const MOST_BARS: usize = 60;

/// How many rows each cluster has: a bar for each, by number, noise last. More than 60 become one bar beside the other, largest
/// first, without names.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::ClusterSizes;
///
/// let labels = Labels::new(vec![0, 0, 1, -1])?;
/// let svg = ClusterSizes::new(&labels).with_names(["cats", "dogs"]).draw()?.to_svg();
/// assert!(svg.contains("cats") && svg.contains("noise"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ClusterSizes<'a> {
    labels: &'a Labels,
    names: Names,
    colours: Option<&'a Colours>,
    heading: Heading,
}

impl<'a> ClusterSizes<'a> {
    /// Of the cluster of each row.
    pub fn new(labels: &'a Labels) -> Self {
        Self {
            labels,
            names: Names::default(),
            colours: None,
            heading: Heading::default(),
        }
    }

    /// Names of the clusters, by number. Default: their numbers.
    pub fn with_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: Names::new(names),
            ..self
        }
    }

    /// Colours shared with other plots. Default: those of these labels.
    pub fn with_colours(self, colours: &'a Colours) -> Self {
        Self {
            colours: Some(colours),
            ..self
        }
    }

    /// The title. Default `Cluster sizes`.
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
    /// [`PlotError::Empty`] without rows.
    pub fn draw(&self) -> Result<Figure, PlotError> {
        if self.labels.is_empty() {
            return Err(PlotError::Empty {
                plot: NAME,
                what: "rows",
            });
        }
        let mut groups: Vec<(i32, usize)> = sizes(self.labels).into_iter().collect();
        // Noise is the lowest label, and goes last.
        if groups[0].0 == Labels::NOISE {
            groups.rotate_left(1);
        }
        let own = Colours::of_clusters(self.labels);
        let colours = self.colours.unwrap_or(&own);
        let fonts = Fonts::new();
        Ok(Figure::new(if groups.len() <= MOST_BARS {
            self.bars(&fonts, &groups, colours)
        } else {
            self.ranks(&fonts, groups, colours)
        }))
    }

    fn bars(&self, fonts: &Fonts, groups: &[(i32, usize)], colours: &Colours) -> Scene {
        let row = if groups.len() <= 24 { 16.0 } else { 11.0 };
        let names: Vec<String> = groups
            .iter()
            .map(|&(label, _)| fonts.fit(&self.names.full("cluster", label), 9.0, false, 120.0))
            .collect();
        let left = 22.0
            + names
                .iter()
                .map(|name| fonts.width(name, 9.0, false))
                .fold(0.0, f64::max);
        let area = Area::new(left, HEADING + 6.0, BARS, row * groups.len() as f64);
        let mut scene = self.scene(fonts, area.right() + 88.0, area.bottom() + 14.0);
        let most = groups.iter().map(|group| group.1).max().unwrap_or(1) as f64;
        for (number, (&(label, size), name)) in groups.iter().zip(&names).enumerate() {
            let y = area.y + number as f64 * row;
            let length = (size as f64 / most * area.width).max(0.6);
            scene.fill(
                Area::new(area.x, y + 0.14 * row, length, 0.72 * row),
                colours.of_cluster(label).colour,
            );
            let line = y + row / 2.0 + 3.2;
            scene.text(Text::new(area.x - 6.0, line, name, 9.0).align(Align::End));
            let share = 100.0 * size as f64 / self.labels.len() as f64;
            scene.text(
                Text::new(
                    area.x + length + 5.0,
                    line,
                    format!("{}  ({share:.1} %)", count(size)),
                    8.0,
                )
                .colour(GREY),
            );
        }
        scene
    }

    fn ranks(&self, fonts: &Fonts, mut groups: Vec<(i32, usize)>, colours: &Colours) -> Scene {
        groups.sort_by_key(|&(label, size)| (std::cmp::Reverse(size), label));
        let area = Area::new(58.0, HEADING + 6.0, 420.0, 200.0);
        let mut scene = self.scene(fonts, area.right() + 20.0, area.bottom() + 36.0);
        let up = Scale::linear((0.0, groups[0].1 as f64), (area.bottom(), area.y));
        draw(&mut scene, &area, &up, Side::Left, "rows", true);
        let across = Scale::linear((0.5, groups.len() as f64 + 0.5), (area.x, area.right()));
        draw(&mut scene, &area, &across, Side::Below, "clusters by size", false);
        // No more bars than can be seen: of those that share a place, the largest.
        let step = groups.len().div_ceil(1_000);
        for (number, &(label, size)) in groups.iter().enumerate().step_by(step) {
            let (from, to) = (
                across.place(number as f64 + 0.5),
                across.place((number + step) as f64 + 0.5),
            );
            let bar = Area::new(
                from,
                up.place(size as f64),
                (to - from).min(area.right() - from),
                0.0,
            );
            scene.fill(
                Area {
                    height: area.bottom() - bar.y,
                    ..bar
                },
                colours.of_cluster(label).colour,
            );
        }
        scene
    }

    fn scene(&self, fonts: &Fonts, width: f64, height: f64) -> Scene {
        let mut facts = format!(
            "{}, {}",
            plural(self.labels.len(), "row"),
            plural(self.labels.n_clusters(), "cluster")
        );
        if self.labels.n_noise() > 0 {
            facts += &format!(", {} noise", count(self.labels.n_noise()));
        }
        let mut scene = Scene::new(width, height, format!("Cluster sizes: {facts}"));
        self.heading.draw(&mut scene, fonts, "Cluster sizes", &facts);
        scene
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_clusters_is_drawn() {
        for n in [1, 10, 60, 61, 200, 20_000] {
            let labels = Labels::new((-1..n).flat_map(|label| [label; 2]).collect()).unwrap();
            let figure = ClusterSizes::new(&labels).draw().unwrap();
            assert!(figure.size().1 < 900.0);
            assert!(figure.to_svg().len() < 400_000, "{n}");
        }
    }

    #[test]
    fn no_rows_are_refused_and_noise_alone_is_not() {
        let none = Labels::new(vec![]).unwrap();
        assert!(matches!(
            ClusterSizes::new(&none).draw(),
            Err(PlotError::Empty { .. })
        ));
        let noise = Labels::new(vec![-1; 3]).unwrap();
        assert!(
            ClusterSizes::new(&noise)
                .draw()
                .unwrap()
                .to_svg()
                .contains("3 rows, 0 clusters, 3 noise")
        );
    }
}
