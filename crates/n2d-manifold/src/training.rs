//! The training rows of a fitted part, as new rows see them.

use n2d_core::persist::{LoadError, State};
use n2d_core::{ApplyError, FitContext, FitError, Samples};
use n2d_neighbors::{NeighborIndex, NeighborSearch, Neighbors};
use ndarray::Array2;

/// Rows with an index of neighbours, which files do not hold: it is made again.
#[derive(Debug, Clone)]
pub(crate) struct TrainingRows {
    rows: Array2<f32>,
    index: NeighborIndex,
}

impl TrainingRows {
    pub(crate) fn new(z: Samples<'_>) -> Self {
        Self {
            rows: z.view().to_owned(),
            index: NeighborIndex::new(z, NeighborSearch::Auto),
        }
    }

    pub(crate) fn n_features(&self) -> usize {
        self.rows.ncols()
    }

    /// A row's values.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let d = self.n_features();
        &self.rows.as_slice().expect("row-major: a copy of samples")[row * d..][..d]
    }

    /// The `k` nearest others of each.
    pub(crate) fn graph(&self, k: usize, ctx: &mut FitContext<'_>) -> Result<Neighbors, FitError> {
        let rows = Samples::new(self.rows.view()).expect("a copy of samples");
        self.index.graph(rows, k, ctx)
    }

    /// The `k` nearest to each of some new rows.
    pub(crate) fn query(&self, z: Samples<'_>, k: usize) -> Result<Neighbors, ApplyError> {
        self.index.query(z, k)
    }

    pub(crate) fn save(&self, state: &mut State) {
        state.put_matrix("rows", self.rows.view());
    }

    /// As many rows as an embedding has.
    pub(crate) fn load(state: &State, n_rows: usize) -> Result<Self, LoadError> {
        let rows = state.finite_matrix("rows")?;
        state.expect(
            "rows",
            "one for each row of the embedding",
            rows.nrows() == n_rows,
        )?;
        let rows_checked =
            Samples::new(rows.view()).map_err(|_| state.refuse("rows", "finite rows, not too many"))?;
        Ok(Self::new(rows_checked))
    }
}
