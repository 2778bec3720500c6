//! The data sets n2d knows by name, and readers for data of your own.
//!
//! - [`BuiltIn`]: MNIST, its test set, Fashion-MNIST, HAR, pendigits and USPS, scaled as the paper's authors scaled
//!   them. Two are compiled in; the others are looked for in the [`DataDirs`] the caller names.
//! - [`read_path`]: `.npy`, `.npz`, `.csv`, `.tsv`, `.txt` and IDX files, each also compressed with gzip;
//!   [`read_labels`]: a file of known classes; [`read_chunks`]: some rows at a time.
//! - [`write_dataset`]: data as a file of any of these formats.
//! - [`Scaling`]: no scaling, min-max, standard.
//! - `fetch`, with the feature `download`: fetches a built-in set over HTTP into a data directory.
//!
//! Everything comes as a [`Dataset`]. Nothing here prints or reads the environment: the caller says where data is.
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `embedded-pendigits` | on | pendigits is compiled in (0.2 MB) |
//! | `embedded-mnist-test` | on | MNIST's test set is compiled in (1.7 MB) |
//! | `arrow` | off | Parquet and Arrow files, read and written |
//! | `images` | off | `read_images`, folders of PNG and JPEG pictures |
//! | `download` | off | `fetch`, over HTTP and HTTPS |
//!
#![cfg_attr(feature = "embedded-pendigits", doc = "```")]
#![cfg_attr(not(feature = "embedded-pendigits"), doc = "```ignore")]
//! use n2d_datasets::{BuiltIn, DataDirs};
//!
//! let pendigits = BuiltIn::Pendigits.load(&DataDirs::none())?;
//! let x = pendigits.samples()?;
//! assert_eq!((x.n_samples(), x.n_features()), (10_992, 16));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builtin;
mod dataset;
#[cfg(feature = "download")]
mod download;
mod error;
mod locate;
mod ranges;
mod readers;
mod scaling;
mod writers;

pub use builtin::{BuiltIn, SetFile, SetInfo};
pub use dataset::{Dataset, NamedLabels};
#[cfg(feature = "download")]
pub use download::{DownloadError, FailedTry, FetchOptions, FetchProgress, TryError, fetch};
pub use error::{
    Column, LabelCountError, LoadError, Looked, MissingData, Place, ReadError, ReadErrorKind, UnknownName,
};
pub use locate::{DataDirs, Listing, Location};
pub use ranges::ColumnRanges;
pub use readers::{
    Delimiter, Header, ReadOptions, RowChunks, column_names, read_bytes, read_chunks, read_labels,
    read_labels_for, read_path,
};
#[cfg(feature = "images")]
pub use readers::{ImageOptions, read_images};
pub use scaling::{Scaler, Scaling};
pub use writers::{FileFormat, write_dataset};
