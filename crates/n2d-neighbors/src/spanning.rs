//! The minimum spanning tree of mutual reachability, by Boruvka's rounds on a k-d tree.
//!
//! In a round every component of the forest so far takes the cheapest edge that leaves it. Edges are ordered by weight, then
//! by their smaller and their larger row number; no two are equal in that order, so the tree is one and the same whatever the
//! order of the search, and what threads learn from one another in a round can only save work.

use std::sync::atomic::{AtomicU32, Ordering};

use n2d_core::{FitContext, FitError, Progress};
use rayon::prelude::*;

use crate::kd_tree::{KdTree, LEAF, Node};
use crate::nearest::Nearest;

/// Points a task.
const TASK: usize = 256;
/// Tasks between two looks at the cancel token.
const TASKS_A_STEP: usize = 256;
/// The component of a tree node whose points are in several.
const MIXED: u32 = u32::MAX;

/// A minimum spanning tree of mutual reachability: see [`NeighborIndex::spanning_tree`](crate::NeighborIndex::spanning_tree).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanningTree {
    /// For each row its neighbours number `k - 1` (itself for `k = 1`) and `k`: those that fix core distances.
    pub kth: Vec<[u32; 2]>,
    /// The edges as pairs of rows, the smaller first, in no useful order; one fewer than there are rows.
    pub edges: Vec<[u32; 2]>,
    /// Rounds made.
    pub n_rounds: usize,
}

/// The cheapest known edge from a point.
#[derive(Clone, Copy)]
struct Candidate {
    /// Squared, as all weights here.
    weight: f32,
    /// Position of the other end.
    other: u32,
    /// Whether it is surely the cheapest to any other component. If not, none below `weight` is.
    sure: bool,
}

struct Search<'a> {
    tree: &'a KdTree,
    /// The points in the order of their positions.
    points: Vec<f32>,
    /// What squared distances are multiplied by.
    scale: f32,
    /// Squared core distance of the point at each position.
    core: Vec<f32>,
    /// For each tree node the least core distance and the least row number in it.
    least: Vec<(f32, u32)>,
    component: Vec<u32>,
    node_component: Vec<u32>,
}

/// Finds the tree of the points of `tree`, given row after row as `rows`; `alpha` divides distances but not core distances.
pub(crate) fn span(
    tree: &KdTree,
    rows: &[f32],
    k: usize,
    alpha: f64,
    ctx: &mut FitContext<'_>,
) -> Result<SpanningTree, FitError> {
    let n = tree.order.len();
    let d = tree.n_features();
    let points: Vec<f32> = tree
        .order
        .iter()
        .flat_map(|&row| &rows[row as usize * d..][..d])
        .copied()
        .collect();
    let near = Near::find(tree, &points, k, alpha, ctx)?;
    let mut kth = vec![[0; 2]; n];
    for (&row, &found) in tree.order.iter().zip(&near.kth) {
        kth[row as usize] = found;
    }
    let mut search = Search::new(tree, points, near.core, alpha);
    let mut candidates = near.candidates;
    let mut n_components = n;
    let mut edges = Vec::with_capacity(n - 1);
    let mut n_rounds = 0;
    while n_components > 1 {
        search.round(n_components, &mut candidates, ctx)?;
        n_components = search.merge(n_components, &candidates, &mut edges);
        n_rounds += 1;
        ctx.step(Progress::new("spanning tree", edges.len(), n - 1))?;
    }
    Ok(SpanningTree { kth, edges, n_rounds })
}

/// What the nearest neighbours tell about each position.
struct Near {
    core: Vec<f32>,
    kth: Vec<[u32; 2]>,
    candidates: Vec<Candidate>,
}

