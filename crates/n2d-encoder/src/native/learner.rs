//! Our own engine as the training loop takes it.

use n2d_core::BoxError;

use super::{Head, NativeEngine};
use crate::learner::{Batch, Learner, Weights};
use crate::optimizer::{Memory, Optimization};
use crate::plan::Plan;
use crate::{DenseNetwork, Engine};

/// A dense network in training on the CPU.
pub(crate) struct NativeLearner {
    engine: NativeEngine,
    network: DenseNetwork,
    optimization: Optimization,
}

impl NativeLearner {
    /// For batches of up to `batch_size` rows.
    pub(crate) fn new(plan: &Plan, network: DenseNetwork, batch_size: usize) -> Self {
        let optimization = Optimization::new(plan.rule, plan.clipping, network.shapes());
        let engine = NativeEngine::new((plan.loss, plan.sparsity), &network, &optimization, batch_size);
        Self {
            engine,
            network,
            optimization,
        }
    }

    /// With labels in the loss, too.
    pub(crate) fn with_head(self, head: Head) -> Self {
        Self {
            engine: self.engine.with_head(head),
            ..self
        }
    }

    /// What the training came to.
    pub(crate) fn into_network(self) -> DenseNetwork {
        self.network
    }
}

impl Learner for NativeLearner {
    fn engine(&self) -> Engine {
        Engine::Native
    }

    fn step(&mut self, batch: &Batch<'_, '_>, rate: f64) -> Result<f64, BoxError> {
        Ok(self
            .engine
            .train(&mut self.network, &mut self.optimization, batch, rate))
    }

    fn loss(&mut self, batch: &Batch<'_, '_>) -> Result<f64, BoxError> {
        Ok(self.engine.loss_of(&self.network, batch))
    }

    fn names(&self) -> Vec<(String, Vec<usize>)> {
        self.network
            .names()
            .into_iter()
            .zip(self.network.shapes())
            .collect()
    }

    fn weights(&self) -> Result<Weights, BoxError> {
        Ok(self.network.parameters().map(<[f32]>::to_vec).collect())
    }

    fn set_weights(&mut self, weights: Weights) -> Result<(), BoxError> {
        for (values, weights) in self.network.parameters_mut().zip(weights) {
            values.copy_from_slice(&weights);
        }
        Ok(())
    }

    fn memories(&self) -> Result<(u64, Vec<Memory>), BoxError> {
        let (steps, memories) = self.optimization.memories();
        Ok((steps, memories.to_vec()))
    }

    fn set_memories(&mut self, steps: u64, memories: Vec<Memory>) -> Result<(), BoxError> {
        self.optimization.resume(steps, memories);
        Ok(())
    }
}
