//! Nearest neighbours, the graphs made of them, and the spectra of those graphs.
//!
//! [`NeighborIndex`] finds exact nearest neighbours: by a [k-d tree](KdTree) in few dimensions, by matrix products
//! ([`BruteForce`]) in many. [`Neighbors`] is the one result type. [`RadiusIndex`] finds all within a distance. [`SparseGraph`] is a symmetric weighted graph;
//! [`laplacian_eigenvectors`] are the smooth functions on it, by which manifold learners start and spectral methods
//! cluster. [`SpanningTree`] links points by mutual reachability, for clustering by density.

mod brute_force;
mod index;
mod kd_tree;
mod lanczos;
mod metric;
mod nearest;
mod radius;
mod scale;
mod spanning;
mod sparse;
mod spectral;

pub use brute_force::BruteForce;
pub use index::{NeighborIndex, NeighborSearch, TREE_MAX_FEATURES};
pub use kd_tree::KdTree;
pub use metric::{Metric, UnknownMetric};
pub use nearest::Neighbors;
pub use radius::RadiusIndex;
pub use spanning::SpanningTree;
pub use sparse::SparseGraph;
pub use spectral::{Eigenvectors, laplacian_eigenvectors};
