//! Encoders for n2d ("not too deep" clustering, McConville et al., [arXiv 1908.05968]): autoencoders that learn the
//! latents of data, and the identity that leaves data as it is.
//!
//! | part | configuration | what it learns |
//! |---|---|---|
//! | [`DenseAutoencoder`] | [`DenseAutoencoderConfig`] | the paper's fully connected autoencoder |
//! | [`Autoencoder`]`<`[`Conv1d`]`>` | [`Conv1dConfig`] | convolutions along sequences |
//! | [`Autoencoder`]`<`[`Conv2d`]`>` | [`Conv2dConfig`] | convolutions over images |
//! | [`Autoencoder`]`<`[`Lstm`]`>`, [`Gru`] | [`LstmConfig`], [`GruConfig`] | recurrent layers that read a sequence and write it again |
//! | [`Autoencoder`]`<`[`Variational`]`>` | [`VariationalConfig`] | dense layers with latents drawn at random |
//! | [`Autoencoder`]`<N>` | [`TrainingConfig`] | any [`Network`] of one's own on burn's tensors |
//! | [`Identity`] | [`IdentityConfig`] | nothing: N2D on raw data or on ready-made embeddings |
//!
//! ```
//! use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
//! use n2d_encoder::DenseAutoencoderConfig;
//!
//! let values: Vec<f32> = (0..60).map(|i| (i % 7) as f32 / 7.0).collect();
//! let x = Samples::from_rows(&values, 6)?;
//! let encoder = DenseAutoencoderConfig {
//!     hidden: vec![16, 8],
//!     n_epochs: Some(5),
//!     ..DenseAutoencoderConfig::new(2)
//! }
//! .build()?;
//! let fit = encoder.fit(x, &mut FitContext::new(42))?;
//! assert_eq!(fit.model.encode(x)?.dim(), (10, 2));
//! assert_eq!(fit.report.history.len(), 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All train in the same way ([`TrainingConfig`]), dense and convolutional networks on an [`Engine`] of this project's own, others by burn's automatic differentiation, on the CPU
//! or on a [`Device`] that was compiled in. burn's types appear in [`Network`] alone. A fitted encoder is plain arrays, applied on the CPU.
//!
//! [arXiv 1908.05968]: https://arxiv.org/abs/1908.05968

#[macro_use]
mod options;
mod activation;
mod burn_engine;
mod checkpoint;
mod config;
mod dense;
mod device;
mod engine;
#[cfg(test)]
mod engine_tests;
mod epochs;
pub mod error;
mod fitted;
mod gathers;
mod identity;
mod learner;
mod loss;
mod native;
mod network;
mod network_state;
mod networks;
mod optimizer;
mod outcome;
mod own_transform;
mod plan;
#[cfg(test)]
mod reference;
mod same_training;
mod schedule;
mod supervised;
mod tiles;
mod training;
mod transform;
mod warp;
mod weights;

pub use activation::Activation;
// tidy: backend in public
pub use burn;
// tidy: backend in public
pub use burn_engine::{
    Autoencoder, Draws, FittedAutoencoder, Initial, Network, RowKind, RowShape, RowShapeError,
};
pub use config::DenseAutoencoderConfig;
pub use dense::DenseAutoencoder;
pub use device::{Device, UnknownDevice};
pub use engine::Engine;
pub use epochs::automatic_epochs;
pub use fitted::FittedDenseAutoencoder;
pub use identity::{FittedIdentity, Identity, IdentityConfig};
pub use loss::Loss;
pub use native::Stack;
pub use network::{DenseLayer, DenseNetwork};
pub use networks::{
    Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, Gru, GruConfig, Lstm, LstmConfig, Variational,
    VariationalConfig,
};
pub use optimizer::Optimizer;
pub use options::TrainingConfig;
pub use rand;
pub use schedule::Schedule;
