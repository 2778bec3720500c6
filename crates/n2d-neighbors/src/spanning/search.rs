//! The forest so far, and its growth by a round.

use std::sync::atomic::AtomicU32;

use n2d_core::{FitContext, FitError};
use rayon::prelude::*;

use super::query::{Query, lower, read};
use super::sets::DisjointSets;
use super::{Candidate, pair, scale_of};
use crate::kd_tree::KdTree;

/// The component of a tree node whose points are in several.
const MIXED: u32 = u32::MAX;

pub(super) struct Search<'a> {
    pub(super) tree: &'a KdTree,
    /// The points in the order of their positions.
    pub(super) points: Vec<f32>,
    /// What squared distances are multiplied by.
    pub(super) scale: f32,
    /// Squared core distance of the point at each position.
    pub(super) core: Vec<f32>,
    /// For each tree node the least core distance and the least row number in it.
    pub(super) least: Vec<(f32, u32)>,
    pub(super) component: Vec<u32>,
    pub(super) node_component: Vec<u32>,
    /// A component of many points, which is left to be found by the others: they all have an edge that leaves them.
    pub(super) waiting: Option<u32>,
    /// The numbers of the leaves in the order of their positions.
    pub(super) leaves: Vec<u32>,
}

impl<'a> Search<'a> {
    pub(super) fn new(tree: &'a KdTree, points: Vec<f32>, core: Vec<f32>, alpha: f64) -> Self {
        let mut least = vec![(f32::INFINITY, u32::MAX); tree.nodes.len()];
        for (number, node) in tree.nodes.iter().enumerate().rev() {
            least[number] = match node.children {
                Some([left, right]) => {
                    let (a, b) = (least[left as usize], least[right as usize]);
                    (a.0.min(b.0), a.1.min(b.1))
                }
                None => (node.start as usize..node.end as usize)
                    .fold((f32::INFINITY, u32::MAX), |(c, r), at| {
                        (c.min(core[at]), r.min(tree.order[at]))
                    }),
            };
        }
        let n = core.len();
        let mut search = Self {
            scale: scale_of(alpha),
            component: (0..n as u32).collect(),
            node_component: vec![MIXED; tree.nodes.len()],
            waiting: None,
            leaves: (0..tree.nodes.len() as u32)
                .filter(|&number| tree.nodes[number as usize].children.is_none())
                .collect(),
            tree,
            points,
            core,
            least,
        };
        search.mark_nodes();
        search
    }

    /// Finds out which nodes lie in one component.
    fn mark_nodes(&mut self) {
        for (number, node) in self.tree.nodes.iter().enumerate().rev() {
            self.node_component[number] = match node.children {
                Some([left, right]) => {
                    let (a, b) = (
                        self.node_component[left as usize],
                        self.node_component[right as usize],
                    );
                    if a == b { a } else { MIXED }
                }
                None => {
                    let all = &self.component[node.start as usize..node.end as usize];
                    if all.iter().all(|&c| c == all[0]) {
                        all[0]
                    } else {
                        MIXED
                    }
                }
            };
        }
    }

    /// Brings the candidates up to date: those that no longer lead out of their component, and were not shown to be too
    /// dear, are searched for again.
    pub(super) fn round(
        &self,
        n_components: usize,
        candidates: &mut [Candidate],
        ctx: &mut FitContext<'_>,
    ) -> Result<(), FitError> {
        let bounds: Vec<AtomicU32> = (0..n_components)
            .map(|_| AtomicU32::new(f32::INFINITY.to_bits()))
            .collect();
        candidates
            .par_iter_mut()
            .zip(&self.component)
            .for_each(|(candidate, &component)| {
                candidate.sure &= self.component[candidate.other as usize] != component;
                if candidate.sure {
                    lower(&bounds[component as usize], candidate.weight);
                }
            });
        let token = ctx.cancel_token();
        let mut rest = candidates;
        let tasks: Vec<(u32, &mut [Candidate])> = self
            .leaves
            .iter()
            .map(|&number| {
                let node = self.tree.nodes[number as usize];
                let (own, others) = std::mem::take(&mut rest).split_at_mut((node.end - node.start) as usize);
                rest = others;
                (number, own)
            })
            .collect();
        tasks
            .into_par_iter()
            .filter(|_| !token.is_cancelled())
            .for_each(|(number, some)| self.renew(number, some, &bounds));
        ctx.check_cancelled()
    }

