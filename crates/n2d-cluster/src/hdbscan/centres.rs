//! One row, or point, that stands for a cluster. Clusters may have any shape: exemplars say more. Noise that `assign_noise` has
//! given to a cluster takes no part.

use n2d_core::FittedClusterer;
use rayon::prelude::*;

use super::fitted::FittedHdbscan;

impl FittedHdbscan {
    /// The mean of a cluster's rows, weighted by their strengths, `(n_features)`. None where no row has the label, or the fit was on
    /// given distances.
    pub fn weighted_centroid(&self, label: usize) -> Option<Vec<f64>> {
        let rows = self.space.rows.as_deref()?;
        let d = self.n_features();
        let mut sums = vec![0.0; d];
        let mut total = 0.0;
        for row in self.members(label) {
            let weight = f64::from(self.probabilities()[row]);
            total += weight;
            for (sum, &x) in sums.iter_mut().zip(&rows[row * d..][..d]) {
                *sum += weight * f64::from(x);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= total);
        (total > 0.0).then_some(sums)
    }

    /// The row of a cluster from which its rows are nearest in the mean, weighted by their strengths; the first for a tie. Takes
    /// all distances within the cluster. None as for [`weighted_centroid`](Self::weighted_centroid).
    pub fn weighted_medoid(&self, label: usize) -> Option<usize> {
        let rows = self.space.rows.as_deref()?;
        let d = self.n_features();
        let at = |row: usize| &rows[row * d..][..d];
        let members = self.members(label);
        let farness = |&row: &usize| {
            let weighted = |&other: &usize| {
                let distance = self.space.metric.distance(at(row), at(other));
                distance * f64::from(self.probabilities()[other])
            };
            (members.iter().map(weighted).sum::<f64>(), row)
        };
        let least = |a: (f64, usize), b: (f64, usize)| if (b.0, b.1) < (a.0, a.1) { b } else { a };
        let all: Vec<(f64, usize)> = members.par_iter().map(farness).collect();
        all.into_iter().reduce(least).map(|(_, row)| row)
    }

    /// Those in the cluster by their density.
    fn members(&self, label: usize) -> Vec<usize> {
        let labels = self.flat.labels.as_slice().iter().enumerate();
        labels
            .filter(|&(_, &of)| usize::try_from(of) == Ok(label))
            .map(|(row, _)| row)
            .collect()
    }
}
