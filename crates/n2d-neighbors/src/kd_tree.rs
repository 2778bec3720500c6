pub(crate) mod boxes;
pub(crate) mod radius;

use n2d_core::Samples;

use crate::engine::Task;
use crate::nearest::{Candidates, Nearest, Slots, any_within};
use n2d_core::multiversion;

/// Points a leaf: enough to fill vector registers, few enough to skip most points.
pub(crate) const LEAF: usize = 64;
/// Points whose distances are summed side by side.
const BLOCK: usize = 8;
/// Features of a box whose distances are summed side by side.
const QUAD: usize = 4;

/// An exact nearest-neighbour index for few dimensions (Bentley 1975), with bounding boxes.
///
/// Building takes `O(n d log n)`, a query `O(d log n)` where the dimension is low and the whole set where it is high.
/// Equal distances are resolved by the index, so the result is one and the same for any order of the search.
#[derive(Debug, Clone)]
pub struct KdTree {
    n_features: usize,
    /// Index of the point at each position; the points of a node are at consecutive positions.
    pub(crate) order: Vec<u32>,
    /// The points, leaf after leaf; within a leaf one feature after the other, so that loops run over points. Columns are filled
    /// up with infinities to whole blocks.
    values: Vec<f32>,
    /// A node comes before its children.
    pub(crate) nodes: Vec<Node>,
    /// For each node its lowest, then its highest value of each feature.
    boxes: Vec<f32>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The two halves; none in a leaf.
    pub(crate) children: Option<[u32; 2]>,
    /// The least index of its points.
    least: u32,
    /// Where the values of a leaf begin.
    values: usize,
}

impl KdTree {
    /// Builds the tree of some points.
    pub fn new(points: Samples<'_>) -> Self {
        let n = points.n_samples();
        let mut tree = Self {
            n_features: points.n_features(),
            order: (0..n as u32).collect(),
            values: Vec::with_capacity(n * points.n_features()),
            nodes: Vec::new(),
            boxes: Vec::new(),
        };
        tree.build(points, 0, n);
        tree
    }

    /// Number of points.
    pub fn n_samples(&self) -> usize {
        self.order.len()
    }

