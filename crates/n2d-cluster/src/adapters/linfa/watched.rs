use linfa::Float;
use linfa_nn::distance::Distance;
use linfa_nn::{BuildError, KdTree, NearestNeighbour, NearestNeighbourIndex, NnError};
use n2d_core::CancelToken;
use ndarray16::{ArrayBase, ArrayView1, Data, Ix2};

/// Linfa's k-d tree, whose searches find nothing any more once the token is set: it ends linfa's loops early. What they come
/// to then is thrown away.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) token: CancelToken,
}

struct WatchedIndex<'a, F> {
    tree: Box<dyn 'a + Send + Sync + NearestNeighbourIndex<F>>,
    token: CancelToken,
}

impl NearestNeighbour for Watched {
    fn from_batch_with_leaf_size<'a, F: Float, DT: Data<Elem = F>, D: 'a + Distance<F>>(
        &self,
        batch: &'a ArrayBase<DT, Ix2>,
        leaf_size: usize,
        dist_fn: D,
    ) -> Result<Box<dyn 'a + Send + Sync + NearestNeighbourIndex<F>>, BuildError> {
        Ok(Box::new(WatchedIndex {
            tree: KdTree.from_batch_with_leaf_size(batch, leaf_size, dist_fn)?,
            token: self.token.clone(),
        }))
    }
}

impl<F: Float> NearestNeighbourIndex<F> for WatchedIndex<'_, F> {
    fn k_nearest(
        &self,
        point: ArrayView1<'_, F>,
        k: usize,
    ) -> Result<Vec<(ArrayView1<'_, F>, usize)>, NnError> {
        if self.token.is_cancelled() {
            return Ok(Vec::new());
        }
        self.tree.k_nearest(point, k)
    }

    fn within_range(
        &self,
        point: ArrayView1<'_, F>,
        range: F,
    ) -> Result<Vec<(ArrayView1<'_, F>, usize)>, NnError> {
        if self.token.is_cancelled() {
            return Ok(Vec::new());
        }
        self.tree.within_range(point, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa_nn::distance::L2Dist;

    #[test]
    fn finds_nothing_once_cancelled() {
        let token = CancelToken::new();
        let rows = ndarray16::array![[0.0], [1.0], [5.0]];
        let watched = Watched { token: token.clone() };
        let index = watched.from_batch(&rows, L2Dist).expect("rows of one column");
        let found = || {
            let near = index.k_nearest(rows.row(0), 2).expect("a row of one column");
            let within = index.within_range(rows.row(0), 2.0).expect("a row of one column");
            (near.len(), within.len())
        };
        assert_eq!(found(), (2, 2));
        token.cancel();
        assert_eq!(found(), (0, 0));
    }
}
