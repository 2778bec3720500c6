use std::fmt::Debug;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use n2d_core::{BoxError, Samples};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Initial;
use crate::native::Stack;
use crate::transform::{Draw, Purpose};

/// A network of one's own on burn's tensors, for an [`Autoencoder`](crate::Autoencoder), which trains, saves and applies it.
///
/// ```
/// use n2d_core::{BoxError, Encoder, FitContext, FittedEncoder, Samples};
/// use n2d_encoder::burn::module::Module;
/// use n2d_encoder::burn::nn::{Linear, LinearConfig};
/// use n2d_encoder::burn::tensor::{Device, Tensor};
/// use n2d_encoder::{Autoencoder, Network, RowShape, TrainingConfig, burn};
///
/// #[derive(Module, Debug)]
/// struct Shallow {
///     down: Linear,
///     up: Linear,
/// }
///
/// impl Network for Shallow {
///     type Config = usize;
///     const NAME: &'static str = "shallow";
///
///     fn new(latent_dim: &usize, rows: &RowShape, device: &Device) -> Result<Self, BoxError> {
///         Ok(Self {
///             down: LinearConfig::new(rows.n_features(), *latent_dim).init(device),
///             up: LinearConfig::new(*latent_dim, rows.n_features()).init(device),
///         })
///     }
///
///     fn encode(&self, x: Tensor<2>) -> Tensor<2> {
///         self.down.forward(x)
///     }
///
///     fn decode(&self, z: Tensor<2>) -> Tensor<2> {
///         self.up.forward(z)
///     }
/// }
///
/// let values: Vec<f32> = (0..600).map(|i| (i % 7) as f32 / 7.0).collect();
/// let x = Samples::from_rows(&values, 6)?;
/// let training = TrainingConfig { n_epochs: Some(3), ..TrainingConfig::default() };
/// let fit = Autoencoder::<Shallow>::new(2, training)?.fit(x, &mut FitContext::new(1))?;
/// assert_eq!(fit.model.encode(x)?.dim(), (100, 2));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
// tidy: backend in public
pub trait Network: Module + Sync + 'static {
    /// What it is built from, beside the shape of rows: plain data, which goes into the saved file.
    type Config: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The name of the part, in errors, reports and files.
    const NAME: &'static str;

    /// The kind of rows that it is for, if it is for one: transforms of another kind are refused. Default: any.
    const ROWS: Option<RowKind> = None;

    /// A network for rows of this shape, on this device. Its weights need no value: they are drawn anew by [`initial`](Self::initial).
    ///
    /// # Errors
    /// What the network can't be of these rows, or with this configuration.
    // tidy: backend in public
    fn new(config: &Self::Config, rows: &RowShape, device: &Device) -> Result<Self, BoxError>;

    /// The latents `(n, latent_dim)` of rows `(n, n_features)`. A row's latent must not depend on the rows beside it.
    // tidy: backend in public
    fn encode(&self, x: Tensor<2>) -> Tensor<2>;

    /// The rows that latents stand for.
    // tidy: backend in public
    fn decode(&self, z: Tensor<2>) -> Tensor<2>;

    /// The latents that are decoded in training, and what is added to the loss, a tensor of one value. Default: those of [`encode`](Self::encode), and nothing;
    /// a variational network draws them at random.
    // tidy: backend in public
    fn sample(&self, x: Tensor<2>, draws: &mut Draws) -> (Tensor<2>, Option<Tensor<2>>) {
        let _ = draws;
        (self.encode(x), None)
    }

    /// The width of its latents, where the network knows it. Default: it is found by encoding a row of zeros, which is work and memory in proportion to the
    /// row: a network whose parameters do not grow with the row should know, so that no file of it can ask for more than its own size.
    fn latent_dim(&self) -> Option<usize> {
        None
    }

    /// The same network for our own engine, which trains and applies it on the CPU faster than burn does; its parameters are then those of the module,
    /// in order. Default: none. A network of one's own can't make one.
    #[doc(hidden)]
    fn native(&self) -> Option<Stack> {
        None
    }

    /// What a parameter is at first, by its name (`encoder.0.weight`) and shape. Default: zeros for a bias; Glorot-uniform with two dimensions or more, as in Keras;
    /// else what [`new`](Self::new) made it, which must not be random.
    fn initial(name: &str, shape: &[usize]) -> Initial {
        Initial::usual(name, shape)
    }
}

/// Kinds of rows that transforms know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowKind {
    /// Of shape `[steps, channels]`.
    Sequences,
    /// Of shape `[height, width]` or `[height, width, channels]`.
    Images,
}

/// The shape of a row: the slowest extent first, channels last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowShape(Vec<usize>);

