//! How good a clustering looks without any label.

use n2d_core::rng::SplitMix64;
use n2d_core::{FitContext, Labels, Samples};
use n2d_metrics::{
    EmbeddingOptions, MetricError, Noise, SilhouetteOptions, adjusted_rand_index, dbcv, embedding_quality,
    normalized_mutual_info, silhouette,
};
use n2d_neighbors::Metric;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// Rows on which DBCV, which takes `O(n^2)`, is measured where there are more.
pub const DBCV_ROWS: usize = 5000;

/// What candidates are compared by. More is better for all but BIC.
///
/// Likelihood and BIC are of the embedding as much as of the clusters: they compare candidates of one embedding alone, those with the same
/// encoder, manifold learner, widths and seed. Widths follow the number of clusters unless they are set, so that a choice of that number
/// by BIC takes one seed, a `latent_dim` (or no encoder) and an `n_components` of the manifold learner. Others are refused
/// ([`SelectionError::SeveralEmbeddings`](super::SelectionError::SeveralEmbeddings)).
///
/// How far silhouette, DBCV, trustworthiness, stability by ARI and the combined rank follow the accuracy with known classes was measured over the runs of
/// `cargo xtask reproduce` on pendigits and MNIST's test set, and stands in the project's records (`benches/records/criteria.md`): silhouette, the default, has the greatest mean rank correlation with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Mean silhouette of the clusters in the manifold, noise counted as -1.
    #[default]
    Silhouette,
    /// DBCV of the clusters in the manifold, noise counted as 0; of [`DBCV_ROWS`] rows where there are more.
    Dbcv,
    /// Whether neighbours on the manifold are neighbours in the data. It does not look at the clusters.
    Trustworthiness,
    /// Mean adjusted Rand index with the same settings from other seeds; there must be at least two seeds. Not of what has no silhouette:
    /// one cluster, or nothing but noise, is the same from every seed.
    Stability,
    /// The same with normalized mutual information in place of the adjusted Rand index.
    StabilityNmi,
    /// Mean log-likelihood of the rows, of mixtures only. Compares candidates of one embedding alone; even then more clusters have more.
    Likelihood,
    /// The Bayesian information criterion, of Gaussian mixtures only. Less is better. Compares candidates of one embedding alone.
    Bic,
    /// The mean of the ranks by silhouette and by stability, among those that have a silhouette; by silhouette alone where there is one seed.
    Combined,
}

impl Criterion {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Silhouette,
        Self::Dbcv,
        Self::Trustworthiness,
        Self::Stability,
        Self::StabilityNmi,
        Self::Likelihood,
        Self::Bic,
        Self::Combined,
    ];

    /// Its name in configurations and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silhouette => "silhouette",
            Self::Dbcv => "dbcv",
            Self::Trustworthiness => "trustworthiness",
            Self::Stability => "stability",
            Self::StabilityNmi => "stability_nmi",
            Self::Likelihood => "likelihood",
            Self::Bic => "bic",
            Self::Combined => "combined",
        }
    }

    /// Whether one figure is better than another.
    pub fn prefers(self, figure: f64, other: f64) -> bool {
        match self {
            Self::Bic => figure < other,
            _ => figure > other,
        }
    }

    /// Whether it compares seeds, of which there must then be two.
    pub(super) const fn needs_seeds(self) -> bool {
        matches!(self, Self::Stability | Self::StabilityNmi)
    }

    /// What a candidate must be for it to apply.
    pub(super) const fn applies_to(self) -> &'static str {
        match self {
            Self::Trustworthiness => "it takes more rows",
            Self::Likelihood => "it is of mixtures only",
            Self::Bic => "it is of Gaussian mixtures only",
            _ => "it takes two clusters or more, and fewer than rows",
        }
    }
}

impl std::fmt::Display for Criterion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The figures of one candidate; none where a criterion does not apply, such as a silhouette of one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Scores {
    /// See [`Criterion::Silhouette`].
    pub silhouette: Option<f64>,
    /// See [`Criterion::Dbcv`].
    pub dbcv: Option<f64>,
    /// See [`Criterion::Trustworthiness`].
    pub trustworthiness: Option<f64>,
    /// See [`Criterion::Stability`].
    pub stability: Option<f64>,
    /// See [`Criterion::StabilityNmi`].
    pub stability_nmi: Option<f64>,
    /// See [`Criterion::Likelihood`].
    pub likelihood: Option<f64>,
    /// See [`Criterion::Bic`].
    pub bic: Option<f64>,
    /// See [`Criterion::Combined`]; in `[0, 1]`, 1 for the first by both.
    pub combined: Option<f64>,
}

