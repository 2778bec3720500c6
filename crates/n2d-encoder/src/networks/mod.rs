//! The networks that come with the crate, beside the dense one: for sequences and images, and a variational one.
//!
//! Inside, an array has the places of a row first, then channels, then rows, `(places, channels, rows)`: a step of a sequence or a shifted
//! image is then one piece of memory, and convolutions are plain matrix products, whose sums have a fixed order on the CPU.

mod convolution;
mod convolutional;
mod layers;
mod recurrent;
#[cfg(test)]
mod tests;
mod variational;

pub use convolutional::{Conv1d, Conv1dConfig, Conv2d, Conv2dConfig};
pub use recurrent::{Gru, GruConfig, Lstm, LstmConfig};
pub use variational::{Variational, VariationalConfig};
