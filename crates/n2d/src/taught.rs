//! The encoder that the members of an ensemble teach: the kind that suits the rows, with what helps it to learn labels.

use n2d_core::{
    ConfigError, Encoder, Fit, FitContext, FitError, FittedEncoder, Labels, PartConfig, Samples,
    SupervisedEncoder,
};
use n2d_encoder::{Conv1dConfig, Conv2dConfig, DenseAutoencoderConfig, Schedule};
use serde::{Deserialize, Serialize};

/// Kinds of encoder that members of an ensemble can teach, by their names in configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Taught {
    /// By the shape of the rows: `conv2d` for images, `conv1d` for sequences, else `dense`. Rows of two extents are sequences where the pipeline's encoder is one
    /// for these or the last extent, their channels, is below 12; else images.
    #[default]
    Auto,
    /// Dense, as the paper's, its options those of the pipeline's encoder if that is dense, too.
    Dense,
    /// Convolutions along sequences, taught with copies that are cropped and scaled.
    Conv1d,
    /// Convolutions over images, taught with copies that are shifted, by up to a fourteenth of the shorter side (two pixels of 28), turned, stretched and slanted.
    Conv2d,
}

/// Fewest columns of what is taken for an image, and not for a sequence of so many channels.
const FEWEST_COLUMNS: usize = 12;
/// Channels of both kinds of convolutions.
const CHANNELS: [usize; 2] = [32, 64];
const KERNEL: usize = 3;
/// Of each so many places along a side the greatest is kept.
const POOL: usize = 2;
/// Part of the values before the latents that a step leaves out.
const DROPOUT: f64 = 0.5;
/// Shifts are at most one in so many of the shorter side.
const SHIFT: usize = 14;
const ROTATION: f64 = 15.0;
const ZOOM: f64 = 0.1;
const SLANT: f64 = 0.1;
/// Sequences are cropped by up to this part, and scaled with this deviation.
const CROP: f64 = 0.1;
const SCALING: f64 = 0.1;
/// Fewest passes over the rows, and steps: labels want more than reconstructions.
const EPOCHS: usize = 12;
/// Of the first step; it falls to nothing along a cosine, so that the last steps settle.
const LEARNING_RATE: f64 = 2e-3;
const STEPS: usize = 1000;

/// An encoder of such a kind, not yet fitted.
#[derive(Debug, Clone)]
pub(crate) struct TaughtEncoder {
    pub(crate) kind: Taught,
    /// Whether rows of two extents are known to be sequences.
    pub(crate) of_sequences: bool,
    pub(crate) dense: DenseAutoencoderConfig,
    pub(crate) n_epochs: Option<usize>,
}

impl TaughtEncoder {
    fn n_epochs(&self, x: Samples<'_>, batch_size: usize) -> Option<usize> {
        let n_batches = x.n_samples().div_ceil(batch_size);
        Some(self.n_epochs.unwrap_or(STEPS.div_ceil(n_batches).max(EPOCHS)))
    }

    fn kind(&self, x: Samples<'_>) -> Taught {
        match (self.kind, x.row_shape().unwrap_or_default()) {
            (Taught::Auto, [_, columns]) if self.of_sequences || *columns < FEWEST_COLUMNS => Taught::Conv1d,
            (Taught::Auto, [_, _] | [_, _, _]) => Taught::Conv2d,
            (Taught::Auto, _) => Taught::Dense,
            (kind, _) => kind,
        }
    }

    fn dense(&self, x: Samples<'_>) -> DenseAutoencoderConfig {
        DenseAutoencoderConfig {
            n_epochs: self.n_epochs(x, self.dense.batch_size),
            ..self.dense.clone()
        }
    }

    fn conv1d(&self, x: Samples<'_>) -> Conv1dConfig {
        let config = Conv1dConfig::new(self.dense.latent_dim);
        Conv1dConfig {
            channels: CHANNELS.to_vec(),
            kernel: KERNEL,
            stride: 1,
            pool: POOL,
            hidden_dropout: DROPOUT,
            learning_rate: LEARNING_RATE,
            schedule: Schedule::Cosine,
            crop: CROP,
            scaling: SCALING,
            n_epochs: self.n_epochs(x, config.batch_size),
            ..config
        }
    }

