//! Nearest neighbours, the graphs made of them, and the spectra of those graphs.
//!
//! [`NeighborIndex`] finds nearest neighbours for a [`Metric`] or a user's own [`Distance`], in a way that [`NeighborSearch`] names
//! or chooses; [`NearestNeighbors`] is the trait of whatever does so. [`Neighbors`] is the one result type, and takes graphs
//! that were found elsewhere. [`RadiusIndex`] finds all within a distance. [`SparseGraph`] is a symmetric weighted graph;
//! [`laplacian_eigenvectors`] are the smooth functions on it, by which manifold learners start and spectral methods
//! cluster. [`SpanningTree`] links points by mutual reachability, for clustering by density.

mod angles;
mod ball_tree;
mod brute_force;
mod descent;
mod engine;
mod finder;
mod index;
mod kd_tree;
mod lanczos;
mod measure;
mod measured;
mod metric;
mod nearest;
mod persist;
mod precomputed;
mod radius;
mod scale;
mod search;
mod spanning;
mod sparse;
mod spectral;

pub use brute_force::BruteForce;
pub use finder::NearestNeighbors;
pub use index::NeighborIndex;
pub use kd_tree::KdTree;
pub use lanczos::{Eigenpairs, Options as EigenOptions, SymmetricOperator, largest as largest_eigenpairs};
pub use measure::{Distance, Measure};
pub use metric::{Metric, UnknownMetric};
pub use nearest::Neighbors;
pub use precomputed::GraphError;
pub use radius::RadiusIndex;
pub use search::{NeighborSearch, TREE_MAX_FEATURES};
pub use spanning::SpanningTree;
pub use sparse::SparseGraph;
pub use spectral::{Eigenvectors, laplacian_eigenvectors};
