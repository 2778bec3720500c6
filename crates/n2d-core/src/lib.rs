//! The core of n2d, "not too deep" clustering (McConville et al., [arXiv 1908.05968]): what passes between
//! the stages, the traits a stage implements, and the pipeline that composes any of them.
//!
//! | stage | trait | takes | fitted part |
//! |---|---|---|---|
//! | encoder | [`Encoder`] | samples `x` | [`FittedEncoder`], perhaps [`Decode`] |
//! | manifold learner | [`Manifold`] | latents `z` | [`FittedManifold`], perhaps [`Transform`] |
//! | clusterer | [`Clusterer`] | embedding | [`FittedClusterer`], perhaps [`Predict`], [`PredictProba`], [`ApproximatePredict`] |
//!
//! [`ManifoldClusterer`] joins a manifold learner and a clusterer, [`N2d`] puts an encoder before them.
//! What a fitted part can do is a trait it implements: calling what it can't do does not compile on a static
//! pipeline, and is a typed error ([`ApplyError::MissingCapability`]) on a dynamic one ([`DynN2d`]).
//!
//! This crate holds no algorithm, prints nothing and has no global state: the seed, the threads, the
//! observer and the cancel token all come with the [`FitContext`].
//!
//! [arXiv 1908.05968]: https://arxiv.org/abs/1908.05968

pub mod check;
mod checkpoints;
mod context;
mod dynamic;
mod error;
mod labels;
mod manifold_clusterer;
pub mod matmul;
mod multiversion;
mod observe;
mod parallel;
pub mod persist;
mod pipeline;
mod report;
pub mod rng;
mod samples;
mod stage;

pub use checkpoints::{Checkpoints, Every};
pub use context::FitContext;
pub use dynamic::{BoxClusterer, BoxEncoder, BoxManifold, DynFittedN2d, DynManifoldClusterer, DynN2d};
pub use error::{ApplyError, BoxError, Capability, ConfigError, DataError, FitError};
pub use labels::Labels;
pub use manifold_clusterer::{FittedManifoldClusterer, ManifoldClusterer};
pub use observe::{CancelToken, Control, Event, Observer, Progress};
pub use parallel::Parallelism;
pub use pipeline::{FittedN2d, N2d};
pub use report::{Fit, Report, Termination};
pub use samples::Samples;
pub use stage::{
    ApproximatePredict, Clusterer, Decode, Encoder, FittedClusterer, FittedEncoder, FittedManifold, Manifold,
    PartConfig, Predict, PredictProba, Stage, SupervisedEncoder, Transform,
};
