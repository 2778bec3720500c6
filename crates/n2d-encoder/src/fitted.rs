use n2d_core::check::same_features;
use n2d_core::{ApplyError, Decode, FittedEncoder, PartConfig, Samples};
use ndarray::Array2;

use crate::{DenseAutoencoderConfig, DenseNetwork};

/// A trained [`DenseAutoencoder`](crate::DenseAutoencoder): plain arrays of weights.
///
/// Encoding and decoding run on all threads of the pool around the caller, in blocks of 256 rows. A row's bits depend
/// neither on the rows beside it nor on the number of threads. Fewer rows than a block cost as much as a whole one.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedDenseAutoencoder {
    network: DenseNetwork,
}

impl FittedDenseAutoencoder {
    pub(crate) fn new(network: DenseNetwork) -> Self {
        Self { network }
    }

    /// The trained weights, layer by layer.
    pub fn weights(&self) -> &DenseNetwork {
        &self.network
    }
}

impl FittedEncoder for FittedDenseAutoencoder {
    fn name(&self) -> &str {
        DenseAutoencoderConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.network.n_features()
    }

    fn latent_dim(&self) -> usize {
        self.network.latent_dim()
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.n_features(), x)?;
        Ok(self.network.encode(x.as_slice()))
    }

    fn as_decode(&self) -> Option<&dyn Decode> {
        Some(self)
    }
}

impl Decode for FittedDenseAutoencoder {
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.latent_dim(), z)?;
        Ok(self.network.decode(z.as_slice()))
    }
}
