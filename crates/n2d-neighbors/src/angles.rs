use n2d_core::Samples;

use crate::engine::Task;
use crate::measured::Measured;
use crate::nearest::{Candidates, Nearest, Slots};
use crate::{BruteForce, KdTree, Metric};

/// Nearest neighbours by cosine or correlation.
///
/// On rows scaled to length one, cosine distance is half the squared euclidean one. A euclidean search on these nominates
/// candidates, which are measured as the metric says; where rounding can have hidden a nearer point, all points are
/// measured. Rows of zeros stay such: half the square from them to others is 1/2, no more than their distance, which is 1.
#[derive(Debug, Clone)]
pub(crate) struct Angles {
    metric: Metric,
    points: Measured,
    nominator: Nominator,
}

#[derive(Debug, Clone)]
enum Nominator {
    KdTree(KdTree),
    Products(BruteForce),
}

impl Angles {
    pub(crate) fn new(points: Samples<'_>, metric: Metric, tree: bool) -> Self {
        let units = units(points.as_slice(), points.n_features(), metric);
        let units = Samples::from_rows(&units, points.n_features()).expect("as many finite values as before");
        Self {
            metric,
            points: Measured::new(points, metric.into()),
            nominator: if tree {
                Nominator::KdTree(KdTree::new(units))
            } else {
                Nominator::Products(BruteForce::new(units))
            },
        }
    }

    pub(crate) fn points(&self) -> &Measured {
        &self.points
    }

    pub(crate) fn search(&self, task: &Task<'_>, slots: &mut Slots<'_>) {
        let d = self.points.n_features;
        let units = units(task.queries, d, self.metric);
        let nominated = Task {
            queries: &units,
            ..*task
        };
        let candidates = match &self.nominator {
            Nominator::KdTree(tree) => tree.nominate(&nominated),
            Nominator::Products(all) => all.nominate(&nominated),
        };
        let mut nearest = Nearest::new(task.k);
        for (row, (query, candidates)) in task.queries.chunks_exact(d).zip(&candidates).enumerate() {
            if task.cancel.is_cancelled() {
                return;
            }
            nearest.clear();
            for &(_, index) in candidates.found() {
                self.points.offer(query, index, &mut nearest);
            }
            if !proven(candidates, nearest.bound()) {
                nearest.clear();
                self.points.measure_all(query, task.own(row), &mut nearest);
            }
            slots.write(row, &nearest);
        }
    }
}

/// Whether no point outside the candidates can be nearer, as a rounded distance, than the farthest found.
fn proven(candidates: &Candidates, farthest: f32) -> bool {
    let eps = f64::from(f32::EPSILON);
    // Either end of a chord was rounded by no more than half an epsilon of length one.
    let chord = (f64::from(candidates.others_beyond).max(0.0).sqrt() - 2.0 * eps).max(0.0);
    f64::from(farthest) * (1.0 + 2.0 * eps) < chord * chord / 2.0 - 1e-12
        || candidates.others_beyond == f32::INFINITY
}

/// Rows scaled to length one, less their means for correlation.
pub(crate) fn units(rows: &[f32], n_features: usize, metric: Metric) -> Vec<f32> {
    let mut units = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(n_features) {
        let mean = match metric {
            Metric::Correlation => row.iter().copied().map(f64::from).sum::<f64>() / n_features as f64,
            _ => 0.0,
        };
        let length = row
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            .sqrt();
        let scale = if length == 0.0 { 0.0 } else { length.recip() };
        units.extend(row.iter().map(|&v| ((f64::from(v) - mean) * scale) as f32));
    }
    units
}
