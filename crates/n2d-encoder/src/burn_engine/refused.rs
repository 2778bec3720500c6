//! Networks that can't be trained, and what burn says of them.

use n2d_core::BoxError;

use super::{Network, RowShape};
use crate::Device;

/// Why a [`Network`](crate::Network) can't be made or trained: the mistake may be in one of a user's own, or in the device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It can't be made: the device is not there, or `Network::new` panicked.
    #[error("the network can't be made (on the device {device}): {said}")]
    Make {
        /// Where it was to be.
        device: Device,
        /// What burn says.
        said: String,
    },
    /// `engine` is our own, which has no form of it.
    #[error("our own engine has no form of this network: engine must be auto or burn")]
    Engine,
    /// Tensors do not fit together when a row goes through it.
    #[error("the network can't take rows of {n_features} features: {said}")]
    Rows {
        /// Values of a row.
        n_features: usize,
        /// What burn says.
        said: String,
    },
    /// It does not make rows again.
    #[error(
        "the network must decode latents to rows of {n_features} features, but makes an array of {made:?} of {latent_dim} latents"
    )]
    Decodes {
        /// Values of a row.
        n_features: usize,
        /// Width of the latents.
        latent_dim: usize,
        /// The shape of what it makes of the latents of one row.
        made: [usize; 2],
    },
    /// The values that it draws for a parameter are not as many as that has.
    #[error("the initial values of {name} are {given}, but its shape is {shape:?}")]
    Initial {
        /// The parameter.
        name: String,
        /// Values drawn.
        given: usize,
        /// The parameter's shape.
        shape: Vec<usize>,
    },
    /// A parameter's values do not fit into memory.
    #[error("the parameter {name} of shape {shape:?} does not fit into memory")]
    TooLarge {
        /// The parameter.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// The trained network panicked where it was applied.
    #[error("the network can't be applied: {said}")]
    Apply {
        /// What burn, or the network, says.
        said: String,
    },
    /// A step of the training panicked.
    #[error("a step of the network's training failed: {said}")]
    Step {
        /// What burn, or the network, says.
        said: String,
    },
}

/// The network of a configuration; where making it panics, that is an error.
pub(super) fn made<N: Network>(
    config: &N::Config,
    rows: &RowShape,
    (device, named): (&burn::tensor::Device, Device),
) -> Result<N, BoxError> {
    let made = caught(|| N::new(config, rows, device));
    made.map_err(|said| NetworkError::Make { device: named, said })?
}

/// What work comes to, or what it said when it panicked. What it worked on is not used again in that case.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied());
        said.unwrap_or("no reason is given").trim().to_owned()
    })
}
