//! The configuration of OPTICS.

use documented::DocumentedFieldsOpt;
use serde::{Deserialize, Serialize};

use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::Metric;

use super::Optics;

/// Options of [`Optics`]. The defaults are scikit-learn's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct OpticsConfig {
    /// A row's core distance is that to its neighbour of this rank, **itself counted**; at least 2, and at most as many as there are
    /// rows. Default 5.
    pub min_samples: usize,
    /// How far apart two rows may be to be neighbours; above 0. Default none: any two are, and the fit takes a distance for
    /// each pair of rows. A limit makes it quicker.
    pub max_eps: Option<f64>,
    /// How far apart rows are. Default [`Metric::Euclidean`].
    pub metric: Metric,
    /// How clusters are read off. Default [`OpticsMethod::Xi`].
    pub cluster_method: OpticsMethod,
    /// For [`OpticsMethod::Dbscan`]: where the plot is cut; above 0 and at most `max_eps`. Default none: `max_eps`.
    pub eps: Option<f64>,
    /// For [`OpticsMethod::Xi`]: the share by which reachability falls or rises from row to row where a cluster begins or ends;
    /// between 0 and 1. Default 0.05.
    pub xi: f64,
    /// For [`OpticsMethod::Xi`]: whether rows at a cluster's end that were reached from outside it are taken off
    /// (Schubert and Gertz 2018). Default true.
    pub predecessor_correction: bool,
    /// For [`OpticsMethod::Xi`]: least number of rows in a cluster; at least 2, and at most as many as there are rows. Default none:
    /// `min_samples`.
    pub min_cluster_size: Option<usize>,
}

impl Default for OpticsConfig {
    fn default() -> Self {
        Self {
            min_samples: 5,
            max_eps: None,
            metric: Metric::Euclidean,
            cluster_method: OpticsMethod::default(),
            eps: None,
            xi: 0.05,
            predecessor_correction: true,
            min_cluster_size: None,
        }
    }
}

/// How [`Optics`] reads clusters off the reachability of the ordered rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OpticsMethod {
    /// Valleys between steep slopes, which may lie within one another.
    #[default]
    Xi,
    /// One level for all: nearly what [`Dbscan`](crate::Dbscan) finds with this `eps`.
    Dbscan,
}

impl OpticsConfig {
    /// What the method does not look at must stay as it is by default: it would be ignored in silence.
    fn only_used_options(&self, options: Options) -> Result<(), ConfigError> {
        let default = Self::default();
        let (method, unused) = match self.cluster_method {
            OpticsMethod::Xi => ("xi", vec![("eps", self.eps.map(|eps| eps.to_string()))]),
            OpticsMethod::Dbscan => (
                "dbscan",
                vec![
                    ("xi", (self.xi != default.xi).then(|| self.xi.to_string())),
                    (
                        "predecessor_correction",
                        (!self.predecessor_correction).then(|| "false".to_owned()),
                    ),
                    ("min_cluster_size", self.min_cluster_size.map(|n| n.to_string())),
                ],
            ),
        };
        match unused
            .into_iter()
            .find_map(|(field, given)| Some((field, given?)))
        {
            Some((field, given)) => {
                let allowed = format!("left alone with cluster_method = {method}, which does not use it");
                Err(options.refuse(field, allowed, given))
            }
            None => Ok(()),
        }
    }
}

impl PartConfig for OpticsConfig {
    const NAME: &'static str = "optics";
    type Part = Optics;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Optics, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("min_samples", self.min_samples, 2)?;
        options.positive("max_eps", self.max_eps.unwrap_or(1.0))?;
        options.positive("eps", self.eps.unwrap_or(1.0))?;
        options.between("xi", self.xi, 0.0, 1.0)?;
        options.at_least("min_cluster_size", self.min_cluster_size.unwrap_or(2), 2)?;
        if let (Some(eps), Some(max_eps)) = (self.eps, self.max_eps)
            && eps > max_eps
        {
            return Err(options.refuse("eps", format!("at most max_eps = {max_eps}"), eps));
        }
        self.metric.check(options, "metric")?;
        self.only_used_options(options)?;
        Ok(Optics { config: self.clone() })
    }
}
