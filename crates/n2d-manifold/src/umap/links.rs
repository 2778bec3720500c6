//! Pieces of the graph that are smaller than a neighbourhood, linked to those around them.
//!
//! A piece of fewer places than a row has neighbours is none of the data's, but of rows that stand many times over: each copy counts
//! fully, and nothing is left for rows apart. The layout would only push such crumbs about, and what lies together in the
//! data would not in the embedding. So they see the pieces around them as rows see rows.

use std::collections::BTreeMap;

use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::{NeighborIndex, NeighborSearch, SparseGraph};

use super::fuzzy::{Surroundings, Views};
use super::init::Origin;

/// How far apart two rows are, which, and how much the second counts for the first.
type Bridge = (f32, u32, u32, f32);
/// For each crumb the shortest bridges to the pieces around it.
type Bridges = BTreeMap<u32, BTreeMap<u32, Bridge>>;

/// Queries between two looks at the cancel token.
const QUERIES: usize = 4096;

/// The graph with links, and how many pieces have got some; `None` where there is none to make. Pieces are those without the
/// edges lighter than `least`.
///
/// Places around are searched for among the `origin`'s different rows; without it, a row is a place, and those that it sees
/// are all that there are.
pub(super) fn linked(
    graph: &SparseGraph,
    views: &Views<'_>,
    least: f32,
    origin: Option<Origin<'_>>,
    ctx: &FitContext<'_>,
) -> Result<Option<(SparseGraph, usize)>, FitError> {
    let piece_of = graph.pruned(least).components();
    if piece_of.iter().all(|&piece| piece == 0) {
        return Ok(None);
    }
    let n = graph.n_rows() as u32;
    let place_of = origin.map_or_else(|| (0..n).collect(), |origin| places(origin.rows));
    let crumbs = crumbs(&piece_of, &place_of, views.k());
    let mut bridges = match origin {
        Some(origin) => searched(&crumbs, &piece_of, &place_of, views, origin, ctx)?,
        None => {
            let mut bridges = Bridges::new();
            for &row in &crumbs {
                let (others, distances) = views.of(row as usize);
                add(
                    &mut bridges,
                    &piece_of,
                    row,
                    others,
                    distances,
                    views.mean_distance(),
                );
            }
            bridges
        }
    };
    // What is lighter would pull in no epoch.
    for bridges in bridges.values_mut() {
        bridges.retain(|_, &mut (.., membership)| membership >= least);
    }
    bridges.retain(|_, bridges| !bridges.is_empty());
    if bridges.is_empty() {
        return Ok(None);
    }
    let mut rows = vec![Vec::new(); graph.n_rows()];
    for bridges in bridges.values() {
        for &(_, row, other, membership) in bridges.values() {
            rows[row as usize].push((other, membership));
        }
    }
    let links = SparseGraph::from_rows(rows).symmetrised(|a, b| a + b - a * b);
    Ok(Some((united(graph, &links), bridges.len())))
}

/// For each row the first that is equal to it.
fn places(rows: Samples<'_>) -> Vec<u32> {
    let row = |at: u32| &rows.as_slice()[at as usize * rows.n_features()..][..rows.n_features()];
    let compare = |&a: &u32, &b: &u32| {
        let pairs = row(a).iter().zip(row(b));
        // Adding zero makes one of its two signs.
        let order = pairs.map(|(a, b)| (a + 0.0).total_cmp(&(b + 0.0)));
        order.into_iter().find(|order| order.is_ne()).unwrap_or(a.cmp(&b))
    };
    let mut order: Vec<u32> = (0..rows.n_samples() as u32).collect();
    order.sort_unstable_by(compare);
    let mut place_of = vec![0; order.len()];
    let mut first = order[0];
    for &at in &order {
        if row(at) != row(first) {
            first = at;
        }
        place_of[at as usize] = first;
    }
    place_of
}

/// One row for each place of each piece that has at most `most` places.
fn crumbs(piece_of: &[u32], place_of: &[u32], most: usize) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..piece_of.len() as u32).collect();
    let key = |&row: &u32| (piece_of[row as usize], place_of[row as usize]);
    rows.sort_by_key(key);
    rows.dedup_by_key(|row| key(row));
    let pieces = rows.chunk_by(|&a, &b| piece_of[a as usize] == piece_of[b as usize]);
    pieces
        .filter(|rows| rows.len() <= most)
        .flatten()
        .copied()
        .collect()
}

