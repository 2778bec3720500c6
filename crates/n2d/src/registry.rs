use n2d_cluster as cluster;
use n2d_core::{
    BoxClusterer, BoxEncoder, BoxManifold, Clusterer, ConfigError, DynN2d, Encoder, FittedClusterer,
    FittedEncoder, FittedManifold, Manifold, ManifoldClusterer, N2d, PartConfig, Stage,
};
use n2d_encoder::DenseAutoencoderConfig;
use n2d_manifold::UmapConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::kinds::Kinds;
use crate::run_config::plain;
use crate::{PartChoice, PipelineConfig, words};

/// The parts that a pipeline can be built from by name, and the fitted ones that a model file can hold: ours, and those you
/// register.
///
/// ```
/// use n2d::Registry;
///
/// let registry = Registry::default();
/// let encoders = registry.names(n2d::Stage::Encoder);
/// assert_eq!(encoders, ["dense", "conv1d", "conv2d", "lstm", "gru", "variational", "pca", "identity"]);
/// ```
#[derive(Debug)]
pub struct Registry {
    encoders: Vec<Entry<BoxEncoder>>,
    manifolds: Vec<Entry<BoxManifold>>,
    clusterers: Vec<Entry<BoxClusterer>>,
    pub(crate) fitted_encoders: Kinds<dyn FittedEncoder>,
    pub(crate) fitted_manifolds: Kinds<dyn FittedManifold>,
    pub(crate) fitted_clusterers: Kinds<dyn FittedClusterer>,
}

/// A configuration that a registry can make from options by name.
///
/// Every [`PartConfig`] that is a plain `serde` struct with defaults is one.
pub trait NamedConfig: PartConfig + Serialize + DeserializeOwned + Default {}
impl<C: PartConfig + Serialize + DeserializeOwned + Default> NamedConfig for C {}

#[derive(Debug)]
struct Entry<T> {
    name: &'static str,
    defaults: fn() -> Map<String, Value>,
    docs: fn() -> Vec<(&'static str, &'static str)>,
    /// Whether the size that the pipeline gives to its stage is for this part.
    follows_clusters: bool,
    build: fn(Map<String, Value>) -> Result<T, BuildError>,
}

impl Default for Registry {
    /// All parts of this crate, the default of each stage first.
    fn default() -> Self {
        Self::empty()
            .with_encoder::<DenseAutoencoderConfig>()
            .with_encoder::<n2d_encoder::Conv1dConfig>()
            .with_encoder::<n2d_encoder::Conv2dConfig>()
            .with_encoder::<n2d_encoder::LstmConfig>()
            .with_encoder::<n2d_encoder::GruConfig>()
            .with_encoder::<n2d_encoder::VariationalConfig>()
            .with_encoder::<n2d_manifold::PcaEncoderConfig>()
            .with_encoder::<n2d_encoder::IdentityConfig>()
            .with_manifold::<UmapConfig>()
            .with_manifold::<n2d_manifold::TsneConfig>()
            .with_manifold::<n2d_manifold::IsomapConfig>()
            .with_manifold::<n2d_manifold::LocallyLinearEmbeddingConfig>()
            .with_manifold::<n2d_manifold::SpectralEmbeddingConfig>()
            .with_manifold::<n2d_manifold::PcaConfig>()
            .with_manifold::<n2d_manifold::IdentityConfig>()
            .with_clusterer::<cluster::GaussianMixtureConfig>()
            .with_clusterer::<cluster::GaussianMixtureSelectionConfig>()
            .with_clusterer::<cluster::BayesianGaussianMixtureConfig>()
            .with_clusterer::<cluster::KMeansConfig>()
            .with_clusterer::<cluster::MiniBatchKMeansConfig>()
            .with_clusterer::<cluster::HdbscanConfig>()
            .with_clusterer::<cluster::DbscanConfig>()
            .with_clusterer::<cluster::OpticsConfig>()
            .with_clusterer::<cluster::SpectralClusteringConfig>()
            .with_clusterer::<cluster::AgglomerativeConfig>()
            .with_clusterers_of_other_crates()
            .with_fitted_parts()
    }
}

