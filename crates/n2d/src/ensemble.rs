//! Ensembles as data: what a configuration says of them, and the pipelines it makes.

use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{
    ApplyError, BoxClusterer, BoxEncoder, DynFittedN2d, DynN2d, FittedClusterer, FittedEncoder, Labels,
    ManifoldClusterer, N2d, PartConfig, Samples, Stage,
};
use n2d_encoder::{DenseAutoencoderConfig, Device, Engine};
use n2d_ensemble::{Committee, FittedSelfTrained, FittedVoting, N2dEnsemble, SelfTrained};
use n2d_manifold::UmapConfig;
use n2d_manifold::umap::{AveragedUmapConfig, FittedAveragedUmap};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::registry::sized;
use crate::taught::{Rows, Taught, TaughtEncoder};
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
    /// Members, each from a seed of its own; from 1 to 1000. Default 5. The encoders' time grows
    /// with it.
    pub n_members: usize,
    /// How members become one result: `graph`, `votes`, `co_association` or `self_training`. Default graph, which needs UMAP as the manifold learner.
    pub consensus: Consensus,
    /// With `self_training`: the kind of encoder that is taught, `auto`, `dense`, `conv1d` or `conv2d`. Default auto, by the shape of the rows: `conv2d` for images,
    /// taught with copies that are shifted, turned, stretched and slanted a little; `conv1d` for sequences, cropped and scaled; else `dense`, with the options of the pipeline's encoder if that is dense.
    pub taught: Taught,
    /// With `self_training`: passes of the encoder taught over the rows, at least 1. Default 16, and enough for 1000 steps.
    pub taught_epochs: Option<usize>,
    /// With `self_training`: times that an encoder is taught, 1 to 1000, each time by what the one before is certain of. Default 2.
    pub taught_rounds: usize,
}

/// Most times that an encoder is taught.
const MOST_ROUNDS: usize = 1000;

/// How the members of an ensemble become one result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consensus {
    /// The mean of their neighbour graphs is laid out and clustered once ([`N2dEnsemble::by_mean_graph`]).
    #[default]
    Graph,
    /// Each is laid out and clustered by itself, and most votes win ([`N2dEnsemble::by_votes`]).
    Votes,
    /// As votes, but members may find different numbers of clusters: those whose rows most members put together are one ([`N2dEnsemble::by_co_association`]).
    CoAssociation,
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
            taught_rounds: SelfTrained::<(), (), (), ()>::ROUNDS,
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
        only_where_taught(ensemble)?;
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
            Consensus::CoAssociation => Ok(whole.by_co_association().boxed()),
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
    let options = Options::of("ensemble");
    options.at_least("taught_epochs", ensemble.taught_epochs.unwrap_or(1), 1)?;
    if !(1..=MOST_ROUNDS).contains(&ensemble.taught_rounds) {
        let allowed = format!("between 1 and {MOST_ROUNDS}");
        return Err(options
            .refuse("taught_rounds", allowed, ensemble.taught_rounds)
            .into());
    }
    let own = &config.encoder.options;
    let is_dense = config.encoder.name == DenseAutoencoderConfig::NAME;
    let dense = PartChoice {
        name: DenseAutoencoderConfig::NAME.to_owned(),
        options: if is_dense { own.clone() } else { Map::new() },
    };
    let of_encoder = own
        .get("latent_dim")
        .and_then(Value::as_u64)
        .map(|width| width as usize);
    let size = of_encoder.or(config.latent_dim).or(config.n_clusters);
    let row_shape = own
        .get("row_shape")
        .cloned()
        .and_then(|shape| serde_json::from_value(shape).ok());
    Ok(TaughtEncoder {
        kind: ensemble.taught,
        rows: Rows::of(&config.encoder.name),
        row_shape,
        dense: DenseAutoencoderConfig {
            // Labels are learnt on our own engine, wherever the members train.
            engine: Engine::Auto,
            device: Device::default(),
            ..sized(&dense, Stage::Encoder, size)?
        },
        n_epochs: ensemble.taught_epochs,
    })
}

