use n2d_core::Labels;
use n2d_core::check::Options;

use crate::counts::Counts;
use crate::information::v_measure;
use crate::rand_index::pairs;
use crate::{Contingency, Mean, MetricError, Noise, PairConfusion};

/// Predicted labels against the true ones, with noise treated in one of three ways: every external measure from one table.
///
/// All counts are whole numbers, so results depend on no order of rows. All measures but [`purity`](Self::purity),
/// [`homogeneity`](Self::homogeneity), [`completeness`](Self::completeness) and, where `beta` is not 1,
/// [`v_measure`](Self::v_measure) are symmetric in the two labellings. What noise does to each stands in a table at [`Noise`].
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::{Comparison, Mean, Noise};
///
/// let classes = Labels::new(vec![0, 0, 0, 1, 1, 1])?;
/// let clusters = Labels::new(vec![2, 2, -1, 5, 5, 5])?;
/// let strict = Comparison::new(&classes, &clusters, Noise::CountedWrong)?;
/// assert!((strict.normalized_mutual_info(Mean::Arithmetic) - 5.0 / 6.0).abs() < 1e-15);
/// let lenient = Comparison::new(&classes, &clusters, Noise::LeftOut)?;
/// assert_eq!(lenient.accuracy(), 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    noise: Noise,
    /// What measures that look at each row are made of; may be empty where noise is counted wrong.
    rows: Counts,
    /// What measures that look at pairs are made of, and AMI.
    groups: Counts,
    n_samples: usize,
    n_noise: usize,
}

impl Comparison {
    /// Compares two labellings of the same rows, in `O(n log n)` for n rows.
    ///
    /// # Errors
    /// As [`of`](Self::of), and [`MetricError`] where the two are not of one length, or empty.
    pub fn new(y_true: &Labels, y_pred: &Labels, noise: Noise) -> Result<Self, MetricError> {
        Self::of(&Contingency::new(y_true, y_pred)?, noise)
    }

    /// The same from a table that is there already.
    ///
    /// # Errors
    /// [`MetricError::AllNoise`] where noise is left out and no row is left.
    pub fn of(table: &Contingency, noise: Noise) -> Result<Self, MetricError> {
        let kept = table.kept();
        let n_noise = table.n_samples() - kept.n_samples;
        let (rows, groups) = match noise {
            Noise::CountedWrong => (kept, table.apart()),
            Noise::LeftOut if kept.n_samples == 0 => return Err(MetricError::AllNoise),
            Noise::LeftOut => (kept.clone(), kept),
            Noise::OwnCluster => (table.counts().clone(), table.counts().clone()),
        };
        Ok(Self {
            noise,
            rows,
            groups,
            n_samples: table.n_samples(),
            n_noise,
        })
    }

    /// How noise is treated.
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// Rows given; noise is among them.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// Rows whose true or predicted label is noise.
    pub fn n_noise(&self) -> usize {
        self.n_noise
    }

    /// Clustering accuracy; see [`accuracy`](crate::accuracy()). In `[0, 1]`, 1 is best; above 0 by chance.
    pub fn accuracy(&self) -> f64 {
        self.rows.n_right() as f64 / self.n_judged() as f64
    }

    /// The share of rows that are right where each cluster stands for its most frequent class. In `(0, 1]` without noise, 1
    /// is best; never below the accuracy. More clusters raise it, up to 1 for a cluster a row.
    pub fn purity(&self) -> f64 {
        self.rows.n_in_majority() as f64 / self.n_judged() as f64
    }

    /// Mutual information over a mean of the two entropies. In `[0, 1]`, 1 is best; above 0 by chance. With
    /// [`Noise::OwnCluster`] that of [`normalized_mutual_info`](crate::normalized_mutual_info()).
    pub fn normalized_mutual_info(&self, mean: Mean) -> f64 {
        self.of_kept(|rows| rows.normalized_mutual_info(mean))
    }

    /// Mutual information above what chance gives, over the most there can be above it: 1 is best, 0 chance, and less is worse
    /// than chance. As `adjusted_mutual_info_score` of scikit-learn; the expectation is exact.
    ///
    /// 1 where both group the rows alike, one group each included; 0 where only one of them is a single group, and where the
    /// mean of the entropies is itself what chance gives. (There scikit-learn's sign depends on rounding.)
    ///
    /// `O(s t sqrt(n))` for `s` and `t` different sizes of classes and clusters (Vinh, Epps and Bailey 2010, *Information
    /// theoretic measures for clusterings comparison*).
    pub fn adjusted_mutual_info(&self, mean: Mean) -> f64 {
        self.of_groups(|groups| groups.adjusted_mutual_info(mean))
    }

    /// The share of the classes' entropy that the clusters tell: 1 where every cluster is of one class. In `[0, 1]`.
    /// 1 where there is one class only. (Rosenberg and Hirschberg 2007, *V-measure*.)
    pub fn homogeneity(&self) -> f64 {
        self.of_kept(Counts::homogeneity)
    }

    /// The share of the clusters' entropy that the classes tell: 1 where every class is in one cluster. In `[0, 1]`.
    /// 1 where there is one cluster only.
    pub fn completeness(&self) -> f64 {
        self.of_kept(Counts::completeness)
    }

