//! Constraints on options, as data: one place for the wording of every range and every refusal.
//!
//! ```
//! use n2d_core::check::Options;
//!
//! let umap = Options::of("umap");
//! assert!(umap.at_least("n_neighbors", 20, 2).is_ok());
//! let error = umap.at_least("n_neighbors", 1, 2).unwrap_err();
//! assert_eq!(error.to_string(), "umap.n_neighbors must be at least 2, but is 1");
//! ```

use ndarray::ArrayView2;

use crate::{ApplyError, ConfigError, FitError, Samples};

/// The options of one part, for checking them.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    part: &'static str,
}

impl Options {
    /// Of the part with this name.
    pub const fn of(part: &'static str) -> Self {
        Self { part }
    }

    /// A refusal with its range in words.
    pub fn refuse(&self, field: &str, allowed: impl Into<String>, given: impl ToString) -> ConfigError {
        ConfigError {
            part: self.part.to_owned(),
            field: field.to_owned(),
            allowed: allowed.into(),
            given: given.to_string(),
        }
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// Where it is less.
    pub fn at_least(&self, field: &str, given: usize, least: usize) -> Result<(), ConfigError> {
        self.holds(given >= least, field, || format!("at least {least}"), given)
    }

    /// A finite number above zero.
    ///
    /// # Errors
    /// Where it is not.
    pub fn positive(&self, field: &str, given: f64) -> Result<(), ConfigError> {
        self.holds(
            given.is_finite() && given > 0.0,
            field,
            || "a finite number above 0".into(),
            given,
        )
    }

    /// A finite number, zero or above.
    ///
    /// # Errors
    /// Where it is not.
    pub fn not_negative(&self, field: &str, given: f64) -> Result<(), ConfigError> {
        self.holds(
            given.is_finite() && given >= 0.0,
            field,
            || "a finite number, 0 or above".into(),
            given,
        )
    }

    /// A number in `[low, high]`.
    ///
    /// # Errors
    /// Where it is outside, or NaN.
    pub fn between(&self, field: &str, given: f64, low: f64, high: f64) -> Result<(), ConfigError> {
        self.holds(
            (low..=high).contains(&given),
            field,
            || format!("between {low} and {high}"),
            given,
        )
    }

    /// A number in `[low, high)`.
    ///
    /// # Errors
    /// Where it is outside, or NaN.
    pub fn below(&self, field: &str, given: f64, low: f64, high: f64) -> Result<(), ConfigError> {
        let allowed = || format!("at least {low} and below {high}");
        self.holds((low..high).contains(&given), field, allowed, given)
    }

    fn holds(
        &self,
        holds: bool,
        field: &str,
        allowed: impl FnOnce() -> String,
        given: impl ToString,
    ) -> Result<(), ConfigError> {
        if holds {
            Ok(())
        } else {
            Err(self.refuse(field, allowed(), given))
        }
    }
}

/// The docs of a configuration's fields as [`PartConfig::option_docs`](crate::PartConfig::option_docs), from the constants that the derive macro
/// `DocumentedFieldsOpt` of the crate `documented` makes.
pub fn option_docs(
    names: &[&'static str],
    docs: &[Option<&'static str>],
) -> Vec<(&'static str, &'static str)> {
    let known = |(&name, &doc): (&&'static str, &Option<&'static str>)| Some((name, doc?));
    names.iter().zip(docs).filter_map(known).collect()
}

/// That rows are as wide as those a part was fitted on.
///
/// # Errors
/// [`ApplyError::FeatureMismatch`] where they are not.
pub fn same_features(part: &str, expected: usize, x: Samples<'_>) -> Result<(), ApplyError> {
    let given = x.n_features();
    if given == expected {
        return Ok(());
    }
    Err(ApplyError::FeatureMismatch {
        part: part.to_owned(),
        expected,
        given,
    })
}

/// What a part made, as samples for the next one.
///
/// # Errors
/// [`ApplyError::Data`] in the part's name where it is not finite.
pub fn made_by<'a>(part: &str, made: ArrayView2<'a, f32>) -> Result<Samples<'a>, ApplyError> {
    Samples::new(made).map_err(|source| ApplyError::Data {
        part: part.to_owned(),
        source,
    })
}

/// That there are at least as many rows as `what` asks for.
///
/// # Errors
/// [`FitError::TooFewSamples`] where there are fewer.
pub fn enough_samples(part: &str, what: &str, needed: usize, x: Samples<'_>) -> Result<(), FitError> {
    let given = x.n_samples();
    if given >= needed {
        return Ok(());
    }
    Err(FitError::TooFewSamples {
        part: part.to_owned(),
        what: what.to_owned(),
        needed,
        given,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_in_no_range() {
        let gmm = Options::of("gmm");
        for refused in [
            gmm.positive("tol", f64::NAN),
            gmm.not_negative("tol", f64::NAN),
            gmm.between("tol", f64::NAN, 0.0, 1.0),
            gmm.below("tol", f64::NAN, 0.0, 1.0),
            gmm.positive("tol", f64::INFINITY),
            gmm.below("tol", 1.0, 0.0, 1.0),
        ] {
            assert_eq!(refused.unwrap_err().field, "tol");
        }
    }
}
