use n2d_core::{FitContext, Labels, Samples};
use n2d_neighbors::Metric;
use serde::Serialize;

use crate::blocks::each_block;
use crate::groups::Groups;
use crate::points::{LANES, Points, check_metric};
use crate::spanning_tree::{SpanningTree, spanning_tree};
use crate::{MetricError, Noise};

const NAME: &str = "dbcv";

/// Points measured at a time.
const POINTS: usize = 128;

/// How well density separates clusters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Dbcv {
    /// The validity of the clusters, weighted by their shares of the rows. In `[-1, 1]`, 1 is best.
    pub validity: f64,
    /// Each cluster by label.
    pub clusters: Vec<ClusterValidity>,
}

/// One cluster of a [`Dbcv`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClusterValidity {
    /// Its label.
    pub label: i32,
    /// Its rows.
    pub size: usize,
    /// `(separation - sparseness) / max(separation, sparseness)`; 0 where both are 0. In `[-1, 1]`.
    pub validity: f64,
    /// The longest inner edge of its spanning tree: how thin it is at its thinnest.
    pub sparseness: f64,
    /// The least mutual reachability distance to another cluster's inner points.
    pub separation: f64,
}

/// Density-based clustering validation (DBCV): whether each cluster is denser within than the space between it and the next.
/// For clusters of any shape, with noise. In `[-1, 1]`, 1 is best.
///
/// Equal to `validity_index` of hdbscan 0.8.44 with [`Noise::CountedWrong`], where noise counts as rows of validity 0. That
/// follows the paper and its authors' code: the core distance of a row is `(mean of (1 / distance)^d)^(-1/d)` over the rest of
/// its cluster, `d` being the number of features; distances between rows are at least their core distances; a cluster's tree
/// is the spanning tree of these, and inner rows are those with two edges or more.
///
/// A cluster of one row has no density: it counts as noise (as in the authors' code; hdbscan fails), whichever way noise
/// is treated, and is not among the clusters. Powers are taken relative to the nearest distance, so they neither overflow nor
/// vanish in many dimensions. Which of equally near rows an edge of the tree leads to is settled as in hdbscan, by a tolerance
/// of 1e-5; relative only, so that the scale of the data has no say. Mutual reachability distances are often equal, so the
/// order of rows within a cluster can change which rows are inner, and the result a little; there as here.
///
/// Takes `O(n^2 d)` and, beside the data, the memory of the largest cluster; deterministic for any number of threads.
/// (Moulavi, Jaskowiak, Campello, Zimek and Sander 2014, *Density-based clustering validation*.)
///
/// ```
/// use n2d_core::{FitContext, Labels, Samples};
/// use n2d_metrics::{Noise, dbcv};
/// use n2d_neighbors::Metric;
///
/// let x = Samples::from_rows(&[0.0, 1.0, 2.0, 3.0, 20.0, 21.0, 22.0, 23.0], 1)?;
/// let labels = Labels::new(vec![0, 0, 0, 0, 1, 1, 1, 1])?;
/// let found = dbcv(x, &labels, Noise::CountedWrong, Metric::Euclidean, &mut FitContext::new(0))?;
/// assert!(found.validity > 0.9);
/// assert_eq!(found.clusters[1].separation, 19.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`]; [`MetricError::ClusterCount`] where fewer than 2 clusters have 2 rows or more;
/// [`MetricError::Option`]; [`MetricError::Cancelled`].
pub fn dbcv(
    x: Samples<'_>,
    labels: &Labels,
    noise: Noise,
    metric: Metric,
    ctx: &mut FitContext<'_>,
) -> Result<Dbcv, MetricError> {
    check_metric(NAME, metric)?;
    let groups = Groups::new(x, labels, noise)?;
    let n_grouped = groups.rows.len();
    let groups = groups.without_singletons(labels).at_least_two(NAME)?;
    let n_judged = match noise {
        Noise::CountedWrong => labels.len(),
        Noise::LeftOut | Noise::OwnCluster => n_grouped,
    };
    let points = Points::new(x, &groups.rows, metric);
    let cores = core_distances(&points, &groups, x.n_features(), ctx)?;
    let trees = trees(&points, &groups, &cores, ctx)?;
    let separations = separations(&points, &groups, &cores, &trees, ctx)?;
    let of = |cluster: usize| judge(&groups, cluster, trees[cluster].longest, separations[cluster]);
    let clusters: Vec<ClusterValidity> = (0..groups.len()).map(of).collect();
    let weighted = |cluster: &ClusterValidity| cluster.size as f64 / n_judged as f64 * cluster.validity;
    Ok(Dbcv {
        validity: clusters.iter().map(weighted).sum(),
        clusters,
    })
}

fn judge(groups: &Groups, cluster: usize, sparseness: f64, separation: f64) -> ClusterValidity {
    let greater = separation.max(sparseness);
    ClusterValidity {
        label: groups.labels[cluster],
        size: groups.range(cluster).len(),
        validity: if greater > 0.0 {
            (separation - sparseness) / greater
        } else {
            0.0
        },
        sparseness,
        separation,
    }
}

