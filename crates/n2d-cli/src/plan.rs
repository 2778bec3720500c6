//! The pipeline that the command line asks for.

use std::path::Path;

use n2d::{
    BuildError, Consensus, DynN2d, EnsembleConfig, PartChoice, PipelineConfig, Registry, RunConfig, Stage,
};

use serde_json::{Map, Value};

use crate::args::{Clusters, FitArgs};
use crate::errors::{CliError, without_number};

/// What stands in for the number of clusters until the data is read.
const SOME_CLUSTERS: usize = 2;

/// A configuration whose names and options are known to be right; the number of clusters may be missing.
#[derive(Debug)]
pub(crate) struct Plan {
    registry: Registry,
    config: PipelineConfig,
    /// Whether the clusterer can be told their number.
    takes_clusters: bool,
    /// Whether it must be, as its options do not say.
    needs_clusters: bool,
}

impl Plan {
    /// Checks all that can be checked before the data is read.
    ///
    /// # Errors
    /// Bad usage: unknown parts and options, values out of range.
    pub(crate) fn new(args: &FitArgs, file: &RunConfig) -> Result<Self, CliError> {
        let registry = Registry::default();
        let mut config = file.pipeline.clone();
        for (stage, name) in [
            (Stage::Encoder, &args.encoder),
            (Stage::Manifold, &args.manifold),
            (Stage::Clusterer, &args.clusterer),
        ] {
            if let Some(name) = name {
                replace(config.part_mut(stage), name);
            }
        }
        match args.clusters {
            Some(Clusters::Number(n)) => config.n_clusters = Some(n),
            Some(Clusters::Auto) => find_number(&registry, &mut config, args)?,
            None => {}
        }
        if args.self_training {
            let ensemble = config.ensemble.get_or_insert_with(EnsembleConfig::self_training);
            ensemble.consensus = Consensus::SelfTraining;
        }
        if let Some(n_members) = args.ensemble {
            config.ensemble.get_or_insert_default().n_members = n_members;
        }
        let of_file = config.encoder.options.clone();
        for setting in &args.settings {
            config.set(setting)?;
        }
        if args.self_training && !config.self_trains() {
            return Err(CliError::usage(
                "--self-training: ensemble.consensus is set to another way".to_owned(),
            ));
        }
        set_on_encoder(
            &registry,
            &mut config,
            &of_file,
            ("n_epochs", "--epochs"),
            args.epochs,
        )?;
        let latent_dim = ("latent_dim", "--latent-dim");
        set_on_encoder(&registry, &mut config, &of_file, latent_dim, args.latent_dim)?;
        let plan = Self {
            takes_clusters: registry.takes_clusters(&config.clusterer)?,
            needs_clusters: registry.needs_clusters(&config.clusterer)?,
            registry,
            config,
        };
        plan.pipeline(
            plan.config
                .n_clusters
                .or(Some(SOME_CLUSTERS).filter(|_| plan.needs_clusters)),
        )?;
        plan.only_used_clusters()?;
        Ok(plan)
    }

    /// A number of clusters that the clusterer would not look at is refused.
    fn only_used_clusters(&self) -> Result<(), CliError> {
        if self.needs_clusters || self.config.n_clusters.is_none() {
            return Ok(());
        }
        if self.takes_clusters {
            let twice = "n_clusters is given twice: by --clusters (or at the file's top) and as an option of the clusterer";
            return Err(CliError::usage(twice));
        }
        let name = &self.config.clusterer.name;
        let complaint = format!("--clusters: {name} finds the number of clusters by itself");
        Err(CliError::usage(complaint).with_hint(format!(
            "what it can be told: n2d parts {name}; widths: --latent-dim D, --set manifold.n_components=D"
        )))
    }

    /// The names of the parts: encoder, manifold learner, clusterer.
    pub(crate) fn parts(&self) -> [&str; 3] {
        [Stage::Encoder, Stage::Manifold, Stage::Clusterer].map(|stage| self.config.part(stage).name.as_str())
    }

    /// The file that the encoder begins with, if it has one.
    pub(crate) fn weights(&self) -> Option<&Path> {
        self.config
            .encoder
            .options
            .get("weights")?
            .as_str()
            .map(Path::new)
    }

    /// Whether the encoder trains, epoch by epoch.
    ///
    /// # Errors
    /// Bad usage for an unknown encoder.
    pub(crate) fn trains(&self) -> Result<bool, CliError> {
        let defaults = self
            .registry
            .defaults(Stage::Encoder, &self.config.encoder.name)?;
        Ok(defaults.contains_key("n_epochs"))
    }

    /// Whether several encoders are trained.
    pub(crate) fn has_members(&self) -> bool {
        self.config.ensemble.is_some()
    }

