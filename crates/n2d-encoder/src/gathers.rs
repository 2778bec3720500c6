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
        }
    }

    /// To a finer grid, whose places are first those of the coarser one repeated: without the checkerboards of transposed convolutions
    /// (Odena et al. 2016).
    pub(crate) fn up(from: &Grid, to: &Grid, kernel: usize, stride: usize) -> Self {
        Self {
            up: true,
            ..Self::down(from, to, kernel, stride)
        }
    }

    pub(crate) fn n_neighbours(&self) -> usize {
        self.kernel.pow(self.from.extents.len() as u32)
    }

    /// For each place of the second grid those of the first, one kernel's worth; the number of places for those outside.
    pub(crate) fn index(&self) -> Vec<i32> {
        let outside = self.from.n_places();
        let mut index = Vec::with_capacity(self.to.n_places() * self.n_neighbours());
        for place in 0..self.to.n_places() {
            for neighbour in 0..self.n_neighbours() {
                index.push(self.source(place, neighbour).unwrap_or(outside) as i32);
            }
        }
        index
    }

    /// The place of the first grid that is a neighbour, counted along the kernel, of a place of the second.
    pub(crate) fn source(&self, place: usize, neighbour: usize) -> Option<usize> {
        let (mut place, mut neighbour) = (place, neighbour);
        let (mut source, mut step) = (0, 1);
        // The last extent varies fastest.
        for (&from, &to) in self.from.extents.iter().zip(&self.to.extents).rev() {
            let (at, offset) = (place % to, neighbour % self.kernel);
            (place, neighbour) = (place / to, neighbour / self.kernel);
            let back = (self.kernel - 1) / 2;
            let along = if self.up {
                // Within the repeated grid, then back to the place that was repeated.
                let fine = (at + offset).checked_sub(back).filter(|&fine| fine < to)?;
                fine / self.stride
            } else {
                (at * self.stride + offset).checked_sub(back)?
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
        Gathers {
            from: grid(from),
            to: grid(to),
            kernel,
            stride,
            up,
        }
        .index()
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
}
