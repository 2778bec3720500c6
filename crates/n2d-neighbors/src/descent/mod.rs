//! Approximate nearest neighbours by descent (Dong, Charikar and Li 2011, "Efficient k-nearest neighbor graph construction for
//! generic similarity measures").
//!
//! Trees of random directions give each row its first neighbours (`forest`); then, round after round, the neighbours of each
//! row meet (`join`) and keep the nearest they met (`lists`), until hardly any list changes. New rows walk along the graph
//! towards their neighbours (`walk`).
//!
//! What a list holds after a round is the set of the nearest of all that were offered, whatever the order, so that the number
//! of threads has no say.

mod forest;
mod join;
mod lists;
mod space;
mod walk;

use n2d_core::{FitContext, FitError, Progress, Samples};
use ndarray::ArrayView2;
use rayon::prelude::*;

use self::forest::Tree;
use self::join::{Meeting, Round, meet};
use self::lists::Lists;
use self::space::Space;
use self::walk::Links;
use crate::measured::Measured;
use crate::nearest::Nearest;
use crate::{GraphError, Measure, Neighbors};

/// Trees that rows begin with.
const TREES: u64 = 8;
/// Trees by which new rows find where to begin.
const ENTRIES: usize = 3;
/// Neighbours kept for each row: the more, the more of the true ones are met.
const WIDTH: usize = 30;
/// New, and as many old, neighbours that meet at one row in one round.
const MEET: usize = 60;
/// Rounds at most.
const ROUNDS: usize = 20;
/// A round that changes less than this part of all lists is the last.
const CHANGED: f64 = 0.001;

/// An approximate nearest-neighbour index.
#[derive(Debug, Clone)]
pub(crate) struct NnDescent {
    space: Space,
    /// Where the space's distances are not those of the metric.
    exact: Option<Measured>,
    seed: u64,
    /// None for a single row.
    graph: Option<Neighbors>,
    entries: Vec<Tree>,
    links: Links,
}

/// How wide lists must be for graphs of `k` neighbours.
fn width_for(k: usize, n_rows: usize) -> usize {
    k.saturating_add(k / 2).max(WIDTH).min(n_rows.saturating_sub(1))
}

