//! The way of new rows along the graph.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::NnDescent;
use super::lists::{distance_of, key, row_of};
use crate::Neighbors;
use crate::engine::Task;
use crate::nearest::{Nearest, Slots};

/// Ways out of a row.
const LINKS: usize = 48;
/// Nearest rows that are kept in sight, at least; twice as many as neighbours are asked for, if that is more.
const SIGHT: usize = 64;

/// For each row the rows that can be reached from it: its neighbours and those whose neighbour it is, nearest first.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Links {
    pub(crate) fn of(graph: Option<&Neighbors>, n_rows: usize) -> Self {
        let mut both: Vec<Vec<u64>> = vec![Vec::new(); n_rows];
        if let Some(graph) = graph {
            for row in 0..n_rows {
                for (&other, &distance) in graph.indices(row).iter().zip(graph.distances(row)) {
                    both[row].push(key(distance, other));
                    both[other as usize].push(key(distance, row as u32));
                }
            }
        }
        let mut links = Self {
            starts: vec![0],
            rows: Vec::new(),
        };
        for mut both in both {
            both.sort_unstable();
            both.dedup();
            both.truncate(LINKS);
            links.rows.extend(both.into_iter().map(row_of));
            links.starts.push(links.rows.len());
        }
        links
    }

    fn from(&self, row: u32) -> &[u32] {
        &self.rows[self.starts[row as usize]..self.starts[row as usize + 1]]
    }
}

impl NnDescent {
    /// Fills the slots with neighbours of new rows.
    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let d = self.n_features();
        let prepared = self.space.prepared(task.queries);
        let mut walker = Walker {
            index: self,
            // Of which row each point was last seen.
            seen: vec![0; self.n_samples()],
            found: Vec::new(),
            ahead: BinaryHeap::new(),
        };
        let rows = task.queries.chunks_exact(d).zip(prepared.chunks_exact(d));
        for (row, (query, prepared)) in rows.enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            walker.walk(prepared, row as u32 + 1, (2 * task.k).max(SIGHT));
            let mut nearest = Nearest::new(task.k);
            self.choose(query, prepared, &walker.found, &mut nearest);
            slots.write(row, &nearest);
        }
    }

    /// The nearest of those found, measured as the metric says; of all where too few were found.
    fn choose(&self, query: &[f32], prepared: &[f32], found: &[u64], nearest: &mut Nearest) {
        let enough = found.len() >= nearest.k();
        match &self.exact {
            Some(exact) if enough => {
                for &entry in found {
                    exact.offer(query, row_of(entry), nearest);
                }
            }
            Some(exact) => exact.measure_all(query, None, nearest),
            None if enough => {
                for &entry in found {
                    nearest.offer(distance_of(entry), row_of(entry));
                }
            }
            None => {
                for row in 0..self.n_samples() as u32 {
                    nearest.offer(self.space.between(prepared, self.space.row(row)), row);
                }
            }
        }
    }
}

struct Walker<'a> {
    index: &'a NnDescent,
    seen: Vec<u32>,
    /// The nearest met, ascending.
    found: Vec<u64>,
    /// Met, and not yet left by all their ways.
    ahead: BinaryHeap<Reverse<u64>>,
}

impl Walker<'_> {
    /// From the leaves into which a row falls, always on from the nearest point met, until that is farther than all in sight.
    fn walk(&mut self, query: &[f32], mark: u32, sight: usize) {
        let index = self.index;
        self.found.clear();
        self.ahead.clear();
        for tree in &index.entries {
            self.look(query, tree.leaf_of(&index.space, query), mark, sight);
        }
        while let Some(Reverse(next)) = self.ahead.pop() {
            if self.found.len() == sight && next > self.found[sight - 1] {
                break;
            }
            self.look(query, index.links.from(row_of(next)), mark, sight);
        }
    }

    fn look(&mut self, query: &[f32], points: &[u32], mark: u32, sight: usize) {
        for &point in points {
            if std::mem::replace(&mut self.seen[point as usize], mark) == mark {
                continue;
            }
            let space = &self.index.space;
            let entry = key(space.between(query, space.row(point)), point);
            if self.found.len() == sight {
                if entry > self.found[sight - 1] {
                    continue;
                }
                self.found.pop();
            }
            let at = self.found.partition_point(|&other| other < entry);
            self.found.insert(at, entry);
            self.ahead.push(Reverse(entry));
        }
    }
}
