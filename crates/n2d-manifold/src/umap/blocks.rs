//! Sharing the layout out: points in blocks, edges by the two blocks they join.
//!
//! In a round of a tournament every block meets one other, and no block plays twice. So the meetings of a round touch
//! disjoint points and run in parallel, each of them one after the other through its edges: every update sees the
//! newest positions of both ends, as in a sequential run, and nothing depends on the number of threads
//! (Gemulla et al. 2011, "Large-scale matrix factorization with distributed stochastic gradient descent", for the scheme).

use n2d_neighbors::SparseGraph;
use rayon::prelude::*;

/// The most blocks: twice as many as threads can be kept busy. More would make meetings too short.
const MAX_BLOCKS: usize = 32;
/// The least points a block; below twice as many all are in one.
const MIN_POINTS: usize = 256;

/// Two blocks that meet; a block meets itself too.
pub(super) type Meeting = (usize, usize);

/// An edge of a meeting: its ends, as places in the first block followed by the second, and the part of all epochs
/// in which it pulls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) frequency: f32,
}

impl Edge {
    pub(super) const NONE: Self = Self {
        head: 0,
        tail: 0,
        frequency: 0.0,
    };
}

/// Which point is in which block, and when blocks meet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocks {
    n_points: usize,
    n_blocks: usize,
}

impl Blocks {
    pub(super) fn new(n_points: usize) -> Self {
        // An even number, so that a round leaves no block out.
        let n_blocks = (n_points / MIN_POINTS).min(MAX_BLOCKS) / 2 * 2;
        Self {
            n_points,
            n_blocks: n_blocks.max(1),
        }
    }

    /// Points go to the blocks in turn, so that rows sorted by class are spread over all.
    fn block_of(&self, point: usize) -> usize {
        point % self.n_blocks
    }

    fn place_of(&self, point: usize) -> usize {
        point / self.n_blocks
    }

    fn size(&self, block: usize) -> usize {
        (self.n_points + self.n_blocks - 1 - block) / self.n_blocks
    }

    /// Makes the blocks of something each point has.
    pub(super) fn split<T>(&self, of_point: impl Fn(usize) -> T) -> Vec<Vec<T>> {
        (0..self.n_blocks)
            .map(|block| {
                (block..self.n_points)
                    .step_by(self.n_blocks)
                    .map(&of_point)
                    .collect()
            })
            .collect()
    }

    /// What a point has, of what was split.
    pub(super) fn get<'a, T>(&self, blocks: &'a [Vec<T>], point: usize) -> &'a T {
        &blocks[self.block_of(point)][self.place_of(point)]
    }

    /// The reverse of [`split`](Self::split).
    pub(super) fn join<T>(&self, blocks: &[Vec<T>], mut to_point: impl FnMut(usize, &T)) {
        for point in 0..self.n_points {
            to_point(point, self.get(blocks, point));
        }
    }

    /// All meetings, round by round: first each block with itself, then everybody with everybody (the circle method).
    pub(super) fn rounds(&self) -> Vec<Vec<Meeting>> {
        let n = self.n_blocks;
        let mut rounds = vec![(0..n).map(|block| (block, block)).collect()];
        for round in 0..n - 1 {
            // The last block stays, the others move on by one seat.
            let seat = |i: usize| if i == n - 1 { n - 1 } else { (i + round) % (n - 1) };
            let meeting = |i: usize| (seat(i).min(seat(n - 1 - i)), seat(i).max(seat(n - 1 - i)));
            rounds.push((0..n / 2).map(meeting).collect());
        }
        rounds
    }

    /// The edges of a graph for one meeting, both directions, first one of each head, then the second of each that has two, and so on, so
    /// that edges of one head are far from one another. An edge pulls in proportion to its weight, the `heaviest` in every epoch;
    /// those that would pull in none of `n_epochs` are left out.
    fn edges_of(
        &self,
        (first, second): Meeting,
        graph: &SparseGraph,
        heaviest: f32,
        n_epochs: usize,
    ) -> Vec<Edge> {
        let place = |point: usize| {
            let offset = if self.block_of(point) == first {
                0
            } else {
                self.size(first)
            };
            (offset + self.place_of(point)) as u32
        };
        let points = |block: usize| (block..self.n_points).step_by(self.n_blocks);
        let directed = |from: usize, to: usize| {
            points(from).flat_map(move |head| {
                let to_other = graph
                    .row(head)
                    .filter(move |&(tail, _)| self.block_of(tail as usize) == to);
                to_other.map(move |(tail, weight)| (head, tail as usize, weight / heaviest))
            })
        };
        let back = (first != second).then(|| directed(second, first));
        let all = directed(first, second)
            .chain(back.into_iter().flatten())
            .filter(|&(_, _, frequency)| frequency * n_epochs as f32 >= 1.0)
            .map(|(head, tail, frequency)| Edge {
                head: place(head),
                tail: place(tail),
                frequency,
            })
            .collect();
        one_of_each(all)
    }

    /// The edges of all meetings, in the order of [`rounds`](Self::rounds).
    pub(super) fn edges(&self, graph: &SparseGraph, n_epochs: usize) -> Vec<Vec<Vec<Edge>>> {
        let heaviest = graph.max_weight();
        let of_round = |round: Vec<Meeting>| {
            round
                .into_par_iter()
                .map(|meeting| self.edges_of(meeting, graph, heaviest, n_epochs))
                .collect()
        };
        self.rounds().into_iter().map(of_round).collect()
    }
}

