//! Such a network as the training loop takes it.

use n2d_core::BoxError;
use rayon::prelude::*;

use super::pass::{Buffers, Known, Task};
use super::{Layer, Scratch, Stack};
use crate::learner::{Batch, Learner, Weights};
use crate::native::{Head, Wanted, add_penalty, penalty};
use crate::optimizer::{Memory, Optimization};
use crate::plan::Plan;
use crate::transform::Draw;
use crate::{Activation, Engine, Loss};

/// Most tasks that a batch is cut into: each has gradients by all weights.
const MOST_TASKS: usize = 16;
/// Fewest rows of a task, if the batch has as many.
const FEWEST_ROWS: usize = 8;

/// A stack in training on the CPU.
///
/// Memory: up to 16 times the weights for gradients, and as much as the optimiser asks; what every layer makes of a batch; and for each of up to 16 tasks
/// some 65 536 values of patches, or those of one place if they are more.
pub(crate) struct StackLearner {
    stack: Stack,
    names: Vec<(String, Vec<usize>)>,
    weights: Weights,
    optimization: Optimization,
    loss: Loss,
    sparsity: f64,
    head: Option<Head>,
    /// Weight of the reconstruction in the loss; where it is 0, nothing is decoded.
    reconstruction: f64,
    input: Vec<f32>,
    wanted: Wanted,
    /// What every layer's activation gave for the batch.
    outputs: Vec<Vec<f32>>,
    /// What it took, where its derivative can't be told from what it gave.
    affine: Vec<Vec<f32>>,
    /// What the values before the latents are multiplied by, where some are left out.
    mask: Vec<f32>,
    by_reconstruction: Vec<f32>,
    by_latents: Vec<f32>,
    tasks: Vec<Task>,
}

impl StackLearner {
    /// With these weights, for batches of up to `batch_size` rows.
    pub(crate) fn new(
        plan: &Plan,
        stack: Stack,
        names: Vec<(String, Vec<usize>)>,
        weights: Weights,
        batch_size: usize,
    ) -> Self {
        let shapes = names.iter().map(|(_, shape)| shape.clone()).collect();
        let buffer = |layer: &Layer| vec![0.0; batch_size * layer.n_out()];
        let kept = |layer: &Layer| match layer.activation() {
            Activation::Gelu => buffer(layer),
            _ => Vec::new(),
        };
        let task = || Task {
            gradients: weights.iter().map(|values| vec![0.0; values.len()]).collect(),
            scratch: Scratch::default(),
            greatest: vec![Vec::new(); stack.layers.len()],
        };
        // A smaller batch can be cut into more tasks than a full one.
        let n_tasks = MOST_TASKS.min(batch_size.div_ceil(FEWEST_ROWS));
        Self {
            optimization: Optimization::new(plan.rule, plan.clipping, shapes),
            loss: plan.loss,
            sparsity: plan.sparsity,
            head: None,
            reconstruction: 1.0,
            input: vec![0.0; batch_size * stack.n_features()],
            wanted: Wanted::default(),
            outputs: stack.layers.iter().map(buffer).collect(),
            affine: stack.layers.iter().map(kept).collect(),
            mask: Vec::new(),
            by_reconstruction: vec![0.0; batch_size * stack.n_features()],
            by_latents: vec![0.0; batch_size * stack.latent_dim()],
            tasks: (0..n_tasks).map(|_| task()).collect(),
            stack,
            names,
            weights,
        }
    }

    /// With labels in the loss, too.
    pub(crate) fn with_head(self, head: Head) -> Self {
        Self {
            reconstruction: head.reconstruction(),
            head: Some(head),
            ..self
        }
    }

    /// Layers that are trained: those of the encoder where nothing is decoded.
    fn n_trained(&self) -> usize {
        if self.reconstruction > 0.0 {
            self.stack.layers.len()
        } else {
            self.stack.n_encoder
        }
    }

    /// Which values before the latents are kept in this step, and scaled so that their sum is not expected to change.
    fn draw_mask(&mut self, draw: Draw, n_rows: usize) {
        let width = self.stack.layers[self.stack.n_encoder - 1].n_in();
        let dropout = self.stack.dropout;
        self.mask.clear();
        if dropout > 0.0 {
            self.mask.resize(n_rows * width, 0.0);
            let rows = self.mask.par_chunks_mut(width).enumerate();
            rows.for_each(|(row, mask)| draw.keep(row, dropout, mask));
        }
    }

