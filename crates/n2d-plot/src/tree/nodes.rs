//! The clusters of a condensed tree with their places.

use std::collections::{BTreeMap, BTreeSet};

use super::TreeRow;
use crate::PlotError;

/// A cluster.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Node {
    pub(super) size: usize,
    /// The density at which it comes to be.
    pub(super) birth: f64,
    /// Where its left edge is when it comes to be, in rows.
    pub(super) left: f64,
    /// What leaves it: density and rows, ascending; clusters at the same density leave together.
    leaves: Vec<(f64, usize)>,
    children: Vec<usize>,
}

/// All clusters; each after its parent, the first that of all rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nodes {
    pub(super) all: Vec<Node>,
    numbers: BTreeMap<usize, usize>,
    /// Where the axis of density ends.
    pub(super) end: f64,
    /// Whether anything goes on beyond.
    pub(super) is_cut: bool,
}

impl Nodes {
    pub(super) fn of(rows: &[TreeRow]) -> Result<Self, PlotError> {
        let root = rows.iter().map(|row| row.parent).min();
        let root = root.ok_or(PlotError::Empty {
            plot: "condensed tree",
            what: "rows of the table",
        })?;
        check(rows, root)?;
        let mut by_parent: BTreeMap<usize, Vec<&TreeRow>> = BTreeMap::new();
        for row in rows {
            by_parent.entry(row.parent).or_default().push(row);
        }
        let (end, is_cut) = end_of(rows, root);
        let mut nodes = Self {
            all: Vec::new(),
            numbers: BTreeMap::new(),
            end,
            is_cut,
        };
        let size = by_parent[&root].iter().map(|row| row.size).sum();
        nodes.add(
            root,
            Node {
                size,
                ..Node::default()
            },
        );
        let mut waiting = vec![root];
        while let Some(parent) = waiting.pop() {
            let Some(rows) = by_parent.remove(&parent) else {
                continue;
            };
            nodes.fill(parent, &rows, root, &mut waiting);
        }
        match by_parent.values().next() {
            // Every child has one parent: what can't be reached from the root goes round in a circle.
            Some(rest) => Err(bad(
                rows,
                rest[0],
                "is in no part of the tree that begins at the lowest cluster",
            )),
            None => Ok(nodes),
        }
    }

    /// The place of a cluster in the list.
    pub(super) fn place(&self, number: usize) -> Option<usize> {
        self.numbers.get(&number).copied()
    }

    fn add(&mut self, number: usize, node: Node) -> usize {
        self.numbers.insert(number, self.all.len());
        self.all.push(node);
        self.all.len() - 1
    }

    /// Takes down what leaves a cluster, and adds the clusters among it.
    fn fill(&mut self, parent: usize, rows: &[&TreeRow], root: usize, waiting: &mut Vec<usize>) {
        let at = self.numbers[&parent];
        let birth = self.all[at].birth;
        let mut leaves: Vec<(f64, usize)> =
            rows.iter().map(|row| (row.lambda.max(birth), row.size)).collect();
        leaves.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.all[at].leaves = leaves;
        let clusters: Vec<&&TreeRow> = rows.iter().filter(|row| row.child > root).collect();
        let total: usize = clusters.iter().map(|row| row.size).sum();
        let middle = self.all[at].left + self.all[at].size as f64 / 2.0;
        let mut left = middle - total as f64 / 2.0;
        for row in clusters {
            let child = Node {
                size: row.size,
                birth: row.lambda.max(birth),
                left,
                ..Node::default()
            };
            left += row.size as f64;
            let place = self.add(row.child, child);
            self.all[at].children.push(place);
            waiting.push(row.child);
        }
    }
}

impl Node {
    /// The density at which nothing of it is left, or the end of the axis.
    pub(super) fn last(&self, end: f64) -> f64 {
        self.leaves
            .last()
            .map_or(end, |leaf| leaf.0)
            .min(end)
            .max(self.birth.min(end))
    }

    /// Density with the left and the right edge, from birth to its end, at about so many steps of the whole axis. Rows leave on
    /// both sides alike.
    pub(super) fn outline(&self, end: f64, steps: usize) -> Vec<(f64, f64, f64)> {
        let (birth, last) = (self.birth.min(end), self.last(end));
        let middle = self.left + self.size as f64 / 2.0;
        let edges =
            |lambda: f64, left: usize| (lambda, middle - left as f64 / 2.0, middle + left as f64 / 2.0);
        let mut outline = vec![edges(birth, self.size)];
        let n = (((last - birth) / end * steps as f64).ceil() as usize).clamp(1, steps);
        let (mut gone, mut next) = (0, 0);
        for step in 1..=n {
            let lambda = if step == n {
                last
            } else {
                birth + (last - birth) * step as f64 / n as f64
            };
            // Those that leave at this very density are still there.
            while self.leaves.get(next).is_some_and(|leaf| leaf.0 < lambda) {
                gone += self.leaves[next].1;
                next += 1;
            }
            outline.push(edges(lambda, self.size.saturating_sub(gone)));
        }
        outline
    }
}

