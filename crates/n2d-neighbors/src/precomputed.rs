//! Graphs of neighbours that were found elsewhere.

use ndarray::ArrayView2;

use crate::Neighbors;

/// Why arrays are no graph of nearest neighbours.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// No row, or no neighbour a row.
    #[error("the graph is empty: {n_rows} rows of {k} neighbours; at least one of each is needed")]
    Empty {
        /// Rows given.
        n_rows: usize,
        /// Neighbours a row.
        k: usize,
    },
    /// Indices and distances of different shapes.
    #[error("indices are {indices:?}, but distances {distances:?}; both must be (rows, neighbours)")]
    Shape {
        /// Rows and columns of the indices.
        indices: (usize, usize),
        /// Rows and columns of the distances.
        distances: (usize, usize),
    },
    /// An index that is no row's.
    #[error("neighbour {place} of row {row} is {index}; it must be below {n_rows}, the number of rows")]
    OutOfRange {
        /// Row, from zero.
        row: usize,
        /// Place in the row, from zero.
        place: usize,
        /// The index given.
        index: u32,
        /// Number of rows.
        n_rows: usize,
    },
    /// A row among its own neighbours.
    #[error(
        "neighbour {place} of row {row} is the row itself; `Neighbors::without_self` takes graphs that have that"
    )]
    Own {
        /// Row, from zero.
        row: usize,
        /// Place in the row, from zero.
        place: usize,
    },
    /// The same neighbour twice.
    #[error("row {row} has the neighbour {index} twice")]
    Twice {
        /// Row, from zero.
        row: usize,
        /// The neighbour.
        index: u32,
    },
    /// A distance that is negative, infinite or NaN.
    #[error("distance {place} of row {row} is {distance}; distances must be finite and at least 0")]
    BadDistance {
        /// Row, from zero.
        row: usize,
        /// Place in the row, from zero.
        place: usize,
        /// The distance given.
        distance: f32,
    },
    /// A neighbour that is nearer than the one before it.
    #[error("distance {place} of row {row} is less than the one before it; they must ascend")]
    NotSorted {
        /// Row, from zero.
        row: usize,
        /// Place in the row, from zero.
        place: usize,
    },
}

impl Neighbors {
    /// A graph that was found elsewhere: for each row its nearest others and the distances to them, both `(n_rows, k)`.
    ///
    /// Distances must ascend in each row. Neighbours at equal distances are put in the order of their indices.
    ///
    /// ```
    /// use n2d_neighbors::{GraphError, Neighbors};
    /// use ndarray::array;
    ///
    /// let graph = Neighbors::from_arrays(array![[1], [2], [1]].view(), array![[1.0], [0.5], [0.5]].view())?;
    /// assert_eq!((graph.n_rows(), graph.k()), (3, 1));
    /// let error = Neighbors::from_arrays(array![[0]].view(), array![[0.0]].view()).unwrap_err();
    /// assert_eq!(error, GraphError::Own { row: 0, place: 0 });
    /// # Ok::<(), GraphError>(())
    /// ```
    ///
    /// # Errors
    /// [`GraphError`] where the arrays are empty, differ in shape, or hold an index out of range, a row among its own
    /// neighbours, a neighbour twice, a distance that is negative or not finite, or distances that do not ascend.
    pub fn from_arrays(
        indices: ArrayView2<'_, u32>,
        distances: ArrayView2<'_, f32>,
    ) -> Result<Self, GraphError> {
        let (n_rows, k) = checked_shape(indices, distances)?;
        let mut graph = Self::with_capacity(n_rows, k);
        for row in 0..n_rows {
            let pairs = indices
                .row(row)
                .into_iter()
                .copied()
                .zip(distances.row(row).into_iter().copied());
            let mut pairs: Vec<(u32, f32)> = pairs.collect();
            check_row(&pairs, row, n_rows)?;
            if let Some(place) = pairs.iter().position(|&(index, _)| index as usize == row) {
                return Err(GraphError::Own { row, place });
            }
            put_in_order(&mut pairs, row)?;
            graph.set(row, &pairs);
        }
        Ok(graph)
    }

    /// A graph that was found elsewhere and counts each row among its own neighbours, as those of scikit-learn's
    /// `kneighbors(x)` and of pynndescent do: as [`from_arrays`](Self::from_arrays), less the row itself, so `k` becomes one
    /// less. Where a row is not among its own, for it has many duplicates, its farthest neighbour is left out instead.
    ///
    /// # Errors
    /// As [`from_arrays`](Self::from_arrays), and [`GraphError::Empty`] for a single neighbour a row.
    pub fn without_self(
        indices: ArrayView2<'_, u32>,
        distances: ArrayView2<'_, f32>,
    ) -> Result<Self, GraphError> {
        let (n_rows, k) = checked_shape(indices, distances)?;
        if k == 1 {
            return Err(GraphError::Empty { n_rows, k: 0 });
        }
        let mut graph = Self::with_capacity(n_rows, k - 1);
        for row in 0..n_rows {
            let pairs = indices
                .row(row)
                .into_iter()
                .copied()
                .zip(distances.row(row).into_iter().copied());
            let mut pairs: Vec<(u32, f32)> = pairs.collect();
            check_row(&pairs, row, n_rows)?;
            put_in_order(&mut pairs, row)?;
            let own = pairs.iter().position(|&(index, _)| index as usize == row);
            pairs.remove(own.unwrap_or(k - 1));
            graph.set(row, &pairs);
        }
        Ok(graph)
    }
}

