use n2d_core::Labels;

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
        // Twice the number of pairs in each group: n^2 at the most, so that products fit i128 up to 2^31 rows.
        let in_both: i128 = self.cells().iter().map(|cell| pairs(cell.count)).sum();
        let in_class: i128 = self.class_sizes().iter().map(|&size| pairs(size)).sum();
        let in_cluster: i128 = self.cluster_sizes().iter().map(|&size| pairs(size)).sum();
        if in_both == in_class && in_both == in_cluster {
            return 1.0;
        }
        let all = pairs(self.n_samples());
        let above_chance = in_both * all - in_class * in_cluster;
        let most_above_chance = (in_class + in_cluster) * all - 2 * in_class * in_cluster;
        2.0 * above_chance as f64 / most_above_chance as f64
    }
}

/// Ordered pairs of different rows of a group.
fn pairs(size: usize) -> i128 {
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
