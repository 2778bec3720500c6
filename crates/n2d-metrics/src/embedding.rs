use n2d_core::check::Options;
use n2d_core::{FitContext, Samples};
use n2d_neighbors::Metric;
use serde::{Deserialize, Serialize};

use crate::blocks::each_block;
use crate::points::{LANES, Points, check_metric};
use crate::ranks::{Key, Measured};
use crate::sampling::mean_and_error;
use crate::{MetricError, Sampling};

const NAME: &str = "embedding_quality";

/// Options of [`embedding_quality`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddingOptions {
    /// Rows that count as a neighbourhood; at least 1 and less than half the rows. Default 5, as of scikit-learn's
    /// `trustworthiness`.
    pub n_neighbors: usize,
    /// How far apart rows of the data are; rows of the embedding are by [`Metric::Euclidean`]. Default that as well.
    pub metric: Metric,
    /// Which rows are measured. Default [`Sampling::Auto`].
    pub sampling: Sampling,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        Self {
            n_neighbors: 5,
            metric: Metric::Euclidean,
            sampling: Sampling::Auto,
        }
    }
}

/// How well an embedding keeps neighbourhoods. All in `[0, 1]`, 1 is best. Standard errors are by the rows that were drawn, and
/// 0 where all were measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EmbeddingQuality {
    /// Whether neighbours in the embedding are near in the data: rows that intrude on a neighbourhood lower it by their rank in
    /// the data.
    pub trustworthiness: f64,
    /// Its standard error.
    pub trustworthiness_error: f64,
    /// Whether neighbours in the data are near in the embedding: rows that a neighbourhood loses lower it by their rank in the
    /// embedding.
    pub continuity: f64,
    /// Its standard error.
    pub continuity_error: f64,
    /// The share of neighbours in the data that are neighbours in the embedding. About `k / n` by chance.
    pub recall: f64,
    /// Its standard error.
    pub recall_error: f64,
    /// Rows that count as a neighbourhood.
    pub n_neighbors: usize,
    /// Rows measured, each against all others.
    pub n_measured: usize,
    /// Rows given.
    pub n_samples: usize,
}

/// Trustworthiness, continuity and neighbourhood recall of an embedding, from the ranks of all rows around each measured one.
///
/// For `k` neighbours of `n` rows, trustworthiness is `1 - 2 / (k (2n - 3k - 1))` times the mean, over rows, of the sum of
/// `rank - k` over the `k` nearest in the embedding, where `rank` is that in the data where above `k`; continuity is the same
/// with data and embedding swapped. As `trustworthiness` of scikit-learn; equal distances are in the order of the rows, while
/// there their order is left open.
///
/// Takes `O(m n d)` for `m` measured of `n` rows of `d` features and `O(n d)` memory, in parallel; the seed of the context
/// draws the rows, the number of threads changes no bit. (Venna and Kaski 2001, *Neighborhood preservation in nonlinear
/// projection methods*.)
///
/// ```
/// use n2d_core::{FitContext, Samples};
/// use n2d_metrics::{EmbeddingOptions, embedding_quality};
///
/// let x = Samples::from_rows(&[0.0, 0.0, 1.0, 0.0, 2.5, 0.0, 4.5, 0.0, 7.0, 0.0], 2)?;
/// let line = Samples::from_rows(&[0.0, 1.0, 2.5, 4.5, 7.0], 1)?;
/// let options = EmbeddingOptions { n_neighbors: 2, ..EmbeddingOptions::default() };
/// let found = embedding_quality(x, line, &options, &mut FitContext::new(0))?;
/// assert_eq!((found.trustworthiness, found.continuity, found.recall), (1.0, 1.0, 1.0));
/// assert_eq!(found.n_measured, 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`]; [`MetricError::Option`] where the options do not fit the data; [`MetricError::Cancelled`].
pub fn embedding_quality(
    x: Samples<'_>,
    embedding: Samples<'_>,
    options: &EmbeddingOptions,
    ctx: &mut FitContext<'_>,
) -> Result<EmbeddingQuality, MetricError> {
    let (n, k) = (x.n_samples(), options.n_neighbors);
    check(options, n, embedding.n_samples())?;
    let rows = options.sampling.choose(NAME, n, ctx)?;
    let all: Vec<usize> = (0..n).collect();
    let data = Points::new(x, &all, options.metric);
    let embedded = Points::new(embedding, &all, Metric::Euclidean);
    let blocks: Vec<&[usize]> = rows.chunks(LANES).collect();
    let found = each_block(NAME, NAME, blocks.len(), ctx, |at| {
        of_block(&data, &embedded, blocks[at], n, k)
    })?;
    let found = found.concat();
    // The most that the ranks of one row can be above k, in all.
    let most = 0.5 * k as f64 * (2 * n - 3 * k - 1) as f64;
    let summary = |figure: &dyn Fn(&Kept) -> f64| {
        let figures: Vec<f64> = found.iter().map(figure).collect();
        mean_and_error(&figures, n)
    };
    let (trustworthiness, trustworthiness_error) = summary(&|row| 1.0 - row.intrusion as f64 / most);
    let (continuity, continuity_error) = summary(&|row| 1.0 - row.extrusion as f64 / most);
    let (recall, recall_error) = summary(&|row| row.in_both as f64 / k as f64);
    Ok(EmbeddingQuality {
        trustworthiness,
        trustworthiness_error,
        continuity,
        continuity_error,
        recall,
        recall_error,
        n_neighbors: k,
        n_measured: rows.len(),
        n_samples: n,
    })
}

