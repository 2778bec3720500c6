use documented::DocumentedFieldsOpt;
use linfa::ParamGuard;
use linfa::traits::Transformer;
use linfa_clustering::Optics;
use linfa_nn::NearestNeighbour;
use linfa_nn::distance::{Distance, L1Dist, L2Dist, LInfDist};
use n2d_core::check::Options;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    BoxError, Clusterer, ConfigError, Fit, FitContext, FitError, FittedClusterer, Labels, PartConfig, Report,
    Samples, Stage, Termination,
};
use n2d_neighbors::Metric;
use ndarray16::Array2;
use serde::{Deserialize, Serialize};

use super::cross::{array, fit_error};
use super::reachability::{Plot, plot};
use super::watched::Watched;
use crate::adapters::Norm;
use crate::adapters::labels::to_labels;
use crate::saved::{count, distances, labels_without_gaps, numbers_in_order};

/// Options of [`LinfaOptics`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct LinfaOpticsConfig {
    /// The distance at which clusters are cut out of the ordering, in units of the data; above 0. Default 0.5, that of
    /// scikit-learn's DBSCAN.
    pub eps: f64,
    /// How far neighbours are looked for; at least `eps`. None, the default: as far as `eps`, which is all that the labels
    /// need. Further, reachabilities up to that distance are found as well, which costs a good deal more. Linfa's
    /// `tolerance`, which is unbounded there.
    pub max_eps: Option<f64>,
    /// Neighbours that make a row a core row, itself counted; at least 2. Default 5, scikit-learn's. Linfa's `min_points`.
    pub min_samples: usize,
    /// How distances are measured: `euclidean`, `manhattan` or `chebyshev`. Default `euclidean`.
    pub metric: Metric,
}

impl Default for LinfaOpticsConfig {
    fn default() -> Self {
        Self {
            eps: 0.5,
            max_eps: None,
            min_samples: 5,
            metric: Metric::Euclidean,
        }
    }
}

impl PartConfig for LinfaOpticsConfig {
    const NAME: &'static str = "linfa_optics";
    type Part = LinfaOptics;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<LinfaOptics, ConfigError> {
        let options = Options::of(Self::NAME);
        options.positive("eps", self.eps)?;
        if let Some(max_eps) = self.max_eps {
            options.positive("max_eps", max_eps)?;
            if max_eps < self.eps {
                return Err(options.refuse("max_eps", format!("at least eps = {}", self.eps), max_eps));
            }
        }
        options.at_least("min_samples", self.min_samples, 2)?;
        Ok(LinfaOptics {
            norm: Norm::of(self.metric, options)?,
            config: self.clone(),
        })
    }
}

/// OPTICS (Ankerst et al. 1999) by linfa, in double precision: an ordering of the rows in which those of one cluster follow
/// one another, and the clusters that DBSCAN finds at `eps` cut out of it. It can't label new rows.
///
/// Core rows are clustered as by DBSCAN; a border row that comes before all core rows near it is noise, which is how clusters
/// are cut out of an ordering (as by scikit-learn's `cluster_optics_dbscan`). Where linfa's search begins anew, it lets the
/// row it begins at reach itself, and orders some rows before it: that row is put first here, reached by none.
///
/// On one thread, so the seed and the number of threads play no role. `O(n_samples log n_samples)` at best; linfa sorts the rows
/// in reach again for each row, so `O(n_samples^2 log n_samples)` where `max_eps` is wide: 5000 rows of 2 columns without a bound take 6 s.
/// A cancelled fit searches no more, but still clears its queue: seconds for tens of thousands of rows in reach.
///
/// ```
/// use n2d_cluster::LinfaOpticsConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let config = LinfaOpticsConfig { eps: 1.5, max_eps: Some(9.0), min_samples: 2, ..LinfaOpticsConfig::default() };
/// let y = Samples::from_rows(&[0.0, 1.0, 5.0, 8.0, 9.0], 1)?;
/// let fit = config.build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 0, -1, 1, 1]);
/// assert_eq!(fit.model.ordering(), [0, 1, 2, 3, 4]);
/// assert_eq!(fit.model.reachability(), [f64::INFINITY, 1.0, 4.0, 3.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinfaOptics {
    config: LinfaOpticsConfig,
    norm: Norm,
}

impl LinfaOptics {
    /// The options it was built from.
    pub fn config(&self) -> &LinfaOpticsConfig {
        &self.config
    }

