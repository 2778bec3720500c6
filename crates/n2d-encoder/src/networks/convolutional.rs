use burn::module::Module;
use burn::tensor::{Device as BurnDevice, Tensor};
use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{BoxError, ConfigError, PartConfig};

use super::convolution::Convolution;
use super::layers::{Affine, places_first, rows_first, width};
use crate::burn_engine::{Autoencoder, Draws, Network, RowKind, RowShape};
use crate::gathers::{Gathers, Grid};
use crate::native::Stack;
use crate::{Activation, Device, Engine, Loss, Optimizer, Schedule};

/// Largest kernel and stride, and most layers.
const MOST: usize = 64;
/// Largest extent that is pooled.
const MOST_POOLED: usize = 8;

/// Options that both kinds have.
struct Shape<'a> {
    channels: &'a [usize],
    kernel: usize,
    stride: usize,
    pool: usize,
    latent_dim: usize,
    activation: Activation,
    hidden_dropout: f64,
}

impl Shape<'_> {
    fn check(&self, part: &'static str) -> Result<(), ConfigError> {
        let options = Options::of(part);
        width(part, "latent_dim", self.latent_dim)?;
        if self.channels.is_empty() || self.channels.len() > MOST {
            let given = format!("{:?}", self.channels);
            return Err(options.refuse("channels", format!("1 to {MOST} numbers"), given));
        }
        self.channels
            .iter()
            .try_for_each(|&channels| width(part, "channels", channels))?;
        for (field, given) in [("kernel", self.kernel), ("stride", self.stride)] {
            if !(1..=MOST).contains(&given) {
                return Err(options.refuse(field, format!("between 1 and {MOST}"), given));
            }
        }
        if !(1..=MOST_POOLED).contains(&self.pool) {
            return Err(options.refuse("pool", format!("between 1 and {MOST_POOLED}"), self.pool));
        }
        options.below("hidden_dropout", self.hidden_dropout, 0.0, 1.0)
    }
}

/// Convolutions down to a small grid, a dense layer to latents, and the same back.
#[derive(Module, Debug)]
struct Layers {
    encoder: Vec<Convolution>,
    to_latents: Affine,
    from_latents: Affine,
    decoder: Vec<Convolution>,
    #[module(skip)]
    grid: (usize, usize),
    #[module(skip)]
    coarsest: (usize, usize),
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    dropout: f64,
}

impl Layers {
    fn new(shape: &Shape<'_>, grid: Grid, device: &BurnDevice) -> Self {
        let mut grids = vec![grid];
        for &channels in shape.channels {
            let next = grids[grids.len() - 1]
                .coarser(shape.stride, channels)
                .coarser(shape.pool, channels);
            grids.push(next);
        }
        let (kernel, stride) = (shape.kernel, shape.stride);
        let down = |pair: &[Grid]| Gathers::down(&pair[0], &pair[1], kernel, stride).pooled(shape.pool);
        let up = |pair: &[Grid]| Gathers::up(&pair[1], &pair[0], kernel, stride * shape.pool);
        let layer = |gathers| Convolution::new(gathers, device);
        let of = |grid: &Grid| (grid.n_places(), grid.channels);
        let coarsest = of(&grids[grids.len() - 1]);
        let width = coarsest.0 * coarsest.1;
        Self {
            encoder: grids.windows(2).map(down).map(layer).collect(),
            to_latents: Affine::new(width, shape.latent_dim, device),
            from_latents: Affine::new(shape.latent_dim, width, device),
            decoder: grids.windows(2).rev().map(up).map(layer).collect(),
            grid: of(&grids[0]),
            coarsest,
            activation: shape.activation,
            dropout: shape.hidden_dropout,
        }
    }

    /// The same for our own engine.
    fn stack(&self) -> Stack {
        let gathers = |layers: &[Convolution]| layers.iter().map(Convolution::gathers).collect::<Vec<_>>();
        let dense = (self.coarsest.0 * self.coarsest.1, self.to_latents.n_out());
        Stack::new(
            &gathers(&self.encoder),
            dense,
            &gathers(&self.decoder),
            self.activation,
        )
        .with_dropout(self.dropout)
    }

    /// Of `(values before the latents, rows)`.
    fn before_latents(&self, x: Tensor<2>) -> Tensor<2> {
        let x = places_first(x, self.grid.0, self.grid.1);
        let x = self
            .encoder
            .iter()
            .fold(x, |x, layer| self.activation.on_tensor(layer.forward(x)));
        let [places, channels, n_rows] = x.dims();
        x.reshape([places * channels, n_rows])
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.to_latents.forward(self.before_latents(x)).transpose()
    }