    /// The number of clusters: as given, else that of the classes; none where the clusterer finds it by itself.
    ///
    /// # Errors
    /// Bad usage where it is needed and not known.
    pub(crate) fn n_clusters(&self, n_classes: Option<usize>) -> Result<Option<usize>, CliError> {
        if !self.takes_clusters {
            return Ok(None);
        }
        let known = self.config.n_clusters.or(n_classes.filter(|&n| n > 0));
        if known.is_none() && self.needs_clusters {
            let error = CliError::usage("the number of clusters is not known: give --clusters K");
            return Err(error.with_hint(
                "--clusters auto finds it, as --clusterer hdbscan does; where the classes are known, --labels COLUMN|FILE gives it",
            ));
        }
        Ok(known)
    }

    /// The pipeline for so many clusters.
    ///
    /// # Errors
    /// Bad usage where a part can't have so many.
    pub(crate) fn pipeline(&self, n_clusters: Option<usize>) -> Result<DynN2d, CliError> {
        self.build(&self.config(n_clusters))
    }

    /// Its configuration for so many clusters.
    pub(crate) fn config(&self, n_clusters: Option<usize>) -> PipelineConfig {
        PipelineConfig {
            n_clusters,
            ..self.config.clone()
        }
    }

    fn build(&self, config: &PipelineConfig) -> Result<DynN2d, CliError> {
        let built = self.registry.build(config);
        built.map_err(|error| self.with_width_hint(error.into()))
    }

    /// A failure that names the width of the embedding, which the user need not have set: it has as many columns as there are clusters.
    pub(crate) fn with_width_hint(&self, error: CliError) -> CliError {
        let PartChoice { name, options } = &self.config.manifold;
        if options.contains_key("n_components")
            || !error.message().contains("n_components")
            || !error.message().starts_with(&**name)
        {
            return error;
        }
        error.or_hint(format!(
            "{name}.n_components is the number of clusters unless set: --set {name}.n_components=2"
        ))
    }
}

/// Reads a configuration file.
///
/// # Errors
/// A file that can't be read; bad usage where it is no configuration.
pub(crate) fn read_config(path: &Path) -> Result<RunConfig, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let reason = without_number(&error.to_string());
        CliError::failed(format!("{} can't be read: {reason}", path.display()))
    })?;
    let config = RunConfig::from_toml(&text);
    config.and_then(can_be_built).map_err(|error| {
        CliError::usage(format!("{}: {error}", path.display()))
            .with_hint("`n2d config` prints a file with every option")
    })
}

/// A mistake in a file is said to be there, and not taken for one of the command line, which may change what is right.
fn can_be_built(config: RunConfig) -> Result<RunConfig, BuildError> {
    let registry = Registry::default();
    let mut pipeline = config.pipeline.clone();
    if registry.needs_clusters(&pipeline.clusterer)? {
        pipeline.n_clusters.get_or_insert(SOME_CLUSTERS);
    }
    registry.build(&pipeline)?;
    Ok(config)
}

/// Another part than the file's has none of its options.
fn replace(choice: &mut PartChoice, name: &str) {
    if choice.name != name {
        *choice = PartChoice::new(name);
    }
}

/// `--clusters auto`: a clusterer that finds the number of clusters by itself.
fn find_number(registry: &Registry, config: &mut PipelineConfig, args: &FitArgs) -> Result<(), CliError> {
    config.n_clusters = None;
    let named = args.clusterer.is_some() || !config.clusterer.options.is_empty();
    if !registry.takes_clusters(&config.clusterer)? {
        return Ok(());
    }
    match config.clusterer.name.as_str() {
        // It has the same options but for the number.
        "gmm" if named => "gmm_auto".clone_into(&mut config.clusterer.name),
        "gmm" => replace(&mut config.clusterer, "hdbscan"),
        other => {
            return Err(CliError::usage(format!(
                "--clusters auto: {other} must be told the number of clusters"
            ))
            .with_hint("clusterers that find it: hdbscan, gmm_auto, bayesian_gmm, dbscan, optics"));
        }
    }
    Ok(())
}

/// Sets an option of the encoder by an argument of its own.
fn set_on_encoder(
    registry: &Registry,
    config: &mut PipelineConfig,
    of_file: &Map<String, Value>,
    (option, argument): (&str, &str),
    value: Option<usize>,
) -> Result<(), CliError> {
    let encoder = &mut config.encoder;
    let defaults = registry.defaults(Stage::Encoder, &encoder.name)?;
    let Some(value) = value else {
        return Ok(());
    };
    if !defaults.contains_key(option) {
        let name = &encoder.name;
        return Err(CliError::usage(format!(
            "{argument}: the encoder {name} has no option {option}"
        )));
    }
    if encoder.options.get(option) != of_file.get(option) {
        return Err(CliError::usage(format!(
            "{option} is given twice: by {argument} and by --set"
        )));
    }
    encoder.options.insert(option.to_owned(), value.into());
    Ok(())
}
