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
    /// Values that each of them is made of.
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

impl Layer {
    pub(super) fn convolution(gathers: &Gathers, activation: Activation) -> Self {
        let (channels, neighbours) = (gathers.from.channels, gathers.n_neighbours());
        let (places, fan_in) = (gathers.to.n_places(), neighbours * channels);
        let mut runs: Vec<Run> = Vec::new();
        for place in 0..places {
            for neighbour in 0..neighbours {
                let from = gathers.source(place, neighbour).map(|source| source * channels);
                let to = place * fan_in + neighbour * channels;
                match runs.last_mut() {
                    Some(run) if neighbour > 0 && run.from.map(|at| at + run.len) == from => {
                        run.len += channels
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

    /// Rows whose patches are multiplied at once.
    fn rows_at_once(&self) -> usize {
        (PATCHES / (self.places * self.fan_in)).max(1)
    }

    /// What the activation takes.
    pub(super) fn forward(
        &self,
        weights: &[Vec<f32>],
        input: &[f32],
        output: &mut [f32],
        patches: &mut Vec<f32>,
    ) {
        let n_rows = self.rows_at_once();
        let chunks = input.chunks(n_rows * self.n_in);
        for (input, output) in chunks.zip(output.chunks_mut(n_rows * self.n_out())) {
            let patches = self.patches(input, patches);
            product(patches, self.matrix(&weights[0]).t(), output);
            for place in output.chunks_exact_mut(self.channels) {
                for (value, bias) in place.iter_mut().zip(&weights[1]) {
                    *value += bias;
                }
            }
        }
    }

    /// Adds to the gradients by the weights, and to those by the input, if these are asked for. `delta` is the gradient by what the activation took.
    pub(super) fn backward(
        &self,
        weights: &[Vec<f32>],
        (input, delta): (&[f32], &[f32]),
        gradients: &mut [Vec<f32>],
        mut by_input: Option<&mut [f32]>,
        [patches, by_patches]: &mut [Vec<f32>; 2],
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
            let delta = Matrix::new(delta, delta.len() / self.channels, self.channels);
            add_product(delta.t(), self.patches(input, patches), by_matrix);
            if let Some(by_input) = &mut by_input {
                let first = at * n_rows * self.n_in;
                let by_input = &mut by_input[first..first + input.len()];
                by_patches.resize(input.len() / self.n_in * self.places * self.fan_in, 0.0);
                product(delta, self.matrix(&weights[0]), by_patches);
                self.scatter(by_patches, by_input);
            }
        }
    }

    fn matrix<'a>(&self, weight: &'a [f32]) -> Matrix<'a> {
        Matrix::new(weight, self.channels, self.fan_in)
    }

    /// Of rows, one for each place of each.
    fn patches<'a>(&self, input: &'a [f32], patches: &'a mut Vec<f32>) -> Matrix<'a> {
        let n_patches = input.len() / self.n_in * self.places;
        if self.runs.is_empty() {
            return Matrix::new(input, n_patches, self.fan_in);
        }
        patches.resize(n_patches * self.fan_in, 0.0);
        let rows = patches.chunks_exact_mut(self.places * self.fan_in);
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
        let rows = patches.chunks_exact(self.places * self.fan_in);
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