impl Registry {
    /// No part at all.
    pub fn empty() -> Self {
        Self {
            encoders: Vec::new(),
            manifolds: Vec::new(),
            clusterers: Vec::new(),
            fitted_encoders: Kinds::default(),
            fitted_manifolds: Kinds::default(),
            fitted_clusterers: Kinds::default(),
        }
    }

    fn with_clusterers_of_other_crates(self) -> Self {
        #[cfg(feature = "linfa")]
        let registry = self
            .with_clusterer::<cluster::LinfaKMeansConfig>()
            .with_clusterer::<cluster::LinfaGmmConfig>()
            .with_clusterer::<cluster::LinfaDbscanConfig>()
            .with_clusterer::<cluster::LinfaOpticsConfig>();
        #[cfg(not(feature = "linfa"))]
        let registry = self;
        #[cfg(feature = "hdbscan-crate")]
        let registry = registry.with_clusterer::<cluster::HdbscanCrateConfig>();
        registry
    }

    /// With an encoder. One of the same name is replaced.
    pub fn with_encoder<C: NamedConfig<Part: Encoder + 'static>>(mut self) -> Self {
        put(
            &mut self.encoders,
            entry::<C, _>(|options| Ok(BoxEncoder::new(parse::<C>(options)?.build()?))),
        );
        self
    }

    /// With a manifold learner. One of the same name is replaced.
    pub fn with_manifold<C: NamedConfig<Part: Manifold + 'static>>(mut self) -> Self {
        put(
            &mut self.manifolds,
            entry::<C, _>(|options| Ok(BoxManifold::new(parse::<C>(options)?.build()?))),
        );
        self
    }

    /// With a clusterer. One of the same name is replaced.
    pub fn with_clusterer<C: NamedConfig<Part: Clusterer + 'static>>(mut self) -> Self {
        put(
            &mut self.clusterers,
            entry::<C, _>(|options| Ok(BoxClusterer::new(parse::<C>(options)?.build()?))),
        );
        self
    }

    /// The names known at a stage, in the order of registration.
    pub fn names(&self, stage: Stage) -> Vec<&'static str> {
        match stage {
            Stage::Encoder => names(&self.encoders),
            Stage::Manifold => names(&self.manifolds),
            Stage::Clusterer => names(&self.clusterers),
        }
    }

    /// The options of a part with their defaults.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn defaults(&self, stage: Stage, name: &str) -> Result<Map<String, Value>, BuildError> {
        match stage {
            Stage::Encoder => Ok((find(&self.encoders, stage, name)?.defaults)()),
            Stage::Manifold => Ok((find(&self.manifolds, stage, name)?.defaults)()),
            Stage::Clusterer => Ok((find(&self.clusterers, stage, name)?.defaults)()),
        }
    }

    /// What each option of a part means, by its name.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn docs(&self, stage: Stage, name: &str) -> Result<Vec<(&'static str, &'static str)>, BuildError> {
        match stage {
            Stage::Encoder => Ok((find(&self.encoders, stage, name)?.docs)()),
            Stage::Manifold => Ok((find(&self.manifolds, stage, name)?.docs)()),
            Stage::Clusterer => Ok((find(&self.clusterers, stage, name)?.docs)()),
        }
    }

    /// As [`docs`](Self::docs), but plain text in lines of some 110 characters.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn meanings(&self, stage: Stage, name: &str) -> Result<Vec<(&'static str, String)>, BuildError> {
        let docs = self.docs(stage, name)?;
        let meaning = |(option, doc): (&'static str, &str)| {
            let words = self.words_of(stage, name, option);
            let words = words.map_or_else(String::new, |words| format!("\nOne of {words}."));
            (option, plain(doc) + &words)
        };
        Ok(docs.into_iter().map(meaning).collect())
    }

    /// The words that an option can be, where it is one of some: no word at all is refused with them.
    fn words_of(&self, stage: Stage, name: &str, option: &str) -> Option<String> {
        let options = Map::from_iter([(option.to_owned(), Value::from("?"))]);
        let refused = match stage {
            Stage::Encoder => (find(&self.encoders, stage, name).ok()?.build)(options).err(),
            Stage::Manifold => (find(&self.manifolds, stage, name).ok()?.build)(options).err(),
            Stage::Clusterer => (find(&self.clusterers, stage, name).ok()?.build)(options).err(),
        };
        match refused? {
            BuildError::BadOption { reason, .. } => {
                let words = reason.strip_prefix("it must be one of ")?;
                Some(words.trim_end_matches('.').to_owned())
            }
            _ => None,
        }
    }

    /// The option of a part that is the number of clusters unless it is set, if it has one.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn sized_by_clusters(&self, stage: Stage, name: &str) -> Result<Option<&'static str>, BuildError> {
        let follows = match stage {
            Stage::Encoder => find(&self.encoders, stage, name)?.follows_clusters,
            Stage::Manifold => find(&self.manifolds, stage, name)?.follows_clusters,
            Stage::Clusterer => find(&self.clusterers, stage, name)?.follows_clusters,
        };
        let option = size_option(stage);
        let has = self.defaults(stage, name)?.contains_key(option);
        Ok((follows && has).then_some(option))
    }

    /// The configuration with every option of its parts at the value it has, defaults too, so that it says the same where a later
    /// version has other defaults. Sizes that follow the number of clusters are still left to it.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn resolved(&self, config: &PipelineConfig) -> Result<PipelineConfig, BuildError> {
        let mut resolved = config.clone();
        for stage in [Stage::Encoder, Stage::Manifold, Stage::Clusterer] {
            let choice = resolved.part_mut(stage);
            let mut options = self.defaults(stage, &choice.name)?;
            if let Some(size) = self.sized_by_clusters(stage, &choice.name)? {
                options.remove(size);
            }
            options.extend(std::mem::take(&mut choice.options));
            choice.options = options;
        }
        Ok(resolved)
    }

    /// The options that the part at a stage is built with: those set, and the size that the pipeline gives to the stage.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub(crate) fn built_with(
        &self,
        stage: Stage,
        config: &PipelineConfig,
    ) -> Result<Map<String, Value>, BuildError> {
        let choice = config.part(stage);
        let size = match stage {
            Stage::Encoder => config.latent_dim.or(config.n_clusters),
            Stage::Manifold | Stage::Clusterer => config.n_clusters,
        };
        let follows = self.sized_by_clusters(stage, &choice.name)?.is_some();
        let defaults = self.defaults(stage, &choice.name)?;
        Ok(with_size(choice, stage, &defaults, size.filter(|_| follows)))
    }

    /// Makes the pipeline of a configuration.
    ///
    /// # Errors
    /// [`BuildError`] names the part, the option, what is allowed and what was given.
    pub fn build(&self, config: &PipelineConfig) -> Result<DynN2d, BuildError> {
        // Before a part refuses it as a size of its own.
        if config.n_clusters == Some(0) {
            return Err(BuildError::BadSetting {
                setting: "n_clusters".to_owned(),
                reason: "must be at least 1, but is 0".to_owned(),
            });
        }
        if config.n_clusters.is_none() && self.needs_clusters(&config.clusterer)? {
            let part = config.clusterer.name.clone();
            return Err(BuildError::NeedsClusters { part });
        }
        let (n_clusters, latent_dim) = (config.n_clusters, config.latent_dim.or(config.n_clusters));
        let encoder = make(&self.encoders, Stage::Encoder, &config.encoder, latent_dim)?;
        let manifold = make(&self.manifolds, Stage::Manifold, &config.manifold, n_clusters)?;
        let clusterer = make(&self.clusterers, Stage::Clusterer, &config.clusterer, n_clusters)?;
        let member = N2d::new(encoder, ManifoldClusterer::new(manifold, clusterer));
        match &config.ensemble {
            None => Ok(member),
            Some(ensemble) => self.build_ensemble(ensemble, config, member),
        }
    }

    /// Whether a clusterer can be told the number of clusters.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn takes_clusters(&self, clusterer: &PartChoice) -> Result<bool, BuildError> {
        let defaults = self.defaults(Stage::Clusterer, &clusterer.name)?;
        Ok(defaults.contains_key(size_option(Stage::Clusterer)))
    }

    /// Whether a clusterer must be told the number of clusters, which its options do not say.
    ///
    /// # Errors
    /// [`BuildError::UnknownPart`].
    pub fn needs_clusters(&self, clusterer: &PartChoice) -> Result<bool, BuildError> {
        Ok(self.takes_clusters(clusterer)? && !clusterer.options.contains_key(size_option(Stage::Clusterer)))
    }
}

