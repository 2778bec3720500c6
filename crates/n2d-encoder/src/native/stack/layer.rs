//! One layer: patches, and their product with the weights.

use n2d_core::matmul::{Matrix, add_product, product};

use crate::Activation;
use crate::gathers::Gathers;

/// Values of patches that are multiplied at once, unless those of one row are more: they stay in the cache.
const PATCHES: usize = 1 << 16;

/// The same affine map of what lies around each place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    /// Values of a row that it takes.
    n_in: usize,
    /// Places that it makes.
    places: usize,
    /// Parts of each, of which the greatest is kept.
    parts: usize,
    /// Values that each part is made of.
    fan_in: usize,
    /// Values that each of them has.
    channels: usize,
    activation: Activation,
    /// How the patches of a row come from its values; none where the one patch is the row.
    runs: Vec<Run>,
}

/// Values side by side both in a row and in its patches; zeros where `from` is none.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    from: Option<usize>,
    to: usize,
    len: usize,
}

/// Buffers of one thread, made as large as a layer needs them.
#[derive(Default)]
pub(super) struct Scratch {
    patches: Vec<f32>,
    by_patches: Vec<f32>,
    /// What is made of each patch before the greatest are kept, or the gradient by it.
    of_patches: Vec<f32>,
    /// Which part of each place, channel by channel, was the greatest on the way forward; empty where a place has one part.
    pub(super) greatest: Vec<u8>,
}

impl Layer {
    pub(super) fn convolution(gathers: &Gathers, activation: Activation) -> Self {
        let (channels, neighbours) = (gathers.from.channels, gathers.n_neighbours());
        let (places, fan_in) = (gathers.to.n_places(), neighbours * channels);
        let mut runs: Vec<Run> = Vec::new();
        let parts = gathers.n_parts();
        for patch in 0..places * parts {
            for neighbour in 0..neighbours {
                let source = gathers.source((patch / parts, patch % parts), neighbour);
                let (from, to) = (
                    source.map(|at| at * channels),
                    patch * fan_in + neighbour * channels,
                );
                match runs.last_mut() {
                    Some(run) if neighbour > 0 && run.from.map(|at| at + run.len) == from => {
                        run.len += channels;
                    }
                    _ => runs.push(Run {
                        from,
                        to,
                        len: channels,
                    }),
                }
            }
        }
        Self {
            n_in: gathers.from.n_places() * channels,
            places,
            parts,
            fan_in,
            channels: gathers.to.channels,
            activation,
            runs,
        }
    }

    pub(super) fn dense(n_in: usize, n_out: usize, activation: Activation) -> Self {
        Self {
            n_in,
            places: 1,
            parts: 1,
            fan_in: n_in,
            channels: n_out,
            activation,
            runs: Vec::new(),
        }
    }

    pub(crate) fn n_in(&self) -> usize {
        self.n_in
    }

    pub(crate) fn n_out(&self) -> usize {
        self.places * self.channels
    }

    pub(super) fn activation(&self) -> Activation {
        self.activation
    }

    /// Patches of a row.
    fn n_patches(&self) -> usize {
        self.places * self.parts
    }

    /// Rows whose patches are multiplied at once.
    fn rows_at_once(&self) -> usize {
        (PATCHES / (self.n_patches() * self.fan_in)).max(1)
    }

    /// What the activation takes.
    pub(super) fn forward(
        &self,
        weights: &[Vec<f32>],
        input: &[f32],
        output: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let n_rows = self.rows_at_once();
        scratch.greatest.clear();
        let chunks = input.chunks(n_rows * self.n_in);
        for (input, output) in chunks.zip(output.chunks_mut(n_rows * self.n_out())) {
            let patches = self.patches(input, &mut scratch.patches);
            let matrix = self.matrix(&weights[0]).t();
            if self.parts == 1 {
                product(patches, matrix, output);
            } else {
                scratch.of_patches.resize(output.len() * self.parts, 0.0);
                product(patches, matrix, &mut scratch.of_patches);
                self.pool(&scratch.of_patches, output, &mut scratch.greatest);
            }
            for place in output.chunks_exact_mut(self.channels) {
                for (value, bias) in place.iter_mut().zip(&weights[1]) {
                    *value += bias;
                }
            }
        }
    }

