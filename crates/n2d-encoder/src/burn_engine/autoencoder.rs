use std::fmt;

use burn::tensor::Device;
use n2d_core::check::Options;
use n2d_core::rng::ChaCha8Rng;
use n2d_core::{
    BoxError, ConfigError, Encoder, Fit, FitContext, FitError, Labels, Samples, Stage, SupervisedEncoder,
};

use super::refused::{NetworkError, made};
use super::{BurnLearner, FittedAutoencoder, Network, RowShape, parameters};
use crate::learner::Learner;
use crate::native::StackLearner;
use crate::own_transform::OwnTransform;
use crate::plan::Plan;
use crate::supervised::{LabelsError, Lesson};
use crate::training::Training;
use crate::{Engine, TrainingConfig, outcome, same_training};

/// Trains any [`Network`]: the counterpart of the Python library's `autoencoder_generator`.
///
/// What comes with it is the same for all networks: batches, losses, optimisers, schedules, early stopping, checkpoints, input transforms, the device,
/// observers, saving. See [`DenseAutoencoder`](crate::DenseAutoencoder) for what the observer is told. [`Network`] has an example.
///
/// The same data, configuration and seed give the same bits for any number of threads, on one kind of processor; on other devices as far as
/// their drivers do.
pub struct Autoencoder<N: Network> {
    config: N::Config,
    row_shape: Option<Vec<usize>>,
    plan: Plan,
    engine: Engine,
    own: Option<OwnTransform>,
}

impl<N: Network> Autoencoder<N> {
    /// A network with these options, to be trained so.
    ///
    /// # Errors
    /// [`ConfigError`] for options of the training; those of the network itself are checked when it is built, with the rows at hand.
    pub fn new(config: N::Config, training: TrainingConfig) -> Result<Self, ConfigError> {
        let plan = training.check(N::NAME)?;
        if let Some(kind) = N::ROWS {
            plan.transforms.of_kind(N::NAME, kind)?;
        }
        Ok(Self {
            config,
            row_shape: None,
            plan,
            engine: Engine::default(),
            own: None,
        })
    }

    /// For rows of this inner shape, whatever comes with the samples.
    pub fn with_row_shape(self, row_shape: impl Into<Option<Vec<usize>>>) -> Self {
        Self {
            row_shape: row_shape.into(),
            ..self
        }
    }

    /// Trained by this engine. Our own has forms of this crate's convolutions alone; asked for another network by [`Engine::Native`], the fit is an error. Default: auto.
    ///
    /// # Errors
    /// [`ConfigError`] for our own engine on another device than the CPU.
    pub fn with_engine(self, engine: Engine) -> Result<Self, ConfigError> {
        if engine == Engine::Native && !self.plan.device.is_cpu() {
            let device = self.plan.device;
            return Err(Options::of(N::NAME).refuse("device", "cpu with engine = native", device));
        }
        Ok(Self { engine, ..self })
    }

    /// With a change of the input of every batch (Python's `x_lambda`), after those of the configuration. What is to be reconstructed stays as it is.
    ///
    /// The rows of a batch come one after the other; the generator is the batch's own, and follows from the seed.
    ///
    /// ```
    /// # use n2d_encoder::{Autoencoder, Network};
    /// # fn with_salt<N: Network>(autoencoder: Autoencoder<N>) -> Autoencoder<N> {
    /// use n2d_encoder::rand::RngExt;
    ///
    /// autoencoder.with_input_transform(|batch, rng| {
    ///     for value in batch {
    ///         if rng.random::<f32>() < 0.1 {
    ///             *value = 1.0;
    ///         }
    ///     }
    /// })
    /// # }
    /// ```
    pub fn with_input_transform(
        self,
        transform: impl Fn(&mut [f32], &mut ChaCha8Rng) + Send + Sync + 'static,
    ) -> Self {
        Self {
            own: Some(OwnTransform::new(transform)),
            ..self
        }
    }

    /// The options of the network.
    pub fn config(&self) -> &N::Config {
        &self.config
    }

