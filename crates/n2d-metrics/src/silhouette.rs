use n2d_core::{FitContext, Labels, Samples};
use n2d_neighbors::Metric;
use serde::{Deserialize, Serialize};

use crate::blocks::each_block;
use crate::groups::Groups;
use crate::points::{LANES, Lane, Points, check_metric};
use crate::sampling::mean_and_error;
use crate::{MetricError, Noise, Sampling};

const NAME: &str = "silhouette";

/// Points measured before their distances are summed: they stay in the nearest cache.
const POINTS: usize = 128;

/// Options of [`silhouette`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SilhouetteOptions {
    /// How far apart rows are. Default [`Metric::Euclidean`], as scikit-learn's.
    pub metric: Metric,
    /// Which rows are measured. Default [`Sampling::Auto`].
    pub sampling: Sampling,
}

/// How well rows lie in their clusters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Silhouette {
    /// The mean over rows, in `[-1, 1]`; 1 is best.
    pub mean: f64,
    /// Standard error of the mean by the rows that were drawn; 0 where all were measured.
    pub std_error: f64,
    /// Each cluster, by label, with the mean of its measured rows; clusters of which none was drawn are not in it. Noise is
    /// in it where it is a cluster.
    pub clusters: Vec<(i32, f64)>,
    /// Rows measured, each against all others.
    pub n_measured: usize,
    /// Rows in clusters: what there was to draw from.
    pub n_clustered: usize,
}

/// Silhouette of clusters: for each row `(b - a) / max(a, b)`, where `a` is the mean distance to the other rows of its cluster
/// and `b` that to the rows of the nearest other cluster; then the mean over rows. In `[-1, 1]`, 1 is best, 0 lies between two
/// clusters. A row that is alone in its cluster scores 0, and so does one with `a = b = 0`.
///
/// As `silhouette_score` of scikit-learn, but for sampling: there rows are drawn and the rest is ignored; here the drawn rows
/// are measured against all. [`Noise::CountedWrong`] gives noise -1 in the mean.
///
/// Takes `O(m n d)` for `m` measured of `n` rows of `d` features and `O(n d)` memory, in parallel; the seed of the context
/// draws the rows, the number of threads changes no bit. (Rousseeuw 1987, *Silhouettes*.)
///
/// ```
/// use n2d_core::{FitContext, Labels, Samples};
/// use n2d_metrics::{Noise, SilhouetteOptions, silhouette};
///
/// let x = Samples::from_rows(&[0.0, 1.0, 10.0, 11.0, 50.0], 1)?;
/// let labels = Labels::new(vec![0, 0, 1, 1, -1])?;
/// let options = SilhouetteOptions::default();
/// let found = silhouette(x, &labels, Noise::LeftOut, &options, &mut FitContext::new(0))?;
/// assert!((found.mean - 0.9).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`]; [`MetricError::ClusterCount`] where there are not at least 2 clusters, fewer than rows in
/// them (as scikit-learn); [`MetricError::Option`]; [`MetricError::Cancelled`].
pub fn silhouette(
    x: Samples<'_>,
    labels: &Labels,
    noise: Noise,
    options: &SilhouetteOptions,
    ctx: &mut FitContext<'_>,
) -> Result<Silhouette, MetricError> {
    check_metric(NAME, options.metric)?;
    let groups = Groups::new(x, labels, noise)?.at_least_two(NAME)?;
    let measured = options.sampling.choose(NAME, groups.rows.len(), ctx)?;
    let figures = measure(x, &groups, &measured, options.metric, ctx)?;
    let (mean, std_error) = mean_and_error(&figures, groups.rows.len());
    let share = match noise {
        Noise::CountedWrong => groups.rows.len() as f64 / labels.len() as f64,
        Noise::LeftOut | Noise::OwnCluster => 1.0,
    };
    Ok(Silhouette {
        mean: share * mean - (1.0 - share),
        std_error: share * std_error,
        clusters: means_by_cluster(&groups, &measured, &figures),
        n_measured: measured.len(),
        n_clustered: groups.rows.len(),
    })
}

