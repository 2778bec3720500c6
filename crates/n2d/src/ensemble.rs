//! Ensembles as data: what a configuration says of them, and the pipelines it makes.

use documented::DocumentedFieldsOpt;
use n2d_core::{
    ApplyError, BoxClusterer, BoxEncoder, DynFittedN2d, DynN2d, FittedClusterer, FittedEncoder,
    ManifoldClusterer, N2d, PartConfig, Stage,
};
use n2d_encoder::DenseAutoencoderConfig;
use n2d_ensemble::{Committee, FittedSelfTrained, FittedVoting, N2dEnsemble, SelfTrained};
use n2d_manifold::UmapConfig;
use n2d_manifold::umap::{AveragedUmapConfig, FittedAveragedUmap};
use serde::{Deserialize, Serialize};

use crate::registry::sized;
use crate::taught::{Taught, TaughtEncoder};
use crate::{BuildError, PartChoice, PipelineConfig, Registry};

/// Several of a pipeline as one; see [`N2dEnsemble`].
///
/// ```
/// use n2d::{PipelineConfig, Registry};
///
/// let mut config = PipelineConfig::new(10);
/// config.set("ensemble.n_members=3")?;
/// config.set("ensemble.consensus=votes")?;
/// config.set("umap.n_neighbors=15")?;
/// let pipeline = Registry::default().build(&config)?;
/// # Ok::<(), n2d::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct EnsembleConfig {
    /// Members, each from a seed of its own; from 1 to 1000. Default 5: measured on MNIST and pendigits. The encoders' time grows
    /// with it.
    pub n_members: usize,
    /// How members become one result: `graph`, `votes` or `self_training`. Default graph, which needs UMAP as the manifold learner.
    pub consensus: Consensus,
    /// With `self_training`: the kind of encoder that is taught, `auto`, `dense`, `conv1d` or `conv2d`. Default auto, by the shape of the rows: `conv2d` for images,
    /// taught with copies that are shifted, turned, stretched and slanted a little; `conv1d` for sequences, cropped and scaled; else `dense`, with the options of the pipeline's encoder if that is dense.
    pub taught: Taught,
    /// With `self_training`: passes of the encoder taught over the rows, at least 1. Default 12, and enough for 1000 steps.
    pub taught_epochs: Option<usize>,
    /// With `self_training`: times that an encoder is taught, at least 1, each time by what the one before is certain of. Default 3.
    pub taught_rounds: usize,
}

/// How the members of an ensemble become one result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consensus {
    /// The mean of their neighbour graphs is laid out and clustered once ([`N2dEnsemble::by_mean_graph`]).
    #[default]
    Graph,
    /// Each is laid out and clustered by itself, and most votes win ([`N2dEnsemble::by_votes`]).
    Votes,
    /// What they are certain of teaches one encoder more, `taught` ([`N2dEnsemble::by_self_training`]). One member is enough.
    SelfTraining,
}

impl Default for EnsembleConfig {
    fn default() -> Self {
        Self {
            n_members: 5,
            consensus: Consensus::default(),
            taught: Taught::default(),
            taught_epochs: None,
            taught_rounds: 3,
        }
    }
}

impl EnsembleConfig {
    /// One member, and what it is certain of teaches an encoder of the rows' own kind: the preset for better clusters of images.
    pub fn self_training() -> Self {
        Self {
            n_members: 1,
            consensus: Consensus::SelfTraining,
            ..Self::default()
        }
    }

    /// What each option means, by its name.
    pub fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }
}

impl Registry {
    /// The ensemble of a configuration that asks for one.
    pub(crate) fn build_ensemble(
        &self,
        ensemble: &EnsembleConfig,
        config: &PipelineConfig,
        member: DynN2d,
    ) -> Result<DynN2d, BuildError> {
        let whole = N2dEnsemble::new(member, ensemble.n_members)?;
        match ensemble.consensus {
            Consensus::SelfTraining => {
                let taught = taught(ensemble, config)?;
                let single = PipelineConfig {
                    ensemble: None,
                    ..config.clone()
                };
                let (_, later) = self.build(&single)?.into_parts();
                let members = SelfTrained::new(whole.into_member(), ensemble.n_members, taught)
                    .with_rounds(ensemble.taught_rounds);
                Ok(N2d::new(members, later).boxed())
            }
            Consensus::Votes => Ok(whole.by_votes().boxed()),
            Consensus::Graph => {
                let umap = averaged_umap(ensemble.n_members, config)?;
                let (encoder, later): (BoxEncoder, _) = whole.into_member().into_parts();
                let (_, clusterer): (_, BoxClusterer) = later.into_parts();
                let committee = Committee::new(encoder, ensemble.n_members);
                Ok(N2d::new(committee, ManifoldClusterer::new(umap.build()?, clusterer)).boxed())
            }
        }
    }
}

/// The encoder that is taught.
fn taught(ensemble: &EnsembleConfig, config: &PipelineConfig) -> Result<TaughtEncoder, BuildError> {
    let dense = if config.encoder.name == DenseAutoencoderConfig::NAME {
        config.encoder.clone()
    } else {
        PartChoice::new(DenseAutoencoderConfig::NAME)
    };
    let size = config.latent_dim.or(config.n_clusters);
    n2d_core::check::Options::of("ensemble").at_least(
        "taught_epochs",
        ensemble.taught_epochs.unwrap_or(1),
        1,
    )?;
    Ok(TaughtEncoder {
        kind: ensemble.taught,
        of_sequences: ["conv1d", "lstm", "gru"].contains(&&*config.encoder.name),
        dense: sized::<DenseAutoencoderConfig>(&dense, Stage::Encoder, size)?,
        n_epochs: ensemble.taught_epochs,
    })
}

/// The mean graph's options: those of the configuration's UMAP.
fn averaged_umap(n_views: usize, config: &PipelineConfig) -> Result<AveragedUmapConfig, BuildError> {
    if config.manifold.name != UmapConfig::NAME {
        return Err(BuildError::BadSetting {
            setting: "ensemble.consensus=graph".to_owned(),
            reason: format!(
                "needs the manifold learner umap, not {}; votes takes any",
                config.manifold.name
            ),
        });
    }
    let umap = sized::<UmapConfig>(&config.manifold, Stage::Manifold, config.n_clusters)?;
    Ok(AveragedUmapConfig { n_views, umap })
}

/// The share of members that agree with the label of each training row, where the pipeline is an ensemble.
///
/// With votes and self-training, the share of members that give the row its label, or the label that most give it. With a mean graph, the share of members whose neighbours of the row have
/// mostly its label; these are looked up anew, as in the fit.
///
/// # Errors
/// Never for a pipeline that was fitted or loaded.
pub fn agreement(fitted: &DynFittedN2d) -> Result<Option<Vec<f32>>, ApplyError> {
    let encoder: &dyn std::any::Any = &**fitted.encoder();
    if let Some(taught) = encoder.downcast_ref::<FittedSelfTrained<Box<dyn FittedEncoder>>>() {
        return Ok(Some(taught.agreement().to_vec()));
    }
    let clusterer: &dyn std::any::Any = &**fitted.clusterer();
    if let Some(voting) = clusterer.downcast_ref::<FittedVoting<Box<dyn FittedClusterer>>>() {
        return Ok(Some(voting.agreement().to_vec()));
    }
    let manifold: &dyn std::any::Any = &**fitted.manifold();
    match manifold.downcast_ref::<FittedAveragedUmap>() {
        Some(averaged) => averaged.agreement(fitted.labels()).map(Some),
        None => Ok(None),
    }
}
