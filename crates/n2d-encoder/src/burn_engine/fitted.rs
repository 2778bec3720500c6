use burn::tensor::{Device, Tensor};
use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, BoxError, Decode, FittedEncoder, Samples};
use ndarray::Array2;
use rayon::prelude::*;

use super::parameters::{self, read, tensor};
use super::{Network, RowShape};
use crate::Loss;
use crate::learner::Weights;

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
}

impl<N: Network> FittedAutoencoder<N> {
    pub(super) fn new(
        config: &N::Config,
        rows: &RowShape,
        loss: Loss,
        weights: Weights,
    ) -> Result<Self, BoxError> {
        let network = parameters::with_values(N::new(config, rows, &Device::flex())?, weights);
        Ok(Self::of(network, config.clone(), rows.clone(), loss))
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

    fn apply(
        &self,
        rows: Samples<'_>,
        n_out: usize,
        apply: impl Fn(Tensor<2>) -> Tensor<2> + Sync,
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
                let made = read(apply(tensor(padded, [BLOCK_ROWS, n_in], &Device::flex())))?;
                out.copy_from_slice(&made[..out.len()]);
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
        self.apply(x, self.latent_dim, |x| self.network.encode(x))
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
        self.apply(z, self.n_features(), |z| {
            self.loss.reconstruction(self.network.decode(z))
        })
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
        let network = N::new(&config, &rows, &Device::flex());
        let network =
            network.map_err(|refused| state.refuse("config", &format!("one that can be: {refused}")))?;
        let network = parameters::load(network, state)?;
        Ok(Self::of(network, config, rows, state.get("loss")?))
    }
}