/// That nothing is asked of an encoder taught where none is.
fn only_where_taught(ensemble: &EnsembleConfig) -> Result<(), BuildError> {
    let default = EnsembleConfig::default();
    let asked = [
        ("taught", ensemble.taught != default.taught),
        ("taught_epochs", ensemble.taught_epochs != default.taught_epochs),
        ("taught_rounds", ensemble.taught_rounds != default.taught_rounds),
    ];
    match asked.into_iter().find(|(_, is_asked)| *is_asked) {
        Some((option, _)) if ensemble.consensus != Consensus::SelfTraining => Err(BuildError::BadSetting {
            setting: format!("ensemble.{option}"),
            reason: "is for ensemble.consensus=self_training alone".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The mean graph's options: those of the configuration's UMAP.
fn averaged_umap(n_views: usize, config: &PipelineConfig) -> Result<AveragedUmapConfig, BuildError> {
    if config.manifold.name != UmapConfig::NAME {
        return Err(BuildError::BadSetting {
            setting: "ensemble.consensus=graph".to_owned(),
            reason: format!(
                "needs the manifold learner umap, not {}; votes and co_association take any",
                config.manifold.name
            ),
        });
    }
    let umap = sized::<UmapConfig>(&config.manifold, Stage::Manifold, config.n_clusters)?;
    Ok(AveragedUmapConfig { n_views, umap })
}

/// The share of members that agree with the label of each training row, where the pipeline is an ensemble.
///
/// With votes and co-association, the share of members that give the row its label; with self-training, the share of the members that taught the encoder which have the row in the
/// cluster that it came to in the end (0 or 1 where there is one). With a mean graph, the share of members whose neighbours of the row have
/// mostly its label; these are looked up anew, as in the fit.
///
/// # Errors
/// Never for a pipeline that was fitted or loaded.
pub fn agreement(fitted: &DynFittedN2d) -> Result<Option<Vec<f32>>, ApplyError> {
    let encoder: &dyn std::any::Any = &**fitted.encoder();
    if let Some(taught) = encoder.downcast_ref::<FittedSelfTrained<Box<dyn FittedEncoder>>>() {
        return taught
            .agreement(fitted.labels())
            .map_err(|error| ApplyError::Part {
                part: taught.name().to_owned(),
                source: error.into(),
            });
    }
    if let Some(voting) = voting(fitted) {
        return Ok(Some(voting.agreement().to_vec()));
    }
    match averaged(fitted) {
        Some(averaged) => averaged.agreement(fitted.labels()).map(Some),
        None => Ok(None),
    }
}

/// The same of new rows: the share of members that agree with each label that the pipeline has given, where it is an ensemble by votes, co-association or a mean
/// graph. With self-training there is none: the members that taught the encoder are not kept.
///
/// `latents`, `embedding` and `labels` are those of the rows. Takes as long as labelling them again.
///
/// # Errors
/// [`ApplyError`] for rows of another width than the pipeline's own.
///
/// # Panics
/// Where there are not as many labels as rows.
pub(crate) fn agreement_on(
    fitted: &DynFittedN2d,
    latents: Samples<'_>,
    embedding: Samples<'_>,
    labels: &Labels,
) -> Result<Option<Vec<f32>>, ApplyError> {
    if let Some(voting) = voting(fitted) {
        return Ok(Some(voting.votes(embedding)?.1));
    }
    match averaged(fitted) {
        Some(averaged) => averaged.agreement_on(latents, fitted.labels(), labels).map(Some),
        None => Ok(None),
    }
}

fn voting(fitted: &DynFittedN2d) -> Option<&FittedVoting<Box<dyn FittedClusterer>>> {
    let clusterer: &dyn std::any::Any = &**fitted.clusterer();
    clusterer.downcast_ref()
}

fn averaged(fitted: &DynFittedN2d) -> Option<&FittedAveragedUmap> {
    let manifold: &dyn std::any::Any = &**fitted.manifold();
    manifold.downcast_ref()
}
