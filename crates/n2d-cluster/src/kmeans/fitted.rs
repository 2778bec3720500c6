use n2d_core::check::same_features;
use n2d_core::persist::Save;
use n2d_core::{ApplyError, FittedClusterer, Labels, PartConfig, Predict, Samples};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::KMeansConfig;
use crate::chunks::{ROWS, sum_over_chunks};
use crate::lanes::{LANES, Lane, load, squared_distance};
use n2d_core::multiversion;

/// A fitted [`KMeans`](crate::KMeans) or [`MiniBatchKMeans`](crate::MiniBatchKMeans). Each row, new or not, has the label of the nearest centre.
#[derive(Debug, Clone)]
pub struct FittedKMeans {
    pub(super) name: &'static str,
    pub(super) centers: Array2<f64>,
    pub(super) labels: Labels,
    pub(super) inertia: f64,
}

impl FittedKMeans {
    /// One last round in double precision on the rows as given, from centres one after the other.
    pub(crate) fn settle(y: Samples<'_>, centers: Vec<f64>, weights: Option<&[f64]>) -> Self {
        let (labels, _) = nearest(y, &centers);
        let centers = means(y, &labels, &centers, weights);
        Self::at(KMeansConfig::NAME, y, centers, weights)
    }

    /// With centres as they are.
    pub(crate) fn at(name: &'static str, y: Samples<'_>, centers: Vec<f64>, weights: Option<&[f64]>) -> Self {
        let (labels, squared) = nearest(y, &centers);
        let n_features = y.n_features();
        let shape = (centers.len() / n_features, n_features);
        Self {
            name,
            centers: Array2::from_shape_vec(shape, centers).expect("a whole number of centres"),
            labels: Labels::new(labels).expect("labels are counted from zero"),
            inertia: weighted_sum(&squared, weights),
        }
    }

    /// The centres, `(n_clusters, n_features)`, in the units of the data: the means of the training rows of each cluster.
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        self.centers.view()
    }

    /// Sum of the squared distances of the training rows to their centres.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// How far rows lie from each centre, `(n_samples, n_clusters)`: scikit-learn's `transform`. In double precision, in
    /// parallel; takes `O(n_samples n_clusters n_features)`.
    ///
    /// ```
    /// use n2d_cluster::KMeansConfig;
    /// use n2d_core::{Clusterer, FitContext, PartConfig, Samples};
    ///
    /// let y = Samples::from_rows(&[0.0, 0.0, 3.0, 4.0], 2)?;
    /// let model = KMeansConfig::new(1).build()?.fit(y, &mut FitContext::new(0))?.model;
    /// assert_eq!(model.distances(y)?[(0, 0)], 2.5);
    /// assert_eq!(model.score(y)?, -12.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn distances(&self, y: Samples<'_>) -> Result<Array2<f64>, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let (n_clusters, n_features) = self.centers.dim();
        let mut distances = vec![0.0; y.n_samples() * n_clusters];
        distances
            .par_chunks_mut(ROWS * n_clusters)
            .zip(y.as_slice().par_chunks(ROWS * n_features))
            .for_each(|(out, rows)| distances_in_chunk(rows, self.center_values(), n_features, out));
        let shape = (y.n_samples(), n_clusters);
        Ok(Array2::from_shape_vec(shape, distances).expect("a distance for each row and centre"))
    }

    /// Minus the sum of the squared distances of rows to their nearest centres: the greater the better.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    pub fn score(&self, y: Samples<'_>) -> Result<f64, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let (_, squared) = nearest(y, self.center_values());
        Ok(-weighted_sum(&squared, None))
    }

    pub(crate) fn center_values(&self) -> &[f64] {
        self.centers.as_slice().expect("made row-major in `settle`")
    }
}

impl FittedClusterer for FittedKMeans {
    fn name(&self) -> &str {
        self.name
    }

    fn n_features(&self) -> usize {
        self.centers.ncols()
    }

