use n2d_core::Samples;

use crate::Measure;
use crate::engine::Task;
use crate::measured::Measured;
use crate::nearest::{Nearest, Slots};

/// Points a leaf.
const LEAF: usize = 16;
/// What distances of the triangle inequality may be off, by rounding.
const SLACK: f64 = 1e-6;

/// An exact nearest-neighbour index for any metric that obeys the triangle inequality (Yianilos 1993, "Data structures and
/// algorithms for nearest neighbor search in general metric spaces").
///
/// Each node is centred on one of its points; its two halves are those near to the centre and those far from it. A half
/// whose range of distances from the centre is too far from that of the query is left out.
#[derive(Debug, Clone)]
pub(crate) struct BallTree {
    measure: Measure,
    pub(crate) points: Measured,
    order: Vec<u32>,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    centre: u32,
    /// None in a leaf.
    halves: Option<[Half; 2]>,
}

/// Some points of a node, and how far from its centre they are.
#[derive(Debug, Clone, Copy)]
struct Half {
    node: u32,
    least: f64,
    most: f64,
}

impl BallTree {
    pub(crate) fn new(points: Samples<'_>, measure: Measure) -> Self {
        let n = points.n_samples();
        let mut tree = Self {
            points: Measured::new(points, measure.clone()),
            measure,
            order: (0..n as u32).collect(),
            nodes: Vec::new(),
        };
        tree.build(0, n);
        tree
    }

    fn point(&self, index: u32) -> &[f32] {
        let d = self.points.n_features;
        &self.points.points[index as usize * d..][..d]
    }

    /// A distance that has an order.
    fn distance(&self, a: &[f32], b: u32) -> f64 {
        let distance = self.measure.distance(a, self.point(b));
        if distance.is_nan() {
            f64::INFINITY
        } else {
            distance.max(0.0)
        }
    }

    /// Makes the node of a range of positions and returns its number.
    fn build(&mut self, start: usize, end: usize) -> u32 {
        let number = self.nodes.len();
        let mut node = Node {
            start: start as u32,
            end: end as u32,
            centre: self.order[start],
            halves: None,
        };
        self.nodes.push(node);
        if end - start <= LEAF {
            return number as u32;
        }
        // A point at the rim: halves of shells around it overlap least. Any point leads to one.
        let farthest = self.from(node.centre, start, end).into_iter();
        node.centre = farthest.max_by(nearer).map_or(node.centre, |(_, index)| index);
        let mut far = self.from(node.centre, start, end);
        let middle = (end - start) / 2;
        far.select_nth_unstable_by(middle, nearer);
        for (slot, &(_, index)) in self.order[start..end].iter_mut().zip(&far) {
            *slot = index;
        }
        let (near, far) = far.split_at(middle);
        let near = self.half(start, start + middle, near);
        let far = self.half(start + middle, end, far);
        self.nodes[number] = Node {
            halves: Some([near, far]),
            ..node
        };
        number as u32
    }

    fn half(&mut self, start: usize, end: usize, distances: &[(f64, u32)]) -> Half {
        Half {
            node: self.build(start, end),
            least: distances.iter().map(|d| d.0).fold(f64::INFINITY, f64::min),
            most: distances.iter().map(|d| d.0).fold(0.0, f64::max),
        }
    }

    /// The points of a range with their distances from one.
    fn from(&self, centre: u32, start: usize, end: usize) -> Vec<(f64, u32)> {
        let centre = self.point(centre);
        let with_distance = |&index: &u32| (self.distance(centre, index), index);
        self.order[start..end].iter().map(with_distance).collect()
    }

    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let mut nearest = Nearest::new(task.k);
        for (row, query) in task.queries.chunks_exact(self.points.n_features).enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            nearest.clear();
            self.descend(0, query, task.own(row), &mut nearest);
            slots.write(row, &nearest);
        }
    }

    fn descend(&self, number: u32, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        let node = self.nodes[number as usize];
        let Some(halves) = node.halves else {
            for &index in &self.order[node.start as usize..node.end as usize] {
                if own != Some(index) {
                    self.points.offer(query, index, nearest);
                }
            }
            return;
        };
        let to_centre = self.distance(query, node.centre);
        let mut halves = halves.map(|half| (half.beyond(to_centre), half.node));
        if halves[1].0 < halves[0].0 {
            halves.swap(0, 1);
        }
        for (least, half) in halves {
            if least <= f64::from(nearest.bound()) {
                self.descend(half, query, own, nearest);
            }
        }
    }
}

impl Half {
    /// No point of it can be nearer than this to one that is so far from the centre, even as rounded.
    fn beyond(&self, to_centre: f64) -> f64 {
        let least = (to_centre - self.most).max(self.least - to_centre);
        let slack = SLACK * (to_centre + self.most);
        // Where a distance is infinite, nothing is known.
        if slack.is_finite() {
            (least - slack).min(f64::from(f32::MAX))
        } else {
            0.0
        }
    }
}

fn nearer(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}
