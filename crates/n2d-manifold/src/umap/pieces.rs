//! The start of a graph that is in several pieces: each by itself, around its own centre.
//!
//! Pieces only push each other off in the layout, so what it makes of how they lie to one another is what the start tells it.
//! Their centres therefore lie as a neighbour graph of the means of their rows has them.

use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::SparseGraph;

use super::fuzzy::Views;
use super::init::{Origin, Start, eigenvectors, piece, random};
use super::neighbors;

/// The longest component of the centres is at most this many times the shortest. Groups of pieces that are far apart
/// would else be so small that their pieces begin at one place.
const MOST_STRETCH: f64 = 5.0;
/// The least room of a piece, where its centre lies on another's, in units of all room there is.
const LEAST_ROOM: f32 = 1e-3;

/// Starts every piece around its centre, in the room that it has there.
pub(super) fn start(
    graph: &SparseGraph,
    piece_of: &[u32],
    origin: Option<Origin<'_>>,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Start, FitError> {
    let pieces = points_of(piece_of);
    let centres = match origin {
        Some(origin) => by_means(&pieces, origin, n_components, rng, ctx)?,
        None if pieces.len() <= 2 * n_components => on_axes(pieces.len(), n_components),
        None => random(pieces.len() * n_components, rng),
    };
    let rooms = rooms(&centres, n_components, ctx)?;
    let mut positions = vec![0.0; piece_of.len() * n_components];
    let mut number = vec![0; piece_of.len()];
    for ((points, centre), room) in pieces.iter().zip(centres.chunks_exact(n_components)).zip(rooms) {
        ctx.check_cancelled()?;
        let (mut own, _) = piece(&part(graph, points, &mut number), n_components, rng, ctx)?;
        let largest = own
            .iter()
            .fold(f32::MIN_POSITIVE, |largest, v| largest.max(v.abs()));
        own.iter_mut().for_each(|v| *v *= room / largest);
        for (row, &point) in own.chunks_exact(n_components).zip(points) {
            let target = &mut positions[point as usize * n_components..][..n_components];
            for ((target, v), centre) in target.iter_mut().zip(row).zip(centre) {
                *target = v + centre;
            }
        }
    }
    let note = format!(
        "the neighbour graph is in {} pieces: each starts by itself{}",
        pieces.len(),
        if origin.is_none() && pieces.len() > 2 * n_components {
            ", at a random place"
        } else {
            ""
        },
    );
    Ok(Start::shaped(positions, note))
}

/// The points of each piece.
fn points_of(piece_of: &[u32]) -> Vec<Vec<u32>> {
    let n_pieces = piece_of.iter().max().map_or(0, |&last| last as usize + 1);
    let mut points = vec![Vec::new(); n_pieces];
    for (point, &piece) in piece_of.iter().enumerate() {
        points[piece as usize].push(point as u32);
    }
    points
}

/// The graph of one piece. `number` is room for the new number of every point.
fn part(graph: &SparseGraph, points: &[u32], number: &mut [u32]) -> SparseGraph {
    for (new, &old) in points.iter().enumerate() {
        number[old as usize] = new as u32;
    }
    let row = |&point: &u32| {
        let neighbors = graph.row(point as usize);
        neighbors
            .map(|(other, weight)| (number[other as usize], weight))
            .collect()
    };
    SparseGraph::from_rows(points.iter().map(row).collect())
}

/// Both ends of as many axes as it takes.
fn on_axes(n_pieces: usize, n_components: usize) -> Vec<f32> {
    let n_axes = n_pieces.div_ceil(2);
    let mut centres = vec![0.0; n_pieces * n_components];
    for (number, centre) in centres.chunks_exact_mut(n_components).enumerate() {
        centre[number % n_axes] = if number < n_axes { 1.0 } else { -1.0 };
    }
    centres
}

/// The centres of pieces as the means of their rows lie to one another.
///
/// These have a neighbour graph as rows have; its eigenvectors, each over the root of its eigenvalue, keep far groups of
/// pieces far apart even where there are as many components as pieces (which eigenvectors alone, all of one length, do not).
/// Where that graph is in pieces too, these are placed in the same way first; there are half as many of them, at the most.
fn by_means(
    pieces: &[Vec<u32>],
    origin: Origin<'_>,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Vec<f32>, FitError> {
    if pieces.len() <= 2 {
        return Ok(on_axes(pieces.len(), n_components));
    }
    let d = origin.rows.n_features();
    let means: Vec<f32> = pieces
        .iter()
        .flat_map(|points| mean(origin.rows, points))
        .collect();
    let means = Samples::from_rows(&means, d).expect("means of finite values are finite");
    let origin = Origin {
        rows: means,
        ..origin
    };
    let k = (origin.n_neighbors - 1).clamp(1, pieces.len() - 1);
    let found = neighbors::quietly(origin, k, ctx)?;
    let graph = Views::new(&found, k, None, 1.0).fuzzy_graph(1.0).graph;
    let piece_of = graph.components();
    if piece_of.iter().any(|&piece| piece > 0) {
        let start = start(&graph, &piece_of, Some(origin), n_components, rng, ctx)?;
        return Ok(start.positions);
    }
    let found = eigenvectors(&graph, n_components, ctx)?;
    let largest = found.values.iter().copied().fold(0.0, f64::max);
    let mut centres = vec![0.0; pieces.len() * n_components];
    for (component, (vector, value)) in found.vectors.iter().zip(&found.values).enumerate() {
        let stretch = (largest / value.max(largest / MOST_STRETCH.powi(2))).sqrt();
        for (centre, v) in centres.chunks_exact_mut(n_components).zip(vector) {
            centre[component] = (stretch * v) as f32;
        }
    }
    Ok(centres)
}

fn mean(rows: Samples<'_>, points: &[u32]) -> Vec<f32> {
    let mut sums = vec![0.0_f64; rows.n_features()];
    for &point in points {
        let row = rows.row(point as usize);
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, &v)| *sum += f64::from(v));
    }
    let n = points.len() as f64;
    sums.iter().map(|sum| (sum / n) as f32).collect()
}

/// Half the way from each centre to the nearest other.
fn rooms(centres: &[f32], n_components: usize, ctx: &FitContext<'_>) -> Result<Vec<f32>, FitError> {
    let origin = Origin {
        rows: Samples::from_rows(centres, n_components).expect("finite centres"),
        metric: n2d_neighbors::Metric::Euclidean,
        n_neighbors: 2,
    };
    let nearest = neighbors::quietly(origin, 1, ctx)?;
    let largest = centres.iter().fold(0.0_f32, |largest, v| largest.max(v.abs()));
    let room = |piece| (nearest.distances(piece)[0] / 2.0).max(LEAST_ROOM * largest);
    Ok((0..nearest.n_rows()).map(room).collect())
}
