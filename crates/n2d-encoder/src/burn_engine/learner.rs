//! burn's networks as the training loop takes them.

use burn::module::{ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Gradients, Tensor, TensorData};
use n2d_core::{BoxError, FitContext};

use super::network::Draws;
use super::optimizer::TensorOptimization;
use super::parameters::{self, filled, read, tensor};
use super::refused::caught;
use super::{Network, NetworkError, RowShape};
use crate::learner::{Batch, Learner, Weights};
use crate::optimizer::{Clipping, Kernel, Memory, Optimization, norm};
use crate::plan::Plan;
use crate::{Engine, Loss};

/// A network in training.
pub(crate) struct BurnLearner<N: Network> {
    /// Always there but within a step.
    network: Option<N>,
    device: Device,
    loss: Loss,
    sparsity: f64,
    clipping: Clipping,
    optimizer: Optimizing,
}

/// On the CPU the parameters are taken out as plain buffers, without a copy, for the fused optimisers.
enum Optimizing {
    Buffers(Optimization),
    Tensors(TensorOptimization),
}

impl<N: Network> BurnLearner<N> {
    /// A network for rows of a shape, its parameters drawn.
    pub(crate) fn new(
        plan: &Plan,
        config: &N::Config,
        rows: &RowShape,
        ctx: &FitContext<'_>,
    ) -> Result<Self, BoxError> {
        // A device that is not there panics when it is first used.
        let made = caught(|| -> Result<_, BoxError> {
            let device = plan.device.to_burn().autodiff();
            let network = parameters::initialized(N::new(config, rows, &device)?, ctx)?;
            Ok((device, network))
        });
        let device = plan.device;
        let (device, network) = made.map_err(|said| NetworkError::Make { device, said })??;
        check_widths(&network, rows, &device)?;
        let shapes: Vec<Vec<usize>> = parameters::names(&network)
            .into_iter()
            .map(|(_, shape)| shape)
            .collect();
        let optimizer = if plan.device.is_cpu() {
            Optimizing::Buffers(Optimization::new(plan.rule, plan.clipping, shapes))
        } else {
            let plain = plan.device.to_burn();
            Optimizing::Tensors(TensorOptimization::new(
                plan.rule,
                plan.clipping.value,
                shapes,
                plain,
            ))
        };
        Ok(Self {
            network: Some(network),
            device,
            loss: plan.loss,
            sparsity: plan.sparsity,
            clipping: plan.clipping,
            optimizer,
        })
    }

    /// Where the parameters lie; taken out and put back without a copy.
    #[cfg(test)]
    pub(crate) fn places(&mut self) -> Vec<usize> {
        struct Places(Vec<usize>);
        impl ModuleMapper for Places {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let (id, value, mapper) = param.consume();
                let (device, shape) = (value.device(), value.shape());
                let values = read(value).expect("on the CPU");
                self.0.push(values.as_ptr() as usize);
                let value: Tensor<D> =
                    Tensor::from_data(TensorData::new(values, shape), (&device, DType::F32));
                Param::from_mapped_value(id, value.require_grad(), mapper)
            }
        }
        let mut places = Places(Vec::new());
        self.network = self.network.take().map(|network| network.map(&mut places));
        places.0
    }

    fn network(&self) -> &N {
        self.network.as_ref().expect("put back after every step")
    }

    /// The loss of a batch, a tensor of one value; of rows held out it is only looked at.
    fn forward(&self, batch: &Batch<'_, '_>, looks_only: bool) -> Tensor<2> {
        let shape = [batch.rows.len(), batch.x.n_features()];
        let (input, target) = batch.gathered();
        let target = tensor(target, shape, &self.device);
        let input = if input.is_empty() {
            target.clone()
        } else {
            tensor(input, shape, &self.device)
        };
        let mut draws = Draws::new(batch.draw, self.device.clone(), looks_only);
        let (latents, penalty) = self.network().sample(input, &mut draws);
        let mut loss = self
            .loss
            .on_tensors(self.network().decode(latents.clone()), target);
        if self.sparsity > 0.0 {
            loss = loss + latents.abs().mean_dim(1).mean_dim(0) * self.sparsity;
        }
        match penalty {
            Some(penalty) => loss + penalty,
            None => loss,
        }
    }

    fn stepped(&mut self, batch: &Batch<'_, '_>, rate: f64) -> Result<f64, BoxError> {
        let loss = self.forward(batch, false);
        let gradients = loss.backward();
        let value = f64::from(read(loss)?[0]);
        if !value.is_finite() {
            return Ok(value);
        }
        let network = self.network.take().expect("put back after every step");
        let scale = if self.clipping.norm.is_finite() {
            self.clipping.scale(length(&network, &gradients)?)
        } else {
            1.0
        };
        let kernel = match &mut self.optimizer {
            Optimizing::Buffers(buffers) => Some(buffers.begin(rate).scaled(scale)),
            Optimizing::Tensors(tensors) => {
                tensors.begin();
                None
            }
        };
        let mut stepping = Stepping {
            optimizer: &mut self.optimizer,
            kernel,
            gradients,
            rate,
            scale,
            at: 0,
            error: None,
        };
        let network = network.map(&mut stepping);
        let error = stepping.error.take();
        self.network = Some(network);
        match error {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }
}

