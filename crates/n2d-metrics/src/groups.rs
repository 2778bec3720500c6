//! The rows of data by their cluster, for measures of clusters alone.

use std::ops::Range;

use n2d_core::{Labels, Samples};

use crate::{MetricError, Noise};

/// Rows sorted by cluster, and within one by number.
pub(crate) struct Groups {
    /// Label of each cluster, ascending; noise first where it is one.
    pub(crate) labels: Vec<i32>,
    /// Numbers of the rows, cluster after cluster.
    pub(crate) rows: Vec<usize>,
    starts: Vec<usize>,
}

impl Groups {
    /// Noise is a cluster by [`Noise::OwnCluster`], else it is in no group.
    pub(crate) fn new(x: Samples<'_>, labels: &Labels, noise: Noise) -> Result<Self, MetricError> {
        if labels.len() != x.n_samples() {
            return Err(MetricError::RowsMismatch {
                n_samples: x.n_samples(),
                what: "labels",
                given: labels.len(),
            });
        }
        let labels = labels.as_slice();
        let grouped = |&row: &usize| noise == Noise::OwnCluster || labels[row] != Labels::NOISE;
        let mut rows: Vec<usize> = (0..labels.len()).filter(grouped).collect();
        rows.sort_by_key(|&row| labels[row]);
        Ok(Self::sorted(rows, labels))
    }

    fn sorted(rows: Vec<usize>, labels: &[i32]) -> Self {
        let (mut names, mut starts) = (Vec::new(), vec![0]);
        for same in rows.chunk_by(|&a, &b| labels[a] == labels[b]) {
            names.push(labels[same[0]]);
            starts.push(starts[starts.len() - 1] + same.len());
        }
        Self {
            labels: names,
            rows,
            starts,
        }
    }

    /// Only the clusters of at least two rows.
    pub(crate) fn without_singletons(self, labels: &Labels) -> Self {
        let kept = (0..self.len()).filter(|&cluster| self.range(cluster).len() > 1);
        let rows = kept
            .flat_map(|cluster| self.rows[self.range(cluster)].iter().copied())
            .collect();
        Self::sorted(rows, labels.as_slice())
    }

    /// That there are at least two clusters, and one of them has two rows.
    pub(crate) fn at_least_two(self, measure: &'static str) -> Result<Self, MetricError> {
        if self.len() >= 2 && self.len() < self.rows.len() {
            return Ok(self);
        }
        Err(MetricError::ClusterCount {
            measure,
            n_clusters: self.len(),
            n_samples: self.rows.len(),
        })
    }

    /// Number of clusters.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Where the rows of a cluster are.
    pub(crate) fn range(&self, cluster: usize) -> Range<usize> {
        self.starts[cluster]..self.starts[cluster + 1]
    }

    /// The cluster of a place in [`rows`](Self::rows).
    pub(crate) fn cluster_at(&self, place: usize) -> usize {
        self.starts.partition_point(|&start| start <= place) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_by_cluster() {
        let x = Samples::from_rows(&[0.0; 6], 1).unwrap();
        let labels = Labels::new(vec![7, -1, 2, 7, 2, 5]).unwrap();
        let groups = Groups::new(x, &labels, Noise::LeftOut).unwrap();
        assert_eq!(groups.labels, [2, 5, 7]);
        assert_eq!(groups.rows, [2, 4, 5, 0, 3]);
        assert_eq!([0, 1, 2, 4].map(|place| groups.cluster_at(place)), [0, 0, 1, 2]);
        let groups = groups.without_singletons(&labels);
        assert_eq!((groups.len(), groups.range(1)), (2, 2..4));
        let own = Groups::new(x, &labels, Noise::OwnCluster).unwrap();
        assert_eq!((own.labels[0], own.rows[0]), (-1, 1));
    }
}