fn check(options: &EmbeddingOptions, n: usize, n_embedded: usize) -> Result<(), MetricError> {
    if n != n_embedded {
        return Err(MetricError::RowsMismatch {
            n_samples: n,
            what: "embedded rows",
            given: n_embedded,
        });
    }
    check_metric(NAME, options.metric)?;
    let k = options.n_neighbors;
    if k == 0 || 2 * k as u128 >= n as u128 {
        let allowed = format!("at least 1 and less than half of the {n} rows");
        return Err(Options::of(NAME).refuse("n_neighbors", allowed, k).into());
    }
    Ok(())
}

/// What became of the neighbourhood of one row.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// How far the ranks in the data of its neighbours in the embedding are above k, in all.
    intrusion: usize,
    /// How far the ranks in the embedding of its neighbours in the data are above k, in all.
    extrusion: usize,
    /// Neighbours in both.
    in_both: usize,
}

fn of_block(data: &Points, embedded: &Points, places: &[usize], n: usize, k: usize) -> Vec<Kept> {
    let (data, embedded) = (
        Measured::new(data, places, 0..n),
        Measured::new(embedded, places, 0..n),
    );
    let (before, after) = (data.nearest(k), embedded.nearest(k));
    let intruders: Vec<Vec<usize>> = after
        .iter()
        .zip(&before)
        .map(|(a, b)| only_in_first(a, b))
        .collect();
    let lost: Vec<Vec<usize>> = before
        .iter()
        .zip(&after)
        .map(|(a, b)| only_in_first(a, b))
        .collect();
    let (intrusions, extrusions) = (data.excess(&intruders, k), embedded.excess(&lost, k));
    (0..places.len())
        .map(|lane| Kept {
            intrusion: intrusions[lane],
            extrusion: extrusions[lane],
            in_both: k - lost[lane].len(),
        })
        .collect()
}

fn only_in_first(first: &[Key], second: &[Key]) -> Vec<usize> {
    let mut others: Vec<usize> = second.iter().map(|key| key.1).collect();
    others.sort_unstable();
    let alone = |row: &usize| others.binary_search(row).is_err();
    first.iter().map(|key| key.1).filter(alone).collect()
}
