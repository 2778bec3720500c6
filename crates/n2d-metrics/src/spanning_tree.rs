use std::ops::Range;

use n2d_core::CancelToken;
use rayon::prelude::*;

use crate::points::{LANES, Lane, Points};

/// Two distances this close, relative to the second, are one: which of them an edge has is left to the order of rows.
const TOLERANCE: f64 = 1e-5;
/// Rows that one task measures from the last row of the tree; fixed, so that threads change nothing.
const TASK: usize = 4096;

/// What DBCV takes from the spanning tree of one cluster.
pub(crate) struct SpanningTree {
    /// The rows with at least two edges, ascending; the first row where there is none.
    pub(crate) inner: Vec<usize>,
    /// The longest edge between two inner rows; of all edges where there is none such.
    pub(crate) longest: f64,
}

/// A row that the tree has reached, and by what.
struct Edge {
    from: usize,
    to: usize,
    length: f64,
}

/// The least spanning tree of mutual reachability distances by Prim's method, from the first row on; none where cancelled.
///
/// Distances are measured when they are needed, twice as often as there are pairs, and never kept.
pub(crate) fn spanning_tree(
    points: &Points,
    range: Range<usize>,
    cores: &[f64],
    token: &CancelToken,
) -> Option<SpanningTree> {
    let n = range.len();
    let mut growing = Growing::new(points, range.clone(), cores);
    let mut edges: Vec<Edge> = Vec::with_capacity(n - 1);
    let mut last = 0;
    for _ in 1..n {
        if token.is_cancelled() {
            return None;
        }
        growing.measure_from(last);
        settle(&mut edges, &growing);
        growing.offer_from_last();
        let (to, length) = growing.reach_nearest();
        edges.push(Edge { from: 0, to, length });
        last = to;
    }
    growing.measure_from(last);
    settle(&mut edges, &growing);
    Some(SpanningTree::of(&edges, range.start, n))
}

/// Gives the last edge its other end: of the rows in the tree before it that are as near as the nearest, the first.
fn settle(edges: &mut [Edge], growing: &Growing<'_>) {
    let Some(edge) = edges.last_mut() else { return };
    let near = |row: &usize| {
        let distance = growing.distance(*row);
        *row != edge.to && growing.in_tree[*row] && (distance - edge.length).abs() <= TOLERANCE * edge.length
    };
    // There is one: the row whose distance is the edge's length.
    edge.from = (0..growing.in_tree.len()).find(near).unwrap_or(0);
}

impl SpanningTree {
    fn of(edges: &[Edge], start: usize, n: usize) -> Self {
        let mut degrees = vec![0_usize; n];
        for edge in edges {
            degrees[edge.from] += 1;
            degrees[edge.to] += 1;
        }
        let mut inner: Vec<usize> = (0..n).filter(|&row| degrees[row] > 1).collect();
        if inner.is_empty() {
            inner.push(0);
        }
        let is_inner = |edge: &&Edge| degrees[edge.from] > 1 && degrees[edge.to] > 1;
        let longest = |longest: f64, edge: &Edge| longest.max(edge.length);
        let between_inner = edges.iter().filter(is_inner).fold(0.0, longest);
        let any = edges.iter().any(|edge| is_inner(&edge));
        Self {
            inner: inner.into_iter().map(|row| start + row).collect(),
            longest: if any {
                between_inner
            } else {
                edges.iter().fold(0.0, longest)
            },
        }
    }
}

/// A tree that reaches one row more at a time.
struct Growing<'a> {
    blocks: Vec<crate::points::Block>,
    points: &'a Points,
    start: usize,
    cores: &'a [f64],
    in_tree: Vec<bool>,
    /// The distance of each row to the tree.
    nearest: Vec<f64>,
    /// The distances of all rows to the last row of the tree, eight a lane.
    distances: Vec<Lane>,
    last: usize,
}

impl<'a> Growing<'a> {
    fn new(points: &'a Points, range: Range<usize>, cores: &'a [f64]) -> Self {
        let places: Vec<usize> = range.clone().collect();
        let blocks: Vec<_> = places.chunks(LANES).map(|block| points.block(block)).collect();
        Self {
            distances: vec![[0.0; LANES]; blocks.len()],
            blocks,
            points,
            start: range.start,
            cores,
            in_tree: vec![false; range.len()],
            nearest: vec![f64::INFINITY; range.len()],
            last: 0,
        }
    }

    fn measure_from(&mut self, last: usize) {
        self.last = last;
        self.in_tree[last] = true;
        let place = self.start + last;
        let points = self.points;
        let measure = |(block, out): (&crate::points::Block, &mut Lane)| {
            points.distances(block, place..place + 1, std::slice::from_mut(out));
        };
        if self.in_tree.len() <= TASK {
            self.blocks.iter().zip(&mut self.distances).for_each(measure);
            return;
        }
        let blocks = self.blocks.par_chunks(TASK / LANES);
        let distances = self.distances.par_chunks_mut(TASK / LANES);
        blocks
            .zip(distances)
            .for_each(|(blocks, distances)| blocks.iter().zip(distances).for_each(measure));
    }

    /// Mutual reachability from the last row.
    fn distance(&self, row: usize) -> f64 {
        let measured = self.distances[row / LANES][row % LANES];
        measured.max(self.cores[row]).max(self.cores[self.last])
    }

    fn offer_from_last(&mut self) {
        for row in 0..self.nearest.len() {
            let distance = self.distance(row);
            if distance < self.nearest[row] {
                self.nearest[row] = distance;
            }
        }
    }

    /// The row outside that is nearest to the tree, the first of equals.
    fn reach_nearest(&self) -> (usize, f64) {
        let mut found = (0, f64::INFINITY);
        for (row, &distance) in self.nearest.iter().enumerate() {
            if !self.in_tree[row] && distance < found.1 {
                found = (row, distance);
            }
        }
        found
    }
}