/// The silhouette of every row, in the order of the rows; see [`silhouette`]. Noise has none where it is left out, and -1
/// where it is counted wrong.
///
/// As `silhouette_samples` of scikit-learn. Takes `O(n^2 d)` for `n` rows of `d` features, and `O(n d)` memory.
///
/// ```
/// use n2d_core::{FitContext, Labels, Samples};
/// use n2d_metrics::{Noise, silhouette_samples};
/// use n2d_neighbors::Metric;
///
/// let x = Samples::from_rows(&[0.0, 1.0, 4.0, 50.0], 1)?;
/// let labels = Labels::new(vec![0, 0, 1, -1])?;
/// let ctx = &mut FitContext::new(0);
/// let each = silhouette_samples(x, &labels, Noise::LeftOut, Metric::Euclidean, ctx)?;
/// assert_eq!(each, [Some(0.75), Some(2.0 / 3.0), Some(0.0), None]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`silhouette`].
pub fn silhouette_samples(
    x: Samples<'_>,
    labels: &Labels,
    noise: Noise,
    metric: Metric,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<Option<f64>>, MetricError> {
    check_metric(NAME, metric)?;
    let groups = Groups::new(x, labels, noise)?.at_least_two(NAME)?;
    let all: Vec<usize> = (0..groups.rows.len()).collect();
    let figures = measure(x, &groups, &all, metric, ctx)?;
    let of_noise = (noise == Noise::CountedWrong).then_some(-1.0);
    let mut each = vec![of_noise; labels.len()];
    for (&row, figure) in groups.rows.iter().zip(figures) {
        each[row] = Some(figure);
    }
    Ok(each)
}

/// The silhouettes of some places among the grouped rows.
fn measure(
    x: Samples<'_>,
    groups: &Groups,
    places: &[usize],
    metric: Metric,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<f64>, MetricError> {
    let points = Points::new(x, &groups.rows, metric);
    let blocks: Vec<&[usize]> = places.chunks(LANES).collect();
    let figures = each_block(NAME, NAME, blocks.len(), ctx, |at| {
        of_block(&points, groups, blocks[at])
    })?;
    Ok(figures.concat())
}

fn of_block(points: &Points, groups: &Groups, places: &[usize]) -> Vec<f64> {
    let block = points.block(places);
    let own: Vec<usize> = places.iter().map(|&place| groups.cluster_at(place)).collect();
    let mut within = vec![0.0; places.len()];
    let mut nearest = vec![f64::INFINITY; places.len()];
    let mut distances = [[0.0; LANES]; POINTS];
    for cluster in 0..groups.len() {
        let range = groups.range(cluster);
        let mut sums = [0.0; LANES];
        for first in range.clone().step_by(POINTS) {
            let last = (first + POINTS).min(range.end);
            points.distances(&block, first..last, &mut distances[..last - first]);
            add_all(&mut sums, &distances[..last - first]);
        }
        for lane in 0..places.len() {
            if own[lane] == cluster {
                within[lane] = sums[lane];
            } else {
                nearest[lane] = nearest[lane].min(sums[lane] / range.len() as f64);
            }
        }
    }
    let figure = |lane: usize| one(within[lane], groups.range(own[lane]).len(), nearest[lane]);
    (0..places.len()).map(figure).collect()
}

fn add_all(sums: &mut Lane, distances: &[Lane]) {
    for distances in distances {
        for (sum, distance) in sums.iter_mut().zip(distances) {
            *sum += distance;
        }
    }
}

/// From the sum of distances within the cluster, its size, and the mean distance to the nearest other.
fn one(within: f64, size: usize, nearest: f64) -> f64 {
    if size == 1 {
        return 0.0;
    }
    let within = within / (size - 1) as f64;
    let greater = within.max(nearest);
    if greater == 0.0 {
        return 0.0;
    }
    (nearest - within) / greater
}

fn means_by_cluster(groups: &Groups, places: &[usize], figures: &[f64]) -> Vec<(i32, f64)> {
    let mut sums = vec![(0.0, 0_usize); groups.len()];
    for (&place, figure) in places.iter().zip(figures) {
        let (sum, n) = &mut sums[groups.cluster_at(place)];
        (*sum, *n) = (*sum + figure, *n + 1);
    }
    let mean = |(&label, (sum, n)): (&i32, (f64, usize))| (n > 0).then(|| (label, sum / n as f64));
    groups.labels.iter().zip(sums).filter_map(mean).collect()
}