fn checked_shape(
    indices: ArrayView2<'_, u32>,
    distances: ArrayView2<'_, f32>,
) -> Result<(usize, usize), GraphError> {
    let (n_rows, k) = indices.dim();
    if indices.dim() != distances.dim() {
        return Err(GraphError::Shape {
            indices: indices.dim(),
            distances: distances.dim(),
        });
    }
    if n_rows == 0 || k == 0 {
        return Err(GraphError::Empty { n_rows, k });
    }
    Ok((n_rows, k))
}

fn check_row(pairs: &[(u32, f32)], row: usize, n_rows: usize) -> Result<(), GraphError> {
    for (place, &(index, distance)) in pairs.iter().enumerate() {
        if index as usize >= n_rows {
            return Err(GraphError::OutOfRange {
                row,
                place,
                index,
                n_rows,
            });
        }
        if !(distance.is_finite() && distance >= 0.0) {
            return Err(GraphError::BadDistance { row, place, distance });
        }
        if place > 0 && distance < pairs[place - 1].1 {
            return Err(GraphError::NotSorted { row, place });
        }
    }
    Ok(())
}

/// Equal distances by index; none twice.
fn put_in_order(pairs: &mut [(u32, f32)], row: usize) -> Result<(), GraphError> {
    let mut indices: Vec<u32> = pairs.iter().map(|pair| pair.0).collect();
    indices.sort_unstable();
    if let Some(twice) = indices.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(GraphError::Twice { row, index: twice[0] });
    }
    pairs.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn what_is_no_graph_is_refused() {
        let good = (
            array![[1_u32, 2], [0, 2], [0, 1]],
            array![[1.0_f32, 2.0], [1.0, 1.0], [1.0, 2.0]],
        );
        assert!(Neighbors::from_arrays(good.0.view(), good.1.view()).is_ok());
        let with_index = |row, place, index| {
            let mut indices = good.0.clone();
            indices[[row, place]] = index;
            Neighbors::from_arrays(indices.view(), good.1.view()).unwrap_err()
        };
        let with_distance = |row, place, distance| {
            let mut distances = good.1.clone();
            distances[[row, place]] = distance;
            Neighbors::from_arrays(good.0.view(), distances.view()).unwrap_err()
        };
        assert!(matches!(
            with_index(2, 1, 3),
            GraphError::OutOfRange {
                row: 2,
                place: 1,
                index: 3,
                n_rows: 3
            }
        ));
        assert!(matches!(
            with_index(2, 1, 2),
            GraphError::Own { row: 2, place: 1 }
        ));
        assert!(matches!(
            with_index(0, 1, 1),
            GraphError::Twice { row: 0, index: 1 }
        ));
        for distance in [-1.0, f32::NAN, f32::INFINITY] {
            assert!(matches!(
                with_distance(1, 0, distance),
                GraphError::BadDistance { row: 1, place: 0, .. }
            ));
        }
        assert!(matches!(
            with_distance(0, 1, 0.5),
            GraphError::NotSorted { row: 0, place: 1 }
        ));
        let narrow = Neighbors::from_arrays(good.0.view(), array![[1.0]].view());
        assert!(matches!(narrow, Err(GraphError::Shape { .. })));
        let none = Neighbors::from_arrays(Array2::zeros((3, 0)).view(), Array2::zeros((3, 0)).view());
        assert!(matches!(none, Err(GraphError::Empty { n_rows: 3, k: 0 })));
    }

    #[test]
    fn ties_are_put_in_order() {
        let graph = Neighbors::from_arrays(
            array![[2, 1], [2, 0], [1, 0]].view(),
            array![[1.0, 1.0], [0.0, 1.0], [0.0, 1.0]].view(),
        )
        .unwrap();
        assert_eq!(graph.indices(0), [1, 2]);
    }

    /// Rows 0 to 2 are equal: only some are among their own neighbours, and not always first.
    #[test]
    fn rows_are_taken_out_of_their_own_neighbours() {
        let indices = array![[0, 1], [0, 1], [0, 1], [3, 2]];
        let distances = array![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 5.0]];
        let graph = Neighbors::without_self(indices.view(), distances.view()).unwrap();
        assert_eq!(graph.all_indices(), array![[1], [0], [0], [2]]);
        assert_eq!(graph.distances(3), [5.0]);
        let one = Neighbors::without_self(array![[0]].view(), array![[0.0]].view());
        assert_eq!(one.unwrap_err(), GraphError::Empty { n_rows: 1, k: 0 });
    }
}
