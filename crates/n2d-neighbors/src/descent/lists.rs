//! For each row the nearest others met so far.

use rayon::prelude::*;

/// Set in the entry of a neighbour that has met the other neighbours.
const MET: u64 = 1 << 31;
/// No neighbour yet: farther than all.
const NONE: u64 = (0x7f80_0000_u64 << 32) | 0x7fff_ffff;

/// A distance and a row in one number, whose order is by distance, then row: distances are not negative, so that their
/// bits order them, and rows have 31 bits.
pub(crate) fn key(distance: f32, row: u32) -> u64 {
    (u64::from(distance.to_bits()) << 32) | u64::from(row)
}

pub(crate) fn row_of(entry: u64) -> u32 {
    entry as u32 & 0x7fff_ffff
}

pub(crate) fn distance_of(entry: u64) -> f32 {
    f32::from_bits((entry >> 32) as u32)
}

/// Something that may belong into the list of `target`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) target: u32,
    pub(crate) key: u64,
}

/// Lists of one length, ascending. What a list holds after some offers does not depend on their order.
#[derive(Debug, Clone)]
pub(crate) struct Lists {
    pub(crate) width: usize,
    entries: Vec<u64>,
}

impl Lists {
    pub(crate) fn new(n_rows: usize, width: usize) -> Self {
        Self {
            width,
            entries: vec![NONE; n_rows * width],
        }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.entries.len() / self.width
    }

    fn list(&self, row: u32) -> &[u64] {
        &self.entries[row as usize * self.width..][..self.width]
    }

    /// The neighbours of a row, nearest first, and whether each has met the others.
    pub(crate) fn of(&self, row: u32) -> impl Iterator<Item = (u32, bool)> {
        let list = self.list(row).iter().take_while(|&&entry| entry != NONE);
        list.map(|&entry| (row_of(entry), entry & MET != 0))
    }

    /// The neighbours of a row as (row, distance), nearest first.
    pub(crate) fn pairs(&self, row: u32) -> impl Iterator<Item = (u32, f32)> {
        let list = self.list(row).iter().take_while(|&&entry| entry != NONE);
        list.map(|&entry| (row_of(entry), distance_of(entry)))
    }

    /// Whether an offer to a row can still change its list.
    #[inline]
    pub(crate) fn may_take(&self, row: u32, key: u64) -> bool {
        key < self.entries[(row as usize + 1) * self.width - 1] & !MET
    }

    /// The lists of ranges of rows, for changing them in parallel.
    pub(crate) fn ranges(&mut self, rows: usize) -> rayon::slice::ChunksMut<'_, u64> {
        self.entries.par_chunks_mut(rows * self.width)
    }

    /// Takes offers, sorted into ranges of so many rows: `offers[task][range]`. Returns how many were taken.
    pub(crate) fn take(&mut self, offers: &[Vec<Vec<Offer>>], rows: usize) -> usize {
        let width = self.width;
        let one = |(range, lists): (usize, &mut [u64])| -> usize {
            let of_range = offers.iter().flat_map(|task| &task[range]);
            let taken = |offer: &Offer| {
                let at = (offer.target as usize - range * rows) * width;
                usize::from(insert(&mut lists[at..][..width], offer.key))
            };
            of_range.map(taken).sum()
        };
        self.ranges(rows).enumerate().map(one).sum()
    }
}

/// Puts a neighbour into a list, unless it is there or too far.
fn insert(list: &mut [u64], key: u64) -> bool {
    let last = list.len() - 1;
    if key >= list[last] & !MET {
        return false;
    }
    let at = list.partition_point(|&entry| entry & !MET < key);
    if list[at] & !MET == key {
        return false;
    }
    list.copy_within(at..last, at + 1);
    list[at] = key;
    true
}

/// Marks the neighbours of a list that are among some sorted rows as having met the others.
pub(crate) fn mark_met(list: &mut [u64], sorted: &[u32]) {
    for entry in list.iter_mut().filter(|entry| **entry != NONE) {
        if sorted.binary_search(&row_of(*entry)).is_ok() {
            *entry |= MET;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_the_nearest_whatever_the_order() {
        let offers = [
            (4.0, 0),
            (1.0, 1),
            (9.0, 2),
            (1.0, 0),
            (2.0, 7),
            (1.0, 1),
            (0.5, 9),
        ];
        let kept = |offers: &[(f32, u32)]| {
            let mut lists = Lists::new(2, 3);
            let offers = offers.iter().map(|&(d, row)| Offer {
                target: 1,
                key: key(d, row),
            });
            let taken = lists.take(&[vec![offers.collect()]], 2);
            (lists.pairs(1).collect::<Vec<_>>(), lists.pairs(0).count(), taken)
        };
        let (first, none, taken) = kept(&offers);
        assert_eq!(first, [(9, 0.5), (0, 1.0), (1, 1.0)]);
        assert_eq!((none, taken), (0, 6));
        let reversed: Vec<_> = offers.into_iter().rev().collect();
        assert_eq!(kept(&reversed).0, first);
    }

    #[test]
    fn marks_stay_with_their_neighbours() {
        let mut list = vec![key(1.0, 4), key(2.0, 3), NONE];
        mark_met(&mut list, &[3]);
        assert!(!insert(&mut list, key(2.0, 3)));
        assert!(insert(&mut list, key(1.5, 8)));
        let lists = Lists {
            width: 3,
            entries: list,
        };
        assert_eq!(
            lists.of(0).collect::<Vec<_>>(),
            [(4, false), (8, false), (3, true)]
        );
        assert!(!lists.may_take(0, key(2.0, 3)));
        assert!(lists.may_take(0, key(2.0, 2)));
    }
}
