//! Convolutions of sequences and images, as gathered places times a matrix.

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::layers::Affine;

/// Where a row's values are: the extents of a grid, of one or two dimensions, and the channels at each place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    pub(super) extents: Vec<usize>,
    pub(super) channels: usize,
}

impl Grid {
    pub(super) fn n_places(&self) -> usize {
        self.extents.iter().product()
    }

    /// The grid of every `stride`-th place, with other channels.
    pub(super) fn coarser(&self, stride: usize, channels: usize) -> Self {
        let extents = self
            .extents
            .iter()
            .map(|extent| extent.div_ceil(stride))
            .collect();
        Self { extents, channels }
    }
}

/// A convolution from one grid to another, each place of the latter made of those around the place it stands for in the former.
/// Places outside are zeros.
#[derive(Module, Debug)]
pub(super) struct Convolution {
    affine: Affine,
    #[module(skip)]
    gathers: Gathers,
}

/// Which places of one grid each place of the other is made of.
#[derive(Debug, Clone, PartialEq)]
struct Gathers {
    from: Grid,
    to: Grid,
    kernel: usize,
    /// Places of the first grid for one of the second (down), or the other way round (up).
    stride: usize,
    up: bool,
}

impl Convolution {
    /// To a coarser grid.
    pub(super) fn down(from: &Grid, to: &Grid, kernel: usize, stride: usize, device: &Device) -> Self {
        Self::new(
            Gathers {
                from: from.clone(),
                to: to.clone(),
                kernel,
                stride,
                up: false,
            },
            device,
        )
    }

    /// To a finer grid, whose places are first those of the coarser one repeated: without the checkerboards of transposed convolutions
    /// (Odena et al. 2016).
    pub(super) fn up(from: &Grid, to: &Grid, kernel: usize, stride: usize, device: &Device) -> Self {
        Self::new(
            Gathers {
                from: from.clone(),
                to: to.clone(),
                kernel,
                stride,
                up: true,
            },
            device,
        )
    }

    fn new(gathers: Gathers, device: &Device) -> Self {
        let n_in = gathers.n_neighbours() * gathers.from.channels;
        Self {
            affine: Affine::new(n_in, gathers.to.channels, device),
            gathers,
        }
    }

    /// Of `(places, channels, rows)` of the first grid.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [places, channels, n_rows] = x.dims();
        let device = x.device();
        let gathers = &self.gathers;
        let outside = Tensor::<2>::zeros([1, channels * n_rows], (&device, DType::F32));
        let flat = Tensor::cat(vec![x.reshape([places, channels * n_rows]), outside], 0);
        let (n_out, neighbours) = (gathers.to.n_places(), gathers.n_neighbours());
        let index = TensorData::new(gathers.index(), [n_out * neighbours]);
        let index = Tensor::<1, Int>::from_data(index, (&device, DType::I32));
        let gathered = flat
            .select(0, index)
            .reshape([n_out, neighbours * channels, n_rows]);
        self.affine.at_each_place(gathered)
    }
}

impl Gathers {
    fn n_neighbours(&self) -> usize {
        self.kernel.pow(self.from.extents.len() as u32)
    }

    /// For each place of the second grid those of the first, one kernel's worth; the number of places for those outside.
    fn index(&self) -> Vec<i32> {
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
    fn source(&self, place: usize, neighbour: usize) -> Option<usize> {
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

    #[test]
    fn a_convolution_is_its_sum() {
        let device = Device::flex();
        let (from, to) = (
            Grid {
                extents: vec![5],
                channels: 2,
            },
            Grid {
                extents: vec![3],
                channels: 3,
            },
        );
        let conv = Convolution::down(&from, &to, 3, 2, &device);
        let weight: Vec<f32> = (0..18).map(|i| ((i * 7) % 11) as f32 - 5.0).collect();
        let bias = vec![1.0, -2.0, 0.5];
        let conv = crate::burn_engine::with_values(conv, vec![weight.clone(), bias.clone()]);
        let x: Vec<f32> = (0..20).map(|i| ((i * 5) % 13) as f32).collect();
        let made = conv.forward(Tensor::from_data(
            TensorData::new(x.clone(), [5, 2, 2]),
            (&device, DType::F32),
        ));
        assert_eq!(made.dims(), [3, 3, 2]);
        let made = made.into_data().try_into_vec::<f32>().unwrap();
        for (at, value) in made.into_iter().enumerate() {
            let (place, channel, row) = (at / 6, at / 2 % 3, at % 2);
            let mut sum = bias[channel];
            for offset in 0..3 {
                let Some(from) = (place * 2 + offset).checked_sub(1).filter(|&from| from < 5) else {
                    continue;
                };
                for c in 0..2 {
                    sum += weight[channel * 6 + offset * 2 + c] * x[(from * 2 + c) * 2 + row];
                }
            }
            assert_eq!(value, sum);
        }
    }
}
