use n2d_core::check::same_features;
use n2d_core::{ApplyError, FittedClusterer, Labels, PartConfig, Predict, Samples};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::KMeansConfig;
use crate::chunks::{ROWS, sum_over_chunks};
use crate::lanes::{LANES, Lane, load, squared_distance};
use crate::multiversion::multiversion;

/// A fitted [`KMeans`](crate::KMeans). Each row, new or not, has the label of the nearest centre.
#[derive(Debug, Clone)]
pub struct FittedKMeans {
    centers: Array2<f64>,
    labels: Labels,
    inertia: f64,
}

impl FittedKMeans {
    /// One last round in double precision on the rows as given, from centres one after the other.
    pub(crate) fn settle(y: Samples<'_>, centers: Vec<f64>) -> Self {
        let (labels, _) = nearest(y, &centers);
        let centers = means(y, &labels, &centers);
        let (labels, squared) = nearest(y, &centers);
        let n_features = y.n_features();
        let shape = (centers.len() / n_features, n_features);
        Self {
            centers: Array2::from_shape_vec(shape, centers).expect("a whole number of centres"),
            labels: Labels::new(labels).expect("labels are counted from zero"),
            inertia: squared.iter().sum(),
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

    pub(crate) fn center_values(&self) -> &[f64] {
        self.centers.as_slice().expect("made row-major in `settle`")
    }
}

impl FittedClusterer for FittedKMeans {
    fn name(&self) -> &str {
        KMeansConfig::NAME
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

/// The means of the rows of each cluster; one without rows stays where it is.
fn means(y: Samples<'_>, labels: &[i32], centers: &[f64]) -> Vec<f64> {
    let n_features = y.n_features();
    let n_clusters = centers.len() / n_features;
    let sums = sum_over_chunks(
        y.as_slice(),
        n_features,
        n_clusters * (n_features + 1),
        |chunk, sums| {
            let (points, counts) = sums.split_at_mut(n_clusters * n_features);
            for (row, &label) in chunk.rows.chunks_exact(n_features).zip(&labels[chunk.first..]) {
                counts[label as usize] += 1.0;
                for (sum, &x) in points[label as usize * n_features..].iter_mut().zip(row) {
                    *sum += f64::from(x);
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