/// The option that holds the size which the pipeline gives to a stage.
fn size_option(stage: Stage) -> &'static str {
    match stage {
        Stage::Encoder => "latent_dim",
        Stage::Manifold => "n_components",
        Stage::Clusterer => "n_clusters",
    }
}

/// A part with its options, after the size that the pipeline gives to all of its stage.
fn make<T>(
    entries: &[Entry<T>],
    stage: Stage,
    choice: &PartChoice,
    size: Option<usize>,
) -> Result<T, BuildError> {
    let entry = find(entries, stage, &choice.name)?;
    let size = size.filter(|_| entry.follows_clusters);
    (entry.build)(with_size(choice, stage, &(entry.defaults)(), size))
}

/// The options of a part, with the size that the pipeline gives to all of its stage where they say nothing.
fn with_size(
    choice: &PartChoice,
    stage: Stage,
    defaults: &Map<String, Value>,
    size: Option<usize>,
) -> Map<String, Value> {
    let mut options = choice.options.clone();
    let option = size_option(stage);
    if let Some(size) = size
        && defaults.contains_key(option)
        && !options.contains_key(option)
    {
        options.insert(option.to_owned(), size.into());
    }
    options
}

/// A part's configuration, as a pipeline builds it with this size for its stage.
pub(crate) fn sized<C: NamedConfig>(
    choice: &PartChoice,
    stage: Stage,
    size: Option<usize>,
) -> Result<C, BuildError> {
    let size = size.filter(|_| C::FOLLOWS_CLUSTERS);
    parse(with_size(choice, stage, &defaults::<C>(), size))
}

