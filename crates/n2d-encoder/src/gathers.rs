//! Which places of one grid those of another are made of: what a convolution is but for its numbers.

/// Where a row's values are: the extents of a grid, of one or two dimensions, and the channels at each place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid {
    pub(crate) extents: Vec<usize>,
    pub(crate) channels: usize,
}

impl Grid {
    pub(crate) fn n_places(&self) -> usize {
        self.extents.iter().product()
    }

    /// The grid of every `stride`-th place, with other channels.
    pub(crate) fn coarser(&self, stride: usize, channels: usize) -> Self {
        let extents = self
            .extents
            .iter()
            .map(|extent| extent.div_ceil(stride))
            .collect();
        Self { extents, channels }
    }
}

/// Which places of one grid each place of the other is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gathers {
    pub(crate) from: Grid,
    pub(crate) to: Grid,
    kernel: usize,
    /// Places of the first grid for one of the second (down), or the other way round (up).
    stride: usize,
    up: bool,
    /// Along each extent, places of a finer grid than the second whose greatest values each of its places has (down alone).
    pool: usize,
}

impl Gathers {
    /// To a coarser grid.
    pub(crate) fn down(from: &Grid, to: &Grid, kernel: usize, stride: usize) -> Self {
        let (from, to) = (from.clone(), to.clone());
        Self {
            from,
            to,
            kernel,
            stride,
            up: false,
            pool: 1,
        }
    }

    /// With the greatest of so many places along each extent kept, and the others dropped.
    pub(crate) fn pooled(self, pool: usize) -> Self {
        Self { pool, ..self }
    }

    /// To a finer grid, whose places are first those of the coarser one repeated: without the checkerboards of transposed convolutions
    /// (Odena et al. 2016).
    pub(crate) fn up(from: &Grid, to: &Grid, kernel: usize, stride: usize) -> Self {
        Self {
            up: true,
            ..Self::down(from, to, kernel, stride)
        }
    }

    /// Places of the first grid that a part of one of the second is made of.
    pub(crate) fn n_neighbours(&self) -> usize {
        self.kernel.pow(self.from.extents.len() as u32)
    }

    /// Parts of a place of the second grid, of which the greatest is kept.
    pub(crate) fn n_parts(&self) -> usize {
        self.pool.pow(self.from.extents.len() as u32)
    }

    /// For each part of each place of the second grid those of the first, one kernel's worth; the number of places for those outside.
    pub(crate) fn index(&self) -> Vec<i32> {
        let outside = self.from.n_places();
        let mut index = Vec::with_capacity(self.to.n_places() * self.n_parts() * self.n_neighbours());
        for place in 0..self.to.n_places() {
            for part in 0..self.n_parts() {
                for neighbour in 0..self.n_neighbours() {
                    index.push(self.source((place, part), neighbour).unwrap_or(outside) as i32);
                }
            }
        }
        index
    }

    /// The place of the first grid that is a neighbour, counted along the kernel, of a part of a place of the second.
    pub(crate) fn source(&self, (place, part): (usize, usize), neighbour: usize) -> Option<usize> {
        let (mut place, mut part, mut neighbour) = (place, part, neighbour);
        let (mut source, mut step) = (0, 1);
        // The last extent varies fastest.
        for (&from, &to) in self.from.extents.iter().zip(&self.to.extents).rev() {
            let (at, within, offset) = (place % to, part % self.pool, neighbour % self.kernel);
            (place, part, neighbour) = (place / to, part / self.pool, neighbour / self.kernel);
            let back = (self.kernel - 1) / 2;
            let along = if self.up {
                // Within the repeated grid, then back to the place that was repeated.
                let fine = (at + offset).checked_sub(back).filter(|&fine| fine < to)?;
                fine / self.stride
            } else {
                // Where the finer grid ends within a place, its last one counts again.
                let fine = (at * self.pool + within).min(from.div_ceil(self.stride) - 1);
                (fine * self.stride + offset).checked_sub(back)?
            };
            if along >= from {
                return None;
            }
            source += along * step;
            step *= from;
        }
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathers(from: &[usize], to: &[usize], kernel: usize, stride: usize, up: bool) -> Vec<i32> {
        let grid = |extents: &[usize]| Grid {
            extents: extents.to_vec(),
            channels: 1,
        };
        let make = if up { Gathers::up } else { Gathers::down };
        make(&grid(from), &grid(to), kernel, stride).index()
    }

    #[test]
    fn neighbours_are_around_their_place() {
        assert_eq!(
            gathers(&[4], &[4], 3, 1, false),
            [4, 0, 1, 0, 1, 2, 1, 2, 3, 2, 3, 4]
        );
        assert_eq!(gathers(&[5], &[3], 3, 2, false), [5, 0, 1, 1, 2, 3, 3, 4, 5]);
        assert_eq!(gathers(&[4], &[2], 2, 2, false), [0, 1, 2, 3]);
        assert_eq!(
            gathers(&[2], &[4], 3, 2, true),
            [2, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 2]
        );
        // Two rows of three.
        assert_eq!(gathers(&[2, 3], &[1, 2], 2, 2, false), [0, 1, 3, 4, 2, 6, 5, 6]);
        assert_eq!(gathers(&[1], &[1], 1, 4, false), [0]);
    }

    #[test]
    fn parts_of_a_place_are_side_by_side() {
        let grid = |extents: &[usize]| Grid {
            extents: extents.to_vec(),
            channels: 1,
        };
        let pooled = Gathers::down(&grid(&[5]), &grid(&[3]), 1, 1).pooled(2);
        assert_eq!(pooled.index(), [0, 1, 2, 3, 4, 4]);
        let pooled = Gathers::down(&grid(&[2, 4]), &grid(&[1, 2]), 1, 1).pooled(2);
        assert_eq!(pooled.index(), [0, 1, 4, 5, 2, 3, 6, 7]);
        let strided = Gathers::down(&grid(&[8]), &grid(&[2]), 1, 2).pooled(2);
        assert_eq!(strided.index(), [0, 2, 4, 6]);
    }
}