impl Near {
    fn find(
        tree: &KdTree,
        points: &[f32],
        k: usize,
        alpha: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let n = tree.order.len();
        // One more than asked for, to see ties at the end of the list.
        let wide = (k + 1).min(n - 1);
        let mut found = vec![(0.0_f32, 0_u32); n * wide];
        for first in (0..n).step_by(TASK * TASKS_A_STEP) {
            let some = (TASK * TASKS_A_STEP).min(n - first);
            found[first * wide..(first + some) * wide]
                .par_chunks_mut(TASK * wide)
                .enumerate()
                .for_each(|(task, out)| search_near(tree, points, first + task * TASK, wide, out));
            ctx.step(Progress::new("neighbours", first + some, n))?;
        }
        let row_at = |position: usize| tree.order[position];
        let mut position = vec![0_u32; n];
        for at in 0..n {
            position[row_at(at) as usize] = at as u32;
        }
        let list = |at: usize| &found[at * wide..][..wide];
        let core: Vec<f32> = (0..n).into_par_iter().map(|at| list(at)[k - 1].0).collect();
        let kth = (0..n)
            .into_par_iter()
            .map(|at| {
                [
                    if k == 1 { row_at(at) } else { list(at)[k - 2].1 },
                    list(at)[k - 1].1,
                ]
            })
            .collect();
        let candidates = (0..n)
            .into_par_iter()
            .map(|at| first_candidate(list(at), at, k, alpha, &core, &position, &tree.order))
            .collect();
        Ok(Self {
            core,
            kth,
            candidates,
        })
    }
}

fn search_near(tree: &KdTree, points: &[f32], first: usize, wide: usize, out: &mut [(f32, u32)]) {
    let d = tree.n_features();
    let mut nearest = Nearest::new(wide);
    for (at, out) in out.chunks_exact_mut(wide).enumerate() {
        let query = &points[(first + at) * d..][..d];
        tree.nearest_others(query, tree.order[first + at], &mut nearest);
        out.copy_from_slice(nearest.found());
    }
}

/// The cheapest edge to one of a point's neighbours. It is surely the cheapest of all where it weighs as much as the point's
/// core distance, below which no edge of its can weigh, and no neighbour that is not in the list is as near as that.
fn first_candidate(
    list: &[(f32, u32)],
    at: usize,
    k: usize,
    alpha: f64,
    core: &[f32],
    position: &[u32],
    order: &[u32],
) -> Candidate {
    let (own, row) = (core[at], order[at]);
    let scale = scale_of(alpha);
    let edge = |&(squared, other): &(f32, u32)| {
        let place = position[other as usize];
        let weight = (squared * scale).max(own).max(core[place as usize]);
        (weight, pair(row, other), place)
    };
    let (weight, _, other) = list[..k]
        .iter()
        .map(edge)
        .reduce(|a, b| if (b.0, b.1) < (a.0, a.1) { b } else { a })
        .expect("k is at least 1");
    let no_tie = list.get(k).is_none_or(|&(squared, _)| squared > own);
    let sure = weight == own && no_tie && alpha <= 1.0;
    let weight = if sure { weight } else { own };
    Candidate { weight, other, sure }
}

fn scale_of(alpha: f64) -> f32 {
    (1.0 / (alpha * alpha)) as f32
}

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

