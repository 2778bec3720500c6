use n2d_core::Labels;
use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::{Contingency, MetricError};

/// The mean of the two entropies by which mutual information is normalised. Default [`Mean::Arithmetic`], as scikit-learn's.
///
/// Since mutual information is at most the smaller entropy, `Min <= Geometric <= Arithmetic <= Max` as divisors, and the
/// results are in the opposite order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mean {
    /// Half the sum. NMI is then the V-measure with `beta` 1.
    #[default]
    Arithmetic,
    /// The root of the product (Strehl and Ghosh 2002).
    Geometric,
    /// The smaller. NMI is then 1 already where one labelling refines the other.
    Min,
    /// The greater.
    Max,
}

impl Mean {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Arithmetic => 0.5 * (a + b),
            Self::Geometric => (a * b).sqrt(),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
        }
    }
}

/// Normalised mutual information (NMI): what the clusters tell of the classes, over the arithmetic mean of the two
/// entropies. In `[0, 1]`, 1 is best; symmetric in its arguments. Noise is a group of its own.
///
/// As `normalized_mutual_info_score` of scikit-learn with its default mean. Where both sides are one single group the
/// agreement is complete, and the result 1; where only one is, the result is 0. Not adjusted for chance: many small
/// clusters raise it. (Strehl and Ghosh 2002, *Cluster ensembles*; Vinh, Epps and Bailey 2010.) For other means and other
/// ways with noise see [`Comparison::normalized_mutual_info`](crate::Comparison::normalized_mutual_info).
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::normalized_mutual_info;
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// assert_eq!(normalized_mutual_info(&classes, &Labels::new(vec![5, 5, 2, 2])?)?, 1.0);
/// assert_eq!(normalized_mutual_info(&classes, &Labels::new(vec![0, 1, 0, 1])?)?, 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError`] where the two are not of one length, or empty.
pub fn normalized_mutual_info(y_true: &Labels, y_pred: &Labels) -> Result<f64, MetricError> {
    Ok(Contingency::new(y_true, y_pred)?.normalized_mutual_info())
}

impl Contingency {
    /// As the function [`normalized_mutual_info`](crate::normalized_mutual_info()).
    pub fn normalized_mutual_info(&self) -> f64 {
        self.counts().normalized_mutual_info(Mean::Arithmetic)
    }

    /// What the clusters tell of the classes, in nats; noise is a group of its own. From 0 to the smaller entropy.
    pub fn mutual_info(&self) -> f64 {
        self.counts().mutual_info()
    }
}

impl Counts {
    pub(crate) fn normalized_mutual_info(&self, mean: Mean) -> f64 {
        if self.is_perfect() {
            return 1.0;
        }
        let information = self.mutual_info();
        if information <= f64::EPSILON {
            return 0.0;
        }
        (information / mean.of(self.class_entropy(), self.cluster_entropy())).clamp(0.0, 1.0)
    }

    /// 1 where there is one class only: nothing is there to be told.
    pub(crate) fn homogeneity(&self) -> f64 {
        self.share_told(self.class_entropy())
    }

    /// 1 where there is one cluster only.
    pub(crate) fn completeness(&self) -> f64 {
        self.share_told(self.cluster_entropy())
    }

    fn share_told(&self, entropy: f64) -> f64 {
        if self.is_perfect() || entropy <= 0.0 {
            return 1.0;
        }
        (self.mutual_info() / entropy).min(1.0)
    }

    /// AMI, for a table that is not empty.
    pub(crate) fn adjusted_mutual_info(&self, mean: Mean) -> f64 {
        if self.is_perfect() {
            return 1.0;
        }
        if self.class_sizes.len() == 1 || self.cluster_sizes.len() == 1 {
            return 0.0;
        }
        let expected = self.expected_mutual_info();
        let most = mean.of(self.class_entropy(), self.cluster_entropy());
        // Where even the most is what chance gives (singletons with `Min`), nothing is better than chance.
        if most - expected <= 1e-12 * most {
            return 0.0;
        }
        ((self.mutual_info() - expected) / (most - expected)).min(1.0)
    }

    /// In nats; never below zero, though rounded sums may be.
    pub(crate) fn mutual_info(&self) -> f64 {
        let n = self.n_samples as f64;
        let term = |cell: &crate::Cell| {
            let count = cell.count as f64;
            let (class, cluster) = (self.class_sizes[cell.class], self.cluster_sizes[cell.cluster]);
            let independent = (class as f64 / n) * (cluster as f64 / n);
            count / n * (count / n / independent).ln()
        };
        self.cells.iter().map(term).sum::<f64>().max(0.0)
    }

    pub(crate) fn class_entropy(&self) -> f64 {
        entropy(&self.class_sizes, self.n_samples as f64)
    }

    pub(crate) fn cluster_entropy(&self) -> f64 {
        entropy(&self.cluster_sizes, self.n_samples as f64)
    }
}

/// The weighted harmonic mean of homogeneity and completeness; 0 where both are.
pub(crate) fn v_measure(homogeneity: f64, completeness: f64, beta: f64) -> f64 {
    let sum = beta * homogeneity + completeness;
    if sum == 0.0 {
        return 0.0;
    }
    (1.0 + beta) * homogeneity * completeness / sum
}

/// In nats.
fn entropy(sizes: &[usize], n: f64) -> f64 {
    let term = |&size: &usize| size as f64 / n * (size as f64 / n).ln();
    -sizes.iter().map(term).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_group_tells_nothing() {
        let single = Labels::new(vec![3; 6]).unwrap();
        let split = Labels::new(vec![0, 0, 0, 1, 1, -1]).unwrap();
        assert_eq!(normalized_mutual_info(&split, &single), Ok(0.0));
        assert_eq!(normalized_mutual_info(&single, &split), Ok(0.0));
        assert_eq!(normalized_mutual_info(&single, &single), Ok(1.0));
    }

    #[test]
    fn beta_moves_v_from_homogeneity_to_completeness() {
        assert_eq!(v_measure(0.25, 0.75, 0.0), 0.25);
        assert!((v_measure(0.25, 0.75, 1e9) - 0.75).abs() < 1e-6);
        assert_eq!(v_measure(0.25, 0.75, 1.0), 0.375);
        assert_eq!(v_measure(0.0, 0.0, 1.0), 0.0);
        assert_eq!(v_measure(1.0, 0.0, 0.0), 0.0);
    }
}
