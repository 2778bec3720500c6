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
    /// Covariances of another kind than the configuration's.
    #[error("the starting covariances must be {expected}, but are {given}")]
    CovarianceType {
        /// The kind configured.
        expected: &'static str,
        /// The kind given.
        given: &'static str,
    },
    /// A weight concentration of another type than the configuration's.
    #[error("the starting weight concentration must be of the configured weight_concentration_prior_type")]
    WeightConcentration,
    /// Values that must be above some bound.
    #[error("the starting {what} must be above {bound}, but {given} is among them")]
    TooSmall {
        /// Which array.
        what: &'static str,
        /// What each value must exceed.
        bound: f64,
        /// The first value that does not.
        given: f64,
    },
    /// A row whose shares are none.
    #[error(
        "the starting shares of row {row} must be at least 0 and sum to 1, but the least is {least} and the sum {sum}"
    )]
    Shares {
        /// Which row, from zero.
        row: usize,
        /// The least share of the row.
        least: f64,
        /// The sum of its shares.
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

/// Priors that are not for rows of the given width.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PriorError {
    /// A prior for rows of another width.
    #[error("{option} is for rows of {given} features, but the data have {n_features}")]
    Width {
        /// The option.
        option: &'static str,
        /// Features of the data.
        n_features: usize,
        /// Features that the option is for.
        given: usize,
    },
    /// Too few degrees of freedom for a Wishart distribution.
    #[error("degrees_of_freedom_prior must be above n_features - 1 = {}, but is {given}", n_features - 1)]
    DegreesOfFreedom {
        /// Features of the data.
        n_features: usize,
        /// The option given.
        given: f64,
    },
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
