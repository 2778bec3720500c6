//! Core distances and the spanning tree, by whichever way suits the data.

use n2d_core::{FitContext, FitError, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::config::{BORUVKA_MAX_FEATURES, HdbscanConfig, SpanningAlgorithm};
use super::linkage::SpanningEdge;
use super::prim::{Distances, core_distances, prim};

/// The rows linked by density.
pub(super) struct Spanned {
    /// In ascending order of weight, smaller row, larger row.
    pub(super) edges: Vec<SpanningEdge>,
    /// For each row its distances to its others number `min_samples - 1` and `min_samples`.
    pub(super) core: Vec<[f64; 2]>,
    /// For predicting, where distances are euclidean; and how it was made.
    pub(super) index: Option<(NeighborSearch, NeighborIndex)>,
    pub(super) n_rounds: usize,
    /// What was chosen and why.
    pub(super) note: Option<String>,
}

impl Spanned {
    pub(super) fn of_one_row() -> Self {
        Self {
            edges: Vec::new(),
            core: vec![[0.0; 2]],
            index: None,
            n_rounds: 0,
            note: None,
        }
    }
}

/// Of rows under the metric of the configuration; there are at least two.
pub(super) fn span(
    y: Samples<'_>,
    config: &HdbscanConfig,
    min_samples: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Spanned, FitError> {
    let euclidean = config.metric == Metric::Euclidean;
    let few = y.n_features() <= BORUVKA_MAX_FEATURES;
    let boruvka = match config.algorithm {
        SpanningAlgorithm::Auto => euclidean && few,
        SpanningAlgorithm::Boruvka => true,
        SpanningAlgorithm::Prim => false,
    };
    let mut spanned = if boruvka {
        by_boruvka(y, config, min_samples, ctx)?
    } else if euclidean {
        by_prim(y, config, min_samples, ctx)?
    } else {
        all_pairs(Distances::Other(y, config.metric), config.alpha, min_samples, ctx)?
    };
    if config.algorithm == SpanningAlgorithm::Auto {
        let way = if boruvka { "boruvka" } else { "prim" };
        let (metric, d) = (config.metric, y.n_features());
        spanned.note = Some(format!(
            "algorithm: {way}, for {d} features and the metric {metric}"
        ));
    }
    Ok(spanned)
}

/// Of rows whose distances are given.
pub(super) fn span_given(
    distances: ArrayView2<'_, f32>,
    alpha: f64,
    min_samples: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Spanned, FitError> {
    all_pairs(Distances::Given(distances), alpha, min_samples, ctx)
}

fn by_boruvka(
    y: Samples<'_>,
    config: &HdbscanConfig,
    min_samples: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Spanned, FitError> {
    let search = NeighborSearch::KdTree;
    let index = NeighborIndex::new(y, search);
    let tree = index.spanning_tree(y, min_samples, config.alpha, ctx)?;
    let between = |a: u32, b: u32| Distances::Euclidean(y).between(a as usize, b as usize);
    let core: Vec<[f64; 2]> = tree
        .kth
        .par_iter()
        .enumerate()
        .map(|(row, kth)| kth.map(|other| between(row as u32, other)))
        .collect();
    let weigh = |&[a, b]: &[u32; 2]| {
        let (of_a, of_b) = (core[a as usize][1], core[b as usize][1]);
        let weight = (between(a, b) / config.alpha).max(of_a).max(of_b);
        SpanningEdge { a, b, weight }
    };
    let edges = sorted(tree.edges.par_iter().map(weigh).collect());
    Ok(Spanned {
        edges,
        core,
        index: Some((search, index)),
        n_rounds: tree.n_rounds,
        note: None,
    })
}

/// Euclidean distances in many dimensions: core distances come from the neighbour search.
fn by_prim(
    y: Samples<'_>,
    config: &HdbscanConfig,
    min_samples: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Spanned, FitError> {
    let distances = Distances::Euclidean(y);
    let search = NeighborSearch::Auto;
    let index = NeighborIndex::new(y, search);
    let graph = index.graph(y, min_samples, ctx)?;
    let core = (0..y.n_samples())
        .into_par_iter()
        .map(|row| {
            let others = graph.indices(row);
            let to = |at: usize| distances.between(row, others[at] as usize);
            [
                if min_samples == 1 {
                    0.0
                } else {
                    to(min_samples - 2)
                },
                to(min_samples - 1),
            ]
        })
        .collect();
    drop(graph);
    with_core(distances, core, Some((search, index)), config.alpha, ctx)
}

fn all_pairs(
    distances: Distances<'_>,
    alpha: f64,
    min_samples: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Spanned, FitError> {
    let core = core_distances(distances, min_samples, ctx)?;
    with_core(distances, core, None, alpha, ctx)
}

fn with_core(
    distances: Distances<'_>,
    core: Vec<[f64; 2]>,
    index: Option<(NeighborSearch, NeighborIndex)>,
    alpha: f64,
    ctx: &mut FitContext<'_>,
) -> Result<Spanned, FitError> {
    let own: Vec<f64> = core.iter().map(|core| core[1]).collect();
    let edges = sorted(prim(distances, &own, alpha, ctx)?);
    Ok(Spanned {
        n_rounds: edges.len(),
        edges,
        core,
        index,
        note: None,
    })
}

fn sorted(mut edges: Vec<SpanningEdge>) -> Vec<SpanningEdge> {
    edges.par_sort_unstable_by(|x, y| x.weight.total_cmp(&y.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
    edges
}
