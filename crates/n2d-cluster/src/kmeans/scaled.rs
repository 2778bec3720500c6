use n2d_core::Samples;
use rayon::prelude::*;

use crate::chunks::{ROWS, sum_over_chunks};
use crate::lanes::LANES;

/// One value for each row of a block, in single precision.
pub(crate) type Single = [f32; LANES];

/// Up to this many features rows are kept as blocks of lanes as well, which is quicker there than matrix products.
pub(crate) const MAX_LANES_FEATURES: usize = 32;

/// A copy of the rows to compute on in single precision: centred, so that a far-off origin costs no digits, and scaled by
/// a power of two so that no square overflows or vanishes.
pub(crate) struct Scaled {
    rows: Vec<f32>,
    n_features: usize,
    /// The rows in blocks of sixteen, a lane for each feature; none for many features.
    lanes: Option<Vec<Single>>,
    /// Squared length of each row.
    squares: Vec<f32>,
    /// What each row counts; none where all count one.
    weights: Option<Vec<f64>>,
    mean: Vec<f64>,
    /// What a scaled unit is in the units of the data.
    unit: f64,
}

impl Scaled {
    pub(crate) fn new(y: Samples<'_>) -> Self {
        Self::weighted(y, None)
    }

    /// With what each row counts.
    pub(crate) fn weighted(y: Samples<'_>, weights: Option<&[f32]>) -> Self {
        let n_features = y.n_features();
        let mean = column_means(y);
        let unit = unit_for(y, &mean);
        let mut rows = vec![0.0; y.as_slice().len()];
        rows.par_chunks_mut(ROWS * n_features)
            .zip(y.as_slice().par_chunks(ROWS * n_features))
            .for_each(|(out, given)| scale_rows(given, &mean, unit, out));
        let squares = rows.par_chunks(n_features).map(squared_length).collect();
        let lanes = (n_features <= MAX_LANES_FEATURES).then(|| in_lanes(&rows, n_features));
        Self {
            rows,
            n_features,
            lanes,
            squares,
            weights: weights.map(|weights| weights.iter().copied().map(f64::from).collect()),
            mean,
            unit,
        }
    }

    /// Some of the rows with their weights, on the same scale.
    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        let weights = |weights: &Vec<f64>| rows.iter().map(|&row| weights[row]).collect();
        Self {
            weights: self.weights.as_ref().map(weights),
            ..self.gathered(rows)
        }
    }

    /// Some of the rows, each counting one, on the same scale.
    pub(crate) fn gathered(&self, rows: &[usize]) -> Self {
        let values: Vec<f32> = rows.iter().flat_map(|&row| self.row(row)).copied().collect();
        let lanes = self.lanes.as_ref().map(|_| in_lanes(&values, self.n_features));
        Self {
            rows: values,
            lanes,
            squares: rows.iter().map(|&row| self.squares[row]).collect(),
            weights: None,
            mean: self.mean.clone(),
            ..*self
        }
    }

    pub(crate) fn n_samples(&self) -> usize {
        self.squares.len()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.n_features
    }

    pub(crate) fn rows(&self) -> &[f32] {
        &self.rows
    }

    pub(crate) fn lanes(&self) -> Option<&[Single]> {
        self.lanes.as_deref()
    }

    pub(crate) fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// What a row counts.
    #[inline]
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// The squared lengths of all rows, weighted and summed.
    pub(crate) fn total_square(&self) -> f64 {
        let sums = sum_over_chunks(&self.rows, self.n_features, 1, |chunk, sums| {
            for (at, row) in chunk.rows.chunks_exact(self.n_features).enumerate() {
                let square: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
                sums[0] += self.weight(chunk.first + at) * square;
            }
        });
        sums[0]
    }

    pub(crate) fn squares(&self) -> &[f32] {
        &self.squares
    }

    pub(crate) fn row(&self, index: usize) -> &[f32] {
        &self.rows[index * self.n_features..][..self.n_features]
    }

    /// Rows as points in double precision, one after the other.
    pub(crate) fn points(&self, rows: &[usize]) -> Vec<f64> {
        let row = |&row: &usize| self.row(row).iter().map(|&x| f64::from(x));
        rows.iter().flat_map(row).collect()
    }

    /// Mean variance of a column.
    pub(crate) fn mean_variance(&self) -> f64 {
        let sum: f64 = self.squares.iter().map(|&square| f64::from(square)).sum();
        sum / self.rows.len() as f64
    }

    /// Squared lengths in the units of the data.
    pub(crate) fn square_to_original(&self, square: f64) -> f64 {
        square * self.unit * self.unit
    }

    pub(crate) fn to_original(&self, points: &[f64]) -> Vec<f64> {
        let mean = self.mean.iter().cycle();
        points
            .iter()
            .zip(mean)
            .map(|(x, mean)| x * self.unit + mean)
            .collect()
    }

    pub(crate) fn to_scaled(&self, points: impl Iterator<Item = f64>) -> Vec<f64> {
        let mean = self.mean.iter().cycle();
        points.zip(mean).map(|(x, mean)| (x - mean) / self.unit).collect()
    }
}

