use n2d_core::{ApplyError, FitContext, FitError, Samples};

use crate::{Measure, NeighborIndex, Neighbors};

/// What answers which of some points are nearest. [`NeighborIndex`] is ours. What a user's own finds, [`Neighbors`], is taken by every part that
/// looks for neighbours, in place of what it would find (`fit_neighbors`, `fit_given`).
///
/// Results are one and the same for any number of threads; a row's answer does not depend on the rows beside it.
pub trait NearestNeighbors: std::fmt::Debug + Send + Sync {
    /// Number of points.
    fn n_samples(&self) -> usize;

    /// Width of the points.
    fn n_features(&self) -> usize;

    /// How far apart two rows are.
    fn measure(&self) -> &Measure;

    /// Whether the nearest are always found.
    fn is_exact(&self) -> bool;

    /// How neighbours are searched, and why so: a sentence for the report of a fit.
    fn description(&self) -> String;

    /// The graph of the points themselves, which are given once more: the `k` nearest others of each.
    ///
    /// # Errors
    /// [`FitError::TooFewSamples`] where there are not more than `k` points, [`FitError::Cancelled`].
    fn graph(&self, points: Samples<'_>, k: usize, ctx: &mut FitContext<'_>) -> Result<Neighbors, FitError>;

    /// The `k` points nearest to each of some new rows, in parallel.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    fn query(&self, rows: Samples<'_>, k: usize) -> Result<Neighbors, ApplyError>;
}

impl NearestNeighbors for NeighborIndex {
    fn n_samples(&self) -> usize {
        self.n_samples()
    }

    fn n_features(&self) -> usize {
        self.n_features()
    }

    fn measure(&self) -> &Measure {
        self.measure()
    }

    fn is_exact(&self) -> bool {
        self.is_exact()
    }

    fn description(&self) -> String {
        self.description()
    }

    fn graph(&self, points: Samples<'_>, k: usize, ctx: &mut FitContext<'_>) -> Result<Neighbors, FitError> {
        self.graph(points, k, ctx)
    }

    fn query(&self, rows: Samples<'_>, k: usize) -> Result<Neighbors, ApplyError> {
        self.query(rows, k)
    }
}