    fn n_clusters(&self) -> usize {
        self.centers.nrows()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Predict for FittedKMeans {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        same_features(self.name(), self.n_features(), y)?;
        let (labels, _) = nearest(y, self.center_values());
        Ok(Labels::new(labels).expect("labels are counted from zero"))
    }
}

/// The nearest centre of each row, the lowest for a tie, and its squared distance; in double precision.
pub(crate) fn nearest(y: Samples<'_>, centers: &[f64]) -> (Vec<i32>, Vec<f64>) {
    let n_features = y.n_features();
    let mut labels = vec![0; y.n_samples()];
    let mut squared = vec![0.0; y.n_samples()];
    y.as_slice()
        .par_chunks(ROWS * n_features)
        .zip(labels.par_chunks_mut(ROWS))
        .zip(squared.par_chunks_mut(ROWS))
        .for_each(|((rows, labels), squared)| nearest_in_chunk(rows, centers, labels, squared));
    (labels, squared)
}

multiversion! {
    fn nearest_in_chunk(rows: &[f32], centers: &[f64], labels: &mut [i32], squared: &mut [f64]) {
        let n_features = rows.len() / labels.len();
        let mut block = vec![[0.0; LANES]; n_features];
        let out = labels.chunks_mut(LANES).zip(squared.chunks_mut(LANES));
        for (rows, (labels, squared)) in rows.chunks(LANES * n_features).zip(out) {
            load(rows, &mut block);
            let mut least: Lane = [f64::INFINITY; LANES];
            let mut best = [0_i32; LANES];
            for (at, center) in centers.chunks_exact(n_features).enumerate() {
                let distance = squared_distance(&block, center);
                for lane in 0..LANES {
                    if distance[lane] < least[lane] {
                        least[lane] = distance[lane];
                        best[lane] = at as i32;
                    }
                }
            }
            labels.copy_from_slice(&best[..labels.len()]);
            squared.copy_from_slice(&least[..squared.len()]);
        }
    }
}

multiversion! {
    fn distances_in_chunk(rows: &[f32], centers: &[f64], n_features: usize, out: &mut [f64]) {
        let n_clusters = centers.len() / n_features;
        let mut block = vec![[0.0; LANES]; n_features];
        for (rows, out) in rows.chunks(LANES * n_features).zip(out.chunks_mut(LANES * n_clusters)) {
            load(rows, &mut block);
            for (at, center) in centers.chunks_exact(n_features).enumerate() {
                let squared = squared_distance(&block, center);
                for (out, squared) in out.chunks_exact_mut(n_clusters).zip(squared) {
                    out[at] = squared.sqrt();
                }
            }
        }
    }
}

fn weighted_sum(squared: &[f64], weights: Option<&[f64]>) -> f64 {
    match weights {
        None => squared.iter().sum(),
        Some(weights) => squared.iter().zip(weights).map(|(s, w)| s * w).sum(),
    }
}

/// The means of the rows of each cluster; one without rows stays where it is.
fn means(y: Samples<'_>, labels: &[i32], centers: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
    let n_features = y.n_features();
    let n_clusters = centers.len() / n_features;
    let sums = sum_over_chunks(
        y.as_slice(),
        n_features,
        n_clusters * (n_features + 1),
        |chunk, sums| {
            let (points, counts) = sums.split_at_mut(n_clusters * n_features);
            for (at, row) in (chunk.first..).zip(chunk.rows.chunks_exact(n_features)) {
                let (label, weight) = (labels[at] as usize, weights.map_or(1.0, |weights| weights[at]));
                counts[label] += weight;
                for (sum, &x) in points[label * n_features..].iter_mut().zip(row) {
                    *sum += weight * f64::from(x);
                }
            }
        },
    );
    let (points, counts) = sums.split_at(n_clusters * n_features);
    let mean = |(at, &center): (usize, &f64)| {
        let count = counts[at / n_features];
        if count > 0.0 { points[at] / count } else { center }
    };
    centers.iter().enumerate().map(mean).collect()
}