fn in_lanes(rows: &[f32], n_features: usize) -> Vec<Single> {
    let blocks = rows.par_chunks(LANES * n_features);
    let block = |rows: &[f32]| {
        let mut block = vec![[0.0; LANES]; n_features];
        for (lane, row) in rows.chunks_exact(n_features).enumerate() {
            for (values, &x) in block.iter_mut().zip(row) {
                values[lane] = x;
            }
        }
        block
    };
    blocks.with_min_len(64).flat_map_iter(block).collect()
}

fn column_means(y: Samples<'_>) -> Vec<f64> {
    let n_features = y.n_features();
    let mut means = sum_over_chunks(y.as_slice(), n_features, n_features, |chunk, sums| {
        for row in chunk.rows.chunks_exact(n_features) {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum += f64::from(x);
            }
        }
    });
    for mean in &mut means {
        *mean /= y.n_samples() as f64;
    }
    means
}

/// The power of two at or above the greatest deviation from the mean; 1 where there is none.
fn unit_for(y: Samples<'_>, mean: &[f64]) -> f64 {
    let in_row = |row: &[f32]| {
        let deviation = row.iter().zip(mean).map(|(&x, mean)| (f64::from(x) - mean).abs());
        deviation.fold(0.0, f64::max)
    };
    let greatest = y
        .as_slice()
        .par_chunks(y.n_features())
        .map(in_row)
        .reduce(|| 0.0, f64::max);
    if greatest == 0.0 {
        return 1.0;
    }
    2.0_f64.powi(greatest.log2().ceil() as i32)
}

fn scale_rows(given: &[f32], mean: &[f64], unit: f64, out: &mut [f32]) {
    let n_features = mean.len();
    for (out, row) in out
        .chunks_exact_mut(n_features)
        .zip(given.chunks_exact(n_features))
    {
        for ((out, &x), mean) in out.iter_mut().zip(row).zip(mean) {
            *out = ((f64::from(x) - mean) / unit) as f32;
        }
    }
}

pub(crate) fn squared_length(row: &[f32]) -> f32 {
    row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_neither_overflow_nor_vanish() {
        for values in [
            [3e38, -3e38, 1e38],
            [1e-44, 3e-44, 0.0],
            [1e6, 1e6 + 1.0, 1e6 + 2.0],
        ] {
            let scaled = Scaled::new(Samples::from_rows(&values, 1).unwrap());
            let greatest = scaled.rows.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
            assert!((0.5..=1.0).contains(&greatest), "{greatest}");
            let back = scaled.to_original(&scaled.points(&[0, 1, 2]));
            for (back, value) in back.iter().zip(values) {
                let spread = f64::from(values[1]) - f64::from(values[0]);
                assert!((back - f64::from(value)).abs() < 1e-6 * spread.abs());
            }
        }
    }

    #[test]
    fn a_constant_column_becomes_zero() {
        let scaled = Scaled::new(Samples::from_rows(&[0.1; 300], 3).unwrap());
        assert!(scaled.rows.iter().all(|&x| x == 0.0));
        assert_eq!(scaled.mean_variance(), 0.0);
    }
}
