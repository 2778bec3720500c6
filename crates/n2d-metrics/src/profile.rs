//! What sets each cluster apart, and which of its rows are typical of it.

use n2d_core::{Labels, Samples};
use rayon::prelude::*;

use crate::groups::Groups;
use crate::{MetricError, Noise};

/// What one cluster is like beside all other rows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClusterProfile {
    /// The cluster.
    pub label: i32,
    /// Its rows.
    pub size: usize,
    /// The mean of its rows, a value a column.
    pub mean: Vec<f64>,
    /// How far it is from the other rows in each column: Cohen's d. Infinite where neither has any spread but their means differ;
    /// 0 for every column where there are no other rows.
    pub effects: Vec<f64>,
}

impl ClusterProfile {
    /// The columns with their effects, the strongest of either sign first; of equal ones the first column.
    pub fn strongest(&self) -> Vec<(usize, f64)> {
        let mut columns: Vec<(usize, f64)> = self.effects.iter().copied().enumerate().collect();
        columns.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        columns
    }
}

/// What each cluster is like: its size, its mean, and how far it is from all other rows in each column, noise among them. Noise itself
/// has no profile. In the order of the clusters' numbers.
///
/// The effect is Cohen's d: the difference of the two means over their pooled standard deviation,
/// `sqrt(((n_1 - 1) s_1^2 + (n_2 - 1) s_2^2) / (n_1 + n_2 - 2))`. About 0.2 is small, 0.8 large (Cohen 1988, *Statistical power analysis
/// for the behavioral sciences*).
///
/// Takes `O(n d + k^2 d)` for n rows, d columns and k clusters; deterministic for any number of threads.
///
/// ```
/// use n2d_core::{Labels, Samples};
/// use n2d_metrics::cluster_profiles;
///
/// let x = Samples::from_rows(&[1.0, 7.0, 3.0, 7.0, 9.0, 6.0, 11.0, 8.0], 2)?;
/// let profiles = cluster_profiles(x, &Labels::new(vec![0, 0, 1, 1])?)?;
/// assert_eq!(profiles[1].mean, [10.0, 7.0]);
/// assert_eq!(profiles[1].strongest()[0], (0, 8.0 / 2.0_f64.sqrt()));
/// assert_eq!(profiles[1].effects[1], 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`].
pub fn cluster_profiles(x: Samples<'_>, labels: &Labels) -> Result<Vec<ClusterProfile>, MetricError> {
    let groups = Groups::new(x, labels, Noise::OwnCluster)?;
    let moments: Vec<Moments> = (0..groups.len())
        .into_par_iter()
        .map(|group| Moments::of(x, &groups.rows[groups.range(group)]))
        .collect();
    let profile = |group: usize| {
        let own = &moments[group];
        let others = moments.iter().enumerate().filter(|&(other, _)| other != group);
        let others = others.fold(Moments::none(x.n_features()), |sum, (_, moments)| {
            sum.joined(moments)
        });
        ClusterProfile {
            label: groups.labels[group],
            size: groups.range(group).len(),
            effects: own.effects(&others),
            mean: own.mean.clone(),
        }
    };
    let clusters = (0..groups.len()).filter(|&group| groups.labels[group] != Labels::NOISE);
    let clusters: Vec<usize> = clusters.collect();
    Ok(clusters.into_par_iter().map(profile).collect())
}

