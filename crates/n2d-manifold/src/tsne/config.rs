use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use serde::{Deserialize, Serialize};

use super::Tsne;
use crate::numbers::MAX_COMPONENTS;

/// The options of [`Tsne`]. Names and defaults are those of scikit-learn; `exaggeration` is openTSNE's.
///
/// ```
/// use n2d_core::PartConfig;
/// use n2d_manifold::TsneConfig;
///
/// let tsne = TsneConfig { perplexity: 50.0, ..TsneConfig::new(2) }.build()?;
/// assert_eq!(tsne.config().perplexity, 50.0);
/// let error = TsneConfig::new(10).build().unwrap_err();
/// assert_eq!(error.to_string(), "tsne.n_components must be at most 3 for method = auto (exact can do up to 256), but is 10");
/// # Ok::<(), n2d_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct TsneConfig {
    /// Width of the embedding: 1 or 2 with [`Method::Fft`], up to 3 with [`Method::BarnesHut`] and [`Method::Auto`], up to 256
    /// with [`Method::Exact`]. Default 2.
    pub n_components: usize,
    /// How many neighbours a row minds, so to speak; at least 1. Default 30. Three times as many neighbours are looked up. Where it
    /// is not below the number of other rows, a third of that is taken, and the report says so.
    pub perplexity: f64,
    /// Factor on the attraction in the first iterations, by which groups find together; at least 1. Default 12.
    pub early_exaggeration: f64,
    /// How many iterations that lasts. Default 250 (openTSNE has it as an option, scikit-learn as a constant).
    pub early_exaggeration_iter: usize,
    /// Factor on the attraction in the other iterations; above 0. Default 1. More makes denser groups (4 is near UMAP; Bohm,
    /// Berens and Kobak 2022).
    pub exaggeration: f64,
    /// The most iterations, the first ones counted; at least 1. Default 1000 (scikit-learn; openTSNE makes 750).
    pub max_iter: usize,
    /// Step length; above 0. Default none: `n_samples / early_exaggeration / 4`, but at least 50 (scikit-learn; Belkina et al. 2019).
    pub learning_rate: Option<f64>,
    /// Where the layout starts. Default [`Init::Pca`].
    pub init: Init,
    /// How the repulsion is computed. Default [`Method::Auto`].
    pub method: Method,
    /// For [`Method::BarnesHut`]: a cell counts as one point where its side is at most this part of its distance; at least 0
    /// (exact), at most 1. Default 0.5.
    pub angle: f64,
    /// Ends after so many iterations without a lower divergence, once exaggeration has ended; at least 1. Looked at every 50
    /// iterations. Default 300.
    pub n_iter_without_progress: usize,
    /// Ends where the gradient is at most so long; at least 0. Looked at every 50 iterations. Default 1e-7.
    pub min_grad_norm: f64,
    /// How far apart rows are. Default euclidean (scikit-learn).
    pub metric: Metric,
    /// How neighbours are searched. Default auto: exactly, but for very many rows, which the report then says.
    pub search: NeighborSearch,
}

/// Where the layout starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Init {
    /// The first principal components, the first of standard deviation 1e-4. Random where all rows are equal, which the report
    /// says.
    #[default]
    Pca,
    /// Normal with standard deviation 1e-4.
    Random,
}

/// How the repulsion between all pairs is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// Exact up to [`Tsne::MAX_EXACT`] rows. Above: up to 2 components by interpolation, for 3 by a tree.
    #[default]
    Auto,
    /// Interpolated on a grid, with convolutions by fast Fourier transforms (Linderman et al. 2019, "Fast interpolation-based t-SNE
    /// for improved visualization of single-cell RNA-seq data"); 1 or 2 components. `O(n)` an iteration, and the grid grows with the
    /// area of the embedding. Where it would be too large, the tree is used, exactly as with [`Method::BarnesHut`].
    Fft,
    /// By a tree, in which far cells count as one point (van der Maaten 2014, "Accelerating t-SNE using tree-based algorithms");
    /// up to 3 components. `O(n log n)` an iteration.
    BarnesHut,
    /// All pairs: `O(n^2 n_components)` an iteration; up to 256 components.
    Exact,
}

impl Method {
    fn max_components(self) -> usize {
        match self {
            Self::Fft => 2,
            Self::Auto | Self::BarnesHut => 3,
            Self::Exact => MAX_COMPONENTS,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Fft => "fft",
            Self::BarnesHut => "barnes_hut",
            Self::Exact => "exact",
        }
    }
}

impl Default for TsneConfig {
    fn default() -> Self {
        Self {
            n_components: 2,
            perplexity: 30.0,
            early_exaggeration: 12.0,
            early_exaggeration_iter: 250,
            exaggeration: 1.0,
            max_iter: 1000,
            learning_rate: None,
            init: Init::Pca,
            method: Method::Auto,
            angle: 0.5,
            n_iter_without_progress: 300,
            min_grad_norm: 1e-7,
            metric: Metric::Euclidean,
            search: NeighborSearch::Auto,
        }
    }
}

