//! Where the layout starts.

use n2d_core::rng::ChaCha8Rng;
use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::{Eigenvectors, Metric, SparseGraph, laplacian_eigenvectors};
use rand::RngExt;

use super::config::Init;
use super::pieces;
use crate::pca;

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
    /// Whether components have sizes that mean something relative to one another.
    keeps_shape: bool,
}

impl Start {
    /// One whose components are to be stretched each by itself.
    fn free(positions: Vec<f32>, note: Option<String>) -> Self {
        Self {
            positions,
            note,
            keeps_shape: false,
        }
    }

    /// One that is to be stretched as a whole.
    pub(super) fn shaped(positions: Vec<f32>, note: String) -> Self {
        Self {
            positions,
            note: Some(note),
            keeps_shape: true,
        }
    }
}

/// The rows that a graph is of, for starts that look at them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) rows: Samples<'a>,
    pub(super) metric: Metric,
    /// Neighbours of pieces of the graph, among each other.
    pub(super) n_neighbors: usize,
}

/// What a layout is to start from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    Given(Samples<'a>),
    Made(Init),
}

/// `PCA` needs the graph's `origin`.
pub(super) fn start(
    wanted: Wanted<'_>,
    graph: &SparseGraph,
    origin: Option<Origin<'_>>,
    n_components: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Start, FitError> {
    let mut rng = ctx.rng("umap start", 0);
    let mut start = match (wanted, origin) {
        (Wanted::Given(start), _) => Start::free(start.as_slice().to_vec(), None),
        (Wanted::Made(Init::Pca), Some(origin)) => {
            let components = pca::project(origin.rows, n_components, ctx)?;
            Start::free(components.into_iter().collect(), None)
        }
        (Wanted::Made(Init::Random), _) => Start::free(random(graph.n_rows() * n_components, &mut rng), None),
        (Wanted::Made(Init::Spectral | Init::Pca), _) => {
            spectral(graph, origin, n_components, &mut rng, ctx)?
        }
    };
    fill_cube(&mut start, n_components);
    start
        .positions
        .iter_mut()
        .for_each(|v| *v += rng.random_range(-NOISE..NOISE));
    Ok(start)
}

pub(super) fn random(len: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..len).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// The Laplacian's eigenvectors, or those of each piece of the graph.
fn spectral(
    graph: &SparseGraph,
    origin: Option<Origin<'_>>,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<Start, FitError> {
    let piece_of = graph.components();
    if piece_of.iter().any(|&piece| piece > 0) {
        return pieces::start(graph, &piece_of, origin, n_components, rng, ctx);
    }
    let (positions, residual) = piece(graph, n_components, rng, ctx)?;
    let note = (residual > TOLERANCE)
        .then(|| format!("spectral start: residual {residual:.1e} after {MAX_PRODUCTS} products"));
    Ok(Start::free(positions, note))
}

/// The eigenvectors of one connected piece as columns, and their residual. A piece too small for that many starts at random.
pub(super) fn piece(
    graph: &SparseGraph,
    n_components: usize,
    rng: &mut ChaCha8Rng,
    ctx: &FitContext<'_>,
) -> Result<(Vec<f32>, f64), FitError> {
    let n = graph.n_rows();
    if n <= n_components + 1 {
        return Ok((random(n * n_components, rng), 0.0));
    }
    let found = eigenvectors(graph, n_components, ctx)?;
    let mut positions = vec![0.0; n * n_components];
    for (component, vector) in found.vectors.iter().enumerate() {
        for (row, &v) in vector.iter().enumerate() {
            positions[row * n_components + component] = v as f32;
        }
    }
    Ok((positions, found.residual))
}

pub(super) fn eigenvectors(
    graph: &SparseGraph,
    n_vectors: usize,
    ctx: &FitContext<'_>,
) -> Result<Eigenvectors, FitError> {
    laplacian_eigenvectors(graph, n_vectors, TOLERANCE, MAX_PRODUCTS, ctx)
}

/// Stretches every component over the side of the cube; one that is constant becomes 0. A start that has a shape keeps it: its
/// longest component fills the side.
fn fill_cube(start: &mut Start, n_components: usize) {
    let ranges: Vec<(f32, f32)> = (0..n_components)
        .map(|component| {
            let values = start.positions.iter().skip(component).step_by(n_components);
            values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| {
                (low.min(v), high.max(v))
            })
        })
        .collect();
    // Halves, as the difference of two usual numbers may be none.
    let half = |&(low, high): &(f32, f32)| high / 2.0 - low / 2.0;
    let longest = ranges.iter().map(half).fold(0.0, f32::max);
    for (component, range) in ranges.iter().enumerate() {
        let half = if start.keeps_shape { longest } else { half(range) };
        let values = start.positions.iter_mut().skip(component).step_by(n_components);
        for v in values {
            *v = if half > 0.0 {
                (*v / 2.0 - range.0 / 2.0) / half * SIDE
            } else {
                0.0
            };
        }
    }
}
