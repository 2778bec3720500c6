use documented::DocumentedFieldsOpt;
use linfa::traits::Transformer;
use linfa_clustering::{Dbscan, DbscanParamsError};
use linfa_nn::distance::{Distance, L1Dist, L2Dist, LInfDist};
use n2d_core::check::Options;
use n2d_core::{
    Clusterer, ConfigError, Fit, FitContext, FitError, PartConfig, Report, Samples, Stage, Termination,
};
use n2d_neighbors::Metric;
use ndarray16::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::cross::{array, fit_error};
use super::watched::Watched;
use crate::adapters::Norm;
use crate::adapters::labels::{FittedLabels, to_labels};

/// Options of [`LinfaDbscan`]. The defaults are scikit-learn's; linfa's `tolerance` of 1e-4 fits few data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct LinfaDbscanConfig {
    /// How far neighbours lie apart at the most, in units of the data; above 0. Default 0.5. Linfa's `tolerance`.
    pub eps: f64,
    /// Neighbours that make a row a core row, itself counted; at least 2. Default 5. Linfa's `min_points`, which can't be 1.
    pub min_samples: usize,
    /// How distances are measured: `euclidean`, `manhattan` or `chebyshev`. Default `euclidean`.
    pub metric: Metric,
}

impl Default for LinfaDbscanConfig {
    fn default() -> Self {
        Self {
            eps: 0.5,
            min_samples: 5,
            metric: Metric::Euclidean,
        }
    }
}

impl PartConfig for LinfaDbscanConfig {
    const NAME: &'static str = "linfa_dbscan";
    type Part = LinfaDbscan;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<LinfaDbscan, ConfigError> {
        let options = Options::of(Self::NAME);
        options.positive("eps", self.eps)?;
        options.at_least("min_samples", self.min_samples, 2)?;
        Ok(LinfaDbscan {
            norm: Norm::of(self.metric, options)?,
            config: self.clone(),
        })
    }
}

/// DBSCAN (Ester et al. 1996) by linfa, in double precision: rows that are chained together by core rows no more than `eps`
/// apart form a cluster; what no core row reaches is noise. It can't label new rows.
///
/// On one thread, so the seed and the number of threads play no role. Neighbours come from linfa's k-d tree: about
/// `O(n_samples log n_samples)` in few dimensions, `O(n_samples^2)` in many or where `eps` is wide. A border row that two
/// clusters reach belongs to the one found first. Fewer rows than `min_samples` are all noise.
///
/// ```
/// use n2d_cluster::LinfaDbscanConfig;
/// use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
///
/// let config = LinfaDbscanConfig { eps: 1.5, min_samples: 2, ..LinfaDbscanConfig::default() };
/// let y = Samples::from_rows(&[0.0, 1.0, 5.0, 8.0, 9.0], 1)?;
/// let fit = config.build()?.fit(y, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.labels().as_slice(), [0, 0, -1, 1, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinfaDbscan {
    config: LinfaDbscanConfig,
    norm: Norm,
}

impl LinfaDbscan {
    /// The options it was built from.
    pub fn config(&self) -> &LinfaDbscanConfig {
        &self.config
    }

    fn label(
        &self,
        rows: &Array2<f64>,
        watched: Watched,
    ) -> Result<Array1<Option<usize>>, DbscanParamsError> {
        match self.norm {
            Norm::Euclidean => self.label_by(rows, L2Dist, watched),
            Norm::Manhattan => self.label_by(rows, L1Dist, watched),
            Norm::Chebyshev => self.label_by(rows, LInfDist, watched),
        }
    }

    fn label_by<D: Distance<f64>>(
        &self,
        rows: &Array2<f64>,
        distance: D,
        watched: Watched,
    ) -> Result<Array1<Option<usize>>, DbscanParamsError> {
        Dbscan::params_with(self.config.min_samples, distance, watched)
            .tolerance(self.config.eps)
            .transform(rows)
    }
}

impl Clusterer for LinfaDbscan {
    type Fitted = FittedLabels;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedLabels>, FitError> {
        let name = LinfaDbscanConfig::NAME;
        ctx.run_stage(Stage::Clusterer, name, |ctx| {
            let token = ctx.cancel_token();
            let given = self
                .label(&array(y), Watched { token })
                .map_err(|error| fit_error(name, error))?;
            ctx.check_cancelled()?;
            let labels = to_labels(given.iter().copied(), y.n_samples(), usize::MAX)
                .map_err(|error| fit_error(name, error))?;
            Ok(Fit {
                model: FittedLabels::new(name, y.n_features(), labels),
                report: Report::new(name, Termination::ClosedForm).with_note("labelled by linfa"),
            })
        })
    }
}
