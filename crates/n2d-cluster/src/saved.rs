//! What the saved states of several clusterers have in common.

use n2d_core::Labels;
use n2d_core::persist::{LoadError, State};

/// A number of rows' features, of clusters, or the like: at least one.
pub(crate) fn count(state: &State, name: &str) -> Result<usize, LoadError> {
    let count: usize = state.get(name)?;
    state.expect(name, "at least 1", count > 0)?;
    Ok(count)
}

/// The labels of a part that knows no clusters but those of its rows: there is no gap in the numbers.
pub(crate) fn labels_without_gaps(state: &State, n_samples: Option<usize>) -> Result<Labels, LoadError> {
    let labels = state.labels("labels")?;
    let n_clusters = labels.n_clusters();
    if n_samples.is_some_and(|n_samples| labels.len() != n_samples) {
        return Err(state.wrong_shape("labels", "one label for each row"));
    }
    state.labels_of("labels", n_clusters)
}

/// Pairs of numbers as a matrix of two columns.
pub(crate) fn put_pairs(state: &mut State, name: &str, pairs: impl Iterator<Item = [u32; 2]>) {
    let values: Vec<u32> = pairs.flatten().collect();
    state.put_shaped(name, &[values.len() / 2, 2], &values);
}

/// The rows of a matrix of two columns.
pub(crate) fn pairs(state: &State, name: &str) -> Result<Vec<[u32; 2]>, LoadError> {
    let matrix = state.matrix(name)?;
    if matrix.ncols() != 2 {
        return Err(state.wrong_shape(name, "a matrix of two columns"));
    }
    Ok(matrix.rows().into_iter().map(|row| [row[0], row[1]]).collect())
}

/// As many numbers, 0 or above; infinity is one where that is allowed.
pub(crate) fn distances(
    state: &State,
    name: &str,
    len: usize,
    infinite_allowed: bool,
) -> Result<Vec<f64>, LoadError> {
    let values: Vec<f64> = state.vec_of(name, len)?;
    let is_one = |&value: &f64| value >= 0.0 && (infinite_allowed || value.is_finite());
    let allowed = if infinite_allowed {
        "numbers, 0 or above"
    } else {
        "finite numbers, 0 or above"
    };
    state.expect(name, allowed, values.iter().all(is_one))?;
    Ok(values)
}

/// The numbers of all `n` rows, each once.
pub(crate) fn numbers_in_order(state: &State, name: &str, n: usize) -> Result<Vec<u32>, LoadError> {
    let order: Vec<u32> = state.vec_of(name, n)?;
    let mut seen = vec![false; n];
    let new = |&row: &u32| {
        let seen = seen.get_mut(row as usize);
        seen.is_some_and(|seen| !std::mem::replace(seen, true))
    };
    let each_once = order.iter().all(new);
    state.expect(name, "every row's number, each once", each_once)?;
    Ok(order)
}