    fn sample(&self, x: Tensor<2>, draws: &mut Draws) -> Tensor<2> {
        let x = self.before_latents(x);
        let [width, n_rows] = x.dims();
        let x = if self.dropout > 0.0 {
            x * draws.keep(n_rows, width, self.dropout).transpose()
        } else {
            x
        };
        self.to_latents.forward(x).transpose()
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        let [n_rows, _] = z.dims();
        let x = self
            .activation
            .on_tensor(self.from_latents.forward(z.transpose()));
        let x = x.reshape([self.coarsest.0, self.coarsest.1, n_rows]);
        let last = self.decoder.len() - 1;
        let x = self.decoder.iter().enumerate().fold(x, |x, (i, layer)| {
            let x = layer.forward(x);
            if i == last {
                x
            } else {
                self.activation.on_tensor(x)
            }
        });
        rows_first(x)
    }
}

with_training_options! {
    /// Options of the encoder `conv1d`: an [`Autoencoder`] of convolutions along sequences.
    ///
    /// Rows are steps times channels, as their shape says ([`Samples::with_row_shape`](n2d_core::Samples::with_row_shape)) or `row_shape`; rows without inner shape are steps of one
    /// channel.
    ///
    /// ```
    /// use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
    /// use n2d_encoder::Conv1dConfig;
    ///
    /// let values: Vec<f32> = (0..40 * 32).map(|i| (i as f32 * 0.3).sin()).collect();
    /// let x = Samples::from_rows(&values, 32)?.with_row_shape(&[16, 2])?;
    /// let config = Conv1dConfig { channels: vec![8, 8], n_epochs: Some(3), ..Conv1dConfig::new(2) };
    /// let fit = config.build()?.fit(x, &mut FitContext::new(1))?;
    /// assert_eq!(fit.model.encode(x)?.dim(), (40, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Conv1dConfig {
        /// Width of the latents; at least 1. Default 10, as the dense network's.
        pub latent_dim: usize = 10,
        /// Channels after each convolution of the encoder; the decoder mirrors them. Default `[32, 64, 64]` (ours).
        pub channels: Vec<usize> = vec![32, 64, 64],
        /// Steps that a convolution looks at; 1 to 64. Default 5 (ours).
        pub kernel: usize = 5,
        /// Steps from one place to the next after each convolution; 1 to 64. Default 2 (ours): each halves the sequence.
        pub stride: usize = 2,
        /// Side by side places after each convolution, along each side, of which the greatest value is kept and the others are dropped; 1 to 8. Default 1: none
        /// are. With `stride = 1` and `pool = 2` as in many classifiers, at several times the cost of `stride = 2`.
        pub pool: usize = 1,
        /// Activation between layers; latents and reconstructions are linear. Default ReLU.
        pub activation: Activation = Activation::default(),
        /// What trains. Default auto: our own engine on the CPU, burn on any other device.
        pub engine: Engine = Engine::default(),
        /// Part of the values before the latents that a step of training leaves out, in `[0, 1)`: latents then hang on no few of them. Default 0; 0.5 helps where
        /// the network learns labels ([`SupervisedEncoder`](n2d_core::SupervisedEncoder)).
        pub hidden_dropout: f64 = 0.0,
        /// `[steps, channels]` of a row, or `[steps]`. Default: as the data has it.
        pub row_shape: Option<Vec<usize>> = None,
    }
}

