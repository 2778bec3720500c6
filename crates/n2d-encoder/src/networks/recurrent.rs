use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{DType, Device as BurnDevice, Tensor};
use documented::DocumentedFieldsOpt;
use n2d_core::{BoxError, ConfigError, PartConfig};

use super::layers::{Affine, places_first, rows_first, width};
use crate::burn_engine::{Autoencoder, Initial, Network, RowKind, RowShape, parameter};
use crate::{Device, Loss, Optimizer, Schedule};

/// What a cell does with its gates.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Lstm,
    Gru,
}

impl Kind {
    fn n_gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }
}

/// A recurrent layer with rows as columns.
#[derive(Module, Debug)]
struct Cell {
    input: Affine,
    recurrent: Param<Tensor<2>>,
    /// Of the GRU's candidate alone (Keras' `reset_after`).
    recurrent_bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    kind: Kind,
    #[module(skip)]
    width: usize,
}

/// What a cell remembers: its output and, of an LSTM, its cell state.
struct Memory {
    output: Tensor<2>,
    cell: Tensor<2>,
}

impl Cell {
    fn new(kind: Kind, n_in: usize, width: usize, device: &BurnDevice) -> Self {
        let gates = kind.n_gates() * width;
        Self {
            input: Affine::new(n_in, gates, device),
            recurrent: parameter([gates, width], device),
            recurrent_bias: (kind == Kind::Gru).then(|| parameter([width], device)),
            kind,
            width,
        }
    }

    fn start(&self, n_rows: usize, device: &BurnDevice) -> Memory {
        let zeros = Tensor::<2>::zeros([self.width, n_rows], (device, DType::F32));
        Memory {
            output: zeros.clone(),
            cell: zeros,
        }
    }

    /// One step, from what the input comes to, `(gates, rows)`.
    fn step(&self, recurrent: &Tensor<2>, input: Tensor<2>, memory: Memory) -> Memory {
        let from_output = recurrent.clone().matmul(memory.output.clone());
        match self.kind {
            Kind::Lstm => self.lstm(input + from_output, memory),
            Kind::Gru => self.gru(input, from_output, memory),
        }
    }

    fn gate(&self, gates: &Tensor<2>, number: usize) -> Tensor<2> {
        gates.clone().narrow(0, number * self.width, self.width)
    }

    /// Gates in Keras' order: input, forget, candidate, output.
    fn lstm(&self, gates: Tensor<2>, memory: Memory) -> Memory {
        let both = sigmoid(gates.clone().narrow(0, 0, 2 * self.width));
        let (input, forget) = (self.gate(&both, 0), self.gate(&both, 1));
        let candidate = tanh(self.gate(&gates, 2));
        let cell = forget * memory.cell + input * candidate;
        let output = sigmoid(self.gate(&gates, 3)) * tanh(cell.clone());
        Memory { output, cell }
    }

    /// Gates in Keras' order: update, reset, candidate.
    fn gru(&self, input: Tensor<2>, from_output: Tensor<2>, memory: Memory) -> Memory {
        let two = 2 * self.width;
        let both = sigmoid(input.clone().narrow(0, 0, two) + from_output.clone().narrow(0, 0, two));
        let (update, reset) = (self.gate(&both, 0), self.gate(&both, 1));
        let mut recurrent = self.gate(&from_output, 2);
        if let Some(bias) = &self.recurrent_bias {
            recurrent = recurrent + bias.val().unsqueeze_dim(1);
        }
        let candidate = tanh(self.gate(&input, 2) + reset * recurrent);
        let output = candidate.clone() + update * (memory.output - candidate);
        Memory {
            cell: output.clone(),
            output,
        }
    }
}

/// A cell that reads a sequence into a vector, and one that writes it again from the latents.
#[derive(Module, Debug)]
struct Layers {
    reader: Cell,
    to_latents: Affine,
    from_latents: Affine,
    writer: Cell,
    to_steps: Affine,
    #[module(skip)]
    n_steps: usize,
    #[module(skip)]
    n_channels: usize,
    /// Steps that are read as one, and those of zeros added so that they come out even.
    #[module(skip)]
    together: usize,
    #[module(skip)]
    n_padding: usize,
}

