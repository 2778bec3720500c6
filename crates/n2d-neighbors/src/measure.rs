use std::fmt;
use std::sync::Arc;

use crate::Metric;

/// A user's own way to say how far apart two rows are. Any closure of two rows will do:
///
/// ```
/// use n2d_core::{FitContext, Samples};
/// use n2d_neighbors::{Measure, NeighborIndex, NeighborSearch};
///
/// /// Along a circle of length 10.
/// fn around(a: &[f32], b: &[f32]) -> f64 {
///     let between = f64::from((a[0] - b[0]).abs()) % 10.0;
///     between.min(10.0 - between)
/// }
///
/// let x = Samples::from_rows(&[0.0, 4.0, 9.0], 1)?;
/// let mut ctx = FitContext::new(0);
/// let index = NeighborIndex::build(x, Measure::own(around), NeighborSearch::Auto, 1, &mut ctx)?;
/// let graph = index.graph(x, 1, &mut ctx)?;
/// assert_eq!((graph.indices(0), graph.distances(0)), ([2].as_slice(), [1.0].as_slice()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Distance: Send + Sync {
    /// How far apart two rows of one width are. It must be the same both ways round and for every call. What is below zero
    /// counts as zero, NaN and what no `f32` can hold as the largest number there is.
    fn distance(&self, a: &[f32], b: &[f32]) -> f64;

    /// What it is called, for reports. Default `own metric`.
    fn name(&self) -> &str {
        "own metric"
    }

    /// Whether no way round is ever shorter: `d(a, c) <= d(a, b) + d(b, c)`, up to rounding by a millionth. Then a
    /// [ball tree](crate::NeighborSearch::BallTree) may leave out rows unseen. Default `false`: all rows are measured.
    fn obeys_triangle_inequality(&self) -> bool {
        false
    }
}

impl<F: Fn(&[f32], &[f32]) -> f64 + Send + Sync> Distance for F {
    fn distance(&self, a: &[f32], b: &[f32]) -> f64 {
        self(a, b)
    }
}

/// How far apart two rows are: by a [`Metric`] with a name, or by a user's own [`Distance`].
///
/// Every function that takes one takes a `Metric` as it is.
#[derive(Clone)]
#[non_exhaustive]
pub enum Measure {
    /// One that configurations can name.
    Named(Metric),
    /// A user's own.
    Own(Arc<dyn Distance>),
}

impl Measure {
    /// Of a user's own.
    pub fn own(distance: impl Distance + 'static) -> Self {
        Self::Own(Arc::new(distance))
    }

    /// The distance between two rows of one width.
    pub fn distance(&self, a: &[f32], b: &[f32]) -> f64 {
        match self {
            Self::Named(metric) => metric.distance(a, b),
            Self::Own(own) => own.distance(a, b),
        }
    }

    /// The distance as results give it: rounded to a number that has an order.
    pub(crate) fn rounded(&self, a: &[f32], b: &[f32]) -> f32 {
        rounded(self.distance(a, b))
    }

    /// The metric, if it has a name.
    pub fn named(&self) -> Option<Metric> {
        match self {
            Self::Named(metric) => Some(*metric),
            Self::Own(_) => None,
        }
    }

    /// Whether no way round is ever shorter than the straight one.
    pub fn obeys_triangle_inequality(&self) -> bool {
        match self {
            Self::Named(metric) => !matches!(metric, Metric::Cosine | Metric::Correlation),
            Self::Own(own) => own.obeys_triangle_inequality(),
        }
    }
}

/// Single precision; at most the largest number there is, at least zero. NaN counts as far.
pub(crate) fn rounded(distance: f64) -> f32 {
    let single = distance as f32;
    if single <= f32::MAX {
        single.max(0.0)
    } else {
        f32::MAX
    }
}

impl From<Metric> for Measure {
    fn from(metric: Metric) -> Self {
        Self::Named(metric)
    }
}

impl Default for Measure {
    fn default() -> Self {
        Self::Named(Metric::default())
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(metric) => metric.fmt(f),
            Self::Own(own) => f.write_str(own.name()),
        }
    }
}

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Measure({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_answers_get_an_order() {
        for (given, counted) in [
            (f64::NAN, f32::MAX),
            (f64::INFINITY, f32::MAX),
            (1e300, f32::MAX),
            (-1.0, 0.0),
            (0.5, 0.5),
        ] {
            let measure = Measure::own(move |_: &[f32], _: &[f32]| given);
            assert_eq!(measure.rounded(&[0.0], &[1.0]), counted, "{given}");
        }
    }

    #[test]
    fn names_are_told() {
        assert_eq!(Measure::from(Metric::Cosine).to_string(), "cosine");
        assert_eq!(Measure::own(|_: &[f32], _: &[f32]| 0.0).to_string(), "own metric");
    }
}
