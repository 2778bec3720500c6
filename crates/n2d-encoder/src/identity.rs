use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    ApplyError, ConfigError, Decode, Encoder, Fit, FitContext, FitError, FittedEncoder, PartConfig, Report,
    Samples, Stage, Termination,
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Options of [`Identity`]: there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {}

impl PartConfig for IdentityConfig {
    const NAME: &'static str = "identity";
    type Part = Identity;

    fn build(&self) -> Result<Identity, ConfigError> {
        Ok(Identity(()))
    }
}

/// The encoder that leaves data as it is: N2D on raw data, or on embeddings made elsewhere.
///
/// ```
/// use n2d_core::{Encoder, FitContext, FittedEncoder, PartConfig, Samples};
/// use n2d_encoder::IdentityConfig;
///
/// let x = Samples::from_rows(&[1.0, 2.0, 3.0, 4.0], 2)?;
/// let fit = IdentityConfig::default().build()?.fit(x, &mut FitContext::new(0))?;
/// assert_eq!(fit.model.encode(x)?, x.view());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(());

impl Encoder for Identity {
    type Fitted = FittedIdentity;

    fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedIdentity>, FitError> {
        ctx.run_stage(Stage::Encoder, IdentityConfig::NAME, |_| {
            Ok(Fit {
                model: FittedIdentity {
                    n_features: x.n_features(),
                },
                report: Report::new(IdentityConfig::NAME, Termination::ClosedForm),
            })
        })
    }
}

/// A fitted [`Identity`]: it knows the width of the rows it was fitted on, and refuses others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FittedIdentity {
    n_features: usize,
}

impl FittedIdentity {
    fn copied(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(IdentityConfig::NAME, self.n_features, x)?;
        Ok(x.view().to_owned())
    }
}

impl FittedEncoder for FittedIdentity {
    fn name(&self) -> &str {
        IdentityConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn latent_dim(&self) -> usize {
        self.n_features
    }

    fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.copied(x)
    }

    fn as_decode(&self) -> Option<&dyn Decode> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedIdentity {
    const KIND: &'static str = IdentityConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("n_features", &self.n_features);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let n_features = state.get("n_features")?;
        state.expect("n_features", "at least 1", n_features > 0)?;
        Ok(Self { n_features })
    }
}

impl Decode for FittedIdentity {
    fn decode(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        self.copied(z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_what_it_is_given_and_refuses_other_widths() {
        let x = Samples::from_rows(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3).unwrap();
        let encoder = IdentityConfig::default().build().unwrap();
        let fit = encoder.fit(x, &mut FitContext::new(1)).unwrap();
        assert_eq!(fit.report.termination, Termination::ClosedForm);
        assert_eq!(fit.model.encode(x).unwrap(), x.view());
        assert_eq!(fit.model.as_decode().unwrap().decode(x).unwrap(), x.view());
        let narrow = Samples::from_rows(&[1.0, 2.0], 2).unwrap();
        let error = fit.model.encode(narrow).unwrap_err();
        assert_eq!(
            error.to_string(),
            "identity: fitted on rows of 3 features, but given rows of 2"
        );
    }

    #[test]
    fn knows_no_options() {
        assert!(serde_json::from_str::<IdentityConfig>("{}").is_ok());
        assert!(serde_json::from_str::<IdentityConfig>(r#"{"latent_dim": 3}"#).is_err());
    }
}