impl NnDescent {
    /// Searches the neighbours of all points, which are on their scale.
    pub(crate) fn new(
        points: Samples<'_>,
        measure: &Measure,
        k: usize,
        seed: u64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Self, FitError> {
        let space = Space::new(points.as_slice(), points.n_features(), measure);
        let exact = space
            .is_estimate()
            .then(|| Measured::new(points, measure.clone()));
        let width = width_for(k, points.n_samples());
        let mut entries = Vec::new();
        let graph = if width == 0 {
            None
        } else {
            let lists = descend(&space, width, seed, &mut entries, ctx)?;
            Some(measured(&space, exact.as_ref(), &lists))
        };
        Ok(Self::with_graph(space, exact, seed, graph, entries))
    }

    /// Of points, and the graph that was found for them earlier with the same seed.
    pub(crate) fn restored(
        points: Samples<'_>,
        measure: &Measure,
        seed: u64,
        indices: Option<ArrayView2<'_, u32>>,
    ) -> Result<Self, GraphError> {
        let space = Space::new(points.as_slice(), points.n_features(), measure);
        let exact = space
            .is_estimate()
            .then(|| Measured::new(points, measure.clone()));
        let graph = match indices {
            Some(indices) => Some(with_distances(&space, exact.as_ref(), indices)?),
            None => None,
        };
        Ok(Self::with_graph(space, exact, seed, graph, Vec::new()))
    }

    fn with_graph(
        space: Space,
        exact: Option<Measured>,
        seed: u64,
        graph: Option<Neighbors>,
        mut entries: Vec<Tree>,
    ) -> Self {
        entries.truncate(ENTRIES);
        for number in entries.len()..ENTRIES {
            entries.push(Tree::new(&space, seed, number as u64));
        }
        Self {
            links: Links::of(graph.as_ref(), space.n_samples()),
            space,
            exact,
            seed,
            graph,
            entries,
        }
    }

    pub(crate) fn n_samples(&self) -> usize {
        self.space.n_samples()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.space.n_features
    }

    pub(crate) fn points(&self) -> &[f32] {
        self.exact
            .as_ref()
            .map_or(&self.space.rows, |exact| &exact.points)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// All neighbours that are kept, with squared distances for euclidean ones.
    pub(crate) fn graph(&self) -> Option<&Neighbors> {
        self.graph.as_ref()
    }
}

fn descend(
    space: &Space,
    width: usize,
    seed: u64,
    entries: &mut Vec<Tree>,
    ctx: &mut FitContext<'_>,
) -> Result<Lists, FitError> {
    let n = space.n_samples();
    let total = TREES as usize + ROUNDS;
    let mut lists = Lists::new(n, width);
    for number in 0..TREES {
        ctx.step(Progress::new("neighbours", number as usize + 1, total))?;
        let tree = Tree::new(space, seed, number);
        let leaves = tree.leaves().into_iter();
        let meetings: Vec<_> = leaves.map(|new| Meeting { new, old: &[] }).collect();
        meet(space, &mut lists, &meetings, ctx)?;
        if entries.len() < ENTRIES {
            entries.push(tree);
        }
    }
    for round in 0..ROUNDS {
        ctx.step(Progress::new("neighbours", TREES as usize + round + 1, total))?;
        let drawn = Round::draw(&mut lists, MEET, seed, TREES + round as u64);
        let taken = meet(space, &mut lists, &drawn.meetings(), ctx)?;
        if (taken as f64) < CHANGED * (n * width) as f64 {
            break;
        }
    }
    Ok(lists)
}

/// Measures as the metric says, and fills the lists of rows that met too few.
fn measured(space: &Space, exact: Option<&Measured>, lists: &Lists) -> Neighbors {
    let (n, width) = (lists.n_rows(), lists.width);
    let mut graph = Neighbors::with_capacity(n, width);
    let slots = graph.slots(0, n).pieces(1);
    slots.into_par_iter().enumerate().for_each(|(row, mut slots)| {
        let row = row as u32;
        let mut nearest = Nearest::new(width);
        if lists.pairs(row).count() < width {
            offer_all(space, exact, row, &mut nearest);
        } else {
            for (other, distance) in lists.pairs(row) {
                match exact {
                    Some(exact) => exact.offer(exact.row(row), other, &mut nearest),
                    None => nearest.offer(distance, other),
                }
            }
        }
        slots.write(0, &nearest);
    });
    graph
}

fn offer_all(space: &Space, exact: Option<&Measured>, row: u32, nearest: &mut Nearest) {
    match exact {
        Some(exact) => exact.measure_all(exact.row(row), Some(row), nearest),
        None => {
            for other in (0..space.n_samples() as u32).filter(|&other| other != row) {
                nearest.offer(space.between(space.row(row), space.row(other)), other);
            }
        }
    }
}

fn with_distances(
    space: &Space,
    exact: Option<&Measured>,
    indices: ArrayView2<'_, u32>,
) -> Result<Neighbors, GraphError> {
    let n = space.n_samples();
    let distances = ndarray::Array2::from_shape_fn(indices.dim(), |(row, place)| {
        let (row, other) = (row as u32, indices[[row, place]]);
        // What is out of range is refused below.
        if row as usize >= n || other as usize >= n {
            return 0.0;
        }
        match exact {
            Some(exact) => exact.between(row, other),
            None => space.between(space.row(row), space.row(other)),
        }
    });
    if indices.nrows() != n {
        return Err(GraphError::Shape {
            indices: indices.dim(),
            distances: (n, indices.ncols()),
        });
    }
    Neighbors::from_arrays(indices, distances.view())
}
