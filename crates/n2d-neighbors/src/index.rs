use n2d_core::check::{Options, enough_samples, same_features};
use n2d_core::{ApplyError, CancelToken, ConfigError, FitContext, FitError, Progress, Samples};
use rayon::prelude::*;

use crate::brute_force::QUERY_BLOCK;
use crate::descent::NnDescent;
use crate::engine::{Engine, Task};
use crate::scale::Scale;
use crate::spanning::{SpanningTree, span};
use crate::{Measure, Metric, NeighborSearch, Neighbors};

/// An index of points that answers which are nearest to a row.
///
/// Any finite values will do: where squares would overflow or vanish, the points are scaled by a power of two. Distances
/// beyond the largest `f32` are given as that; of points that all lie so far from a new row, the first count as nearest.
/// Euclidean distances are compared by single-precision squares, all others as [`Metric::distance`] rounded to single precision.
///
/// ```
/// use n2d_core::{FitContext, Samples};
/// use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};
///
/// let x = Samples::from_rows(&[0.0, 1.0, 3.0, 7.0], 1)?;
/// let mut ctx = FitContext::new(0);
/// let index = NeighborIndex::build(x, Metric::Manhattan, NeighborSearch::Auto, 2, &mut ctx)?;
/// assert_eq!(index.description(), "exact manhattan neighbours by kd_tree, chosen by auto, for 4 rows of 1");
/// let graph = index.graph(x, 2, &mut ctx)?;
/// assert_eq!(graph.indices(0), [1, 2]);
/// assert_eq!(graph.distances(3), [4.0, 6.0]);
///
/// let near = index.query(Samples::from_rows(&[2.9], 1)?, 1)?;
/// assert_eq!(near.indices(0), [2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct NeighborIndex {
    pub(crate) measure: Measure,
    pub(crate) asked: NeighborSearch,
    pub(crate) search: NeighborSearch,
    pub(crate) scale: Scale,
    pub(crate) engine: Engine,
}

pub(crate) const NAME: &str = "neighbours";
/// Rows a task: the number of threads has no say in the result, this only shares the work out.
const ROWS: usize = QUERY_BLOCK;
/// Tasks between two looks at the cancel token.
const TASKS_A_STEP: usize = 64;

impl NeighborIndex {
    /// Indexes points, for euclidean distances and exact answers: [`NeighborSearch::Auto`] is as [`NeighborSearch::Exact`].
    ///
    /// # Panics
    /// For [`NeighborSearch::NnDescent`], which [`build`](Self::build) can make.
    pub fn new(points: Samples<'_>, search: NeighborSearch) -> Self {
        Self::exact_by(points, Metric::Euclidean.into(), search)
    }

    /// Indexes points for a metric.
    ///
    /// `k` is the number of neighbours that will be asked for; others can be asked for, too. An approximate index searches them
    /// here, reporting the phase `neighbours`, from the context's seed; a graph of more neighbours is searched for anew.
    ///
    /// # Errors
    /// [`FitError::Part`] with a [`ConfigError`] where the metric has no such search, an exponent below 1, or `k` is 0;
    /// [`FitError::Cancelled`].
    pub fn build(
        points: Samples<'_>,
        measure: impl Into<Measure>,
        search: NeighborSearch,
        k: usize,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let measure = measure.into();
        let options = Options::of(NAME);
        let checked = options
            .at_least("k", k, 1)
            .and_then(|()| search.check(options, "search", &measure))
            .and_then(|()| {
                measure
                    .named()
                    .map_or(Ok(()), |metric| metric.check(options, "metric"))
            });
        checked.map_err(refused)?;
        ctx.check_cancelled()?;
        match search.resolved(points.n_samples(), points.n_features(), &measure) {
            NeighborSearch::NnDescent => Self::approximate(points, measure, search, k, ctx),
            _ => Ok(Self::exact_by(points, measure, search)),
        }
    }

    fn approximate(
        points: Samples<'_>,
        measure: Measure,
        asked: NeighborSearch,
        k: usize,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let scale = Scale::for_measure(points, &measure);
        let scaled = scale.apply(points);
        let points =
            Samples::from_rows(&scaled, points.n_features()).expect("as many finite values as before");
        let seed = ctx.derived_seed("nn-descent");
        let descent = NnDescent::new(points, &measure, k, seed, ctx)?;
        Ok(Self {
            engine: Engine::Descent(descent),
            measure,
            asked,
            search: NeighborSearch::NnDescent,
            scale,
        })
    }

