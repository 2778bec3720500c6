//! The training rows of a fitted part, as new rows see them, and how they see one another.

use std::borrow::Cow;

use n2d_core::check::Options;
use n2d_core::persist::{LoadError, State};
use n2d_core::{ApplyError, BoxError, FitContext, FitError, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch, Neighbors};
use ndarray::Array2;

/// Rows with an index of neighbours, which files do not hold: it is made again, and exact.
#[derive(Debug, Clone)]
pub(crate) struct TrainingRows {
    rows: Array2<f32>,
    metric: Metric,
    index: NeighborIndex,
}

/// Where the neighbours of the training rows come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding<'a> {
    /// The part that looks for them.
    pub(crate) part: &'static str,
    pub(crate) search: NeighborSearch,
    /// Those that were found elsewhere.
    pub(crate) given: Option<&'a Neighbors>,
}

impl Finding<'_> {
    /// That neighbours which are given are those of the rows, and enough.
    fn check(&self, n: usize, k: usize) -> Result<(), FitError> {
        let Some(given) = self.given else {
            return Ok(());
        };
        let allowed = if given.n_rows() != n {
            format!("of {n} rows, as the data")
        } else if given.k() < k {
            format!("at least {k} others of each row")
        } else {
            return Ok(());
        };
        let found = format!("{} others of each of {} rows", given.k(), given.n_rows());
        Err(FitError::Part {
            part: self.part.to_owned(),
            source: BoxError::from(Options::of(self.part).refuse("neighbors", allowed, found)),
        })
    }
}

impl TrainingRows {
    pub(crate) fn new(z: Samples<'_>, metric: Metric) -> Self {
        Self {
            rows: z.view().to_owned(),
            metric,
            index: NeighborIndex::exact(z, metric),
        }
    }

    pub(crate) fn n_features(&self) -> usize {
        self.rows.ncols()
    }

    pub(crate) fn metric(&self) -> Metric {
        self.metric
    }

    /// A row's values.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        let d = self.n_features();
        &self.rows.as_slice().expect("row-major: a copy of samples")[row * d..][..d]
    }

    /// The `k` nearest others of each, and what to say of how they were found.
    pub(crate) fn graph<'a>(
        &self,
        k: usize,
        finding: Finding<'a>,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Cow<'a, Neighbors>, Option<String>), FitError> {
        finding.check(self.rows.nrows(), k)?;
        if let Some(given) = finding.given {
            let nearest = match given.k() == k {
                true => Cow::Borrowed(given),
                false => Cow::Owned(given.nearest(k)),
            };
            return Ok((nearest, None));
        }
        let rows = Samples::new(self.rows.view()).expect("a copy of samples");
        let index = NeighborIndex::build(rows, self.metric, finding.search, k, ctx)?;
        Ok((Cow::Owned(index.graph(rows, k, ctx)?), Some(index.description())))
    }

    /// The `k` nearest to each of some new rows.
    pub(crate) fn query(&self, z: Samples<'_>, k: usize) -> Result<Neighbors, ApplyError> {
        self.index.query(z, k)
    }

    pub(crate) fn save(&self, state: &mut State) {
        state.put_matrix("rows", self.rows.view());
        state.set("metric", &self.metric);
    }

    /// As many rows as an embedding has. Files without a metric are of the time when there was only one.
    pub(crate) fn load(state: &State, n_rows: usize) -> Result<Self, LoadError> {
        let rows = state.finite_matrix("rows")?;
        state.expect(
            "rows",
            "one for each row of the embedding",
            rows.nrows() == n_rows,
        )?;
        let metric = match state.values().any(|(name, _)| name == "metric") {
            true => state.get("metric")?,
            false => Metric::Euclidean,
        };
        let checked = metric.check(Options::of("model"), "metric");
        checked.map_err(|error| state.refuse("metric", &error.allowed))?;
        let rows_checked =
            Samples::new(rows.view()).map_err(|_| state.refuse("rows", "finite rows, not too many"))?;
        Ok(Self::new(rows_checked, metric))
    }
}
