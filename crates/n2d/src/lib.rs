//! N2D, "not too deep" clustering (McConville et al., [arXiv 1908.05968]): an autoencoder learns a representation of
//! images, sequences or tables, a manifold learner finds the local structure in it, and a shallow clusterer groups that.
//!
#![cfg_attr(feature = "embedded-pendigits", doc = "```")]
#![cfg_attr(not(feature = "embedded-pendigits"), doc = "```ignore")]
//! use n2d::prelude::*;
//!
//! let data = BuiltIn::Pendigits.load(&DataDirs::none())?;
//! let encoder = DenseAutoencoderConfig { n_epochs: Some(1), ..DenseAutoencoderConfig::new(10) }.build()?;
//! let pipeline = N2d::new(encoder, UmapGmm::new(10).build()?);
//! let x = data.samples()?;
//! # let values = &data.x.as_slice().ok_or("layout")?[..400 * 16];
//! # let x = Samples::from_rows(values, 16)?;
//! let fitted = pipeline.fit(x, &mut FitContext::new(42))?.model;
//! assert_eq!(fitted.labels().len(), x.n_samples());
//!
//! let new_rows = Samples::from_rows(&[0.5; 32], 16)?;
//! assert_eq!(fitted.predict(new_rows)?.len(), 2);
//! assert_eq!(fitted.predict_proba(new_rows)?.dim(), (2, 10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Parts
//!
//! | stage | parts |
//! |---|---|
//! | encoder | [`DenseAutoencoder`](encoder::DenseAutoencoder); an [`Autoencoder`](encoder::Autoencoder) of convolutions ([`Conv1d`](encoder::Conv1d), [`Conv2d`](encoder::Conv2d)), recurrent layers ([`Lstm`](encoder::Lstm), [`Gru`](encoder::Gru)), [`Variational`](encoder::Variational) layers, or a network of your own; [`Identity`](encoder::Identity) |
//! | manifold learner | [`Umap`](manifold::Umap), [`Tsne`](manifold::Tsne), [`Isomap`](manifold::Isomap), [`Pca`](manifold::Pca) and [more](manifold) |
//! | clusterer | [`GaussianMixture`](cluster::GaussianMixture), [`Hdbscan`](cluster::Hdbscan), [`KMeans`](cluster::KMeans) and [more](cluster) |
//!
//! Any three compose, and a part of your own is one trait ([`Encoder`], [`Manifold`], [`Clusterer`]). Parts chosen by name at
//! run time come from a [`Registry`] and a [`PipelineConfig`], and fill the slots of the same pipeline ([`DynN2d`]).
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `embedded-pendigits` | on | pendigits is compiled in (0.2 MB) |
//! | `embedded-mnist-test` | on | MNIST's test set is compiled in (1.7 MB) |
//! | `download` | off | data sets are fetched over HTTP |
//! | `arrow` | off | Parquet and Arrow files, read and written |
//! | `images` | off | folders of PNG and JPEG pictures |
//! | `linfa` | off | the clusterers of linfa as parts, and any other of linfa's that you bring |
//! | `hdbscan-crate` | off | the `hdbscan` crate as a part |
//! | `wgpu`, `vulkan`, `metal`, `cuda`, `rocm` | off | devices that networks can train on besides the CPU ([`Device`](encoder::Device)) |
//!
//! [arXiv 1908.05968]: https://arxiv.org/abs/1908.05968

mod config;
mod ensemble;
mod kinds;
mod model;
mod model_info;
mod model_report;
mod preset;
mod registry;
mod run_config;
pub mod selection;
mod taught;
mod words;

pub use config::{PartChoice, PipelineConfig};
pub use ensemble::{Consensus, EnsembleConfig, agreement};
pub use model::{Answers, Assigned, Model, StreamError};
pub use model_info::{ModelInfo, StageReport};
pub use model_report::{MapLayout, ModelReport, ReportError, condensed_tree, learning_curve, row_kind};
pub use n2d_cluster as cluster;
pub use n2d_core::*;
pub use n2d_datasets as datasets;
pub use n2d_encoder as encoder;
pub use n2d_ensemble::{self as ensembles, N2dEnsemble};
pub use n2d_manifold as manifold;
pub use n2d_metrics as metrics;
pub use n2d_neighbors as neighbors;
pub use n2d_plot as plot;
pub use preset::UmapGmm;
pub use registry::{BuildError, NamedConfig, Registry};
pub use run_config::{DataConfig, OutputConfig, RunConfig};
pub use taught::{Taught, reads_sequences};

/// All that a program which fits a pipeline usually needs.
pub mod prelude {
    pub use crate::cluster::{GaussianMixtureConfig, HdbscanConfig, KMeansConfig};
    pub use crate::datasets::{BuiltIn, DataDirs, Dataset, ReadOptions, Scaling, read_path};
    pub use crate::encoder::{Autoencoder, DenseAutoencoderConfig, TrainingConfig};
    pub use crate::manifold::UmapConfig;
    pub use crate::metrics::Assess;
    pub use crate::persist::{self, Persist};
    pub use crate::{
        ApproximatePredict, CancelToken, Clusterer, Control, Decode, Encoder, Event, Fit, FitContext,
        FittedClusterer, FittedEncoder, FittedManifold, Labels, Manifold, ManifoldClusterer, Model,
        ModelInfo, N2d, Observer, Parallelism, PartChoice, PartConfig, PipelineConfig, Predict, PredictProba,
        Registry, Samples, Transform, UmapGmm,
    };
}