struct Shape {
    kind: Kind,
    latent_dim: usize,
    units: usize,
    together: usize,
}

impl Layers {
    fn new(shape: &Shape, (n_steps, n_channels): (usize, usize), device: &BurnDevice) -> Self {
        let together = shape.together.min(n_steps);
        let width = together * n_channels;
        Self {
            reader: Cell::new(shape.kind, width, shape.units, device),
            to_latents: Affine::new(shape.units, shape.latent_dim, device),
            from_latents: Affine::new(shape.latent_dim, shape.units, device),
            writer: Cell::new(shape.kind, shape.units, shape.units, device),
            to_steps: Affine::new(shape.units, width, device),
            n_steps,
            n_channels,
            together,
            n_padding: n_steps.next_multiple_of(together) - n_steps,
        }
    }

    fn n_reads(&self) -> usize {
        (self.n_steps + self.n_padding) / self.together
    }

    fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        let [n_rows, _] = x.dims();
        let device = x.device();
        let mut x = places_first(x, self.n_steps, self.n_channels);
        if self.n_padding > 0 {
            let zeros = Tensor::<3>::zeros([self.n_padding, self.n_channels, n_rows], (&device, DType::F32));
            x = Tensor::cat(vec![x, zeros], 0);
        }
        let n_reads = self.n_reads();
        let x = x.reshape([n_reads, self.together * self.n_channels, n_rows]);
        // The input's share of all steps in one product.
        let inputs = self.reader.input.at_each_place(x);
        let recurrent = self.reader.recurrent.val();
        let mut memory = self.reader.start(n_rows, &device);
        for step in 0..n_reads {
            let input = inputs.clone().narrow(0, step, 1).squeeze_dim(0);
            memory = self.reader.step(&recurrent, input, memory);
        }
        self.to_latents.forward(memory.output).transpose()
    }

    fn decode(&self, z: Tensor<2>) -> Tensor<2> {
        let [n_rows, _] = z.dims();
        let device = z.device();
        // The same input at every step, as Keras' `RepeatVector`.
        let repeated = tanh(self.from_latents.forward(z.transpose()));
        let input = self.writer.input.forward(repeated);
        let recurrent = self.writer.recurrent.val();
        let mut memory = self.writer.start(n_rows, &device);
        let mut written = Vec::with_capacity(self.n_reads());
        for _ in 0..self.n_reads() {
            memory = self.writer.step(&recurrent, input.clone(), memory);
            written.push(memory.output.clone().unsqueeze_dim::<3>(0));
        }
        let x = self.to_steps.at_each_place(Tensor::cat(written, 0));
        let x = x.reshape([self.n_steps + self.n_padding, self.n_channels, n_rows]);
        rows_first(x.narrow(0, 0, self.n_steps))
    }
}

with_training_options! {
    /// Options of the encoder `lstm`: an [`Autoencoder`] that reads a sequence into a vector by a recurrent layer (Hochreiter and Schmidhuber 1997) and
    /// writes it again by another (Srivastava et al. 2015).
    ///
    /// Rows are steps times channels, as their shape says ([`Samples::with_row_shape`](n2d_core::Samples::with_row_shape)) or `row_shape`; rows without inner shape are steps of one
    /// channel. Time grows with the number of steps that are read, one after the other.
    ///
    /// ```
    /// use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
    /// use n2d_encoder::LstmConfig;
    ///
    /// let values: Vec<f32> = (0..40 * 32).map(|i| (i as f32 * 0.3).sin()).collect();
    /// let x = Samples::from_rows(&values, 32)?.with_row_shape(&[16, 2])?;
    /// let config = LstmConfig { units: 8, n_epochs: Some(3), ..LstmConfig::new(2) };
    /// let fit = config.build()?.fit(x, &mut FitContext::new(1))?;
    /// assert_eq!(fit.model.encode(x)?.dim(), (40, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct LstmConfig {
        /// Width of the latents; at least 1. Default 10, as the dense network's.
        pub latent_dim: usize = 10,
        /// Width of both recurrent layers; at least 1. Default 64 (ours).
        pub units: usize = 64,
        /// Steps that are read and written as one, with all their channels; at least 1. Default 4 (ours): time is a quarter of that with 1, and gradients
        /// have a quarter of the way.
        pub together: usize = 4,
        /// `[steps, channels]` of a row, or `[steps]`. Default: as the data has it.
        pub row_shape: Option<Vec<usize>> = None,
    }
}

