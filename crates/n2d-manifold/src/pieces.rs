//! Neighbour graphs that fall to pieces, and the pairs of rows by which they are joined.

use std::cmp::Ordering;

use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};
use rayon::prelude::*;

use crate::numbers::single;

/// Up to so many pieces, each two are joined by their nearest rows, as in scikit-learn; of more, only those pairs that make one
/// piece of all, as the number of all pairs grows with the square.
pub(crate) const MAX_ALL_PAIRS: usize = 32;

/// Two rows of different pieces, the lower first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    pub(crate) distance: f32,
    pub(crate) rows: [u32; 2],
}

impl Link {
    fn new(distance: f32, a: u32, b: u32) -> Self {
        let rows = [a.min(b), a.max(b)];
        Self { distance, rows }
    }

    /// By length, then by rows.
    fn order(&self, other: &Self) -> Ordering {
        self.distance
            .total_cmp(&other.distance)
            .then(self.rows.cmp(&other.rows))
    }
}

/// Number of pieces, by the number of each row's piece.
pub(crate) fn n_pieces(piece_of: &[u32]) -> usize {
    piece_of.iter().max().map_or(0, |&last| last as usize + 1)
}

/// What a report says of joined pieces.
pub(crate) fn note(n_pieces: usize) -> Option<String> {
    (n_pieces > 1).then(|| {
        format!("the neighbour graph was in {n_pieces} pieces, which have been joined by their nearest rows; more neighbours may help")
    })
}

/// The links that make one piece of all; none where there is only one.
pub(crate) fn links(
    z: Samples<'_>,
    metric: Metric,
    piece_of: &[u32],
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Link>, FitError> {
    match n_pieces(piece_of) {
        0 | 1 => Ok(Vec::new()),
        n if n <= MAX_ALL_PAIRS => all_pairs(z, metric, piece_of, n, ctx),
        n if metric == Metric::Euclidean => spanning(z, piece_of, n, ctx),
        n => growing(z, metric, piece_of, n, ctx),
    }
}

/// The nearest rows of each two pieces: the rows of the smaller look for their nearest in the larger.
fn all_pairs(
    z: Samples<'_>,
    metric: Metric,
    piece_of: &[u32],
    n_pieces: usize,
    ctx: &FitContext<'_>,
) -> Result<Vec<Link>, FitError> {
    let pieces: Vec<Piece> = (0..n_pieces)
        .map(|piece| Piece::new(z, metric, piece_of, piece as u32))
        .collect();
    let mut links = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        for other in &pieces[..at] {
            ctx.check_cancelled()?;
            links.push(nearest(z.n_features(), other, piece)?);
        }
    }
    Ok(links)
}

/// The rows of a piece.
struct Piece {
    rows: Vec<u32>,
    values: Vec<f32>,
    index: NeighborIndex,
}

impl Piece {
    fn new(z: Samples<'_>, metric: Metric, piece_of: &[u32], number: u32) -> Self {
        let rows = rows_of(piece_of, number);
        let values: Vec<f32> = rows
            .iter()
            .flat_map(|&row| z.row(row as usize))
            .copied()
            .collect();
        let samples = Samples::from_rows(&values, z.n_features()).expect("rows of checked data");
        let index = NeighborIndex::exact(samples, metric);
        Self { rows, values, index }
    }
}

fn rows_of(piece_of: &[u32], number: u32) -> Vec<u32> {
    let all = 0..piece_of.len() as u32;
    all.filter(|&row| piece_of[row as usize] == number).collect()
}

fn nearest(n_features: usize, a: &Piece, b: &Piece) -> Result<Link, FitError> {
    let (few, many) = if a.rows.len() <= b.rows.len() {
        (a, b)
    } else {
        (b, a)
    };
    let queries = Samples::from_rows(&few.values, n_features).expect("rows of checked data");
    let found = many.index.query(queries, 1)?;
    let link = |row: usize| {
        let other = many.rows[found.indices(row)[0] as usize];
        Link::new(found.distances(row)[0], few.rows[row], other)
    };
    let nearer = |a: Link, b: Link| {
        if (b.distance, b.rows) < (a.distance, a.rows) {
            b
        } else {
            a
        }
    };
    let links = (0..few.rows.len()).into_par_iter().map(link);
    Ok(links.reduce_with(nearer).expect("a piece has rows"))
}

