//! Uniform manifold approximation and projection (McInnes, Healy and Melville, [arXiv 1802.03426]).
//!
//! The way through the code is that of the data: nearest neighbours (`n2d-neighbors`), how much each counts (`fuzzy`),
//! where the layout starts (`init`), the layout (`layout`, with its forces in `kernel`), new points (`fitted`).
//!
//! [arXiv 1802.03426]: https://arxiv.org/abs/1802.03426

mod blocks;
mod config;
mod curve;
mod fitted;
mod fuzzy;
mod init;
mod kernel;
mod layout;
#[cfg(test)]
mod reference;

use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Report, Samples, Stage, Termination};
use n2d_neighbors::{NeighborIndex, NeighborSearch};
use ndarray::Array2;

pub use config::{Init, UmapConfig};
pub use curve::Curve;
pub use fitted::FittedUmap;
use kernel::Forces;
use layout::Layout;

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

    fn fit_checked(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedUmap>, FitError> {
        let n = z.n_samples();
        let index = NeighborIndex::new(z, NeighborSearch::Auto);
        if n == 1 {
            return Ok(self.single_point(index, ctx));
        }
        let n_neighbors = self.config.n_neighbors.min(n);
        let neighbors = index.graph(z, n_neighbors - 1, ctx)?;
        let local_connectivity = f64::from(self.config.local_connectivity);
        let graph = fuzzy::fuzzy_graph(&neighbors, local_connectivity, self.config.set_op_mix_ratio);
        let start = init::start(self.config.init, &graph, self.config.n_components, ctx)?;

        let layout = self.layout(n, ctx);
        let mut positions = start.positions;
        let n_epochs = layout.arrange(&graph, &mut positions, ctx)?;

        let ended = if n_epochs < layout.n_epochs {
            Termination::Stopped
        } else {
            Termination::Completed
        };
        let mut report = Report::new(UmapConfig::NAME, ended).with_n_iter(n_epochs);
        report.notes.extend(start.note);
        if n_neighbors < self.config.n_neighbors {
            report.notes.push(format!(
                "n_neighbors = {n_neighbors}, all there are, instead of {}",
                self.config.n_neighbors
            ));
        }
        let embedding = Array2::from_shape_vec((n, self.config.n_components), positions)
            .expect("n_components values a row");
        let model = FittedUmap::new(
            self,
            index,
            embedding,
            fuzzy::mean_distance(&neighbors),
            ctx.derived_seed("umap transform"),
        );
        Ok(Fit { model, report })
    }

    fn layout(&self, n: usize, ctx: &FitContext<'_>) -> Layout {
        Layout {
            forces: Forces::new(self.curve, self.config.repulsion_strength),
            n_epochs: self.config.epochs(n),
            learning_rate: self.config.learning_rate,
            negative_sample_rate: self.config.negative_sample_rate,
            seed: ctx.derived_seed("umap layout"),
        }
    }

    /// One point has no neighbours: it lies at the origin.
    fn single_point(&self, index: NeighborIndex, ctx: &FitContext<'_>) -> Fit<FittedUmap> {
        let embedding = Array2::zeros((1, self.config.n_components));
        let model = FittedUmap::new(self, index, embedding, 0.0, ctx.derived_seed("umap transform"));
        let report = Report::new(UmapConfig::NAME, Termination::ClosedForm);
        Fit {
            model,
            report: report.with_note("a single point: placed at the origin"),
        }
    }
}

impl Manifold for Umap {
    type Fitted = FittedUmap;

    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedUmap>, FitError> {
        ctx.run_stage(Stage::Manifold, UmapConfig::NAME, |ctx| self.fit_checked(z, ctx))
    }
}