with_training_options! {
    /// Options of the encoder `conv2d`: an [`Autoencoder`] of convolutions over images.
    ///
    /// Rows are height times width, or height times width times channels, as their shape says ([`Samples::with_row_shape`](n2d_core::Samples::with_row_shape)) or `row_shape`.
    ///
    /// ```
    /// use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
    /// use n2d_encoder::Conv2dConfig;
    ///
    /// let values: Vec<f32> = (0..40 * 64).map(|i| (i % 7) as f32 / 7.0).collect();
    /// let x = Samples::from_rows(&values, 64)?;
    /// let config = Conv2dConfig { channels: vec![8, 8], row_shape: Some(vec![8, 8]), n_epochs: Some(3), ..Conv2dConfig::new(2) };
    /// let fit = config.build()?.fit(x, &mut FitContext::new(1))?;
    /// assert_eq!(fit.model.encode(x)?.dim(), (40, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct Conv2dConfig {
        /// Width of the latents; at least 1. Default 10, as the dense network's.
        pub latent_dim: usize = 10,
        /// Channels after each convolution of the encoder; the decoder mirrors them. Default `[16, 32, 64]` (ours).
        pub channels: Vec<usize> = vec![16, 32, 64],
        /// Pixels along each side that a convolution looks at; 1 to 64. Default 3 (ours).
        pub kernel: usize = 3,
        /// Pixels from one place to the next after each convolution; 1 to 64. Default 2 (ours): each halves both sides.
        pub stride: usize = 2,
        /// Side by side places after each convolution, along each side, of which the greatest value is kept and the others are dropped; 1 to 8. Default 1: none
        /// are. With `stride = 1` and `pool = 2` as in many classifiers, at several times the cost of `stride = 2`.
        pub pool: usize = 1,
        /// Activation between layers; latents and reconstructions are linear. Default ReLU.
        pub activation: Activation = Activation::default(),
        /// What trains. Default auto: our own engine on the CPU, burn on any other device.
        pub engine: Engine = Engine::default(),
        /// Part of the values before the latents that a step of training leaves out, in `[0, 1)`: latents then hang on no few of them. Default 0; 0.5 helps where
        /// the network learns labels ([`SupervisedEncoder`](n2d_core::SupervisedEncoder)).
        pub hidden_dropout: f64 = 0.0,
        /// `[height, width]` of a row, or `[height, width, channels]`. Default: as the data has it.
        pub row_shape: Option<Vec<usize>> = None,
    }
}

macro_rules! convolutional {
    ($(#[$meta:meta])* $network:ident, $config:ident, $name:literal, $kind:ident, $rows:ident => $grid:expr) => {
        impl $config {
            /// The defaults, with latents of this width.
            pub fn new(latent_dim: usize) -> Self {
                Self { latent_dim, ..Self::default() }
            }

            fn shape(&self) -> Shape<'_> {
                Shape {
                    channels: &self.channels,
                    kernel: self.kernel,
                    stride: self.stride,
                    pool: self.pool,
                    latent_dim: self.latent_dim,
                    activation: self.activation,
                    hidden_dropout: self.hidden_dropout,
                }
            }
        }

        impl PartConfig for $config {
            const NAME: &'static str = $name;
            type Part = Autoencoder<$network>;

            fn option_docs() -> Vec<(&'static str, &'static str)> {
                n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
            }

            fn build(&self) -> Result<Self::Part, ConfigError> {
                self.shape().check(Self::NAME)?;
                Autoencoder::new(self.clone(), self.training())?
                    .with_row_shape(self.row_shape.clone())
                    .with_engine(self.engine)
            }
        }

        $(#[$meta])*
        #[derive(Module, Debug)]
        pub struct $network {
            layers: Layers,
        }

        // tidy: backend in public
        impl Network for $network {
            type Config = $config;
            const NAME: &'static str = $name;
            const ROWS: Option<RowKind> = Some(RowKind::$kind);

            fn new(config: &$config, $rows: &RowShape, device: &BurnDevice) -> Result<Self, BoxError> {
                config.shape().check(Self::NAME)?;
                Ok(Self { layers: Layers::new(&config.shape(), $grid, device) })
            }

            fn encode(&self, x: Tensor<2>) -> Tensor<2> {
                self.layers.encode(x)
            }

            fn decode(&self, z: Tensor<2>) -> Tensor<2> {
                self.layers.decode(z)
            }

            fn sample(&self, x: Tensor<2>, draws: &mut Draws) -> (Tensor<2>, Option<Tensor<2>>) {
                (self.layers.sample(x, draws), None)
            }

            fn latent_dim(&self) -> Option<usize> {
                Some(self.layers.to_latents.n_out())
            }

            fn native(&self) -> Option<Stack> {
                Some(self.layers.stack())
            }
        }
    };
}

convolutional! {
    /// The network of [`Conv1dConfig`].
    Conv1d, Conv1dConfig, "conv1d", Sequences, rows => {
        let (steps, channels) = rows.sequence()?;
        Grid { extents: vec![steps], channels }
    }
}

convolutional! {
    /// The network of [`Conv2dConfig`].
    Conv2d, Conv2dConfig, "conv2d", Images, rows => {
        let (height, width, channels) = rows.image()?;
        Grid { extents: vec![height, width], channels }
    }
}