impl<'a> Search<'a> {
    fn new(tree: &'a KdTree, points: Vec<f32>, core: Vec<f32>, alpha: f64) -> Self {
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
    fn round(
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
        for (step, some) in candidates.chunks_mut(TASK * TASKS_A_STEP).enumerate() {
            ctx.check_cancelled()?;
            let first = step * TASK * TASKS_A_STEP;
            some.par_chunks_mut(TASK).enumerate().for_each(|(task, some)| {
                for (at, candidate) in some.iter_mut().enumerate() {
                    self.renew(first + task * TASK + at, candidate, &bounds);
                }
            });
        }
        Ok(())
    }

    fn renew(&self, at: usize, candidate: &mut Candidate, bounds: &[AtomicU32]) {
        let component = self.component[at];
        let bound = &bounds[component as usize];
        if candidate.sure || candidate.weight > read(bound) {
            return;
        }
        let d = self.tree.n_features();
        let mut query = Query {
            search: self,
            point: &self.points[at * d..][..d],
            row: self.tree.order[at],
            core: self.core[at],
            component,
            bound,
            cap: read(bound),
            best: (f32::INFINITY, (u32::MAX, u32::MAX)),
            other: candidate.other,
        };
        query.visit(0, 0.0);
        // Others may have found a cheaper edge while this was searched for; then what was skipped is dearer than theirs.
        candidate.sure = query.best.0 <= query.cap;
        candidate.weight = query.best.0.min(query.cap).max(candidate.weight);
        candidate.other = query.other;
    }

    /// Adds the cheapest edge of each component and returns how many components are left.
    fn merge(&mut self, n_components: usize, candidates: &[Candidate], edges: &mut Vec<[u32; 2]>) -> usize {
        let order = &self.tree.order;
        let mut cheapest = vec![(f32::INFINITY, (u32::MAX, u32::MAX), [0; 2]); n_components];
        for (at, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.sure) {
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
        for &(_, (a, b), [from, to]) in &cheapest {
            if sets.join(from, to) {
                edges.push([a, b]);
            }
        }
        let (label, left) = sets.labels();
        self.component
            .par_iter_mut()
            .for_each(|component| *component = label[*component as usize]);
        self.mark_nodes();
        left
    }
}

/// Weights are not negative, so their bits are in the order of the numbers.
fn lower(bound: &AtomicU32, weight: f32) {
    bound.fetch_min(weight.to_bits(), Ordering::Relaxed);
}

fn read(bound: &AtomicU32) -> f32 {
    f32::from_bits(bound.load(Ordering::Relaxed))
}

/// The search for the cheapest edge from one point.
struct Query<'a> {
    search: &'a Search<'a>,
    point: &'a [f32],
    row: u32,
    core: f32,
    component: u32,
    /// The least weight of an edge that any point of the component has found.
    bound: &'a AtomicU32,
    /// No edge above this is of use.
    cap: f32,
    best: (f32, (u32, u32)),
    other: u32,
}

impl Query<'_> {
    fn visit(&mut self, number: u32, distance: f32) {
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

    /// Whether no edge to a node can be of use: all in the same component, too dear, or as dear as the best but later in order.
    fn useless(&self, number: u32, distance: f32) -> bool {
        if self.search.node_component[number as usize] == self.component {
            return true;
        }
        let (core, row) = self.search.least[number as usize];
        let weight = distance.max(core).max(self.core);
        weight > self.cap || (weight, pair(self.row, row)) >= self.best
    }

    fn scan(&mut self, leaf: Node) {
        let search = self.search;
        let (start, end) = (leaf.start as usize, leaf.end as usize);
        let mut weights = search.tree.squared_distances(leaf, self.point);
        let mut least = f32::INFINITY;
        let others = search.core[start..end].iter().zip(&search.component[start..end]);
        for (weight, (&core, &component)) in weights[..LEAF.min(end - start)].iter_mut().zip(others) {
            let reach = (*weight * search.scale).max(core).max(self.core);
            *weight = if component == self.component {
                f32::INFINITY
            } else {
                reach
            };
            least = least.min(*weight);
        }
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

/// Sets that grow by joining (Tarjan 1975), with the smallest member as the name of each.
struct DisjointSets(Vec<u32>);

impl DisjointSets {
    fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }

    fn find(&mut self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            let above = self.0[self.0[member as usize] as usize];
            self.0[member as usize] = above;
            member = above;
        }
        member
    }

    /// Whether two sets became one.
    fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
        a != b
    }

    /// The number of the set of each member, counted from zero, and how many sets there are.
    fn labels(&mut self) -> (Vec<u32>, usize) {
        let n = self.0.len();
        let mut label = vec![0; n];
        let mut count = 0;
        for member in 0..n {
            let name = self.find(member as u32) as usize;
            if name == member {
                label[member] = count;
                count += 1;
            } else {
                label[member] = label[name];
            }
        }
        (label, count as usize)
    }
}

