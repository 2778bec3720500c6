//! The graph of what holds rows together.

use n2d_core::check::enough_samples;
use n2d_core::{FitContext, FitError, PartConfig, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch, SparseGraph};
use rayon::prelude::*;

use super::{Affinity, SpectralClustering, SpectralClusteringConfig};
use crate::error::part_error;
use crate::pieces::{nearest_pairs, spanning};

/// Affinities that spectral clustering can't start from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AffinityError {
    /// More rows than the affinities of all pairs have room for.
    #[error(
        "{n_samples} rows are too many for the rbf affinity of all pairs, which is kept for up to {limit}; use \
         nearest_neighbors"
    )]
    TooManyRows {
        /// Rows given.
        n_samples: usize,
        /// The most rows.
        limit: usize,
    },
    /// Groups of rows with affinities of nothing between them, more of them than functions to tell them apart.
    #[error(
        "with gamma = {gamma} the rows fall into {n_pieces} groups whose affinities vanish, more than the {n_components} \
         components; lower gamma or scale the data"
    )]
    Vanishing {
        /// The option.
        gamma: f64,
        /// Number of groups.
        n_pieces: usize,
        /// Functions asked for.
        n_components: usize,
    },
}

/// The graph, and a note where it had to be linked.
pub(super) fn graph(
    config: &SpectralClusteringConfig,
    y: Samples<'_>,
    n_components: usize,
    ctx: &mut FitContext<'_>,
) -> Result<(SparseGraph, Option<String>), FitError> {
    match config.affinity {
        Affinity::NearestNeighbors => nearest_neighbors(config, y, n_components, ctx),
        Affinity::Rbf => Ok((rbf(config.gamma, y, n_components, ctx)?, None)),
    }
}

fn nearest_neighbors(
    config: &SpectralClusteringConfig,
    y: Samples<'_>,
    n_components: usize,
    ctx: &mut FitContext<'_>,
) -> Result<(SparseGraph, Option<String>), FitError> {
    let k = config.n_neighbors;
    enough_samples(
        SpectralClusteringConfig::NAME,
        &format!("n_neighbors = {k}"),
        k,
        y,
    )?;
    // The row itself counts as one, but what holds it to itself plays no role in the Laplacian.
    let found = NeighborIndex::new(y, NeighborSearch::Auto).graph(y, k - 1, ctx)?;
    let directed = |row: usize| found.indices(row).iter().map(|&other| (other, 1.0)).collect();
    let directed: Vec<Vec<(u32, f32)>> = (0..y.n_samples()).map(directed).collect();
    let graph = SparseGraph::from_rows(directed).symmetrised(|a, b| 0.5 * (a + b));
    let pieces = graph.components();
    let n_pieces = n_pieces(&pieces);
    if n_pieces <= n_components {
        return Ok((graph, None));
    }
    let links = spanning(nearest_pairs(y, Metric::Euclidean, &pieces, ctx)?, &pieces);
    let mut rows: Vec<Vec<(u32, f32)>> = (0..y.n_samples()).map(|row| graph.row(row).collect()).collect();
    for [a, b] in links.iter().map(|link| link.rows) {
        rows[a as usize].push((b, 0.5));
        rows[b as usize].push((a, 0.5));
    }
    let note = format!(
        "the neighbour graph was in {n_pieces} pieces, more than the {n_components} components, and has been linked by their \
         nearest rows"
    );
    Ok((SparseGraph::from_rows(rows), Some(note)))
}

fn rbf(
    gamma: f64,
    y: Samples<'_>,
    n_components: usize,
    ctx: &FitContext<'_>,
) -> Result<SparseGraph, FitError> {
    let (n_samples, limit) = (y.n_samples(), SpectralClustering::MAX_RBF_SAMPLES);
    let refuse = |error| part_error(SpectralClusteringConfig::NAME, error);
    if n_samples > limit {
        return Err(refuse(AffinityError::TooManyRows { n_samples, limit }));
    }
    let row = |row: usize| &y.as_slice()[row * y.n_features()..][..y.n_features()];
    let token = ctx.cancel_token();
    let affinities = |at: usize| -> Vec<(u32, f32)> {
        let affinity = |other: usize| {
            let distance = Metric::Euclidean.distance(row(at), row(other));
            (other as u32, (-gamma * distance * distance).exp() as f32)
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
    let n_pieces = n_pieces(&graph.components());
    if n_pieces > n_components {
        return Err(refuse(AffinityError::Vanishing {
            gamma,
            n_pieces,
            n_components,
        }));
    }
    Ok(graph)
}

/// How many pieces there are, by the numbers of the rows' pieces.
pub(super) fn n_pieces(pieces: &[u32]) -> usize {
    pieces.iter().max().map_or(0, |&last| last as usize + 1)
}
