//! HDBSCAN: the part and its fit.

mod centres;
mod condensed;
mod config;
mod fitted;
mod flat;
mod linkage;
mod persist;
mod precomputed;
mod predict;
mod prim;
#[cfg(test)]
mod reference;
mod select;
mod sets;
mod soft;
mod spanning;
mod validity;

use n2d_core::{
    Clusterer, Fit, FitContext, FitError, FittedClusterer, PartConfig, Report, Samples, Stage, Termination,
};
use ndarray::ArrayView2;

pub use condensed::CondensedRow;
pub use config::{BORUVKA_MAX_FEATURES, ClusterSelection, HdbscanConfig, HdbscanCut, SpanningAlgorithm};
pub use fitted::FittedHdbscan;
use fitted::Space;
pub use linkage::{LinkageRow, SpanningEdge};
pub use precomputed::DistanceMatrixError;
use spanning::{Spanned, span, span_given};

use crate::error::part_error;

/// Clusters of any shape and of different densities, and noise, without a number of clusters: hierarchical density-based
/// clustering (Campello, Moulavi and Sander 2013; McInnes and Healy 2017).
///
/// Rows are linked by *mutual reachability*: two are as far apart as their distance, but no nearer than the core distance of
/// either, which is the distance to its `min_samples`-th nearest other. The minimum spanning tree of that, read from the
/// longest edge down, is a tree of clusters that split and shrink; the most lasting are chosen.
///
/// There is no randomness: the same rows give the same bits for any seed and number of threads. Edges of one weight are
/// taken in the order of their rows. Clusters are numbered from the top of the tree down, of two that split the one with
/// the smallest row first.
///
/// A fit takes about `O(n log n)` in few dimensions and `O(n^2)` distances otherwise (see [`SpanningAlgorithm`]), and `O(n)`
/// memory. Fewer rows than `min_cluster_size` are all noise, and so is one row. Of equal rows, at distance 0, the density is
/// infinite: other members of a cluster that holds `min_samples + 1` equal rows have strength 0 beside them.
///
/// ```
/// use n2d_cluster::HdbscanConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let rows = [0.0, 0.1, 0.2, 0.35, 7.0, 7.1, 7.25, 7.3, 40.0];
/// let config = HdbscanConfig { min_cluster_size: 3, min_samples: Some(2), ..HdbscanConfig::default() };
/// let y = Samples::from_rows(&rows, 1)?;
/// let fit = config.build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 0, 0, 0, 1, 1, 1, 1, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Hdbscan {
    config: HdbscanConfig,
}

impl Hdbscan {
    /// The options it was built from.
    pub fn config(&self) -> &HdbscanConfig {
        &self.config
    }

    /// A fit of rows of which only the distances are known: a square, symmetric matrix with zeros on its diagonal. `metric`
    /// plays no role and the spanning tree is Prim's. New rows can't be predicted, since there are no rows to compare them with;
    /// nor are there soft memberships.
    ///
    /// ```
    /// use n2d_cluster::HdbscanConfig;
    /// use n2d_core::{FitContext, FittedClusterer, PartConfig};
    /// use ndarray::Array2;
    ///
    /// let at = [0.0_f32, 0.1, 0.3, 5.0, 5.2, 5.3];
    /// let distances = Array2::from_shape_fn((6, 6), |(i, j)| (at[i] - at[j]).abs());
    /// let config = HdbscanConfig { min_cluster_size: 3, min_samples: Some(1), ..HdbscanConfig::default() };
    /// let fit = config.build()?.fit_precomputed(distances.view(), &mut FitContext::new(0))?;
    /// assert_eq!(fit.model.labels().as_slice(), [0, 0, 0, 1, 1, 1]);
    /// assert!(fit.model.as_approximate_predict().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FitError::Part`] with a [`DistanceMatrixError`], also where `algorithm` asks for Boruvka; [`FitError::Cancelled`].
    pub fn fit_precomputed(
        &self,
        distances: ArrayView2<'_, f32>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedHdbscan>, FitError> {
        ctx.run_stage(Stage::Clusterer, HdbscanConfig::NAME, |ctx| {
            precomputed::check(distances, self.config.algorithm)
                .map_err(|error| part_error(HdbscanConfig::NAME, error))?;
            let n = distances.nrows();
            let spanned = match self.min_samples(n) {
                Some(k) => span_given(distances, self.config.alpha, k, ctx)?,
                None => Spanned::of_one_row(),
            };
            Ok(self.finish(None, n, spanned))
        })
    }

    /// `min_samples`, as far as there are rows; none for a single row.
    fn min_samples(&self, n_samples: usize) -> Option<usize> {
        let asked = self.config.min_samples.unwrap_or(self.config.min_cluster_size);
        (n_samples > 1).then(|| asked.min(n_samples - 1))
    }

    fn finish(&self, y: Option<Samples<'_>>, n_samples: usize, spanned: Spanned) -> Fit<FittedHdbscan> {
        let weight = spanned.edges.iter().map(|edge| edge.weight).sum();
        let mut report = Report::new(HdbscanConfig::NAME, Termination::Completed)
            .with_n_iter(spanned.n_rounds)
            .with_objective("spanning tree weight", weight);
        report.notes.extend(spanned.note.clone());
        let space = Space::new(&self.config, y, n_samples, spanned);
        let model = FittedHdbscan::new(space.into(), (&self.config).into());
        if model.n_clusters() == 0 {
            report = report.with_note("no clusters were found: all rows are noise");
        }
        Fit { model, report }
    }
}

impl Clusterer for Hdbscan {
    type Fitted = FittedHdbscan;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedHdbscan>, FitError> {
        ctx.run_stage(Stage::Clusterer, HdbscanConfig::NAME, |ctx| {
            let spanned = match self.min_samples(y.n_samples()) {
                Some(k) => span(y, &self.config, k, ctx)?,
                None => Spanned::of_one_row(),
            };
            Ok(self.finish(Some(y), y.n_samples(), spanned))
        })
    }
}