    fn conv2d(&self, x: Samples<'_>) -> Conv2dConfig {
        let config = Conv2dConfig::new(self.dense.latent_dim);
        let sides = x.row_shape().unwrap_or_default();
        let shorter = sides.iter().take(2).copied().min().unwrap_or(0);
        Conv2dConfig {
            channels: CHANNELS.to_vec(),
            kernel: KERNEL,
            stride: 1,
            pool: POOL,
            hidden_dropout: DROPOUT,
            learning_rate: LEARNING_RATE,
            schedule: Schedule::Cosine,
            shift: shorter / SHIFT,
            rotation: ROTATION,
            zoom: ZOOM,
            slant: SLANT,
            n_epochs: self.n_epochs(x, config.batch_size),
            ..config
        }
    }
}

impl TaughtEncoder {
    fn fit_as(
        &self,
        x: Samples<'_>,
        lesson: Option<Lesson<'_>>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Boxed, FitError> {
        match self.kind(x) {
            Taught::Conv1d => fit(&self.conv1d(x), x, lesson, ctx),
            Taught::Conv2d => fit(&self.conv2d(x), x, lesson, ctx),
            Taught::Auto | Taught::Dense => fit(&self.dense(x), x, lesson, ctx),
        }
    }
}

/// Labels with their share in what is minimised.
type Lesson<'a> = (&'a Labels, f64);
type Boxed = Fit<Box<dyn FittedEncoder>>;

fn fit<C: PartConfig<Part: SupervisedEncoder<Fitted: 'static>>>(
    config: &C,
    x: Samples<'_>,
    lesson: Option<Lesson<'_>>,
    ctx: &mut FitContext<'_>,
) -> Result<Boxed, FitError> {
    let refused = |error: ConfigError| FitError::Part {
        part: C::NAME.to_owned(),
        source: error.into(),
    };
    let encoder = config.build().map_err(refused)?;
    let Fit { model, report } = match lesson {
        Some((labels, weight)) => encoder.fit_supervised(x, labels, weight, ctx)?,
        None => encoder.fit(x, ctx)?,
    };
    let model: Box<dyn FittedEncoder> = Box::new(model);
    Ok(Fit { model, report })
}

impl Encoder for TaughtEncoder {
    type Fitted = Box<dyn FittedEncoder>;

    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Boxed, FitError> {
        self.fit_as(x, None, ctx)
    }
}

impl SupervisedEncoder for TaughtEncoder {
    fn fit_supervised(
        &self,
        x: Samples<'_>,
        labels: &Labels,
        weight: f64,
        ctx: &mut FitContext<'_>,
    ) -> Result<Boxed, FitError> {
        self.fit_as(x, Some((labels, weight)), ctx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_follows_the_shape_of_rows() {
        let values = vec![0.5; 4 * 784];
        let of = |kind, of_sequences, shape: &[usize]| {
            let x = Samples::from_rows(&values, 784)
                .unwrap()
                .with_row_shape(shape)
                .unwrap();
            let taught = TaughtEncoder {
                kind,
                of_sequences,
                dense: DenseAutoencoderConfig::new(3),
                n_epochs: None,
            };
            (taught.kind(x), taught.conv2d(x).shift)
        };
        assert_eq!(of(Taught::Auto, false, &[28, 28]), (Taught::Conv2d, 2));
        assert_eq!(of(Taught::Auto, false, &[14, 14, 4]), (Taught::Conv2d, 1));
        assert_eq!(of(Taught::Auto, false, &[98, 8]).0, Taught::Conv1d);
        assert_eq!(of(Taught::Auto, true, &[28, 28]).0, Taught::Conv1d);
        assert_eq!(of(Taught::Auto, false, &[784]).0, Taught::Dense);
        assert_eq!(of(Taught::Dense, false, &[28, 28]).0, Taught::Dense);
    }
}