    /// Takes the batch through all layers.
    fn forward(&mut self, n_rows: usize) -> f64 {
        let n_trained = self.n_trained();
        let (stack, weights, mask) = (&self.stack, &self.weights, &self.mask);
        let rows = rows_of_task(n_rows);
        let mut blocks: Vec<(&[f32], &mut Task, Vec<Buffers<'_>>)> = self.input
            [..n_rows * stack.n_features()]
            .chunks(rows * stack.n_features())
            .zip(&mut self.tasks)
            .map(|(input, task)| (input, task, Vec::new()))
            .collect();
        for (layer, (outputs, affine)) in stack.layers[..n_trained]
            .iter()
            .zip(self.outputs.iter_mut().zip(&mut self.affine))
        {
            let width = rows * layer.n_out();
            let outputs = outputs[..n_rows * layer.n_out()].chunks_mut(width);
            let mut affine = affine.chunks_mut(width);
            for ((_, _, buffers), output) in blocks.iter_mut().zip(outputs) {
                buffers.push((output, affine.next()));
            }
        }
        blocks
            .into_par_iter()
            .enumerate()
            .for_each(|(number, (input, task, buffers))| {
                let mask = mask_of(mask, number * rows, input.len() / stack.n_features(), n_rows);
                stack.forward(weights, input, buffers, mask, task);
            });
        self.loss_of(n_rows)
    }

    /// The loss of what the layers have made; its gradients by reconstruction and latents are kept.
    fn loss_of(&mut self, n_rows: usize) -> f64 {
        let latents = &self.outputs[self.stack.n_encoder - 1][..n_rows * self.stack.latent_dim()];
        let by_latents = &mut self.by_latents[..latents.len()];
        by_latents.fill(0.0);
        add_penalty(self.sparsity, latents, by_latents);
        let of_labels = self.head.as_mut().map_or(0.0, |head| {
            let loss = head.loss(latents, &self.wanted.labels);
            head.add_to(by_latents);
            loss
        });
        let others = penalty(self.sparsity, latents) + of_labels;
        self.reconstruction_loss(n_rows) + others
    }

    fn reconstruction_loss(&mut self, n_rows: usize) -> f64 {
        if self.reconstruction == 0.0 {
            return 0.0;
        }
        let width = self.stack.n_features();
        let n_values = n_rows * width;
        let made = &self.outputs[self.outputs.len() - 1][..n_values];
        let target = self.wanted.target(&self.input, n_values);
        let gradient = &mut self.by_reconstruction[..n_values];
        self.loss
            .of_batch(made, target, width, self.reconstruction, gradient)
    }

    /// The gradients by all weights, those of each task's rows in the task.
    fn backward(&mut self, n_rows: usize) {
        let rows = rows_of_task(n_rows);
        let n_trained = self.n_trained();
        let this = (
            &self.stack,
            &self.weights,
            &self.input,
            &self.outputs,
            &self.affine,
        );
        let (mask, by_reconstruction, by_latents) = (&self.mask, &self.by_reconstruction, &self.by_latents);
        let tasks = self.tasks.par_iter_mut().take(n_rows.div_ceil(rows)).enumerate();
        tasks.for_each(|(number, task)| {
            let (stack, weights, input, outputs, affine) = this;
            let (first, n) = (number * rows, rows.min(n_rows - number * rows));
            let part = |width: usize| first * width..(first + n) * width;
            let by_latents = &by_latents[part(stack.latent_dim())];
            let delta = if n_trained == stack.n_encoder {
                vec![0.0; by_latents.len()]
            } else {
                by_reconstruction[part(stack.n_features())].to_vec()
            };
            let of = Known {
                input: &input[part(stack.n_features())],
                outputs,
                affine,
                rows: first..first + n,
                mask: mask_of(mask, first, n, n_rows),
            };
            stack.backward(&weights[..2 * n_trained], &of, (delta, by_latents), task);
        });
    }

    /// A step along the sums of the tasks' gradients, in the order of the rows.
    fn descend(&mut self, n_rows: usize, rate: f64) {
        let n_trained = self.n_trained();
        let n_tasks = n_rows.div_ceil(rows_of_task(n_rows));
        let [first, others @ ..] = &mut self.tasks[..n_tasks] else {
            return;
        };
        for (buffer, sums) in first.gradients.iter_mut().enumerate().take(2 * n_trained) {
            let sums = sums.par_chunks_mut(SUMS).enumerate();
            sums.for_each(|(chunk, sums)| {
                for task in others.iter() {
                    let values = &task.gradients[buffer][chunk * SUMS..];
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            });
        }
        let trained = &first.gradients[..2 * n_trained];
        let gradients: Vec<&[f32]> = trained.iter().map(Vec::as_slice).collect();
        let weights = self.weights.iter_mut().map(Vec::as_mut_slice);
        self.optimization.step(weights, &gradients, rate);
        if let Some(head) = &mut self.head {
            head.step(rate);
        }
    }
}

/// Values whose sums over tasks one thread takes.
const SUMS: usize = 1 << 12;

/// Rows of a task, by the size of the batch alone.
fn rows_of_task(n_rows: usize) -> usize {
    n_rows.div_ceil(MOST_TASKS).max(FEWEST_ROWS)
}

/// The part of the mask for some rows; none where nothing is left out.
fn mask_of(mask: &[f32], first: usize, n: usize, n_rows: usize) -> Option<&[f32]> {
    let width = mask.len() / n_rows;
    (width > 0).then(|| &mask[first * width..(first + n) * width])
}

impl Learner for StackLearner {
    fn engine(&self) -> Engine {
        Engine::Native
    }

    fn step(&mut self, batch: &Batch<'_, '_>, rate: f64) -> Result<f64, BoxError> {
        let n_rows = batch.rows.len();
        self.wanted.gather(batch, &mut self.input);
        self.draw_mask(batch.draw, n_rows);
        let loss = self.forward(n_rows);
        if loss.is_finite() {
            self.backward(n_rows);
            self.descend(n_rows, rate);
        }
        Ok(loss)
    }

    fn loss(&mut self, batch: &Batch<'_, '_>) -> Result<f64, BoxError> {
        self.wanted.gather(batch, &mut self.input);
        self.mask.clear();
        Ok(self.forward(batch.rows.len()))
    }

    fn names(&self) -> Vec<(String, Vec<usize>)> {
        self.names.clone()
    }

    fn weights(&self) -> Result<Weights, BoxError> {
        Ok(self.weights.clone())
    }

    fn set_weights(&mut self, weights: Weights) -> Result<(), BoxError> {
        self.weights = weights;
        Ok(())
    }

    fn memories(&self) -> Result<(u64, Vec<Memory>), BoxError> {
        let (steps, memories) = self.optimization.memories();
        Ok((steps, memories.to_vec()))
    }

    fn set_memories(&mut self, steps: u64, memories: Vec<Memory>) -> Result<(), BoxError> {
        self.optimization.resume(steps, memories);
        Ok(())
    }
}