#[cfg(test)]
mod tests {
    use crate::{NeighborIndex, NeighborSearch};
    use n2d_core::rng::SplitMix64;
    use n2d_core::{FitContext, Parallelism, Samples};
    use proptest::prelude::*;

    /// Prim's tree on all pairs, by the same order of edges.
    fn dense(x: Samples<'_>, k: usize, alpha: f64) -> Vec<[u32; 2]> {
        let n = x.n_samples();
        let squared = |a: usize, b: usize| -> f32 {
            let (a, b) = (x.row(a), x.row(b));
            a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b))
        };
        let core: Vec<f32> = (0..n)
            .map(|a| {
                let mut all: Vec<f32> = (0..n).filter(|&b| b != a).map(|b| squared(a, b)).collect();
                all.sort_by(f32::total_cmp);
                all[k - 1]
            })
            .collect();
        let scale = (1.0 / (alpha * alpha)) as f32;
        let edge = |a: usize, b: usize| {
            let weight = (squared(a, b) * scale).max(core[a]).max(core[b]);
            (weight, a.min(b), a.max(b))
        };
        let mut inside = vec![0];
        let mut edges = Vec::new();
        while inside.len() < n {
            let outside = (0..n).filter(|b| !inside.contains(b));
            let (_, a, b) = outside
                .flat_map(|b| inside.iter().map(move |&a| edge(a, b)))
                .reduce(|x, y| if y < x { y } else { x })
                .unwrap();
            inside.push(if inside.contains(&a) { b } else { a });
            edges.push([a as u32, b as u32]);
        }
        edges.sort_unstable();
        edges
    }

    fn tree(x: Samples<'_>, k: usize, alpha: f64) -> Vec<[u32; 2]> {
        let index = NeighborIndex::new(x, NeighborSearch::KdTree);
        let mut tree = index.spanning_tree(x, k, alpha, &mut FitContext::new(0)).unwrap();
        tree.edges.sort_unstable();
        tree.edges
    }

    fn points(n: usize, d: usize, levels: usize, seed: u64) -> Vec<f32> {
        let mut rng = SplitMix64::new(seed, 0, 0);
        (0..n * d).map(|_| rng.below(levels) as f32 / 8.0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        /// Few levels make ties and duplicates. The very edges are the same, because no two are equal in their order.
        #[test]
        fn equals_the_dense_tree(n in 2..90_usize, d in 1..6_usize, levels in 1..300_usize, k in 1..9_usize, a in 0..3_usize, seed: u64) {
            let k = k.min(n - 1);
            let values = points(n, d, levels, seed);
            let x = Samples::from_rows(&values, d).unwrap();
            let alpha = [1.0, 0.5, 1.5][a];
            prop_assert_eq!(tree(x, k, alpha), dense(x, k, alpha));
        }
    }

    #[test]
    fn threads_change_nothing() {
        let values = points(6000, 2, 500, 4);
        let x = Samples::from_rows(&values, 2).unwrap();
        let with = |n: usize| {
            let threads = Parallelism::threads(n.try_into().unwrap()).unwrap();
            threads.install(|| tree(x, 5, 1.0))
        };
        let one = with(1);
        assert_eq!(one.len(), 5999);
        assert_eq!(one, with(2));
        assert_eq!(one, with(4));
    }

    /// Twenty thousand equal rows would be 200 million pairs.
    #[test]
    fn equal_rows_are_a_star() {
        let x = vec![1.5_f32; 40_000];
        let edges = tree(Samples::from_rows(&x, 2).unwrap(), 5, 1.0);
        assert!(
            edges
                .iter()
                .enumerate()
                .all(|(at, &edge)| edge == [0, at as u32 + 1])
        );
    }
}