    /// Width of the points.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Makes the node of a range of positions and returns its number.
    fn build(&mut self, points: Samples<'_>, start: usize, end: usize) -> u32 {
        let number = self.nodes.len();
        let widest = self.push_box(points, start, end);
        self.nodes.push(Node {
            start: start as u32,
            end: end as u32,
            children: None,
            least: u32::MAX,
            values: self.values.len(),
        });
        if end - start <= LEAF {
            self.push_leaf(points, start, end);
            self.nodes[number].least = self.order[start..end].iter().copied().min().unwrap_or(u32::MAX);
        } else {
            let middle = start + (end - start) / 2;
            let values = points.as_slice();
            let key = |index: u32| values[index as usize * self.n_features + widest];
            self.order[start..end]
                .select_nth_unstable_by(middle - start, |&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
            let left = self.build(points, start, middle);
            let right = self.build(points, middle, end);
            self.nodes[number].children = Some([left, right]);
            self.nodes[number].least = self.nodes[left as usize]
                .least
                .min(self.nodes[right as usize].least);
        }
        number as u32
    }

    /// Appends the bounding box of a range and returns its widest feature.
    fn push_box(&mut self, points: Samples<'_>, start: usize, end: usize) -> usize {
        let d = self.n_features;
        let values = points.as_slice();
        let mut low = vec![f32::INFINITY; d];
        let mut high = vec![f32::NEG_INFINITY; d];
        for &index in &self.order[start..end] {
            for (f, &value) in values[index as usize * d..][..d].iter().enumerate() {
                low[f] = low[f].min(value);
                high[f] = high[f].max(value);
            }
        }
        let spread = |f: usize| high[f] - low[f];
        let widest = (0..d)
            .max_by(|&a, &b| spread(a).total_cmp(&spread(b)))
            .unwrap_or(0);
        self.boxes.extend(low);
        self.boxes.extend(high);
        widest
    }

    fn push_leaf(&mut self, points: Samples<'_>, start: usize, end: usize) {
        let values = points.as_slice();
        for f in 0..self.n_features {
            let column = self.order[start..end]
                .iter()
                .map(|&i| values[i as usize * self.n_features + f]);
            self.values.extend(column);
            let blocks = self.values.len() - self.nodes.last().map_or(0, |leaf| leaf.values);
            let missing = blocks.next_multiple_of(BLOCK) - blocks;
            self.values.extend(std::iter::repeat_n(f32::INFINITY, missing));
        }
    }

    /// Fills the slots with neighbours and squared distances.
    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let mut nearest = Nearest::new(task.k);
        for (row, query) in task.queries.chunks_exact(self.n_features).enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            nearest.clear();
            self.descend(0, query, task.own(row), &mut nearest);
            slots.write(row, &nearest);
        }
    }

    /// Candidates for each row.
    pub(crate) fn nominate(&self, task: &Task<'_>) -> Vec<Candidates> {
        let n = self.n_samples() - usize::from(task.own.is_some());
        // A sum of d rounded squares of rounded differences.
        let sure = 1.0 - (self.n_features as f32 + 4.0) * f32::EPSILON;
        let one = |(row, query)| {
            let mut nearest = Nearest::new(Candidates::for_neighbors(task.k));
            if !task.cancel.is_cancelled() {
                self.descend(0, query, task.own(row), &mut nearest);
            }
            Candidates::new(nearest, n, |bound| bound * sure)
        };
        let queries = task.queries.chunks_exact(self.n_features);
        queries.enumerate().map(one).collect()
    }

    /// The nearest of all points to one of them, which is none of its own neighbours.
    pub(crate) fn nearest_others(&self, query: &[f32], own: u32, nearest: &mut Nearest) {
        nearest.clear();
        self.descend(0, query, Some(own), nearest);
    }

    fn descend(&self, number: u32, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        let node = self.nodes[number as usize];
        let Some([left, right]) = node.children else {
            return self.scan(node, query, own, nearest);
        };
        let (to_left, to_right) = (
            self.distance_to_box(left, query),
            self.distance_to_box(right, query),
        );
        let nearer_first = if to_left <= to_right {
            [(to_left, left), (to_right, right)]
        } else {
            [(to_right, right), (to_left, left)]
        };
        for (distance, child) in nearer_first {
            if nearest.may_take(distance, self.nodes[child as usize].least) {
                self.descend(child, query, own, nearest);
            }
        }
    }

    /// Squared distance to a node's box: never above that to any point in it, even as rounded. Both add the same terms, of which
    /// rounding is monotone, but in another order: what that may make of a sum is taken off.
    pub(crate) fn distance_to_box(&self, number: u32, query: &[f32]) -> f32 {
        let d = self.n_features;
        let (low, high) = self.boxes[number as usize * 2 * d..][..2 * d].split_at(d);
        let ((queries, query), (lows, low), (highs, high)) = (
            query.as_chunks::<QUAD>(),
            low.as_chunks::<QUAD>(),
            high.as_chunks::<QUAD>(),
        );
        let mut sums = [0.0; QUAD];
        for ((query, low), high) in queries.iter().zip(lows).zip(highs) {
            for lane in 0..QUAD {
                sums[lane] += square_outside(query[lane], low[lane], high[lane]);
            }
        }
        let rest = query.iter().zip(low).zip(high);
        let rest = rest.fold(0.0, |sum, ((&q, &low), &high)| sum + square_outside(q, low, high));
        ((sums[0] + sums[2]) + (sums[1] + sums[3]) + rest) * (1.0 - (d as f32 + 4.0) * f32::EPSILON)
    }

    /// Squared distance between the boxes of two nodes: never above that between any two points in them, even as rounded.
    pub(crate) fn distance_of_boxes(&self, a: u32, b: u32) -> f32 {
        let d = self.n_features;
        let sides = |number: u32| self.boxes[number as usize * 2 * d..][..2 * d].split_at(d);
        let ((low_a, high_a), (low_b, high_b)) = (sides(a), sides(b));
        let mut sum = 0.0;
        for f in 0..d {
            let between = (low_a[f] - high_b[f]).max(low_b[f] - high_a[f]).max(0.0);
            sum += between * between;
        }
        sum
    }

    fn scan(&self, leaf: Node, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        let (start, end) = (leaf.start as usize, leaf.end as usize);
        let squared = self.squared_distances(leaf, query);
        let blocks = squared.as_chunks::<BLOCK>().0.iter();
        for (squared, indices) in blocks.zip(self.order[start..end].chunks(BLOCK)) {
            if !any_within(squared, nearest.bound()) {
                continue;
            }
            for (&squared, &index) in squared.iter().zip(indices) {
                if squared <= nearest.bound() && own != Some(index) {
                    nearest.offer(squared, index);
                }
            }
        }
    }

    /// Squared distances to the points of a leaf, in the order of their positions.
    pub(crate) fn squared_distances(&self, leaf: Node, query: &[f32]) -> [f32; LEAF] {
        let mut squared = [0.0_f32; LEAF];
        sum_squares(query, self.leaf_values(leaf), width_of(leaf), &mut squared);
        squared
    }

    /// The features of a leaf, each a column of its points, filled up to whole blocks.
    fn columns(&self, leaf: Node) -> std::slice::ChunksExact<'_, f32> {
        self.leaf_values(leaf).chunks_exact(width_of(leaf))
    }

    fn leaf_values(&self, leaf: Node) -> &[f32] {
        &self.values[leaf.values..][..width_of(leaf) * self.n_features]
    }
}

/// How far a value is outside of bounds, squared.
#[inline(always)]
fn square_outside(q: f32, low: f32, high: f32) -> f32 {
    // Unlike `f32::max` one instruction; there is no NaN here.
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let outside = larger(larger(low - q, q - high), 0.0);
    outside * outside
}

/// Length of a leaf's columns.
fn width_of(leaf: Node) -> usize {
    ((leaf.end - leaf.start) as usize).next_multiple_of(BLOCK)
}

multiversion! {
    /// Block by block, so that the sums of a block stay in registers; each sum in the order of the features.
    fn sum_squares(query: &[f32], columns: &[f32], width: usize, squared: &mut [f32; LEAF]) {
        let (blocks, _) = squared.as_chunks_mut::<BLOCK>();
        for (at, block) in blocks[..width / BLOCK].iter_mut().enumerate() {
            let mut sums = [0.0_f32; BLOCK];
            for (&q, column) in query.iter().zip(columns.chunks_exact(width)) {
                let values = &column[at * BLOCK..][..BLOCK];
                for lane in 0..BLOCK {
                    sums[lane] += (q - values[lane]) * (q - values[lane]);
                }
            }
            *block = sums;
        }
    }
}
