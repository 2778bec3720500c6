//! From the gradient by the reconstruction back to the weights, which step as soon as their gradients are known.

use n2d_core::matmul::{Matrix, product_into};
use ndarray::{ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;

use super::NativeEngine;
use crate::optimizer::{Kernel, Optimization};
use crate::tiles::Cut;
use crate::{Activation, DenseLayer, DenseNetwork};

/// Biases a task steps.
const BIASES: usize = 64;

impl NativeEngine {
    /// Steps every parameter; the first of the deltas holds the gradient by the reconstruction.
    pub(super) fn backward(
        &mut self,
        network: &mut DenseNetwork,
        optimization: &mut Optimization,
        n_rows: usize,
        rate: f64,
    ) {
        let kernel = self.whole.is_none().then(|| optimization.begin(rate));
        for i in (0..self.n_trained(network)).rev() {
            if i + 1 == network.encoder().len() {
                self.add_penalty(network, n_rows);
                if let Some(head) = &mut self.head {
                    head.add_to(&mut self.deltas[0]);
                    head.step(rate);
                }
            }
            // The gradient by the layer's input comes first: it needs the weights as they were.
            if i > 0 {
                let activation = network.activation_after(i - 1);
                self.propagate(&network.layers()[i], i, activation, n_rows);
            }
            let layer = &mut network.layers_mut()[i];
            let (n_in, n_out) = (layer.n_in(), layer.n_out());
            let input = Matrix::new(&self.outputs[i][..n_rows * n_in], n_rows, n_in);
            let delta = &self.deltas[0][..n_rows * n_out];
            let products = (input, Matrix::new(delta, n_rows, n_out));
            match (&kernel, &mut self.whole) {
                (Some(kernel), _) => {
                    step_weight(layer, i, products, (optimization, kernel), &mut self.gradient);
                    step_bias(layer, i, delta, (optimization, kernel));
                }
                (None, Some(whole)) => {
                    let cut = Cut::of(n_in, n_out);
                    cut.for_each(
                        &mut whole[DenseNetwork::weight_buffer(i)],
                        |(rows, columns), tile| {
                            product_into(input.t().rows(rows), products.1.columns(columns), tile);
                        },
                    );
                    let bias = &mut whole[DenseNetwork::bias_buffer(i)];
                    bias.par_chunks_mut(BIASES)
                        .enumerate()
                        .for_each(|(number, sums)| sum_rows(delta, n_out, number * BIASES, sums));
                }
                (None, None) => unreachable!("gradients are whole where no kernel is at hand"),
            }
            self.deltas.swap(0, 1);
        }
        if let Some(whole) = &self.whole {
            let trained = &whole[..2 * self.n_trained(network)];
            let gradients: Vec<&[f32]> = trained.iter().map(Vec::as_slice).collect();
            optimization.step(network.parameters_mut(), &gradients, rate);
        }
    }

    /// From a layer's delta, the first, to that of the layer before it, the second.
    fn propagate(&mut self, layer: &DenseLayer, i: usize, activation: Activation, n_rows: usize) {
        let (n_in, n_out) = (layer.n_in(), layer.n_out());
        let [delta, before] = &mut self.deltas;
        let delta = Matrix::new(&delta[..n_rows * n_out], n_rows, n_out);
        let known = match activation {
            Activation::Gelu => &self.affine[i - 1],
            _ => &self.outputs[i],
        };
        let known = ArrayView2::from_shape((n_rows, n_in), &known[..n_rows * n_in]).expect("made so");
        Cut::of(n_rows, n_in).for_each(&mut before[..n_rows * n_in], |(rows, columns), mut tile| {
            let back = layer.weight_matrix().t().columns(columns.clone());
            product_into(delta.rows(rows.clone()), back, tile.view_mut());
            times_derivative(activation, known.slice(s![rows, columns]), tile);
        });
    }
}

fn times_derivative(activation: Activation, known: ArrayView2<'_, f32>, mut delta: ArrayViewMut2<'_, f32>) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for (known, mut delta) in known.rows().into_iter().zip(delta.rows_mut()) {
                let (Some(known), Some(delta)) = (known.as_slice(), delta.as_slice_mut()) else {
                    unreachable!("pieces of rows of row-major matrices");
                };
                activation.times_derivative(known, delta);
            }
        },
    );
}

/// Works out the gradient by the weights, and steps along, tile by tile.
fn step_weight(
    layer: &mut DenseLayer,
    i: usize,
    (input, delta): (Matrix<'_>, Matrix<'_>),
    (optimization, kernel): (&mut Optimization, &Kernel),
    gradient: &mut [f32],
) {
    let cut = Cut::of_weights(layer.n_in(), layer.n_out());
    let (weight, _) = layer.parameters_mut();
    let tiles = optimization.tiles(DenseNetwork::weight_buffer(i), cut, weight);
    let tiles: Vec<_> = tiles.into_iter().zip(cut.pieces(gradient)).enumerate().collect();
    tiles
        .into_par_iter()
        .with_max_len(1)
        .for_each(|(number, (tile, gradient))| {
            let (rows, columns) = cut.ranges(number);
            let shape = (rows.len(), columns.len());
            let mut gradient = ArrayViewMut2::from_shape(shape, gradient).expect("a piece for the tile");
            product_into(input.t().rows(rows), delta.columns(columns), gradient.view_mut());
            kernel.apply(tile, gradient.view());
        });
}

/// The gradient by a bias is the sum of the delta's rows.
fn step_bias(
    layer: &mut DenseLayer,
    i: usize,
    delta: &[f32],
    (optimization, kernel): (&mut Optimization, &Kernel),
) {
    let n_out = layer.n_out();
    let (_, bias) = layer.parameters_mut();
    let tiles = optimization.tiles(DenseNetwork::bias_buffer(i), Cut::buffer(n_out, BIASES), bias);
    tiles.into_par_iter().enumerate().for_each(|(number, tile)| {
        let first = number * BIASES;
        let mut sums = [0.0; BIASES];
        let sums = &mut sums[..BIASES.min(n_out - first)];
        sum_rows(delta, n_out, first, sums);
        let gradient = ArrayView2::from_shape((1, sums.len()), &*sums).expect("one row");
        kernel.apply(tile, gradient);
    });
}

/// Some columns of the sum of all rows, from the first of them on.
fn sum_rows(delta: &[f32], width: usize, first: usize, sums: &mut [f32]) {
    sums.fill(0.0);
    for row in delta.chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(&row[first..]) {
            *sum += value;
        }
    }
}
