//! Principal component analysis (Pearson 1901, Philosophical Magazine 2(11); Hotelling 1933).

mod config;
mod encoder;
mod fitted;
mod solve;

use n2d_core::check::enough_samples;
use n2d_core::{Fit, FitContext, FitError, Manifold, PartConfig, Report, Samples, Stage, Termination};
use ndarray::Array2;

use crate::error::ManifoldError;
pub use config::{PcaConfig, PcaSolver};
pub use encoder::{FittedPcaEncoder, PcaEncoder, PcaEncoderConfig};
pub use fitted::FittedPca;

/// Principal component analysis: the projection on the directions of greatest variance. Not a manifold learner in the strict
/// sense, but the linear one that all others are measured against.
///
/// Built from a [`PcaConfig`]. Sums are in double precision, around the mean. Deterministic for a seed, which only Lanczos' method
/// uses, whatever the number of threads. More components than features are [`ManifoldError::TooManyComponents`]; fewer rows than
/// components are [`FitError::TooFewSamples`].
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples};
/// use n2d_manifold::PcaConfig;
///
/// let x = Samples::from_rows(&[0.0, 0.0, 1.0, 1.0, 2.0, 2.0], 2)?;
/// let fit = PcaConfig::new(1).build()?.fit(x, &mut FitContext::new(0))?;
/// assert!((fit.model.explained_variance_ratio()[0] - 1.0).abs() < 1e-12);
/// assert!((fit.model.embedding()[[2, 0]] - 2_f32.sqrt()).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pca {
    config: PcaConfig,
}

impl Pca {
    /// Up to so many features, or rows, the exact solver is taken by [`PcaSolver::Auto`].
    pub const MAX_EXACT: usize = 1000;

    /// The options it was built from.
    pub fn config(&self) -> &PcaConfig {
        &self.config
    }

    fn fit_checked(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedPca>, FitError> {
        let (n_components, d) = (self.config.n_components, z.n_features());
        if n_components > d {
            let limit = d;
            return Err(ManifoldError::TooManyComponents { n_components, limit }.of(PcaConfig::NAME));
        }
        enough_samples(
            PcaConfig::NAME,
            &format!("n_components = {n_components}"),
            n_components,
            z,
        )?;
        let (model, note) = self.model(z, ctx)?;
        let explained = model.explained_variance_ratio().iter().sum();
        let mut report = Report::new(PcaConfig::NAME, Termination::ClosedForm)
            .with_objective("explained variance ratio", explained);
        report.notes.extend(note);
        Ok(Fit { model, report })
    }

    /// The fitted part, and what the user should know about it, where there are rows and features enough.
    fn model(
        &self,
        z: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<(FittedPca, Option<String>), FitError> {
        let (n_components, d) = (self.config.n_components, z.n_features());
        let mean = solve::mean(z);
        let total_variance = solve::total_variance(z, &mean);
        let found = if self.is_exact(z) {
            solve::exact(z, &mean, n_components, ctx)?
        } else {
            solve::lanczos(z, &mean, total_variance, n_components, ctx)?
        };
        ctx.check_cancelled()?;
        let mut model = FittedPca {
            mean,
            components: Array2::from_shape_fn((n_components, d), |(i, j)| found.vectors[i][j]),
            variances: found.variances,
            total_variance,
            whiten: self.config.whiten,
            embedding: Array2::zeros((0, 0)),
        };
        model.embedding = model.project(z);
        Ok((model, found.note))
    }

    /// Lanczos' method finds one direction fewer than there are.
    fn is_exact(&self, z: Samples<'_>) -> bool {
        let smaller = z.n_samples().min(z.n_features());
        match self.config.solver {
            PcaSolver::Exact => true,
            PcaSolver::Auto if smaller <= Self::MAX_EXACT => true,
            PcaSolver::Auto | PcaSolver::Lanczos => self.config.n_components >= smaller,
        }
    }
}

impl Manifold for Pca {
    type Fitted = FittedPca;

    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedPca>, FitError> {
        ctx.run_stage(Stage::Manifold, PcaConfig::NAME, |ctx| self.fit_checked(z, ctx))
    }
}

/// Rows along their first principal components, from which other learners start; there are rows and features enough.
pub(crate) fn project(
    z: Samples<'_>,
    n_components: usize,
    ctx: &mut FitContext<'_>,
) -> Result<Array2<f32>, FitError> {
    let config = PcaConfig::new(n_components);
    Ok(Pca { config }.model(z, ctx)?.0.embedding)
}
