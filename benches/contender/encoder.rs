//! Encoders.

use std::time::Instant;

use n2d::datasets::Dataset;
use n2d::encoder::Engine;
use n2d::prelude::*;
use ndarray::s;

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

/// The products of a training of the paper's network, with nothing between them: the bound of any engine on them.
pub(super) fn products(job: &Job, data: &Dataset) -> Answer {
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let n_batches = data.n_samples().div_ceil(config.batch_size);
    let mut layers = Layers::of(&config, data.x.ncols(), true);
    let start = Instant::now();
    for _ in 0..n_batches {
        layers.forward();
        layers.backward();
    }
    rate(start, n_batches * config.batch_size)
}

/// The products of encoding all rows.
pub(super) fn encode_products(job: &Job, data: &Dataset) -> Answer {
    let config: DenseAutoencoderConfig = serde_json::from_value(job.options.clone())?;
    let n_batches = data.n_samples().div_ceil(config.batch_size);
    let mut layers = Layers::of(&config, data.x.ncols(), false);
    let start = Instant::now();
    (0..n_batches).for_each(|_| layers.forward());
    rate(start, n_batches * config.batch_size)
}

fn rate(start: Instant, n_samples: usize) -> Answer {
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, format!("{:.0} samples/s", n_samples as f64 / seconds)))
}

/// Buffers of the shapes of a network and of a batch.
struct Layers {
    batch_size: usize,
    widths: Vec<usize>,
    /// What goes through each width; backwards its gradient.
    outputs: Vec<Vec<f32>>,
    weights: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
}

impl Layers {
    fn of(config: &DenseAutoencoderConfig, n_features: usize, decoder: bool) -> Self {
        let mut widths = vec![n_features];
        widths.extend(&config.hidden);
        widths.push(config.latent_dim);
        if decoder {
            widths.extend(config.hidden.iter().rev());
            widths.push(n_features);
        }
        let weights: Vec<Vec<f32>> = widths.windows(2).map(|w| vec![0.01; w[0] * w[1]]).collect();
        let batch_size = config.batch_size;
        Self {
            outputs: widths.iter().map(|width| vec![0.5; batch_size * width]).collect(),
            gradients: weights.clone(),
            batch_size,
            widths,
            weights,
        }
    }

    fn forward(&mut self) {
        for i in 0..self.weights.len() {
            let (n_in, n_out) = (self.widths[i], self.widths[i + 1]);
            let (before, after) = self.outputs.split_at_mut(i + 1);
            let a = (&before[i][..], n_in, 1);
            product(
                (self.batch_size, n_in, n_out),
                a,
                (&self.weights[i], n_out, 1),
                &mut after[0],
            );
        }
    }

    fn backward(&mut self) {
        for i in (0..self.weights.len()).rev() {
            let (n_in, n_out) = (self.widths[i], self.widths[i + 1]);
            let (before, after) = self.outputs.split_at_mut(i + 1);
            let transposed = (&before[i][..], 1, n_in);
            product(
                (n_in, self.batch_size, n_out),
                transposed,
                (&after[0], n_out, 1),
                &mut self.gradients[i],
            );
            // Nothing asks for the gradient by the input.
            if i > 0 {
                let delta = (&after[0][..], n_out, 1);
                product(
                    (self.batch_size, n_out, n_in),
                    delta,
                    (&self.weights[i], 1, n_out),
                    &mut before[i],
                );
            }
        }
    }
}

/// `out = a b` on all threads, `a` of m x k and `b` of k x n values, each with the strides of its rows and columns.
fn product(
    (m, k, n): (usize, usize, usize),
    a: (&[f32], usize, usize),
    b: (&[f32], usize, usize),
    out: &mut [f32],
) {
    assert!(a.0.len() == m * k && b.0.len() == k * n && out.len() == m * n);
    // SAFETY: each slice has as many values as its matrix, and its strides are those of that matrix or of its transpose.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.0.as_ptr(),
            a.2 as isize,
            a.1 as isize,
            b.0.as_ptr(),
            b.2 as isize,
            b.1 as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::Rayon(0),
        );
    }
}