/// How typical each row is of its cluster, by centroids: `(b - a) / max(a, b)`, where `a` is the distance to the centroid of its own
/// cluster and `b` that to the nearest other one. In `[-1, 1]`; below 0 a row is nearer to another centroid. Noise has none. A row with
/// `a = b = 0` scores 0.
///
/// The simplified silhouette, in `O(n k d)` where the [silhouette](crate::silhouette_samples) takes `O(n^2 d)`. (Hruschka, de Castro and
/// Campello 2004, *Evolutionary algorithms for clustering gene-expression data*.) Deterministic for any number of threads.
///
/// ```
/// use n2d_core::{Labels, Samples};
/// use n2d_metrics::simplified_silhouette_samples;
///
/// let x = Samples::from_rows(&[0.0, 2.0, 10.0, 12.0, 5.0], 1)?;
/// let each = simplified_silhouette_samples(x, &Labels::new(vec![0, 0, 1, 1, -1])?)?;
/// assert_eq!(each, [Some(10.0 / 11.0), Some(8.0 / 9.0), Some(8.0 / 9.0), Some(10.0 / 11.0), None]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError::RowsMismatch`]; [`MetricError::ClusterCount`] where there are not at least 2 clusters, fewer than rows in them.
pub fn simplified_silhouette_samples(
    x: Samples<'_>,
    labels: &Labels,
) -> Result<Vec<Option<f64>>, MetricError> {
    let groups = Groups::new(x, labels, Noise::LeftOut)?.at_least_two("simplified silhouette")?;
    let centroids: Vec<Moments> = (0..groups.len())
        .into_par_iter()
        .map(|group| Moments::of(x, &groups.rows[groups.range(group)]))
        .collect();
    let score = |(row, &label): (&[f32], &i32)| {
        let own = groups.labels.binary_search(&label).ok()?;
        let distance = |group: usize| distance(row, &centroids[group].mean);
        let others = (0..centroids.len()).filter(|&group| group != own);
        let (a, b) = (distance(own), others.map(distance).fold(f64::INFINITY, f64::min));
        let longer = a.max(b);
        Some(if longer > 0.0 { (b - a) / longer } else { 0.0 })
    };
    let rows = x.as_slice().par_chunks(x.n_features());
    Ok(rows.zip(labels.as_slice()).map(score).collect())
}

fn distance(row: &[f32], centroid: &[f64]) -> f64 {
    let terms = row.iter().zip(centroid);
    let squared: f64 = terms
        .map(|(&value, mean)| (f64::from(value) - mean).powi(2))
        .sum();
    squared.sqrt()
}

/// Number, means and sums of squared deviations of rows, a value a column.
struct Moments {
    n: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    fn none(n_features: usize) -> Self {
        Self {
            n: 0.0,
            mean: vec![0.0; n_features],
            squares: vec![0.0; n_features],
        }
    }

    /// In two passes, in the order of the rows.
    fn of(x: Samples<'_>, rows: &[usize]) -> Self {
        let row = |&row: &usize| &x.as_slice()[row * x.n_features()..][..x.n_features()];
        let mut moments = Self::none(x.n_features());
        moments.n = rows.len() as f64;
        for row in rows.iter().map(row) {
            let sums = moments.mean.iter_mut().zip(row);
            sums.for_each(|(sum, &value)| *sum += f64::from(value));
        }
        moments.mean.iter_mut().for_each(|sum| *sum /= moments.n);
        for row in rows.iter().map(row) {
            let sums = moments.squares.iter_mut().zip(&moments.mean).zip(row);
            sums.for_each(|((sum, mean), &value)| *sum += (f64::from(value) - mean).powi(2));
        }
        moments
    }

    /// Of the rows of both (Chan, Golub and LeVeque 1979).
    fn joined(mut self, other: &Self) -> Self {
        let n = self.n + other.n;
        for (column, mean) in self.mean.iter_mut().enumerate() {
            let apart = other.mean[column] - *mean;
            *mean += apart * other.n / n;
            self.squares[column] += other.squares[column] + apart * apart * self.n * other.n / n;
        }
        self.n = n;
        self
    }

