//! OPTICS: the part.

mod config;
mod fitted;
mod order;
mod persist;
mod xi;

use n2d_core::check::enough_samples;
use n2d_core::{Clusterer, Fit, FitContext, FitError, PartConfig, Report, Samples, Stage, Termination};

pub use config::{OpticsConfig, OpticsMethod};
pub use fitted::FittedOptics;

/// Clusters of any shape and of different densities, as the valleys of a plot: the rows are put in an order in which each is
/// the one that is reached most easily from those before (Ankerst, Breunig, Kriegel and Sander 1999).
///
/// The order, the reachability and the clusters are scikit-learn's. Nothing is random. Without `max_eps` a fit takes
/// `O(n_samples^2 n_features)`, in parallel; with it, the time of the neighbours within it. Memory is linear.
///
/// ```
/// use n2d_cluster::OpticsConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let y = Samples::from_rows(&[0.0, 5.0, 0.1, 5.3, 0.2, 5.6, 20.0], 1)?;
/// let optics = OpticsConfig { min_samples: 2, ..OpticsConfig::default() }.build()?;
/// let fit = optics.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.ordering(), [0, 2, 4, 1, 3, 5, 6]);
/// assert_eq!(fit.model.labels_at(1.0).as_slice(), [0, 1, 0, 1, 0, 1, -1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Optics {
    config: OpticsConfig,
}

impl Optics {
    /// The options it was built from.
    pub fn config(&self) -> &OpticsConfig {
        &self.config
    }

    fn run(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedOptics>, FitError> {
        let OpticsConfig { metric, max_eps, .. } = self.config;
        let limit = max_eps.unwrap_or(f64::INFINITY);
        let core_distances = order::core_distances(y, metric, self.config.min_samples, limit, ctx)?;
        let reached = order::order(y, metric, max_eps, core_distances, ctx)?;
        let (hierarchy, labels) = match self.config.cluster_method {
            OpticsMethod::Xi => {
                let clusters = xi::clusters(&reached, &self.config);
                let labels = xi::labels(&reached, &clusters);
                (clusters, labels)
            }
            OpticsMethod::Dbscan => (
                Vec::new(),
                fitted::cut(&reached, self.config.eps.unwrap_or(limit)),
            ),
        };
        let report = Report::new(OpticsConfig::NAME, Termination::ClosedForm);
        let report = if labels.iter().all(|&label| label < 0) {
            report.with_note("no cluster was found: all rows are noise")
        } else {
            report
        };
        Ok(Fit {
            model: FittedOptics::new(y.n_features(), reached, hierarchy, labels),
            report,
        })
    }
}

impl Clusterer for Optics {
    type Fitted = FittedOptics;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedOptics>, FitError> {
        let name = OpticsConfig::NAME;
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            let least = self.config.min_samples;
            enough_samples(name, &format!("min_samples = {least}"), least, y)?;
            if let Some(size) = self.config.min_cluster_size {
                enough_samples(name, &format!("min_cluster_size = {size}"), size, y)?;
            }
            self.run(y, ctx)
        })
    }
}
