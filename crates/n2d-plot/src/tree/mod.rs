//! The condensed tree of HDBSCAN.

mod nodes;

use n2d_core::Labels;

use crate::axis::{Scale, Side, draw};
use crate::font::Fonts;
use crate::groups::Names;
use crate::heading::{HEADING, Heading};
use crate::palette::palette;
use crate::scatter::{Room, plural, write_names};
use crate::scene::{Align, Area, BLACK, Item, LIGHT, Scene, Text, WHITE};
use crate::{Colour, Colours, Figure, PlotError};
use nodes::{Node, Nodes};

const AREA: Area = Area::new(58.0, HEADING + 10.0, 440.0, 320.0);
/// Steps down the plot at which widths are counted.
const STEPS: usize = 320;
const PLAIN: Colour = Colour::hex(0xd3_d9e2);

/// One row of HDBSCAN's condensed tree, as scikit-learn-contrib's `condensed_tree_` and our own table have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeRow {
    /// The cluster that is left. Rows of data are numbered below clusters, and the lowest cluster is all rows together.
    pub parent: usize,
    /// What leaves: a cluster where it is a parent too or its size is above 1, else a row of data.
    pub child: usize,
    /// The density at which it leaves, 1 / distance; infinite where the distance is 0.
    pub lambda: f64,
    /// Rows in what leaves; at least 1.
    pub size: usize,
}

/// HDBSCAN's condensed tree: density grows downwards, and a cluster is as wide as it has rows that dense; chosen clusters are outlined
/// and have their colours.
///
/// Few rows are far denser than all others: the axis ends where 99 % of the rows have left the tree, and what goes on beyond is cut off,
/// which the line of facts says.
///
/// ```
/// use n2d_plot::{CondensedTree, TreeRow};
///
/// let row = |parent, child, lambda, size| TreeRow { parent, child, lambda, size };
/// let tree = [
///     row(4, 5, 0.5, 2),
///     row(4, 6, 0.5, 2),
///     row(5, 0, 1.0, 1),
///     row(5, 1, 1.0, 1),
///     row(6, 2, 2.0, 1),
///     row(6, 3, 2.0, 1),
/// ];
/// let figure = CondensedTree::new(&tree).with_selected(&[5, 6]).draw()?;
/// assert!(figure.to_svg().contains("2 of 3 clusters chosen"));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CondensedTree<'a> {
    rows: &'a [TreeRow],
    selected: &'a [usize],
    names: Names,
    colours: Option<&'a Colours>,
    heading: Heading,
}

impl<'a> CondensedTree<'a> {
    /// Of the rows of the table, in any order.
    pub fn new(rows: &'a [TreeRow]) -> Self {
        Self {
            rows,
            selected: &[],
            names: Names::default(),
            colours: None,
            heading: Heading::default(),
        }
    }

    /// The numbers of the chosen clusters in the tree, in the order of their labels.
    pub fn with_selected(self, selected: &'a [usize]) -> Self {
        Self { selected, ..self }
    }

