use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// What training minimises: the mean, over the batch's rows and features, of a function of the reconstruction error `e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Mean squared error `e²`; the paper's.
    #[default]
    Mse,
    /// Mean absolute error `|e|`.
    Mae,
    /// `e² / 2` up to `|e| = 1`, `|e| - 1/2` beyond (Huber with delta 1, as in Keras).
    Huber,
}

impl Loss {
    /// The loss of a batch, a tensor of one value.
    ///
    /// Reduced row by row, then over rows: burn splits a reduction over everything between threads, in an order that
    /// depends on their number.
    pub(crate) fn on_tensors(self, output: Tensor<2>, target: Tensor<2>) -> Tensor<2> {
        let error = output - target;
        let each = match self {
            Self::Mse => error.clone() * error,
            Self::Mae => error.abs(),
            Self::Huber => {
                let size = error.abs();
                let near = size.clone().clamp_max(1.0);
                near.clone() * near.clone() * 0.5 + (size - near)
            }
        };
        each.mean_dim(1).mean_dim(0)
    }
}

#[cfg(test)]
pub(crate) const ALL: [Loss; 3] = [Loss::Mse, Loss::Mae, Loss::Huber];

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn known_values() {
        let device = Device::flex();
        let tensor =
            |values: [f32; 4]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [2, 2]), &device);
        let output = tensor([0.0, 0.5, 3.0, -2.0]);
        let target = tensor([0.0, 0.0, 0.0, 0.0]);
        let expected = [(0.25 + 9.0 + 4.0) / 4.0, 5.5 / 4.0, (0.125 + 2.5 + 1.5) / 4.0];
        for (loss, expected) in ALL.into_iter().zip(expected) {
            let value = loss.on_tensors(output.clone(), target.clone());
            let value = value.into_data().try_into_vec::<f32>().unwrap();
            assert_eq!(value, [expected], "{loss:?}");
        }
    }
}
