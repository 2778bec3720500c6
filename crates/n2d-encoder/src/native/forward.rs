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
        for (i, layer) in network.layers()[..self.n_trained(network)].iter().enumerate() {
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
        self.reconstruction_loss(network, n_rows)
            + self.penalty(network, n_rows)
            + self.loss_of_labels(network, n_rows)
    }

    fn reconstruction_loss(&mut self, network: &DenseNetwork, n_rows: usize) -> f64 {
        let width = network.n_features();
        let n_values = width * n_rows;
        if self.reconstruction == 0.0 {
            self.deltas[0][..n_rows * network.latent_dim()].fill(0.0);
            return 0.0;
        }
        let target = self.wanted.target(&self.outputs[0], n_values);
        let output = &self.outputs[network.layers().len()][..n_values];
        let delta = &mut self.deltas[0][..n_values];
        self.loss
            .of_batch(output, target, width, self.reconstruction, delta)
    }

    /// What labels that are not met add to the loss.
    fn loss_of_labels(&mut self, network: &DenseNetwork, n_rows: usize) -> f64 {
        let latents = &self.outputs[network.encoder().len()][..n_rows * network.latent_dim()];
        match &mut self.head {
            Some(head) => head.loss(latents, &self.wanted.labels),
            None => 0.0,
        }
    }

    /// What large latents add to the loss.
    fn penalty(&self, network: &DenseNetwork, n_rows: usize) -> f64 {
        let latents = &self.outputs[network.encoder().len()][..n_rows * network.latent_dim()];
        penalty(self.sparsity, latents)
    }

    /// Adds the gradient of that to the one by the latents.
    pub(super) fn add_penalty(&mut self, network: &DenseNetwork, n_rows: usize) {
        let n_values = n_rows * network.latent_dim();
        let latents = &self.outputs[network.encoder().len()][..n_values];
        add_penalty(self.sparsity, latents, &mut self.deltas[0]);
    }
}

/// What large latents add to the loss, where their size counts.
pub(super) fn penalty(sparsity: f64, latents: &[f32]) -> f64 {
    if sparsity == 0.0 {
        return 0.0;
    }
    let sum: f64 = latents.iter().map(|&z| f64::from(z.abs())).sum();
    sparsity * sum / latents.len() as f64
}

/// Adds the gradient of that.
pub(super) fn add_penalty(sparsity: f64, latents: &[f32], delta: &mut [f32]) {
    if sparsity == 0.0 {
        return;
    }
    let each = (sparsity / latents.len() as f64) as f32;
    for (delta, &z) in delta.iter_mut().zip(latents) {
        *delta += sign(z) * each;
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
    /// The mean loss of a batch, times a weight; `delta` becomes its gradient by the output.
    pub(super) fn of_batch(
        self,
        output: &[f32],
        target: &[f32],
        width: usize,
        weight: f64,
        delta: &mut [f32],
    ) -> f64 {
        let (chunk, n) = match self {
            Self::Cosine => (ROWS * width, output.len() / width),
            _ => (LOSS_CHUNK, output.len()),
        };
        let partials: Vec<f64> = delta
            .par_chunks_mut(chunk)
            .zip(output.par_chunks(chunk))
            .zip(target.par_chunks(chunk))
            .map(|((delta, output), target)| match self {
                Self::Cosine => {
                    delta.copy_from_slice(output);
                    let rows = delta.chunks_exact_mut(width).zip(target.chunks_exact(width));
                    rows.map(|(row, target)| Self::of_row_by_cosine(row, target, weight / n as f64))
                        .sum()
                }
                Self::Bce => cross_entropies(delta, output, target, weight / n as f64),
                _ => {
                    for ((delta, output), target) in delta.iter_mut().zip(output).zip(target) {
                        *delta = output - target;
                    }
                    self.of_errors(delta, weight as f32 / n as f32)
                }
            })
            .collect();
        weight * partials.iter().sum::<f64>() / n as f64
    }

    /// The sum of the losses of errors, each of which becomes its gradient times `scale`.
    fn of_errors(self, errors: &mut [f32], scale: f32) -> f64 {
        match self {
            Self::Bce | Self::Cosine => unreachable!("these are no functions of errors"),
            Self::Mse => sum_and_replace(errors, |e| (e * e, 2.0 * e * scale)),
            Self::Mae => sum_and_replace(errors, |e| (e.abs(), sign(e) * scale)),
            Self::Huber => sum_and_replace(errors, |e| {
                let near = e.clamp(-1.0, 1.0);
                (near * (e - 0.5 * near), near * scale)
            }),
        }
    }
}

/// The sum of binary cross-entropies of logistic functions of `output`; `delta` becomes the gradients times `scale`.
fn cross_entropies(delta: &mut [f32], output: &[f32], target: &[f32], scale: f64) -> f64 {
    let mut sum = 0.0;
    for ((delta, &output), &target) in delta.iter_mut().zip(output).zip(target) {
        let (output, target) = (f64::from(output), f64::from(target));
        let below = (-output.abs()).exp();
        let logistic = if output >= 0.0 { 1.0 } else { below } / (1.0 + below);
        sum += output * (f64::from(u8::from(output > 0.0)) - target) + below.ln_1p();
        *delta = (scale * (logistic - target)) as f32;
    }
    sum
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
