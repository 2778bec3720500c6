//! A whole run as a file.

use std::num::NonZeroUsize;

use documented::DocumentedFieldsOpt;
use n2d_core::Stage;
use n2d_datasets::Scaling;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::registry::did_you_mean;
use crate::{BuildError, EnsembleConfig, PartChoice, PipelineConfig, Registry, words};

mod text;

pub(crate) use text::plain;

/// A whole run as data, as a file such as `n2d.toml` holds it: where the data is, the pipeline, and what is written.
///
/// ```
/// use n2d::{Registry, RunConfig};
///
/// let run = RunConfig::from_toml(
///     r#"
///     n_clusters = 3
///     [data]
///     input = "flowers.csv"
///     scale = "standard"
///     [manifold]
///     name = "umap"
///     n_neighbors = 30
///     "#,
/// )?;
/// assert_eq!(run.data.input.as_deref(), Some("flowers.csv"));
/// let pipeline = Registry::default().build(&run.pipeline)?;
///
/// let error = RunConfig::from_toml("n_cluster = 3").unwrap_err();
/// assert!(error.to_string().ends_with("Did you mean n_clusters?"));
/// # Ok::<(), n2d::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RunConfig {
    /// The seed of the fit. Default none: the caller's.
    pub seed: Option<u64>,
    /// Threads that work. Default none: one a core.
    pub threads: Option<usize>,
    /// The table `[data]`.
    pub data: DataConfig,
    /// `n_clusters`, `latent_dim` and the tables `[encoder]`, `[manifold]`, `[clusterer]` and `[ensemble]`.
    pub pipeline: PipelineConfig,
    /// The table `[output]`.
    pub output: OutputConfig,
}

/// Where the data of a run is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DataConfig {
    /// A built-in data set or a file.
    pub input: Option<String>,
    /// The known classes: a column of the file, or a file of its own.
    pub labels: Option<String>,
    /// Columns of a text file to leave out.
    pub drop: Vec<String>,
    /// Where built-in data sets are looked for first.
    pub data_dir: Option<String>,
    /// How each column is scaled.
    pub scale: Option<Scaling>,
}

/// The files that a run writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct OutputConfig {
    /// The fitted model.
    pub model: Option<String>,
    /// The cluster of each row, as CSV.
    pub labels: Option<String>,
    /// The embedding, as `.npy`.
    pub embedding: Option<String>,
    /// The latents, as `.npy`.
    pub latent: Option<String>,
    /// A picture of the embedding, as `.png` or `.svg`.
    pub plot: Option<String>,
    /// One HTML page about the fit.
    pub report: Option<String>,
}

pub(crate) const KEYS: [&str; 10] = [
    "seed",
    "threads",
    "n_clusters",
    "latent_dim",
    "data",
    "encoder",
    "manifold",
    "clusterer",
    "ensemble",
    "output",
];
const DATA_KEYS: [&str; 5] = ["input", "labels", "drop", "data_dir", "scale"];
const OUTPUT_KEYS: [&str; 6] = ["model", "labels", "embedding", "latent", "plot", "report"];
const STAGES: [Stage; 3] = [Stage::Encoder, Stage::Manifold, Stage::Clusterer];

impl RunConfig {
    /// Reads a configuration from TOML. Whether parts have the options it names shows when the pipeline is built.
    ///
    /// # Errors
    /// [`BuildError::BadFile`] with the line for what is no TOML, and [`BuildError::BadSetting`] for unknown keys, with the nearest known
    /// one, and for values of the wrong type.
    pub fn from_toml(text: &str) -> Result<Self, BuildError> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| BuildError::BadFile {
                reason: error.to_string().trim_end().to_owned(),
            })?;
        plain_values("", &toml::Value::Table(table.clone()))?;
        let mut keys = match serde_json::to_value(table) {
            Ok(Value::Object(keys)) => keys,
            _ => Map::new(),
        };
        known_keys("", &keys, &KEYS)?;
        let mut pipeline = PipelineConfig::default();
        if keys.get("n_clusters").is_some_and(|given| given == "auto") {
            let reason = "can't be \"auto\" here: leave it out, with a clusterer that finds it, such as hdbscan or gmm_auto";
            return Err(bad("n_clusters", reason.to_owned()));
        }
        let mut size = |key| take::<NonZeroUsize>(&mut keys, key).map(|size| size.map(NonZeroUsize::get));
        (pipeline.n_clusters, pipeline.latent_dim) = (size("n_clusters")?, size("latent_dim")?);
        for stage in STAGES {
            *pipeline.part_mut(stage) = part(&mut keys, stage, &pipeline.part(stage).name)?;
        }
        pipeline.ensemble = ensemble(&keys)?;
        Ok(Self {
            seed: take(&mut keys, "seed")?,
            threads: take(&mut keys, "threads")?,
            data: DataConfig::from_keys(&keys)?,
            output: OutputConfig::from_keys(&keys)?,
            pipeline,
        })
    }
}

