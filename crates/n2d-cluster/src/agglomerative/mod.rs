//! Agglomerative clustering: the part.

mod chain;
mod config;
mod fitted;
mod graph;
mod matrix;
mod persist;
mod single;
mod table;
mod ward;

use n2d_core::check::enough_samples;
use n2d_core::{Clusterer, Fit, FitContext, FitError, PartConfig, Report, Samples, Stage, Termination};

use crate::error::part_error;
pub use config::{AgglomerativeConfig, Linkage};
pub use fitted::FittedAgglomerative;
pub use table::Merge;

/// Merges the nearest two clusters, from single rows on, until so many are left, or those left are far enough apart.
///
/// Any clusters may be merged, or only such as touch in a graph of neighbours
/// ([`n_neighbors`](AgglomerativeConfig::n_neighbors)). Exact for every linkage:
///
/// | linkage | how | time | memory |
/// |---|---|---|---|
/// | ward | chain of nearest clusters (Murtagh 1983) by their means | `O(n_samples^2 n_features)` | linear |
/// | single | shortest spanning tree (Prim 1957) | `O(n_samples^2 n_features)` | linear |
/// | average, complete | chain of nearest clusters by the matrix of distances | `O(n_samples^2)` | `4 n_samples^2` bytes |
/// | any, on a graph | the nearest two that touch | `O(n_samples log n_samples)` times the neighbours, more where one cluster touches very many | linear |
///
/// Because of its memory the matrix is refused above [`MAX_MATRIX_SAMPLES`](Self::MAX_MATRIX_SAMPLES) rows. A graph in
/// several pieces is linked by the nearest two rows of each two pieces, which is noted in the report. Nothing is random;
/// of equally near clusters those of the lowest rows are taken.
///
/// ```
/// use n2d_cluster::AgglomerativeConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 9.0, 1.0, 9.5], 1)?;
/// let fit = AgglomerativeConfig::new(2).build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 1, 0, 1]);
/// assert_eq!(fit.model.merges()[0].distance, 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Agglomerative {
    config: AgglomerativeConfig,
}

/// More rows than a matrix of their distances has room for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{n_samples} rows are too many for a matrix of their distances, which is kept for up to {limit}; use ward or single \
     linkage, or give n_neighbors"
)]
#[non_exhaustive]
pub struct MatrixTooLarge {
    /// Rows given.
    pub n_samples: usize,
    /// The most rows.
    pub limit: usize,
}

impl Agglomerative {
    /// Most rows for average and complete linkage without a graph: their matrix takes 3.6 GB.
    pub const MAX_MATRIX_SAMPLES: usize = 30_000;

    /// The options it was built from.
    pub fn config(&self) -> &AgglomerativeConfig {
        &self.config
    }

    /// All merges, and what there is to note.
    fn merges(
        &self,
        y: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Vec<Merge>, Option<String>), FitError> {
        if y.n_samples() == 1 {
            return Ok((Vec::new(), None));
        }
        match self.config.n_neighbors {
            Some(n_neighbors) => self.on_graph(y, n_neighbors, ctx),
            None => Ok((table::sorted(self.joins(y, ctx)?), None)),
        }
    }

    fn on_graph(
        &self,
        y: Samples<'_>,
        n_neighbors: usize,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Vec<Merge>, Option<String>), FitError> {
        let AgglomerativeConfig { linkage, metric, .. } = self.config;
        let (edges, n_pieces) = graph::edges(y, metric, n_neighbors, ctx)?;
        let joins = graph::merge_all(y, &edges, linkage, metric, ctx)?;
        let note = format!("the neighbour graph was in {n_pieces} pieces, linked by their nearest rows");
        Ok((table::in_order(&joins), (n_pieces > 1).then_some(note)))
    }

    fn joins(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Vec<table::Join>, FitError> {
        let update = match self.config.linkage {
            Linkage::Ward => return chain::merge_all(&mut ward::Means::new(y), ctx),
            Linkage::Single => return single::spanning_tree(y, self.config.metric, ctx),
            Linkage::Average => matrix::Update::Average,
            Linkage::Complete => matrix::Update::Complete,
        };
        let (n_samples, limit) = (y.n_samples(), Self::MAX_MATRIX_SAMPLES);
        if n_samples > limit {
            let error = MatrixTooLarge { n_samples, limit };
            return Err(part_error(AgglomerativeConfig::NAME, error));
        }
        let mut distances = matrix::Distances::new(y, self.config.metric, update, &ctx.cancel_token());
        chain::merge_all(&mut distances, ctx)
    }

    /// How many of the merges are made.
    fn n_merges(&self, merges: &[Merge]) -> usize {
        match (self.config.n_clusters, self.config.distance_threshold) {
            (Some(n_clusters), _) => merges.len() + 1 - n_clusters,
            (None, Some(threshold)) => merges.iter().filter(|merge| merge.distance < threshold).count(),
            (None, None) => merges.len(),
        }
    }
}

impl Clusterer for Agglomerative {
    type Fitted = FittedAgglomerative;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedAgglomerative>, FitError> {
        ctx.run_stage(Stage::Clusterer, AgglomerativeConfig::NAME, |ctx| {
            let least = self.config.n_clusters.unwrap_or(1);
            enough_samples(
                AgglomerativeConfig::NAME,
                &format!("n_clusters = {least}"),
                least,
                y,
            )?;
            let (merges, note) = self.merges(y, ctx)?;
            let labels = table::cut(&merges, self.n_merges(&merges));
            let report = Report::new(AgglomerativeConfig::NAME, Termination::ClosedForm);
            Ok(Fit {
                model: FittedAgglomerative::new(y.n_features(), merges, labels),
                report: match note {
                    Some(note) => report.with_note(note),
                    None => report,
                },
            })
        })
    }
}
