use n2d_core::{Labels, Samples};
use rayon::prelude::*;

use crate::groups::Groups;
use crate::{MetricError, Noise};

/// Davies-Bouldin index: for each cluster the worst ratio, over the other clusters, of the two mean distances to the centroids
/// to the distance between the centroids; then the mean over clusters. From 0, which is best, without a bound.
///
/// As `davies_bouldin_score` of scikit-learn, euclidean as there, since a centroid is a mean. Clusters whose centroids are at
/// one place are not compared; 0 where all are, or where every row lies at its centroid. A cluster of one row has spread 0.
///
/// Takes `O(n d + k^2 d)` for n rows, d features and k clusters; deterministic for any number of threads. (Davies and Bouldin
/// 1979, *A cluster separation measure*.)
///
/// ```
/// use n2d_core::{Labels, Samples};
/// use n2d_metrics::{Noise, davies_bouldin};
///
/// let x = Samples::from_rows(&[0.0, 2.0, 10.0, 12.0], 1)?;
/// let labels = Labels::new(vec![0, 0, 1, 1])?;
/// assert_eq!(davies_bouldin(x, &labels, Noise::LeftOut)?, 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`]; [`MetricError::ClusterCount`] where there are not at least 2 clusters, fewer than rows in
/// them (as scikit-learn); [`MetricError::NoiseChoice`] for [`Noise::CountedWrong`]: there is no worst value.
pub fn davies_bouldin(x: Samples<'_>, labels: &Labels, noise: Noise) -> Result<f64, MetricError> {
    let groups = checked("davies_bouldin", x, labels, noise)?;
    let clusters = spreads(x, &groups, f64::sqrt);
    let worst = |cluster: &Cluster| {
        let ratio = |other: &Cluster| {
            let apart = between(&cluster.centroid, &other.centroid).sqrt();
            let spread = cluster.mean() + other.mean();
            if apart > 0.0 { spread / apart } else { 0.0 }
        };
        clusters.iter().map(ratio).fold(0.0, f64::max)
    };
    let worst: Vec<f64> = clusters.par_iter().map(worst).collect();
    Ok(worst.iter().sum::<f64>() / clusters.len() as f64)
}

/// Calinski-Harabasz index, the variance ratio: the sum of squares between clusters over that within them, each divided by its
/// degrees of freedom. From 0 without a bound; more is better.
///
/// As `calinski_harabasz_score` of scikit-learn: 1 where there is no variance within clusters at all.
///
/// Takes `O(n d)` for n rows of d features; deterministic for any number of threads. (Calinski and Harabasz 1974, *A dendrite
/// method for cluster analysis*.)
///
/// ```
/// use n2d_core::{Labels, Samples};
/// use n2d_metrics::{Noise, calinski_harabasz};
///
/// let x = Samples::from_rows(&[0.0, 2.0, 10.0, 12.0], 1)?;
/// let labels = Labels::new(vec![0, 0, 1, 1])?;
/// assert_eq!(calinski_harabasz(x, &labels, Noise::LeftOut)?, 50.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`davies_bouldin`].
pub fn calinski_harabasz(x: Samples<'_>, labels: &Labels, noise: Noise) -> Result<f64, MetricError> {
    let groups = checked("calinski_harabasz", x, labels, noise)?;
    let clusters = spreads(x, &groups, |squared| squared);
    let (n, k) = (groups.rows.len() as f64, clusters.len() as f64);
    let mut mean = vec![0.0; x.n_features()];
    for cluster in &clusters {
        let weight = cluster.size / n;
        mean.iter_mut()
            .zip(&cluster.centroid)
            .for_each(|(mean, value)| *mean += weight * value);
    }
    let weighted = |cluster: &Cluster| cluster.size * between(&cluster.centroid, &mean);
    let explained: f64 = clusters.iter().map(weighted).sum();
    let within: f64 = clusters.iter().map(|cluster| cluster.spread).sum();
    if within == 0.0 {
        return Ok(1.0);
    }
    Ok(explained * (n - k) / (within * (k - 1.0)))
}

fn checked(
    measure: &'static str,
    x: Samples<'_>,
    labels: &Labels,
    noise: Noise,
) -> Result<Groups, MetricError> {
    if noise == Noise::CountedWrong {
        return Err(MetricError::NoiseChoice {
            measure,
            noise,
            reason: "the measure has no worst value to give it",
        });
    }
    Groups::new(x, labels, noise)?.at_least_two(measure)
}

/// A cluster as these measures see it.
struct Cluster {
    centroid: Vec<f64>,
    size: f64,
    /// The sum over rows of what is made of the squared distance to the centroid.
    spread: f64,
}

impl Cluster {
    fn mean(&self) -> f64 {
        self.spread / self.size
    }
}

/// Each cluster by one task, so that its sums are in the order of its rows.
fn spreads(x: Samples<'_>, groups: &Groups, of_squared: impl Fn(f64) -> f64 + Sync) -> Vec<Cluster> {
    let spread = |cluster: usize| {
        let rows = &groups.rows[groups.range(cluster)];
        let row = |&row: &usize| &x.as_slice()[row * x.n_features()..][..x.n_features()];
        let mut centroid = vec![0.0; x.n_features()];
        for row in rows.iter().map(row) {
            centroid
                .iter_mut()
                .zip(row)
                .for_each(|(sum, &value)| *sum += f64::from(value));
        }
        centroid.iter_mut().for_each(|sum| *sum /= rows.len() as f64);
        let squared = |row: &[f32]| -> f64 {
            let terms = row
                .iter()
                .zip(&centroid)
                .map(|(&value, mean)| f64::from(value) - mean);
            terms.map(|difference| difference * difference).sum()
        };
        let spread = rows.iter().map(|at| of_squared(squared(row(at)))).sum();
        Cluster {
            centroid,
            size: rows.len() as f64,
            spread,
        }
    };
    (0..groups.len()).into_par_iter().map(spread).collect()
}

/// Squared distance.
fn between(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