impl DataConfig {
    fn from_keys(keys: &Map<String, Value>) -> Result<Self, BuildError> {
        let table = Table::of(keys, "data", &DATA_KEYS)?;
        Ok(Self {
            input: table.get("input")?,
            labels: table.get("labels")?,
            drop: table.get("drop")?.unwrap_or_default(),
            data_dir: table.get("data_dir")?,
            scale: table.get("scale")?,
        })
    }
}

impl OutputConfig {
    fn from_keys(keys: &Map<String, Value>) -> Result<Self, BuildError> {
        let table = Table::of(keys, "output", &OUTPUT_KEYS)?;
        Ok(Self {
            model: table.get("model")?,
            labels: table.get("labels")?,
            embedding: table.get("embedding")?,
            latent: table.get("latent")?,
            plot: table.get("plot")?,
            report: table.get("report")?,
        })
    }
}

/// A table whose keys are all known.
struct Table {
    name: &'static str,
    keys: Map<String, Value>,
}

impl Table {
    fn of(keys: &Map<String, Value>, name: &'static str, known: &[&str]) -> Result<Self, BuildError> {
        let keys = table_of(keys, name)?;
        known_keys(name, &keys, known)?;
        Ok(Self { name, keys })
    }

    fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, BuildError> {
        let value = self.keys.get(key).cloned();
        value
            .map(|value| parsed(&format!("{}.{key}", self.name), value))
            .transpose()
    }
}

/// The table of the ensemble, where there is one.
fn ensemble(keys: &Map<String, Value>) -> Result<Option<EnsembleConfig>, BuildError> {
    if !keys.contains_key("ensemble") {
        return Ok(None);
    }
    let table = Table::of(keys, "ensemble", EnsembleConfig::FIELD_NAMES)?;
    let default = EnsembleConfig::default();
    Ok(Some(EnsembleConfig {
        n_members: table.get("n_members")?.unwrap_or(default.n_members),
        consensus: table.get("consensus")?.unwrap_or(default.consensus),
        taught: table.get("taught")?.unwrap_or(default.taught),
        taught_epochs: table.get("taught_epochs")?,
        taught_rounds: table.get("taught_rounds")?.unwrap_or(default.taught_rounds),
    }))
}

/// The table of a part: its name, and all other keys as its options.
fn part(keys: &mut Map<String, Value>, stage: Stage, default: &str) -> Result<PartChoice, BuildError> {
    let mut options = table_of(keys, stage.name())?;
    let name = take(&mut options, "name")?.unwrap_or_else(|| default.to_owned());
    Ok(PartChoice { name, options })
}

/// A table by its name; empty where there is none.
fn table_of(keys: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, BuildError> {
    match keys.get(name) {
        None => Ok(Map::new()),
        Some(Value::Object(table)) => Ok(table.clone()),
        Some(Value::String(text)) if STAGES.iter().any(|stage| stage.name() == name) => Err(bad(
            name,
            format!("must be a table; write [{name}] and below it name = \"{text}\""),
        )),
        Some(other) => Err(bad(name, format!("must be a table, [{name}], but is {other}"))),
    }
}

fn known_keys(table: &str, keys: &Map<String, Value>, known: &[&str]) -> Result<(), BuildError> {
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let place = match table {
                "" => "at the top".to_owned(),
                table => format!("in [{table}]"),
            };
            let elsewhere = belongs_to(key).filter(|of| *of != table);
            let hint = match elsewhere {
                Some(of) => format!(" It stands in [{of}]."),
                None => did_you_mean(key, known.iter().copied()),
            };
            Err(bad(
                key,
                format!("is no key {place}; there are {}.{hint}", known.join(", ")),
            ))
        }
    }
}

/// The table that a key, or the name of one of our parts, belongs to.
fn belongs_to(key: &str) -> Option<&'static str> {
    let registry = Registry::default();
    let of_part = || {
        let stage = STAGES.iter().find(|&&stage| registry.names(stage).contains(&key));
        stage.map(|stage| stage.name())
    };
    match key {
        _ if DATA_KEYS.contains(&key) => Some("data"),
        _ if OUTPUT_KEYS.contains(&key) => Some("output"),
        "epochs" | "n_epochs" => Some("encoder"),
        _ => of_part(),
    }
}

