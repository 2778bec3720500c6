use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use serde::{Deserialize, Serialize};

use super::Pca;

/// The options of [`Pca`]. Names are those of scikit-learn.
///
/// ```
/// use n2d_core::PartConfig;
/// use n2d_manifold::PcaConfig;
///
/// let pca = PcaConfig { whiten: true, ..PcaConfig::new(3) }.build()?;
/// assert_eq!(pca.config().n_components, 3);
/// let error = PcaConfig::new(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "pca.n_components must be at least 1, but is 0");
/// # Ok::<(), n2d_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct PcaConfig {
    /// Width of the embedding; at least 1, and at most the number of features and of rows. Default 2, as the other learners;
    /// scikit-learn's is all.
    pub n_components: usize,
    /// Divides each component by its standard deviation, so that all have variance one. Default no (scikit-learn).
    pub whiten: bool,
    /// How the components are found. Default [`PcaSolver::Auto`].
    pub solver: PcaSolver,
}

/// How [`Pca`] finds its components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PcaSolver {
    /// Exact where rows or features are at most [`Pca::MAX_EXACT`], Lanczos above.
    #[default]
    Auto,
    /// All components by a dense eigendecomposition of the covariance, `O(n d^2 + d^3)` for `d` features, or by a singular value
    /// decomposition where there are fewer rows than features. The decomposition itself can't be interrupted.
    Exact,
    /// The first components by Lanczos' method, which sees the data only through products: `O(n d)` each, and some dozens of them.
    /// As many components as there are rows or features it can't find; those are found exactly.
    Lanczos,
}

impl Default for PcaConfig {
    fn default() -> Self {
        Self {
            n_components: 2,
            whiten: false,
            solver: PcaSolver::Auto,
        }
    }
}

impl PcaConfig {
    /// The defaults with a width of the embedding.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }
}

impl PartConfig for PcaConfig {
    const NAME: &'static str = "pca";
    type Part = Pca;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Pca, ConfigError> {
        Options::of(Self::NAME).at_least("n_components", self.n_components, 1)?;
        Ok(Pca { config: self.clone() })
    }
}