    fn effects(&self, others: &Self) -> Vec<f64> {
        let degrees = self.n + others.n - 2.0;
        let effect = |column: usize| {
            let apart = self.mean[column] - others.mean[column];
            let pooled = ((self.squares[column] + others.squares[column]) / degrees).sqrt();
            if others.n == 0.0 || apart == 0.0 {
                0.0
            } else if pooled > 0.0 {
                apart / pooled
            } else {
                // Two rows have no degree of freedom left: no spread either.
                apart.signum() * f64::INFINITY
            }
        };
        (0..self.mean.len()).map(effect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f32], width: usize, labels: &[i32]) -> Vec<ClusterProfile> {
        let x = Samples::from_rows(values, width).unwrap();
        cluster_profiles(x, &Labels::new(labels.to_vec()).unwrap()).unwrap()
    }

    #[test]
    fn columns_without_spread_and_lone_rows_have_defined_effects() {
        let apart = of(&[1.0, 5.0, 1.0, 5.0, 2.0, 5.0, 2.0, 5.0], 2, &[0, 0, 3, 3]);
        assert_eq!((apart[0].label, apart[1].label), (0, 3));
        assert_eq!(apart[0].effects, [f64::NEG_INFINITY, 0.0]);
        assert_eq!(apart[1].strongest(), [(0, f64::INFINITY), (1, 0.0)]);
        assert_eq!(of(&[1.0, 4.0], 1, &[0, 0])[0].effects, [0.0]);
        assert_eq!(of(&[1.0, 4.0], 1, &[0, 1])[1].effects, [f64::INFINITY]);
        assert!(of(&[1.0, 4.0], 1, &[-1, -1]).is_empty());
        assert_eq!(of(&[1.0], 1, &[0])[0].effects, [0.0]);
    }

    #[test]
    fn noise_is_among_the_others() {
        let profiles = of(&[0.0, 1.0, 9.0, 10.0], 1, &[0, 0, -1, -1]);
        assert_eq!(profiles.len(), 1);
        assert!(profiles[0].effects[0] < -10.0);
    }

    #[test]
    fn rows_at_one_place_and_single_clusters() {
        let x = Samples::from_rows(&[1.0, 1.0, 1.0, 1.0], 1).unwrap();
        let labels = |labels: &[i32]| Labels::new(labels.to_vec()).unwrap();
        let each = simplified_silhouette_samples(x, &labels(&[0, 0, 1, 1])).unwrap();
        assert_eq!(each, [Some(0.0); 4]);
        assert!(matches!(
            simplified_silhouette_samples(x, &labels(&[0, 0, 0, 0])),
            Err(MetricError::ClusterCount { .. })
        ));
    }

    proptest! {
        #[test]
        fn effects_are_those_of_the_definition(
            rows in prop::collection::vec((prop::array::uniform2(-100.0_f32..100.0), -1_i32..4), 3..40),
        ) {
            let values: Vec<f32> = rows.iter().flat_map(|(row, _)| *row).collect();
            let labels: Vec<i32> = rows.iter().map(|(_, label)| *label).collect();
            for profile in of(&values, 2, &labels) {
                for column in 0..2 {
                    let side = |inside: bool| -> Vec<f64> {
                        let rows = rows.iter().filter(|(_, label)| (*label == profile.label) == inside);
                        rows.map(|(row, _)| f64::from(row[column])).collect()
                    };
                    let (own, others) = (side(true), side(false));
                    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
                    let squares = |v: &[f64]| v.iter().map(|x| (x - mean(v)).powi(2)).sum::<f64>();
                    prop_assert!((profile.mean[column] - mean(&own)).abs() < 1e-9);
                    if others.is_empty() {
                        prop_assert_eq!(profile.effects[column], 0.0);
                        continue;
                    }
                    let pooled = (squares(&own) + squares(&others)) / (rows.len() as f64 - 2.0);
                    let expected = (mean(&own) - mean(&others)) / pooled.sqrt();
                    if expected.is_finite() && pooled > 1e-6 {
                        prop_assert!((profile.effects[column] - expected).abs() < 1e-6 * (1.0 + expected.abs()));
                    }
                }
            }
        }
    }
}
