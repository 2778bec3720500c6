use n2d_core::Labels;

use crate::MetricError;
use crate::counts::Counts;

/// How many rows each class shares with each cluster: all that the metrics of this crate look at.
///
/// Classes and clusters are sorted by label and addressed by their index in that order; only pairs that share a row
/// are kept, so thousands of clusters take no more memory than their rows do. Rows that are noise (-1) form a class, and
/// a cluster, of their own: [`noise_class`](Self::noise_class) and [`noise_cluster`](Self::noise_cluster) tell which, for
/// the metrics that must treat them otherwise.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::Contingency;
///
/// let table = Contingency::new(&Labels::new(vec![0, 0, 5, 5])?, &Labels::new(vec![1, -1, 2, 2])?)?;
/// assert_eq!(table.classes(), [0, 5]);
/// assert_eq!(table.clusters(), [-1, 1, 2]);
/// assert_eq!(table.noise_cluster(), Some(0));
/// assert_eq!(table.count(5, 2), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contingency {
    classes: Vec<i32>,
    clusters: Vec<i32>,
    counts: Counts,
}

/// The rows that one class and one cluster share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cell {
    /// Index into [`Contingency::classes`].
    pub class: usize,
    /// Index into [`Contingency::clusters`].
    pub cluster: usize,
    /// Rows that are in both; at least one.
    pub count: usize,
}

impl Contingency {
    /// Counts the rows of each pair of a true and a predicted label, in `O(n log n)` for n rows.
    ///
    /// # Errors
    /// [`MetricError`] where the two are not of one length, or empty.
    pub fn new(y_true: &Labels, y_pred: &Labels) -> Result<Self, MetricError> {
        let (n_true, n_pred) = (y_true.len(), y_pred.len());
        if n_true != n_pred {
            return Err(MetricError::LengthMismatch {
                y_true: n_true,
                y_pred: n_pred,
            });
        }
        if n_true == 0 {
            return Err(MetricError::Empty);
        }
        Ok(Self::count_pairs(y_true.as_slice(), y_pred.as_slice()))
    }

    fn count_pairs(y_true: &[i32], y_pred: &[i32]) -> Self {
        let (classes, clusters) = (distinct(y_true), distinct(y_pred));
        let mut pairs: Vec<(i32, i32)> = y_true.iter().copied().zip(y_pred.iter().copied()).collect();
        pairs.sort_unstable();
        let cells: Vec<Cell> = pairs
            .chunk_by(|a, b| a == b)
            .map(|same| Cell {
                class: index_of(&classes, same[0].0),
                cluster: index_of(&clusters, same[0].1),
                count: same.len(),
            })
            .collect();
        let counts = Counts::of_cells(classes.len(), clusters.len(), cells);
        Self {
            classes,
            clusters,
            counts,
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The numbers without noise of either side; may be empty.
    pub(crate) fn kept(&self) -> Counts {
        self.counts.without(self.noise_class(), self.noise_cluster())
    }

    /// The numbers with each row of noise a group of its own.
    pub(crate) fn apart(&self) -> Counts {
        self.counts
            .with_rows_apart(self.noise_class(), self.noise_cluster())
    }

    /// Number of rows; at least one.
    pub fn n_samples(&self) -> usize {
        self.counts.n_samples
    }

    /// The true labels that occur, ascending; noise is one of them.
    pub fn classes(&self) -> &[i32] {
        &self.classes
    }

    /// The predicted labels that occur, ascending; noise is one of them.
    pub fn clusters(&self) -> &[i32] {
        &self.clusters
    }

    /// Rows of each class, in the order of [`classes`](Self::classes).
    pub fn class_sizes(&self) -> &[usize] {
        &self.counts.class_sizes
    }

    /// Rows of each cluster, in the order of [`clusters`](Self::clusters).
    pub fn cluster_sizes(&self) -> &[usize] {
        &self.counts.cluster_sizes
    }

    /// The pairs that share rows, by class, then by cluster.
    pub fn cells(&self) -> &[Cell] {
        &self.counts.cells
    }

    /// Rows with this true and this predicted label.
    pub fn count(&self, class: i32, cluster: i32) -> usize {
        let (Ok(class), Ok(cluster)) = (
            self.classes.binary_search(&class),
            self.clusters.binary_search(&cluster),
        ) else {
            return 0;
        };
        self.cells()
            .binary_search_by_key(&(class, cluster), |cell| (cell.class, cell.cluster))
            .map_or(0, |at| self.cells()[at].count)
    }

    /// Index of the class of unlabelled rows, if there are any.
    pub fn noise_class(&self) -> Option<usize> {
        noise_of(&self.classes)
    }

    /// Index of the cluster of noise, if there is any.
    pub fn noise_cluster(&self) -> Option<usize> {
        noise_of(&self.clusters)
    }
}

/// Noise is the lowest label there is, so it can only come first.
fn noise_of(labels: &[i32]) -> Option<usize> {
    (labels.first() == Some(&Labels::NOISE)).then_some(0)
}

fn distinct(labels: &[i32]) -> Vec<i32> {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// The place of a label that is known to be there.
fn index_of(sorted: &[i32], label: i32) -> usize {
    sorted.partition_point(|&other| other < label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[i32]) -> Labels {
        Labels::new(values.to_vec()).unwrap()
    }

    #[test]
    fn counts_what_is_shared() {
        let table = Contingency::new(&labels(&[3, 3, 3, 0, -1]), &labels(&[9, 9, -1, 9, -1])).unwrap();
        assert_eq!(table.classes(), [-1, 0, 3]);
        assert_eq!(table.clusters(), [-1, 9]);
        assert_eq!(table.class_sizes(), [1, 1, 3]);
        assert_eq!(table.cluster_sizes(), [2, 3]);
        assert_eq!(
            (table.count(3, 9), table.count(3, -1), table.count(0, -1)),
            (2, 1, 0)
        );
        assert_eq!(table.count(77, 9), 0);
        assert_eq!((table.noise_class(), table.noise_cluster()), (Some(0), Some(0)));
        assert_eq!(table.cells().len(), 4);
    }

    #[test]
    fn refuses_what_does_not_match() {
        let mismatch = Contingency::new(&labels(&[0, 1]), &labels(&[0])).unwrap_err();
        assert_eq!(mismatch, MetricError::LengthMismatch { y_true: 2, y_pred: 1 });
        assert_eq!(
            mismatch.to_string(),
            "there are 2 true labels but 1 predicted ones; each row needs one of both"
        );
        assert_eq!(
            Contingency::new(&labels(&[]), &labels(&[])),
            Err(MetricError::Empty)
        );
    }

    #[test]
    fn a_cluster_a_row_takes_one_cell_a_row() {
        let many = labels(&(0..50_000).collect::<Vec<_>>());
        let table = Contingency::new(&many, &many).unwrap();
        assert_eq!(table.cells().len(), 50_000);
    }
}
