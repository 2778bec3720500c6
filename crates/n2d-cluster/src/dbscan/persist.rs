//! Core rows and labels as plain arrays.

use n2d_core::persist::{LoadError, Persist, State};
use n2d_core::{Labels, PartConfig, Samples};
use n2d_neighbors::Metric;
use ndarray::ArrayView2;

use super::{DbscanConfig, FittedDbscan};
use crate::nearest_rows::NearestRows;
use crate::saved::{count, labels_without_gaps};

impl Persist for FittedDbscan {
    const KIND: &'static str = DbscanConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("eps", &self.eps);
        state.set("n_features", &self.n_features);
        state.put_labels("labels", &self.labels);
        state.put("core_sample_indices", &self.core_sample_indices);
        if let Some(core) = &self.core {
            let shape = (self.core_sample_indices.len(), self.n_features);
            let rows = ArrayView2::from_shape(shape, core.rows()).expect("a row for each number");
            state.set("metric", &core.metric());
            state.put_matrix("core_rows", rows);
        }
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let eps: f64 = state.get("eps")?;
        state.expect("eps", "a finite number above 0", eps.is_finite() && eps > 0.0)?;
        let n_features = count(state, "n_features")?;
        let labels = labels_without_gaps(state, None)?;
        let indices: Vec<u32> = state.vec("core_sample_indices")?;
        let in_cluster = |&row: &u32| {
            labels
                .as_slice()
                .get(row as usize)
                .is_some_and(|&of| of != Labels::NOISE)
        };
        let holds = indices.is_sorted_by(|a, b| a < b) && indices.iter().all(in_cluster);
        state.expect(
            "core_sample_indices",
            "ascending numbers of rows in clusters",
            holds,
        )?;
        Ok(Self {
            core: core(state, n_features, &indices, &labels)?,
            eps,
            n_features,
            labels,
            core_sample_indices: indices,
        })
    }
}

/// The core rows; none where there is none.
fn core(
    state: &State,
    n_features: usize,
    indices: &[u32],
    labels: &Labels,
) -> Result<Option<NearestRows>, LoadError> {
    if indices.is_empty() {
        return Ok(None);
    }
    let metric: Metric = state.get("metric")?;
    let rows = state.finite_matrix_of("core_rows", (indices.len(), n_features))?;
    let points = Samples::new(rows.view()).map_err(|error| state.refuse("core_rows", &error.to_string()))?;
    Ok(Some(NearestRows::new(points, indices, labels, metric)))
}
