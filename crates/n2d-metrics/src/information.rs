use n2d_core::Labels;

use crate::{Contingency, MetricError};

/// Normalised mutual information (NMI): what the clusters tell of the classes, over the arithmetic mean of the two
/// entropies. In `[0, 1]`, 1 is best; symmetric in its arguments. Noise is a group of its own.
///
/// As `normalized_mutual_info_score` of scikit-learn with its default mean. Where both sides are one single group the
/// agreement is complete, and the result 1; where only one is, the result is 0. Not adjusted for chance: many small
/// clusters raise it. (Strehl and Ghosh 2002, *Cluster ensembles*; Vinh, Epps and Bailey 2010.)
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
        if self.classes().len() == 1 && self.clusters().len() == 1 {
            return 1.0;
        }
        let information = self.mutual_info();
        if information <= f64::EPSILON {
            return 0.0;
        }
        let n = self.n_samples() as f64;
        let mean = 0.5 * (entropy(self.class_sizes(), n) + entropy(self.cluster_sizes(), n));
        (information / mean).clamp(0.0, 1.0)
    }

    /// In nats.
    fn mutual_info(&self) -> f64 {
        let n = self.n_samples() as f64;
        let term = |cell: &crate::Cell| {
            let count = cell.count as f64;
            let (class, cluster) = (self.class_sizes()[cell.class], self.cluster_sizes()[cell.cluster]);
            let independent = (class as f64 / n) * (cluster as f64 / n);
            count / n * (count / n / independent).ln()
        };
        self.cells().iter().map(term).sum()
    }
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
}
