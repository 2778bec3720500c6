//! The one place that knows burn's tensors: networks, their training, and what is fitted.

mod autoencoder;
mod dense;
mod fitted;
mod initial;
mod learner;
mod network;
mod optimizer;
mod parameters;
mod refused;

pub use autoencoder::Autoencoder;
pub use fitted::FittedAutoencoder;
pub use initial::Initial;
pub use network::{Draws, Network, RowKind, RowShape, RowShapeError};
pub use refused::NetworkError;

pub(crate) use dense::{DenseModule, DenseShape, linear_layers};
pub(crate) use learner::BurnLearner;
pub(crate) use parameters::parameter;
#[cfg(test)]
pub(crate) use parameters::with_values;