    /// Searches for new candidates of the points of a leaf, where those they have are of no use. Where all the points are in
    /// one component, most of the tree is out of reach for all of them at once.
    fn renew(&self, leaf: u32, candidates: &mut [Candidate], bounds: &[AtomicU32]) {
        let d = self.tree.n_features();
        let start = self.tree.nodes[leaf as usize].start as usize;
        let wanting = |(at, candidate): (usize, &Candidate)| {
            let at = start + at;
            let component = self.component[at];
            let bound = &bounds[component as usize];
            let wanted =
                !candidate.sure && self.waiting != Some(component) && candidate.weight <= read(bound);
            wanted.then(|| Query {
                search: self,
                at,
                point: &self.points[at * d..][..d],
                row: self.tree.order[at],
                core: self.core[at],
                component,
                bound,
                cap: read(bound),
                best: (f32::INFINITY, (u32::MAX, u32::MAX)),
                other: candidate.other,
            })
        };
        let mut queries: Vec<Query<'_>> = candidates.iter().enumerate().filter_map(wanting).collect();
        if queries.len() > 2 && self.node_component[leaf as usize] != MIXED {
            self.visit(0, 0.0, leaf, &mut queries);
        } else {
            queries.iter_mut().for_each(|query| query.visit(0, 0.0));
        }
        for query in queries {
            query.conclude(&mut candidates[query.at - start]);
        }
    }

    /// Visits a node for all of some points in a leaf, which are in one component.
    fn visit(&self, number: u32, distance: f32, leaf: u32, queries: &mut [Query<'_>]) {
        if self.useless(number, distance, leaf, queries) {
            return;
        }
        let node = self.tree.nodes[number as usize];
        let Some([left, right]) = node.children else {
            for query in queries {
                query.cap = read(query.bound);
                let distance = self.tree.distance_to_box(number, query.point) * self.scale;
                if !query.useless(number, distance) {
                    query.scan(node);
                }
            }
            return;
        };
        let to_left = self.tree.distance_of_boxes(leaf, left) * self.scale;
        let to_right = self.tree.distance_of_boxes(leaf, right) * self.scale;
        if to_left <= to_right {
            self.visit(left, to_left, leaf, queries);
            self.visit(right, to_right, leaf, queries);
        } else {
            self.visit(right, to_right, leaf, queries);
            self.visit(left, to_left, leaf, queries);
        }
    }

    /// Whether a node is of no use to any of some points in a leaf.
    fn useless(&self, number: u32, distance: f32, leaf: u32, queries: &[Query<'_>]) -> bool {
        let same = self.node_component[number as usize] == self.node_component[leaf as usize];
        let cap = read(queries[0].bound);
        let weight = distance
            .max(self.least[number as usize].0)
            .max(self.least[leaf as usize].0);
        same || weight > cap || weight == cap && queries.iter().all(|query| query.useless(number, distance))
    }

    /// Adds the cheapest edge of each component and returns how many components are left.
    pub(super) fn merge(
        &mut self,
        n_components: usize,
        candidates: &[Candidate],
        edges: &mut Vec<[u32; 2]>,
    ) -> usize {
        let order = &self.tree.order;
        let mut cheapest = vec![(f32::INFINITY, (u32::MAX, u32::MAX), [0; 2]); n_components];
        for (at, candidate) in candidates.iter().enumerate() {
            if !candidate.sure || self.waiting == Some(self.component[at]) {
                continue;
            }
            let best = &mut cheapest[self.component[at] as usize];
            if candidate.weight <= best.0 {
                let rows = pair(order[at], order[candidate.other as usize]);
                if (candidate.weight, rows) < (best.0, best.1) {
                    let ends = [self.component[at], self.component[candidate.other as usize]];
                    *best = (candidate.weight, rows, ends);
                }
            }
        }
        let mut sets = DisjointSets::new(n_components);
        for (number, &(_, (a, b), [from, to])) in cheapest.iter().enumerate() {
            if self.waiting != Some(number as u32) && sets.join(from, to) {
                edges.push([a, b]);
            }
        }
        let (label, left) = sets.labels();
        self.component
            .par_iter_mut()
            .for_each(|component| *component = label[*component as usize]);
        self.mark_nodes();
        self.waiting = self.largest(left);
        left
    }

    /// The component of most points, where they are a good part of all: to search for so many takes the most time.
    fn largest(&self, n_components: usize) -> Option<u32> {
        let mut sizes = vec![0_usize; n_components];
        self.component.iter().for_each(|&c| sizes[c as usize] += 1);
        let most = (0..n_components).max_by_key(|&c| (sizes[c], std::cmp::Reverse(c)))?;
        (sizes[most] * 16 > self.component.len()).then_some(most as u32)
    }
}