with_training_options! {
    /// Options of the encoder `gru`: as `lstm` ([`LstmConfig`]), with the simpler cell of Cho et al. (2014), in Keras' form.
    ///
    /// ```
    /// use n2d_core::PartConfig;
    /// use n2d_encoder::GruConfig;
    ///
    /// assert!(GruConfig::new(6).build().is_ok());
    /// let none = GruConfig { units: 0, ..GruConfig::default() };
    /// assert_eq!(none.build().unwrap_err().to_string(), "gru.units must be between 1 and 1048576, but is 0");
    /// ```
    pub struct GruConfig {
        /// Width of the latents; at least 1. Default 10, as the dense network's.
        pub latent_dim: usize = 10,
        /// Width of both recurrent layers; at least 1. Default 64 (ours).
        pub units: usize = 64,
        /// Steps that are read and written as one, with all their channels; at least 1. Default 4 (ours).
        pub together: usize = 4,
        /// `[steps, channels]` of a row, or `[steps]`. Default: as the data has it.
        pub row_shape: Option<Vec<usize>> = None,
    }
}

fn initial(kind: Kind, name: &str, shape: &[usize]) -> Initial {
    if name.ends_with(".recurrent") {
        return Initial::Orthogonal;
    }
    if name.ends_with("er.input.bias") && kind == Kind::Lstm {
        // The forget gate begins open (Jozefowicz et al. 2015; Keras).
        let quarter = shape[0] / 4;
        let values = (0..shape[0]).map(|i| f32::from(u8::from(i / quarter == 1)));
        return Initial::Values(values.collect());
    }
    match Initial::usual(name, shape) {
        Initial::AsBuilt => Initial::Values(vec![0.0; shape.iter().product()]),
        usual => usual,
    }
}

macro_rules! recurrent {
    ($(#[$meta:meta])* $network:ident, $config:ident, $name:literal, $kind:expr) => {
        impl $config {
            /// The defaults, with latents of this width.
            pub fn new(latent_dim: usize) -> Self {
                Self { latent_dim, ..Self::default() }
            }

            fn check(&self) -> Result<(), ConfigError> {
                width($name, "latent_dim", self.latent_dim)?;
                width($name, "units", self.units)?;
                width($name, "together", self.together)
            }
        }

        impl PartConfig for $config {
            const NAME: &'static str = $name;
            type Part = Autoencoder<$network>;

            fn option_docs() -> Vec<(&'static str, &'static str)> {
                n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
            }

            fn build(&self) -> Result<Self::Part, ConfigError> {
                self.check()?;
                Ok(Autoencoder::new(self.clone(), self.training())?.with_row_shape(self.row_shape.clone()))
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
            const ROWS: Option<RowKind> = Some(RowKind::Sequences);

            fn new(config: &$config, rows: &RowShape, device: &BurnDevice) -> Result<Self, BoxError> {
                config.check()?;
                let shape = Shape {
                    kind: $kind,
                    latent_dim: config.latent_dim,
                    units: config.units,
                    together: config.together,
                };
                Ok(Self { layers: Layers::new(&shape, rows.sequence()?, device) })
            }

            fn encode(&self, x: Tensor<2>) -> Tensor<2> {
                self.layers.encode(x)
            }

            fn decode(&self, z: Tensor<2>) -> Tensor<2> {
                self.layers.decode(z)
            }

            fn latent_dim(&self) -> Option<usize> {
                Some(self.layers.to_latents.n_out())
            }

            fn initial(name: &str, shape: &[usize]) -> Initial {
                initial($kind, name, shape)
            }
        }
    };
}

recurrent! {
    /// The network of [`LstmConfig`].
    Lstm, LstmConfig, "lstm", Kind::Lstm
}

recurrent! {
    /// The network of [`GruConfig`].
    Gru, GruConfig, "gru", Kind::Gru
}
