//! How good clusters and embeddings are: against known classes, by themselves, and as pictures of the data.
//!
//! **Labels against known classes.** [`Comparison`] has every measure, [`assess_with`] all at once; [`accuracy()`],
//! [`normalized_mutual_info()`], [`adjusted_rand_index()`] and [`assess`] are the usual ones with noise as the table at the end says.
//!
//! | measure | method of [`Comparison`] | best | by chance |
//! |---|---|---|---|
//! | clustering accuracy (ACC) | [`accuracy`](Comparison::accuracy) | 1 | above 0 |
//! | purity | [`purity`](Comparison::purity) | 1 | above 0 |
//! | normalised mutual information (NMI) | [`normalized_mutual_info`](Comparison::normalized_mutual_info) | 1 | above 0 |
//! | adjusted mutual information (AMI) | [`adjusted_mutual_info`](Comparison::adjusted_mutual_info) | 1 | 0 |
//! | homogeneity, completeness, V | [`homogeneity`](Comparison::homogeneity), [`completeness`](Comparison::completeness), [`v_measure`](Comparison::v_measure) | 1 | above 0 |
//! | Rand index | [`rand_index`](Comparison::rand_index) | 1 | far above 0 |
//! | adjusted Rand index (ARI) | [`adjusted_rand_index`](Comparison::adjusted_rand_index) | 1 | 0 |
//! | Fowlkes-Mallows | [`fowlkes_mallows`](Comparison::fowlkes_mallows) | 1 | above 0 |
//!
//! **Clusters by themselves.**
//!
//! | measure | function | range | for clusters that are |
//! |---|---|---|---|
//! | silhouette | [`silhouette()`], [`silhouette_samples`] | -1 to 1, more is better | round; any [`Metric`](n2d_neighbors::Metric) |
//! | Davies-Bouldin | [`davies_bouldin`] | from 0, less is better | round |
//! | Calinski-Harabasz | [`calinski_harabasz`] | from 0, more is better | round |
//! | DBCV | [`dbcv()`] | -1 to 1, more is better | dense, of any shape; any metric |
//! | simplified silhouette, a row | [`simplified_silhouette_samples`] | -1 to 1, more is better | round |
//!
//! [`cluster_profiles`] tells what sets each cluster apart: its mean, and the effect size of each column.
//!
//! **Embeddings against the data.** [`embedding_quality`] has trustworthiness, continuity and neighbourhood recall;
//! [`knn_agreement`] tells how well neighbours know the class. 1 is best for all.
//!
//! **Noise** (label -1) is an explicit choice of [`Noise`], and what it means for each measure stands there in a table. The functions
//! that do not ask for it have:
//!
//! | function | noise |
//! |---|---|
//! | [`accuracy()`], [`best_mapping`], `acc` of [`Assessment`] | [`Noise::CountedWrong`] |
//! | [`normalized_mutual_info()`], [`adjusted_rand_index()`], `nmi` and `ari` of [`Assessment`] | [`Noise::OwnCluster`] |
//!
//! The trait [`Assess`] offers [`assess`] on labels and on fitted pipelines. What the numbers of labels are never matters.
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
//! Counts are exact whole numbers, and other sums are in double precision in an order that follows from the data: results depend on
//! no thread count. What takes `O(n^2)` gets a [`FitContext`](n2d_core::FitContext) for its threads, its cancel token and, where
//! rows are drawn ([`Sampling`]), its seed.

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
mod profile;
mod rand_index;
mod ranks;
mod sampling;
mod scores;
mod silhouette;
mod spanning_tree;
mod squares;

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
pub use profile::{ClusterProfile, cluster_profiles, simplified_silhouette_samples};
pub use rand_index::{PairConfusion, adjusted_rand_index};
pub use sampling::{AUTO_EXACT_ROWS, AUTO_SAMPLED_ROWS, Sampling};
pub use scores::{Scores, assess_with};
pub use silhouette::{Silhouette, SilhouetteOptions, silhouette, silhouette_samples};
