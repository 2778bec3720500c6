use n2d_core::Labels;

use crate::counts::Counts;
use crate::{Contingency, MetricError};

/// Adjusted Rand index (ARI): the share of pairs of rows on which both labellings agree, adjusted so that chance gives
/// 0 on average. In `[-0.5, 1]`, 1 is best; symmetric in its arguments. Noise is a group of its own.
///
/// As `adjusted_rand_score` of scikit-learn. The pairs are counted in whole numbers, so the only rounding is that of the
/// last division (Hubert and Arabie 1985, *Comparing partitions*).
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::adjusted_rand_index;
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// assert_eq!(adjusted_rand_index(&classes, &Labels::new(vec![5, 5, 2, 2])?)?, 1.0);
/// assert_eq!(adjusted_rand_index(&classes, &Labels::new(vec![0, 1, 0, 1])?)?, -0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError`] where the two are not of one length, or empty.
pub fn adjusted_rand_index(y_true: &Labels, y_pred: &Labels) -> Result<f64, MetricError> {
    Ok(Contingency::new(y_true, y_pred)?.adjusted_rand_index())
}

impl Contingency {
    /// As the function [`adjusted_rand_index`](crate::adjusted_rand_index()).
    pub fn adjusted_rand_index(&self) -> f64 {
        self.counts().adjusted_rand_index()
    }
}

/// The pairs of different rows, by whether both labellings put them together. They sum to `n (n - 1) / 2`.
///
/// scikit-learn's `pair_confusion_matrix` counts each pair in both orders, so has twice these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairConfusion {
    /// In one class and in one cluster.
    pub together: u64,
    /// In one class, but in different clusters.
    pub only_in_class: u64,
    /// In one cluster, but of different classes.
    pub only_in_cluster: u64,
    /// In different classes and different clusters.
    pub apart: u64,
}

impl Counts {
    pub(crate) fn pair_confusion(&self) -> PairConfusion {
        let (both, class, cluster) = (
            self.pairs_in_cells(),
            self.pairs_in_classes(),
            self.pairs_in_clusters(),
        );
        let all = pairs(self.n_samples);
        let half = |ordered: i128| (ordered / 2) as u64;
        PairConfusion {
            together: half(both),
            only_in_class: half(class - both),
            only_in_cluster: half(cluster - both),
            apart: half(all - class - cluster + both),
        }
    }

    /// The pairs on which both agree; ordered, as all counts of pairs here.
    pub(crate) fn agreements(&self) -> i128 {
        pairs(self.n_samples) - self.pairs_in_classes() - self.pairs_in_clusters() + 2 * self.pairs_in_cells()
    }

    pub(crate) fn adjusted_rand_index(&self) -> f64 {
        // n^2 at the most, so that products fit i128 up to 2^31 rows.
        let (in_both, in_class, in_cluster) = (
            self.pairs_in_cells(),
            self.pairs_in_classes(),
            self.pairs_in_clusters(),
        );
        if in_both == in_class && in_both == in_cluster {
            return 1.0;
        }
        let all = pairs(self.n_samples);
        let above_chance = in_both * all - in_class * in_cluster;
        let most_above_chance = (in_class + in_cluster) * all - 2 * in_class * in_cluster;
        2.0 * above_chance as f64 / most_above_chance as f64
    }

    /// 0 where no pair is together in both, as scikit-learn has it.
    pub(crate) fn fowlkes_mallows(&self) -> f64 {
        let both = self.pairs_in_cells();
        if both == 0 {
            return 0.0;
        }
        let share = |of: i128| both as f64 / of as f64;
        (share(self.pairs_in_classes()) * share(self.pairs_in_clusters())).sqrt()
    }

    fn pairs_in_cells(&self) -> i128 {
        self.cells.iter().map(|cell| pairs(cell.count)).sum()
    }

    fn pairs_in_classes(&self) -> i128 {
        self.class_sizes.iter().map(|&size| pairs(size)).sum()
    }

    fn pairs_in_clusters(&self) -> i128 {
        self.cluster_sizes.iter().map(|&size| pairs(size)).sum()
    }
}

/// Ordered pairs of different rows of a group: twice the number of pairs.
pub(crate) fn pairs(size: usize) -> i128 {
    let size = size as i128;
    size * (size - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trivial_agreement_is_complete() {
        for same in [vec![0; 5], (0..5).collect(), vec![0]] {
            let labels = Labels::new(same).unwrap();
            assert_eq!(adjusted_rand_index(&labels, &labels), Ok(1.0));
        }
    }

    #[test]
    fn all_in_one_is_as_good_as_chance() {
        let single = Labels::new(vec![0; 4]).unwrap();
        let split = Labels::new(vec![0, 0, 1, 1]).unwrap();
        assert_eq!(adjusted_rand_index(&split, &single), Ok(0.0));
    }
}