/// Edges that stand head by head in turns: the first of each, the second of each, ...
fn one_of_each(edges: Vec<Edge>) -> Vec<Edge> {
    let mut turns: Vec<(u32, Edge)> = Vec::with_capacity(edges.len());
    for of_head in edges.chunk_by(|a, b| a.head == b.head) {
        turns.extend((0..).zip(of_head.iter().copied()));
    }
    turns.sort_by_key(|&(turn, _)| turn);
    turns.into_iter().map(|(_, edge)| edge).collect()
}

/// The points of two blocks that meet, in one numbering; the second is empty where a block meets itself.
pub(super) struct Both<'a, T> {
    pub(super) first: &'a mut [T],
    pub(super) second: &'a mut [T],
}

impl<T: Copy> Both<'_, T> {
    #[inline(always)]
    pub(super) fn get(&self, place: usize) -> &T {
        match place.checked_sub(self.first.len()) {
            None => &self.first[place],
            Some(place) => &self.second[place],
        }
    }

    #[inline(always)]
    pub(super) fn set(&mut self, place: usize, value: T) {
        match place.checked_sub(self.first.len()) {
            None => self.first[place] = value,
            Some(place) => self.second[place] = value,
        }
    }

    /// The points that the point at `place` may be repelled by: those of the other block.
    ///
    /// Over an epoch a point meets every block about as often, so this draws from all points alike.
    #[inline(always)]
    pub(super) fn opposite(&self, place: usize) -> &[T] {
        if self.second.is_empty() || place >= self.first.len() {
            self.first
        } else {
            self.second
        }
    }
}

/// Lends the blocks out to the meetings of one round.
///
/// # Panics
/// Where a block stands in two meetings.
pub(super) fn lend<'a, T>(blocks: &'a mut [Vec<T>], round: &[Meeting]) -> Vec<Both<'a, T>> {
    let mut free: Vec<Option<&mut [T]>> = blocks
        .iter_mut()
        .map(|block| Some(block.as_mut_slice()))
        .collect();
    let mut take = |block: usize| free[block].take().expect("a block plays once a round");
    round
        .iter()
        .map(|&(first, second)| Both {
            first: take(first),
            second: if first == second { &mut [] } else { take(second) },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_meets_everybody_once() {
        for n_points in [1, 511, 512, 1024, 1300, 100_000] {
            let blocks = Blocks::new(n_points);
            let mut all = Vec::new();
            for round in blocks.rounds() {
                let mut playing: Vec<usize> = round.iter().flat_map(|&(a, b)| [a, b]).collect();
                playing.sort_unstable();
                playing.dedup();
                assert_eq!(playing.len(), blocks.n_blocks, "all play in every round");
                all.extend(round);
            }
            all.sort_unstable();
            let expected: Vec<Meeting> = (0..blocks.n_blocks)
                .flat_map(|a| (a..blocks.n_blocks).map(move |b| (a, b)))
                .collect();
            assert_eq!(all, expected);
        }
    }

    #[test]
    fn every_edge_is_in_one_meeting() {
        let n = 1300_u32;
        let ring = (0..n)
            .map(|i| vec![((i + 1) % n, 1.0), ((i + 7) % n, 0.5), ((i + 9) % n, 0.001)])
            .collect();
        let graph = SparseGraph::from_rows(ring).symmetrised(f32::max);
        let blocks = Blocks::new(n as usize);
        let edges = blocks.edges(&graph, 100);
        assert_eq!(
            edges.iter().flatten().map(Vec::len).sum::<usize>(),
            4 * n as usize
        );

        let ids = blocks.split(|point| point);
        for (round, edges) in blocks.rounds().iter().zip(&edges) {
            for (&(a, b), edges) in round.iter().zip(edges) {
                let mut both = ids[a].clone();
                both.extend(if a == b { &[] } else { ids[b].as_slice() });
                for edge in edges {
                    let (head, tail) = (both[edge.head as usize], both[edge.tail as usize]);
                    let apart = (head + n as usize - tail) % n as usize;
                    let expected = if [1, n as usize - 1].contains(&apart) {
                        1.0
                    } else {
                        0.5
                    };
                    assert_eq!(edge.frequency, expected);
                }
            }
        }
    }

    #[test]
    fn splitting_and_joining_changes_nothing() {
        for n in [1, 600, 1001] {
            let blocks = Blocks::new(n);
            let split = blocks.split(|point| point * 3);
            assert!(
                split
                    .iter()
                    .enumerate()
                    .all(|(block, points)| points.len() == blocks.size(block))
            );
            blocks.join(&split, |point, value| assert_eq!(*value, point * 3));
        }
    }
}
