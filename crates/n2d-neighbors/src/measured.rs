use n2d_core::Samples;

use crate::Measure;
use crate::engine::Task;
use crate::nearest::{Nearest, Slots};

/// Every distance, measured pair by pair: exact for whatever has no better way.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    measure: Measure,
    pub(crate) n_features: usize,
    pub(crate) points: Vec<f32>,
}

impl Measured {
    pub(crate) fn new(points: Samples<'_>, measure: Measure) -> Self {
        Self {
            measure,
            n_features: points.n_features(),
            points: points.as_slice().to_vec(),
        }
    }

    pub(crate) fn n_samples(&self) -> usize {
        self.points.len() / self.n_features
    }

    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let mut nearest = Nearest::new(task.k);
        for (row, query) in task.queries.chunks_exact(self.n_features).enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            nearest.clear();
            self.measure_all(query, task.own(row), &mut nearest);
            slots.write(row, &nearest);
        }
    }

    /// Offers every point.
    pub(crate) fn measure_all(&self, query: &[f32], own: Option<u32>, nearest: &mut Nearest) {
        for (index, point) in (0..).zip(self.points.chunks_exact(self.n_features)) {
            if own != Some(index) {
                nearest.offer(self.measure.rounded(query, point), index);
            }
        }
    }

    /// Offers one point.
    pub(crate) fn offer(&self, query: &[f32], index: u32, nearest: &mut Nearest) {
        nearest.offer(self.measure.rounded(query, self.row(index)), index);
    }

    pub(crate) fn row(&self, index: u32) -> &[f32] {
        &self.points[index as usize * self.n_features..][..self.n_features]
    }

    pub(crate) fn between(&self, a: u32, b: u32) -> f32 {
        self.measure.rounded(self.row(a), self.row(b))
    }
}
