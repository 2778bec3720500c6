//! The repulsion by a tree, in which far cells count as one point.

use n2d_core::CancelToken;
use rayon::prelude::*;

use super::pull::ROWS;

/// Cells of so few points are not divided.
const LEAF: usize = 6;
/// Halvings of the side of the whole at the most; in single precision there is little more to tell.
const DEPTH: u32 = 21;

/// Cells of points in `D` dimensions, each before those inside it.
#[derive(Debug, Clone)]
pub(super) struct Tree<const D: usize> {
    nodes: Vec<Node<D>>,
    /// Cell by cell.
    points: Vec<[f32; D]>,
    /// The row of each of them.
    rows: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Node<const D: usize> {
    /// Mean of the points.
    center: [f32; D],
    /// How many they are.
    mass: f32,
    /// Square of the cell's side; zero where its points can't be told apart.
    squared_side: f32,
    /// The next cell that is not inside this one.
    next: u32,
    /// Where its points are, if it has no cells inside.
    points: [u32; 2],
}

impl<const D: usize> Tree<D> {
    pub(super) fn new(y: &[[f32; D]]) -> Self {
        let (low, side) = bounds(y);
        let code = |(row, y): (usize, &[f32; D])| (code(y, &low, side), row as u32);
        let mut order: Vec<(u64, u32)> = y.par_iter().enumerate().map(code).collect();
        order.par_sort_unstable();
        let points: Vec<[f32; D]> = order.iter().map(|&(_, row)| y[row as usize]).collect();
        let codes: Vec<u64> = order.iter().map(|&(code, _)| code).collect();
        let mut nodes = Vec::with_capacity(points.len());
        divide(&codes, &points, 0, DEPTH, side, &mut nodes);
        Self {
            nodes,
            points,
            rows: order.into_iter().map(|(_, row)| row).collect(),
        }
    }

    /// `sum of w^2 (y - y_j)` over all points, where `w = 1 / (1 + |y - y_j|^2)`, and the sum of `w`.
    pub(super) fn push(&self, y: &[f32; D], squared_angle: f32) -> ([f32; D], f64) {
        let mut force = [0.0; D];
        let mut total = 0.0;
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let squared = squared(y, &node.center);
            if node.squared_side <= squared_angle * squared {
                total += add(y, &node.center, squared, node.mass, &mut force);
            } else if node.points[0] == node.points[1] {
                at += 1;
                continue;
            } else {
                for other in &self.points[node.points[0] as usize..node.points[1] as usize] {
                    total += add(y, other, self::squared(y, other), 1.0, &mut force);
                }
            }
            at = node.next as usize;
        }
        (force, total)
    }

    /// [`Tree::push`] for each of the points, and the sum of `w` over all pairs of different points.
    pub(super) fn repulsion(&self, squared_angle: f32, out: &mut [[f32; D]], token: &CancelToken) -> f64 {
        // Neighbours in the tree take the same way through it.
        let of_task = |points: &[[f32; D]]| -> (Vec<[f32; D]>, f64) {
            let mut total = 0.0;
            let mut forces = Vec::with_capacity(points.len());
            for y in points.iter().take_while(|_| !token.is_cancelled()) {
                let (force, own) = self.push(y, squared_angle);
                // The point's own `w` is one.
                total += own - 1.0;
                forces.push(force);
            }
            (forces, total)
        };
        let tasks: Vec<_> = self.points.par_chunks(ROWS).map(of_task).collect();
        for (forces, rows) in tasks.iter().zip(self.rows.chunks(ROWS)) {
            for (force, &row) in forces.0.iter().zip(rows) {
                out[row as usize] = *force;
            }
        }
        tasks.iter().map(|(_, total)| total).sum()
    }
}

#[inline]
fn squared<const D: usize>(a: &[f32; D], b: &[f32; D]) -> f32 {
    let mut sum = 0.0;
    for k in 0..D {
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    }
    sum
}

/// Adds the force of `mass` points at one place, and gives their similarity.
#[inline]
fn add<const D: usize>(y: &[f32; D], other: &[f32; D], squared: f32, mass: f32, force: &mut [f32; D]) -> f64 {
    let w = 1.0 / (1.0 + squared);
    let factor = mass * w * w;
    for k in 0..D {
        force[k] += factor * (y[k] - other[k]);
    }
    f64::from(mass * w)
}

/// The lowest corner of a cube around all points, and its side.
fn bounds<const D: usize>(y: &[[f32; D]]) -> ([f32; D], f32) {
    let mut low = [f32::INFINITY; D];
    let mut high = [f32::NEG_INFINITY; D];
    for y in y {
        for k in 0..D {
            low[k] = low[k].min(y[k]);
            high[k] = high[k].max(y[k]);
        }
    }
    let side = (0..D).map(|k| high[k] - low[k]).fold(0.0, f32::max);
    (low, side)
}

/// In which cell a point lies: a digit of `D` bits for each halving, the first halving's the highest.
fn code<const D: usize>(y: &[f32; D], low: &[f32; D], side: f32) -> u64 {
    const CELLS: f32 = (1_u32 << DEPTH) as f32;
    let mut code = 0;
    for k in 0..D {
        let at = if side > 0.0 {
            (y[k] - low[k]) / side * CELLS
        } else {
            0.0
        };
        let at = (at as u64).min((1 << DEPTH) - 1);
        for bit in 0..DEPTH {
            code |= (at >> bit & 1) << (u64::from(bit) * D as u64 + k as u64);
        }
    }
    code
}

/// Makes the cell of some points, which share all digits above `level`, and the cells inside it.
fn divide<const D: usize>(
    codes: &[u64],
    points: &[[f32; D]],
    first: usize,
    level: u32,
    side: f32,
    nodes: &mut Vec<Node<D>>,
) {
    let (mut level, mut side) = (level, side);
    let is_leaf = codes.len() <= LEAF;
    // Cells with a single cell inside are that cell.
    while level > 0 && !is_leaf && differ(codes) >> (u64::from(level - 1) * D as u64) == 0 {
        level -= 1;
        side *= 0.5;
    }
    let at = nodes.len();
    let alike = level == 0;
    nodes.push(Node {
        center: mean(points),
        mass: points.len() as f32,
        squared_side: if alike { 0.0 } else { side * side },
        next: 0,
        points: if is_leaf || alike {
            [first as u32, (first + codes.len()) as u32]
        } else {
            [0, 0]
        },
    });
    if !is_leaf && !alike {
        let digit = |code: u64| code >> (u64::from(level - 1) * D as u64) & ((1 << D) - 1);
        let mut begin = 0;
        while begin < codes.len() {
            let own = digit(codes[begin]);
            let end = begin + codes[begin..].partition_point(|&code| digit(code) == own);
            divide(
                &codes[begin..end],
                &points[begin..end],
                first + begin,
                level - 1,
                0.5 * side,
                nodes,
            );
            begin = end;
        }
    }
    nodes[at].next = nodes.len() as u32;
}

/// The bits in which sorted codes differ, down from the highest.
fn differ(codes: &[u64]) -> u64 {
    codes[0] ^ codes[codes.len() - 1]
}

fn mean<const D: usize>(points: &[[f32; D]]) -> [f32; D] {
    std::array::from_fn(|k| {
        let sum: f64 = points.iter().map(|point| f64::from(point[k])).sum();
        (sum / points.len() as f64) as f32
    })
}
