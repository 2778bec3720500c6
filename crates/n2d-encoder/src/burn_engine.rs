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
    use crate::reference::{assert_gradients, batch, loss_of, network, parameters_of};
    use crate::{Activation, activation, loss};

    #[test]
    fn gradients_are_finite_differences_of_the_loss() {
        for (activation, loss) in activation::ALL.iter().flat_map(|&a| loss::ALL.map(|l| (a, l))) {
            let mut network = network(activation);
            let expected = loss_of(&network, &parameters_of(&network), loss);
            let made = BurnEngine::cpu(loss).backward(&mut network, batch()).unwrap();
            assert!(
                (made.loss - expected).abs() < 1e-5 * expected,
                "{activation:?} {loss:?}"
            );
            let wide = |gradient: &[f32]| gradient.iter().copied().map(f64::from).collect();
            let gradients: Vec<Vec<f64>> = made.gradients().unwrap().into_iter().map(wide).collect();
            assert_gradients(&network, loss, &gradients);
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
