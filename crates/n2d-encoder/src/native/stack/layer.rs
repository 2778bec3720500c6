//! One layer: patches, and their product with the weights.

use std::ops::Range;

use n2d_core::matmul::{Matrix, add_product, product};

use crate::Activation;
use crate::gathers::Gathers;

/// Values of patches that are multiplied at once, unless those of one place are more: they stay in the cache.
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
    /// How the patches of each place come from a row's values, place after place; none where the one patch is the row.
    runs: Vec<Run>,
    /// Where the runs of each place begin, and the number of all.
    starts: Vec<usize>,
}

/// Values side by side both in a row and in a place's patches; zeros where `from` is none.
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
        let parts = gathers.n_parts();
        let (mut runs, mut starts): (Vec<Run>, _) = (Vec::new(), vec![0]);
        for place in 0..places {
            let first = runs.len();
            for at in 0..parts * neighbours {
                let source = gathers.source((place, at / neighbours), at % neighbours);
                let (from, to) = (source.map(|source| source * channels), at * channels);
                match runs[first..].last_mut() {
                    Some(run) if run.from.map(|from| from + run.len) == from => run.len += channels,
                    _ => runs.push(Run {
                        from,
                        to,
                        len: channels,
                    }),
                }
            }
            starts.push(runs.len());
        }
        Self {
            n_in: gathers.from.n_places() * channels,
            places,
            parts,
            fan_in,
            channels: gathers.to.channels,
            activation,
            runs,
            starts,
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
            starts: Vec::new(),
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

    /// Values of the patches of a place.
    fn width(&self) -> usize {
        self.parts * self.fan_in
    }

    /// Places whose patches are multiplied at once, of however many rows.
    fn places_at_once(&self) -> usize {
        if self.runs.is_empty() {
            usize::MAX
        } else {
            (PATCHES / self.width()).max(1)
        }
    }

    /// Pieces of the places of all rows, counted through.
    fn pieces(&self, n_rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (n, step) = (n_rows * self.places, self.places_at_once());
        (0..n)
            .step_by(step.min(n.max(1)))
            .map(move |first| first..n.min(first.saturating_add(step)))
    }

    /// What the activation takes.
    pub(super) fn forward(
        &self,
        weights: &[Vec<f32>],
        input: &[f32],
        output: &mut [f32],
        scratch: &mut Scratch,
    ) {
        scratch.greatest.clear();
        let matrix = self.matrix(&weights[0]).t();
        for places in self.pieces(input.len() / self.n_in) {
            let output = &mut output[places.start * self.channels..places.end * self.channels];
            let patches = self.patches(input, places, &mut scratch.patches);
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
        let [by_matrix, by_bias] = gradients else {
            unreachable!("a layer has a matrix and a bias")
        };
        for place in delta.chunks_exact(self.channels) {
            for (sum, value) in by_bias.iter_mut().zip(place) {
                *sum += value;
            }
        }
        for places in self.pieces(input.len() / self.n_in) {
            let piece = places.start * self.channels..places.end * self.channels;
            let delta = if self.parts == 1 {
                &delta[piece]
            } else {
                self.unpool(
                    &delta[piece.clone()],
                    &scratch.greatest[piece],
                    &mut scratch.of_patches,
                );
                &scratch.of_patches
            };
            let delta = Matrix::new(delta, delta.len() / self.channels, self.channels);
            add_product(
                delta.t(),
                self.patches(input, places.clone(), &mut scratch.patches),
                by_matrix,
            );
            if let Some(by_input) = &mut by_input {
                let by_patches = &mut scratch.by_patches;
                by_patches.resize(places.len() * self.width(), 0.0);
                product(delta, self.matrix(&weights[0]), by_patches);
                self.scatter(by_patches, places, by_input);
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

    /// Those of some places, one for each part of each.
    fn patches<'a>(&self, input: &'a [f32], places: Range<usize>, patches: &'a mut Vec<f32>) -> Matrix<'a> {
        let n_patches = places.len() * self.parts;
        if self.runs.is_empty() {
            return Matrix::new(input, n_patches, self.fan_in);
        }
        patches.resize(n_patches * self.fan_in, 0.0);
        for (place, patches) in places.zip(patches.chunks_exact_mut(self.width())) {
            let (runs, first) = self.runs_of(place);
            for &Run { from, to, len } in runs {
                match from {
                    Some(from) => {
                        let values = &input[first + from..first + from + len];
                        patches[to..to + len].copy_from_slice(values);
                    }
                    None => patches[to..to + len].fill(0.0),
                }
            }
        }
        Matrix::new(patches, n_patches, self.fan_in)
    }

    /// Adds what stands in the patches of some places to the values that they came from.
    fn scatter(&self, patches: &[f32], places: Range<usize>, output: &mut [f32]) {
        if self.runs.is_empty() {
            output
                .iter_mut()
                .zip(patches)
                .for_each(|(sum, value)| *sum += value);
            return;
        }
        for (place, patches) in places.zip(patches.chunks_exact(self.width())) {
            let (runs, first) = self.runs_of(place);
            for &Run { from, to, len } in runs {
                let Some(from) = from else { continue };
                let sums = output[first + from..first + from + len].iter_mut();
                sums.zip(&patches[to..to + len])
                    .for_each(|(sum, value)| *sum += value);
            }
        }
    }

    /// The runs of a place, counted through all rows, and where its row begins.
    fn runs_of(&self, place: usize) -> (&[Run], usize) {
        let (row, place) = (place / self.places, place % self.places);
        (
            &self.runs[self.starts[place]..self.starts[place + 1]],
            row * self.n_in,
        )
    }
}
