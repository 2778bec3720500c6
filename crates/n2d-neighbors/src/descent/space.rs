//! Rows as the descent compares them.

use n2d_core::multiversion;

use crate::angles::units;
use crate::{Measure, Metric};

/// Some rows and a distance that orders pairs as the metric does: squares for euclidean distances, squared chords of
/// rows of length one for angles, else the distances themselves.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    pub(crate) rows: Vec<f32>,
    pub(crate) n_features: usize,
    measure: Measure,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Squares,
    Chords(Metric),
    Measured,
}

impl Space {
    /// Euclidean rows must be on their scale.
    pub(crate) fn new(rows: &[f32], n_features: usize, measure: &Measure) -> Self {
        let way = match measure.named() {
            Some(Metric::Euclidean) => Way::Squares,
            Some(metric @ (Metric::Cosine | Metric::Correlation)) => Way::Chords(metric),
            _ => Way::Measured,
        };
        let mut space = Self {
            rows: Vec::new(),
            n_features,
            measure: measure.clone(),
            way,
        };
        space.rows = space.prepared(rows);
        space
    }

    /// Rows, new ones too, in the form in which they are compared.
    pub(crate) fn prepared(&self, rows: &[f32]) -> Vec<f32> {
        match self.way {
            Way::Chords(metric) => units(rows, self.n_features, metric),
            _ => rows.to_vec(),
        }
    }

    pub(crate) fn n_samples(&self) -> usize {
        self.rows.len() / self.n_features
    }

    pub(crate) fn row(&self, index: u32) -> &[f32] {
        &self.rows[index as usize * self.n_features..][..self.n_features]
    }

    /// Between two rows in that form.
    pub(crate) fn between(&self, a: &[f32], b: &[f32]) -> f32 {
        match self.way {
            Way::Measured => self.measure.rounded(a, b),
            _ => squared_distance(a, b).min(f32::MAX),
        }
    }

    /// From one row to each of some others, which lie one after the other.
    pub(crate) fn to_each(&self, a: &[f32], others: &[f32], out: &mut Vec<f32>) {
        out.clear();
        match self.way {
            Way::Measured => out.extend(
                others
                    .chunks_exact(self.n_features)
                    .map(|b| self.measure.rounded(a, b)),
            ),
            _ => squared_distances(a, others, out),
        }
    }

    /// Whether the order of pairs is that of the metric but for rounding, so that they must be measured once more.
    pub(crate) fn is_estimate(&self) -> bool {
        matches!(self.way, Way::Chords(_))
    }
}

multiversion! {
    fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
        in_lanes(a, b)
    }
}

multiversion! {
    fn squared_distances(a: &[f32], others: &[f32], out: &mut Vec<f32>) {
        for b in others.chunks_exact(a.len()) {
            out.push(in_lanes(a, b).min(f32::MAX));
        }
    }
}

/// A sum of squares in a fixed number of partial sums, the same for every width of vectors.
#[inline(always)]
fn in_lanes(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    let mut rest = 0.0;
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        rest += (a - b) * (a - b);
    }
    let four = [
        sums[0] + sums[4],
        sums[1] + sums[5],
        sums[2] + sums[6],
        sums[3] + sums[7],
    ];
    (four[0] + four[2]) + (four[1] + four[3]) + rest
}
