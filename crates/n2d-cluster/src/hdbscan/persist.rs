//! Rows, core distances and spanning edges as plain arrays. All trees are made again from these.

use std::sync::Arc;

use n2d_core::persist::{LoadError, Persist, State};
use n2d_core::{PartConfig, Samples};
use n2d_neighbors::{Metric, NeighborIndex, NeighborSearch};
use ndarray::{Array2, ArrayView2};

use super::config::{HdbscanConfig, HdbscanCut};
use super::fitted::{FittedHdbscan, Space};
use super::linkage::{SpanningEdge, single_linkage};
use super::sets::DisjointSets;
use crate::saved::{count, distances, pairs, put_pairs};

/// How the index of the rows is made. The ways differ in the last bits, so it must be as at the fit.
const SEARCHES: [(&str, NeighborSearch); 2] = [
    ("auto", NeighborSearch::Auto),
    ("kd_tree", NeighborSearch::KdTree),
];
/// Distances other than euclidean, and a single row, have no index.
const NO_INDEX: &str = "none";

impl Persist for FittedHdbscan {
    const KIND: &'static str = HdbscanConfig::NAME;

    fn save(&self, state: &mut State) {
        let Space {
            n_features,
            rows,
            index,
            core,
            edges,
            ..
        } = &*self.space;
        save_cut(&self.cut, state);
        state.set("metric", &self.space.metric);
        state.set("min_samples", &self.space.min_samples);
        let search = SEARCHES
            .into_iter()
            .find(|(_, search)| index.as_ref().is_some_and(|(made, _)| made == search));
        state.set("index", search.map_or(NO_INDEX, |(word, _)| word));
        if let Some(rows) = rows {
            let shape = (rows.len() / n_features, *n_features);
            state.put_matrix("rows", ArrayView2::from_shape(shape, rows).expect("whole rows"));
        }
        let values: Vec<f64> = core.iter().flatten().copied().collect();
        state.put_shaped("core_distances", &[core.len(), 2], &values);
        put_pairs(state, "edges", edges.iter().map(|edge| [edge.a, edge.b]));
        state.put(
            "weights",
            &edges.iter().map(|edge| edge.weight).collect::<Vec<f64>>(),
        );
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let cut = load_cut(state)?;
        let rows = match state.has_array("rows") {
            true => Some(state.finite_matrix("rows")?),
            false => None,
        };
        let core = core_distances(state)?;
        let n_samples = core.len();
        if rows.as_ref().is_some_and(|rows| rows.nrows() != n_samples) {
            return Err(state.wrong_shape("core_distances", "a matrix of one row for each of `rows`"));
        }
        let edges = spanning_tree(state, n_samples)?;
        let metric: Metric = state.get("metric")?;
        let space = Space {
            n_samples,
            n_features: rows.as_ref().map_or(n_samples, Array2::ncols),
            index: index(state, metric, rows.as_ref())?,
            metric,
            min_samples: count(state, "min_samples")?,
            linkage: single_linkage(n_samples, &edges),
            rows: rows.map(|rows| rows.into_raw_vec_and_offset().0),
            core,
            edges,
        };
        Ok(Self::new(Arc::new(space), cut))
    }
}

/// The greatest epsilon may be infinite, which is no number in JSON.
const EPSILON_MAX: &str = "cluster_selection_epsilon_max";

fn save_cut(cut: &HdbscanCut, state: &mut State) {
    let plain = HdbscanCut {
        cluster_selection_epsilon_max: None,
        ..cut.clone()
    };
    state.set("cut", &plain);
    if let Some(max) = cut.cluster_selection_epsilon_max {
        state.put(EPSILON_MAX, &[max]);
    }
}

fn load_cut(state: &State) -> Result<HdbscanCut, LoadError> {
    let mut cut: HdbscanCut = state.get("cut")?;
    if state.has_array(EPSILON_MAX) {
        cut.cluster_selection_epsilon_max = state.vec_of(EPSILON_MAX, 1)?.first().copied();
    }
    cut.check()
        .map_err(|error| state.refuse("cut", &format!("options of a cut ({error})")))?;
    Ok(cut)
}

fn core_distances(state: &State) -> Result<Vec<[f64; 2]>, LoadError> {
    let name = "core_distances";
    let core: Array2<f64> = state.finite_matrix(name)?;
    if core.ncols() != 2 {
        return Err(state.wrong_shape(name, "a matrix of two columns"));
    }
    state.expect(name, "0 or above", core.iter().all(|&distance| distance >= 0.0))?;
    Ok(core.rows().into_iter().map(|row| [row[0], row[1]]).collect())
}

/// Edges in the order of their weights that link all rows, and none twice.
fn spanning_tree(state: &State, n_samples: usize) -> Result<Vec<SpanningEdge>, LoadError> {
    let name = "edges";
    let ends = pairs(state, name)?;
    if ends.len() + 1 != n_samples {
        return Err(state.wrong_shape(name, "one edge less than there are rows"));
    }
    let weights = distances(state, "weights", ends.len(), false)?;
    let mut sets = DisjointSets::new(n_samples);
    let mut links = |&[a, b]: &[u32; 2]| {
        let new = a < b && (b as usize) < n_samples && sets.find(a) != sets.find(b);
        if new {
            sets.join(a, b);
        }
        new
    };
    let allowed = "the edges of a tree of all rows, the smaller row of each first";
    state.expect(name, allowed, ends.iter().all(&mut links))?;
    let edges = ends.into_iter().zip(weights);
    let edges: Vec<SpanningEdge> = edges
        .map(|([a, b], weight)| SpanningEdge { a, b, weight })
        .collect();
    let before = |x: &SpanningEdge, y: &SpanningEdge| (x.weight, x.a, x.b) < (y.weight, y.a, y.b);
    state.expect(
        "weights",
        "ascending, equal ones by their rows",
        edges.is_sorted_by(before),
    )?;
    Ok(edges)
}

fn index(
    state: &State,
    metric: Metric,
    rows: Option<&Array2<f32>>,
) -> Result<Option<(NeighborSearch, NeighborIndex)>, LoadError> {
    let word: String = state.get("index")?;
    if word == NO_INDEX {
        return Ok(None);
    }
    let known = SEARCHES.into_iter().find(|(known, _)| *known == word);
    let allowed = "auto or kd_tree, where there are rows and euclidean distances, or none";
    let (Some((_, search)), Metric::Euclidean, Some(rows)) = (known, metric, rows) else {
        return Err(state.refuse("index", allowed));
    };
    let points = Samples::new(rows.view()).map_err(|error| state.refuse("rows", &error.to_string()))?;
    Ok(Some((search, NeighborIndex::new(points, search))))
}
