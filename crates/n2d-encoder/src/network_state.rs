//! Dense networks as plain arrays: `encoder.0.weight` of `(n_in, n_out)`, `encoder.0.bias` of `(n_out)`, and so on from data to
//! latents; then `decoder.0.weight` from latents to data.

use n2d_core::persist::{LoadError, State};

use crate::network::DenseLayer;
use crate::{Activation, DenseNetwork};

impl DenseNetwork {
    /// The names of its parameters.
    pub(crate) fn names(&self) -> Vec<String> {
        let of_half =
            |(half, n): (&'static str, usize)| (0..n).flat_map(move |i| [weight(half, i), bias(half, i)]);
        let halves = [
            ("encoder", self.encoder().len()),
            ("decoder", self.decoder().len()),
        ];
        halves.into_iter().flat_map(of_half).collect()
    }

    pub(crate) fn save(&self, state: &mut State) {
        state.set("activation", &self.activation());
        if self.output() != Activation::Linear {
            state.set("output", &self.output());
        }
        for (half, layers) in [("encoder", self.encoder()), ("decoder", self.decoder())] {
            state.set(&n_layers(half), &layers.len());
            for (i, layer) in layers.iter().enumerate() {
                state.put_matrix(&weight(half, i), layer.weight());
                state.put(&bias(half, i), layer.bias());
            }
        }
    }

    pub(crate) fn load(state: &State) -> Result<Self, LoadError> {
        let mut encoder = half(state, "encoder")?;
        let decoder = half(state, "decoder")?;
        let n_encoder = encoder.len();
        let (n_features, latent_dim) = (encoder[0].n_in(), encoder[n_encoder - 1].n_out());
        let mirrored = decoder[0].n_in() == latent_dim && decoder[decoder.len() - 1].n_out() == n_features;
        let allowed = format!("a decoder from {latent_dim} latents to {n_features} features");
        state.expect("decoder.0.weight", &allowed, mirrored)?;
        encoder.extend(decoder);
        let network = Self::from_layers(encoder, n_encoder, state.get("activation")?);
        // Files of before there was a choice don't have it.
        let output = if state.values().any(|(name, _)| name == "output") {
            state.get("output")?
        } else {
            Activation::Linear
        };
        Ok(network.with_output(output))
    }
}

fn n_layers(half: &str) -> String {
    format!("n_{half}_layers")
}

fn weight(half: &str, layer: usize) -> String {
    format!("{half}.{layer}.weight")
}

fn bias(half: &str, layer: usize) -> String {
    format!("{half}.{layer}.bias")
}

/// The layers of one half, each taking what the one before it makes.
fn half(state: &State, half: &str) -> Result<Vec<DenseLayer>, LoadError> {
    let n: usize = state.get(&n_layers(half))?;
    state.expect(&n_layers(half), "at least 1", n > 0)?;
    let mut layers: Vec<DenseLayer> = Vec::new();
    for i in 0..n {
        let weights = state.finite_matrix(&weight(half, i))?;
        let (n_in, n_out) = weights.dim();
        let fits = layers.last().is_none_or(|before| before.n_out() == n_in);
        let allowed = format!(
            "of as many rows as {} has columns",
            weight(half, i.saturating_sub(1))
        );
        state.expect(&weight(half, i), &allowed, fits)?;
        let biases = state.finite_vec(&bias(half, i))?;
        let allowed = format!("of {n_out} values");
        state.expect(&bias(half, i), &allowed, biases.len() == n_out)?;
        layers.push(DenseLayer::from_parameters(
            n_in,
            n_out,
            weights.into_raw_vec_and_offset().0,
            biases,
        ));
    }
    Ok(layers)
}
