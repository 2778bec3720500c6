use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
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

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedDenseAutoencoder {
    const KIND: &'static str = DenseAutoencoderConfig::NAME;

    fn save(&self, state: &mut State) {
        self.network.save(state);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        Ok(Self::new(DenseNetwork::load(state)?))
    }
}

impl Decode for FittedDenseAutoencoder {
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.latent_dim(), z)?;
        Ok(self.network.decode(z.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use n2d_core::persist::{from_bytes, to_bytes};
    use n2d_core::{Encoder, FitContext};

    use super::*;

    #[test]
    fn a_network_comes_back_and_a_wrong_one_is_refused() {
        let values: Vec<f32> = (0..60).map(|i| (i % 7) as f32 / 7.0).collect();
        let x = Samples::from_rows(&values, 6).unwrap();
        let config = DenseAutoencoderConfig {
            hidden: vec![5, 4],
            n_epochs: Some(2),
            ..DenseAutoencoderConfig::new(3)
        };
        let fit = config.build().unwrap().fit(x, &mut FitContext::new(1)).unwrap();
        let loaded: FittedDenseAutoencoder = from_bytes(&to_bytes(&fit.model).unwrap()).unwrap();
        assert_eq!(loaded, fit.model);

        let mut state = State::of(&fit.model).unwrap();
        state.put("decoder.1.bias", &[0.0_f32; 4]);
        let error = state.load::<FittedDenseAutoencoder>().unwrap_err().to_string();
        assert_eq!(error, "`decoder.1.bias` must be of 5 values");
        state.set("n_decoder_layers", &2);
        let error = state.load::<FittedDenseAutoencoder>().unwrap_err().to_string();
        assert_eq!(error, "`decoder.1.bias` must be of 5 values");
        state.set("n_decoder_layers", &1);
        let error = state.load::<FittedDenseAutoencoder>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`decoder.0.weight` must be a decoder from 3 latents to 6 features"
        );
    }
}
