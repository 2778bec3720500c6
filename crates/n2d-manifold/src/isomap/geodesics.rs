//! Distances along the neighbour graph.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use n2d_core::persist::{LoadError, State};
use n2d_core::{FitContext, FitError, Progress, Samples};
use n2d_neighbors::{Metric, Neighbors, SparseGraph};
use rayon::prelude::*;

use crate::pieces;

/// Searches between two looks at the cancel token.
const SEARCHES_A_STEP: usize = 64;

/// Rows linked with their neighbours, both ways, by distance. A link may have length zero.
#[derive(Debug, Clone)]
pub(super) struct Links {
    starts: Vec<usize>,
    to: Vec<u32>,
    lengths: Vec<f32>,
}

impl Links {
    /// Of neighbours, with pieces joined; the second part is the number of pieces there were.
    pub(super) fn of(
        z: Samples<'_>,
        metric: Metric,
        neighbors: &Neighbors,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Self, usize), FitError> {
        let n = neighbors.n_rows();
        let row = |row: usize| neighbors.indices(row).iter().map(|&other| (other, 1.0)).collect();
        let graph = SparseGraph::from_rows((0..n).map(row).collect()).symmetrised(f32::max);
        let piece_of = graph.components();
        drop(graph);
        let mut links: Vec<Vec<(u32, f32)>> = vec![Vec::new(); n];
        let mut link = |a: u32, b: u32, length: f32| {
            links[a as usize].push((b, length));
            links[b as usize].push((a, length));
        };
        for row in 0..n as u32 {
            let found = neighbors
                .indices(row as usize)
                .iter()
                .zip(neighbors.distances(row as usize));
            found.for_each(|(&other, &length)| link(row, other, length));
        }
        for joint in pieces::links(z, metric, &piece_of, ctx)? {
            link(joint.rows[0], joint.rows[1], joint.distance);
        }
        for links in &mut links {
            // Those that found one another are there twice; with the shorter length first, should they differ by rounding.
            links.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            links.dedup_by_key(|link| link.0);
        }
        Ok((Self::from_rows(&links), pieces::n_pieces(&piece_of)))
    }

    /// Of one row, which has none.
    pub(super) fn single() -> Self {
        Self::from_rows(&[Vec::new()])
    }