fn check(rows: &[TreeRow], root: usize) -> Result<(), PlotError> {
    let parents: BTreeSet<usize> = rows.iter().map(|row| row.parent).collect();
    let mut seen = BTreeSet::new();
    for row in rows {
        let is_cluster = row.child > root;
        let wrong = if row.lambda.is_nan() || row.lambda < 0.0 {
            "has a density that is below 0 or no number"
        } else if row.size == 0 {
            "has a size of 0"
        } else if row.child == root {
            "has the lowest cluster as its child"
        } else if !is_cluster && row.size != 1 {
            "has a row of data as its child, with a size other than 1"
        } else if is_cluster && row.size > 1 && !parents.contains(&row.child) {
            "has a cluster as its child that nothing leaves"
        } else if !seen.insert(row.child) {
            "has a child that was another's before"
        } else {
            continue;
        };
        return Err(bad(rows, row, wrong));
    }
    sizes_agree(rows, root)
}

/// That as many rows leave a cluster as came into it.
fn sizes_agree(rows: &[TreeRow], root: usize) -> Result<(), PlotError> {
    let mut left: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        let sum = left.entry(row.parent).or_insert(0);
        *sum = sum.saturating_add(row.size);
    }
    let disagrees =
        |row: &&TreeRow| row.child > root && left.get(&row.child).is_some_and(|&sum| sum != row.size);
    match rows.iter().find(disagrees) {
        Some(row) => Err(bad(
            rows,
            row,
            "has a size that is not that of all that leaves the child",
        )),
        None => Ok(()),
    }
}

fn bad(rows: &[TreeRow], row: &TreeRow, what: &'static str) -> PlotError {
    let row = rows
        .iter()
        .position(|other| std::ptr::eq(other, row))
        .unwrap_or(0);
    PlotError::BadTree { row, what }
}

/// The density at which 99 % of the rows have left, a little more, and whether there is anything beyond; 1 where no density is
/// finite and above 0.
fn end_of(rows: &[TreeRow], root: usize) -> (f64, bool) {
    let mut leaving: Vec<f64> = rows
        .iter()
        .filter(|row| row.child < root)
        .map(|row| row.lambda)
        .collect();
    leaving.extend(
        rows.iter()
            .filter(|row| row.child > root && row.size == 1)
            .map(|row| row.lambda),
    );
    leaving.sort_by(f64::total_cmp);
    let at = (leaving.len() * 99).div_ceil(100).saturating_sub(1);
    let finite = |&&lambda: &&f64| lambda.is_finite() && lambda > 0.0;
    let end = leaving
        .iter()
        .take(at + 1)
        .rev()
        .find(finite)
        .or_else(|| leaving.iter().rev().find(finite));
    let end = end.map_or(1.0, |end| 1.02 * end);
    (end, leaving.last().is_some_and(|&last| last > end))
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

    fn two() -> Vec<TreeRow> {
        vec![
            row(5, 0, 0.2, 1),
            row(5, 6, 0.5, 2),
            row(5, 7, 0.5, 2),
            row(6, 1, 1.0, 1),
            row(6, 2, 1.0, 1),
            row(7, 3, 2.0, 1),
            row(7, 4, 3.0, 1),
        ]
    }

    #[test]
    fn children_stand_side_by_side_within_their_parent() {
        let nodes = Nodes::of(&two()).unwrap();
        let [root, a, b] = &nodes.all[..] else {
            panic!("three clusters")
        };
        assert_eq!((root.size, a.size, b.size), (5, 2, 2));
        assert_eq!((a.left, b.left), (0.5, 2.5));
        assert_eq!((a.birth, b.last(nodes.end)), (0.5, 3.0));
        let outline = root.outline(nodes.end, 100);
        assert_eq!(outline[0], (0.0, 0.0, 5.0));
        assert_eq!(*outline.last().unwrap(), (0.5, 0.5, 4.5));
        assert!(!nodes.is_cut);
    }

    #[test]
    fn tables_that_are_no_tree_are_refused() {
        let wrong = |at: usize, with: TreeRow| {
            let mut rows = two();
            rows[at] = with;
            match Nodes::of(&rows) {
                Err(PlotError::BadTree { row, .. }) => row,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wrong(3, row(6, 1, f64::NAN, 1)), 3);
        assert_eq!(wrong(3, row(6, 1, -1.0, 1)), 3);
        assert_eq!(wrong(3, row(6, 1, 1.0, 0)), 3);
        assert_eq!(wrong(3, row(6, 1, 1.0, 4)), 3);
        assert_eq!(wrong(3, row(6, 0, 1.0, 1)), 3);
        assert_eq!(wrong(1, row(5, 6, 0.5, 3)), 1);
        assert_eq!(wrong(1, row(5, 9, 0.5, 2)), 1);
        assert_eq!(wrong(6, row(7, 5, 3.0, 1)), 6);
        assert!(matches!(Nodes::of(&[]), Err(PlotError::Empty { .. })));
    }

    #[test]
    fn circles_are_refused() {
        let rows = [row(3, 0, 1.0, 1), row(4, 5, 1.0, 1), row(5, 4, 1.0, 1)];
        assert!(matches!(Nodes::of(&rows), Err(PlotError::BadTree { row: 1, .. })));
    }

    #[test]
    fn a_few_very_dense_rows_do_not_squeeze_the_rest() {
        let mut rows: Vec<TreeRow> = (0..1_000)
            .map(|child| row(1_000, child, 1.0 + child as f64 / 1_000.0, 1))
            .collect();
        rows[999].lambda = 1e9;
        let nodes = Nodes::of(&rows).unwrap();
        assert!(nodes.end < 2.1 && nodes.is_cut);
    }
}
