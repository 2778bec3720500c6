use n2d_core::Labels;

use crate::assignment::{Edge, assign};
use crate::counts::Counts;
use crate::{Cell, Contingency, MetricError};

/// Clustering accuracy (ACC): the share of rows that are right when each cluster stands for one class and each class
/// for one cluster, in the way that makes the most of them right. In `[0, 1]`, 1 is best.
///
/// A row that is predicted as noise (-1) never counts as right, nor does an unlabelled one (true label -1); both stay
/// in the number of rows that the share is taken of. With more clusters than classes, the clusters left over are wrong.
///
/// Exact; the assignment is solved by the Hungarian method, cubic in the smaller of the numbers of classes and clusters
/// (Yang et al. 2010, *Image clustering using local discriminant models and global integration*).
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::accuracy;
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// assert_eq!(accuracy(&classes, &Labels::new(vec![1, 1, 0, 0])?)?, 1.0);
/// assert_eq!(accuracy(&classes, &Labels::new(vec![1, 1, 0, -1])?)?, 0.75);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError`] where the two are not of one length, or empty.
pub fn accuracy(y_true: &Labels, y_pred: &Labels) -> Result<f64, MetricError> {
    Ok(Contingency::new(y_true, y_pred)?.accuracy())
}

/// The class that each cluster stands for in [`accuracy`]: pairs `(cluster, class)`, by cluster.
///
/// Clusters that are left over, or share no row with a class that is, are not in it; nor is noise.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::best_mapping;
///
/// let mapping = best_mapping(&Labels::new(vec![4, 4, 9, 9])?, &Labels::new(vec![1, 1, 0, -1])?)?;
/// assert_eq!(mapping, [(0, 9), (1, 4)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError`] where the two are not of one length, or empty.
pub fn best_mapping(y_true: &Labels, y_pred: &Labels) -> Result<Vec<(i32, i32)>, MetricError> {
    Ok(Contingency::new(y_true, y_pred)?.best_mapping())
}

impl Contingency {
    /// As the function [`accuracy`](crate::accuracy()).
    pub fn accuracy(&self) -> f64 {
        self.kept().n_right() as f64 / self.n_samples() as f64
    }

    /// As the function [`best_mapping`](crate::best_mapping()).
    pub fn best_mapping(&self) -> Vec<(i32, i32)> {
        let no_noise = |cell: &&Cell| {
            Some(cell.class) != self.noise_class() && Some(cell.cluster) != self.noise_cluster()
        };
        let edges: Vec<Edge> = self.cells().iter().filter(no_noise).map(edge).collect();
        let labels = |&(cluster, class, _): &Edge| (self.clusters()[cluster], self.classes()[class]);
        assign(self.clusters().len(), self.classes().len(), &edges)
            .iter()
            .map(labels)
            .collect()
    }
}

fn edge(cell: &Cell) -> Edge {
    (cell.cluster, cell.class, cell.count as i64)
}

impl Counts {
    /// Rows that the best one-to-one mapping makes right.
    pub(crate) fn n_right(&self) -> usize {
        let edges: Vec<Edge> = self.cells.iter().map(edge).collect();
        let chosen = assign(self.cluster_sizes.len(), self.class_sizes.len(), &edges);
        chosen.iter().map(|edge| edge.2 as usize).sum()
    }

    /// Rows that are right where each cluster stands for its most frequent class.
    pub(crate) fn n_in_majority(&self) -> usize {
        let mut largest = vec![0; self.cluster_sizes.len()];
        for cell in &self.cells {
            largest[cell.cluster] = cell.count.max(largest[cell.cluster]);
        }
        largest.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[i32]) -> Labels {
        Labels::new(values.to_vec()).unwrap()
    }

    #[test]
    fn noise_is_never_right() {
        let all_noise = labels(&[-1, -1, -1]);
        assert_eq!(accuracy(&labels(&[0, 0, 0]), &all_noise), Ok(0.0));
        assert_eq!(accuracy(&all_noise, &all_noise), Ok(0.0));
        assert_eq!(accuracy(&labels(&[-1, 0, 1]), &labels(&[0, 0, 1])), Ok(2.0 / 3.0));
    }

    #[test]
    fn the_greedy_choice_is_not_taken_where_it_loses() {
        // Cluster 0 overlaps class 0 most, but giving it class 1 frees class 0 for cluster 1.
        let y_true = labels(&[0, 0, 0, 1, 1, 0, 0]);
        let y_pred = labels(&[0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(accuracy(&y_true, &y_pred), Ok(4.0 / 7.0));
        assert_eq!(best_mapping(&y_true, &y_pred), Ok(vec![(0, 1), (1, 0)]));
    }

    #[test]
    fn clusters_left_over_have_no_class() {
        let mapping = best_mapping(&labels(&[0, 0, 0, 0]), &labels(&[5, 6, 6, -1])).unwrap();
        assert_eq!(mapping, [(6, 0)]);
    }

    #[test]
    fn many_clusters_are_no_problem() {
        let distinct = labels(&(0..60_000).collect::<Vec<_>>());
        let reversed = labels(&(0..60_000).rev().collect::<Vec<_>>());
        assert_eq!(accuracy(&distinct, &reversed), Ok(1.0));
        let classes = labels(&(0..60_000).map(|row| row % 10).collect::<Vec<_>>());
        assert_eq!(accuracy(&classes, &distinct), Ok(10.0 / 60_000.0));
        assert_eq!(accuracy(&distinct, &classes), Ok(10.0 / 60_000.0));
    }
}
