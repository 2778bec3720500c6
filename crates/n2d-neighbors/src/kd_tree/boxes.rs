//! Nearest neighbours on the tree by other metrics than the euclidean.

use n2d_core::Samples;

use super::radius::{Greatest, Reduced, Squared, Summed};
use super::{KdTree, LEAF, Node};
use crate::Metric;
use crate::engine::Task;
use crate::measure::rounded;
use crate::nearest::{Nearest, Slots};

/// A tree for Manhattan, Chebyshev and Minkowski distances, in double precision: they are those of [`Metric::distance`], bit
/// for bit.
#[derive(Debug, Clone)]
pub(crate) struct BoxTree {
    pub(crate) tree: KdTree,
    metric: Metric,
}

impl BoxTree {
    pub(crate) fn new(points: Samples<'_>, metric: Metric) -> Self {
        Self {
            tree: KdTree::new(points),
            metric,
        }
    }

    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let mut nearest = Nearest::new(task.k);
        for (row, query) in task.queries.chunks_exact(self.tree.n_features).enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            nearest.clear();
            self.descend(0, query, task.own(row), &mut nearest);
            slots.write(row, &nearest);
        }
    }

    fn descend(&self, number: u32, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        let node = self.tree.nodes[number as usize];
        let Some(children) = node.children else {
            return self.scan(node, query, own, nearest);
        };
        let mut children = children.map(|child| (self.to_box(child, query), child));
        if children[1].0 < children[0].0 {
            children.swap(0, 1);
        }
        for (distance, child) in children {
            if nearest.may_take(distance, self.tree.nodes[child as usize].least) {
                self.descend(child, query, own, nearest);
            }
        }
    }

    /// Never above the distance to any point of a node, even as rounded.
    fn to_box(&self, number: u32, query: &[f32]) -> f32 {
        let d = self.tree.n_features;
        let (low, high) = self.tree.boxes[number as usize * 2 * d..][..2 * d].split_at(d);
        let outside = query.iter().zip(low.iter().zip(high)).map(|(&q, (&low, &high))| {
            let (q, low, high) = (f64::from(q), f64::from(low), f64::from(high));
            (low - q).max(q - high).max(0.0)
        });
        rounded(match self.metric {
            Metric::Manhattan => outside.fold(0.0, Summed::with),
            Metric::Minkowski(p) if p <= 2.0 => below(outside.fold(0.0, Squared::with).sqrt()),
            Metric::Minkowski(_) => below(outside.fold(0.0, Greatest::with)),
            _ => outside.fold(0.0, Greatest::with),
        })
    }

    fn scan(&self, leaf: Node, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        let points = &self.tree.order[leaf.start as usize..leaf.end as usize];
        let distances = match self.metric {
            Metric::Manhattan => self.tree.reduced::<Summed>(leaf, query),
            Metric::Minkowski(p) if p <= 2.0 => {
                self.tree.reduced::<Squared>(leaf, query).map(|d| below(d.sqrt()))
            }
            Metric::Minkowski(_) => self.tree.reduced::<Greatest>(leaf, query).map(below),
            _ => self.tree.reduced::<Greatest>(leaf, query),
        };
        for (at, (&least, &index)) in distances.iter().zip(points).enumerate() {
            if own == Some(index) || rounded(least) > nearest.bound() {
                continue;
            }
            let distance = match self.metric {
                Metric::Minkowski(_) => self.metric.distance(query, &self.tree.point_of(leaf, at)),
                _ => least,
            };
            nearest.offer(rounded(distance), index);
        }
    }
}

/// A bound of powers and roots, whose last digits may be off.
fn below(distance: f64) -> f64 {
    distance * (1.0 - 1e-9)
}

impl KdTree {
    /// The reduced distances to the points of a leaf, in the order of their positions.
    pub(super) fn reduced<R: Reduced>(&self, leaf: Node, query: &[f32]) -> [f64; LEAF] {
        let mut reduced = [0.0_f64; LEAF];
        for (&q, column) in query.iter().zip(self.columns(leaf)) {
            let q = f64::from(q);
            for (reduced, &value) in reduced.iter_mut().zip(column) {
                *reduced = R::with(*reduced, (q - f64::from(value)).abs());
            }
        }
        reduced
    }

    /// The point at one place of a leaf.
    fn point_of(&self, leaf: Node, at: usize) -> Vec<f32> {
        self.columns(leaf).map(|column| column[at]).collect()
    }

    /// All points in the order of their numbers, row after row.
    pub(crate) fn points(&self) -> Vec<f32> {
        let d = self.n_features;
        let mut points = vec![0.0; self.n_samples() * d];
        for leaf in self.nodes.iter().filter(|node| node.children.is_none()) {
            let order = &self.order[leaf.start as usize..leaf.end as usize];
            for (f, column) in self.columns(*leaf).enumerate() {
                for (&value, &index) in column.iter().zip(order) {
                    points[index as usize * d + f] = value;
                }
            }
        }
        points
    }
}
