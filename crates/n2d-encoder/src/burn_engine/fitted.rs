use std::sync::OnceLock;

use burn::tensor::{Device, Tensor};
use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, BoxError, Decode, FittedEncoder, Samples};
use ndarray::Array2;
use rayon::prelude::*;

use super::parameters::{self, read, tensor};
use super::refused::{caught, made};
use super::{Network, NetworkError, RowShape};
use crate::Loss;
use crate::learner::Weights;
use crate::native::Stack;

/// Rows a task encodes at once. Every call of the network has exactly this many rows, the last ones zero where data runs out, so
/// that the bits of a row do not depend on how many are asked for.
const BLOCK_ROWS: usize = 64;

/// A trained network of an [`Autoencoder`](crate::Autoencoder), on the CPU wherever it was trained.
///
/// Encoding and decoding run on all threads of the pool around the caller, in blocks of 64 rows. A row's bits depend
/// neither on how many rows are given nor on the number of threads. Fewer rows than a block cost as much as a whole one.
#[derive(Debug, Clone)]
pub struct FittedAutoencoder<N: Network> {
    network: N,
    config: N::Config,
    rows: RowShape,
    latent_dim: usize,
    loss: Loss,
    /// What applies the network in burn's place, with its weights, if it has such a form; made when it is first needed.
    native: OnceLock<Option<(Stack, Weights)>>,
}

impl<N: Network> FittedAutoencoder<N> {
    pub(super) fn new(
        config: &N::Config,
        rows: &RowShape,
        loss: Loss,
        weights: Weights,
    ) -> Result<Self, BoxError> {
        let network: N = made(config, rows, (&Device::flex(), crate::Device::default()))?;
        let network = parameters::with_values(network, weights);
        let fitted = caught(|| Self::of(network, config.clone(), rows.clone(), loss));
        Ok(fitted.map_err(|said| NetworkError::Apply { said })?)
    }

    fn of(network: N, config: N::Config, rows: RowShape, loss: Loss) -> Self {
        let latent_dim = network.latent_dim().unwrap_or_else(|| {
            let n_features = rows.n_features();
            let zeros = tensor(vec![0.0; n_features], [1, n_features], &Device::flex());
            let [_, latent_dim] = network.encode(zeros).dims();
            latent_dim
        });
        Self {
            network,
            config,
            rows,
            latent_dim,
            loss,
            native: OnceLock::new(),
        }
    }

    /// The network, on burn's CPU device.
    // tidy: backend in public
    pub fn network(&self) -> &N {
        &self.network
    }

    /// What it was built from.
    pub fn config(&self) -> &N::Config {
        &self.config
    }

    /// The shape of its rows.
    pub fn row_shape(&self) -> &RowShape {
        &self.rows
    }

    fn native(&self) -> Option<&(Stack, Weights)> {
        let made = || Some((self.network.native()?, parameters::values(&self.network).ok()?));
        self.native.get_or_init(made).as_ref()
    }

    fn apply(
        &self,
        rows: Samples<'_>,
        n_out: usize,
        apply: impl Fn(Vec<f32>) -> Result<Vec<f32>, BoxError> + Sync,
    ) -> Result<Array2<f32>, ApplyError> {
        let n_in = rows.n_features();
        let mut output = Array2::zeros((rows.n_samples(), n_out));
        let blocks = output
            .as_slice_mut()
            .expect("new arrays are row-major")
            .par_chunks_mut(BLOCK_ROWS * n_out);
        let made = blocks
            .zip(rows.as_slice().par_chunks(BLOCK_ROWS * n_in))
            .map(|(out, block)| {
                let mut padded = block.to_vec();
                padded.resize(BLOCK_ROWS * n_in, 0.0);
                out.copy_from_slice(&apply(padded)?[..out.len()]);
                Ok(())
            });
        made.collect::<Result<(), BoxError>>()
            .map_err(|source| ApplyError::Part {
                part: N::NAME.to_owned(),
                source,
            })?;
        Ok(output)
    }
}

/// A block of rows through a function of tensors.
fn on_tensor(block: Vec<f32>, apply: impl Fn(Tensor<2>) -> Tensor<2>) -> Result<Vec<f32>, BoxError> {
    let shape = [BLOCK_ROWS, block.len() / BLOCK_ROWS];
    let made = caught(|| read(apply(tensor(block, shape, &Device::flex()))));
    made.map_err(|said| NetworkError::Apply { said })?
}

impl<N: Network> FittedEncoder for FittedAutoencoder<N> {
    fn name(&self) -> &str {
        N::NAME
    }

    fn n_features(&self) -> usize {
        self.rows.n_features()
    }

    fn latent_dim(&self) -> usize {
        self.latent_dim
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(N::NAME, self.n_features(), x)?;
        match self.native() {
            Some((stack, weights)) => {
                self.apply(x, self.latent_dim, |block| Ok(stack.encode(weights, &block)))
            }
            None => self.apply(x, self.latent_dim, |block| {
                on_tensor(block, |x| self.network.encode(x))
            }),
        }
    }

    fn as_decode(&self) -> Option<&dyn Decode> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl<N: Network> Decode for FittedAutoencoder<N> {
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(N::NAME, self.latent_dim, z)?;
        let mut made = match self.native() {
            Some((stack, weights)) => {
                self.apply(z, self.n_features(), |block| Ok(stack.decode(weights, &block)))
            }
            None => self.apply(z, self.n_features(), |block| {
                on_tensor(block, |z| self.network.decode(z))
            }),
        }?;
        made.rows_mut().into_iter().for_each(|mut row| {
            let row = row.as_slice_mut().expect("new arrays are row-major");
            self.loss.output().apply(row);
        });
        Ok(made)
    }
}

impl<N: Network> Persist for FittedAutoencoder<N> {
    const KIND: &'static str = N::NAME;

    fn save(&self, state: &mut State) {
        state.set("config", &self.config);
        state.set("row_shape", self.rows.extents());
        state.set("loss", &self.loss);
        parameters::save(&self.network, state);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let rows = RowShape::saved(state.get("row_shape")?);
        let rows =
            rows.ok_or_else(|| state.refuse("row_shape", "extents of at least 1 whose product can be"))?;
        let config: N::Config = state.get("config")?;
        let network = made(&config, &rows, (&Device::flex(), crate::Device::default()));
        let network: N =
            network.map_err(|refused| state.refuse("config", &format!("one that can be: {refused}")))?;
        let network = parameters::load(network, state)?;
        Ok(Self::of(network, config, rows, state.get("loss")?))
    }
}
