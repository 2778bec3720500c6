//! From a batch to its reconstruction and the loss.

use n2d_core::matmul::{Matrix, product_into};
use ndarray::ArrayViewMut2;
use rayon::prelude::*;

use super::{NativeEngine, ROWS};
use crate::tiles::Cut;
use crate::{Activation, DenseLayer, DenseNetwork, Loss};

impl NativeEngine {
    /// The loss of the batch that was gathered; leaves its gradient by the reconstruction in the first of the deltas.
    pub(super) fn forward(&mut self, network: &DenseNetwork, n_rows: usize) -> f64 {
        for (i, layer) in network.layers().iter().enumerate() {
            let (before, after) = self.outputs.split_at_mut(i + 1);
            let input = Matrix::new(&before[i][..n_rows * layer.n_in()], n_rows, layer.n_in());
            let output = &mut after[0][..n_rows * layer.n_out()];
            let activation = network.activation_after(i);
            if self.affine[i].is_empty() {
                affine(layer, input, output, activation);
            } else {
                let affine_values = &mut self.affine[i][..output.len()];
                affine(layer, input, affine_values, Activation::Linear);
                activate(activation, affine_values, output, layer.n_out());
            }
        }
        let width = network.n_features() * n_rows;
        let (target, output) = (
            &self.outputs[0][..width],
            &self.outputs[network.layers().len()][..width],
        );
        self.loss.of_batch(output, target, &mut self.deltas[0][..width])
    }
}

/// `activation(input W + b)`.
fn affine(layer: &DenseLayer, input: Matrix<'_>, output: &mut [f32], activation: Activation) {
    let cut = Cut::of(output.len() / layer.n_out(), layer.n_out());
    cut.for_each(output, |(rows, columns), mut tile| {
        let weight = layer.weight_matrix().columns(columns.clone());
        product_into(input.rows(rows), weight, tile.view_mut());
        finish(&layer.bias()[columns], activation, tile);
    });
}

/// Adds the bias and applies the activation.
fn finish(bias: &[f32], activation: Activation, mut tile: ArrayViewMut2<'_, f32>) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for mut row in tile.rows_mut() {
                let row = row.as_slice_mut().expect("a piece of a row-major matrix's row");
                for (value, bias) in row.iter_mut().zip(bias) {
                    *value += bias;
                }
                activation.apply(row);
            }
        },
    );
}

fn activate(activation: Activation, affine: &[f32], output: &mut [f32], width: usize) {
    output
        .par_chunks_mut(ROWS * width)
        .zip(affine.par_chunks(ROWS * width))
        .for_each(|(output, affine)| {
            output.copy_from_slice(affine);
            activation.apply(output);
        });
}

/// Values a task works out the loss of. Partial losses are summed in their order.
const LOSS_CHUNK: usize = 1 << 13;
/// Partial sums in single precision side by side, as wide as vector registers, each of one value in a chunk's lane.
const LANES: usize = 16;

impl Loss {
    /// The mean loss of a batch; `delta` becomes its gradient by the output.
    pub(super) fn of_batch(self, output: &[f32], target: &[f32], delta: &mut [f32]) -> f64 {
        let scale = 1.0 / output.len() as f32;
        let partials: Vec<f64> = delta
            .par_chunks_mut(LOSS_CHUNK)
            .zip(output.par_chunks(LOSS_CHUNK))
            .zip(target.par_chunks(LOSS_CHUNK))
            .map(|((delta, output), target)| {
                for ((delta, output), target) in delta.iter_mut().zip(output).zip(target) {
                    *delta = output - target;
                }
                self.of_errors(delta, scale)
            })
            .collect();
        partials.iter().sum::<f64>() / output.len() as f64
    }

    /// The sum of the losses of errors, each of which becomes its gradient times `scale`.
    fn of_errors(self, errors: &mut [f32], scale: f32) -> f64 {
        match self {
            Self::Mse => sum_and_replace(errors, |e| (e * e, 2.0 * e * scale)),
            Self::Mae => sum_and_replace(errors, |e| (e.abs(), sign(e) * scale)),
            Self::Huber => sum_and_replace(errors, |e| {
                let near = e.clamp(-1.0, 1.0);
                (near * (e - 0.5 * near), near * scale)
            }),
        }
    }
}

fn sign(e: f32) -> f32 {
    if e == 0.0 { 0.0 } else { 1.0_f32.copysign(e) }
}

#[inline(always)]
fn sum_and_replace(errors: &mut [f32], each: impl Fn(f32) -> (f32, f32)) -> f64 {
    let mut sums = [0.0_f32; LANES];
    for block in errors.chunks_mut(LANES) {
        for (error, sum) in block.iter_mut().zip(&mut sums) {
            let (loss, gradient) = each(*error);
            *sum += loss;
            *error = gradient;
        }
    }
    sums.iter().copied().map(f64::from).sum()
}
