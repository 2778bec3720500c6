use rayon::prelude::*;

/// A weighted graph as compressed sparse rows, with `n_rows` points; columns ascend within a row, and a pair that is
/// not stored has weight zero.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseGraph {
    /// Where each row begins in the other two, and where the last one ends.
    starts: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl SparseGraph {
    /// From one list of (column, weight) a row; each list is sorted here.
    ///
    /// ```
    /// use n2d_neighbors::SparseGraph;
    ///
    /// let graph = SparseGraph::from_rows(vec![vec![(1, 0.5)], vec![(0, 0.5)], vec![]]);
    /// assert_eq!(graph.n_edges(), 2);
    /// assert_eq!(graph.components(), [0, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// Where a column is not below the number of rows, or stands twice in a row.
    pub fn from_rows(rows: Vec<Vec<(u32, f32)>>) -> Self {
        let n = rows.len();
        let n_edges = rows.iter().map(Vec::len).sum();
        let mut graph = Self {
            starts: vec![0],
            columns: Vec::with_capacity(n_edges),
            weights: Vec::with_capacity(n_edges),
        };
        for mut row in rows {
            row.sort_unstable_by_key(|&(column, _)| column);
            assert!(
                row.windows(2).all(|pair| pair[0].0 < pair[1].0),
                "a column twice in a row"
            );
            assert!(
                row.last().is_none_or(|&(column, _)| (column as usize) < n),
                "a column outside the graph"
            );
            graph.columns.extend(row.iter().map(|&(column, _)| column));
            graph.weights.extend(row.iter().map(|&(_, weight)| weight));
            graph.starts.push(graph.columns.len());
        }
        graph
    }

    /// Number of points.
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of stored pairs; an undirected edge is two.
    pub fn n_edges(&self) -> usize {
        self.columns.len()
    }

    /// The largest weight; zero without edges.
    pub fn max_weight(&self) -> f32 {
        self.weights.iter().copied().fold(0.0, f32::max)
    }

    /// The neighbours of a point with their weights, by index.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (u32, f32)> + Clone + '_ {
        let range = self.starts[row]..self.starts[row + 1];
        self.columns[range.clone()]
            .iter()
            .copied()
            .zip(self.weights[range].iter().copied())
    }

    /// The sum over a row's edges of their weights times what `x` has at their ends, in four partial sums, so that no addition waits
    /// for all before it.
    pub(crate) fn row_product(&self, row: usize, x: &[f64]) -> f64 {
        let range = self.starts[row]..self.starts[row + 1];
        let (columns, rest_of_columns) = self.columns[range.clone()].as_chunks::<4>();
        let (weights, rest_of_weights) = self.weights[range].as_chunks::<4>();
        let term = |column: u32, weight: f32| f64::from(weight) * x[column as usize];
        let mut sums = [0.0; 4];
        for (columns, weights) in columns.iter().zip(weights) {
            for lane in 0..4 {
                sums[lane] += term(columns[lane], weights[lane]);
            }
        }
        for (&column, &weight) in rest_of_columns.iter().zip(rest_of_weights) {
            sums[0] += term(column, weight);
        }
        (sums[0] + sums[2]) + (sums[1] + sums[3])
    }

    /// The graph with every edge turned round.
    pub fn transposed(&self) -> Self {
        let n = self.n_rows();
        let mut starts = vec![0; n + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for row in 0..n {
            starts[row + 1] += starts[row];
        }
        let mut free = starts.clone();
        let mut columns = vec![0; self.n_edges()];
        let mut weights = vec![0.0; self.n_edges()];
        for row in 0..n {
            for (column, weight) in self.row(row) {
                let at = &mut free[column as usize];
                (columns[*at], weights[*at]) = (row as u32, weight);
                *at += 1;
            }
        }
        Self {
            starts,
            columns,
            weights,
        }
    }

    /// The symmetric graph whose weights are `combine(w_ij, w_ji)`, on every pair that has either.
    ///
    /// `combine` must be symmetric, up to rounding; results of zero are dropped.
    pub fn symmetrised(&self, combine: impl Fn(f32, f32) -> f32 + Sync) -> Self {
        let turned = self.transposed();
        let merge = |row: usize| {
            let mut merged = Vec::with_capacity(self.row(row).len() + turned.row(row).len());
            let (mut there, mut back) = (self.row(row).peekable(), turned.row(row).peekable());
            while let Some(column) = [there.peek(), back.peek()]
                .into_iter()
                .flatten()
                .map(|&(c, _)| c)
                .min()
            {
                let a = there.next_if(|&(c, _)| c == column).map_or(0.0, |(_, w)| w);
                let b = back.next_if(|&(c, _)| c == column).map_or(0.0, |(_, w)| w);
                // The smaller index first, so that both directions get the same bits.
                let weight = if row as u32 <= column {
                    combine(a, b)
                } else {
                    combine(b, a)
                };
                if weight != 0.0 {
                    merged.push((column, weight));
                }
            }
            merged
        };
        Self::from_rows((0..self.n_rows()).into_par_iter().map(merge).collect())
    }

    /// The mean of several graphs of the same points: of each pair's weights, where a pair that is not stored counts 0.
    ///
    /// ```
    /// use n2d_neighbors::SparseGraph;
    ///
    /// let one = SparseGraph::from_rows(vec![vec![(1, 1.0)], vec![(0, 1.0)], vec![]]);
    /// let other = SparseGraph::from_rows(vec![vec![(2, 0.5)], vec![], vec![(0, 0.5)]]);
    /// let mean = SparseGraph::mean(&[one, other]);
    /// assert_eq!(mean.row(0).collect::<Vec<_>>(), [(1, 0.5), (2, 0.25)]);
    /// ```
    ///
    /// # Panics
    /// Where there is no graph, or they are not of as many points.
    pub fn mean(graphs: &[Self]) -> Self {
        let n = graphs[0].n_rows();
        assert!(
            graphs.iter().all(|graph| graph.n_rows() == n),
            "graphs of different numbers of points"
        );
        let row = |row: usize| {
            let mut pairs: Vec<(u32, f32)> = graphs.iter().flat_map(|graph| graph.row(row)).collect();
            // Stable: weights of a pair are summed in the order of the graphs, in both of its rows.
            pairs.sort_by_key(|&(column, _)| column);
            let of_one = |pairs: &[(u32, f32)]| {
                let sum: f32 = pairs.iter().map(|&(_, weight)| weight).sum();
                (pairs[0].0, sum / graphs.len() as f32)
            };
            pairs.chunk_by(|a, b| a.0 == b.0).map(of_one).collect()
        };
        Self::from_rows((0..n).into_par_iter().map(row).collect())
    }

    /// The graph without the edges lighter than `least`.
    pub fn pruned(&self, least: f32) -> Self {
        let kept = |row| self.row(row).filter(|&(_, weight)| weight >= least).collect();
        Self::from_rows((0..self.n_rows()).into_par_iter().map(kept).collect())
    }

    /// The graph of some of its points, which are renumbered in the order given.
    pub fn subgraph(&self, points: &[u32]) -> Self {
        let mut number = vec![u32::MAX; self.n_rows()];
        for (new, &old) in points.iter().enumerate() {
            number[old as usize] = new as u32;
        }
        let kept = |&old: &u32| {
            let renumbered = self
                .row(old as usize)
                .map(|(column, weight)| (number[column as usize], weight));
            renumbered.filter(|&(column, _)| column != u32::MAX).collect()
        };
        Self::from_rows(points.par_iter().map(kept).collect())
    }

    /// The sum of the weights of each point, its degree.
    pub fn degrees(&self) -> Vec<f64> {
        let degree = |row| self.row(row).map(|(_, weight)| f64::from(weight)).sum();
        (0..self.n_rows()).into_par_iter().map(degree).collect()
    }

    /// The connected component of each point of a symmetric graph, numbered in the order of their first points.
    pub fn components(&self) -> Vec<u32> {
        const UNSEEN: u32 = u32::MAX;
        let mut component = vec![UNSEEN; self.n_rows()];
        let mut to_visit = Vec::new();
        let mut n_components = 0;
        for first in 0..self.n_rows() {
            if component[first] != UNSEEN {
                continue;
            }
            component[first] = n_components;
            to_visit.push(first as u32);
            while let Some(point) = to_visit.pop() {
                for (neighbour, _) in self.row(point as usize) {
                    if component[neighbour as usize] == UNSEEN {
                        component[neighbour as usize] = n_components;
                        to_visit.push(neighbour);
                    }
                }
            }
            n_components += 1;
        }
        component
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> SparseGraph {
        SparseGraph::from_rows(vec![
            vec![(2, 0.3), (1, 0.5)],
            vec![],
            vec![(0, 0.1)],
            vec![(4, 1.0)],
            vec![],
        ])
    }

    fn rows(graph: &SparseGraph) -> Vec<Vec<(u32, f32)>> {
        (0..graph.n_rows()).map(|row| graph.row(row).collect()).collect()
    }

    #[test]
    fn turning_twice_changes_nothing() {
        assert_eq!(rows(&graph())[0], [(1, 0.5), (2, 0.3)]);
        assert_eq!(rows(&graph().transposed())[0], [(2, 0.1)]);
        assert_eq!(graph().transposed().transposed(), graph());
    }

    #[test]
    fn symmetrised_combines_both_directions() {
        let symmetric = graph().symmetrised(|a, b| a + b);
        assert_eq!(rows(&symmetric)[2], [(0, 0.3 + 0.1)]);
        assert_eq!(rows(&symmetric)[1], [(0, 0.5)]);
        assert_eq!(symmetric, symmetric.transposed());
        assert_eq!(symmetric.components(), [0, 0, 0, 1, 1]);
        assert_eq!(symmetric.pruned(0.45).components(), [0, 0, 1, 2, 2]);
        let part = symmetric.subgraph(&[2, 0]);
        assert_eq!(rows(&part), [[(1, 0.3 + 0.1)], [(0, 0.3 + 0.1)]]);
    }
}
