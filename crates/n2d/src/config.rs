use n2d_core::Stage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{BuildError, Consensus, EnsembleConfig};

/// A pipeline as data: which part stands at each stage, with the options that differ from the part's defaults.
///
/// ```
/// use n2d::{PipelineConfig, Registry};
///
/// let mut config = PipelineConfig::new(10);
/// config.encoder.name = "identity".into();
/// config.set("umap.n_neighbors=30")?;
/// let pipeline = Registry::default().build(&config)?;
///
/// let error = config.set("umpa.n_neighbors=30").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "umpa.n_neighbors=30: no part of this pipeline is called umpa; its parts are identity, umap, gmm. Did you mean umap?"
/// );
/// # Ok::<(), n2d::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineConfig {
    /// Clusters looked for. Goes to the clusterer as its `n_clusters`, and as the paper has it to the manifold
    /// learner as its `n_components`, where they have such an option and it is not set. Default: not given, for a clusterer that
    /// finds their number by itself; the widths are then the parts' own defaults.
    #[serde(default)]
    pub n_clusters: Option<usize>,
    /// Width of the latents. Goes to the encoder as its `latent_dim`, where it has such an option and it is not set. Default:
    /// `n_clusters` (the paper), where that is given.
    #[serde(default)]
    pub latent_dim: Option<usize>,
    /// The encoder. Default `dense`.
    #[serde(default = "dense")]
    pub encoder: PartChoice,
    /// The manifold learner. Default `umap`.
    #[serde(default = "umap")]
    pub manifold: PartChoice,
    /// The clusterer. Default `gmm`.
    #[serde(default = "gmm")]
    pub clusterer: PartChoice,
    /// Several of this pipeline as one. Default none: a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<EnsembleConfig>,
}

/// A part by name, with the options that differ from its defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartChoice {
    /// The part's name in the [`Registry`](crate::Registry).
    pub name: String,
    /// Its options, as in its configuration.
    #[serde(default)]
    pub options: Map<String, Value>,
}

impl PartChoice {
    /// A part with its defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            options: Map::new(),
        }
    }
}

fn dense() -> PartChoice {
    PartChoice::new("dense")
}

fn umap() -> PartChoice {
    PartChoice::new("umap")
}

fn gmm() -> PartChoice {
    PartChoice::new("gmm")
}

impl Default for PipelineConfig {
    /// The paper's parts; the number of clusters is not known.
    fn default() -> Self {
        Self::without_clusters(gmm())
    }
}

impl PipelineConfig {
    /// The paper's pipeline: a dense autoencoder, UMAP, and a Gaussian mixture.
    pub fn new(n_clusters: usize) -> Self {
        Self {
            n_clusters: Some(n_clusters),
            ..Self::without_clusters(gmm())
        }
    }

    /// The paper's encoder and manifold learner with a clusterer that finds the number of clusters by itself.
    pub fn without_clusters(clusterer: PartChoice) -> Self {
        Self {
            n_clusters: None,
            latent_dim: None,
            encoder: dense(),
            manifold: umap(),
            clusterer,
            ensemble: None,
        }
    }

    /// Whether what the pipeline finds teaches an encoder ([`Consensus::SelfTraining`]).
    pub fn self_trains(&self) -> bool {
        let ensemble = self.ensemble.as_ref();
        ensemble.is_some_and(|ensemble| ensemble.consensus == Consensus::SelfTraining)
    }

    /// The part at a stage, to be changed.
    pub fn part_mut(&mut self, stage: Stage) -> &mut PartChoice {
        match stage {
            Stage::Encoder => &mut self.encoder,
            Stage::Manifold => &mut self.manifold,
            Stage::Clusterer => &mut self.clusterer,
        }
    }

    /// The part at a stage.
    pub fn part(&self, stage: Stage) -> &PartChoice {
        match stage {
            Stage::Encoder => &self.encoder,
            Stage::Manifold => &self.manifold,
            Stage::Clusterer => &self.clusterer,
        }
    }

    /// Sets an option from text, `part.option=value`. `part` is a stage (`encoder`, `manifold`, `clusterer`) or the name of a part in this pipeline;
    /// `value` is JSON, or else a string. Whether the part has such an option shows when it is built.
    ///
    /// # Errors
    /// [`BuildError::BadSetting`] for text of another form, and for a part that is not in this pipeline.
    pub fn set(&mut self, setting: &str) -> Result<(), BuildError> {
        let bad = |reason: String| BuildError::BadSetting {
            setting: setting.to_owned(),
            reason,
        };
        let Some(((part, option), value)) = setting
            .split_once('=')
            .and_then(|(path, value)| Some((path.split_once('.')?, value)))
        else {
            let key = setting.split('=').next().unwrap_or_default();
            let of_run = match crate::run_config::KEYS.contains(&key) {
                true => format!(
                    "; {key} is no option of a part but of the run, with an argument or a line in the file of its own"
                ),
                false => String::new(),
            };
            return Err(bad(format!("must have the form part.option=value{of_run}")));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        if part == "ensemble" {
            return self.set_ensemble(option, value).map_err(bad);
        }
        let names = [&self.encoder.name, &self.manifold.name, &self.clusterer.name].map(String::as_str);
        let stages = [Stage::Encoder, Stage::Manifold, Stage::Clusterer];
        let Some(stage) = (0..3).find(|&i| stages[i].name() == part || names[i] == part) else {
            let hint = match part {
                "data" | "output" => {
                    " Arguments of their own, or the file's tables, say where data is and what is written."
                        .to_owned()
                }
                part => crate::registry::did_you_mean(part, names),
            };
            return Err(bad(format!(
                "no part of this pipeline is called {part}; its parts are {}.{hint}",
                names.join(", ")
            )));
        };
        let chosen = self.part_mut(stages[stage]);
        chosen.options.insert(option.to_owned(), value);
        Ok(())
    }

    /// Sets an option of the ensemble; a pipeline that is none becomes one.
    fn set_ensemble(&mut self, option: &str, value: Value) -> Result<(), String> {
        let ensemble = self.ensemble.clone().unwrap_or_default();
        let mut options = match serde_json::to_value(ensemble) {
            Ok(Value::Object(options)) => options,
            _ => Map::new(),
        };
        options.insert(option.to_owned(), value);
        let ensemble = serde_json::from_value(Value::Object(options)).map_err(|error| error.to_string())?;
        self.ensemble = Some(ensemble);
        Ok(())
    }
}
