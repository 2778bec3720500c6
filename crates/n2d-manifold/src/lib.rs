//! Manifold learners for n2d.
//!
//! | learner | keeps | new rows |
//! |---|---|---|
//! | [`Umap`] | near neighbours near | yes |
//! | [`AveragedUmap`](umap::AveragedUmap) | the mean of the graphs of several views of a row | yes |
//! | [`Tsne`] | near neighbours near, and groups apart | yes |
//! | [`Isomap`] | distances along the manifold | yes |
//! | [`LocallyLinearEmbedding`] | what each row is made of its neighbours | yes |
//! | [`SpectralEmbedding`] | smooth functions on the neighbour graph | yes |
//! | [`Pca`] | variance, by a linear projection | yes |
//! | [`Identity`] | everything: for data that is to be clustered as it stands | yes |

mod error;
mod identity;
pub mod isomap;
pub mod lle;
mod numbers;
pub mod pca;
mod pieces;
pub mod spectral;
mod training;
pub mod tsne;
pub mod umap;

pub use error::ManifoldError;
pub use identity::{FittedIdentity, Identity, IdentityConfig};
pub use isomap::{FittedIsomap, Isomap, IsomapConfig};
pub use lle::{FittedLocallyLinearEmbedding, LocallyLinearEmbedding, LocallyLinearEmbeddingConfig};
pub use pca::{FittedPca, FittedPcaEncoder, Pca, PcaConfig, PcaEncoder, PcaEncoderConfig};
pub use spectral::{FittedSpectralEmbedding, SpectralEmbedding, SpectralEmbeddingConfig};
pub use tsne::{FittedTsne, Tsne, TsneConfig};
pub use umap::{FittedUmap, Umap, UmapConfig};