    fn from_rows(rows: &[Vec<(u32, f32)>]) -> Self {
        let ends = rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        });
        Self {
            starts: std::iter::once(0).chain(ends).collect(),
            to: rows.iter().flatten().map(|link| link.0).collect(),
            lengths: rows.iter().flatten().map(|link| link.1).collect(),
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The distances of all rows from some that are at given distances already.
    pub(super) fn from(
        &self,
        sources: impl IntoIterator<Item = (u32, f32)>,
        search: &mut Search,
        out: &mut [f32],
    ) {
        out.fill(f32::INFINITY);
        search.queue.clear();
        for (row, distance) in sources {
            if distance < out[row as usize] {
                out[row as usize] = distance;
                search.queue.push(Reverse(entry(distance, row)));
            }
        }
        while let Some(Reverse(entry)) = search.queue.pop() {
            let (distance, row) = (f32::from_bits((entry >> 32) as u32), entry as u32 as usize);
            // A shorter way has been found since.
            if distance > out[row] {
                continue;
            }
            let range = self.starts[row]..self.starts[row + 1];
            for (&to, &length) in self.to[range.clone()].iter().zip(&self.lengths[range]) {
                let through = (distance + length).min(f32::MAX);
                if through < out[to as usize] {
                    out[to as usize] = through;
                    search.queue.push(Reverse(self::entry(through, to)));
                }
            }
        }
    }

    /// The distances from some rows to all, one row of `out` after the other. Reports the phase `geodesics`.
    pub(super) fn all_from(
        &self,
        rows: &[u32],
        out: &mut [f32],
        ctx: &mut FitContext<'_>,
    ) -> Result<(), FitError> {
        let n = self.n_rows();
        let token = ctx.cancel_token();
        let steps = rows
            .chunks(SEARCHES_A_STEP)
            .zip(out.chunks_mut(SEARCHES_A_STEP * n));
        for (step, (rows_of_step, out)) in steps.enumerate() {
            let searches = rows_of_step.par_iter().zip(out.par_chunks_mut(n));
            searches.for_each_init(Search::default, |search, (&row, out)| {
                if !token.is_cancelled() {
                    self.from([(row, 0.0)], search, out);
                }
            });
            let done = step * SEARCHES_A_STEP + rows_of_step.len();
            ctx.step(Progress::new("geodesics", done, rows.len()))?;
        }
        Ok(())
    }

    pub(super) fn save(&self, state: &mut State) {
        let counts: Vec<u32> = self
            .starts
            .windows(2)
            .map(|ends| (ends[1] - ends[0]) as u32)
            .collect();
        state.put("links.counts", &counts);
        state.put("links.to", &self.to);
        state.put("links.lengths", &self.lengths);
    }

    /// Between so many rows, none of which is cut off: every row can be reached from the first.
    pub(super) fn load(state: &State, n_rows: usize) -> Result<Self, LoadError> {
        let counts: Vec<u32> = state.vec_of("links.counts", n_rows)?;
        let to: Vec<u32> = state.vec("links.to")?;
        let lengths: Vec<f32> = state.vec_of("links.lengths", to.len())?;
        let ends = counts.iter().scan(0_usize, |end, &count| {
            *end = end.saturating_add(count as usize);
            Some(*end)
        });
        let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
        state.expect(
            "links.counts",
            "the number of links in all",
            starts[n_rows] == to.len(),
        )?;
        let inside = to.iter().all(|&row| (row as usize) < n_rows);
        state.expect("links.to", "rows of the embedding", inside)?;
        let usual = lengths
            .iter()
            .all(|&v| v >= 0.0 && v.is_finite() && v.is_sign_positive());
        state.expect("links.lengths", "finite numbers, 0 or above", usual)?;
        let links = Self { starts, to, lengths };
        let mut reached = vec![0.0; n_rows];
        links.from([(0, 0.0)], &mut Search::default(), &mut reached);
        state.expect(
            "links.to",
            "a graph in one piece",
            reached.iter().all(|v| v.is_finite()),
        )?;
        Ok(links)
    }
}

/// Distances that are not negative sort as their bits; equal ones by row, so that every search goes the same way.
fn entry(distance: f32, row: u32) -> u64 {
    (u64::from(distance.to_bits()) << 32) | u64::from(row)
}

/// What a search needs, kept for the next.
#[derive(Default)]
pub(super) struct Search {
    queue: BinaryHeap<Reverse<u64>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d_core::rng::SplitMix64;
    use n2d_neighbors::{NeighborIndex, NeighborSearch};

    /// Against the algorithm of Floyd and Warshall.
    #[test]
    fn shortest_ways_are_shortest() {
        let n = 120;
        let mut rng = SplitMix64::new(5, 0, 0);
        let values: Vec<f32> = (0..n * 2).map(|_| rng.below(30) as f32).collect();
        let z = Samples::from_rows(&values, 2).unwrap();
        let mut ctx = FitContext::new(0);
        let neighbors = NeighborIndex::new(z, NeighborSearch::Auto)
            .graph(z, 3, &mut ctx)
            .unwrap();
        let (links, n_pieces) = Links::of(z, Metric::Euclidean, &neighbors, &mut ctx).unwrap();
        assert!(n_pieces > 1, "the test is to join pieces");
        let mut expected = vec![f32::INFINITY; n * n];
        for row in 0..n {
            expected[row * n + row] = 0.0;
            for at in links.starts[row]..links.starts[row + 1] {
                expected[row * n + links.to[at] as usize] = links.lengths[at];
            }
        }
        for k in 0..n {
            for i in 0..n {
                for j in 0..n {
                    let through = expected[i * n + k] + expected[k * n + j];
                    expected[i * n + j] = expected[i * n + j].min(through);
                }
            }
        }
        let rows: Vec<u32> = (0..n as u32).collect();
        let mut got = vec![0.0; n * n];
        links.all_from(&rows, &mut got, &mut ctx).unwrap();
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() <= 1e-5 * expected, "{got} {expected}");
        }
    }
}