    /// Names of the chosen clusters, by label. Default: their numbers.
    pub fn with_names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: Names::new(names),
            ..self
        }
    }

    /// Colours shared with other plots. Default: the palette's, by label.
    pub fn with_colours(self, colours: &'a Colours) -> Self {
        Self {
            colours: Some(colours),
            ..self
        }
    }

    /// The title. Default `Condensed tree`.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.heading.title = title.into();
        self
    }

    /// Facts for the line beneath the title.
    pub fn with_facts(mut self, facts: impl Into<String>) -> Self {
        self.heading.facts = facts.into();
        self
    }

    /// Draws it, in `O(n log n)` for `n` rows of the table.
    ///
    /// # Errors
    /// [`PlotError::Empty`] without rows; [`PlotError::BadTree`] for a table that is no tree, or a chosen cluster that is not in it.
    pub fn draw(&self) -> Result<Figure, PlotError> {
        let nodes = Nodes::of(self.rows)?;
        let mut labels = vec![None; nodes.all.len()];
        for (label, &cluster) in self.selected.iter().enumerate() {
            let what = "is asked for as a chosen cluster, but is none of the table's";
            labels[nodes
                .place(cluster)
                .ok_or(PlotError::BadTree { row: cluster, what })?] = Some(label);
        }
        let fonts = Fonts::new();
        let mut scene = Scene::new(
            AREA.right() + 24.0,
            AREA.bottom() + 24.0,
            "Condensed tree of HDBSCAN",
        );
        self.heading
            .draw(&mut scene, &fonts, "Condensed tree", &self.own_facts(&nodes));
        let down = Scale::linear((0.0, nodes.end), (AREA.y, AREA.bottom()));
        draw(
            &mut scene,
            &AREA,
            &down,
            Side::Left,
            "density (1 / distance)",
            true,
        );
        let across = Scale::linear(
            (0.0, nodes.all[0].size as f64),
            (AREA.x + 8.0, AREA.right() - 8.0),
        );
        scene.text(
            Text::new(AREA.x + AREA.width / 2.0, AREA.bottom() + 13.0, "rows", 9.0).align(Align::Middle),
        );
        // The chosen ones last, so that nothing covers their outlines.
        for chosen in [false, true] {
            let some = nodes
                .all
                .iter()
                .zip(&labels)
                .filter(|(_, label)| label.is_some() == chosen);
            for (node, label) in some {
                self.icicle(&mut scene, node, *label, nodes.end, &across, &down);
            }
        }
        self.write_names(&mut scene, &fonts, &nodes, &labels, &across, &down);
        scene.frame(AREA, LIGHT, 0.7);
        Ok(Figure::new(scene))
    }

    fn write_names(
        &self,
        scene: &mut Scene,
        fonts: &Fonts,
        nodes: &Nodes,
        labels: &[Option<usize>],
        across: &Scale,
        down: &Scale,
    ) {
        let name = |(node, label): (&Node, &Option<usize>)| {
            let name = self.names.short(i32::try_from((*label)?).ok()?);
            let x = across.place(node.left + node.size as f64 / 2.0);
            let y = down.place((node.birth.min(nodes.end) + node.last(nodes.end)) / 2.0);
            Some((name, (x, y), node.size))
        };
        let mut all: Vec<_> = nodes.all.iter().zip(labels).filter_map(name).collect();
        all.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
        let all: Vec<(String, (f64, f64))> = all.into_iter().map(|(name, place, _)| (name, place)).collect();
        write_names(scene, fonts, &AREA, &all, Room::Along);
    }

    fn icicle(
        &self,
        scene: &mut Scene,
        node: &Node,
        label: Option<usize>,
        end: f64,
        across: &Scale,
        down: &Scale,
    ) {
        let outline = node.outline(end, STEPS);
        let (left, right): (Vec<_>, Vec<_>) = outline
            .iter()
            .map(|&(lambda, from, to)| {
                let y = down.place(lambda);
                ((across.place(from), y), (across.place(to), y))
            })
            .unzip();
        let points: Vec<(f64, f64)> = left.into_iter().chain(right.into_iter().rev()).collect();
        let ink = |label: usize| {
            let label = i32::try_from(label).unwrap_or(Labels::NOISE);
            self.colours.map_or(palette(label.max(0) as usize), |colours| {
                colours.of_cluster(label)
            })
        };
        let (fill, line) = match label {
            Some(label) => (ink(label).colour, (BLACK, 1.1)),
            None => (PLAIN, (WHITE, 0.4)),
        };
        scene.items.push(Item::Polygon {
            points,
            fill,
            line: Some(line),
        });
    }

    fn own_facts(&self, nodes: &Nodes) -> String {
        let all = plural(nodes.all.len(), "cluster");
        let facts = format!(
            "{}, {} of {all} chosen",
            plural(nodes.all[0].size, "row"),
            self.selected.len()
        );
        if nodes.is_cut {
            format!("{facts}, cut off where 99 % of the rows have left")
        } else {
            facts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(parent: usize, child: usize, lambda: f64, size: usize) -> TreeRow {
        TreeRow {
            parent,
            child,
            lambda,
            size,
        }
    }

    #[test]
    fn a_cluster_that_is_not_there_can_not_be_chosen() {
        let tree = [row(2, 0, 1.0, 1), row(2, 1, 1.0, 1)];
        let error = CondensedTree::new(&tree).with_selected(&[7]).draw().unwrap_err();
        assert!(matches!(error, PlotError::BadTree { row: 7, .. }));
    }

    #[test]
    fn duplicates_and_single_rows_are_drawn() {
        for tree in [
            vec![row(1, 0, f64::INFINITY, 1)],
            vec![
                row(3, 0, f64::INFINITY, 1),
                row(3, 1, f64::INFINITY, 1),
                row(3, 2, 0.5, 1),
            ],
            vec![row(2, 0, 0.0, 1), row(2, 1, 0.0, 1)],
            vec![row(2, 0, 1e300, 1), row(2, 1, 1e-300, 1)],
        ] {
            let svg = CondensedTree::new(&tree)
                .with_selected(&[tree[0].parent])
                .draw()
                .unwrap()
                .to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{tree:?}");
        }
    }

    #[test]
    fn a_chain_of_a_thousand_splits_is_no_problem() {
        let n = 2_000;
        let mut rows = Vec::new();
        for depth in 0..999 {
            let lambda = 1.0 + depth as f64;
            rows.push(row(n + 2 * depth, n + 2 * depth + 1, lambda, 1));
            rows.push(row(n + 2 * depth, n + 2 * depth + 2, lambda, n - depth - 1));
        }
        rows.extend((0..n - 999).map(|child| row(n + 1998, child, 1_000.0, 1)));
        assert!(CondensedTree::new(&rows).draw().is_ok());
    }
}