fn entry<C: NamedConfig, T>(build: fn(Map<String, Value>) -> Result<T, BuildError>) -> Entry<T> {
    Entry {
        name: C::NAME,
        defaults: defaults::<C>,
        docs: C::option_docs,
        follows_clusters: C::FOLLOWS_CLUSTERS,
        build,
    }
}

fn put<T>(entries: &mut Vec<Entry<T>>, new: Entry<T>) {
    entries.retain(|entry| entry.name != new.name);
    entries.push(new);
}

fn names<T>(entries: &[Entry<T>]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.name).collect()
}

fn find<'a, T>(entries: &'a [Entry<T>], stage: Stage, name: &str) -> Result<&'a Entry<T>, BuildError> {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| BuildError::UnknownPart {
            stage,
            name: name.to_owned(),
            known: names(entries).join(", "),
            hint: did_you_mean(name, names(entries)),
        })
}

fn defaults<C: NamedConfig>() -> Map<String, Value> {
    match serde_json::to_value(C::default()) {
        Ok(Value::Object(options)) => options,
        // A configuration that is no struct has no options to name.
        _ => Map::new(),
    }
}

/// The options as a configuration; an error names the option at fault.
fn parse<C: NamedConfig>(options: Map<String, Value>) -> Result<C, BuildError> {
    let defaults = defaults::<C>();
    for (option, given) in &options {
        if !defaults.contains_key(option) {
            return Err(BuildError::unknown_option(C::NAME, option, &defaults));
        }
        let mut alone = defaults.clone();
        alone.insert(option.clone(), given.clone());
        if let Err(error) = serde_json::from_value::<C>(Value::Object(alone)) {
            return Err(BuildError::BadOption {
                part: C::NAME.to_owned(),
                option: option.clone(),
                given: given.to_string(),
                reason: words::allowed_for(&error, given),
            });
        }
    }
    let mut all = defaults;
    all.extend(options);
    serde_json::from_value(Value::Object(all)).map_err(|error| BuildError::BadOption {
        part: C::NAME.to_owned(),
        option: "options".to_owned(),
        given: "this combination".to_owned(),
        reason: words::allowed(&error),
    })
}

/// " Did you mean x?" where one of the known names is near, else nothing.
pub(crate) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|&(distance, name)| distance <= 2.max(name.len() / 3))
        .min();
    near.map_or_else(String::new, |(_, name)| format!(" Did you mean {name}?"))
}

