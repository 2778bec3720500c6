//! What a fit may be given besides the rows.

use n2d_core::check::Options;
use n2d_core::{BoxError, ConfigError, FitError, PartConfig, Samples};
use n2d_neighbors::Neighbors;

use super::{Target, UmapConfig};

/// What a fit ([`Umap::fit_given`](super::Umap::fit_given)) is given besides its rows. Nothing by default.
///
/// ```
/// use n2d_core::{FitContext, PartConfig, Samples};
/// use n2d_manifold::UmapConfig;
/// use n2d_manifold::umap::Given;
/// use n2d_neighbors::{NeighborIndex, NeighborSearch};
///
/// let values: Vec<f32> = (0..40).map(|i| i as f32).collect();
/// let x = Samples::from_rows(&values, 1)?;
/// let mut ctx = FitContext::new(0);
/// let neighbors = NeighborIndex::new(x, NeighborSearch::Auto).graph(x, 11, &mut ctx)?;
/// let umap = UmapConfig { n_neighbors: 12, ..UmapConfig::new(1) }.build()?;
/// let given = Given { neighbors: Some(&neighbors), start: Some(x), ..Given::default() };
/// let fit = umap.fit_given(x, &given, &mut ctx)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// The nearest others of each row, which are then not searched for: at least `n_neighbors - 1` of each, or all there are; the
    /// nearest of them are used. Their distances may be of any kind; new rows are compared by `metric` all the same.
    pub neighbors: Option<&'a Neighbors>,
    /// What is known of the rows besides their values.
    pub target: Option<Target<'a>>,
    /// Where the layout starts, `(n_samples, n_components)`, in place of `init`. Each component is stretched to `[0, 10]`, as with
    /// every start, and blurred a little so that rows that start at one place come apart.
    pub start: Option<Samples<'a>>,
}

impl Given<'_> {
    /// That all is of the right shape. `k` others of each row are needed.
    pub(super) fn check(&self, z: Samples<'_>, k: usize, n_components: usize) -> Result<(), FitError> {
        let n = z.n_samples();
        if let Some(neighbors) = self.neighbors {
            check_neighbors(neighbors, n, k)?;
        }
        if let Some(target) = &self.target {
            target.check(n)?;
        }
        self.start
            .map_or(Ok(()), |start| check_start(start, n, n_components))
    }
}

pub(super) fn check_start(start: Samples<'_>, n: usize, n_components: usize) -> Result<(), FitError> {
    as_many_rows("start", n, start.n_samples())?;
    if start.n_features() == n_components {
        return Ok(());
    }
    let allowed = format!("rows of n_components = {n_components} values");
    Err(refuse(
        "start",
        allowed,
        format!("{} values wide", start.n_features()),
    ))
}

fn check_neighbors(neighbors: &Neighbors, n: usize, k: usize) -> Result<(), FitError> {
    as_many_rows("neighbors", n, neighbors.n_rows())?;
    if neighbors.k() < k {
        let allowed = format!("at least n_neighbors - 1 = {k} others of each row");
        return Err(refuse("neighbors", allowed, neighbors.k()));
    }
    Ok(())
}

pub(super) fn as_many_rows(field: &str, n: usize, given: usize) -> Result<(), FitError> {
    if given == n {
        return Ok(());
    }
    Err(refuse(field, format!("of {n} rows, as the data"), given))
}

fn refuse(field: &str, allowed: impl Into<String>, given: impl ToString) -> FitError {
    option_error(Options::of(UmapConfig::NAME).refuse(field, allowed, given))
}

/// An option of a fit that is refused, as the error of that fit.
pub(super) fn option_error(error: ConfigError) -> FitError {
    FitError::Part {
        part: UmapConfig::NAME.to_owned(),
        source: BoxError::from(error),
    }
}