    fn train(
        &self,
        x: Samples<'_>,
        lesson: Option<&Lesson<'_>>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedAutoencoder<N>>, FitError> {
        let rows =
            RowShape::of(x, self.row_shape.as_deref()).map_err(|refused| failed::<N>(refused.into()))?;
        let x = x
            .with_row_shape(rows.extents())
            .map_err(|refused| failed::<N>(refused.into()))?;
        let mut learner = self.learner(x, &rows, lesson, ctx).map_err(failed::<N>)?;
        let options = same_training::of_network(&self.config).map_err(|error| failed::<N>(error.into()))?;
        let own = self.own.as_ref();
        let report = Training::new(&self.plan, x, &mut *learner, own, lesson, &options, ctx)?.run(ctx)?;
        let weights = learner.weights().map_err(failed::<N>)?;
        let model =
            FittedAutoencoder::new(&self.config, &rows, self.plan.loss, weights).map_err(failed::<N>)?;
        outcome::seen(Fit { model, report }, x, &self.plan)
    }

    /// The network in training, on our own engine if it has a form for it.
    fn learner(
        &self,
        x: Samples<'_>,
        rows: &RowShape,
        lesson: Option<&Lesson<'_>>,
        ctx: &FitContext<'_>,
    ) -> Result<Box<dyn Learner>, BoxError> {
        if self.engine.is_native(self.plan.device) {
            let network: N = made(&self.config, rows, (&Device::flex(), crate::Device::default()))?;
            if let Some(stack) = network.native() {
                let network = parameters::initialized(network, ctx)?;
                let (names, weights) = (parameters::names(&network), parameters::values(&network)?);
                let head = lesson.map(|lesson| lesson.head(&self.plan, stack.latent_dim(), ctx));
                let batch_size = self.plan.batch_size.min(x.n_samples());
                let learner = StackLearner::new(&self.plan, stack, names, weights, batch_size);
                return Ok(Box::new(match head {
                    Some(head) => learner.with_head(head?),
                    None => learner,
                }));
            }
        }
        if lesson.is_some() {
            return Err(LabelsError::Engine.into());
        }
        if self.engine == Engine::Native {
            return Err(NetworkError::Engine.into());
        }
        Ok(Box::new(BurnLearner::<N>::new(
            &self.plan,
            &self.config,
            rows,
            ctx,
        )?))
    }
}

fn failed<N: Network>(source: BoxError) -> FitError {
    FitError::Part {
        part: N::NAME.to_owned(),
        source,
    }
}

impl<N: Network> Encoder for Autoencoder<N> {
    type Fitted = FittedAutoencoder<N>;

    /// Trains a network on the rows of `x`; one is enough.
    ///
    /// # Errors
    /// [`FitError::Diverged`] where the loss, the weights or the latents stop being finite, or the loss ends a million times where it began, [`FitError::Cancelled`], and [`FitError::Part`] for rows that the
    /// network can't have, for data that the loss can't be of, and for checkpoints of another training.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedAutoencoder<N>>, FitError> {
        ctx.run_stage(Stage::Encoder, N::NAME, |ctx| self.train(x, None, ctx))
    }
}

impl<N: Network> SupervisedEncoder for Autoencoder<N> {
    /// As [`fit`](Encoder::fit); what is minimised is `weight` times the cross-entropy of a softmax of the latents, over the rows whose label is known, and
    /// `1 - weight` times the loss of the reconstruction. With a weight of 1 nothing is reconstructed, and rows without a label are left out: the decoder stays as it was drawn.
    /// What learns the labels is left behind.
    ///
    /// # Errors
    /// As [`fit`](Encoder::fit), and [`FitError::Part`] for labels of another number of rows, none that is known, a weight outside `[0, 1]`, a network or a device
    /// that our own engine can't train, and a context with checkpoints.
    fn fit_supervised(
        &self,
        x: Samples<'_>,
        labels: &Labels,
        weight: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedAutoencoder<N>>, FitError> {
        ctx.run_stage(Stage::Encoder, N::NAME, |ctx| {
            let lesson = Lesson::check(x, labels, weight, ctx).map_err(|error| failed::<N>(error.into()))?;
            self.train(x, Some(&lesson), ctx)
        })
    }
}

impl<N: Network> fmt::Debug for Autoencoder<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Autoencoder")
            .field("config", &self.config)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}