    /// Indexes points for exact answers by a metric that an option has checked ([`Metric::check`]), by the search that suits them.
    pub fn exact(points: Samples<'_>, metric: Metric) -> Self {
        Self::exact_by(points, metric.into(), NeighborSearch::Exact)
    }

    pub(crate) fn exact_by(points: Samples<'_>, measure: Measure, asked: NeighborSearch) -> Self {
        let search = match asked {
            NeighborSearch::Auto => NeighborSearch::Exact,
            asked => asked,
        };
        let search = search.resolved(points.n_samples(), points.n_features(), &measure);
        let euclidean = measure.named() == Some(Metric::Euclidean) && search != NeighborSearch::BallTree;
        let scale = if euclidean {
            Scale::of(points)
        } else {
            Scale::none()
        };
        let scaled = scale.apply(points);
        let points =
            Samples::from_rows(&scaled, points.n_features()).expect("as many finite values as before");
        Self {
            engine: Engine::new(points, &measure, search),
            measure,
            asked,
            search,
            scale,
        }
    }

    /// Number of points.
    pub fn n_samples(&self) -> usize {
        self.engine.n_samples()
    }

    /// Width of the points.
    pub fn n_features(&self) -> usize {
        self.engine.n_features()
    }

    /// How far apart two rows are.
    pub fn measure(&self) -> &Measure {
        &self.measure
    }

    /// How neighbours are searched: neither `Auto` nor `Exact`, but what these chose.
    pub fn search(&self) -> NeighborSearch {
        self.search
    }

    /// Whether the nearest are always found.
    pub fn is_exact(&self) -> bool {
        !matches!(self.engine, Engine::Descent(_))
    }

    /// How neighbours are searched, and who chose it: for the notes of a report.
    pub fn description(&self) -> String {
        let chosen = match self.asked == self.search {
            true => "as asked".to_owned(),
            false => format!("chosen by {}", self.asked),
        };
        let exact = if self.is_exact() { "exact" } else { "approximate" };
        let (n, d) = (self.n_samples(), self.n_features());
        let (measure, search) = (&self.measure, self.search);
        format!("{exact} {measure} neighbours by {search}, {chosen}, for {n} rows of {d}")
    }

    /// The points, row after row: an index of them by the same metric and [`search`](Self::search) gives the same answers, bit
    /// for bit. (Beside values so large that squares overflow, the smallest may have vanished.)
    pub fn points(&self) -> Vec<f32> {
        self.scale.undo(self.engine.points())
    }

    /// The graph of the indexed points themselves, which are given once more: the `k` nearest others of each.
    ///
    /// Reports the phase `neighbours` in rows.
    ///
    /// # Errors
    /// [`FitError::TooFewSamples`] where there are not more than `k` points, [`FitError::Part`] where `k` is 0,
    /// [`FitError::Cancelled`].
    ///
    /// # Panics
    /// Where `points` are not as many and as wide as the indexed ones.
    pub fn graph(
        &self,
        points: Samples<'_>,
        k: usize,
        ctx: &mut FitContext<'_>,
    ) -> Result<Neighbors, FitError> {
        Options::of(NAME).at_least("k", k, 1).map_err(refused)?;
        let what = format!("the {k} nearest others of each");
        enough_samples(NAME, &what, k.saturating_add(1), points)?;
        assert_eq!(
            (points.n_samples(), points.n_features()),
            (self.n_samples(), self.n_features())
        );
        if let Engine::Descent(descent) = &self.engine {
            return self.descended(descent, k, ctx);
        }
        let (n, d) = (points.n_samples(), points.n_features());
        let scaled = self.scale.apply(points);
        let cancel = &ctx.cancel_token();
        let mut graph = Neighbors::with_capacity(n, k);
        for first in (0..n).step_by(ROWS * TASKS_A_STEP) {
            let rows = (ROWS * TASKS_A_STEP).min(n - first);
            let tasks = graph.slots(first, rows).pieces(ROWS);
            tasks.into_par_iter().enumerate().for_each(|(task, mut slots)| {
                let first = first + task * ROWS;
                let task = Task {
                    queries: &scaled[first * d..][..slots.n_rows() * d],
                    own: Some(first),
                    k,
                    cancel,
                };
                self.engine.search(&task, &mut slots);
            });
            ctx.step(Progress::new("neighbours", first + rows, n))?;
        }
        Ok(self.measured(graph))
    }

