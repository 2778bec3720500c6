use n2d_core::{BoxError, Samples};
use serde::{Deserialize, Serialize};

use crate::burn_engine::BurnEngine;
use crate::native::NativeEngine;
use crate::optimizer::Optimization;
use crate::{DenseNetwork, Loss};

/// What makes the steps of training, by its name in configurations. Both start from the same weights and take the same rows in the
/// same order; their results agree up to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Written for dense networks on CPUs: fused, and several times as fast.
    #[default]
    Native,
    /// burn's automatic differentiation, on its CPU backend: what networks of one's own will train on, and an independent
    /// check of the native engine.
    Burn,
}

/// Makes one step of training after the other.
pub(crate) trait Steps {
    /// A step on some rows of `x`; gives the loss before it. Where that is not finite, the network stays as it was.
    fn step(
        &mut self,
        network: &mut DenseNetwork,
        optimization: &mut Optimization,
        x: Samples<'_>,
        rows: &[usize],
    ) -> Result<f64, BoxError>;
}

impl Engine {
    /// The engine for one network, for batches of up to `batch_size` rows.
    pub(crate) fn start(self, loss: Loss, network: &DenseNetwork, batch_size: usize) -> Box<dyn Steps> {
        match self {
            Self::Native => Box::new(NativeEngine::new(loss, network, batch_size)),
            Self::Burn => Box::new(BurnEngine::cpu(loss)),
        }
    }
}

impl Steps for NativeEngine {
    fn step(
        &mut self,
        network: &mut DenseNetwork,
        optimization: &mut Optimization,
        x: Samples<'_>,
        rows: &[usize],
    ) -> Result<f64, BoxError> {
        Ok(self.train(network, optimization, x, rows))
    }
}

impl Steps for BurnEngine {
    fn step(
        &mut self,
        network: &mut DenseNetwork,
        optimization: &mut Optimization,
        x: Samples<'_>,
        rows: &[usize],
    ) -> Result<f64, BoxError> {
        let mut batch = Vec::with_capacity(rows.len() * x.n_features());
        for &row in rows {
            batch.extend(x.row(row));
        }
        let backward = self.backward(network, batch)?;
        if backward.loss.is_finite() {
            optimization.step(network, &backward.gradients()?);
        }
        Ok(backward.loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::Rule;
    use crate::reference::{ROWS, assert_gradients, batch, loss_of, network, parameters_of};
    use crate::{Activation, activation, loss};
    use n2d_core::{FitContext, Parallelism};

    const SGD: Rule = Rule::Sgd { momentum: 0.0 };
    const ADAM: Rule = Rule::Adam {
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.0,
    };

    #[test]
    fn native_gradients_are_finite_differences_of_the_loss() {
        let (batch, rows) = (batch(), (0..ROWS).collect::<Vec<_>>());
        let x = Samples::from_rows(&batch, 5).unwrap();
        for (activation, loss) in activation::ALL.iter().flat_map(|&a| loss::ALL.map(|l| (a, l))) {
            let before = network(activation);
            let mut after = before.clone();
            // A step of plain descent at rate 1 moves every parameter by its gradient.
            let mut descent = Optimization::new(SGD, 1.0, &before);
            let mut engine = Engine::Native.start(loss, &before, ROWS);
            let made = engine.step(&mut after, &mut descent, x, &rows).unwrap();
            let expected = loss_of(&before, &parameters_of(&before), loss);
            assert!(
                (made - expected).abs() < 1e-5 * expected,
                "{activation:?} {loss:?}"
            );
            let moved = |(before, after): (Vec<f64>, Vec<f64>)| {
                before
                    .iter()
                    .zip(after)
                    .map(|(before, after)| before - after)
                    .collect()
            };
            let gradients: Vec<Vec<f64>> = parameters_of(&before)
                .into_iter()
                .zip(parameters_of(&after))
                .map(moved)
                .collect();
            assert_gradients(&before, loss, &gradients);
        }
    }

    /// Twenty steps from one seed, wide enough for every kind of tile; the last batch is a partial one.
    fn trained(engine: Engine, rule: Rule, activation: Activation) -> (Vec<f64>, DenseNetwork) {
        let (n_rows, n_features, batch_size) = (470, 70, 50);
        let values: Vec<f32> = (0..n_rows * n_features)
            .map(|i| ((i * 29 + i / 7) % 53) as f32 / 53.0)
            .collect();
        let x = Samples::from_rows(&values, n_features).unwrap();
        let mut network =
            DenseNetwork::new(n_features, &[90, 1100], 10, activation, &FitContext::new(3)).unwrap();
        let mut optimization = Optimization::new(rule, 1e-3, &network);
        let mut steps = engine.start(Loss::Mse, &network, batch_size);
        let order: Vec<usize> = (0..n_rows).collect();
        let batches = order.chunks(batch_size).cycle().take(20);
        let losses = batches
            .map(|rows| steps.step(&mut network, &mut optimization, x, rows).unwrap())
            .collect();
        (losses, network)
    }

    #[test]
    fn both_engines_give_every_loss_and_weight_alike() {
        let momentum = Rule::Sgd { momentum: 0.9 };
        for (rule, activation) in [
            (ADAM, Activation::Relu),
            (momentum, Activation::Relu),
            (ADAM, Activation::Gelu),
        ] {
            let (native, by_native) = trained(Engine::Native, rule, activation);
            let (burn, by_burn) = trained(Engine::Burn, rule, activation);
            for (step, (a, b)) in native.iter().zip(&burn).enumerate() {
                assert!((a - b).abs() < 1e-4 * b, "{rule:?}, step {step}: {a} or {b}");
            }
            for (a, b) in by_native
                .parameters()
                .flatten()
                .zip(by_burn.parameters().flatten())
            {
                // Where a gradient is nearly zero, Adam makes of its rounding error a step of up to the rate.
                assert!((a - b).abs() < 2e-3, "{rule:?}: {a} or {b}");
            }
        }
    }

    #[test]
    fn threads_change_no_bit() {
        for engine in [Engine::Native, Engine::Burn] {
            let on = |threads: usize| {
                let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
                threads.install(|| trained(engine, ADAM, Activation::Relu))
            };
            let one = on(1);
            assert_eq!(one, on(2), "{engine:?}");
            assert_eq!(one, on(4), "{engine:?}");
        }
    }

    #[test]
    fn a_loss_that_is_not_finite_changes_nothing() {
        let x = [f32::MAX, -f32::MAX, f32::MAX, 0.0, 1.0];
        let x = Samples::from_rows(&x, 5).unwrap();
        for engine in [Engine::Native, Engine::Burn] {
            let mut network = network(Activation::Linear);
            let before = network.clone();
            let mut optimization = Optimization::new(ADAM, 0.1, &network);
            let mut steps = engine.start(Loss::Mse, &network, 1);
            let loss = steps.step(&mut network, &mut optimization, x, &[0]).unwrap();
            assert!(!loss.is_finite(), "{engine:?}: {loss}");
            assert_eq!(network, before, "{engine:?}");
        }
    }
}
