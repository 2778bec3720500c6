//! The arguments of `n2d select`.

use clap::ValueEnum;
use n2d::selection::{Criterion, MOST_CANDIDATES};

use crate::args::FitArgs;

pub(crate) const SELECT_EXAMPLES: &str = "\
Examples:
  n2d select pendigits --seeds 5 --out-model best.n2d
  n2d select table.csv --clusters 3 --vary 'encoder=dense|identity' --vary 'umap.n_neighbors=10|20|30'
  n2d select table.csv --vary 'n_clusters=3|4|5' --criterion stability --json

Every combination of values is fitted from every seed. Encoders are shared by candidates that differ only later. Known classes
are shown beside the criteria, and have no say in the choice. The options of `n2d fit` above apply to every candidate; outputs are those of
the best one, which `n2d fit` with its settings and seed gives again. Ctrl-C shows what was fitted so far, and writes no file.";

// Hidden is what a choice can't have: a checkpoint is of one training. The words of `n2d fit` for --out speak of stdout, which shows the
// candidates here.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("checkpoint", |arg| arg.hide(true)),
    mut_arg("checkpoint_every", |arg| arg.hide(true)),
    mut_arg("resume", |arg| arg.hide(true)),
    mut_arg("out", |arg| arg.help(OUT).long_help(OUT))
)]
pub(crate) struct SelectArgs {
    #[command(flatten)]
    pub(crate) fit: FitArgs,

    /// Seeds to try, from --seed on
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = n_seeds, allow_negative_numbers = true, help_heading = "Selection")]
    pub(crate) seeds: usize,

    /// What is varied, such as umap.n_neighbors=10|20, encoder=dense|identity or n_clusters=8|10; may be given often
    ///
    /// An option of a part that some candidates lack is varied in the others.
    #[arg(long = "vary", value_name = "SETTING=VALUE|VALUE", help_heading = "Selection")]
    pub(crate) varied: Vec<String>,

    /// A candidate by itself, such as 'encoder=identity; umap.n_neighbors=30'; may be given often
    ///
    /// Listed candidates take the place of the one that the other options describe; what --vary names is varied in each of them.
    #[arg(
        long = "candidate",
        value_name = "SETTING; SETTING",
        help_heading = "Selection"
    )]
    pub(crate) candidates: Vec<String>,

    /// What candidates are compared by; likelihood and bic compare only those of one embedding
    ///
    /// Of one embedding are candidates with the same encoder, manifold learner, widths and seed. Widths follow the number of clusters unless
    /// they are set: choosing that number by bic takes --seeds 1, --latent-dim D and --set manifold.n_components=D.
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        default_value_t,
        help_heading = "Selection"
    )]
    pub(crate) criterion: CriterionArg,
}

const OUT: &str = "Write the cluster of each row by the best candidate: CSV with the columns row (from 0) and cluster (-1 for noise)";

fn n_seeds(text: &str) -> Result<usize, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MOST_CANDIDATES).contains(number))
        .ok_or_else(|| format!("must be a whole number from 1 to {MOST_CANDIDATES}"))
}

/// [`Criterion`] as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum CriterionArg {
    /// How well clusters are apart in the manifold
    #[default]
    Silhouette,
    /// How well clusters are apart in the manifold, by density
    Dbcv,
    /// Whether neighbours on the manifold are neighbours in the data; it does not look at clusters
    Trustworthiness,
    /// Agreement (ARI) with the same settings from other seeds
    Stability,
    /// Agreement (NMI) with the same settings from other seeds
    StabilityNmi,
    /// Log-likelihood, of mixtures of one embedding; it grows with the number of clusters
    Likelihood,
    /// Likelihood against the number of parameters, of Gaussian mixtures of one embedding; less is better
    Bic,
    /// Mean of the ranks by silhouette and by stability
    Combined,
}

impl CriterionArg {
    /// What it is, to go on in a sentence.
    pub(crate) fn meaning(self) -> String {
        let value = self.to_possible_value();
        let help = value.and_then(|value| value.get_help().map(ToString::to_string));
        let help = help.unwrap_or_default();
        let mut letters = help.chars();
        let first = letters.next().map(|letter| letter.to_lowercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    }
}

impl From<CriterionArg> for Criterion {
    fn from(criterion: CriterionArg) -> Self {
        match criterion {
            CriterionArg::Silhouette => Self::Silhouette,
            CriterionArg::Dbcv => Self::Dbcv,
            CriterionArg::Trustworthiness => Self::Trustworthiness,
            CriterionArg::Stability => Self::Stability,
            CriterionArg::StabilityNmi => Self::StabilityNmi,
            CriterionArg::Likelihood => Self::Likelihood,
            CriterionArg::Bic => Self::Bic,
            CriterionArg::Combined => Self::Combined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_has_the_criteria_of_the_library_by_their_names() {
        let ours: Vec<Criterion> = CriterionArg::value_variants()
            .iter()
            .map(|&criterion| criterion.into())
            .collect();
        assert_eq!(ours, Criterion::ALL);
        assert_eq!(Criterion::from(CriterionArg::default()), Criterion::default());
        for criterion in CriterionArg::value_variants() {
            let value = criterion.to_possible_value().unwrap();
            assert_eq!(value.get_name(), Criterion::from(*criterion).name());
        }
        assert_eq!(
            CriterionArg::Combined.meaning(),
            "mean of the ranks by silhouette and by stability"
        );
    }
}
