//! How products are cut into tiles: by columns where there are enough, else by rows, and by rows where weights are stepped.

use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis};
use rayon::prelude::*;

/// Columns of a tile in a product of up to [`MANY`] columns: enough for the product to run at full speed.
const COLUMNS: usize = 64;
const MANY: usize = 1024;
/// Weights of a tile, at the most about: with their gradient and two moments they fit into a core's cache.
const WEIGHTS: usize = 1 << 16;
/// Tiles that a product too narrow for tiles of columns is cut into at the most, and weights at the least.
const ROW_TILES: usize = 8;

/// The cut of a matrix; it follows from the matrix's shape alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    shape: (usize, usize),
    axis: Axis,
    length: usize,
}

impl Cut {
    pub(crate) fn of(n_rows: usize, n_columns: usize) -> Self {
        let (axis, length) = if n_columns <= COLUMNS {
            (Axis(0), n_rows.div_ceil(ROW_TILES).next_multiple_of(16))
        } else if n_columns <= MANY {
            (Axis(1), COLUMNS)
        } else {
            (Axis(1), 2 * COLUMNS)
        };
        Self {
            shape: (n_rows, n_columns),
            axis,
            length,
        }
    }

    /// Whole rows of weights in a tile where there are many, so that what an optimiser remembers of them is read in one stretch. (Tiles of columns take
    /// longer to train the paper's network.)
    pub(crate) fn of_weights(n_rows: usize, n_columns: usize) -> Self {
        if n_rows <= COLUMNS {
            return Self::of(n_rows, n_columns);
        }
        let n_tiles = (n_rows * n_columns).div_ceil(WEIGHTS).max(ROW_TILES);
        Self {
            shape: (n_rows, n_columns),
            axis: Axis(0),
            length: n_rows.div_ceil(n_tiles),
        }
    }

    /// A buffer in pieces of some length, as a matrix of one row.
    pub(crate) fn buffer(n_values: usize, length: usize) -> Self {
        Self {
            shape: (1, n_values),
            axis: Axis(1),
            length,
        }
    }

    /// The tiles of a row-major matrix of this shape.
    pub(crate) fn tiles<'a>(&self, values: &'a mut [f32]) -> Vec<ArrayViewMut2<'a, f32>> {
        let mut rest =
            ArrayViewMut2::from_shape(self.shape, values).expect("as many values as the shape has");
        let mut tiles = Vec::new();
        while rest.len_of(self.axis) > self.length {
            let (tile, others) = rest.split_at(self.axis, self.length);
            tiles.push(tile);
            rest = others;
        }
        tiles.push(rest);
        tiles
    }

    /// The rows and columns of a tile, by its number.
    pub(crate) fn ranges(&self, tile: usize) -> (Range<usize>, Range<usize>) {
        let (n_rows, n_columns) = self.shape;
        let cut = |n: usize| tile * self.length..((tile + 1) * self.length).min(n);
        match self.axis {
            Axis(0) => (cut(n_rows), 0..n_columns),
            _ => (0..n_rows, cut(n_columns)),
        }
    }

    /// Pieces of a buffer, each for one tile by itself.
    pub(crate) fn pieces<'a>(&self, buffer: &'a mut [f32]) -> std::slice::ChunksMut<'a, f32> {
        let (n_rows, n_columns) = self.shape;
        let across = if self.axis == Axis(0) { n_columns } else { n_rows };
        buffer[..n_rows * n_columns].chunks_mut(across * self.length)
    }

    /// Runs `work` on every tile of a row-major matrix of this shape, on all threads, with the tile's rows and columns.
    pub(crate) fn for_each(
        &self,
        values: &mut [f32],
        work: impl Fn((Range<usize>, Range<usize>), ArrayViewMut2<'_, f32>) + Sync,
    ) {
        let tiles = self.tiles(values).into_par_iter().enumerate();
        tiles
            .with_max_len(1)
            .for_each(|(number, tile)| work(self.ranges(number), tile));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_tile() {
        for (n_rows, n_columns) in [
            (1, 1),
            (1, 65),
            (256, 10),
            (2000, 10),
            (10, 2000),
            (100, 500),
            (7, 1025),
            (500, 784),
        ] {
            for cut in [Cut::of(n_rows, n_columns), Cut::of_weights(n_rows, n_columns)] {
                let mut values = vec![0.0; n_rows * n_columns];
                cut.for_each(&mut values, |(rows, columns), mut tile| {
                    assert_eq!(tile.dim(), (rows.len(), columns.len()));
                    for ((row, column), value) in tile.indexed_iter_mut() {
                        *value += ((rows.start + row) * n_columns + columns.start + column + 1) as f32;
                    }
                });
                let expected: Vec<f32> = (1..=n_rows * n_columns).map(|at| at as f32).collect();
                assert_eq!(values, expected);
            }
        }
    }

    #[test]
    fn pieces_are_as_large_as_their_tiles() {
        let shapes = [(1, 1), (2000, 10), (10, 2000), (100, 500), (500, 784)];
        let cuts = shapes
            .map(|(n_rows, n_columns)| [Cut::of(n_rows, n_columns), Cut::of_weights(n_rows, n_columns)]);
        for cut in cuts.as_flattened() {
            let (n_rows, n_columns) = cut.shape;
            let mut buffer = vec![0.0; n_rows * n_columns + 5];
            let pieces: Vec<usize> = cut.pieces(&mut buffer).map(|piece| piece.len()).collect();
            let tiles = (0..pieces.len()).map(|tile| cut.ranges(tile));
            let sizes: Vec<usize> = tiles.map(|(rows, columns)| rows.len() * columns.len()).collect();
            assert_eq!(pieces, sizes);
        }
    }
}
