use n2d_core::check::Options;
use n2d_core::{FitContext, Labels, Samples};
use n2d_neighbors::Metric;
use serde::{Deserialize, Serialize};

use crate::blocks::each_block;
use crate::groups::Groups;
use crate::points::{LANES, Points, check_metric};
use crate::ranks::{Key, Measured};
use crate::sampling::mean_and_error;
use crate::{MetricError, Noise, Sampling};

const NAME: &str = "knn_agreement";

/// Options of [`knn_agreement`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgreementOptions {
    /// Neighbours that vote; at least 1, and fewer than the rows that may vote. Default 5, as of scikit-learn's
    /// `KNeighborsClassifier`.
    pub n_neighbors: usize,
    /// How far apart rows are. Default [`Metric::Euclidean`].
    pub metric: Metric,
    /// Which rows are measured. Default [`Sampling::Auto`].
    pub sampling: Sampling,
}

impl Default for AgreementOptions {
    fn default() -> Self {
        Self {
            n_neighbors: 5,
            metric: Metric::Euclidean,
            sampling: Sampling::Auto,
        }
    }
}

/// How well neighbours tell the class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KnnAgreement {
    /// The share of rows whose class their neighbours vote for. In `[0, 1]`, 1 is best.
    pub accuracy: f64,
    /// Its standard error by the rows that were drawn; 0 where all were measured.
    pub std_error: f64,
    /// Rows measured, each against all others.
    pub n_measured: usize,
    /// Rows that may vote: what there was to draw from.
    pub n_voters: usize,
}

/// Agreement of labels among nearest neighbours: the accuracy of the k-nearest-neighbours classifier where each row is judged
/// by all others (leave-one-out). Of an embedding and true classes it tells how far apart the classes lie, by any shape.
///
/// The `k` nearest others vote alike, whatever their distances; the lowest of several winners wins, and equal distances are in
/// the order of the rows. A class of one row is never right. Unlabelled rows (-1) do not vote, and are not measured
/// ([`Noise::LeftOut`]) or wrong ([`Noise::CountedWrong`]); with [`Noise::OwnCluster`] they are a class like any other.
///
/// Takes `O(m n d)` for `m` measured of `n` rows of `d` features, in parallel; the seed of the context draws the rows, the
/// number of threads changes no bit.
///
/// ```
/// use n2d_core::{FitContext, Labels, Samples};
/// use n2d_metrics::{AgreementOptions, Noise, knn_agreement};
///
/// let x = Samples::from_rows(&[0.0, 1.0, 2.5, 10.0, 11.0, 12.5], 1)?;
/// let classes = Labels::new(vec![0, 0, 0, 1, 1, 0])?;
/// let options = AgreementOptions { n_neighbors: 1, ..AgreementOptions::default() };
/// let found = knn_agreement(x, &classes, Noise::LeftOut, &options, &mut FitContext::new(0))?;
/// assert_eq!(found.accuracy, 5.0 / 6.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`]; [`MetricError::Option`] where the options do not fit the data; [`MetricError::Cancelled`].
pub fn knn_agreement(
    x: Samples<'_>,
    labels: &Labels,
    noise: Noise,
    options: &AgreementOptions,
    ctx: &mut FitContext<'_>,
) -> Result<KnnAgreement, MetricError> {
    check_metric(NAME, options.metric)?;
    let groups = Groups::new(x, labels, noise)?;
    let (n, k) = (groups.rows.len(), options.n_neighbors);
    if k == 0 || k >= n {
        let allowed = format!("at least 1 and less than the {n} rows with a label");
        return Err(Options::of(NAME).refuse("n_neighbors", allowed, k).into());
    }
    // In the order of the rows, by which ties are settled.
    let mut rows = groups.rows;
    rows.sort_unstable();
    let voters: Vec<i32> = rows.iter().map(|&row| labels.as_slice()[row]).collect();
    let places = options.sampling.choose(NAME, n, ctx)?;
    let points = Points::new(x, &rows, options.metric);
    let blocks: Vec<&[usize]> = places.chunks(LANES).collect();
    let right = each_block(NAME, NAME, blocks.len(), ctx, |at| {
        let nearest = Measured::new(&points, blocks[at], 0..n).nearest(k);
        let judge =
            |(&place, nearest): (&usize, &Vec<Key>)| f64::from(winner(nearest, &voters) == voters[place]);
        blocks[at].iter().zip(&nearest).map(judge).collect::<Vec<f64>>()
    })?;
    let (accuracy, std_error) = mean_and_error(&right.concat(), n);
    let share = match noise {
        Noise::CountedWrong => n as f64 / labels.len() as f64,
        Noise::LeftOut | Noise::OwnCluster => 1.0,
    };
    Ok(KnnAgreement {
        accuracy: share * accuracy,
        std_error: share * std_error,
        n_measured: places.len(),
        n_voters: n,
    })
}

/// The label with the most votes, the lowest of several.
fn winner(nearest: &[Key], labels: &[i32]) -> i32 {
    let mut votes: Vec<i32> = nearest.iter().map(|key| labels[key.1]).collect();
    votes.sort_unstable();
    let mut best = (0, Labels::NOISE);
    for same in votes.chunk_by(|a, b| a == b) {
        if same.len() > best.0 {
            best = (same.len(), same[0]);
        }
    }
    best.1
}
