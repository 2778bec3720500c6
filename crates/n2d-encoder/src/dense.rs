use n2d_core::rng::ChaCha8Rng;
use n2d_core::{
    BoxError, Encoder, Fit, FitContext, FitError, Labels, PartConfig, Report, Samples, Stage,
    SupervisedEncoder,
};

use crate::burn_engine::{BurnLearner, DenseModule, RowShape};
use crate::learner::Learner;
use crate::native::NativeLearner;
use crate::own_transform::OwnTransform;
use crate::plan::Plan;
use crate::supervised::{LabelsError, Lesson};
use crate::training::Training;
use crate::{DenseAutoencoderConfig, DenseNetwork, FittedDenseAutoencoder, outcome, same_training};

const PART: &str = DenseAutoencoderConfig::NAME;

/// The paper's autoencoder: fully connected layers down to latents and, mirrored, back to the data, trained to
/// reconstruct its input.
///
/// Built from a [`DenseAutoencoderConfig`]. Weights are drawn Glorot-uniform with zero bias, rows are shuffled anew for
/// every epoch, the last partial batch is used, and the rate is constant unless asked otherwise: what the [paper] and Keras do. Data is best scaled
/// to about `[0, 1]`.
///
/// While it trains, the observer is told of every batch in phase `training`: `step` counts batches, the metric
/// `running loss` is the mean over the epoch so far, and the last batch of an epoch has that epoch's `loss` instead, followed by the
/// `validation loss` where rows are held out. The
/// losses of whole epochs are the report's history. [`Control::Stop`](n2d_core::Control) ends the training after the batch;
/// a cancel token ends it within a batch.
///
/// The same data, configuration and seed give the same bits for any number of threads, on one kind of processor.
///
/// Time is that of `3 n_samples n_epochs` multiplications a weight. Memory beyond the data: three times the weights (two more
/// with `patience`), once more those of the largest layer, and `batch_size` rows of every layer and two of the widest. burn's
/// engine, `clip_norm` and Muon take the weights' gradients besides.
///
/// [paper]: https://arxiv.org/abs/1908.05968
#[derive(Debug, Clone, PartialEq)]
pub struct DenseAutoencoder {
    config: DenseAutoencoderConfig,
    plan: Plan,
    initial: Option<DenseNetwork>,
    own: Option<OwnTransform>,
}

impl DenseAutoencoder {
    pub(crate) fn new(config: DenseAutoencoderConfig, plan: Plan) -> Self {
        Self {
            config,
            plan,
            initial: None,
            own: None,
        }
    }

    /// The options it was built from.
    pub fn config(&self) -> &DenseAutoencoderConfig {
        &self.config
    }

    /// Begins the training with these weights in place of random ones: those of a fitted encoder ([`FittedDenseAutoencoder::weights`]).
    ///
    /// Widths and activation of the configuration must be theirs; whether they are shows when it is fitted.
    pub fn with_initial_weights(self, network: DenseNetwork) -> Self {
        Self {
            initial: Some(network),
            ..self
        }
    }

    /// With a change of the input of every batch (Python's `x_lambda`), after those of the configuration. What is to be reconstructed stays as it is.
    ///
    /// The rows of a batch come one after the other; the generator is the batch's own, and follows from the seed. Two encoders with such a change are equal
    /// if one is a clone of the other.
    ///
    /// ```
    /// use n2d_core::{Encoder, FitContext, PartConfig, Samples};
    /// use n2d_encoder::DenseAutoencoderConfig;
    /// use n2d_encoder::rand::RngExt;
    ///
    /// let values: Vec<f32> = (0..600).map(|i| (i % 7) as f32 / 7.0).collect();
    /// let x = Samples::from_rows(&values, 6)?;
    /// let config = DenseAutoencoderConfig { hidden: vec![16], n_epochs: Some(3), ..DenseAutoencoderConfig::new(2) };
    /// let salted = config.build()?.with_input_transform(|batch, rng| {
    ///     for value in batch {
    ///         if rng.random::<f32>() < 0.1 {
    ///             *value = 1.0;
    ///         }
    ///     }
    /// });
    /// let fit = salted.fit(x, &mut FitContext::new(1))?;
    /// assert_eq!(fit.report.history.len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
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

    fn network(&self, x: Samples<'_>, ctx: &FitContext<'_>) -> Result<DenseNetwork, BoxError> {
        let config = &self.config;
        let (hidden, latent_dim) = (&config.hidden, config.latent_dim);
        let network = match &self.initial {
            None => DenseNetwork::new(x.n_features(), hidden, latent_dim, config.activation, ctx)?,
            Some(initial) => {
                initial.check(x.n_features(), hidden, latent_dim, config.activation)?;
                initial.clone()
            }
        };
        Ok(network.with_output(config.loss.output()))
    }

