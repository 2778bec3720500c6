//! Which rows' clusters are to be believed: those of the inner rows of clusters, where members agree.

use n2d_core::{FitContext, FitError, Labels, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};

use crate::align::beyond;

/// Neighbours that are asked, of rows in plenty.
const MOST_NEIGHBORS: usize = 50;
const FEWEST_NEIGHBORS: usize = 5;
/// No more neighbours than this part of the row's own cluster, so that those of inner rows are of it.
const PART_OF_CLUSTER: usize = 4;
/// Share of its neighbours that must be of a row's cluster.
const PURE: f32 = 0.98;
/// Part of each cluster that is believed at the least, its purest rows, if members agree on as many.
const LEAST_PART: f64 = 0.3;

/// For each row, the share of its nearest neighbours that are of its cluster; 0 for noise.
///
/// # Errors
/// What the search for neighbours returns.
pub(crate) fn purity(
    latents: Samples<'_>,
    labels: &Labels,
    ctx: &mut FitContext<'_>,
) -> Result<Vec<f32>, FitError> {
    let n = latents.n_samples();
    let k = MOST_NEIGHBORS.min(n - 1);
    if k == 0 {
        return Ok(vec![1.0; n]);
    }
    let mut asked = vec![0; beyond(labels)];
    for (cluster, size) in labels.sizes() {
        let of_size = (size / PART_OF_CLUSTER).clamp(FEWEST_NEIGHBORS, MOST_NEIGHBORS);
        asked[cluster as usize] = of_size.min(k);
    }
    let labels = labels.as_slice();
    let index = NeighborIndex::build(latents, Metric::Euclidean, NeighborSearch::Auto, k, ctx)?;
    let graph = index.graph(latents, k, ctx)?;
    let share = |row: usize| {
        let Ok(cluster) = usize::try_from(labels[row]) else {
            return 0.0;
        };
        let nearest = &graph.indices(row)[..asked[cluster]];
        let same = nearest
            .iter()
            .filter(|&&other| labels[other as usize] == labels[row]);
        same.count() as f32 / nearest.len() as f32
    };
    Ok((0..n).map(share).collect())
}

/// The labels that are believed, -1 for all other rows: of each cluster the rows on which all agree and that are pure, or the purest
/// of those on which all agree if these are few.
pub(crate) fn believed(labels: &Labels, agreement: &[f32], purity: &[f32]) -> Labels {
    let mut found = vec![Labels::NOISE; labels.len()];
    for (cluster, size) in labels.sizes() {
        let is_agreed = |&row: &usize| labels.as_slice()[row] == cluster && agreement[row] == 1.0;
        let mut rows: Vec<usize> = (0..labels.len()).filter(is_agreed).collect();
        rows.sort_by(|&a, &b| purity[b].total_cmp(&purity[a]));
        let least = (LEAST_PART * size as f64).ceil() as usize;
        let n_pure = rows.partition_point(|&row| purity[row] >= PURE);
        for &row in rows.iter().take(n_pure.max(least)) {
            found[row] = cluster;
        }
    }
    Labels::new(found).expect("labels of the members")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_between_clusters_are_less_pure() {
        // Two runs of points that touch, and a point of noise.
        let values: Vec<f32> = (0..41).map(|i| i as f32).collect();
        let mut labels: Vec<i32> = (0..41).map(|i| i32::from(i >= 20)).collect();
        labels[40] = -1;
        let labels = Labels::new(labels).unwrap();
        let x = Samples::from_rows(&values, 1).unwrap();
        let purity = purity(x, &labels, &mut FitContext::new(0)).unwrap();
        assert_eq!((purity[0], purity[40]), (1.0, 0.0));
        assert!(purity[19] < 0.8 && purity[20] < 0.8 && purity[10] == 1.0);
        let all = vec![1.0; 41];
        let found = believed(&labels, &all, &purity);
        assert_eq!(
            (found.as_slice()[0], found.as_slice()[19], found.as_slice()[40]),
            (0, -1, -1)
        );
    }

    #[test]
    fn rows_of_a_small_cluster_can_be_pure() {
        // 200 points in a row, and 12 far away.
        let values: Vec<f32> = (0..200).chain(1000..1012).map(|i| i as f32).collect();
        let labels = Labels::new((0..212).map(|i| i32::from(i >= 200)).collect()).unwrap();
        let x = Samples::from_rows(&values, 1).unwrap();
        let purity = purity(x, &labels, &mut FitContext::new(0)).unwrap();
        assert!(purity.iter().all(|&share| share == 1.0), "{purity:?}");
    }

    #[test]
    fn no_cluster_is_lost() {
        let labels = Labels::new(vec![0, 0, 0, 1, 1, 1, 1, 1, 1, 1]).unwrap();
        let purity = [1.0, 1.0, 1.0, 0.2, 0.1, 0.3, 0.5, 0.4, 0.9, 0.6];
        let mut agreement = [1.0; 10];
        (agreement[0], agreement[8]) = (0.5, 0.5);
        let found = believed(&labels, &agreement, &purity);
        assert_eq!(found.as_slice(), [-1, 0, 0, -1, -1, -1, 1, 1, -1, 1]);
    }
}
