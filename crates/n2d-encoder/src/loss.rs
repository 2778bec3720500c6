use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;
use serde::{Deserialize, Serialize};

use crate::Activation;

/// What training minimises: the mean, over the batch's rows and features, of a function of the reconstruction error `e`; or over its rows alone.
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
    /// Binary cross-entropy, for data in `[0, 1]`, which is checked: the network ends in a logistic function, so that reconstructions lie there, too.
    Bce,
    /// One minus the cosine of the angle between a row and its reconstruction, as a mean over rows: lengths do not matter.
    Cosine,
}

/// Least square of a length that is divided by (Keras' `normalize`).
const LEAST_SQUARE: f64 = 1e-12;

impl Loss {
    /// The activation behind the last layer.
    pub(crate) const fn output(self) -> Activation {
        match self {
            Self::Bce => Activation::Sigmoid,
            _ => Activation::Linear,
        }
    }

    /// The loss of a batch, a tensor of one value. `output` comes before the activation of [`output`](Self::output).
    ///
    /// Reduced row by row, then over rows: burn splits a reduction over everything between threads, in an order that
    /// depends on their number.
    pub(crate) fn on_tensors(self, output: Tensor<2>, target: Tensor<2>) -> Tensor<2> {
        let error = |output: Tensor<2>, target: Tensor<2>| output - target;
        let each = match self {
            Self::Mse => {
                let error = error(output, target);
                error.clone() * error
            }
            Self::Mae => error(output, target).abs(),
            Self::Huber => {
                let size = error(output, target).abs();
                let near = size.clone().clamp_max(1.0);
                near.clone() * near.clone() * 0.5 + (size - near)
            }
            Self::Bce => output.clone() - output.clone() * target - log_sigmoid(output),
            Self::Cosine => cosine(output, target),
        };
        each.mean_dim(1).mean_dim(0)
    }

    /// The loss of one row, whose output becomes the gradient by it, times `scale`.
    pub(crate) fn of_row_by_cosine(output: &mut [f32], target: &[f32], scale: f64) -> f64 {
        let (mut oo, mut tt, mut ot) = (0.0, 0.0, 0.0);
        for (&o, &t) in output.iter().zip(target) {
            let (o, t) = (f64::from(o), f64::from(t));
            oo += o * o;
            tt += t * t;
            ot += o * t;
        }
        // Not `max`, which would hide NaN.
        let least = |square: f64| {
            if square < LEAST_SQUARE {
                LEAST_SQUARE
            } else {
                square
            }
        };
        let lengths = (least(oo) * least(tt)).sqrt();
        let cosine = ot / lengths;
        let along = if oo < LEAST_SQUARE { 0.0 } else { cosine / oo };
        for (o, &t) in output.iter_mut().zip(target) {
            *o = (scale * (along * f64::from(*o) - f64::from(t) / lengths)) as f32;
        }
        1.0 - cosine
    }
}

fn cosine(output: Tensor<2>, target: Tensor<2>) -> Tensor<2> {
    let length = |x: Tensor<2>| (x.clone() * x).sum_dim(1).clamp_min(LEAST_SQUARE).sqrt();
    let lengths = length(output.clone()) * length(target.clone());
    (output * target).sum_dim(1) / lengths * -1.0 + 1.0
}

#[cfg(test)]
pub(crate) const ALL: [Loss; 5] = [Loss::Mse, Loss::Mae, Loss::Huber, Loss::Bce, Loss::Cosine];

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn known_values() {
        let device = Device::flex();
        let tensor =
            |values: [f32; 4]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [2, 2]), &device);
        let output = [0.0, 0.5, 3.0, -2.0];
        let target = [0.0, 0.0, 0.6, 0.8];
        let ln = |x: f64| (1.0 + f64::exp(x)).ln();
        let cross_entropy = ln(0.0) + ln(0.5) + (ln(3.0) - 0.6 * 3.0) + (ln(-2.0) + 0.8 * 2.0);
        let expected = [
            (0.25 + 2.4 * 2.4 + 2.8 * 2.8) / 4.0,
            5.7 / 4.0,
            (0.125 + 1.9 + 2.3) / 4.0,
            cross_entropy / 4.0,
            (1.0 + 1.0 - (1.8 - 1.6) / f64::sqrt(13.0)) / 2.0,
        ];
        for (loss, expected) in ALL.into_iter().zip(expected) {
            let value = loss.on_tensors(tensor(output), tensor(target));
            let value = f64::from(value.into_data().try_into_vec::<f32>().unwrap()[0]);
            assert!((value - expected).abs() < 1e-6, "{loss:?}: {value} or {expected}");
        }
    }
}
