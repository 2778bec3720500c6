use n2d_core::FitContext;
use n2d_core::matmul::{Matrix, product};
use n2d_core::rng::ChaCha8Rng;
use ndarray::{Array2, ArrayView2};
use rand::Rng;
use rayon::prelude::*;

use crate::Activation;

/// Rows a task encodes at once. Every product has exactly this many rows, the last ones zero where data runs out, so
/// that the bits of a row depend neither on the rows beside it nor on the number of threads.
const BLOCK_ROWS: usize = 256;

/// One affine layer, `y = x W + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseLayer {
    n_in: usize,
    n_out: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl DenseLayer {
    /// Width of the rows it takes.
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Width of the rows it makes.
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// `W`, `(n_in, n_out)` as Keras' kernels.
    pub fn weight(&self) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape((self.n_in, self.n_out), &self.weight).expect("n_in * n_out values: made so")
    }

    /// `b`, `n_out` values.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    pub(crate) fn weight_matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.weight, self.n_in, self.n_out)
    }

    /// The weights and the bias, to be changed.
    pub(crate) fn parameters_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.weight, &mut self.bias)
    }

    /// Of `n_in * n_out` weights, row by row, and `n_out` biases.
    pub(crate) fn from_parameters(n_in: usize, n_out: usize, weight: Vec<f32>, bias: Vec<f32>) -> Self {
        assert_eq!((weight.len(), bias.len()), (n_in * n_out, n_out));
        Self {
            n_in,
            n_out,
            weight,
            bias,
        }
    }

    /// Weights uniform in `±sqrt(6 / (n_in + n_out))`, bias zero (Glorot and Bengio 2010; Keras' default).
    pub(crate) fn glorot_uniform(n_in: usize, n_out: usize, rng: &mut ChaCha8Rng) -> Result<Self, TooLarge> {
        let limit = (6.0 / (n_in as f64 + n_out as f64)).sqrt() as f32;
        let mut weight = reserved(n_in, n_out)?;
        weight.extend((0..n_in * n_out).map(|_| limit * symmetric_unit(rng)));
        Ok(Self {
            n_in,
            n_out,
            weight,
            bias: vec![0.0; n_out],
        })
    }

    fn forward_block(&self, input: &[f32], activation: Activation, output: &mut [f32]) {
        product(
            Matrix::new(input, BLOCK_ROWS, self.n_in),
            self.weight_matrix(),
            output,
        );
        for row in output.chunks_exact_mut(self.n_out) {
            for (value, bias) in row.iter_mut().zip(&self.bias) {
                *value += bias;
            }
        }
        activation.apply(output);
    }
}

/// The widths between all layers of an autoencoder.
fn widths(n_features: usize, hidden: &[usize], latent_dim: usize) -> Vec<usize> {
    let down = std::iter::once(&n_features).chain(hidden);
    let up = hidden.iter().rev().chain([&n_features]);
    down.chain([&latent_dim]).chain(up).copied().collect()
}

/// Initial weights of a network that is not the one to be trained.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the initial weights are of a network from {} features by layers of {:?} with {:?}, but it is to be trained from {} by {:?} with {:?}",
    found.0, found.1, found.2, needed.0, needed.1, needed.2
)]
#[non_exhaustive]
pub struct AnotherNetwork {
    /// Features, widths of layers and activation of the weights' network.
    pub found: (usize, Vec<usize>, Activation),
    /// Those of the network to be trained.
    pub needed: (usize, Vec<usize>, Activation),
}

/// A network whose weights do not fit into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a layer of {n_in} x {n_out} weights does not fit into memory")]
#[non_exhaustive]
pub struct TooLarge {
    /// What the layer takes.
    pub n_in: usize,
    /// What it makes.
    pub n_out: usize,
}

fn reserved(n_in: usize, n_out: usize) -> Result<Vec<f32>, TooLarge> {
    let too_large = TooLarge { n_in, n_out };
    let mut buffer = Vec::new();
    match n_in.checked_mul(n_out).map(|n| buffer.try_reserve_exact(n)) {
        Some(Ok(())) => Ok(buffer),
        _ => Err(too_large),
    }
}

