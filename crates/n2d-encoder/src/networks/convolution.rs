//! Convolutions of sequences and images, as gathered places times a matrix.

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::layers::Affine;
use crate::gathers::Gathers;

/// A convolution from one grid to another, each place of the latter made of those around the place it stands for in the former.
/// Places outside are zeros.
#[derive(Module, Debug)]
pub(super) struct Convolution {
    affine: Affine,
    #[module(skip)]
    gathers: Gathers,
}

impl Convolution {
    pub(super) fn new(gathers: Gathers, device: &Device) -> Self {
        let n_in = gathers.n_neighbours() * gathers.from.channels;
        Self {
            affine: Affine::new(n_in, gathers.to.channels, device),
            gathers,
        }
    }

    /// Which places it joins.
    pub(super) fn gathers(&self) -> Gathers {
        self.gathers.clone()
    }

    /// Of `(places, channels, rows)` of the first grid.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [places, channels, n_rows] = x.dims();
        let device = x.device();
        let gathers = &self.gathers;
        let outside = Tensor::<2>::zeros([1, channels * n_rows], (&device, DType::F32));
        let flat = Tensor::cat(vec![x.reshape([places, channels * n_rows]), outside], 0);
        let (n_out, parts, neighbours) = (gathers.to.n_places(), gathers.n_parts(), gathers.n_neighbours());
        let index = TensorData::new(gathers.index(), [n_out * parts * neighbours]);
        let index = Tensor::<1, Int>::from_data(index, (&device, DType::I32));
        let gathered = flat
            .select(0, index)
            .reshape([n_out * parts, neighbours * channels, n_rows]);
        let made = self.affine.at_each_place(gathered);
        if parts == 1 {
            return made;
        }
        let channels = gathers.to.channels;
        let greatest = made.reshape([n_out, parts, channels * n_rows]).max_dim(1);
        greatest.reshape([n_out, channels, n_rows])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gathers::Grid;

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
        let conv = Convolution::new(Gathers::down(&from, &to, 3, 2), &device);
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