/// That the network takes and makes rows of its own width, told by a row of zeros. Tensors whose shapes don't fit panic, which is an
/// error here: the mistake is in a network that may be a user's own.
fn check_widths<N: Network>(network: &N, rows: &RowShape, device: &Device) -> Result<(), NetworkError> {
    let n_features = rows.n_features();
    let there_and_back = || {
        let row = tensor(vec![0.0; n_features], [1, n_features], device);
        let latents = network.encode(row);
        let [_, latent_dim] = latents.dims();
        (latent_dim, network.decode(latents).dims())
    };
    let rows_refused = |said| NetworkError::Rows { n_features, said };
    let (latent_dim, made) = caught(there_and_back).map_err(rows_refused)?;
    if latent_dim == 0 || made != [1, n_features] {
        return Err(NetworkError::Decodes {
            n_features,
            latent_dim,
            made,
        });
    }
    Ok(())
}

impl<N: Network> Learner for BurnLearner<N> {
    fn engine(&self) -> Engine {
        Engine::Burn
    }

    fn step(&mut self, batch: &Batch<'_, '_>, rate: f64) -> Result<f64, BoxError> {
        caught(|| self.stepped(batch, rate)).map_err(|said| NetworkError::Step { said })?
    }

    fn loss(&mut self, batch: &Batch<'_, '_>) -> Result<f64, BoxError> {
        let looked = caught(|| read(self.forward(batch, true)));
        Ok(f64::from(looked.map_err(|said| NetworkError::Step { said })??[0]))
    }

    fn names(&self) -> Vec<(String, Vec<usize>)> {
        parameters::names(self.network())
    }

    fn weights(&self) -> Result<Weights, BoxError> {
        parameters::values(self.network())
    }

    fn set_weights(&mut self, weights: Weights) -> Result<(), BoxError> {
        let network = self.network.take().expect("put back after every step");
        self.network = Some(parameters::with_values(network, weights));
        Ok(())
    }

    fn memories(&self) -> Result<(u64, Vec<Memory>), BoxError> {
        match &self.optimizer {
            Optimizing::Buffers(buffers) => {
                let (steps, memories) = buffers.memories();
                Ok((steps, memories.to_vec()))
            }
            Optimizing::Tensors(tensors) => tensors.memories(),
        }
    }

    fn set_memories(&mut self, steps: u64, memories: Vec<Memory>) -> Result<(), BoxError> {
        match &mut self.optimizer {
            Optimizing::Buffers(buffers) => buffers.resume(steps, memories),
            Optimizing::Tensors(tensors) => tensors.resume(steps, memories),
        }
        Ok(())
    }
}

/// The length of the gradient by all parameters.
fn length<N: Network>(network: &N, gradients: &Gradients) -> Result<f64, BoxError> {
    let mut lengths = Lengths {
        gradients,
        found: Vec::new(),
    };
    network.visit(&mut lengths);
    let found = lengths.found.into_iter().collect::<Result<Weights, BoxError>>()?;
    let slices: Vec<&[f32]> = found.iter().map(Vec::as_slice).collect();
    Ok(norm(&slices))
}

struct Lengths<'a> {
    gradients: &'a Gradients,
    found: Vec<Result<Vec<f32>, BoxError>>,
}

impl ModuleVisitor for Lengths<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found.extend(param.val().grad(self.gradients).map(read));
    }
}

/// Steps one parameter after the other.
struct Stepping<'a> {
    optimizer: &'a mut Optimizing,
    kernel: Option<Kernel>,
    gradients: Gradients,
    rate: f64,
    scale: f64,
    at: usize,
    error: Option<BoxError>,
}

impl Stepping<'_> {
    fn on_buffer<const D: usize>(
        &mut self,
        at: usize,
        value: Tensor<D>,
        gradient: Tensor<D>,
    ) -> Result<Tensor<D>, BoxError> {
        let device = value.device();
        let shape = value.shape();
        let gradient = gradient.try_into_data()?;
        let mut values = read(value)?;
        if let (Optimizing::Buffers(buffers), Some(kernel)) = (&mut *self.optimizer, &self.kernel) {
            buffers.step_buffer(kernel, at, &mut values, gradient.as_slice::<f32>()?);
        }
        let value: Tensor<D> = Tensor::from_data(TensorData::new(values, shape), (&device, DType::F32));
        Ok(value)
    }

    fn on_tensor<const D: usize>(&mut self, at: usize, value: Tensor<D>, gradient: Tensor<D>) -> Tensor<D> {
        let shape = value.shape();
        let n = shape.num_elements();
        let value = value.inner().reshape([n]);
        let gradient = gradient.reshape([n]);
        match &mut *self.optimizer {
            Optimizing::Tensors(tensors) => {
                let value = tensors.step(at, value, gradient, self.rate, self.scale);
                Tensor::from_inner(value.reshape(shape))
            }
            Optimizing::Buffers(_) => Tensor::from_inner(value.reshape(shape)),
        }
    }
}

impl ModuleMapper for Stepping<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let at = self.at;
        self.at += 1;
        let (id, value, mapper) = param.consume();
        // A parameter that the loss does not depend on stays as it is.
        let Some(gradient) = value.grad_remove(&mut self.gradients) else {
            return Param::from_mapped_value(id, value, mapper);
        };
        let stepped = match self.optimizer {
            Optimizing::Buffers(_) => {
                let kept = self.error.is_some().then(|| value.clone());
                match kept.map_or_else(|| self.on_buffer(at, value, gradient), Ok) {
                    Ok(stepped) => stepped,
                    Err(error) => {
                        // What remains is of no use: the error ends the training.
                        self.error = Some(error);
                        return filled(parameters::parameter([0; D], &Device::flex()), Vec::new());
                    }
                }
            }
            Optimizing::Tensors(_) => self.on_tensor(at, value, gradient),
        };
        Param::from_mapped_value(id, stepped.require_grad(), mapper)
    }
}