/// Uniform in `[-1, 1)`, from the 24 high bits of a draw: each value is exact in `f32`.
pub(crate) fn symmetric_unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 * (2.0 / (1 << 24) as f32) - 1.0
}

/// A dense autoencoder's layers: those of the encoder, from data to latents, then those of the decoder, back to data.
///
/// The activation follows every layer but the last of each half: latents are linear, and so are reconstructions, but for a loss that bounds
/// them.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseNetwork {
    layers: Vec<DenseLayer>,
    n_encoder: usize,
    activation: Activation,
    output: Activation,
}

impl DenseNetwork {
    /// `n_features - hidden - latent_dim - hidden mirrored - n_features`, each layer drawn from a stream of its own.
    pub(crate) fn new(
        n_features: usize,
        hidden: &[usize],
        latent_dim: usize,
        activation: Activation,
        ctx: &FitContext<'_>,
    ) -> Result<Self, TooLarge> {
        let layers = (0_u64..)
            .zip(widths(n_features, hidden, latent_dim).windows(2))
            .map(|(i, w)| DenseLayer::glorot_uniform(w[0], w[1], &mut ctx.rng("encoder weights", i)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            layers,
            n_encoder: hidden.len() + 1,
            activation,
            output: Activation::Linear,
        })
    }

    /// That it is one of these widths and this activation.
    pub(crate) fn check(
        &self,
        n_features: usize,
        hidden: &[usize],
        latent_dim: usize,
        activation: Activation,
    ) -> Result<(), AnotherNetwork> {
        let widths = widths(n_features, hidden, latent_dim);
        let found: Vec<usize> = std::iter::once(n_features)
            .chain(self.layers.iter().map(|layer| layer.n_out))
            .collect();
        if self.n_features() == n_features && found == widths && self.activation == activation {
            return Ok(());
        }
        Err(AnotherNetwork {
            found: (self.n_features(), found[1..].to_vec(), self.activation),
            needed: (n_features, widths[1..].to_vec(), activation),
        })
    }

    /// Of layers that fit one to the next, the first `n_encoder` those of the encoder.
    pub(crate) fn from_layers(layers: Vec<DenseLayer>, n_encoder: usize, activation: Activation) -> Self {
        Self {
            layers,
            n_encoder,
            activation,
            output: Activation::Linear,
        }
    }

    /// With an activation behind the last layer.
    pub(crate) fn with_output(self, output: Activation) -> Self {
        Self { output, ..self }
    }

    /// The layers from data to latents.
    pub fn encoder(&self) -> &[DenseLayer] {
        &self.layers[..self.n_encoder]
    }

    /// The layers from latents to data.
    pub fn decoder(&self) -> &[DenseLayer] {
        &self.layers[self.n_encoder..]
    }

    /// The activation of the hidden layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The activation behind the last layer, whose output is the reconstruction.
    pub fn output(&self) -> Activation {
        self.output
    }

    /// Width of the data.
    pub fn n_features(&self) -> usize {
        self.layers[0].n_in
    }

    /// Width of the latents.
    pub fn latent_dim(&self) -> usize {
        self.layers[self.n_encoder - 1].n_out
    }

    /// All layers, from data to latents and back.
    pub(crate) fn layers(&self) -> &[DenseLayer] {
        &self.layers
    }

    pub(crate) fn layers_mut(&mut self) -> &mut [DenseLayer] {
        &mut self.layers
    }

    /// The activation behind a layer, counted over both halves; that behind the last one is the loss's own affair.
    pub(crate) fn activation_after(&self, layer: usize) -> Activation {
        let last_of_half = layer + 1 == self.n_encoder || layer + 1 == self.layers.len();
        if last_of_half {
            Activation::Linear
        } else {
            self.activation
        }
    }

    /// Which of [`parameters`](Self::parameters) are a layer's weights.
    pub(crate) const fn weight_buffer(layer: usize) -> usize {
        2 * layer
    }

    /// Which of [`parameters`](Self::parameters) is a layer's bias.
    pub(crate) const fn bias_buffer(layer: usize) -> usize {
        2 * layer + 1
    }

