use n2d_core::{Encoder, Fit, FitContext, FitError, PartConfig, Report, Samples, Stage};

use crate::epochs;
use crate::optimizer::{Optimization, Rule};
use crate::training::{Schedule, Training};
use crate::{DenseAutoencoderConfig, DenseNetwork, FittedDenseAutoencoder};

/// The paper's autoencoder: fully connected layers down to latents and, mirrored, back to the data, trained to
/// reconstruct its input.
///
/// Built from a [`DenseAutoencoderConfig`]. Weights are drawn Glorot-uniform with zero bias, rows are shuffled anew for
/// every epoch, the last partial batch is used, and the rate is constant: what the [paper] and Keras do. Data is best scaled
/// to about `[0, 1]`.
///
/// While it trains, the observer is told of every batch in phase `training`: `step` counts batches, the metric
/// `running loss` is the mean over the epoch so far, and the last batch of an epoch has that epoch's `loss` instead. The
/// losses of whole epochs are the report's history. [`Control::Stop`](n2d_core::Control) ends the training after the batch;
/// a cancel token ends it within a batch.
///
/// The same data, configuration and seed give the same bits for any number of threads, on one kind of processor.
///
/// Time is that of `3 n_samples n_epochs` multiplications a weight. Memory beyond the data: three times the weights (two more
/// with `patience`), once more those of the largest layer, and `batch_size` rows of every layer and two of the widest. burn's
/// engine takes the weights' gradients and some more rows besides.
///
/// [paper]: https://arxiv.org/abs/1908.05968
#[derive(Debug, Clone, PartialEq)]
pub struct DenseAutoencoder {
    config: DenseAutoencoderConfig,
    rule: Rule,
}

impl DenseAutoencoder {
    pub(crate) fn new(config: DenseAutoencoderConfig, rule: Rule) -> Self {
        Self { config, rule }
    }

    /// The options it was built from.
    pub fn config(&self) -> &DenseAutoencoderConfig {
        &self.config
    }

    fn train(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<(DenseNetwork, Report), FitError> {
        let config = &self.config;
        let (hidden, latent_dim) = (&config.hidden, config.latent_dim);
        let network = DenseNetwork::new(x.n_features(), hidden, latent_dim, config.activation, ctx).map_err(
            |too_large| FitError::Part {
                part: DenseAutoencoderConfig::NAME.to_owned(),
                source: too_large.into(),
            },
        )?;
        let optimization = Optimization::new(self.rule, config.learning_rate, &network);
        let n_batches = x.n_samples().div_ceil(config.batch_size);
        let n_epochs = config.n_epochs.unwrap_or_else(|| epochs::automatic(n_batches));
        let schedule = Schedule {
            batch_size: config.batch_size,
            n_epochs,
            patience: config.patience,
        };
        let most_rows = config.batch_size.min(x.n_samples());
        let engine = config.engine.start(config.loss, &network, most_rows);
        let (network, report) = Training::new(x, schedule, engine, network, optimization).run(ctx)?;
        Ok(match config.n_epochs {
            Some(_) => (network, report),
            None => (network, report.with_note(chosen_epochs(n_epochs, n_batches))),
        })
    }
}

fn chosen_epochs(n_epochs: usize, n_batches: usize) -> String {
    format!(
        "n_epochs was chosen as {n_epochs} for {n_batches} batches an epoch: at least {} steps and {} epochs",
        epochs::AUTO_STEPS,
        epochs::AUTO_EPOCHS
    )
}

impl Encoder for DenseAutoencoder {
    type Fitted = FittedDenseAutoencoder;

    /// Trains a network on the rows of `x`; one is enough.
    ///
    /// # Errors
    /// [`FitError::Diverged`] where the loss or the weights stop being finite, [`FitError::Cancelled`], and
    /// [`FitError::Part`] for a network that does not fit into memory.
    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedDenseAutoencoder>, FitError> {
        ctx.run_stage(Stage::Encoder, DenseAutoencoderConfig::NAME, |ctx| {
            let (network, report) = self.train(x, ctx)?;
            let model = FittedDenseAutoencoder::new(network);
            Ok(Fit { model, report })
        })
    }
}
