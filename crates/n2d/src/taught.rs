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
    /// By the shape of the rows: `conv2d` for images, `conv1d` for sequences, else `dense`. Rows of two extents are what the pipeline's encoder takes them for;
    /// where that is any, images if both extents are the same or the last is at least 12, else sequences of so many channels.
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
const EPOCHS: usize = 16;
/// Of the first step; it falls to nothing along a cosine, so that the last steps settle.
const LEARNING_RATE: f64 = 2e-3;
const STEPS: usize = 1000;

/// An encoder of such a kind, not yet fitted.
#[derive(Debug, Clone)]
pub(crate) struct TaughtEncoder {
    pub(crate) kind: Taught,
    /// What the pipeline's encoder takes rows for.
    pub(crate) rows: Rows,
    /// Their shape, if the pipeline's encoder was told.
    pub(crate) row_shape: Option<Vec<usize>>,
    pub(crate) dense: DenseAutoencoderConfig,
    pub(crate) n_epochs: Option<usize>,
}

/// What rows are to an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    Any,
    Sequences,
    Images,
}

impl Rows {
    /// To the encoder of this name.
    pub(crate) fn of(encoder: &str) -> Self {
        match encoder {
            "conv2d" => Self::Images,
            name if reads_sequences(name) => Self::Sequences,
            _ => Self::Any,
        }
    }
}

/// Whether the encoder of this name takes rows of two extents for sequences.
pub fn reads_sequences(encoder: &str) -> bool {
    ["conv1d", "lstm", "gru"].contains(&encoder)
}

impl TaughtEncoder {
    fn n_epochs(&self, n_rows: usize, batch_size: usize) -> Option<usize> {
        let n_batches = n_rows.div_ceil(batch_size);
        Some(self.n_epochs.unwrap_or(STEPS.div_ceil(n_batches).max(EPOCHS)))
    }

    /// The shape of rows as far as it is known; a sequence of one channel has two extents.
    fn shape(&self, x: Samples<'_>) -> Vec<usize> {
        let known = self.row_shape.clone();
        let shape = known.unwrap_or_else(|| x.row_shape().unwrap_or_default().to_vec());
        match (self.rows, self.kind, &shape[..]) {
            (Rows::Sequences, _, []) | (_, Taught::Conv1d, []) => vec![x.n_features(), 1],
            (Rows::Sequences, _, &[steps]) | (_, Taught::Conv1d, &[steps]) => vec![steps, 1],
            _ => shape,
        }
    }

    fn kind(&self, x: Samples<'_>) -> Taught {
        match (self.kind, self.rows, &self.shape(x)[..]) {
            (Taught::Auto, Rows::Sequences, [_, _]) => Taught::Conv1d,
            (Taught::Auto, Rows::Any, &[height, width]) if height != width && width < FEWEST_COLUMNS => {
                Taught::Conv1d
            }
            (Taught::Auto, _, [_, _] | [_, _, _]) => Taught::Conv2d,
            (Taught::Auto, ..) => Taught::Dense,
            (kind, ..) => kind,
        }
    }

    /// The shape that convolutions are told, where there is one.
    fn named_shape(&self, x: Samples<'_>) -> Option<Vec<usize>> {
        Some(self.shape(x)).filter(|shape| shape.len() > 1)
    }

    fn dense(&self, n_rows: usize) -> DenseAutoencoderConfig {
        DenseAutoencoderConfig {
            n_epochs: self.n_epochs(n_rows, self.dense.batch_size),
            ..self.dense.clone()
        }
    }

    fn conv1d(&self, x: Samples<'_>, n_rows: usize) -> Conv1dConfig {
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
            n_epochs: self.n_epochs(n_rows, config.batch_size),
            row_shape: self.named_shape(x),
            ..config
        }
    }

    fn conv2d(&self, x: Samples<'_>, n_rows: usize) -> Conv2dConfig {
        let config = Conv2dConfig::new(self.dense.latent_dim);
        let sides = self.shape(x);
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
            n_epochs: self.n_epochs(n_rows, config.batch_size),
            row_shape: self.named_shape(x),
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
        let known = |(labels, _): Lesson<'_>| labels.as_slice().iter().filter(|&&label| label >= 0).count();
        let n_rows = lesson.map_or(x.n_samples(), known).max(1);
        match self.kind(x) {
            Taught::Conv1d => fit(&self.conv1d(x, n_rows), x, lesson, ctx),
            Taught::Conv2d => fit(&self.conv2d(x, n_rows), x, lesson, ctx),
            Taught::Auto | Taught::Dense => fit(&self.dense(n_rows), x, lesson, ctx),
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

    fn taught(kind: Taught, rows: Rows) -> TaughtEncoder {
        TaughtEncoder {
            kind,
            rows,
            row_shape: None,
            dense: DenseAutoencoderConfig::new(3),
            n_epochs: None,
        }
    }

    #[test]
    fn the_kind_follows_the_shape_of_rows() {
        let values = vec![0.5; 4 * 784];
        let flat = Samples::from_rows(&values, 784).unwrap();
        let of = |kind, rows, shape: &[usize]| taught(kind, rows).kind(flat.with_row_shape(shape).unwrap());
        assert_eq!(of(Taught::Auto, Rows::Any, &[28, 28]), Taught::Conv2d);
        assert_eq!(of(Taught::Auto, Rows::Any, &[14, 14, 4]), Taught::Conv2d);
        assert_eq!(of(Taught::Auto, Rows::Any, &[98, 8]), Taught::Conv1d);
        assert_eq!(of(Taught::Auto, Rows::Images, &[98, 8]), Taught::Conv2d);
        assert_eq!(of(Taught::Auto, Rows::Sequences, &[28, 28]), Taught::Conv1d);
        assert_eq!(of(Taught::Auto, Rows::Any, &[784]), Taught::Dense);
        assert_eq!(of(Taught::Dense, Rows::Images, &[28, 28]), Taught::Dense);
        assert_eq!(taught(Taught::Auto, Rows::Sequences).shape(flat), [784, 1]);
        assert_eq!(taught(Taught::Auto, Rows::Sequences).kind(flat), Taught::Conv1d);
        let told = TaughtEncoder {
            row_shape: Some(vec![28, 28]),
            ..taught(Taught::Auto, Rows::Images)
        };
        assert_eq!(
            (told.kind(flat), told.conv2d(flat, 100).shift),
            (Taught::Conv2d, 2)
        );
    }

    #[test]
    fn small_data_is_seen_more_often() {
        let taught = taught(Taught::Auto, Rows::Any);
        assert_eq!(taught.n_epochs(70_000, 256), Some(EPOCHS));
        assert_eq!(taught.n_epochs(1000, 256), Some(250));
    }
}
