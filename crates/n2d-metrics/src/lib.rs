//! How well labels agree with known classes: ACC by optimal assignment, NMI and ARI.
//!
//! | metric | function | best | by chance | noise |
//! |---|---|---|---|---|
//! | clustering accuracy (ACC) | [`accuracy`] | 1 | above 0 | never right |
//! | normalised mutual information (NMI) | [`normalized_mutual_info`] | 1 | above 0 | a group of its own |
//! | adjusted Rand index (ARI) | [`adjusted_rand_index`] | 1 | 0 on average | a group of its own |
//!
//! [`assess`] computes all three from one [`Contingency`] table, and the trait [`Assess`] offers the same on labels and on
//! fitted pipelines. What the numbers of the labels are does not matter to any of them.
//!
//! ```
//! use n2d_core::Labels;
//! use n2d_metrics::Assess;
//!
//! let classes = Labels::new(vec![0, 0, 0, 1, 1, 1])?;
//! let clusters = Labels::new(vec![7, 7, 4, 4, 4, 4])?;
//! let assessment = clusters.assess(&classes)?;
//! assert_eq!(assessment.to_string(), "ACC 0.833  NMI 0.479  ARI 0.324");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All counts are exact whole numbers, so the results depend neither on the order of the rows nor on any thread count.

mod accuracy;
mod agreement;
mod assess;
mod assignment;
mod blocks;
mod centroids;
mod comparison;
mod contingency;
mod counts;
mod dbcv;
mod embedding;
mod error;
mod expected;
mod groups;
mod information;
mod noise;
mod points;
mod rand_index;
mod ranks;
mod sampling;
mod scores;
mod silhouette;
mod spanning_tree;

pub use accuracy::{accuracy, best_mapping};
pub use agreement::{AgreementOptions, KnnAgreement, knn_agreement};
pub use assess::{Assess, Assessment, assess};
pub use centroids::{calinski_harabasz, davies_bouldin};
pub use comparison::Comparison;
pub use contingency::{Cell, Contingency};
pub use dbcv::{ClusterValidity, Dbcv, dbcv};
pub use embedding::{EmbeddingOptions, EmbeddingQuality, embedding_quality};
pub use error::MetricError;
pub use information::{Mean, normalized_mutual_info};
pub use noise::Noise;
pub use rand_index::{PairConfusion, adjusted_rand_index};
pub use sampling::{AUTO_EXACT_ROWS, AUTO_SAMPLED_ROWS, Sampling};
pub use scores::{Scores, assess_with};
pub use silhouette::{Silhouette, SilhouetteOptions, silhouette, silhouette_samples};
