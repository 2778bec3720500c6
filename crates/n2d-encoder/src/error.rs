//! Why training is refused: what the boxed source of a [`FitError::Part`](n2d_core::FitError::Part) of this crate's encoders may be.
//!
//! | error | refused are |
//! |---|---|
//! | [`TooLarge`] | dense layers that do not fit into memory (parameters of other networks: [`NetworkError::TooLarge`]) |
//! | [`OutOfRange`] | data that the loss can't be of |
//! | [`RowShapeNeeded`], [`RowShapeError`](crate::RowShapeError) | rows of another shape than an option or a network needs |
//! | [`NetworkError`] | networks, perhaps of one's own, that can't be made or trained |
//! | [`WeightsError`], [`AnotherNetwork`] | initial weights: files, and networks given in Rust |
//! | [`ResumeError`] | checkpoints of another training |
//! | [`LabelsError`] | labels that can't be learnt |
//!
//! A loss that is no longer a number is [`FitError::Diverged`](n2d_core::FitError::Diverged).
//!
//! ```
//! use n2d_core::{Encoder, FitContext, FitError, PartConfig, Samples};
//! use n2d_encoder::error::OutOfRange;
//! use n2d_encoder::{DenseAutoencoderConfig, Loss};
//!
//! let encoder = DenseAutoencoderConfig { loss: Loss::Bce, ..DenseAutoencoderConfig::new(2) }.build()?;
//! let x = [0.5, 1.0, 0.25, 7.0];
//! let refused = encoder.fit(Samples::from_rows(&x, 2)?, &mut FitContext::new(0)).unwrap_err();
//! let FitError::Part { source, .. } = refused else { panic!("{refused}") };
//! let at = source.downcast_ref::<OutOfRange>().expect("a value that is no probability");
//! assert_eq!((at.row, at.column, at.value), (1, 1, 7.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use crate::burn_engine::NetworkError;
pub use crate::network::{AnotherNetwork, TooLarge};
pub use crate::same_training::{Difference, Differences, ResumeError};
pub use crate::supervised::LabelsError;
pub use crate::transform::{OutOfRange, RowShapeNeeded};
pub use crate::weights::WeightsError;