/// Keeps the shortest bridge to each piece, of those from a row to others. Distances ascend; copies of the row count for
/// nothing in how it sees those apart.
fn add(
    bridges: &mut Bridges,
    piece_of: &[u32],
    row: u32,
    others: &[u32],
    distances: &[f32],
    mean_distance: f64,
) {
    let apart = &distances[distances.partition_point(|&distance| distance == 0.0)..];
    let seen = Surroundings::of(apart, 1.0, mean_distance);
    let here = piece_of[row as usize];
    for (&other, &distance) in others.iter().zip(distances) {
        let (there, membership) = (piece_of[other as usize], seen.membership(distance));
        if here != there && membership > 0.0 {
            let bridge = (distance, row, other, membership);
            let best = bridges.entry(here).or_default().entry(there).or_insert(bridge);
            if bridge < *best {
                *best = bridge;
            }
        }
    }
}

/// Bridges from the crumbs to the nearest places.
fn searched(
    crumbs: &[u32],
    piece_of: &[u32],
    place_of: &[u32],
    views: &Views<'_>,
    origin: Origin<'_>,
    ctx: &FitContext<'_>,
) -> Result<Bridges, FitError> {
    let d = origin.rows.n_features();
    let values_of = |rows: &[u32]| -> Vec<f32> {
        let row = |&row: &u32| origin.rows.row(row as usize).to_vec();
        rows.iter().flat_map(row).collect()
    };
    let firsts: Vec<u32> = (0..place_of.len() as u32)
        .filter(|&row| place_of[row as usize] == row)
        .collect();
    let mut bridges = Bridges::new();
    if crumbs.is_empty() {
        return Ok(bridges);
    }
    let values = values_of(&firsts);
    let k = (views.k() + 1).min(firsts.len());
    let places = Samples::from_rows(&values, d).expect("some of checked rows");
    let mut quiet = FitContext::new(ctx.seed());
    let index = NeighborIndex::build(places, origin.metric, NeighborSearch::Exact, k, &mut quiet)?;
    for rows in crumbs.chunks(QUERIES) {
        ctx.check_cancelled()?;
        let values = values_of(rows);
        let queries = Samples::from_rows(&values, d).expect("some of checked rows");
        let found = index.query(queries, k)?;
        for (at, &row) in rows.iter().enumerate() {
            let distances = found.distances(at);
            let kept = distances.partition_point(|&distance| distance < views.cut());
            let others: Vec<u32> = found.indices(at)[..kept]
                .iter()
                .map(|&place| firsts[place as usize])
                .collect();
            let mean = views.mean_distance();
            add(&mut bridges, piece_of, row, &others, &distances[..kept], mean);
        }
    }
    Ok(bridges)
}

/// The union of both, the stronger membership where both have a pair.
fn united(graph: &SparseGraph, links: &SparseGraph) -> SparseGraph {
    let row = |row: usize| {
        let (mut own, mut more) = (graph.row(row).peekable(), links.row(row).peekable());
        let mut merged = Vec::with_capacity(own.len() + more.len());
        while let Some(column) = [own.peek(), more.peek()]
            .into_iter()
            .flatten()
            .map(|&(c, _)| c)
            .min()
        {
            let a = own.next_if(|&(c, _)| c == column).map_or(0.0, |(_, w)| w);
            let b = more.next_if(|&(c, _)| c == column).map_or(0.0, |(_, w)| w);
            merged.push((column, a.max(b)));
        }
        merged
    };
    SparseGraph::from_rows((0..graph.n_rows()).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_one_place() {
        let values = [1.0, 0.0, 2.0, 1.0, 1.0, -0.0, 2.0, 1.0, 1.0, 0.5];
        let rows = Samples::from_rows(&values, 2).unwrap();
        assert_eq!(places(rows), [0, 1, 0, 1, 4]);
    }

    #[test]
    fn crumbs_have_few_places() {
        let (piece_of, place_of) = ([0, 1, 0, 1, 1, 2], [0, 1, 0, 3, 4, 5]);
        assert_eq!(crumbs(&piece_of, &place_of, 2), [0, 5]);
        assert_eq!(crumbs(&piece_of, &place_of, 3), [0, 1, 3, 4, 5]);
    }
}
