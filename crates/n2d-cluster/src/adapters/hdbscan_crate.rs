use documented::DocumentedFieldsOpt;
use hdbscan::{DistanceMetric, Hdbscan, HdbscanHyperParams};
use n2d_core::check::{Options, enough_samples};
use n2d_core::{
    Clusterer, ConfigError, Fit, FitContext, FitError, Labels, PartConfig, Report, Samples, Stage,
    Termination,
};
use n2d_neighbors::Metric;
use serde::{Deserialize, Serialize};

use super::Norm;
use super::labels::FittedLabels;
use crate::error::part_error;

/// Options of [`HdbscanCrate`]. The defaults are the crate's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct HdbscanCrateConfig {
    /// Rows that make a cluster; at least 2. Default 5.
    pub min_cluster_size: usize,
    /// Rows within a row's core distance, itself counted; at least 1, and at most as many as there are rows. The more, the
    /// more rows are noise. None, the default: `min_cluster_size`.
    pub min_samples: Option<usize>,
    /// Clusters that part at less than this distance are left together, in units of the data; 0 or above. Default 0. Others
    /// call it `cluster_selection_epsilon`.
    pub epsilon: f64,
    /// Whether all rows may be one cluster. Default false.
    pub allow_single_cluster: bool,
    /// How distances are measured: `euclidean`, `manhattan` or `chebyshev`. Default `euclidean`.
    ///
    /// The crate's cylindrical and haversine distances are left out: they are for coordinates of their own kind, and its
    /// tree takes the nearest corner of a box for a bound, which it is not where angles wrap around.
    pub metric: Metric,
}

impl Default for HdbscanCrateConfig {
    fn default() -> Self {
        Self {
            min_cluster_size: 5,
            min_samples: None,
            epsilon: 0.0,
            allow_single_cluster: false,
            metric: Metric::Euclidean,
        }
    }
}

impl HdbscanCrateConfig {
    fn n_neighbours(&self) -> usize {
        self.min_samples.unwrap_or(self.min_cluster_size)
    }
}

impl PartConfig for HdbscanCrateConfig {
    const NAME: &'static str = "hdbscan_crate";
    type Part = HdbscanCrate;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<HdbscanCrate, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("min_cluster_size", self.min_cluster_size, 2)?;
        options.at_least("min_samples", self.n_neighbours(), 1)?;
        options.not_negative("epsilon", self.epsilon)?;
        Ok(HdbscanCrate {
            norm: Norm::of(self.metric, options)?,
            config: self.clone(),
        })
    }
}

/// HDBSCAN (Campello, Moulavi and Sander 2013) by the `hdbscan` crate, in double precision: the clusters that persist longest
/// as the distance grows at which rows hang together; the rest is noise. Labels only: it can't label new rows. Unlike for the
/// Python package, a cluster that falls apart at the very distance at which it appears is noise.
///
/// On one thread, so the seed and the number of threads play no role. Time is `O(n_samples^2 n_features)`, as the spanning tree
/// looks at every pair of rows, and memory `O(n_samples n_features)`: 20 000 rows of 10 columns take 3 s, 70 000 some 40 s. The
/// crate can't be interrupted: a cancelled fit ends when it has.
///
/// # Errors
/// A fit needs at least two rows, and as many as `min_samples`.
///
/// ```
/// use n2d_cluster::HdbscanCrateConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let config = HdbscanCrateConfig { min_cluster_size: 3, ..HdbscanCrateConfig::default() };
/// let y = Samples::from_rows(&[0.0, 0.1, 0.2, 0.3, 8.0, 8.1, 8.2, 8.3, 50.0], 1)?;
/// let fit = config.build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!((fit.model.labels().n_clusters(), fit.model.labels().n_noise()), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HdbscanCrate {
    config: HdbscanCrateConfig,
    norm: Norm,
}

impl HdbscanCrate {
    /// The options it was built from.
    pub fn config(&self) -> &HdbscanCrateConfig {
        &self.config
    }

    /// All values are in the crate's ranges: it would change others, and print.
    fn parameters(&self) -> HdbscanHyperParams {
        let metric = match self.norm {
            Norm::Euclidean => DistanceMetric::Euclidean,
            Norm::Manhattan => DistanceMetric::Manhattan,
            Norm::Chebyshev => DistanceMetric::Chebyshev,
        };
        HdbscanHyperParams::builder()
            .min_cluster_size(self.config.min_cluster_size)
            .min_samples(self.config.n_neighbours())
            .epsilon(self.config.epsilon)
            .allow_single_cluster(self.config.allow_single_cluster)
            .dist_metric(metric)
            .build()
    }

    /// The crate indexes beyond its arrays for fewer rows.
    fn enough(&self, y: Samples<'_>) -> Result<(), FitError> {
        let needed = self.config.n_neighbours();
        enough_samples(HdbscanCrateConfig::NAME, "a tree of rows", 2, y)?;
        enough_samples(
            HdbscanCrateConfig::NAME,
            &format!("min_samples = {needed}"),
            needed,
            y,
        )
    }
}

impl Clusterer for HdbscanCrate {
    type Fitted = FittedLabels;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLabels>, FitError> {
        let name = HdbscanCrateConfig::NAME;
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            self.enough(y)?;
            let wide = |row: &[f32]| row.iter().map(|&x| f64::from(x)).collect();
            let rows: Vec<Vec<f64>> = y.rows().map(wide).collect();
            let labels = Hdbscan::new(&rows, self.parameters())
                .cluster()
                .map_err(|error| part_error(name, error))?;
            ctx.check_cancelled()?;
            let labels = Labels::new(labels).map_err(|error| part_error(name, error))?;
            Ok(Fit {
                model: FittedLabels::new(name, y.n_features(), labels),
                report: Report::new(name, Termination::ClosedForm).with_note("labelled by the hdbscan crate"),
            })
        })
    }
}
