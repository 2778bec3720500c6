//! The one place that trains with burn: forward, loss and backward of a batch. Weights go in and come out as the plain
//! buffers of [`DenseNetwork`], without a copy on the CPU backend.

use burn::tensor::module::linear;
use burn::tensor::{DType, Device, Tensor, TensorData};
use n2d_core::BoxError;

use crate::{DenseNetwork, Loss};

pub(crate) struct BurnEngine {
    device: Device,
    loss: Loss,
}

/// Loss of a batch and its gradients.
pub(crate) struct Backward {
    pub(crate) loss: f64,
    gradients: Vec<TensorData>,
}

impl Backward {
    /// A slice for each of [`DenseNetwork::parameters`].
    pub(crate) fn gradients(&self) -> Result<Vec<&[f32]>, BoxError> {
        self.gradients
            .iter()
            .map(|data| data.as_slice::<f32>().map_err(BoxError::from))
            .collect()
    }
}

/// The tensors of one layer while a batch is at work.
struct LayerTensors {
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl BurnEngine {
    /// On burn's CPU backend, in the rayon pool around the caller.
    pub(crate) fn cpu(loss: Loss) -> Self {
        Self {
            device: Device::flex().autodiff(),
            loss,
        }
    }

    /// Reconstructs a batch, given row after row, and differentiates the loss. The network comes back unchanged.
    pub(crate) fn backward(&self, network: &mut DenseNetwork, batch: Vec<f32>) -> Result<Backward, BoxError> {
        let n_features = network.n_features();
        let n_rows = batch.len() / n_features;
        let tensors: Vec<_> = network.layers_mut().iter_mut().map(|l| self.lend(l)).collect();
        let input = self.tensor::<2>(batch, [n_rows, n_features]);
        let output = forward(network, &tensors, input.clone());
        let loss = self.loss.on_tensors(output, input);
        let mut found = loss.backward();
        let loss = loss.try_into_data()?.as_slice::<f32>()?[0];
        let mut gradients = Vec::with_capacity(2 * tensors.len());
        for (layer, LayerTensors { weight, bias }) in network.layers_mut().iter_mut().zip(tensors) {
            gradients.push(gradient(weight.grad_remove(&mut found))?);
            gradients.push(gradient(bias.grad_remove(&mut found))?);
            layer.put((
                weight.try_into_data()?.try_into_vec()?,
                bias.try_into_data()?.try_into_vec()?,
            ));
        }
        Ok(Backward {
            loss: f64::from(loss),
            gradients,
        })
    }

    fn lend(&self, layer: &mut crate::DenseLayer) -> LayerTensors {
        let (n_in, n_out) = (layer.n_in(), layer.n_out());
        let (weight, bias) = layer.take();
        LayerTensors {
            weight: self.tensor(weight, [n_in, n_out]).require_grad(),
            bias: self.tensor(bias, [n_out]).require_grad(),
        }
    }

    /// With its type named: the default type of a burn device is a setting of the whole process.
    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, DType::F32))
    }
}

fn forward(network: &DenseNetwork, tensors: &[LayerTensors], input: Tensor<2>) -> Tensor<2> {
    tensors.iter().enumerate().fold(input, |x, (i, layer)| {
        let affine = linear(x, layer.weight.clone(), Some(layer.bias.clone()));
        network.activation_after(i).on_tensor(affine)
    })
}