    /// The shapes of [`parameters`](Self::parameters).
    pub(crate) fn shapes(&self) -> Vec<Vec<usize>> {
        let of = |layer: &DenseLayer| [vec![layer.n_in, layer.n_out], vec![layer.n_out]];
        self.layers.iter().flat_map(of).collect()
    }

    /// Every buffer of parameters, layer by layer, weights before bias.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &[f32]> {
        self.layers
            .iter()
            .flat_map(|layer| [layer.weight.as_slice(), layer.bias.as_slice()])
    }

    /// As [`parameters`](Self::parameters), to be changed.
    pub(crate) fn parameters_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.layers
            .iter_mut()
            .flat_map(|layer| [layer.weight.as_mut_slice(), layer.bias.as_mut_slice()])
    }

    /// Latents of whole rows of data.
    pub(crate) fn encode(&self, rows: &[f32]) -> Array2<f32> {
        self.apply(self.encoder(), Activation::Linear, rows)
    }

    /// Data of whole rows of latents.
    pub(crate) fn decode(&self, rows: &[f32]) -> Array2<f32> {
        self.apply(self.decoder(), self.output, rows)
    }

    fn apply(&self, half: &[DenseLayer], output_of_half: Activation, rows: &[f32]) -> Array2<f32> {
        let (n_in, n_out) = (half[0].n_in, half[half.len() - 1].n_out);
        let mut output = Array2::zeros((rows.len() / n_in, n_out));
        output
            .as_slice_mut()
            .expect("new arrays are row-major")
            .par_chunks_mut(BLOCK_ROWS * n_out)
            .zip(rows.par_chunks(BLOCK_ROWS * n_in))
            .for_each_init(
                || Scratch::of(half),
                |scratch, (out, block)| {
                    let made = scratch.forward(half, (self.activation, output_of_half), block);
                    out.copy_from_slice(&made[..out.len()]);
                },
            );
        output
    }
}

/// The two buffers between which a block of rows goes back and forth.
struct Scratch(Vec<f32>, Vec<f32>);

impl Scratch {
    fn of(layers: &[DenseLayer]) -> Self {
        let widest = layers.iter().map(|l| l.n_in.max(l.n_out)).max().unwrap_or(0);
        let buffer = vec![0.0; BLOCK_ROWS * widest];
        Self(buffer.clone(), buffer)
    }