    /// The harmonic mean of homogeneity, with weight 1, and completeness, with weight `beta`. In `[0, 1]`, 1 is best. With
    /// `beta` 1, scikit-learn's default, it is NMI with the arithmetic mean, but for one single group on both sides or rounding.
    ///
    /// # Errors
    /// [`MetricError::Option`] where `beta` is below 0 or not finite.
    pub fn v_measure(&self, beta: f64) -> Result<f64, MetricError> {
        Options::of("v_measure").not_negative("beta", beta)?;
        Ok(self.v(beta))
    }

    /// The share of pairs of rows on which both agree, together or apart. In `[0, 1]`, 1 is best; far above 0 by chance. 1 for a
    /// single row (as scikit-learn has it), unless that is noise and counted wrong.
    pub fn rand_index(&self) -> f64 {
        let all = pairs(self.n_judged());
        if all == 0 {
            return if self.rows.n_samples > 0 { 1.0 } else { 0.0 };
        }
        // An empty table has no pairs, so no agreements.
        self.rows.agreements() as f64 / all as f64
    }

    /// The Rand index adjusted for chance; see [`adjusted_rand_index`](crate::adjusted_rand_index()), which is this with
    /// [`Noise::OwnCluster`]. In `[-0.5, 1]`, 1 is best, 0 chance.
    pub fn adjusted_rand_index(&self) -> f64 {
        self.of_groups(Counts::adjusted_rand_index)
    }

    /// The geometric mean of the share of pairs in one class that are in one cluster, and of pairs in one cluster that are in
    /// one class. In `[0, 1]`, 1 is best; 0 where no pair is together in both, a single row included (as scikit-learn has it).
    /// (Fowlkes and Mallows 1983.)
    pub fn fowlkes_mallows(&self) -> f64 {
        self.of_groups(Counts::fowlkes_mallows)
    }

    /// Pairs of rows by whether the labellings put them together.
    pub fn pair_confusion(&self) -> PairConfusion {
        self.groups.pair_confusion()
    }

    pub(crate) fn v(&self, beta: f64) -> f64 {
        self.of_kept(|rows| v_measure(rows.homogeneity(), rows.completeness(), beta))
    }

    /// The rows that a share is taken of.
    fn n_judged(&self) -> usize {
        match self.noise {
            Noise::LeftOut => self.rows.n_samples,
            Noise::CountedWrong | Noise::OwnCluster => self.n_samples,
        }
    }

    /// Of the rows looked at, times their share of those judged.
    fn of_kept(&self, measure: impl Fn(&Counts) -> f64) -> f64 {
        if self.rows.n_samples == 0 {
            return 0.0;
        }
        measure(&self.rows) * (self.rows.n_samples as f64 / self.n_judged() as f64)
    }

    fn of_groups(&self, measure: impl Fn(&Counts) -> f64) -> f64 {
        if self.rows.n_samples == 0 {
            return 0.0;
        }
        measure(&self.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(y_true: &[i32], y_pred: &[i32], noise: Noise) -> Result<Comparison, MetricError> {
        let labels = |values: &[i32]| Labels::new(values.to_vec()).unwrap();
        Comparison::new(&labels(y_true), &labels(y_pred), noise)
    }

    #[test]
    fn all_noise_earns_nothing_or_is_refused() {
        for (y_true, y_pred) in [
            (vec![0, 1, 1], vec![-1; 3]),
            (vec![-1], vec![-1]),
            (vec![0], vec![-1]),
        ] {
            let wrong = compare(&y_true, &y_pred, Noise::CountedWrong).unwrap();
            let all = [
                wrong.accuracy(),
                wrong.purity(),
                wrong.normalized_mutual_info(Mean::Min),
                wrong.adjusted_mutual_info(Mean::Max),
                wrong.homogeneity(),
                wrong.completeness(),
                wrong.v_measure(2.0).unwrap(),
                wrong.rand_index(),
                wrong.adjusted_rand_index(),
                wrong.fowlkes_mallows(),
            ];
            assert_eq!(all, [0.0; 10]);
            assert_eq!(
                compare(&y_true, &y_pred, Noise::LeftOut),
                Err(MetricError::AllNoise)
            );
            assert_eq!(wrong.n_noise(), y_true.len());
        }
    }

    #[test]
    fn pairs_with_noise_are_disagreements() {
        let wrong = compare(&[0, 0, 1, 1], &[4, 4, 4, -1], Noise::CountedWrong).unwrap();
        assert_eq!(wrong.rand_index(), 1.0 / 6.0);
        let confusion = wrong.pair_confusion();
        assert_eq!((confusion.together, confusion.only_in_class), (1, 1));
        assert_eq!((confusion.only_in_cluster, confusion.apart), (2, 2));
    }

    #[test]
    fn beta_is_checked() {
        let same = compare(&[0, 1], &[1, 0], Noise::LeftOut).unwrap();
        for beta in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(same.v_measure(beta), Err(MetricError::Option(_))));
        }
    }

    #[test]
    fn noise_as_a_group_can_stand_for_a_class() {
        let own = compare(&[0, 0, 1, 1], &[-1, -1, 3, 3], Noise::OwnCluster).unwrap();
        assert_eq!((own.accuracy(), own.purity(), own.n_noise()), (1.0, 1.0, 2));
        let wrong = compare(&[0, 0, 1, 1], &[-1, -1, 3, 3], Noise::CountedWrong).unwrap();
        assert_eq!(
            (wrong.accuracy(), wrong.purity(), wrong.homogeneity()),
            (0.5, 0.5, 0.5)
        );
    }
}
