//! Clusterers of other crates as parts, each behind a cargo feature of its own.

#[cfg(feature = "hdbscan-crate")]
pub(crate) mod hdbscan_crate;
mod labels;
#[cfg(feature = "linfa")]
pub(crate) mod linfa;

use n2d_core::ConfigError;
use n2d_core::check::Options;
use n2d_neighbors::Metric;

pub use labels::FittedLabels;
#[cfg(feature = "linfa")]
pub use labels::LabelsError;

/// The distances that both other crates know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Norm {
    Euclidean,
    Manhattan,
    Chebyshev,
}

impl Norm {
    /// The distance of a configuration, if it is one of these.
    pub(crate) fn of(metric: Metric, options: Options) -> Result<Self, ConfigError> {
        match metric {
            Metric::Euclidean => Ok(Self::Euclidean),
            Metric::Manhattan => Ok(Self::Manhattan),
            Metric::Chebyshev => Ok(Self::Chebyshev),
            other => Err(options.refuse("metric", "euclidean, manhattan or chebyshev", other)),
        }
    }
}