/// The links of the minimum spanning tree of all rows that lead from piece to piece: of no other pairs could one be shorter.
fn spanning(
    z: Samples<'_>,
    piece_of: &[u32],
    n_pieces: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Link>, FitError> {
    // With one neighbour, mutual reachability is distance.
    let tree = NeighborIndex::new(z, NeighborSearch::KdTree).spanning_tree(z, 1, 1.0, ctx)?;
    let mut crossing: Vec<Link> = tree
        .edges
        .iter()
        .map(|&[a, b]| Link::new(distance(z, Metric::Euclidean, a, b), a, b))
        .filter(|link| piece_of[link.rows[0] as usize] != piece_of[link.rows[1] as usize])
        .collect();
    crossing.sort_by(Link::order);
    let mut joined: Vec<usize> = (0..n_pieces).collect();
    crossing.retain(|link| {
        let [a, b] = link
            .rows
            .map(|row| root(&mut joined, piece_of[row as usize] as usize));
        joined[a.max(b)] = a.min(b);
        a != b
    });
    Ok(crossing)
}

/// The same for any metric, by Prim's algorithm: the piece of the nearest row outside joins, until all have. `O(n^2 d)`.
fn growing(
    z: Samples<'_>,
    metric: Metric,
    piece_of: &[u32],
    n_pieces: usize,
    ctx: &FitContext<'_>,
) -> Result<Vec<Link>, FitError> {
    let mut outside: Vec<u32> = (0..z.n_samples() as u32).collect();
    let mut nearest = vec![Link::new(f32::INFINITY, u32::MAX, u32::MAX); outside.len()];
    let mut links = Vec::with_capacity(n_pieces - 1);
    let mut joining = 0;
    loop {
        outside.retain(|&row| piece_of[row as usize] != joining);
        for inside in rows_of(piece_of, joining).chunks(ROWS_A_STEP) {
            ctx.check_cancelled()?;
            let nearer = |&row: &u32| {
                let of = |&other: &u32| Link::new(distance(z, metric, row, other), row, other);
                let found = inside.iter().map(of).min_by(Link::order);
                found
                    .into_iter()
                    .chain([nearest[row as usize]])
                    .min_by(Link::order)
            };
            let found: Vec<Option<Link>> = outside.par_iter().map(nearer).collect();
            for (&row, link) in outside.iter().zip(found) {
                nearest[row as usize] = link.expect("one that there was before");
            }
        }
        let next = outside
            .iter()
            .min_by(|&&a, &&b| nearest[a as usize].order(&nearest[b as usize]));
        let Some(&next) = next else {
            return Ok(links);
        };
        links.push(nearest[next as usize]);
        joining = piece_of[next as usize];
    }
}

/// Rows between two looks at the cancel token.
const ROWS_A_STEP: usize = 64;

fn distance(z: Samples<'_>, metric: Metric, a: u32, b: u32) -> f32 {
    let [a, b] = [a, b].map(|row| &z.as_slice()[row as usize * z.n_features()..][..z.n_features()]);
    single(metric.distance(a, b))
}

fn root(joined: &mut [usize], mut at: usize) -> usize {
    while joined[at] != at {
        joined[at] = joined[joined[at]];
        at = joined[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_two_pieces_are_joined_by_their_nearest_rows() {
        let z = Samples::from_rows(&[0.0, 1.0, 5.0, 6.0, 20.0], 1).unwrap();
        let found = links(z, Metric::Euclidean, &[0, 0, 1, 1, 2], &mut FitContext::new(0)).unwrap();
        let rows: Vec<[u32; 2]> = found.iter().map(|link| link.rows).collect();
        assert_eq!(rows, [[1, 2], [1, 4], [3, 4]]);
        let distances: Vec<f32> = found.iter().map(|link| link.distance).collect();
        assert_eq!(distances, [4.0, 19.0, 14.0]);
    }

    #[test]
    fn many_pieces_become_one_by_the_shortest_links() {
        let values: Vec<f32> = (0..120).map(|i| (i / 3 * 10 + i % 3) as f32).collect();
        let piece_of: Vec<u32> = (0..120).map(|i| i / 3).collect();
        let z = Samples::from_rows(&values, 1).unwrap();
        let found = links(z, Metric::Euclidean, &piece_of, &mut FitContext::new(0)).unwrap();
        assert_eq!(
            growing(
                z,
                Metric::Euclidean,
                &piece_of,
                n_pieces(&piece_of),
                &FitContext::new(0)
            )
            .unwrap()
            .len(),
            found.len()
        );
        let expected: Vec<[u32; 2]> = (1..40).map(|piece| [3 * piece - 1, 3 * piece]).collect();
        assert_eq!(found.iter().map(|link| link.rows).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|link| link.distance == 8.0));
    }

    #[test]
    fn one_piece_needs_no_link() {
        let z = Samples::from_rows(&[0.0, 1.0], 1).unwrap();
        assert!(
            links(z, Metric::Euclidean, &[0, 0], &mut FitContext::new(0))
                .unwrap()
                .is_empty()
        );
        assert_eq!(note(1), None);
    }
}
