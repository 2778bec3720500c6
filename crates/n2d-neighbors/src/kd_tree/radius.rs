//! All points within a distance, on the tree.

use super::{KdTree, LEAF, Node};

/// A distance that is made feature by feature, some way to the end: its square, say. A point's and a box's are made of the
/// same terms in the same order, and rounding is monotone; so bounds by boxes hold even as rounded.
pub(crate) trait Reduced {
    /// What one more feature makes of it, given the absolute difference there.
    fn with(so_far: f64, difference: f64) -> f64;
}

/// Squared euclidean distances.
pub(crate) struct Squared;

/// Manhattan distances.
pub(crate) struct Summed;

/// Chebyshev distances.
pub(crate) struct Greatest;

impl Reduced for Squared {
    #[inline(always)]
    fn with(so_far: f64, difference: f64) -> f64 {
        so_far + difference * difference
    }
}

impl Reduced for Summed {
    #[inline(always)]
    fn with(so_far: f64, difference: f64) -> f64 {
        so_far + difference
    }
}

impl Reduced for Greatest {
    #[inline(always)]
    fn with(so_far: f64, difference: f64) -> f64 {
        so_far.max(difference)
    }
}

impl KdTree {
    /// Hands over the points no farther from `query` than `radius`, in groups: a part of a leaf, or a whole node.
    pub(crate) fn visit_within<R: Reduced>(&self, query: &[f32], radius: f64, visit: &mut dyn FnMut(&[u32])) {
        self.visit_node::<R>(0, query, radius, visit);
    }

    fn visit_node<R: Reduced>(&self, number: u32, query: &[f32], radius: f64, visit: &mut dyn FnMut(&[u32])) {
        let (least, most) = self.reduced_to_box::<R>(number, query);
        if least > radius {
            return;
        }
        let node = self.nodes[number as usize];
        if most <= radius {
            return visit(&self.order[node.start as usize..node.end as usize]);
        }
        match node.children {
            Some(children) => {
                for child in children {
                    self.visit_node::<R>(child, query, radius, visit);
                }
            }
            None => self.visit_leaf::<R>(node, query, radius, visit),
        }
    }

    /// The least and the most that a point of a node can be away.
    fn reduced_to_box<R: Reduced>(&self, number: u32, query: &[f32]) -> (f64, f64) {
        let d = self.n_features;
        let (low, high) = self.boxes[number as usize * 2 * d..][..2 * d].split_at(d);
        let (mut least, mut most) = (0.0, 0.0);
        for (&q, (&low, &high)) in query.iter().zip(low.iter().zip(high)) {
            let (q, low, high) = (f64::from(q), f64::from(low), f64::from(high));
            least = R::with(least, (low - q).max(q - high).max(0.0));
            most = R::with(most, (q - low).abs().max((high - q).abs()));
        }
        (least, most)
    }

    fn visit_leaf<R: Reduced>(&self, leaf: Node, query: &[f32], radius: f64, visit: &mut dyn FnMut(&[u32])) {
        let (start, end) = (leaf.start as usize, leaf.end as usize);
        let n = end - start;
        let reduced = self.reduced::<R>(leaf, query);
        let mut found = [0; LEAF];
        let mut n_found = 0;
        for (&reduced, &index) in reduced[..n].iter().zip(&self.order[start..end]) {
            found[n_found] = index;
            n_found += usize::from(reduced <= radius);
        }
        if n_found > 0 {
            visit(&found[..n_found]);
        }
    }
}