fn gradient<const D: usize>(gradient: Option<Tensor<D>>) -> Result<TensorData, BoxError> {
    let gradient = gradient.ok_or("burn returned no gradient for a layer")?;
    Ok(gradient.try_into_data()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, activation, loss};
    use n2d_core::FitContext;

    const ROWS: usize = 7;

    fn network(activation: Activation) -> DenseNetwork {
        let mut network = DenseNetwork::new(5, &[6, 4], 2, activation, &FitContext::new(11)).unwrap();
        // Biases off zero, so that their gradients are tested away from where they start.
        for (i, value) in network.parameters_mut().flatten().enumerate() {
            *value += (i % 5) as f32 / 20.0 - 0.1;
        }
        network
    }

    fn batch() -> Vec<f32> {
        (0..ROWS * 5)
            .map(|i| ((i * 29 + 3) % 53) as f32 / 20.0 - 1.0)
            .collect()
    }

    /// The loss in double precision, written down apart from the code under test.
    fn reference(network: &DenseNetwork, parameters: &[Vec<f64>], loss: Loss) -> f64 {
        let layers: Vec<_> = network.encoder().iter().chain(network.decoder()).collect();
        let batch = batch();
        let rows = batch.chunks(5).map(|row| row.iter().copied().map(f64::from));
        let mut sum = 0.0;
        for row in rows {
            let target: Vec<f64> = row.collect();
            let mut x = target.clone();
            for (i, layer) in layers.iter().enumerate() {
                let (weight, bias) = (&parameters[2 * i], &parameters[2 * i + 1]);
                let affine = |j: usize| {
                    let products = x
                        .iter()
                        .enumerate()
                        .map(|(k, x)| x * weight[k * layer.n_out() + j]);
                    products.sum::<f64>() + bias[j]
                };
                let hidden = !matches!(i, 2 | 5);
                x = (0..layer.n_out())
                    .map(|j| {
                        if hidden {
                            value(network.activation(), affine(j))
                        } else {
                            affine(j)
                        }
                    })
                    .collect();
            }
            sum += x.iter().zip(&target).map(|(a, b)| cost(loss, a - b)).sum::<f64>();
        }
        sum / (ROWS * 5) as f64
    }

    fn value(activation: Activation, x: f64) -> f64 {
        let negative_part = |slope: f64| if x > 0.0 { x } else { slope };
        match activation {
            Activation::Relu => x.max(0.0),
            Activation::Elu => negative_part(x.exp() - 1.0),
            Activation::Selu => {
                1.050_700_987_355_480_5 * negative_part(1.673_263_242_354_377_2 * (x.exp() - 1.0))
            }
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Activation::LeakyRelu => negative_part(0.2 * x),
            Activation::Linear => x,
            Activation::Gelu => x * normal_cdf(x),
        }
    }

    /// By the power series of the error function, exact to double precision for the small arguments here.
    fn normal_cdf(x: f64) -> f64 {
        let mut term = x;
        let mut sum = x;
        for n in 1..80 {
            term *= -x * x / (2.0 * f64::from(n));
            sum += term / f64::from(2 * n + 1);
        }
        0.5 + sum / (2.0 * std::f64::consts::PI).sqrt()
    }

    fn cost(loss: Loss, e: f64) -> f64 {
        match loss {
            Loss::Mse => e * e,
            Loss::Mae => e.abs(),
            Loss::Huber if e.abs() <= 1.0 => 0.5 * e * e,
            Loss::Huber => e.abs() - 0.5,
        }
    }

    #[test]
    fn gradients_are_finite_differences_of_the_loss() {
        for (activation, loss) in activation::ALL.iter().flat_map(|&a| loss::ALL.map(|l| (a, l))) {
            let mut network = network(activation);
            let parameters: Vec<Vec<f64>> = network
                .parameters()
                .map(|values| values.iter().copied().map(f64::from).collect())
                .collect();
            let made = BurnEngine::cpu(loss).backward(&mut network, batch()).unwrap();
            let expected = reference(&network, &parameters, loss);
            assert!(
                (made.loss - expected).abs() < 1e-5 * expected,
                "{activation:?} {loss:?}"
            );
            for (buffer, gradient) in made.gradients().unwrap().into_iter().enumerate() {
                assert_eq!(gradient.len(), parameters[buffer].len());
                for (at, &found) in gradient.iter().enumerate() {
                    let shifted = |by: f64| {
                        let mut parameters = parameters.clone();
                        parameters[buffer][at] += by;
                        reference(&network, &parameters, loss)
                    };
                    let difference = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
                    assert!(
                        (f64::from(found) - difference).abs() < 1e-5,
                        "{activation:?} {loss:?}, buffer {buffer}, value {at}: {found} or {difference}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_network_comes_back_unchanged_and_in_the_same_memory() {
        let mut network = network(Activation::Relu);
        let before = network.clone();
        let places: Vec<_> = network.parameters().map(<[f32]>::as_ptr).collect();
        BurnEngine::cpu(Loss::Mse)
            .backward(&mut network, batch())
            .unwrap();
        assert_eq!(network, before);
        let now: Vec<_> = network.parameters().map(<[f32]>::as_ptr).collect();
        assert_eq!(places, now);
    }

    #[test]
    fn large_activations_have_finite_gradients() {
        for activation in activation::ALL {
            let mut network = network(activation);
            let batch = batch().iter().map(|x| x * 1000.0).collect();
            let made = BurnEngine::cpu(Loss::Huber)
                .backward(&mut network, batch)
                .unwrap();
            let gradients = made.gradients().unwrap();
            assert!(
                gradients.into_iter().flatten().all(|g| g.is_finite()),
                "{activation:?}"
            );
        }
    }
}
