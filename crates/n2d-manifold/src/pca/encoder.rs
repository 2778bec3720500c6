//! Principal components in place of an autoencoder.

use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    ApplyError, ConfigError, Decode, Encoder, Fit, FitContext, FitError, FittedEncoder, PartConfig, Samples,
    Stage, Transform,
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{FittedPca, Pca, PcaConfig, PcaSolver};

/// The options of [`PcaEncoder`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct PcaEncoderConfig {
    /// Width of the latents; at least 1, and at most the number of features and of rows. Default 10, as the autoencoders'.
    pub latent_dim: usize,
    /// Divides each component by its standard deviation, so that all have variance one. Default no (scikit-learn).
    pub whiten: bool,
    /// How the components are found. Default [`PcaSolver::Auto`].
    pub solver: PcaSolver,
}

impl Default for PcaEncoderConfig {
    fn default() -> Self {
        Self {
            latent_dim: 10,
            whiten: false,
            solver: PcaSolver::Auto,
        }
    }
}

impl PartConfig for PcaEncoderConfig {
    const NAME: &'static str = PcaConfig::NAME;
    type Part = PcaEncoder;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<PcaEncoder, ConfigError> {
        Options::of(Self::NAME).at_least("latent_dim", self.latent_dim, 1)?;
        Ok(PcaEncoder(Pca {
            config: PcaConfig {
                n_components: self.latent_dim,
                whiten: self.whiten,
                solver: self.solver,
            },
        }))
    }
}

/// [`Pca`] as an encoder: what a linear autoencoder would learn, in seconds.
///
/// Errors, determinism and cost are those of [`Pca`], whose components its fitted form has.
///
/// ```
/// use n2d_core::{Decode, Encoder, FitContext, FittedEncoder, PartConfig, Samples};
/// use n2d_manifold::PcaEncoderConfig;
///
/// let x = Samples::from_rows(&[0.0, 0.0, 1.0, 1.0, 2.0, 2.0], 2)?;
/// let encoder = PcaEncoderConfig { latent_dim: 1, ..PcaEncoderConfig::default() }.build()?;
/// let fitted = encoder.fit(x, &mut FitContext::new(0))?.model;
/// let z = fitted.encode(x)?;
/// let again = fitted.decode(Samples::new(z.view())?)?;
/// assert!((again[[2, 1]] - 2.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PcaEncoder(Pca);

/// A fitted [`PcaEncoder`].
#[derive(Debug, Clone)]
pub struct FittedPcaEncoder(FittedPca);

impl FittedPcaEncoder {
    /// Means, components and variances. Its embedding of the training rows is not kept.
    pub fn components(&self) -> &FittedPca {
        &self.0
    }
}

impl Encoder for PcaEncoder {
    type Fitted = FittedPcaEncoder;

    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedPcaEncoder>, FitError> {
        ctx.run_stage(Stage::Encoder, PcaEncoderConfig::NAME, |ctx| {
            let (latent_dim, n_features) = (self.0.config.n_components, x.n_features());
            if latent_dim > n_features {
                return Err(FitError::Part {
                    part: PcaEncoderConfig::NAME.to_owned(),
                    source: format!(
                        "latent_dim must be at most {n_features}, the number of features, but is {latent_dim}"
                    )
                    .into(),
                });
            }
            let Fit { mut model, report } = self.0.fit_checked(x, ctx)?;
            model.embedding = Array2::zeros((0, self.0.config.n_components));
            Ok(Fit {
                model: FittedPcaEncoder(model),
                report,
            })
        })
    }
}

impl FittedEncoder for FittedPcaEncoder {
    fn name(&self) -> &str {
        PcaEncoderConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.0.mean.len()
    }

    fn latent_dim(&self) -> usize {
        self.0.components.nrows()
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.0.transform(x)
    }

    fn as_decode(&self) -> Option<&dyn Decode> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Decode for FittedPcaEncoder {
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.0.inverse_transform(z)
    }
}

impl Persist for FittedPcaEncoder {
    const KIND: &'static str = PcaEncoderConfig::NAME;

    fn save(&self, state: &mut State) {
        self.0.save_projection(state);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        FittedPca::load_projection(state).map(Self)
    }
}