/// Of every row within its cluster.
fn core_distances(
    points: &Points,
    groups: &Groups,
    n_features: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<f64>, MetricError> {
    let blocks: Vec<(usize, Vec<usize>)> = (0..groups.len())
        .flat_map(|cluster| {
            let places: Vec<usize> = groups.range(cluster).collect();
            let blocks = places.chunks(LANES).map(|block| (cluster, block.to_vec()));
            blocks.collect::<Vec<_>>()
        })
        .collect();
    let cores = each_block(NAME, "core distances", blocks.len(), ctx, |at| {
        let (cluster, places) = &blocks[at];
        let range = groups.range(*cluster);
        let mut distances = vec![[0.0; LANES]; range.len()];
        points.distances(&points.block(places), range, &mut distances);
        let core = |lane: usize| core_distance(distances.iter().map(|d| d[lane]), n_features);
        (0..places.len()).map(core).collect::<Vec<f64>>()
    })?;
    Ok(cores.concat())
}

/// From the distances of a row to all of its cluster, itself included. Rows at the same place do not enter, but count.
fn core_distance(distances: impl ExactSizeIterator<Item = f64> + Clone, n_features: usize) -> f64 {
    let others = (distances.len() - 1) as f64;
    let apart = distances.filter(|&distance| distance > 0.0);
    let nearest = apart.clone().fold(f64::INFINITY, f64::min);
    if nearest == f64::INFINITY {
        return 0.0;
    }
    let power = i32::try_from(n_features).unwrap_or(i32::MAX);
    let sum: f64 = apart.map(|distance| (nearest / distance).powi(power)).sum();
    nearest * (sum / others).powf(-1.0 / n_features as f64)
}

fn trees(
    points: &Points,
    groups: &Groups,
    cores: &[f64],
    ctx: &mut FitContext<'_>,
) -> Result<Vec<SpanningTree>, MetricError> {
    let token = ctx.cancel_token();
    let trees = each_block(NAME, "spanning trees", groups.len(), ctx, |cluster| {
        let range = groups.range(cluster);
        spanning_tree(points, range.clone(), &cores[range], &token)
    })?;
    let all: Option<Vec<SpanningTree>> = trees.into_iter().collect();
    all.ok_or(MetricError::Cancelled { measure: NAME })
}

/// For each cluster the least distance from one of its inner rows to one of another cluster.
fn separations(
    points: &Points,
    groups: &Groups,
    cores: &[f64],
    trees: &[SpanningTree],
    ctx: &mut FitContext<'_>,
) -> Result<Vec<f64>, MetricError> {
    let inner: Vec<usize> = trees.iter().flat_map(|tree| tree.inner.iter().copied()).collect();
    let mut starts = vec![0];
    for tree in trees {
        starts.push(starts[starts.len() - 1] + tree.inner.len());
    }
    let cores: Vec<f64> = inner.iter().map(|&place| cores[place]).collect();
    let points = points.gather(&inner);
    let places: Vec<usize> = (0..inner.len()).collect();
    let blocks: Vec<(usize, &[usize])> = (0..groups.len())
        .flat_map(|cluster| {
            let own = places[starts[cluster]..starts[cluster + 1]].chunks(LANES);
            own.map(move |block| (cluster, block))
        })
        .collect();
    let mut least = vec![f64::INFINITY; groups.len()];
    // Each pair of clusters once: distances are symmetric.
    let found = each_block(NAME, "separations", blocks.len(), ctx, |at| {
        let (cluster, places) = blocks[at];
        nearest_by_cluster(&points, &cores, places, &starts[cluster + 1..])
    })?;
    for (&(cluster, _), found) in blocks.iter().zip(&found) {
        for (other, &distance) in (cluster + 1..).zip(found) {
            least[cluster] = least[cluster].min(distance);
            least[other] = least[other].min(distance);
        }
    }
    Ok(least)
}

/// The least mutual reachability distance from a block to each of the later clusters, which begin and end at `starts`.
fn nearest_by_cluster(points: &Points, cores: &[f64], places: &[usize], starts: &[usize]) -> Vec<f64> {
    let block = points.block(places);
    let mut distances = [[0.0; LANES]; POINTS];
    let mut nearest = |range: &[usize]| {
        let mut least = f64::INFINITY;
        for first in (range[0]..range[1]).step_by(POINTS) {
            let last = (first + POINTS).min(range[1]);
            points.distances(&block, first..last, &mut distances[..last - first]);
            for (distances, core) in distances.iter().zip(&cores[first..last]) {
                for (distance, &place) in distances.iter().zip(places) {
                    least = least.min(distance.max(*core).max(cores[place]));
                }
            }
        }
        least
    };
    starts.windows(2).map(&mut nearest).collect()
}
