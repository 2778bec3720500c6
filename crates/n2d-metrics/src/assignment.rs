//! The one-to-one assignment of the two sides of a sparse table that shares the most.

use pathfinding::kuhn_munkres::{Weights, kuhn_munkres};

/// A pair of the two sides, each counted from zero, and how much it is worth; above zero.
pub(crate) type Edge = (usize, usize, i64);

/// The chosen edges of greatest worth in all, each node in one at the most, by left node.
///
/// Nodes that no chain of edges joins can't compete, so each connected part is solved by itself (the Hungarian method,
/// cubic in its smaller side). A hundred thousand singleton clusters are then as many trivial problems.
pub(crate) fn assign(n_left: usize, n_right: usize, edges: &[Edge]) -> Vec<Edge> {
    let mut chosen: Vec<Edge> = connected_parts(n_left, n_right, edges)
        .iter()
        .flat_map(|part| assign_connected(part))
        .collect();
    chosen.sort_unstable();
    chosen
}

/// The edges grouped by the connected part of the graph they belong to.
fn connected_parts(n_left: usize, n_right: usize, edges: &[Edge]) -> Vec<Vec<Edge>> {
    let mut parent: Vec<usize> = (0..n_left + n_right).collect();
    for &(left, right, _) in edges {
        let (a, b) = (root(&mut parent, left), root(&mut parent, n_left + right));
        parent[a.max(b)] = a.min(b);
    }
    let mut keyed: Vec<(usize, Edge)> = edges
        .iter()
        .map(|&edge| (root(&mut parent, edge.0), edge))
        .collect();
    keyed.sort_unstable();
    keyed
        .chunk_by(|a, b| a.0 == b.0)
        .map(|part| part.iter().map(|&(_, edge)| edge).collect())
        .collect()
}

/// The representative of a node's part, with the path to it halved.
fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

fn assign_connected(edges: &[Edge]) -> Vec<Edge> {
    if let [edge] = edges {
        return vec![*edge];
    }
    let (left, right) = (nodes(edges, |edge| edge.0), nodes(edges, |edge| edge.1));
    let flipped = left.len() > right.len();
    // The solver wants no more rows than columns.
    let (rows, columns) = if flipped { (&right, &left) } else { (&left, &right) };
    let worth = SparseWeights::new(rows, columns, edges, flipped);
    let (_, partner) = kuhn_munkres(&worth);
    let pair = |(row, column): (usize, usize)| {
        let (a, b) = (rows[row], columns[column]);
        let (left, right) = if flipped { (b, a) } else { (a, b) };
        (left, right, worth.at(row, column))
    };
    // The solver matches every row, if need be with a column it shares nothing with.
    partner
        .into_iter()
        .enumerate()
        .map(pair)
        .filter(|edge| edge.2 > 0)
        .collect()
}

fn nodes(edges: &[Edge], side: impl Fn(&Edge) -> usize) -> Vec<usize> {
    let mut nodes: Vec<usize> = edges.iter().map(side).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// The worth of every pair as the solver asks for it, of which only those above zero are stored.
struct SparseWeights {
    rows: Vec<Vec<(usize, i64)>>,
    n_columns: usize,
}

impl SparseWeights {
    fn new(rows: &[usize], columns: &[usize], edges: &[Edge], flipped: bool) -> Self {
        let mut stored = vec![Vec::new(); rows.len()];
        for &(left, right, worth) in edges {
            let (row, column) = if flipped { (right, left) } else { (left, right) };
            let place = columns.partition_point(|&other| other < column);
            stored[rows.partition_point(|&other| other < row)].push((place, worth));
        }
        for row in &mut stored {
            row.sort_unstable();
        }
        Self {
            rows: stored,
            n_columns: columns.len(),
        }
    }
}

impl Weights<i64> for SparseWeights {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn columns(&self) -> usize {
        self.n_columns
    }

    fn at(&self, row: usize, column: usize) -> i64 {
        let stored = &self.rows[row];
        stored
            .binary_search_by_key(&column, |entry| entry.0)
            .map_or(0, |at| stored[at].1)
    }

    fn neg(&self) -> Self {
        let negated = |row: &Vec<(usize, i64)>| row.iter().map(|&(column, worth)| (column, -worth)).collect();
        Self {
            rows: self.rows.iter().map(negated).collect(),
            n_columns: self.n_columns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The greatest worth over all one-to-one assignments, by trying them.
    fn best_worth(rows: &[Vec<i64>], taken: &mut Vec<bool>) -> i64 {
        let Some((first, rest)) = rows.split_first() else {
            return 0;
        };
        let mut best = best_worth(rest, taken);
        for column in 0..first.len() {
            if first[column] > 0 && !taken[column] {
                taken[column] = true;
                best = best.max(first[column] + best_worth(rest, taken));
                taken[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(
            (n_left, n_right, table) in (1..6_usize, 1..6_usize)
                .prop_flat_map(|(a, b)| (Just(a), Just(b), prop::collection::vec(0..6_i64, a * b))),
        ) {
            let rows: Vec<Vec<i64>> = table.chunks(n_right).map(<[i64]>::to_vec).collect();
            let edges: Vec<Edge> = (0..n_left * n_right)
                .map(|at| (at / n_right, at % n_right, table[at]))
                .filter(|edge| edge.2 > 0)
                .collect();
            let chosen = assign(n_left, n_right, &edges);
            let worth: i64 = chosen.iter().map(|edge| edge.2).sum();
            prop_assert_eq!(worth, best_worth(&rows, &mut vec![false; n_right]));
            prop_assert_eq!(nodes(&chosen, |edge| edge.0).len(), chosen.len());
            prop_assert_eq!(nodes(&chosen, |edge| edge.1).len(), chosen.len());
            prop_assert!(chosen.iter().all(|edge| edges.contains(edge)));
        }
    }
}