impl Scores {
    /// The figures that one clustering has by itself: all but stability, the combined one, and those of mixtures.
    ///
    /// `x` is the data, `embedding` where its rows lie on the manifold, and `labels` are their clusters. The seed of the context draws the
    /// rows that are measured.
    ///
    /// # Errors
    /// [`MetricError`] where the three are not of one length, and [`MetricError::Cancelled`].
    pub fn measured(
        x: Samples<'_>,
        embedding: Samples<'_>,
        labels: &Labels,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, MetricError> {
        Ok(Self {
            trustworthiness: trustworthiness(x, embedding, ctx)?,
            ..Self::of_clusters(embedding, labels, ctx)?
        })
    }

    /// The figures that look at the clusters: silhouette and DBCV.
    ///
    /// # Errors
    /// As [`measured`](Self::measured).
    pub fn of_clusters(
        embedding: Samples<'_>,
        labels: &Labels,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, MetricError> {
        let options = SilhouetteOptions::default();
        let found = silhouette(embedding, labels, Noise::CountedWrong, &options, ctx);
        Ok(Self {
            silhouette: applicable(found)?.map(|found| found.mean),
            dbcv: applicable(dbcv_of_some(embedding, labels, ctx))?,
            ..Self::default()
        })
    }

    /// The figure of one criterion.
    pub fn get(&self, criterion: Criterion) -> Option<f64> {
        match criterion {
            Criterion::Silhouette => self.silhouette,
            Criterion::Dbcv => self.dbcv,
            Criterion::Trustworthiness => self.trustworthiness,
            Criterion::Stability => self.stability,
            Criterion::StabilityNmi => self.stability_nmi,
            Criterion::Likelihood => self.likelihood,
            Criterion::Bic => self.bic,
            Criterion::Combined => self.combined,
        }
    }
}

/// [`Criterion::Trustworthiness`] of an embedding; none where there are too few rows for it.
///
/// # Errors
/// As [`Scores::measured`].
pub fn trustworthiness(
    x: Samples<'_>,
    embedding: Samples<'_>,
    ctx: &mut FitContext<'_>,
) -> Result<Option<f64>, MetricError> {
    let found = embedding_quality(x, embedding, &EmbeddingOptions::default(), ctx);
    Ok(applicable(found)?.map(|found| found.trustworthiness))
}

/// A measure that does not apply to these clusters is no error here.
fn applicable<T>(found: Result<T, MetricError>) -> Result<Option<T>, MetricError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(MetricError::ClusterCount { .. } | MetricError::Option(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn dbcv_of_some(y: Samples<'_>, labels: &Labels, ctx: &mut FitContext<'_>) -> Result<f64, MetricError> {
    let n = y.n_samples();
    let measure = |y: Samples<'_>, labels: &Labels, ctx: &mut FitContext<'_>| {
        dbcv(y, labels, Noise::CountedWrong, Metric::Euclidean, ctx).map(|found| found.validity)
    };
    if n <= DBCV_ROWS || labels.len() != n {
        return measure(y, labels, ctx);
    }
    let mut rows: Vec<usize> = (0..n).collect();
    let mut rng = SplitMix64::new(ctx.derived_seed("selection dbcv"), 0, 0);
    for at in 0..DBCV_ROWS {
        rows.swap(at, at + rng.below(n - at));
    }
    rows.truncate(DBCV_ROWS);
    rows.sort_unstable();
    let some = y.view().select(Axis(0), &rows);
    let labels = rows.iter().map(|&row| labels.as_slice()[row]).collect();
    let labels = Labels::new(labels).expect("some of the labels");
    measure(Samples::new(some.view()).expect("some of the rows"), &labels, ctx)
}

/// The mean adjusted Rand index of each clustering with all others; none for one alone.
///
/// # Errors
/// [`MetricError`] where they are not of one length.
pub fn stabilities(labels: &[&Labels]) -> Result<Option<Vec<f64>>, MetricError> {
    mean_agreements(labels, adjusted_rand_index)
}

/// As [`stabilities`], by normalized mutual information.
///
/// # Errors
/// As [`stabilities`].
pub fn nmi_stabilities(labels: &[&Labels]) -> Result<Option<Vec<f64>>, MetricError> {
    mean_agreements(labels, normalized_mutual_info)
}

/// The mean agreement of each clustering with all others, by a measure that is the same both ways round.
fn mean_agreements(
    labels: &[&Labels],
    agreement: fn(&Labels, &Labels) -> Result<f64, MetricError>,
) -> Result<Option<Vec<f64>>, MetricError> {
    let n = labels.len();
    if n < 2 {
        return Ok(None);
    }
    let mut sums = vec![0.0; n];
    for a in 0..n {
        for b in 0..a {
            let agreement = agreement(labels[a], labels[b])?;
            sums[a] += agreement;
            sums[b] += agreement;
        }
    }
    Ok(Some(sums.iter().map(|sum| sum / (n - 1) as f64).collect()))
}

/// The mean of the ranks by silhouette and by stability, from 0 for the last to 1 for the first.
///
/// Only candidates with a silhouette are ranked: one cluster, or nothing but noise, is perfectly stable, and would win by that. Of those,
/// one without a stability where others have it, since its other seeds failed, comes last by stability.
///
/// `cargo xtask reproduce` measures this rule with code of its own (`xtask/src/reproduce/criteria.rs`), which must change with this.
pub(super) fn combine(scores: &mut [Scores]) {
    let mut ranked: Vec<&mut Scores> = scores
        .iter_mut()
        .filter(|scores| scores.silhouette.is_some())
        .collect();
    let by = |criterion| ranks(ranked.iter().map(|scores| scores.get(criterion)));
    let (by_silhouette, by_stability) = (by(Criterion::Silhouette), by(Criterion::Stability));
    let stable = ranked.iter().any(|scores| scores.stability.is_some());
    let most = (ranked.len().max(2) - 1) as f64;
    let alone = ranked.len() == 1;
    for ((scores, a), b) in ranked.iter_mut().zip(by_silhouette).zip(by_stability) {
        // Divided last: equal sums of ranks are then equal to the bit.
        scores.combined = Some(match (alone, stable) {
            (true, _) => 1.0,
            (false, true) => (a + b) / (2.0 * most),
            (false, false) => a / most,
        });
    }
}

/// The rank of each figure, counted from 0; equal ones share the mean of theirs, and missing ones come last.
fn ranks(figures: impl Iterator<Item = Option<f64>>) -> Vec<f64> {
    let figures: Vec<f64> = figures
        .map(|figure| figure.unwrap_or(f64::NEG_INFINITY))
        .collect();
    let rank = |figure: &f64| {
        let below = figures.iter().filter(|&other| other < figure).count() as f64;
        let equal = figures.iter().filter(|&other| other == figure).count() as f64;
        below + (equal - 1.0) / 2.0
    };
    figures.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_combined() {
        let of = |silhouette, stability| Scores {
            silhouette: Some(silhouette),
            stability,
            ..Scores::default()
        };
        let mut scores = [of(0.1, Some(0.9)), of(0.5, Some(0.9)), of(0.3, Some(0.2))];
        combine(&mut scores);
        let combined: Vec<f64> = scores.iter().filter_map(|scores| scores.combined).collect();
        assert_eq!(combined, [0.375, 0.875, 0.25]);
        let mut alone = [of(0.1, None), of(0.5, None)];
        combine(&mut alone);
        assert_eq!(alone.map(|scores| scores.combined), [Some(0.0), Some(1.0)]);
        let mut one = [of(-0.4, None)];
        combine(&mut one);
        assert_eq!(one[0].combined, Some(1.0));
    }

    #[test]
    fn a_collapsed_clustering_never_wins() {
        let of = |silhouette, stability| Scores {
            silhouette,
            stability,
            ..Scores::default()
        };
        let mut scores = [
            of(None, Some(1.0)),
            of(Some(0.6), Some(0.3)),
            of(Some(0.2), Some(0.4)),
            of(Some(0.1), None),
        ];
        combine(&mut scores);
        let combined = scores.map(|scores| scores.combined);
        assert_eq!(combined, [None, Some(0.75), Some(0.75), Some(0.0)]);
        let mut collapsed = [of(None, Some(1.0)), of(None, None)];
        combine(&mut collapsed);
        assert_eq!(collapsed.map(|scores| scores.combined), [None, None]);
    }

    #[test]
    fn criteria_have_their_names_in_configurations_too() {
        for criterion in Criterion::ALL {
            let written = serde_json::to_value(criterion).unwrap();
            assert_eq!(written, criterion.name());
        }
        assert!(Criterion::Bic.prefers(-2.0, 1.0) && Criterion::Likelihood.prefers(1.0, -2.0));
    }

    #[test]
    fn the_seed_that_differs_is_the_least_stable() {
        let labels = |values: [i32; 6]| Labels::new(values.to_vec()).unwrap();
        let (same, other) = (labels([0, 0, 0, 1, 1, 1]), labels([0, 1, 0, 1, 0, 1]));
        let found = stabilities(&[&same, &same, &other]).unwrap().unwrap();
        assert!(found[0] > found[2] && found[0] == found[1], "{found:?}");
        assert_eq!(stabilities(&[&same]).unwrap(), None);
        let by_nmi = nmi_stabilities(&[&same, &same, &other]).unwrap().unwrap();
        assert!(by_nmi[0] > by_nmi[2] && by_nmi[0] == by_nmi[1], "{by_nmi:?}");
    }

    #[test]
    fn one_cluster_has_no_silhouette() {
        let x = ndarray::Array2::from_shape_fn((20, 2), |(i, j)| (i * 3 + j) as f32);
        let x = Samples::new(x.view()).unwrap();
        let one = Labels::new(vec![0; 20]).unwrap();
        let scores = Scores::measured(x, x, &one, &mut FitContext::new(0)).unwrap();
        assert_eq!((scores.silhouette, scores.dbcv), (None, None));
        assert_eq!(scores.trustworthiness, Some(1.0));
    }
}
