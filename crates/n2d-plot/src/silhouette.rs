use std::collections::BTreeMap;

use n2d_core::Labels;

use crate::axis::{Scale, Side, draw};
use crate::font::Fonts;
use crate::groups::Names;
use crate::heading::{HEADING, Heading};
use crate::scatter::plural;
use crate::scene::{Align, Area, BLACK, GREY, Item, LIGHT, Scene, Text};
use crate::{Colours, Figure, PlotError};

const NAME: &str = "silhouettes";
const WIDTH: f64 = 320.0;
/// Height of all clusters together, without gaps.
const HEIGHT: f64 = 360.0;
/// Most steps along a cluster's edge.
const STEPS: usize = 200;

/// The silhouettes of the rows of each cluster, sorted, cluster beneath cluster; each as high as it has rows.
///
/// Values are those of [`silhouette_samples`](n2d_metrics::silhouette_samples); rows without one (noise, or not measured) are left out.
/// The dashed line is the mean of all rows that have one.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::Silhouettes;
///
/// let clusters = Labels::new(vec![0, 0, 1, -1])?;
/// let values = [Some(0.75), Some(0.5), Some(0.0), None];
/// let svg = Silhouettes::new(&values, &clusters).draw()?.to_svg();
/// assert!(svg.contains("mean 0.417"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Silhouettes<'a> {
    values: &'a [Option<f64>],
    labels: &'a Labels,
    names: Names,
    colours: Option<&'a Colours>,
    heading: Heading,
}

