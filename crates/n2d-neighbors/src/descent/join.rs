//! Rounds of meetings: neighbours of one row are likely neighbours of each other.

use std::sync::atomic::{AtomicU32, Ordering};

use n2d_core::rng::SplitMix64;
use n2d_core::{FitContext, FitError};
use rayon::prelude::*;

use super::lists::{Lists, Offer, key, mark_met};
use super::space::Space;

/// Meetings whose offers are taken together.
const MEETINGS_A_STEP: usize = 4096;
/// Meetings a task.
const MEETINGS: usize = 64;
/// Most ranges of rows that take offers side by side.
const RANGES: usize = 32;

/// Who meets at one row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meeting<'a> {
    /// Meet each other and the old.
    pub(crate) new: &'a [u32],
    /// Have met.
    pub(crate) old: &'a [u32],
}

/// Lets all meet and take each other into their lists. Returns how many were taken.
pub(crate) fn meet(
    space: &Space,
    lists: &mut Lists,
    meetings: &[Meeting<'_>],
    ctx: &FitContext<'_>,
) -> Result<usize, FitError> {
    let rows = lists.n_rows().div_ceil(RANGES).max(1);
    let n_ranges = lists.n_rows().div_ceil(rows);
    let cancel = &ctx.cancel_token();
    let mut taken = 0;
    for meetings in meetings.chunks(MEETINGS_A_STEP) {
        let offers: Vec<_> = meetings
            .par_chunks(MEETINGS)
            .map(|meetings| {
                let mut host = Host::new(space, lists, rows, n_ranges);
                let held = meetings.iter().take_while(|_| !cancel.is_cancelled());
                held.for_each(|&meeting| host.hold(meeting));
                host.offers
            })
            .collect();
        ctx.check_cancelled()?;
        taken += lists.take(&offers, rows);
    }
    Ok(taken)
}

/// Measures those who meet.
struct Host<'a> {
    space: &'a Space,
    lists: &'a Lists,
    rows_a_range: usize,
    offers: Vec<Vec<Offer>>,
    values: Vec<f32>,
    distances: Vec<f32>,
}

impl<'a> Host<'a> {
    fn new(space: &'a Space, lists: &'a Lists, rows_a_range: usize, n_ranges: usize) -> Self {
        Self {
            space,
            lists,
            rows_a_range,
            offers: vec![Vec::new(); n_ranges],
            values: Vec::new(),
            distances: Vec::new(),
        }
    }

    fn hold(&mut self, Meeting { new, old }: Meeting<'_>) {
        let d = self.space.n_features;
        let mut values = std::mem::take(&mut self.values);
        let mut distances = std::mem::take(&mut self.distances);
        values.clear();
        for &row in new.iter().chain(old) {
            values.extend_from_slice(self.space.row(row));
        }
        for (at, &a) in new.iter().enumerate() {
            let others = &values[(at + 1) * d..];
            self.space.to_each(&values[at * d..][..d], others, &mut distances);
            let others = new[at + 1..].iter().chain(old);
            for (&b, &distance) in others.zip(&distances) {
                if a != b {
                    self.offer(a, key(distance, b));
                    self.offer(b, key(distance, a));
                }
            }
        }
        (self.values, self.distances) = (values, distances);
    }

    #[inline]
    fn offer(&mut self, target: u32, key: u64) {
        if self.lists.may_take(target, key) {
            self.offers[target as usize / self.rows_a_range].push(Offer { target, key });
        }
    }
}

/// Who meets at each row in one round.
pub(crate) struct Round {
    most: usize,
    new: Vec<u32>,
    old: Vec<u32>,
}

const NOBODY: u32 = u32::MAX;

impl Round {
    /// Draws at most `most` new and `most` old ones for each row, of its neighbours and of those whose neighbour it is; the
    /// new ones among its neighbours are marked as having met.
    pub(crate) fn draw(lists: &mut Lists, most: usize, seed: u64, round: u64) -> Self {
        let n = lists.n_rows();
        let reverse = Reverse::of(lists);
        let mut this = Self {
            most,
            new: vec![NOBODY; n * most],
            old: vec![NOBODY; n * most],
        };
        let slots = this.new.par_chunks_mut(most).zip(this.old.par_chunks_mut(most));
        slots.enumerate().for_each(|(row, (new, old))| {
            let row = row as u32;
            let priority = |other: u32| {
                let (low, high) = (row.min(other), row.max(other));
                SplitMix64::new(seed, round, (u64::from(low) << 32) | u64::from(high)).next_u64()
            };
            let mut drawn = [Vec::new(), Vec::new()];
            for (other, met) in lists.of(row).chain(reverse.at(row)) {
                drawn[usize::from(met)].push((priority(other), other));
            }
            for (slots, mut drawn) in [new, old].into_iter().zip(drawn) {
                drawn.sort_unstable();
                drawn.dedup();
                drawn.truncate(most);
                for (slot, &(_, other)) in slots.iter_mut().zip(&drawn) {
                    *slot = other;
                }
                slots.sort_unstable();
            }
        });
        lists
            .ranges(1)
            .zip(this.new.par_chunks(most))
            .for_each(|(list, new)| mark_met(list, new));
        this
    }

    pub(crate) fn meetings(&self) -> Vec<Meeting<'_>> {
        let present = |slots: &'_ [u32]| slots.partition_point(|&row| row != NOBODY);
        let pairs = self
            .new
            .chunks_exact(self.most)
            .zip(self.old.chunks_exact(self.most));
        let meetings = pairs.map(|(new, old)| Meeting {
            new: &new[..present(new)],
            old: &old[..present(old)],
        });
        meetings.filter(|meeting| !meeting.new.is_empty()).collect()
    }
}

/// For each row those whose neighbour it is, in an order that depends on the threads.
struct Reverse {
    starts: Vec<usize>,
    /// Rows, and in the highest bit whether they have met.
    sources: Vec<AtomicU32>,
}

impl Reverse {
    fn of(lists: &Lists) -> Self {
        let n = lists.n_rows() as u32;
        let counts: Vec<AtomicU32> = (0..n).map(|_| AtomicU32::new(0)).collect();
        (0..n).into_par_iter().with_min_len(1024).for_each(|row| {
            for (other, _) in lists.of(row) {
                counts[other as usize].fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut starts = vec![0];
        let mut end = 0;
        for count in &counts {
            end += count.swap(0, Ordering::Relaxed) as usize;
            starts.push(end);
        }
        let sources: Vec<AtomicU32> = (0..end).map(|_| AtomicU32::new(0)).collect();
        (0..n).into_par_iter().with_min_len(1024).for_each(|row| {
            for (other, met) in lists.of(row) {
                let at = counts[other as usize].fetch_add(1, Ordering::Relaxed) as usize;
                let source = row | (u32::from(met) << 31);
                sources[starts[other as usize] + at].store(source, Ordering::Relaxed);
            }
        });
        Self { starts, sources }
    }

    /// To be put in order by whoever asks.
    fn at(&self, row: u32) -> impl Iterator<Item = (u32, bool)> {
        let range = self.starts[row as usize]..self.starts[row as usize + 1];
        self.sources[range].iter().map(|source| {
            let source = source.load(Ordering::Relaxed);
            (source & 0x7fff_ffff, source >> 31 == 1)
        })
    }
}