/// That there is nothing which options can't be: dates, and numbers that are none or infinite.
fn plain_values(key: &str, value: &toml::Value) -> Result<(), BuildError> {
    let below = |name: &str| {
        if key.is_empty() {
            name.to_owned()
        } else {
            format!("{key}.{name}")
        }
    };
    match value {
        toml::Value::Table(table) => table
            .iter()
            .try_for_each(|(name, value)| plain_values(&below(name), value)),
        toml::Value::Array(values) => values.iter().try_for_each(|value| plain_values(key, value)),
        toml::Value::Float(number) if !number.is_finite() => {
            Err(bad(key, format!("must be a finite number, but is {number}")))
        }
        toml::Value::Datetime(date) => Err(bad(key, format!("can't be a date, but is {date}"))),
        _ => Ok(()),
    }
}

fn take<T: DeserializeOwned>(keys: &mut Map<String, Value>, key: &str) -> Result<Option<T>, BuildError> {
    keys.remove(key).map(|value| parsed(key, value)).transpose()
}

fn parsed<T: DeserializeOwned>(key: &str, value: Value) -> Result<T, BuildError> {
    serde_json::from_value(value.clone())
        .map_err(|error| bad(key, format!("can't be {value}: {}", words::allowed(&error))))
}

fn bad(key: &str, reason: String) -> BuildError {
    BuildError::BadSetting {
        setting: key.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Registry;

    #[test]
    fn what_is_printed_says_the_same_for_every_part() {
        let registry = Registry::default();
        for stage in STAGES {
            for name in registry.names(stage) {
                let mut run = RunConfig::default();
                run.pipeline.part_mut(stage).name = name.to_owned();
                let text = run.to_toml(&registry).unwrap();
                let read =
                    RunConfig::from_toml(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
                assert_eq!(read.to_toml(&registry).unwrap(), text, "{name}");
                let defaults = registry.defaults(stage, name).unwrap();
                for (option, value) in &read.pipeline.part(stage).options {
                    assert_eq!(value, &defaults[option], "{name}.{option}");
                }
                for option in defaults.keys() {
                    let docs = registry.docs(stage, name).unwrap();
                    assert!(
                        docs.iter().any(|(known, _)| known == option),
                        "{name}.{option} has no docs"
                    );
                }
            }
        }
    }

    #[test]
    fn every_scaling_goes_by_its_name() {
        for name in ["none", "minmax", "standard", "standard-channels", "standard-all"] {
            let run = RunConfig::from_toml(&format!("[data]\nscale = '{name}'")).unwrap();
            assert_eq!(run.data.scale.map(Scaling::name), Some(name));
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| RunConfig::from_toml(text).unwrap_err().to_string();
        assert_eq!(
            error("[data]\ninptu = 'a.csv'"),
            "inptu: is no key in [data]; there are input, labels, drop, data_dir, scale. Did you mean input?"
        );
        assert_eq!(
            error("encoder = 'dense'"),
            "encoder: must be a table; write [encoder] and below it name = \"dense\""
        );
        let at_top = |key, table| {
            format!(
                "{key}: is no key at the top; there are seed, threads, n_clusters, latent_dim, data, encoder, manifold, clusterer, ensemble, output. It stands in [{table}]."
            )
        };
        assert_eq!(error("scale = 'minmax'"), at_top("scale", "data"));
        assert_eq!(error("[umap]\nn_neighbors = 5"), at_top("umap", "manifold"));
        assert_eq!(
            error("[encoder]\nbeta_1 = nan"),
            "encoder.beta_1: must be a finite number, but is NaN"
        );
        assert_eq!(
            error("seed = 1979-05-27"),
            "seed: can't be a date, but is 1979-05-27"
        );
        assert!(error("n_clusters = 'auto'").contains("such as hdbscan"));
        assert!(error("epochs = 5").ends_with("It stands in [encoder]."));
        for too_few in ["-1", "0"] {
            assert_eq!(
                error(&format!("n_clusters = {too_few}")),
                format!("n_clusters: can't be {too_few}: it must be a whole number of at least 1")
            );
        }
        assert!(error("seed = ").contains("line 1"), "{}", error("seed = "));
        assert_eq!(
            error("seed = -1"),
            "seed: can't be -1: it must be a whole number of at least 0"
        );
        assert_eq!(
            error("[data]\nscale = 'minmx'"),
            "data.scale: can't be \"minmx\": it must be one of none, minmax, standard, standard-channels, standard-all. Did you mean minmax?"
        );
        assert_eq!(
            error("[data]\ndrop = 'id'"),
            "data.drop: can't be \"id\": it must be a list"
        );
    }
}