impl<'a> Silhouettes<'a> {
    /// Of the silhouette and the cluster of each row.
    pub fn new(values: &'a [Option<f64>], labels: &'a Labels) -> Self {
        Self {
            values,
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

    /// The title. Default `Silhouettes`.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.heading.title = title.into();
        self
    }

    /// Facts for the line beneath the title.
    pub fn with_facts(mut self, facts: impl Into<String>) -> Self {
        self.heading.facts = facts.into();
        self
    }

    /// Draws it, in `O(n log n)`.
    ///
    /// # Errors
    /// [`PlotError::LengthMismatch`]; [`PlotError::BadValue`] for one outside `[-1, 1]`; [`PlotError::Empty`] where no row has one.
    pub fn draw(&self) -> Result<Figure, PlotError> {
        let groups = self.groups()?;
        let n: usize = groups.values().map(Vec::len).sum();
        let mean = groups.values().flatten().sum::<f64>() / n as f64;
        let lowest = groups.values().flatten().copied().fold(0.0, f64::min);
        let own = Colours::of_clusters(self.labels);
        let (colours, fonts) = (self.colours.unwrap_or(&own), Fonts::new());
        let gap = (60.0 / groups.len() as f64).min(5.0);
        let widest = groups
            .keys()
            .map(|&label| fonts.width(&self.names.full("cluster", label), 8.5, false))
            .fold(0.0, f64::max);
        let area = Area::new(
            24.0 + widest.min(110.0),
            HEADING + 8.0,
            WIDTH,
            HEIGHT + gap * (groups.len() + 1) as f64,
        );
        let mut scene = Scene::new(
            area.right() + 60.0,
            area.bottom() + 36.0,
            format!("Silhouettes, mean {mean:.3}"),
        );
        let facts = format!(
            "mean {mean:.3}, {} in {}",
            plural(n, "row"),
            plural(groups.len(), "cluster")
        );
        self.heading.draw(&mut scene, &fonts, "Silhouettes", &facts);
        let across = Scale::linear((lowest, 1.0), (area.x, area.right()));
        draw(&mut scene, &area, &across, Side::Below, "silhouette", false);
        let mut y = area.y + gap;
        for (&label, values) in &groups {
            let height = HEIGHT * values.len() as f64 / n as f64;
            let band = Area::new(area.x, y, area.width, height);
            scene.items.push(Item::Polygon {
                points: edge(values, &band, &across),
                fill: colours.of_cluster(label).colour,
                line: None,
            });
            if height + gap >= 7.5 {
                let line = y + height / 2.0 + 3.0;
                let name = fonts.fit(&self.names.full("cluster", label), 8.5, false, 110.0);
                scene.text(Text::new(area.x - 6.0, line, name, 8.5).align(Align::End));
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                scene.text(
                    Text::new(
                        area.right() + 6.0,
                        line,
                        format!("{mean:.2}").replace('-', "\u{2212}"),
                        8.0,
                    )
                    .colour(GREY),
                );
            }
            y += height + gap;
        }
        let zero = across.place(0.0);
        scene.line(vec![(zero, area.y), (zero, area.bottom())], LIGHT, 0.7);
        let at = across.place(mean);
        scene.dashes(vec![(at, area.y), (at, area.bottom())], BLACK, 0.8);
        scene.frame(area, LIGHT, 0.7);
        Ok(Figure::new(scene))
    }

    /// The values of each cluster, greatest first.
    fn groups(&self) -> Result<BTreeMap<i32, Vec<f64>>, PlotError> {
        let (expected, given) = (self.labels.len(), self.values.len());
        if expected != given {
            return Err(PlotError::LengthMismatch {
                plot: NAME,
                what: "silhouettes",
                expected,
                given,
            });
        }
        let mut groups: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
        for (at, (&label, &value)) in self.labels.as_slice().iter().zip(self.values).enumerate() {
            let Some(value) = value else {
                continue;
            };
            if !(-1.0..=1.0).contains(&value) {
                return Err(PlotError::BadValue {
                    plot: NAME,
                    what: "the silhouette of row",
                    at,
                    allowed: "between -1 and 1",
                    value,
                });
            }
            if label != Labels::NOISE {
                groups.entry(label).or_default().push(value);
            }
        }
        for values in groups.values_mut() {
            values.sort_by(|a, b| b.total_cmp(a));
        }
        if groups.is_empty() {
            Err(PlotError::Empty {
                plot: NAME,
                what: "silhouettes of clusters",
            })
        } else {
            Ok(groups)
        }
    }
}

/// The outline of a cluster's bars: of many, those at even steps and the last.
fn edge(values: &[f64], band: &Area, across: &Scale) -> Vec<(f64, f64)> {
    let zero = across.place(0.0);
    let step = band.height / values.len() as f64;
    let mut points = vec![(zero, band.y)];
    let every = values.len().div_ceil(STEPS);
    for first in (0..values.len()).step_by(every) {
        let next = (first + every).min(values.len());
        // A few rows have their steps, many a smooth edge.
        let x = across.place(values[(first + next - 1) / 2]);
        points.push((x, band.y + first as f64 * step));
        points.push((x, band.y + next as f64 * step));
    }
    points.push((zero, band.bottom()));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_silhouette_is_refused() {
        let labels = Labels::new(vec![0, 1, -1]).unwrap();
        let draw = |values: &[Option<f64>]| Silhouettes::new(values, &labels).draw();
        assert!(matches!(draw(&[None; 2]), Err(PlotError::LengthMismatch { .. })));
        assert!(matches!(draw(&[None; 3]), Err(PlotError::Empty { .. })));
        assert!(matches!(
            draw(&[None, Some(1.5), None]),
            Err(PlotError::BadValue { at: 1, .. })
        ));
        assert!(matches!(
            draw(&[Some(f64::NAN), None, None]),
            Err(PlotError::BadValue { at: 0, .. })
        ));
        assert!(draw(&[Some(-1.0), None, Some(-1.0)]).is_ok());
    }

    #[test]
    fn many_clusters_and_many_rows_stay_within_bounds() {
        for (n, clusters) in [(1, 1), (5_000, 200), (5_000, 5_000), (200_000, 3)] {
            let labels = Labels::new((0..n).map(|row| row % clusters).collect()).unwrap();
            let values: Vec<Option<f64>> = (0..n)
                .map(|row| Some(f64::from(row % 101) / 101.0 - 0.2))
                .collect();
            let figure = Silhouettes::new(&values, &labels).draw().unwrap();
            assert!(
                figure.size().1 < 560.0 && figure.to_svg().len() < 2_000_000,
                "{n} {clusters}"
            );
        }
    }
}
