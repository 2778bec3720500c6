//! The search for the cheapest edge from one point.

use std::sync::atomic::{AtomicU32, Ordering};

use super::search::Search;
use super::{Candidate, pair};
use crate::kd_tree::{LEAF, Node};
use n2d_core::multiversion;

/// Weights are not negative, so their bits are in the order of the numbers.
pub(super) fn lower(bound: &AtomicU32, weight: f32) {
    bound.fetch_min(weight.to_bits(), Ordering::Relaxed);
}

pub(super) fn read(bound: &AtomicU32) -> f32 {
    f32::from_bits(bound.load(Ordering::Relaxed))
}

/// The search for the cheapest edge from one point.
pub(super) struct Query<'a> {
    pub(super) search: &'a Search<'a>,
    /// Where the point is.
    pub(super) at: usize,
    pub(super) point: &'a [f32],
    pub(super) row: u32,
    pub(super) core: f32,
    pub(super) component: u32,
    /// The least weight of an edge that any point of the component has found.
    pub(super) bound: &'a AtomicU32,
    /// No edge above this is of use.
    pub(super) cap: f32,
    pub(super) best: (f32, (u32, u32)),
    pub(super) other: u32,
}

impl Query<'_> {
    pub(super) fn visit(&mut self, number: u32, distance: f32) {
        if self.useless(number, distance) {
            return;
        }
        let tree = self.search.tree;
        let node = tree.nodes[number as usize];
        let Some([left, right]) = node.children else {
            return self.scan(node);
        };
        let scale = self.search.scale;
        let to_left = tree.distance_to_box(left, self.point) * scale;
        let to_right = tree.distance_to_box(right, self.point) * scale;
        if to_left <= to_right {
            self.visit(left, to_left);
            self.visit(right, to_right);
        } else {
            self.visit(right, to_right);
            self.visit(left, to_left);
        }
    }

    pub(super) fn conclude(&self, candidate: &mut Candidate) {
        let cap = read(self.bound);
        // Where others have found a cheaper edge meanwhile, what was skipped may be dearer than theirs only.
        candidate.sure = self.best.0 <= cap;
        candidate.weight = self.best.0.min(cap).max(candidate.weight);
        candidate.other = self.other;
    }

    /// Whether no edge to a node can be of use: all in the same component, too dear, or as dear as the best but later in order.
    pub(super) fn useless(&self, number: u32, distance: f32) -> bool {
        if self.search.node_component[number as usize] == self.component {
            return true;
        }
        let (core, row) = self.search.least[number as usize];
        let weight = distance.max(core).max(self.core);
        weight > self.cap || (weight, pair(self.row, row)) >= self.best
    }

    pub(super) fn scan(&mut self, leaf: Node) {
        let search = self.search;
        let (start, end) = (leaf.start as usize, leaf.end as usize);
        let mut weights = search.tree.squared_distances(leaf, self.point);
        let (core, component) = (&search.core[start..end], &search.component[start..end]);
        weigh(
            &mut weights,
            core,
            component,
            self.component,
            self.core,
            search.scale,
        );
        let least = least_of(&weights);
        if least > self.cap {
            return;
        }
        for (at, &weight) in (start..end).zip(&weights).filter(|&(_, &weight)| weight == least) {
            let edge = (weight, pair(self.row, search.tree.order[at]));
            if edge < self.best {
                self.best = edge;
                self.other = at as u32;
            }
        }
        lower(self.bound, least);
        self.cap = read(self.bound);
    }
}

multiversion! {
    /// Squared distances become weights; those to points of one's own component, and where there are no points, infinite.
    fn weigh(weights: &mut [f32; LEAF], core: &[f32], component: &[u32], own: u32, own_core: f32, scale: f32) {
        let n = core.len().min(component.len()).min(LEAF);
        let greater = |a: f32, b: f32| if a > b { a } else { b };
        for ((weight, &core), &component) in weights[..n].iter_mut().zip(&core[..n]).zip(&component[..n]) {
            let reach = greater(greater(*weight * scale, core), own_core);
            *weight = if component == own { f32::INFINITY } else { reach };
        }
        weights[n..].fill(f32::INFINITY);
    }
}

fn least_of(weights: &[f32; LEAF]) -> f32 {
    let (blocks, _) = weights.as_chunks::<8>();
    let mut least = [f32::INFINITY; 8];
    for block in blocks {
        for (least, &weight) in least.iter_mut().zip(block) {
            *least = if weight < *least { weight } else { *least };
        }
    }
    least.into_iter().fold(f32::INFINITY, f32::min)
}
