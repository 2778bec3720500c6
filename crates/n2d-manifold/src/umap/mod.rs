//! Uniform manifold approximation and projection (McInnes, Healy and Melville, [arXiv 1802.03426]).
//!
//! The way through the code is that of the data (`fit`): nearest neighbours (`n2d-neighbors`), how much each counts (`fuzzy`, with
//! `links` between crumbs of the graph and what a `target` knows), where the layout starts (`init`, `pieces`), the
//! layout (`layout`, shared out by `blocks`, with its forces in `kernel` and `density`), new points (`place`, `fitted`) and the
//! way back (`inverse`). `averaged` lays out the mean of several graphs of the same rows.
//!
//! [arXiv 1802.03426]: https://arxiv.org/abs/1802.03426

mod averaged;
mod blocks;
mod config;
#[cfg(test)]
mod config_tests;
mod curve;
mod density;
mod fit;
mod fitted;
mod fuzzy;
mod given;
mod init;
mod inverse;
mod kernel;
mod layout;
mod links;
mod neighbors;
mod persist;
mod pieces;
mod place;
mod points;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod reference_targets;
mod settle;
mod target;

use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Samples, Stage};
use n2d_neighbors::SparseGraph;

pub use averaged::{AveragedUmap, AveragedUmapConfig, FittedAveragedUmap};
pub use config::{Init, UmapConfig};
pub use curve::Curve;
pub use density::Radii;
pub use fitted::FittedUmap;
pub use fuzzy::FuzzyGraph;
pub use given::Given;
pub use place::{BadMemberships, GraphEmbedding};
pub use target::Target;

/// UMAP: lays points out so that near neighbours stay near.
///
/// Built from a [`UmapConfig`]. Deterministic for a seed, whatever the number of threads, and parallel in every phase:
/// `neighbours`, then the start, then `layout`. Takes `O(n log n)` for the neighbours in few dimensions (`O(n^2)` products in many) and
/// `O(n n_neighbors n_epochs)` for the layout; memory is linear in `n n_neighbors`.
///
/// The data's size has no say: a power of two times the data has the same embedding. A layout whose distances overflow
/// (a huge `learning_rate`, or `a` and `b` out of all proportion) is [`FitError::Diverged`].
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples, Transform};
/// use n2d_manifold::UmapConfig;
///
/// // Two groups of points on a line.
/// let values: Vec<f32> = (0..60).map(|i| (i % 30) as f32 * 0.1 + (i / 30) as f32 * 100.0).collect();
/// let x = Samples::from_rows(&values, 1)?;
/// let umap = UmapConfig { n_neighbors: 10, ..UmapConfig::new(2) }.build()?;
/// let fit = umap.fit(x, &mut FitContext::new(42))?;
/// assert_eq!(fit.model.embedding().dim(), (60, 2));
/// let placed = fit.model.transform(Samples::from_rows(&[0.25, 101.0], 1)?)?;
/// assert_eq!(placed.dim(), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Umap {
    config: UmapConfig,
    curve: Curve,
}

impl Umap {
    /// The options it was built from.
    pub fn config(&self) -> &UmapConfig {
        &self.config
    }

    /// The attraction curve, given or fitted to `min_dist` and `spread`.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// Fits with an own search for neighbours, an own start, or knowledge of the rows.
    ///
    /// # Errors
    /// As `fit`, and [`FitError::Part`] with a [`ConfigError`](n2d_core::ConfigError) for what is given in another shape.
    pub fn fit_given(
        &self,
        z: Samples<'_>,
        given: &Given<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedUmap>, FitError> {
        ctx.run_stage(Stage::Manifold, UmapConfig::NAME, |ctx| {
            self.fit_checked(z, given, ctx)
        })
    }

    /// Fits so that rows of one class, or with near values of a target, come to lie together: supervised, and semi-supervised
    /// where some labels are not known (-1). New rows are placed by their own values alone.
    ///
    /// ```
    /// use n2d_core::{FitContext, FittedManifold, Labels, PartConfig, Samples};
    /// use n2d_manifold::UmapConfig;
    /// use n2d_manifold::umap::Target;
    ///
    /// let values: Vec<f32> = (0..60).map(|i| i as f32).collect();
    /// let x = Samples::from_rows(&values, 1)?;
    /// let labels = Labels::new((0..60).map(|i| if i % 3 == 0 { -1 } else { i / 30 }).collect())?;
    /// let umap = UmapConfig { n_neighbors: 10, ..UmapConfig::new(2) }.build()?;
    /// let fit = umap.fit_supervised(x, Target::labels(&labels), &mut FitContext::new(42))?;
    /// assert_eq!(fit.model.embedding().dim(), (60, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit_given`](Self::fit_given).
    pub fn fit_supervised(
        &self,
        z: Samples<'_>,
        target: Target<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedUmap>, FitError> {
        let given = Given {
            target: Some(target),
            ..Given::default()
        };
        self.fit_given(z, &given, ctx)
    }

    /// The fuzzy graph alone, before any layout: what `fit` lays out. [`Given::start`] has no say in it.
    ///
    /// # Errors
    /// As [`fit_given`](Self::fit_given).
    pub fn fuzzy_graph(
        &self,
        z: Samples<'_>,
        given: &Given<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FuzzyGraph>, FitError> {
        ctx.run_stage(Stage::Manifold, UmapConfig::NAME, |ctx| {
            self.fuzzy_graph_checked(z, given, ctx)
        })
    }

    /// Lays out a graph that is given: the mean of several, say. All options that concern neighbours are without effect.
    ///
    /// `rows` are those that the graph is of, where there are any; they are looked at only where the start needs it. Without
    /// them a graph in many pieces starts with each piece at a random place, and a start by principal components is refused.
    /// So are `densmap` and `output_dens`, which need the distances of neighbours.
    ///
    /// ```
    /// use n2d_core::{FitContext, PartConfig};
    /// use n2d_manifold::UmapConfig;
    /// use n2d_neighbors::SparseGraph;
    ///
    /// // A ring.
    /// let row = |i: u32| vec![((i + 1) % 50, 1.0), ((i + 49) % 50, 1.0)];
    /// let graph = SparseGraph::from_rows((0..50).map(row).collect());
    /// let umap = UmapConfig::new(2).build()?;
    /// let fit = umap.fit_graph(&graph, None, None, &mut FitContext::new(42))?;
    /// assert_eq!(fit.model.embedding().dim(), (50, 2));
    /// // A new point that is near two others.
    /// let placed = fit.model.place(&[vec![(0, 1.0), (1, 0.5)]])?;
    /// assert_eq!(placed.dim(), (1, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit_given`](Self::fit_given), also for a graph that is not symmetric, or has weights that are not finite numbers above 0.
    pub fn fit_graph(
        &self,
        graph: &SparseGraph,
        rows: Option<Samples<'_>>,
        start: Option<Samples<'_>>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<GraphEmbedding>, FitError> {
        ctx.run_stage(Stage::Manifold, UmapConfig::NAME, |ctx| {
            self.fit_graph_checked(graph, rows, start, ctx)
        })
    }
}

impl Manifold for Umap {
    type Fitted = FittedUmap;

    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedUmap>, FitError> {
        ctx.run_stage(Stage::Manifold, UmapConfig::NAME, |ctx| {
            self.fit_checked(z, &Given::default(), ctx)
        })
    }
}
