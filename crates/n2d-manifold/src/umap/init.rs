//! Where the layout starts.

use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError};
use n2d_neighbors::{SparseGraph, laplacian_eigenvectors};
use rand::RngExt;

use super::config::Init;

/// Side of the cube that the start fills (umap-learn's value).
const SIDE: f32 = 10.0;
/// What keeps points apart that start at one place (umap-learn's value).
const NOISE: f32 = 1e-4;
/// Residual at which eigenvectors are good enough to start from (umap-learn's value), and the most products for it.
const TOLERANCE: f64 = 1e-4;
const MAX_PRODUCTS: usize = 1000;

/// Positions, `(n, n_components)` values, and what the user should know about them.
pub(super) struct Start {
    pub(super) positions: Vec<f32>,
    pub(super) note: Option<String>,
}

pub(super) fn start(
    init: Init,
    graph: &SparseGraph,
    n_components: usize,
    ctx: &FitContext<'_>,
) -> Result<Start, FitError> {
    let mut rng = ctx.rng("umap start", 0);
    let mut start = match init {
        Init::Spectral => spectral(graph, n_components, &mut rng, ctx)?,
        Init::Random => random(graph.n_rows() * n_components, &mut rng, None),
    };
    fill_cube(&mut start.positions, n_components);
    start
        .positions
        .iter_mut()
        .for_each(|v| *v += rng.random_range(-NOISE..NOISE));
    Ok(start)
}

fn random(len: usize, rng: &mut ChaCha8Rng, note: Option<String>) -> Start {
    Start {
        positions: (0..len).map(|_| rng.random_range(-1.0..1.0)).collect(),
        note,
    }
}

fn spectral(
    graph: &SparseGraph,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Start, FitError> {
    let piece_of = graph.components();
    let n_pieces = piece_of.iter().max().map_or(0, |&last| last as usize + 1);
    if n_pieces == 1 {
        let (positions, residual) = piece(graph, n_components, rng, ctx)?;
        let note = (residual > TOLERANCE)
            .then(|| format!("spectral start: residual {residual:.1e} after {MAX_PRODUCTS} products"));
        return Ok(Start { positions, note });
    }
    if n_pieces > 2 * n_components {
        let note = format!(
            "random start: the neighbour graph is in {n_pieces} pieces, too many for a spectral start in {n_components} components"
        );
        return Ok(random(graph.n_rows() * n_components, rng, Some(note)));
    }
    pieces(graph, &piece_of, n_pieces, n_components, rng, ctx)
}

/// Each piece by its own eigenvectors, scaled to fit around its own end of an axis.
fn pieces(
    graph: &SparseGraph,
    piece_of: &[u32],
    n_pieces: usize,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Start, FitError> {
    let mut positions = vec![0.0; piece_of.len() * n_components];
    for number in 0..n_pieces {
        let points: Vec<u32> = (0..piece_of.len() as u32)
            .filter(|&p| piece_of[p as usize] as usize == number)
            .collect();
        let (own, _) = piece(&graph.subgraph(&points), n_components, rng, ctx)?;
        let largest = own
            .iter()
            .fold(f32::MIN_POSITIVE, |largest, v| largest.max(v.abs()));
        // Ends of axes are 2 or sqrt(2) apart; half of the lesser keeps pieces from overlapping.
        let scale = std::f32::consts::FRAC_1_SQRT_2 / largest;
        let n_axes = n_pieces.div_ceil(2);
        let (axis, end) = (number % n_axes, if number < n_axes { 1.0 } else { -1.0 });
        for (row, &point) in own.chunks_exact(n_components).zip(&points) {
            let target = &mut positions[point as usize * n_components..][..n_components];
            target
                .iter_mut()
                .zip(row)
                .for_each(|(target, v)| *target = v * scale);
            target[axis] += end;
        }
    }
    let note = format!("the neighbour graph is in {n_pieces} pieces: each starts by itself");
    Ok(Start {
        positions,
        note: Some(note),
    })
}

/// The eigenvectors of one connected piece as columns, and their residual. A piece too small for that many starts at random.
fn piece(
    graph: &SparseGraph,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<(Vec<f32>, f64), FitError> {
    let n = graph.n_rows();
    if n <= n_components + 1 {
        return Ok((random(n * n_components, rng, None).positions, 0.0));
    }
    let found = laplacian_eigenvectors(graph, n_components, TOLERANCE, MAX_PRODUCTS, ctx)?;
    let mut positions = vec![0.0; n * n_components];
    for (component, vector) in found.vectors.iter().enumerate() {
        for (row, &v) in vector.iter().enumerate() {
            positions[row * n_components + component] = v as f32;
        }
    }
    Ok((positions, found.residual))
}

/// Stretches every component over the side of the cube; one that is constant becomes 0.
fn fill_cube(positions: &mut [f32], n_components: usize) {
    for component in 0..n_components {
        let values = || positions.iter().skip(component).step_by(n_components).copied();
        let (low, high) = (
            values().fold(f32::INFINITY, f32::min),
            values().fold(f32::NEG_INFINITY, f32::max),
        );
        let scale = if high > low { SIDE / (high - low) } else { 0.0 };
        for v in positions.iter_mut().skip(component).step_by(n_components) {
            *v = (*v - low) * scale;
        }
    }
}