    fn forward(
        &mut self,
        layers: &[DenseLayer],
        (activation, output): (Activation, Activation),
        rows: &[f32],
    ) -> &[f32] {
        let Self(current, next) = self;
        current[..rows.len()].copy_from_slice(rows);
        current[rows.len()..BLOCK_ROWS * layers[0].n_in].fill(0.0);
        for (i, layer) in layers.iter().enumerate() {
            let after = if i + 1 == layers.len() { output } else { activation };
            layer.forward_block(
                &current[..BLOCK_ROWS * layer.n_in],
                after,
                &mut next[..BLOCK_ROWS * layer.n_out],
            );
            std::mem::swap(current, next);
        }
        current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(n_features: usize, hidden: &[usize], latent_dim: usize) -> DenseNetwork {
        DenseNetwork::new(
            n_features,
            hidden,
            latent_dim,
            Activation::Tanh,
            &FitContext::new(7),
        )
        .unwrap()
    }

    #[test]
    fn widths_are_mirrored() {
        let network = network(784, &[500, 500, 2000], 10);
        let shape = |layers: &[DenseLayer]| layers.iter().map(|l| (l.n_in, l.n_out)).collect::<Vec<_>>();
        assert_eq!(
            shape(network.encoder()),
            [(784, 500), (500, 500), (500, 2000), (2000, 10)]
        );
        assert_eq!(
            shape(network.decoder()),
            [(10, 2000), (2000, 500), (500, 500), (500, 784)]
        );
        let activations: Vec<_> = (0..8).map(|i| network.activation_after(i)).collect();
        let linear = |i: usize| activations[i] == Activation::Linear;
        assert_eq!((0..8).filter(|&i| linear(i)).collect::<Vec<_>>(), [3, 7]);
    }

    #[test]
    fn weights_are_glorot_uniform_and_biases_zero() {
        let network = network(60, &[40], 5);
        for layer in &network.layers {
            let limit = (6.0 / (layer.n_in + layer.n_out) as f64).sqrt();
            let n = layer.weight.len() as f64;
            let mean = layer.weight.iter().copied().map(f64::from).sum::<f64>() / n;
            let square = layer.weight.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / n;
            assert!(
                layer
                    .weight
                    .iter()
                    .all(|&w| f64::from(w.abs()) <= limit * 1.000_001)
            );
            assert!(mean.abs() < 5.0 * limit / (3.0 * n).sqrt(), "mean {mean}");
            assert!(
                (square / (limit * limit / 3.0) - 1.0).abs() < 0.2,
                "variance {square}"
            );
            assert!(layer.bias.iter().all(|&b| b == 0.0));
        }
    }

    /// A saved seed must mean the same for ever: these values may never change.
    #[test]
    fn weights_are_pinned() {
        let network = network(3, &[4], 2);
        let firsts: Vec<f32> = network.layers.iter().map(|l| l.weight[0]).collect();
        assert_eq!(firsts, [-0.286_008_78, -0.604_456_9, 0.077_067_494, -0.515_998_5]);
        let other = DenseNetwork::new(3, &[4], 2, Activation::Tanh, &FitContext::new(8)).unwrap();
        assert_ne!(network, other);
    }

    #[test]
    fn a_rows_bits_do_not_depend_on_its_place_or_neighbours() {
        // Widths on both sides of every special case of the product: one, two, a partial tile, many tiles.
        for (n_features, hidden, latent_dim) in [
            (1, vec![3], 1),
            (2, vec![17, 33], 2),
            (7, vec![], 1),
            (33, vec![1], 3),
            (100, vec![130, 70], 10),
            (784, vec![500, 2000], 10),
        ] {
            let network = network(n_features, &hidden, latent_dim);
            let n = 300;
            let rows: Vec<f32> = (0..n * n_features)
                .map(|i| ((i * 37 + i / 11) % 101) as f32 / 50.0 - 1.0)
                .collect();
            let all = network.encode(&rows);
            for place in [0, 1, 5, 47, 100, 255, 256, 299] {
                let row = &rows[place * n_features..(place + 1) * n_features];
                let alone = network.encode(row);
                assert_eq!(
                    alone.row(0),
                    all.row(place),
                    "{n_features} {hidden:?} {latent_dim}"
                );
            }
            let back = network.decode(all.as_slice().unwrap());
            let alone = network.decode(all.row(200).as_slice().unwrap());
            assert_eq!(alone.row(0), back.row(200));
        }
    }

    #[test]
    fn the_block_forward_is_the_definition() {
        let network = network(5, &[4, 3], 2);
        let rows: Vec<f32> = (0..15).map(|i| i as f32 / 7.0 - 1.0).collect();
        let encoded = network.encode(&rows);
        for (row, made) in rows.chunks(5).zip(encoded.rows()) {
            let mut values: Vec<f64> = row.iter().copied().map(f64::from).collect();
            for (i, layer) in network.encoder().iter().enumerate() {
                let affine = |j: usize| {
                    let sum = |k: usize| values[k] * f64::from(layer.weight()[[k, j]]);
                    (0..layer.n_in()).map(sum).sum::<f64>() + f64::from(layer.bias()[j])
                };
                let last = i + 1 == network.encoder().len();
                values = (0..layer.n_out())
                    .map(|j| if last { affine(j) } else { affine(j).tanh() })
                    .collect();
            }
            for (a, b) in made.iter().zip(&values) {
                assert!((f64::from(*a) - b).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_network_beyond_memory_is_an_error() {
        let huge = usize::MAX / 2;
        let error = DenseNetwork::new(3, &[huge], 2, Activation::Relu, &FitContext::new(0)).unwrap_err();
        assert!(error.to_string().contains("does not fit into memory"));
    }
}