impl TsneConfig {
    /// The defaults with a width of the embedding.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }

    pub(super) fn step_length(&self, n_samples: usize) -> f64 {
        let auto = || (n_samples as f64 / self.early_exaggeration / 4.0).max(50.0);
        self.learning_rate.unwrap_or_else(auto)
    }

    fn check_width(&self, options: Options) -> Result<(), ConfigError> {
        options.at_least("n_components", self.n_components, 1)?;
        let (most, method) = (self.method.max_components(), self.method.name());
        if self.n_components <= most {
            return Ok(());
        }
        let others = match self.method {
            Method::Exact => String::new(),
            _ => format!(" (exact can do up to {MAX_COMPONENTS})"),
        };
        let allowed = format!("at most {most} for method = {method}{others}");
        Err(options.refuse("n_components", allowed, self.n_components))
    }
}

impl PartConfig for TsneConfig {
    const NAME: &'static str = "tsne";
    type Part = Tsne;
    const FOLLOWS_CLUSTERS: bool = false;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Tsne, ConfigError> {
        let options = Options::of(Self::NAME);
        self.check_width(options)?;
        // Above, the number of neighbours could not be counted.
        options.between("perplexity", self.perplexity, 1.0, 1e6)?;
        options.between("early_exaggeration", self.early_exaggeration, 1.0, 1e6)?;
        options.positive("exaggeration", self.exaggeration)?;
        options.at_least("max_iter", self.max_iter, 1)?;
        if let Some(learning_rate) = self.learning_rate {
            options.positive("learning_rate", learning_rate)?;
        }
        options.between("angle", self.angle, 0.0, 1.0)?;
        options.at_least("n_iter_without_progress", self.n_iter_without_progress, 1)?;
        options.not_negative("min_grad_norm", self.min_grad_norm)?;
        self.metric.check(options, "metric")?;
        self.search.check(options, "search", &self.metric.into())?;
        if self.method == Method::Exact && self.angle != Self::default().angle {
            return Err(options.refuse(
                "angle",
                "left alone with method = exact, whose layout does not use it",
                self.angle,
            ));
        }
        Ok(Tsne { config: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_option_is_named() {
        let good = TsneConfig::default;
        let bad = [
            (
                "n_components",
                TsneConfig {
                    n_components: 0,
                    ..good()
                },
            ),
            (
                "n_components",
                TsneConfig {
                    n_components: 4,
                    ..good()
                },
            ),
            (
                "n_components",
                TsneConfig {
                    n_components: 3,
                    method: Method::Fft,
                    ..good()
                },
            ),
            (
                "n_components",
                TsneConfig {
                    n_components: 257,
                    method: Method::Exact,
                    ..good()
                },
            ),
            (
                "perplexity",
                TsneConfig {
                    perplexity: 0.5,
                    ..good()
                },
            ),
            (
                "perplexity",
                TsneConfig {
                    perplexity: f64::NAN,
                    ..good()
                },
            ),
            (
                "early_exaggeration",
                TsneConfig {
                    early_exaggeration: 0.0,
                    ..good()
                },
            ),
            (
                "exaggeration",
                TsneConfig {
                    exaggeration: 0.0,
                    ..good()
                },
            ),
            (
                "max_iter",
                TsneConfig {
                    max_iter: 0,
                    ..good()
                },
            ),
            (
                "learning_rate",
                TsneConfig {
                    learning_rate: Some(0.0),
                    ..good()
                },
            ),
            ("angle", TsneConfig { angle: 1.1, ..good() }),
            (
                "angle",
                TsneConfig {
                    angle: 0.2,
                    method: Method::Exact,
                    ..good()
                },
            ),
            (
                "n_iter_without_progress",
                TsneConfig {
                    n_iter_without_progress: 0,
                    ..good()
                },
            ),
            (
                "min_grad_norm",
                TsneConfig {
                    min_grad_norm: -1.0,
                    ..good()
                },
            ),
        ];
        for (field, config) in bad {
            let error = config.build().unwrap_err();
            assert_eq!(
                (error.part.as_str(), error.field.as_str()),
                ("tsne", field),
                "{error}"
            );
        }
        assert!(
            TsneConfig {
                n_components: 4,
                method: Method::Exact,
                ..good()
            }
            .build()
            .is_ok()
        );
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<TsneConfig>(r#"{"perplexities": 3}"#).is_err());
        let config: TsneConfig = serde_json::from_str(r#"{"method": "barnes_hut"}"#).unwrap();
        assert_eq!(config.method, Method::BarnesHut);
    }
}
