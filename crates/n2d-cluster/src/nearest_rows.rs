//! Training rows that new rows are compared with.

use n2d_core::{ApplyError, Labels, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};
use rayon::prelude::*;

/// Labelled rows among which the nearest to new rows are sought; exactly, for any metric.
#[derive(Debug, Clone)]
pub(crate) struct NearestRows {
    rows: Vec<f32>,
    n_features: usize,
    labels: Vec<i32>,
    metric: Metric,
    /// For euclidean distances.
    index: Option<NeighborIndex>,
}

impl NearestRows {
    /// Some of the rows, by number; none where there is none.
    pub(crate) fn of(y: Samples<'_>, indices: &[u32], labels: &Labels, metric: Metric) -> Option<Self> {
        let rows: Vec<f32> = indices
            .iter()
            .flat_map(|&row| y.row(row as usize))
            .copied()
            .collect();
        let points = Samples::from_rows(&rows, y.n_features()).ok()?;
        Some(Self::new(points, indices, labels, metric))
    }

    /// These rows, which were those of such numbers among the labelled.
    pub(crate) fn new(points: Samples<'_>, indices: &[u32], labels: &Labels, metric: Metric) -> Self {
        let label = |&row: &u32| labels.as_slice()[row as usize];
        let euclidean = metric == Metric::Euclidean;
        Self {
            rows: points.as_slice().to_vec(),
            n_features: points.n_features(),
            labels: indices.iter().map(label).collect(),
            index: euclidean.then(|| NeighborIndex::new(points, NeighborSearch::Auto)),
            metric,
        }
    }

    /// The rows, one after the other.
    pub(crate) fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// How distances to them are measured.
    pub(crate) fn metric(&self) -> Metric {
        self.metric
    }

    /// The label of the nearest of the rows to each new one, and how far it is.
    pub(crate) fn nearest(&self, y: Samples<'_>) -> Result<Vec<(i32, f64)>, ApplyError> {
        let Some(index) = &self.index else {
            let nearest = |row: &[f32]| self.measure_all(row);
            return Ok(y
                .as_slice()
                .par_chunks_exact(self.n_features)
                .map(nearest)
                .collect());
        };
        let found = index.query(y, 1)?;
        let one = |row: usize| {
            let nearest = found.indices(row)[0] as usize;
            let point = &self.rows[nearest * self.n_features..][..self.n_features];
            let row = y.row(row).to_slice().unwrap_or_default();
            (self.labels[nearest], self.metric.distance(row, point))
        };
        Ok((0..y.n_samples()).map(one).collect())
    }

    fn measure_all(&self, row: &[f32]) -> (i32, f64) {
        let points = self.rows.chunks_exact(self.n_features).zip(&self.labels);
        let mut nearest = (Labels::NOISE, f64::INFINITY);
        for (point, &label) in points {
            let distance = self.metric.distance(row, point);
            if distance < nearest.1 {
                nearest = (label, distance);
            }
        }
        nearest
    }
}
