use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use serde::{Deserialize, Serialize};

use super::LocallyLinearEmbedding;
use crate::numbers::check_width;

/// The options of [`LocallyLinearEmbedding`]. Names and defaults are those of scikit-learn.
///
/// ```
/// use n2d_core::PartConfig;
/// use n2d_manifold::LocallyLinearEmbeddingConfig;
/// use n2d_manifold::lle::Method;
///
/// let lle = LocallyLinearEmbeddingConfig { method: Method::Modified, ..LocallyLinearEmbeddingConfig::new(3) }.build()?;
/// assert_eq!(lle.config().n_components, 3);
/// let error = LocallyLinearEmbeddingConfig { reg: 0.0, ..LocallyLinearEmbeddingConfig::new(3) }.build().unwrap_err();
/// assert_eq!(error.to_string(), "lle.reg must be between 0.000000000001 and 1, but is 0");
/// # Ok::<(), n2d_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct LocallyLinearEmbeddingConfig {
    /// Neighbours of which a row is made, the row itself **not** counted, as in scikit-learn; at least 1. Default 5. Where there are
    /// fewer others, all are used, and the report says so.
    pub n_neighbors: usize,
    /// Width of the embedding; at least 1. Default 2.
    pub n_components: usize,
    /// By how much the weights are kept small, relative to the neighbours' distances; between 1e-12 and 1. Default 1e-3.
    pub reg: f64,
    /// How rows are made of their neighbours. Default [`Method::Standard`].
    pub method: Method,
    /// How neighbours are searched, by euclidean distances: rows are made of one another by their values. Default auto: exactly,
    /// but for very many rows, which the report then says.
    pub search: NeighborSearch,
}

/// How rows are made of their neighbours in [`LocallyLinearEmbedding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// In one way: by the weights that fit best (Roweis and Saul 2000, Science 290).
    #[default]
    Standard,
    /// In all ways that fit well: less bent where there are more neighbours than dimensions (Zhang and Wang 2006, "MLLE: modified
    /// locally linear embedding using multiple weights"). Needs at least as many neighbours as components.
    Modified,
}

impl Default for LocallyLinearEmbeddingConfig {
    fn default() -> Self {
        Self {
            n_neighbors: 5,
            n_components: 2,
            reg: 1e-3,
            method: Method::Standard,
            search: NeighborSearch::Auto,
        }
    }
}

impl LocallyLinearEmbeddingConfig {
    /// The defaults with a width of the embedding.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }
}

impl PartConfig for LocallyLinearEmbeddingConfig {
    const NAME: &'static str = "lle";
    type Part = LocallyLinearEmbedding;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<LocallyLinearEmbedding, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_neighbors", self.n_neighbors, 1)?;
        check_width(options, self.n_components)?;
        options.between("reg", self.reg, 1e-12, 1.0)?;
        self.search.check(options, "search", &Metric::Euclidean.into())?;
        if self.method == Method::Modified && self.n_neighbors < self.n_components {
            let allowed = format!(
                "at least n_components = {} for method = modified",
                self.n_components
            );
            return Err(options.refuse("n_neighbors", allowed, self.n_neighbors));
        }
        Ok(LocallyLinearEmbedding { config: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_options_are_named() {
        let good = LocallyLinearEmbeddingConfig::default;
        let modified = LocallyLinearEmbeddingConfig {
            method: Method::Modified,
            n_components: 6,
            ..good()
        };
        let bad = [
            (
                "n_neighbors",
                LocallyLinearEmbeddingConfig {
                    n_neighbors: 0,
                    ..good()
                },
            ),
            ("n_neighbors", modified),
            ("n_components", LocallyLinearEmbeddingConfig::new(0)),
            (
                "reg",
                LocallyLinearEmbeddingConfig {
                    reg: f64::NAN,
                    ..good()
                },
            ),
        ];
        for (field, config) in bad {
            assert_eq!(config.build().unwrap_err().field, field);
        }
    }
}
