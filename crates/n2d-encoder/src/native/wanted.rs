//! What a batch is to become.

use rayon::prelude::*;

use super::ROWS;
use crate::learner::Batch;

/// Targets and labels of the batch at work.
#[derive(Default)]
pub(super) struct Wanted {
    /// What is to be reconstructed, where it is not what is encoded; else empty.
    target: Vec<f32>,
    /// Those of the batch's rows, where labels count; else empty.
    pub(super) labels: Vec<i32>,
}

impl Wanted {
    /// Takes them out of a batch, whose rows to be encoded go into `input`.
    pub(super) fn gather(&mut self, batch: &Batch<'_, '_>, input: &mut [f32]) {
        self.labels.clear();
        if let Some(labels) = batch.labels {
            self.labels.extend(batch.rows.iter().map(|&row| labels[row]));
        }
        let (values, width) = (batch.x.as_slice(), batch.x.n_features());
        let input = &mut input[..batch.rows.len() * width];
        match batch.target {
            Some(target) => input.copy_from_slice(target),
            None => input
                .par_chunks_mut(ROWS * width)
                .zip(batch.rows.par_chunks(ROWS))
                .for_each(|(out, rows)| {
                    for (out, row) in out.chunks_exact_mut(width).zip(rows) {
                        out.copy_from_slice(&values[row * width..(row + 1) * width]);
                    }
                }),
        }
        self.target.clear();
        if let Some(changed) = batch.input {
            self.target.extend_from_slice(input);
            input.copy_from_slice(changed);
        }
    }

    /// What is to be reconstructed of so many values of the input.
    pub(super) fn target<'a>(&'a self, input: &'a [f32], n_values: usize) -> &'a [f32] {
        if self.target.is_empty() {
            &input[..n_values]
        } else {
            &self.target
        }
    }
}