    fn order(&self, rows: &Array2<f64>, watched: &Watched) -> Result<Plot, BoxError> {
        match self.norm {
            Norm::Euclidean => self.order_by(rows, L2Dist, watched),
            Norm::Manhattan => self.order_by(rows, L1Dist, watched),
            Norm::Chebyshev => self.order_by(rows, LInfDist, watched),
        }
    }

    fn order_by<D: Distance<f64>>(
        &self,
        rows: &Array2<f64>,
        distance: D,
        watched: &Watched,
    ) -> Result<Plot, BoxError> {
        let params = Optics::params_with(self.config.min_samples, distance.clone(), watched.clone())
            .tolerance(self.config.max_eps.unwrap_or(self.config.eps))
            .check()?;
        let analysis = params.transform(rows.view());
        let index = watched.from_batch(rows, distance.clone())?;
        Ok(plot(rows, analysis.as_slice(), &*index, &distance))
    }
}

impl Clusterer for LinfaOptics {
    type Fitted = FittedLinfaOptics;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLinfaOptics>, FitError> {
        let name = LinfaOpticsConfig::NAME;
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            let token = ctx.cancel_token();
            let plot = self
                .order(&array(y), &Watched { token })
                .map_err(|error| fit_error(name, error))?;
            ctx.check_cancelled()?;
            let clusters = plot.clusters(self.config.eps);
            let labels = to_labels(clusters.into_iter(), y.n_samples(), usize::MAX)
                .map_err(|error| fit_error(name, error))?;
            let model = FittedLinfaOptics {
                n_features: y.n_features(),
                n_clusters: labels.n_clusters(),
                labels,
                plot,
            };
            let report = Report::new(name, Termination::ClosedForm).with_note(format!(
                "ordered by linfa; clusters cut at eps = {}",
                self.config.eps
            ));
            Ok(Fit { model, report })
        })
    }
}

/// A fitted [`LinfaOptics`]: the labels, and the ordering with its distances, from which clusters can be cut at other `eps`.
#[derive(Debug, Clone)]
pub struct FittedLinfaOptics {
    n_features: usize,
    n_clusters: usize,
    labels: Labels,
    plot: Plot,
}

impl FittedLinfaOptics {
    /// The numbers of the rows, counted from zero, in the order of the reachability plot.
    pub fn ordering(&self) -> &[usize] {
        &self.plot.ordering
    }

    /// By row: the distance at which rows before it in the ordering reach it; infinite where none does within `max_eps`.
    pub fn reachability(&self) -> &[f64] {
        &self.plot.reachability
    }

    /// By row: the distance of its `min_samples`-th nearest row, itself counted; infinite where that is beyond `max_eps`.
    pub fn core_distances(&self) -> &[f64] {
        &self.plot.core
    }

    /// The labels at another distance, of at most `max_eps`: beyond that, they are as at `max_eps`.
    pub fn labels_at(&self, eps: f64) -> Labels {
        let label = |cluster: Option<usize>| cluster.map_or(Labels::NOISE, |cluster| cluster as i32);
        let labels = self.plot.clusters(eps).into_iter().map(label).collect();
        Labels::new(labels).expect("cluster numbers and noise only")
    }
}

impl FittedClusterer for FittedLinfaOptics {
    fn name(&self) -> &str {
        LinfaOpticsConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        self.n_clusters
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedLinfaOptics {
    const KIND: &'static str = LinfaOpticsConfig::NAME;

    fn save(&self, state: &mut State) {
        let order: Vec<u32> = self.plot.ordering.iter().map(|&row| row as u32).collect();
        state.set("n_features", &self.n_features);
        state.put_labels("labels", &self.labels);
        state.put("ordering", &order);
        state.put("reachability", &self.plot.reachability);
        state.put("core_distances", &self.plot.core);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let labels = labels_without_gaps(state, None)?;
        let n = labels.len();
        let order = numbers_in_order(state, "ordering", n)?;
        Ok(Self {
            n_features: count(state, "n_features")?,
            n_clusters: labels.n_clusters(),
            plot: Plot {
                ordering: order.into_iter().map(|row| row as usize).collect(),
                core: distances(state, "core_distances", n, true)?,
                reachability: distances(state, "reachability", n, true)?,
            },
            labels,
        })
    }
}
