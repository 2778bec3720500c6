//! The rows that a fit works on, with their weights.

use std::borrow::Cow;

use n2d_core::Samples;

use crate::chunks::sum_over_chunks;
use crate::weights::{WeightError, check_weights};

/// Rows of weight above zero. Those of weight zero are left out, so that they have a part in nothing.
pub(crate) struct Rows<'a> {
    values: Cow<'a, [f32]>,
    n_features: usize,
    weights: Option<Vec<f64>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(y: Samples<'a>, weights: Option<&[f32]>) -> Result<Self, WeightError> {
        let n_features = y.n_features();
        let Some(weights) = weights else {
            return Ok(Self {
                values: y.as_slice().into(),
                n_features,
                weights: None,
            });
        };
        check_weights(weights, y.n_samples(), 1)?;
        let mut values = Cow::from(y.as_slice());
        if weights.contains(&0.0) {
            let kept = y.rows().zip(weights).filter(|&(_, &weight)| weight > 0.0);
            values = kept.flat_map(|(row, _)| row).copied().collect();
        }
        Ok(Self {
            values,
            n_features,
            weights: Some(
                weights
                    .iter()
                    .filter(|&&weight| weight > 0.0)
                    .copied()
                    .map(f64::from)
                    .collect(),
            ),
        })
    }

    /// With weights of mean 1: for a fit on which the sum of all has no bearing.
    pub(crate) fn normalized(mut self) -> Self {
        if let Some(weights) = &mut self.weights {
            let mean = weights.iter().sum::<f64>() / weights.len() as f64;
            weights.iter_mut().for_each(|weight| *weight /= mean);
        }
        self
    }

    pub(crate) fn samples(&self) -> Samples<'_> {
        Samples::from_rows(&self.values, self.n_features).expect("some of the rows of checked data")
    }

    pub(crate) fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The sum of the weights: the number of rows where there are none.
    pub(crate) fn total(&self) -> f64 {
        match &self.weights {
            None => self.samples().n_samples() as f64,
            Some(weights) => weights.iter().sum(),
        }
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// The mean row.
    pub(crate) fn mean(&self) -> Vec<f64> {
        let n_features = self.n_features;
        let mut mean = sum_over_chunks(&self.values, n_features, n_features, |chunk, sums| {
            for (at, row) in chunk.rows.chunks_exact(n_features).enumerate() {
                let weight = self.weight(chunk.first + at);
                for (sum, &x) in sums.iter_mut().zip(row) {
                    *sum += weight * f64::from(x);
                }
            }
        });
        let total = self.total();
        mean.iter_mut().for_each(|sum| *sum /= total);
        mean
    }
}
