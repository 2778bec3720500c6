//! The arguments of `n2d select`.

use clap::ValueEnum;
use n2d::selection::Criterion;

use crate::args::{FitArgs, at_least_one};

pub(crate) const SELECT_EXAMPLES: &str = "\
Examples:
  n2d select pendigits --seeds 5 --out-model best.n2d
  n2d select table.csv --clusters 3 --vary 'encoder=dense|identity' --vary 'umap.n_neighbors=10|20|30'
  n2d select table.csv --vary 'n_clusters=3|4|5' --criterion silhouette --json

Every combination of values is fitted from every seed. Encoders are shared by candidates that differ only later. Known classes
are shown beside the criteria, and have no say in the choice. All options of `n2d fit` apply to every candidate; outputs are those of the
best one, which `n2d fit` with its settings and seed gives again.";

#[derive(Debug, clap::Args)]
pub(crate) struct SelectArgs {
    #[command(flatten)]
    pub(crate) fit: FitArgs,

    /// Seeds to try, from --seed on
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Selection")]
    pub(crate) seeds: usize,

    /// What is varied, such as umap.n_neighbors=10|20, encoder=dense|identity or n_clusters=8|10; may be given often
    #[arg(long = "vary", value_name = "SETTING=VALUE|VALUE", help_heading = "Selection")]
    pub(crate) varied: Vec<String>,

    /// What candidates are compared by [default: combined, of silhouette and stability]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Selection")]
    pub(crate) criterion: Option<CriterionArg>,
}

/// [`Criterion`] as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CriterionArg {
    /// How well clusters are apart in the manifold
    Silhouette,
    /// The same by density
    Dbcv,
    /// Whether neighbours on the manifold are neighbours in the data
    Trustworthiness,
    /// Agreement with the same settings from other seeds
    Stability,
    /// Log-likelihood, of mixtures
    Likelihood,
    /// Silhouette and stability by their ranks
    Combined,
}

impl From<CriterionArg> for Criterion {
    fn from(criterion: CriterionArg) -> Self {
        match criterion {
            CriterionArg::Silhouette => Self::Silhouette,
            CriterionArg::Dbcv => Self::Dbcv,
            CriterionArg::Trustworthiness => Self::Trustworthiness,
            CriterionArg::Stability => Self::Stability,
            CriterionArg::Likelihood => Self::Likelihood,
            CriterionArg::Combined => Self::Combined,
        }
    }
}