    /// The greatest of each place's parts; which they are is added to `greatest`.
    fn pool(&self, parts: &[f32], output: &mut [f32], greatest: &mut Vec<u8>) {
        let before = greatest.len();
        greatest.resize(before + output.len(), 0);
        let places = parts.chunks_exact(self.parts * self.channels);
        let made = output
            .chunks_exact_mut(self.channels)
            .zip(greatest[before..].chunks_exact_mut(self.channels));
        for (parts, (output, greatest)) in places.zip(made) {
            output.copy_from_slice(&parts[..self.channels]);
            for (part, values) in (0_u8..).zip(parts.chunks_exact(self.channels)).skip(1) {
                for ((most, which), &value) in output.iter_mut().zip(greatest.iter_mut()).zip(values) {
                    // Not a number is greater than any: it is never hidden.
                    let is_greater = value > *most || value.is_nan();
                    *most = if is_greater { value } else { *most };
                    *which = if is_greater { part } else { *which };
                }
            }
        }
    }

    /// Adds to the gradients by the weights, and to those by the input, if these are asked for. `delta` is the gradient by what the activation took, and
    /// `scratch.greatest` as the way forward left it.
    pub(super) fn backward(
        &self,
        weights: &[Vec<f32>],
        (input, delta): (&[f32], &[f32]),
        gradients: &mut [Vec<f32>],
        mut by_input: Option<&mut [f32]>,
        scratch: &mut Scratch,
    ) {
        let n_rows = self.rows_at_once();
        let [by_matrix, by_bias] = gradients else {
            unreachable!("a layer has a matrix and a bias")
        };
        let chunks = input.chunks(n_rows * self.n_in);
        for (at, (input, delta)) in chunks.zip(delta.chunks(n_rows * self.n_out())).enumerate() {
            for place in delta.chunks_exact(self.channels) {
                for (sum, value) in by_bias.iter_mut().zip(place) {
                    *sum += value;
                }
            }
            let delta = if self.parts == 1 {
                delta
            } else {
                let first = at * n_rows * self.n_out();
                self.unpool(delta, &scratch.greatest[first..], &mut scratch.of_patches);
                &scratch.of_patches
            };
            let delta = Matrix::new(delta, delta.len() / self.channels, self.channels);
            add_product(delta.t(), self.patches(input, &mut scratch.patches), by_matrix);
            if let Some(by_input) = &mut by_input {
                let first = at * n_rows * self.n_in;
                let by_input = &mut by_input[first..first + input.len()];
                let by_patches = &mut scratch.by_patches;
                by_patches.resize(input.len() / self.n_in * self.n_patches() * self.fan_in, 0.0);
                product(delta, self.matrix(&weights[0]), by_patches);
                self.scatter(by_patches, by_input);
            }
        }
    }

    /// The gradient by each place goes to the greatest of its parts.
    fn unpool(&self, delta: &[f32], greatest: &[u8], parts: &mut Vec<f32>) {
        parts.clear();
        parts.resize(delta.len() * self.parts, 0.0);
        let places = parts.chunks_exact_mut(self.parts * self.channels);
        let deltas = delta
            .chunks_exact(self.channels)
            .zip(greatest.chunks_exact(self.channels));
        for (parts, (delta, greatest)) in places.zip(deltas) {
            for (channel, (&value, &part)) in delta.iter().zip(greatest).enumerate() {
                parts[usize::from(part) * self.channels + channel] = value;
            }
        }
    }

    fn matrix<'a>(&self, weight: &'a [f32]) -> Matrix<'a> {
        Matrix::new(weight, self.channels, self.fan_in)
    }

    /// Of rows, one for each part of each place of each.
    fn patches<'a>(&self, input: &'a [f32], patches: &'a mut Vec<f32>) -> Matrix<'a> {
        let n_patches = input.len() / self.n_in * self.n_patches();
        if self.runs.is_empty() {
            return Matrix::new(input, n_patches, self.fan_in);
        }
        patches.resize(n_patches * self.fan_in, 0.0);
        let rows = patches.chunks_exact_mut(self.n_patches() * self.fan_in);
        for (row, input) in rows.zip(input.chunks_exact(self.n_in)) {
            for &Run { from, to, len } in &self.runs {
                match from {
                    Some(from) => row[to..to + len].copy_from_slice(&input[from..from + len]),
                    None => row[to..to + len].fill(0.0),
                }
            }
        }
        Matrix::new(patches, n_patches, self.fan_in)
    }

    /// Adds what stands in patches to the values that they came from.
    fn scatter(&self, patches: &[f32], output: &mut [f32]) {
        if self.runs.is_empty() {
            output
                .iter_mut()
                .zip(patches)
                .for_each(|(sum, value)| *sum += value);
            return;
        }
        let rows = patches.chunks_exact(self.n_patches() * self.fan_in);
        for (row, output) in rows.zip(output.chunks_exact_mut(self.n_in)) {
            for &Run { from, to, len } in &self.runs {
                let Some(from) = from else { continue };
                let sums = output[from..from + len].iter_mut();
                sums.zip(&row[to..to + len])
                    .for_each(|(sum, value)| *sum += value);
            }
        }
    }
}