impl BuildError {
    /// For a part with such options.
    pub(crate) fn unknown_option(part: &str, option: &str, options: &Map<String, Value>) -> Self {
        let known: Vec<&str> = options.keys().map(String::as_str).collect();
        Self::UnknownOption {
            part: part.to_owned(),
            option: option.to_owned(),
            hint: did_you_mean(option, known.iter().copied()),
            known: match known.is_empty() {
                true => "none".to_owned(),
                false => known.join(", "),
            },
        }
    }
}

/// Why no pipeline can be built from a configuration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No part of this name at this stage.
    #[error("there is no {stage} called {name}; known are {known}.{hint}")]
    UnknownPart {
        /// The stage.
        stage: Stage,
        /// The name given.
        name: String,
        /// The names known.
        known: String,
        /// A name that is near, as a question; may be empty.
        hint: String,
    },
    /// The part has no such option.
    #[error("{part} has no option {option}; it has {known}.{hint}")]
    UnknownOption {
        /// The part.
        part: String,
        /// The option given.
        option: String,
        /// The options it has.
        known: String,
        /// A name that is near, as a question; may be empty.
        hint: String,
    },
    /// A clusterer that does not find the number of clusters by itself.
    #[error("{part} must be told the number of clusters")]
    NeedsClusters {
        /// The part.
        part: String,
    },
    /// A value of a type that the option can't take.
    #[error("{part}.{option} can't be {given}: {reason}")]
    BadOption {
        /// The part.
        part: String,
        /// The option.
        option: String,
        /// The value given.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A configuration file that is no TOML.
    #[error("{reason}")]
    BadFile {
        /// The parser's words, with the line.
        reason: String,
    },
    /// A setting that is not understood.
    #[error("{setting}: {reason}")]
    BadSetting {
        /// The text given.
        setting: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, settings: &[&str]) -> String {
        let mut config = PipelineConfig::new(3);
        config.manifold.name = name.to_owned();
        let set = settings.iter().try_for_each(|setting| config.set(setting));
        set.and_then(|()| Registry::default().build(&config).map(|_| ()))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn errors_say_what_would_do() {
        assert_eq!(
            error("ump", &[]),
            "there is no manifold called ump; known are umap, tsne, isomap, lle, spectral_embedding, pca, identity. Did you mean umap?"
        );
        let unknown = error("umap", &["umap.n_neighbours=3"]);
        assert!(
            unknown.starts_with("umap has no option n_neighbours; it has "),
            "{unknown}"
        );
        assert!(unknown.ends_with(" Did you mean n_neighbors?"), "{unknown}");
        let typed = error("umap", &["manifold.n_neighbors=many"]);
        assert_eq!(
            typed,
            r#"umap.n_neighbors can't be "many": it must be a whole number of at least 0"#
        );
        assert_eq!(
            error("umap", &["umap.n_neighbors=1"]),
            "umap.n_neighbors must be at least 2, but is 1"
        );
        assert_eq!(
            error("umap", &["n_neighbors=1"]),
            "n_neighbors=1: must have the form part.option=value"
        );
    }

    #[test]
    fn sizes_go_where_they_belong_unless_set() {
        let registry = Registry::default();
        let mut config = PipelineConfig::new(7);
        let taken = |config: &PipelineConfig| {
            make(
                &[entry::<UmapConfig, UmapConfig>(parse::<UmapConfig>)],
                Stage::Manifold,
                &config.manifold,
                config.n_clusters,
            )
        };
        assert_eq!(taken(&config).unwrap().n_components, 7);
        config.set("umap.n_components=2").unwrap();
        assert_eq!(taken(&config).unwrap().n_components, 2);
        config.clusterer.name = "kmeans".into();
        config.encoder.name = "identity".into();
        assert!(registry.build(&config).is_ok());
    }

    #[test]
    fn a_part_of_ones_own_replaces_one_of_the_same_name() {
        let registry = Registry::default().with_manifold::<UmapConfig>();
        assert_eq!(registry.names(Stage::Manifold).last(), Some(&"umap"));
        assert_eq!(
            registry.names(Stage::Manifold).len(),
            Registry::default().names(Stage::Manifold).len()
        );
    }
}
