use n2d_core::{FittedClusterer, FittedEncoder, FittedManifold, FittedManifoldClusterer, FittedN2d, Labels};

use crate::{Contingency, MetricError};

/// How well clusters agree with known classes, by the three usual figures. Not rounded; `Display` shows three digits.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// [`accuracy`](crate::accuracy()).
    pub acc: f64,
    /// [`normalized_mutual_info`](crate::normalized_mutual_info()).
    pub nmi: f64,
    /// [`adjusted_rand_index`](crate::adjusted_rand_index()).
    pub ari: f64,
}

impl Assessment {
    /// All three figures of a table.
    pub fn of(table: &Contingency) -> Self {
        Self {
            acc: table.accuracy(),
            nmi: table.normalized_mutual_info(),
            ari: table.adjusted_rand_index(),
        }
    }
}

impl std::fmt::Display for Assessment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ACC {:.3}  NMI {:.3}  ARI {:.3}", self.acc, self.nmi, self.ari)
    }
}

/// ACC, NMI and ARI of predicted labels, in one go.
///
/// ```
/// use n2d_core::Labels;
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// let assessment = n2d_metrics::assess(&classes, &Labels::new(vec![1, 1, 0, 0])?)?;
/// assert_eq!((assessment.acc, assessment.nmi, assessment.ari), (1.0, 1.0, 1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError`] where the two are not of one length, or empty.
pub fn assess(y_true: &Labels, y_pred: &Labels) -> Result<Assessment, MetricError> {
    Ok(Assessment::of(&Contingency::new(y_true, y_pred)?))
}

/// What has labels and can be compared with the true ones: labels themselves, and fitted pipelines by the labels of their
/// training rows. The counterpart of the Python library's `assess`, which rounds to five digits.
pub trait Assess {
    /// ACC, NMI and ARI against the true labels of the same rows.
    ///
    /// # Errors
    /// [`MetricError`] where `y_true` is of another length, or empty.
    fn assess(&self, y_true: &Labels) -> Result<Assessment, MetricError>;
}

impl Assess for Labels {
    fn assess(&self, y_true: &Labels) -> Result<Assessment, MetricError> {
        assess(y_true, self)
    }
}

impl<E: FittedEncoder, M: FittedManifold, C: FittedClusterer> Assess for FittedN2d<E, M, C> {
    fn assess(&self, y_true: &Labels) -> Result<Assessment, MetricError> {
        assess(y_true, self.labels())
    }
}

impl<M: FittedManifold, C: FittedClusterer> Assess for FittedManifoldClusterer<M, C> {
    fn assess(&self, y_true: &Labels) -> Result<Assessment, MetricError> {
        assess(y_true, self.labels())
    }
}
