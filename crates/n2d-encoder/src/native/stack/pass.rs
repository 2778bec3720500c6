//! Some rows of a batch on their way through a network and back: the work of one task.

use std::ops::Range;

use super::{Layer, Scratch, Stack};
use crate::learner::Weights;

/// What a task needs for itself.
pub(super) struct Task {
    /// The gradients of its rows by all weights.
    pub(super) gradients: Weights,
    pub(super) scratch: Scratch,
    /// Which parts were the greatest, layer by layer.
    pub(super) greatest: Vec<Vec<u8>>,
}

/// What a layer makes of a task's rows, and what its activation took, if that is kept.
pub(super) type Buffers<'a> = (&'a mut [f32], Option<&'a mut [f32]>);

fn masked(values: &[f32], mask: Option<&[f32]>) -> Vec<f32> {
    let mask = mask.unwrap_or_default();
    values
        .iter()
        .zip(mask)
        .map(|(value, kept)| value * kept)
        .collect()
}

impl Stack {
    fn is_masked(&self, layer: usize, mask: Option<&[f32]>) -> bool {
        layer + 1 == self.n_encoder && mask.is_some()
    }

    /// Some rows through all layers, into buffers of each.
    pub(super) fn forward(
        &self,
        weights: &[Vec<f32>],
        input: &[f32],
        buffers: Vec<Buffers<'_>>,
        mask: Option<&[f32]>,
        task: &mut Task,
    ) {
        let mut input = input;
        let layers = self.layers.iter().zip(weights.chunks_exact(2)).zip(buffers);
        for (at, ((layer, weights), (output, affine))) in layers.enumerate() {
            if self.is_masked(at, mask) {
                layer.forward(weights, &masked(input, mask), output, &mut task.scratch);
            } else {
                layer.forward(weights, input, output, &mut task.scratch);
            }
            std::mem::swap(&mut task.scratch.greatest, &mut task.greatest[at]);
            if let Some(affine) = affine {
                affine[..output.len()].copy_from_slice(output);
            }
            layer.activation().apply(output);
            input = output;
        }
    }

    /// From the gradient by what the last layer with weights here made back to those by all weights.
    pub(super) fn backward(
        &self,
        weights: &[Vec<f32>],
        known: &Known<'_>,
        (mut delta, by_latents): (Vec<f32>, &[f32]),
        task: &mut Task,
    ) {
        task.gradients.iter_mut().for_each(|gradient| gradient.fill(0.0));
        for at in (0..weights.len() / 2).rev() {
            let layer = &self.layers[at];
            if at + 1 == self.n_encoder {
                delta
                    .iter_mut()
                    .zip(by_latents)
                    .for_each(|(sum, own)| *sum += own);
            }
            let buffers = 2 * at..2 * at + 2;
            let (weights, gradients) = (&weights[buffers.clone()], &mut task.gradients[buffers]);
            std::mem::swap(&mut task.scratch.greatest, &mut task.greatest[at]);
            if at == 0 {
                layer.backward(weights, (known.input, &delta), gradients, None, &mut task.scratch);
                return;
            }
            let (output, of_derivative) = known.after(at - 1, &self.layers[at - 1]);
            let mut by_input = vec![0.0; output.len()];
            let by = Some(&mut *by_input);
            if self.is_masked(at, known.mask) {
                let input = masked(output, known.mask);
                layer.backward(weights, (&input, &delta), gradients, by, &mut task.scratch);
                by_input = masked(&by_input, known.mask);
            } else {
                layer.backward(weights, (output, &delta), gradients, by, &mut task.scratch);
            }
            self.layers[at - 1]
                .activation()
                .times_derivative(of_derivative, &mut by_input);
            delta = by_input;
        }
    }
}

/// What is known of a task's rows after the way forward.
pub(super) struct Known<'a> {
    pub(super) input: &'a [f32],
    /// Of all rows of the batch, by layers.
    pub(super) outputs: &'a [Vec<f32>],
    pub(super) affine: &'a [Vec<f32>],
    pub(super) rows: Range<usize>,
    pub(super) mask: Option<&'a [f32]>,
}

impl<'a> Known<'a> {
    /// What a layer gave, and what the derivative of its activation follows from.
    fn after(&self, at: usize, layer: &Layer) -> (&'a [f32], &'a [f32]) {
        let (output, affine) = (&self.outputs[at], &self.affine[at]);
        let part = self.rows.start * layer.n_out()..self.rows.end * layer.n_out();
        let kept = if affine.is_empty() { output } else { affine };
        (&output[part.clone()], &kept[part])
    }
}