    fn train(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<(DenseNetwork, Report), FitError> {
        let network = self.network(x, ctx).map_err(failed)?;
        if self.is_native() {
            let mut learner = self.learner(x, network);
            let report = self.run(x, &mut learner, None, ctx)?;
            return Ok((learner.into_network(), report));
        }
        let rows = RowShape::of(x, None).map_err(|refused| failed(refused.into()))?;
        let mut learner =
            BurnLearner::<DenseModule>::new(&self.plan, &self.config.shape(), &rows, ctx).map_err(failed)?;
        let weights = network.parameters().map(<[f32]>::to_vec).collect();
        learner.set_weights(weights).map_err(failed)?;
        let report = self.run(x, &mut learner, None, ctx)?;
        let mut network = network;
        for (values, trained) in network.parameters_mut().zip(learner.weights().map_err(failed)?) {
            values.copy_from_slice(&trained);
        }
        Ok((network, report))
    }

    /// The training itself, by whatever engine.
    fn run(
        &self,
        x: Samples<'_>,
        learner: &mut dyn Learner,
        lesson: Option<&Lesson<'_>>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Report, FitError> {
        let options =
            same_training::of_network(&self.config.shape()).map_err(|error| failed(error.into()))?;
        let own = self.own.as_ref();
        Training::new(&self.plan, x, learner, own, lesson, &options, ctx)?.run(ctx)
    }
}

/// By our own engine.
impl DenseAutoencoder {
    fn is_native(&self) -> bool {
        self.config.engine.is_native(self.plan.device)
    }

    fn learner(&self, x: Samples<'_>, network: DenseNetwork) -> NativeLearner {
        NativeLearner::new(&self.plan, network, self.plan.batch_size.min(x.n_samples()))
    }

    fn train_supervised(
        &self,
        x: Samples<'_>,
        labels: &Labels,
        weight: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<(DenseNetwork, Report), FitError> {
        let lesson = Lesson::check(x, labels, weight, ctx).map_err(|error| failed(error.into()))?;
        if !self.is_native() {
            return Err(failed(LabelsError::Engine.into()));
        }
        let network = self.network(x, ctx).map_err(failed)?;
        let head = lesson
            .head(&self.plan, self.config.latent_dim, ctx)
            .map_err(failed)?;
        let mut learner = self.learner(x, network).with_head(head);
        let report = self.run(x, &mut learner, Some(&lesson), ctx)?;
        Ok((learner.into_network(), report))
    }
}

impl SupervisedEncoder for DenseAutoencoder {
    /// As [`fit`](Encoder::fit); what is minimised is `weight` times the cross-entropy of a softmax of the latents, over the rows whose label is known, and
    /// `1 - weight` times the loss of the reconstruction. With a weight of 1 nothing is reconstructed, and rows without a label are left out: the decoder stays as it was drawn.
    /// What learns the labels is left behind: the result is an autoencoder like any other, whose latents keep the classes apart.
    ///
    /// # Errors
    /// As [`fit`](Encoder::fit), and [`FitError::Part`] for labels of another number of rows, none that is known, a weight outside `[0, 1]`, burn's engine,
    /// and a context with checkpoints.
    fn fit_supervised(
        &self,
        x: Samples<'_>,
        labels: &Labels,
        weight: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedDenseAutoencoder>, FitError> {
        ctx.run_stage(Stage::Encoder, PART, |ctx| {
            let (network, report) = self.train_supervised(x, labels, weight, ctx)?;
            let model = FittedDenseAutoencoder::new(network);
            outcome::seen(Fit { model, report }, x, &self.plan)
        })
    }
}

fn failed(source: BoxError) -> FitError {
    FitError::Part {
        part: PART.to_owned(),
        source,
    }
}

impl Encoder for DenseAutoencoder {
    type Fitted = FittedDenseAutoencoder;

    /// Trains a network on the rows of `x`; one is enough.
    ///
    /// # Errors
    /// [`FitError::Diverged`] where the loss, the weights or the latents stop being finite, or the loss ends a million times where it began, [`FitError::Cancelled`], and
    /// [`FitError::Part`] for a network that does not fit into memory, initial weights of another network, data that the loss can't be of, and checkpoints of
    /// another training.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedDenseAutoencoder>, FitError> {
        ctx.run_stage(Stage::Encoder, PART, |ctx| {
            let (network, report) = self.train(x, ctx)?;
            let model = FittedDenseAutoencoder::new(network);
            outcome::seen(Fit { model, report }, x, &self.plan)
        })
    }
}
