//! The graph of what holds rows together.

use n2d_core::{FitContext, FitError, PartConfig, Samples};
use n2d_neighbors::{Neighbors, SparseGraph};
use rayon::prelude::*;

use super::{SpectralEmbedding, SpectralEmbeddingConfig};
use crate::error::ManifoldError;
use crate::pieces;
use crate::training::TrainingRows;

/// One half where one is among the neighbours found of the other, one where both are. Pieces are joined at one half; the second
/// part is the note that says so.
pub(super) fn nearest_neighbors(
    training: &TrainingRows,
    found: &Neighbors,
    z: Samples<'_>,
    ctx: &mut FitContext<'_>,
) -> Result<(SparseGraph, Option<String>), FitError> {
    let directed = |row: usize| found.indices(row).iter().map(|&other| (other, 1.0)).collect();
    let directed: Vec<Vec<(u32, f32)>> = (0..z.n_samples()).map(directed).collect();
    let graph = SparseGraph::from_rows(directed).symmetrised(|a, b| 0.5 * (a + b));
    let piece_of = graph.components();
    let links = pieces::links(z, training.metric(), &piece_of, ctx)?;
    if links.is_empty() {
        return Ok((graph, None));
    }
    let mut rows: Vec<Vec<(u32, f32)>> = (0..z.n_samples()).map(|row| graph.row(row).collect()).collect();
    for [a, b] in links.iter().map(|link| link.rows) {
        rows[a as usize].push((b, 0.5));
        rows[b as usize].push((a, 0.5));
    }
    Ok((
        SparseGraph::from_rows(rows),
        pieces::note(pieces::n_pieces(&piece_of)),
    ))
}

/// `exp(-gamma d^2)` of all pairs.
pub(super) fn rbf(gamma: f64, z: Samples<'_>, ctx: &FitContext<'_>) -> Result<SparseGraph, FitError> {
    let (n_samples, limit) = (z.n_samples(), SpectralEmbedding::MAX_RBF_SAMPLES);
    if n_samples > limit {
        let error = ManifoldError::TooManyRows {
            what: "the rbf affinity of all pairs",
            n_samples,
            limit,
            advice: "use affinity = nearest_neighbors",
        };
        return Err(error.of(SpectralEmbeddingConfig::NAME));
    }
    let token = ctx.cancel_token();
    let affinities = |at: usize| -> Vec<(u32, f32)> {
        let affinity = |other: usize| {
            let terms = z.row(at).into_iter().zip(z.row(other));
            let squared: f64 = terms.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
            (other as u32, (-gamma * squared).exp() as f32)
        };
        let others = (0..n_samples).filter(|&other| other != at && !token.is_cancelled());
        others
            .map(affinity)
            .filter(|&(_, affinity)| affinity > 0.0)
            .collect()
    };
    let rows = (0..n_samples).into_par_iter().map(affinities).collect();
    ctx.check_cancelled()?;
    let graph = SparseGraph::from_rows(rows);
    match pieces::n_pieces(&graph.components()) {
        1 => Ok(graph),
        n_pieces => Err(ManifoldError::Vanishing { gamma, n_pieces }.of(SpectralEmbeddingConfig::NAME)),
    }
}
