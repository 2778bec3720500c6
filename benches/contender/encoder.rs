//! Encoders.

use std::time::Instant;

use n2d::datasets::Dataset;
use n2d::encoder::Engine;
use n2d::matmul::{Matrix, product, product_into};
use n2d::prelude::*;
use ndarray::{ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::{Answer, Job};

/// The paper's network by one of the engines.
pub(super) fn answer(job: &Job, data: &Dataset, engine: Engine) -> Answer {
    let x = data.samples()?;
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let part = DenseAutoencoderConfig { engine, ..config }.build()?;
    let start = Instant::now();
    let fit = part.fit(x, &mut FitContext::new(0))?;
    let seconds = start.elapsed().as_secs_f64();
    let rate = (x.n_samples() * fit.report.n_iter) as f64 / seconds;
    let loss = fit.report.objective.map_or(f64::NAN, |objective| objective.1);
    Ok((seconds, format!("{rate:.0} samples/s, loss {loss:.4}")))
}

/// Encoding all rows by the paper's network. What its weights are does not change the work.
pub(super) fn encode(job: &Job, data: &Dataset) -> Answer {
    let x = data.samples()?;
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let few = data.x.slice(s![..config.batch_size, ..]);
    let fitted = config
        .build()?
        .fit(Samples::new(few)?, &mut FitContext::new(0))?
        .model;
    let start = Instant::now();
    let z = fitted.encode(x)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, format!("{:.0} samples/s", z.nrows() as f64 / seconds)))
}

/// The products of a training of the paper's network, cut into tiles as the engine cuts them, with nothing between them.
pub(super) fn products(job: &Job, data: &Dataset) -> Answer {
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let n_batches = data.n_samples().div_ceil(config.batch_size);
    let mut layers = Layers::of(&config, data.x.ncols());
    let start = Instant::now();
    for _ in 0..n_batches {
        forward(&layers.network, &mut layers.outputs, in_tiles);
        layers.backward();
    }
    rate(start, n_batches * config.batch_size)
}

/// The products of encoding all rows, a block of rows a task as the engine does it.
pub(super) fn encode_products(job: &Job, data: &Dataset) -> Answer {
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let n_blocks = data.n_samples().div_ceil(config.batch_size);
    let network = Network::of(&config, data.x.ncols(), false);
    let start = Instant::now();
    (0..n_blocks).into_par_iter().for_each_init(
        || network.outputs(),
        |outputs, _| forward(&network, outputs, product),
    );
    rate(start, n_blocks * config.batch_size)
}

fn rate(start: Instant, n_samples: usize) -> Answer {
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, format!("{:.0} samples/s", n_samples as f64 / seconds)))
}

/// The shapes of a network and weights of them.
struct Network {
    batch_size: usize,
    widths: Vec<usize>,
    weights: Vec<Vec<f32>>,
}

impl Network {
    fn of(config: &DenseAutoencoderConfig, n_features: usize, decoder: bool) -> Self {
        let mut widths = vec![n_features];
        widths.extend(&config.hidden);
        widths.push(config.latent_dim);
        if decoder {
            widths.extend(config.hidden.iter().rev());
            widths.push(n_features);
        }
        Self {
            batch_size: config.batch_size,
            weights: widths.windows(2).map(|w| vec![0.01; w[0] * w[1]]).collect(),
            widths,
        }
    }

    /// What goes through each width, of one batch.
    fn outputs(&self) -> Vec<Vec<f32>> {
        let output = |width: &usize| vec![0.5; self.batch_size * width];
        self.widths.iter().map(output).collect()
    }
}

fn forward(
    network: &Network,
    outputs: &mut [Vec<f32>],
    product: impl Fn(Matrix<'_>, Matrix<'_>, &mut [f32]),
) {
    for (i, weights) in network.weights.iter().enumerate() {
        let (n_in, n_out) = (network.widths[i], network.widths[i + 1]);
        let (before, after) = outputs.split_at_mut(i + 1);
        let input = Matrix::new(&before[i], network.batch_size, n_in);
        product(input, Matrix::new(weights, n_in, n_out), &mut after[0]);
    }
}

/// What a training works in.
struct Layers {
    network: Network,
    /// Forwards what goes through each width; backwards its gradient.
    outputs: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
}

impl Layers {
    fn of(config: &DenseAutoencoderConfig, n_features: usize) -> Self {
        let network = Network::of(config, n_features, true);
        Self {
            outputs: network.outputs(),
            gradients: network.weights.clone(),
            network,
        }
    }

    fn backward(&mut self) {
        let Network {
            batch_size,
            widths,
            weights,
        } = &self.network;
        for (i, weights) in weights.iter().enumerate().rev() {
            let (n_in, n_out) = (widths[i], widths[i + 1]);
            let (before, after) = self.outputs.split_at_mut(i + 1);
            let delta = Matrix::new(&after[0], *batch_size, n_out);
            let input = Matrix::new(&before[i], *batch_size, n_in);
            in_tiles_of_weights(input.t(), delta, &mut self.gradients[i]);
            // Nothing asks for the gradient by the input.
            if i > 0 {
                in_tiles(delta, Matrix::new(weights, n_in, n_out).t(), &mut before[i]);
            }
        }
    }
}

/// `out = a b` on all threads: tiles of columns, or of rows where there are few columns, of the widths that the engine has.
fn in_tiles(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32]) {
    let (m, n) = (a.shape().0, b.shape().1);
    match n {
        0..=64 => in_tiles_along(Axis(0), m.div_ceil(8).next_multiple_of(16), (a, b), out),
        65..=1024 => in_tiles_along(Axis(1), 64, (a, b), out),
        _ => in_tiles_along(Axis(1), 128, (a, b), out),
    }
}

/// The same as the engine has it for weights: tiles of rows where there are many.
fn in_tiles_of_weights(a: Matrix<'_>, b: Matrix<'_>, out: &mut [f32]) {
    match a.shape().0 {
        0..=64 => in_tiles(a, b, out),
        m => in_tiles_along(
            Axis(0),
            m.div_ceil(out.len().div_ceil(1 << 16).max(8)),
            (a, b),
            out,
        ),
    }
}

fn in_tiles_along(axis: Axis, length: usize, (a, b): (Matrix<'_>, Matrix<'_>), out: &mut [f32]) {
    let shape = (a.shape().0, b.shape().1);
    let mut out = ArrayViewMut2::from_shape(shape, out).expect("as many values as the result has");
    let tiles: Vec<_> = out.axis_chunks_iter_mut(axis, length).enumerate().collect();
    tiles.into_par_iter().with_max_len(1).for_each(|(number, tile)| {
        let first = number * length;
        match axis {
            Axis(0) => product_into(a.rows(first..first + tile.nrows()), b, tile),
            _ => product_into(a, b.columns(first..first + tile.ncols()), tile),
        }
    });
}
