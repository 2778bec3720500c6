//! Graphs that fall to pieces, and the pairs of rows by which they hold together best.

use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::Metric;
use rayon::prelude::*;

/// Two rows of different pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    pub(crate) distance: f64,
    pub(crate) rows: [u32; 2],
}

/// The nearest two rows of each two pieces, given the number of each row's piece. Takes `O(n_samples^2 n_features)`.
pub(crate) fn nearest_pairs(
    y: Samples<'_>,
    metric: Metric,
    pieces: &[u32],
    ctx: &FitContext<'_>,
) -> Result<Vec<Link>, FitError> {
    let n_pieces = pieces.iter().max().map_or(0, |&last| last as usize + 1);
    let mut rows = vec![Vec::new(); n_pieces];
    for (row, &piece) in (0_u32..).zip(pieces) {
        rows[piece as usize].push(row);
    }
    let token = ctx.cancel_token();
    let of_piece = |piece: usize| {
        let one = |other: usize| {
            let link = (!token.is_cancelled()).then(|| nearest_pair(y, metric, &rows[other], &rows[piece]));
            link.flatten()
        };
        (0..piece).filter_map(one).collect::<Vec<Link>>()
    };
    let links: Vec<Vec<Link>> = (0..n_pieces).into_par_iter().map(of_piece).collect();
    ctx.check_cancelled()?;
    Ok(links.into_iter().flatten().collect())
}

fn nearest_pair(y: Samples<'_>, metric: Metric, a: &[u32], b: &[u32]) -> Option<Link> {
    let n_features = y.n_features();
    let row = |row: u32| &y.as_slice()[row as usize * n_features..][..n_features];
    let from = |a: u32| {
        let link = move |&b: &u32| Link {
            distance: metric.distance(row(a), row(b)),
            rows: [a, b],
        };
        b.iter().map(link).reduce(nearer)
    };
    a.par_iter().filter_map(|&a| from(a)).reduce_with(nearer)
}

/// The shorter link, or else that of the lower rows.
fn nearer(a: Link, b: Link) -> Link {
    if (b.distance, b.rows) < (a.distance, a.rows) {
        b
    } else {
        a
    }
}

/// The shortest links that make one piece of all.
pub(crate) fn spanning(mut links: Vec<Link>, pieces: &[u32]) -> Vec<Link> {
    links.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.rows.cmp(&b.rows)));
    let n_pieces = pieces.iter().max().map_or(0, |&last| last as usize + 1);
    let mut joined: Vec<usize> = (0..n_pieces).collect();
    let mut spanning = Vec::with_capacity(n_pieces.saturating_sub(1));
    for link in links {
        let [a, b] = link
            .rows
            .map(|row| root(&mut joined, pieces[row as usize] as usize));
        if a != b {
            joined[a.max(b)] = a.min(b);
            spanning.push(link);
        }
    }
    spanning
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
    fn pieces_are_linked_by_their_nearest_rows() {
        let y = Samples::from_rows(&[0.0, 1.0, 5.0, 6.0, 20.0], 1).unwrap();
        let pieces = [0, 0, 1, 1, 2];
        let links = nearest_pairs(y, Metric::Euclidean, &pieces, &FitContext::new(0)).unwrap();
        let rows: Vec<[u32; 2]> = links.iter().map(|link| link.rows).collect();
        assert_eq!(rows, [[1, 2], [1, 4], [3, 4]]);
        let rows: Vec<[u32; 2]> = spanning(links, &pieces).iter().map(|link| link.rows).collect();
        assert_eq!(rows, [[1, 2], [3, 4]]);
    }
}
