//! Networks that can't be trained, and what burn says of them.

use crate::Device;

/// Why a [`Network`](crate::Network) can't be made or trained: the mistake may be in one of a user's own, or in the device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It can't be made.
    #[error("the network can't be made on the device {device}: {said}")]
    Make {
        /// Where it was to be.
        device: Device,
        /// What burn says.
        said: String,
    },
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
    /// A step of the training panicked.
    #[error("a step of the network's training failed: {said}")]
    Step {
        /// What burn, or the network, says.
        said: String,
    },
}

/// What work comes to, or what it said when it panicked. What it worked on is not used again in that case.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied());
        said.unwrap_or("no reason is given").trim().to_owned()
    })
}
