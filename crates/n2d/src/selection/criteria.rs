//! How good a clustering looks without any label.

use n2d_core::rng::SplitMix64;
use n2d_core::{FitContext, Labels, Samples};
use n2d_metrics::{
    EmbeddingOptions, MetricError, Noise, SilhouetteOptions, adjusted_rand_index, dbcv, embedding_quality,
    silhouette,
};
use n2d_neighbors::Metric;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// Rows on which DBCV, which takes `O(n^2)`, is measured where there are more.
pub const DBCV_ROWS: usize = 5000;

/// What candidates are compared by. More is better for all.
///
/// How far each follows the accuracy with known classes was measured over the runs of `cargo xtask reproduce`, and stands in the
/// project's records (`benches/records/criteria.md`); the default is the one that did so best, so far on pendigits alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Mean silhouette of the clusters in the manifold, noise counted as -1.
    Silhouette,
    /// DBCV of the clusters in the manifold, noise counted as 0; of [`DBCV_ROWS`] rows where there are more.
    Dbcv,
    /// Whether neighbours on the manifold are neighbours in the data. It does not look at the clusters.
    Trustworthiness,
    /// Mean adjusted Rand index with the same settings from other seeds; there must be at least two seeds.
    Stability,
    /// Mean log-likelihood of the rows, of mixtures only. Compares settings of equal embeddings alone.
    Likelihood,
    /// The mean of the ranks by silhouette and by stability; by silhouette alone where there is one seed.
    #[default]
    Combined,
}

impl Criterion {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Silhouette,
        Self::Dbcv,
        Self::Trustworthiness,
        Self::Stability,
        Self::Likelihood,
        Self::Combined,
    ];

    /// Its name in configurations and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silhouette => "silhouette",
            Self::Dbcv => "dbcv",
            Self::Trustworthiness => "trustworthiness",
            Self::Stability => "stability",
            Self::Likelihood => "likelihood",
            Self::Combined => "combined",
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
    /// See [`Criterion::Likelihood`].
    pub likelihood: Option<f64>,
    /// See [`Criterion::Combined`]; in `[0, 1]`, 1 for the first by both.
    pub combined: Option<f64>,
}

impl Scores {
    /// The figures that one clustering has by itself: all but likelihood, stability and the combined one.
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
            Criterion::Likelihood => self.likelihood,
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
    let n = labels.len();
    if n < 2 {
        return Ok(None);
    }
    let mut sums = vec![0.0; n];
    for a in 0..n {
        for b in 0..a {
            let agreement = adjusted_rand_index(labels[a], labels[b])?;
            sums[a] += agreement;
            sums[b] += agreement;
        }
    }
    Ok(Some(sums.iter().map(|sum| sum / (n - 1) as f64).collect()))
}

/// The mean of the ranks by silhouette and by stability, from 0 for the last to 1 for the first; equal figures share a rank.
pub(super) fn combine(scores: &mut [Scores]) {
    let ranks = |criterion: Criterion| {
        let figures: Vec<Option<f64>> = scores.iter().map(|scores| scores.get(criterion)).collect();
        figures
            .iter()
            .map(|&figure| rank(figure?, &figures))
            .collect::<Vec<_>>()
    };
    let (by_silhouette, by_stability) = (ranks(Criterion::Silhouette), ranks(Criterion::Stability));
    for ((scores, silhouette), stability) in scores.iter_mut().zip(by_silhouette).zip(by_stability) {
        scores.combined = match (silhouette, stability) {
            (Some(a), Some(b)) => Some((a + b) / 2.0),
            (one, None) | (None, one) => one,
        };
    }
}

fn rank(figure: f64, all: &[Option<f64>]) -> Option<f64> {
    let others: Vec<f64> = all.iter().copied().flatten().collect();
    let below = others.iter().filter(|&&other| other < figure).count() as f64;
    let equal = others.iter().filter(|&&other| other == figure).count() as f64;
    let most = others.len() as f64 - 1.0;
    Some(if most > 0.0 {
        (below + (equal - 1.0) / 2.0) / most
    } else {
        1.0
    })
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
    }

    #[test]
    fn the_seed_that_differs_is_the_least_stable() {
        let labels = |values: [i32; 6]| Labels::new(values.to_vec()).unwrap();
        let (same, other) = (labels([0, 0, 0, 1, 1, 1]), labels([0, 1, 0, 1, 0, 1]));
        let found = stabilities(&[&same, &same, &other]).unwrap().unwrap();
        assert!(found[0] > found[2] && found[0] == found[1], "{found:?}");
        assert_eq!(stabilities(&[&same]).unwrap(), None);
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
