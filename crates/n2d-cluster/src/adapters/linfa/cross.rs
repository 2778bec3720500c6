//! The border to linfa: data, generators and errors, over and back.

use n2d_core::{ApplyError, BoxError, FitContext, FitError, Samples};
use ndarray16::{Array1, Array2};
use rand::Rng;
use rand_xoshiro06::Xoshiro256Plus;
use rand_xoshiro06::rand_core::SeedableRng;

/// Rows as linfa takes them, in double precision.
// tidy: backend in public
pub type LinfaDataset = linfa::DatasetBase<Array2<f64>, Array1<()>>;

/// The generator that linfa's clusterers draw from: xoshiro256+, linfa's own choice, of the `rand` that linfa knows.
pub type LinfaRng = Xoshiro256Plus;

/// A generator for one run of a part, seeded from the fit's own seed.
pub(super) fn rng(ctx: &FitContext<'_>, part: &str, run: usize) -> LinfaRng {
    LinfaRng::seed_from_u64(ctx.rng(part, run as u64).next_u64())
}

/// A copy of the rows: linfa needs another version of `ndarray`.
pub(super) fn array(y: Samples<'_>) -> Array2<f64> {
    let values = y.as_slice().iter().map(|&x| f64::from(x)).collect();
    Array2::from_shape_vec((y.n_samples(), y.n_features()), values).expect("a value for each row and column")
}

pub(super) fn dataset(y: Samples<'_>) -> LinfaDataset {
    LinfaDataset::from(array(y))
}

/// A matrix of linfa's as one of ours.
pub(super) fn matrix(theirs: &Array2<f64>) -> ndarray::Array2<f64> {
    ndarray::Array2::from_shape_fn(theirs.dim(), |at| theirs[at])
}

pub(super) fn fit_error(part: &str, source: impl Into<BoxError>) -> FitError {
    FitError::Part {
        part: part.to_owned(),
        source: source.into(),
    }
}

pub(super) fn apply_error(part: &str, source: impl Into<BoxError>) -> ApplyError {
    ApplyError::Part {
        part: part.to_owned(),
        source: source.into(),
    }
}
