//! The parameters of a module as plain arrays, by their paths.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{DType, Device, Tensor, TensorData};
use n2d_core::persist::{LoadError, State};
use n2d_core::{BoxError, FitContext};

use super::{Network, NetworkError};
use crate::learner::Weights;

/// A parameter whose value comes later.
pub(crate) fn parameter<const D: usize>(shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    let zeros = move |device: &Device, requires_grad: bool| {
        Tensor::<D>::zeros(shape, (device, DType::F32)).set_require_grad(requires_grad)
    };
    Param::uninitialized(ParamId::new(), zeros, device.clone(), true, shape.into())
}

/// The name and shape of every parameter, in the order of the module's fields.
pub(super) fn names(module: &impl Module) -> Vec<(String, Vec<usize>)> {
    let mut names = Names::default();
    module.visit(&mut names);
    names.found
}

#[derive(Default)]
struct Names {
    path: Vec<String>,
    found: Vec<(String, Vec<usize>)>,
}

impl ModuleVisitor for Names {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found
            .push((self.path.join("."), param.lazy_shape().to_vec()));
    }
}

/// The values of every parameter.
pub(super) fn values(module: &impl Module) -> Result<Weights, BoxError> {
    let mut values = Values(Vec::new());
    module.visit(&mut values);
    values.0.into_iter().collect()
}

struct Values(Vec<Result<Vec<f32>, BoxError>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(read(param.val()));
    }
}

/// The values of a tensor, without a copy where it is on the CPU and nobody else has it.
pub(super) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, BoxError> {
    Ok(tensor.try_into_data()?.try_into_vec()?)
}

/// A tensor of these values. With its type named: the default type of a burn device is a setting of the whole process.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (device, DType::F32))
}

/// Puts values into every parameter, one after the other.
pub(crate) fn with_values<M: Module>(module: M, values: Weights) -> M {
    let mut put = Put(values.into_iter());
    module.map(&mut put)
}

struct Put(std::vec::IntoIter<Vec<f32>>);

impl ModuleMapper for Put {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.0.next() {
            Some(values) => filled(param, values),
            None => param,
        }
    }
}

/// The same parameter with these values, as many as it has; whether it is trained stays as it was.
pub(super) fn filled<const D: usize>(param: Param<Tensor<D>>, values: Vec<f32>) -> Param<Tensor<D>> {
    let (device, shape, trained) = (param.lazy_device(), param.lazy_shape(), param.is_require_grad());
    let tensor: Tensor<D> = Tensor::from_data(TensorData::new(values, shape), (&device, DType::F32));
    Param::initialized(param.id, tensor.set_require_grad(trained && device.is_autodiff()))
}

/// Draws every parameter as the network has it, each from a stream of its own.
pub(super) fn initialized<N: Network>(network: N, ctx: &FitContext<'_>) -> Result<N, BoxError> {
    let mut drawn = 0;
    let names = names(&network);
    let built = values_of_built::<N>(&network, &names)?;
    let values = names.iter().zip(built).map(|((name, shape), built)| {
        let mut rng = ctx.rng("encoder weights", drawn);
        drawn += u64::from(shape.len() > 1);
        let made = N::initial(name, shape).values(shape, place_for(name, shape)?, &mut rng);
        match (made, built) {
            (Some(made), _) if made.len() == shape.iter().product::<usize>() => Ok(made),
            (Some(made), _) => Err(NetworkError::Initial {
                name: name.clone(),
                given: made.len(),
                shape: shape.clone(),
            }
            .into()),
            (None, built) => Ok(built),
        }
    });
    let values = values.collect::<Result<Weights, BoxError>>()?;
    Ok(with_values(network, values))
}

/// An empty buffer with place for a parameter's values.
fn place_for(name: &str, shape: &[usize]) -> Result<Vec<f32>, NetworkError> {
    let n_values = shape.iter().try_fold(1_usize, |n, &extent| n.checked_mul(extent));
    let mut place = Vec::new();
    match n_values.map(|n| place.try_reserve_exact(n)) {
        Some(Ok(())) => Ok(place),
        _ => Err(NetworkError::TooLarge {
            name: name.to_owned(),
            shape: shape.to_vec(),
        }),
    }
}

/// The values of the parameters that stay as they were built; those of others are not even made.
fn values_of_built<N: Network>(network: &N, names: &[(String, Vec<usize>)]) -> Result<Weights, BoxError> {
    let kept = |(name, shape): &(String, Vec<usize>)| N::initial(name, shape) == super::Initial::AsBuilt;
    if names.iter().any(kept) {
        values(network)
    } else {
        Ok(vec![Vec::new(); names.len()])
    }
}

/// Writes every parameter.
pub(super) fn save(module: &impl Module, state: &mut State) {
    // A module on the CPU whose values are plain arrays has nothing to fail.
    for ((name, shape), values) in names(module).iter().zip(values(module).unwrap_or_default()) {
        state.put_shaped(name, shape, &values);
    }
}

/// The module with the saved parameters, each of its own shape and finite.
pub(super) fn load<M: Module>(module: M, state: &State) -> Result<M, LoadError> {
    let mut loaded = Weights::new();
    for (name, shape) in names(&module) {
        let (found, values) = state.shaped::<f32>(&name)?;
        if found != shape {
            return Err(state.wrong_shape(&name, &format!("{shape:?}")));
        }
        let finite = values.iter().all(|value| value.is_finite());
        state.expect(&name, "finite numbers", finite)?;
        loaded.push(values);
    }
    Ok(with_values(module, loaded))
}