    /// The `k` indexed points nearest to each of some new rows, in parallel; a row's result does not depend on the rows beside it.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width, [`ApplyError::Part`] with a [`ConfigError`] where `k` is 0 or
    /// above the number of indexed points.
    pub fn query(&self, rows: Samples<'_>, k: usize) -> Result<Neighbors, ApplyError> {
        same_features(NAME, self.n_features(), rows)?;
        if !(1..=self.n_samples()).contains(&k) {
            let allowed = format!("between 1 and {}, the number of points", self.n_samples());
            return Err(ApplyError::Part {
                part: NAME.to_owned(),
                source: Box::new(Options::of(NAME).refuse("k", allowed, k)),
            });
        }
        let mut found = Neighbors::with_capacity(rows.n_samples(), k);
        let tasks = found.slots(0, rows.n_samples()).pieces(ROWS);
        let scaled = self.scale.apply(rows);
        let cancel = &CancelToken::new();
        let queries = scaled.par_chunks(ROWS * rows.n_features());
        tasks
            .into_par_iter()
            .zip(queries)
            .for_each(|(mut slots, queries)| {
                let task = Task {
                    queries,
                    own: None,
                    k,
                    cancel,
                };
                self.engine.search(&task, &mut slots);
            });
        Ok(self.measured(found))
    }

    /// The minimum spanning tree of the indexed points, which are given once more, under their mutual reachability: the
    /// weight between two is the greatest of their distance divided by `alpha` and their core distances, the distances to
    /// their `k`-th nearest others. Equal weights go by the smaller, then the larger row of the edge.
    ///
    /// By Boruvka's rounds on the k-d tree. Reports the phases `neighbours` and `spanning tree` in rows and edges. Weights are
    /// compared as single-precision squares; those that differ by less than that tells count as equal.
    ///
    /// # Errors
    /// [`FitError::Cancelled`].
    ///
    /// # Panics
    /// Where the index is no euclidean k-d tree, `points` are not as many and as wide as the indexed ones, or `k` is 0 or not
    /// below their number.
    pub fn spanning_tree(
        &self,
        points: Samples<'_>,
        k: usize,
        alpha: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<SpanningTree, FitError> {
        let Engine::KdTree(tree) = &self.engine else {
            panic!("spanning trees are found on euclidean k-d trees only");
        };
        let n = points.n_samples();
        assert_eq!((n, points.n_features()), (self.n_samples(), self.n_features()));
        assert!((1..n).contains(&k), "{k} others among {n} points");
        span(tree, &self.scale.apply(points), k, alpha, ctx)
    }

    /// The graph that was found when the index was built; anew if it is too narrow.
    fn descended(
        &self,
        descent: &NnDescent,
        k: usize,
        ctx: &mut FitContext<'_>,
    ) -> Result<Neighbors, FitError> {
        if let Some(graph) = descent.graph().filter(|graph| graph.k() >= k) {
            return Ok(self.measured(graph.nearest(k)));
        }
        let points =
            Samples::from_rows(descent.points(), self.n_features()).expect("checked when it was built");
        let wider = NnDescent::new(points, &self.measure, k, descent.seed(), ctx)?;
        let graph = wider.graph().expect("more than one row").nearest(k);
        Ok(self.measured(graph))
    }

    /// Squares become distances.
    fn measured(&self, found: Neighbors) -> Neighbors {
        let euclidean = self.measure.named() == Some(Metric::Euclidean);
        match self.search {
            NeighborSearch::KdTree | NeighborSearch::BruteForce | NeighborSearch::NnDescent if euclidean => {
                found.measured(self.scale)
            }
            _ => found,
        }
    }
}

fn refused(error: ConfigError) -> FitError {
    FitError::Part {
        part: NAME.to_owned(),
        source: Box::new(error),
    }
}
