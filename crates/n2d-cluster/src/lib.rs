//! Shallow clusterers for n2d: they group the embedding that a manifold learner has made, or any rows.
//!
//! | name | part | clusters | new rows |
//! |---|---|---|---|
//! | `gmm` | [`GaussianMixture`] | ellipsoids of any shape and size, soft | `predict`, `predict_proba` |
//! | `gmm_auto` | [`GaussianMixtureSelection`] | the same, their number chosen by BIC or AIC | `predict`, `predict_proba` |
//! | `bayesian_gmm` | [`BayesianGaussianMixture`] | the same, as many of `n_clusters` as are needed | `predict`, `predict_proba` |
//! | `hdbscan` | [`Hdbscan`] | of any shape and density, and noise; their number is found | `approximate_predict`, `membership_vector` |
//! | `kmeans` | [`KMeans`] | round, of like size, hard | `predict` |
//! | `minibatch_kmeans` | [`MiniBatchKMeans`] | the same, for very many rows | `predict` |
//! | `dbscan` | [`Dbscan`] | of any shape and one density; noise | `approximate_predict` |
//! | `optics` | [`Optics`] | of any shape and density, nested; noise | |
//! | `spectral` | [`SpectralClustering`] | of any shape, held together by a graph | |
//! | `agglomerative` | [`Agglomerative`] | by linkage: round, or of any shape; a whole tree of them | |
//!
//! Clusterers of other crates come with cargo features, all off by default:
//!
//! | feature | name | part | new rows |
//! |---|---|---|---|
//! | `linfa` | `linfa_kmeans` | `LinfaKMeans`: k-means that leaves no cluster empty | `predict` |
//! | `linfa` | `linfa_gmm` | `LinfaGmm`: Gaussian mixtures with full covariances | `predict`, `predict_proba` |
//! | `linfa` | `linfa_dbscan`, `linfa_optics` | `LinfaDbscan`, `LinfaOptics`: DBSCAN, and OPTICS cut at one distance | |
//! | `linfa` | | `LinfaClusterer`, `LinfaLabeller`: any clusterer of linfa's that you bring | `predict` by the former |
//! | `hdbscan-crate` | `hdbscan_crate` | `HdbscanCrate`: HDBSCAN in quadratic time, labels only | |
//!
//! ```
//! use n2d_cluster::GaussianMixtureConfig;
//! use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
//!
//! let y = Samples::from_rows(&[0.0, 0.1, 0.2, 9.0, 9.1, 9.2], 1)?;
//! let gmm = GaussianMixtureConfig::new(2).build()?;
//! let fit = gmm.fit(y, &mut FitContext::new(42))?;
//! assert_eq!(fit.model.labels().sizes().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A seed fixes the result, bit for bit, for any number of threads: rows are worked on in chunks whose size depends on
//! the shape of the data alone, and sums over chunks are made in their order.

#[cfg(any(feature = "linfa", feature = "hdbscan-crate"))]
mod adapters;
mod agglomerative;
mod cholesky;
mod chunks;
mod dbscan;
mod error;
mod exp;
mod gmm;
mod grow;
mod hdbscan;
mod kmeans;
mod lanes;
mod multiversion;
mod nearest_rows;
mod optics;
mod pieces;
mod saved;
mod special;
mod spectral;
mod weights;

#[cfg(any(feature = "linfa", feature = "hdbscan-crate"))]
pub use adapters::FittedLabels;
#[cfg(feature = "linfa")]
pub use adapters::LabelsError;
#[cfg(feature = "hdbscan-crate")]
pub use adapters::hdbscan_crate::{HdbscanCrate, HdbscanCrateConfig};
#[cfg(feature = "linfa")]
pub use adapters::linfa::{
    FittedLinfa, FittedLinfaGmm, FittedLinfaKMeans, FittedLinfaOptics, LinfaClusterer, LinfaDataset,
    LinfaDbscan, LinfaDbscanConfig, LinfaGmm, LinfaGmmConfig, LinfaGmmError, LinfaGmmInit, LinfaKMeans,
    LinfaKMeansConfig, LinfaKMeansInit, LinfaLabeller, LinfaOptics, LinfaOpticsConfig, LinfaRng,
};
pub use agglomerative::{
    Agglomerative, AgglomerativeConfig, FittedAgglomerative, Linkage, MatrixTooLarge, Merge,
};
pub use dbscan::{Dbscan, DbscanConfig, FittedDbscan};
pub use error::{Collapsed, PriorError, StartError};
pub use gmm::bayesian::{
    BayesianGaussianMixture, BayesianGaussianMixtureConfig, BayesianMixtureParameters, CovariancePrior,
    FittedBayesianGaussianMixture, WeightConcentration, WeightConcentrationType,
};
pub use gmm::{
    Candidate, CandidateScore, CovarianceType, Covariances, FittedGaussianMixture, GaussianMixture,
    GaussianMixtureConfig, GaussianMixtureSelection, GaussianMixtureSelectionConfig, MixtureCriterion,
    MixtureInit, MixtureParameters, Selection,
};
// Our own module, not the crate of that name.
// tidy: backend in public
pub use hdbscan::{
    BORUVKA_MAX_FEATURES, ClusterSelection, CondensedRow, DistanceMatrixError, FittedHdbscan, Hdbscan,
    HdbscanConfig, HdbscanCut, LinkageRow, SpanningAlgorithm, SpanningEdge,
};
pub use kmeans::{
    FittedKMeans, KMeans, KMeansAlgorithm, KMeansConfig, KMeansInit, MiniBatchKMeans, MiniBatchKMeansConfig,
};
pub use optics::{FittedOptics, Optics, OpticsConfig, OpticsMethod};
pub use spectral::{
    Affinity, AffinityError, AssignLabels, FittedSpectralClustering, SpectralClustering,
    SpectralClusteringConfig,
};
pub use weights::WeightError;
