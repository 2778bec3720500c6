use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    ApplyError, ConfigError, Fit, FitContext, FitError, FittedManifold, Manifold, PartConfig, Report,
    Samples, Stage, Termination, Transform,
};
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// [`Identity`] has no option.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityConfig {}

impl PartConfig for IdentityConfig {
    const NAME: &'static str = "identity";
    type Part = Identity;

    fn build(&self) -> Result<Identity, ConfigError> {
        Ok(Identity)
    }
}

/// No manifold learning: the embedding is the data. The baseline that shows what a manifold learner adds.
#[derive(Debug, Clone, Copy)]
pub struct Identity;

impl Manifold for Identity {
    type Fitted = FittedIdentity;

    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedIdentity>, FitError> {
        ctx.run_stage(Stage::Manifold, IdentityConfig::NAME, |_| {
            let model = FittedIdentity {
                embedding: z.view().to_owned(),
            };
            Ok(Fit {
                model,
                report: Report::new(IdentityConfig::NAME, Termination::ClosedForm),
            })
        })
    }
}

/// A fitted [`Identity`]: a copy of its training rows.
#[derive(Debug, Clone)]
pub struct FittedIdentity {
    embedding: Array2<f32>,
}

impl FittedManifold for FittedIdentity {
    fn name(&self) -> &str {
        IdentityConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.embedding.ncols()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedIdentity {
    const KIND: &'static str = IdentityConfig::NAME;

    fn save(&self, state: &mut State) {
        state.put_matrix("embedding", self.embedding.view());
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        Ok(Self {
            embedding: state.finite_matrix("embedding")?,
        })
    }
}

impl Transform for FittedIdentity {
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(IdentityConfig::NAME, self.embedding.ncols(), z)?;
        Ok(z.view().to_owned())
    }
}
