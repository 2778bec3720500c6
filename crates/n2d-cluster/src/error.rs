use n2d_core::FitError;

/// A starting point that a fit can't begin from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An array of the wrong shape.
    #[error("the starting {what} must be of shape {expected:?}, but are of {given:?}")]
    Shape {
        /// Which array: `centers`, `weights`, ...
        what: &'static str,
        /// The shape that fits the data and the configuration.
        expected: Vec<usize>,
        /// The shape given.
        given: Vec<usize>,
    },
    /// A value that is NaN or infinite.
    #[error("the starting {what} hold {value}; every value must be finite")]
    NotFinite {
        /// Which array.
        what: &'static str,
        /// The first such value.
        value: f64,
    },
    /// Weights that are no shares of a whole.
    #[error(
        "the starting weights must be at least 0 and sum to 1, but the least is {least} and the sum {sum}"
    )]
    Weights {
        /// The least weight.
        least: f64,
        /// The sum of all.
        sum: f64,
    },
    /// A covariance matrix that is none.
    #[error("the starting covariance of component {component} is not symmetric and positive definite")]
    Covariance {
        /// Which component, from zero.
        component: usize,
    },
}

/// A component of a mixture has shrunk until its covariance is no longer positive definite.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "component {component} of {n_clusters} has collapsed: its covariance is not positive definite; lower n_clusters, \
     raise reg_covar ({reg_covar}) or scale the data"
)]
#[non_exhaustive]
pub struct Collapsed {
    /// Which component, from zero.
    pub component: usize,
    /// How many there are.
    pub n_clusters: usize,
    /// The regularisation that was not enough.
    pub reg_covar: f64,
}

/// As the failure of a part's fit.
pub(crate) fn part_error(part: &str, source: impl std::error::Error + Send + Sync + 'static) -> FitError {
    FitError::Part {
        part: part.to_owned(),
        source: Box::new(source),
    }
}

/// Checks an array of a starting point.
pub(crate) fn check_start<'a>(
    what: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
    given: &[usize],
    expected: &[usize],
) -> Result<(), StartError> {
    if given != expected {
        return Err(StartError::Shape {
            what,
            expected: expected.to_vec(),
            given: given.to_vec(),
        });
    }
    match values.into_iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(StartError::NotFinite { what, value }),
        None => Ok(()),
    }
}
