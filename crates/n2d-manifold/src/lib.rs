//! Manifold learners for n2d: [`Umap`], and [`Identity`] for data that is to be clustered as it stands.

mod identity;
pub mod umap;

pub use identity::{FittedIdentity, Identity, IdentityConfig};
pub use umap::{FittedUmap, Umap, UmapConfig};
