//! Single linkage: the order in which groups of rows merge as the distance grows.

use n2d_core::Labels;

use super::sets::DisjointSets;

/// An edge of the minimum spanning tree of mutual reachability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpanningEdge {
    /// The smaller row.
    pub a: u32,
    /// The larger row.
    pub b: u32,
    /// Their mutual reachability distance.
    pub weight: f64,
}

/// One merge: nodes below `n_samples` are rows, node `n_samples + i` is what merge `i` made. The layout of scipy's linkages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkageRow {
    /// The node that holds the smallest row of both.
    pub left: usize,
    /// The other node.
    pub right: usize,
    /// The distance at which they merge.
    pub distance: f64,
    /// Rows in both.
    pub size: usize,
}

/// The merges of `n_samples` rows by edges in the order of their weights.
pub(super) fn single_linkage(n_samples: usize, edges: &[SpanningEdge]) -> Vec<LinkageRow> {
    let mut sets = DisjointSets::new(n_samples);
    // What node and how many rows the set named by its smallest row is.
    let mut nodes: Vec<(usize, usize)> = (0..n_samples).map(|row| (row, 1)).collect();
    let merge = |(at, edge): (usize, &SpanningEdge)| {
        let (a, b) = (sets.find(edge.a), sets.find(edge.b));
        let (first, second) = (a.min(b) as usize, a.max(b) as usize);
        let ((left, in_left), (right, in_right)) = (nodes[first], nodes[second]);
        let size = in_left + in_right;
        sets.join(a, b);
        nodes[first] = (n_samples + at, size);
        LinkageRow {
            left,
            right,
            distance: edge.weight,
            size,
        }
    };
    edges.iter().enumerate().map(merge).collect()
}

/// The groups of at least `min_cluster_size` rows that merge below a distance, numbered by their first rows; all else is noise.
pub(super) fn groups_below(
    n_samples: usize,
    edges: &[SpanningEdge],
    distance: f64,
    min_cluster_size: usize,
) -> Labels {
    let mut sets = DisjointSets::new(n_samples);
    for edge in edges.iter().take_while(|edge| edge.weight < distance) {
        sets.join(edge.a, edge.b);
    }
    let names: Vec<usize> = (0..n_samples as u32).map(|row| sets.find(row) as usize).collect();
    let mut sizes = vec![0; n_samples];
    names.iter().for_each(|&name| sizes[name] += 1);
    let mut numbers = vec![Labels::NOISE; n_samples];
    let large = (0..n_samples).filter(|&name| sizes[name] >= min_cluster_size.max(1));
    for (count, name) in large.enumerate() {
        numbers[name] = count as i32;
    }
    let labels = names.iter().map(|&name| numbers[name]).collect();
    Labels::new(labels).expect("labels are counted from zero")
}