impl RowShape {
    /// That of the rows of `x`, or as it was given.
    pub(crate) fn of(x: Samples<'_>, given: Option<&[usize]>) -> Result<Self, RowShapeError> {
        let n_features = x.n_features();
        match given.or(x.row_shape()) {
            Some(shape)
                if shape.iter().try_fold(1_usize, |n, &extent| n.checked_mul(extent)) == Some(n_features) =>
            {
                Ok(Self(shape.to_vec()))
            }
            Some(shape) => Err(RowShapeError::Product {
                shape: shape.to_vec(),
                n_features,
            }),
            None => Ok(Self(vec![n_features])),
        }
    }

    /// As it was saved. Places within a row are counted in 31 bits.
    pub(crate) fn saved(shape: Vec<usize>) -> Option<Self> {
        let product = shape
            .iter()
            .try_fold(1_usize, |n, &extent| n.checked_mul(extent))?;
        ((1..=i32::MAX as usize).contains(&product) && !shape.is_empty()).then_some(Self(shape))
    }

    /// All extents.
    pub fn extents(&self) -> &[usize] {
        &self.0
    }

    /// The values of a row.
    pub fn n_features(&self) -> usize {
        self.0.iter().product()
    }

    /// Steps and channels of a sequence; rows without inner shape are steps of one channel.
    ///
    /// # Errors
    /// [`RowShapeError::NoSequence`] for more than two extents.
    pub fn sequence(&self) -> Result<(usize, usize), RowShapeError> {
        match self.0[..] {
            [steps] => Ok((steps, 1)),
            [steps, channels] => Ok((steps, channels)),
            _ => Err(RowShapeError::NoSequence {
                shape: self.0.clone(),
            }),
        }
    }

    /// Height, width and channels of an image; two extents are those of an image of one channel.
    ///
    /// # Errors
    /// [`RowShapeError::NoImage`] for another number of extents.
    pub fn image(&self) -> Result<(usize, usize, usize), RowShapeError> {
        match self.0[..] {
            [height, width] => Ok((height, width, 1)),
            [height, width, channels] => Ok((height, width, channels)),
            _ => Err(RowShapeError::NoImage {
                shape: self.0.clone(),
            }),
        }
    }
}

/// Rows that are not of the shape a network needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowShapeError {
    /// Another number of values.
    #[error("row_shape must have as many values as a row, {n_features}, but is {shape:?}")]
    Product {
        /// The shape given.
        shape: Vec<usize>,
        /// Values of a row.
        n_features: usize,
    },
    /// No steps and channels.
    #[error(
        "rows must be sequences, [steps] or [steps, channels], but have the shape {shape:?}; the option row_shape says it otherwise"
    )]
    NoSequence {
        /// The shape of rows.
        shape: Vec<usize>,
    },
    /// No height and width.
    #[error(
        "rows must be images, [height, width] or [height, width, channels], but have the shape {shape:?}; the option row_shape says it otherwise"
    )]
    NoImage {
        /// The shape of rows.
        shape: Vec<usize>,
    },
}

/// Random numbers for [`Network::sample`], which follow from the seed and the batch alone.
#[derive(Debug)]
pub struct Draws {
    draw: Draw,
    device: Device,
    drawn: u64,
    /// Whether the loss is only looked at: nothing is then left out.
    looks_only: bool,
}

impl Draws {
    pub(crate) fn new(draw: Draw, device: Device, looks_only: bool) -> Self {
        Self {
            draw,
            device,
            drawn: 0,
            looks_only,
        }
    }

    /// Factors by which a layer leaves out a part of its values in training: 0, or what makes up for those left out. Of rows held out nothing is left out.
    // tidy: backend in public
    pub fn keep(&mut self, n_rows: usize, n_columns: usize, dropout: f64) -> Tensor<2> {
        let mut factors = vec![1.0; n_rows * n_columns];
        let draw = self.next_draw();
        if self.looks_only {
            return self.tensor(factors, [n_rows, n_columns]);
        }
        for (row, factors) in factors.chunks_exact_mut(n_columns).enumerate() {
            draw.keep(row, dropout, factors);
        }
        self.tensor(factors, [n_rows, n_columns])
    }

    /// Numbers apart from those of other calls in the batch.
    fn next_draw(&mut self) -> Draw {
        let seed = self.draw.seed.wrapping_add(self.drawn);
        self.drawn += 1;
        Draw { seed, ..self.draw }
    }

    fn tensor(&self, values: Vec<f32>, shape: [usize; 2]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, DType::F32))
    }

    /// Standard normal numbers, new for every call.
    // tidy: backend in public
    pub fn normal(&mut self, n_rows: usize, n_columns: usize) -> Tensor<2> {
        let draw = self.next_draw();
        let row = |row| {
            let mut numbers = draw.row(Purpose::Sample, row);
            (0..n_columns).map(move |_| numbers.normal() as f32)
        };
        self.tensor((0..n_rows).flat_map(row).collect(), [n_rows, n_columns])
    }
}
