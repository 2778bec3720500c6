//! Trees that part rows by random directions: near rows often end in one leaf.

use n2d_core::rng::SplitMix64;

use super::space::Space;

/// Most rows of a leaf.
pub(crate) const LEAF: usize = 64;
/// Nodes below this size are made on one thread.
const ALONE: usize = 4096;

/// A tree of halves: every inner node parts its rows at the median of their products with the difference of two of them
/// (Dasgupta and Freund 2008, "Random projection trees and low dimensional manifolds").
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    /// The rows, leaf after leaf.
    order: Vec<u32>,
    /// In the order of a walk that takes the lower half first.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Leaf {
        start: u32,
        end: u32,
    },
    /// The direction leads from one row to another; the upper half begins at a product, and has its node at a place.
    Inner {
        from: u32,
        to: u32,
        upper_from: f64,
        upper: u32,
    },
}

impl Tree {
    pub(crate) fn new(space: &Space, seed: u64, number: u64) -> Self {
        let mut order: Vec<u32> = (0..space.n_samples() as u32).collect();
        let builder = Builder { space, seed, number };
        let mut nodes = Vec::new();
        for mut node in builder.build(&mut order, 0, 1) {
            if let Node::Inner { upper, .. } = &mut node {
                *upper += nodes.len() as u32;
            }
            nodes.push(node);
        }
        Self { order, nodes }
    }

    pub(crate) fn leaves(&self) -> Vec<&[u32]> {
        let leaf = |node: &Node| match *node {
            Node::Leaf { start, end } => Some(&self.order[start as usize..end as usize]),
            Node::Inner { .. } => None,
        };
        self.nodes.iter().filter_map(leaf).collect()
    }

    /// The leaf into which a row falls.
    pub(crate) fn leaf_of(&self, space: &Space, row: &[f32]) -> &[u32] {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf { start, end } => return &self.order[start as usize..end as usize],
                Node::Inner {
                    from,
                    to,
                    upper_from,
                    upper,
                } => {
                    let product = product(space.row(from), space.row(to), row);
                    at = if product < upper_from {
                        at + 1
                    } else {
                        upper as usize
                    };
                }
            }
        }
    }
}

struct Builder<'a> {
    space: &'a Space,
    seed: u64,
    number: u64,
}

impl Builder<'_> {
    /// The nodes of some rows, which are put in the order of their leaves. Places of upper halves count from each node itself.
    fn build(&self, rows: &mut [u32], first: usize, path: u64) -> Vec<Node> {
        let n = rows.len();
        if n <= LEAF {
            return vec![Node::Leaf {
                start: first as u32,
                end: (first + n) as u32,
            }];
        }
        let mut rng = SplitMix64::new(self.seed, self.number, path);
        let (from, to) = (rows[rng.below(n)], rows[rng.below(n)]);
        let upper_from = self.part(rows, from, to);
        let (low, high) = rows.split_at_mut(n / 2);
        let lower = |low| self.build(low, first, 2 * path);
        let upper = |high| self.build(high, first + n / 2, 2 * path + 1);
        let (lower, upper) = if n > ALONE {
            rayon::join(|| lower(low), || upper(high))
        } else {
            (lower(low), upper(high))
        };
        let node = Node::Inner {
            from,
            to,
            upper_from,
            upper: 1 + lower.len() as u32,
        };
        let mut nodes = Vec::with_capacity(1 + lower.len() + upper.len());
        nodes.push(node);
        nodes.extend(lower);
        nodes.extend(upper);
        nodes
    }

    /// Puts the half with the lesser products first; returns where the other begins.
    fn part(&self, rows: &mut [u32], from: u32, to: u32) -> f64 {
        let (a, b) = (self.space.row(from), self.space.row(to));
        let with_product = |&mut row: &mut u32| (product(a, b, self.space.row(row)), row);
        let mut products: Vec<(f64, u32)> = rows.iter_mut().map(with_product).collect();
        let (_, middle, _) =
            products.select_nth_unstable_by(rows.len() / 2, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let upper_from = middle.0;
        for (row, &(_, ordered)) in rows.iter_mut().zip(&products) {
            *row = ordered;
        }
        upper_from
    }
}

/// `(to - from) row`, in double precision: rows need not be on any scale.
fn product(from: &[f32], to: &[f32], row: &[f32]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0_f64; LANES];
    let (from, from_rest) = from.as_chunks::<LANES>();
    let (to, to_rest) = to.as_chunks::<LANES>();
    let (row, row_rest) = row.as_chunks::<LANES>();
    let along = |from: f32, to: f32, row: f32| (f64::from(to) - f64::from(from)) * f64::from(row);
    for ((from, to), row) in from.iter().zip(to).zip(row) {
        for lane in 0..LANES {
            sums[lane] += along(from[lane], to[lane], row[lane]);
        }
    }
    let rest = from_rest.iter().zip(to_rest).zip(row_rest);
    let rest: f64 = rest.map(|((&from, &to), &row)| along(from, to, row)).sum();
    sums.iter().sum::<f64>() + rest
}
