//! A whole run as a file.

use n2d_core::Stage;
use n2d_datasets::Scaling;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::registry::did_you_mean;
use crate::{BuildError, PartChoice, PipelineConfig, Registry};

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
    /// `n_clusters`, `latent_dim` and the tables `[encoder]`, `[manifold]` and `[clusterer]`.
    pub pipeline: PipelineConfig,
    /// The table `[output]`.
    pub output: OutputConfig,
}

/// Where the data of a run is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A built-in data set or a file.
    pub input: Option<String>,
    /// The known classes: a column of the file, or a file of its own.
    pub labels: Option<String>,
    /// How each column is scaled.
    pub scale: Option<Scaling>,
}

/// The files that a run writes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputConfig {
    /// The fitted model.
    pub model: Option<String>,
    /// The cluster of each row, as CSV.
    pub labels: Option<String>,
    /// The embedding, as `.npy`.
    pub embedding: Option<String>,
    /// The latents, as `.npy`.
    pub latent: Option<String>,
}

const KEYS: [&str; 9] = [
    "seed",
    "threads",
    "n_clusters",
    "latent_dim",
    "data",
    "encoder",
    "manifold",
    "clusterer",
    "output",
];
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
        let mut keys = match serde_json::to_value(table) {
            Ok(Value::Object(keys)) => keys,
            // TOML has nothing that JSON can't hold but dates, which it turns into text.
            _ => Map::new(),
        };
        known_keys("", &keys, &KEYS)?;
        known_keys("data", &table_of(&keys, "data")?, &["input", "labels", "scale"])?;
        known_keys(
            "output",
            &table_of(&keys, "output")?,
            &["model", "labels", "embedding", "latent"],
        )?;
        let mut pipeline = PipelineConfig::default();
        (pipeline.n_clusters, pipeline.latent_dim) =
            (take(&mut keys, "n_clusters")?, take(&mut keys, "latent_dim")?);
        for stage in STAGES {
            *pipeline.part_mut(stage) = part(&mut keys, stage, &pipeline.part(stage).name)?;
        }
        Ok(Self {
            seed: take(&mut keys, "seed")?,
            threads: take(&mut keys, "threads")?,
            data: take(&mut keys, "data")?.unwrap_or_default(),
            output: take(&mut keys, "output")?.unwrap_or_default(),
            pipeline,
        })
    }

    /// A configuration file with every option of the pipeline's parts at its value, its meaning above it.
    ///
    /// It says the same as this configuration: reading it again and building gives the same pipeline.
    ///
    /// # Errors
    /// [`BuildError`] for a part that is not registered, or an option it does not have.
    pub fn to_toml(&self, registry: &Registry) -> Result<String, BuildError> {
        let mut text = String::from(HEAD);
        let pipeline = &self.pipeline;
        line(&mut text, "seed", &self.seed.unwrap_or(0).into());
        optional(&mut text, "threads", self.threads.map(Value::from), "4");
        text.push_str("\n# Clusters to find. Not for clusterers that find their number by themselves.\n");
        optional(
            &mut text,
            "n_clusters",
            pipeline.n_clusters.map(Value::from),
            "10",
        );
        text.push_str("# Width of the latents. Unset: the number of clusters.\n");
        optional(
            &mut text,
            "latent_dim",
            pipeline.latent_dim.map(Value::from),
            "10",
        );
        text.push_str("\n[data]\n# A built-in data set or a file.\n");
        optional(
            &mut text,
            "input",
            self.data.input.clone().map(Value::from),
            "\"measurements.csv\"",
        );
        text.push_str("# The known classes, only to score the clusters: a column of the file, or a file.\n");
        optional(
            &mut text,
            "labels",
            self.data.labels.clone().map(Value::from),
            "\"species\"",
        );
        text.push_str("# none, minmax or standard.\n");
        let scale = self.data.scale.map(|scale| Value::from(scale.name()));
        optional(&mut text, "scale", scale, "\"minmax\"");
        for stage in STAGES {
            part_text(&mut text, registry, stage, pipeline.part(stage))?;
        }
        text.push_str("\n[output]\n");
        for (name, file, example) in [
            ("model", &self.output.model, "\"model.n2d\""),
            ("labels", &self.output.labels, "\"labels.csv\""),
            ("embedding", &self.output.embedding, "\"embedding.npy\""),
            ("latent", &self.output.latent, "\"latent.npy\""),
        ] {
            optional(&mut text, name, file.clone().map(Value::from), example);
        }
        Ok(text)
    }
}

const HEAD: &str = "\
# A run of n2d: `n2d fit --config FILE`. Arguments on the command line override it.
# A line with `#` before its key shows an option that is not set.

";

/// One part's table: every option with its meaning.
fn part_text(
    text: &mut String,
    registry: &Registry,
    stage: Stage,
    choice: &PartChoice,
) -> Result<(), BuildError> {
    let mut options = registry.defaults(stage, &choice.name)?;
    let docs = registry.docs(stage, &choice.name)?;
    let sized = registry.sized_by_clusters(stage, &choice.name)?;
    let known: Vec<&str> = options.keys().map(String::as_str).collect();
    for option in choice.options.keys() {
        if !known.contains(&option.as_str()) {
            return Err(BuildError::UnknownOption {
                part: choice.name.clone(),
                option: option.clone(),
                known: known.join(", "),
                hint: did_you_mean(option, known.iter().copied()),
            });
        }
    }
    let given = choice.options.clone();
    let names = registry.names(stage).join(", ");
    text.push_str(&format!("\n[{}]\n# One of {names}.\n", stage.name()));
    line(text, "name", &choice.name.clone().into());
    options.extend(given.clone());
    for (option, value) in &options {
        let doc = docs
            .iter()
            .find(|(name, _)| name == option)
            .map_or("", |(_, doc)| doc);
        plain(doc)
            .lines()
            .for_each(|line| text.push_str(&format!("# {line}\n")));
        let follows = sized == Some(option.as_str()) && !given.contains_key(option);
        if value.is_null() || follows {
            let value = toml_of(value).map_or_else(String::new, |value| format!(" {value}"));
            text.push_str(&format!("# {option} ={value}\n"));
        } else {
            line(text, option, value);
        }
    }
    Ok(())
}

/// A doc comment as plain text, in lines of a readable length.
fn plain(doc: &str) -> String {
    let mut lines = vec![String::new()];
    for word in without_links(doc).replace('`', "").split_whitespace() {
        let last = lines.last_mut().expect("never empty");
        if last.len() + word.len() > 110 {
            lines.push(word.to_owned());
        } else {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        }
    }
    lines.join("\n")
}

/// Links to items become their names. Intervals such as `[0, 1)` are no links.
fn without_links(doc: &str) -> String {
    let mut text = String::new();
    let mut rest = doc;
    while let Some(open) = rest.find('[') {
        let (before, link) = rest.split_at(open);
        text.push_str(before);
        let is_link = link[1..].starts_with(|first: char| first.is_alphabetic() || first == '`');
        match link.find(']') {
            Some(close) if is_link => {
                text.push_str(&link[1..close]);
                rest = &link[close + 1..];
                if rest.starts_with('(') {
                    rest = rest.split_once(')').map_or("", |(_, after)| after);
                }
            }
            _ => {
                text.push('[');
                rest = &link[1..];
            }
        }
    }
    text + rest
}

fn line(text: &mut String, key: &str, value: &Value) {
    match toml_of(value) {
        Some(value) => text.push_str(&format!("{key} = {value}\n")),
        None => text.push_str(&format!("# {key} =\n")),
    }
}

fn optional(text: &mut String, key: &str, value: Option<Value>, example: &str) {
    match value {
        Some(value) => line(text, key, &value),
        None => text.push_str(&format!("# {key} = {example}\n")),
    }
}

/// A value in TOML; none for null.
fn toml_of(value: &Value) -> Option<String> {
    toml::Value::try_from(value).ok().map(|value| value.to_string())
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
        Some(other) => Err(bad(name, format!("must be a table, [{name}], but is {other}"))),
    }
}

fn known_keys(table: &str, keys: &Map<String, Value>, known: &[&str]) -> Result<(), BuildError> {
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let hint = did_you_mean(key, known.iter().copied());
            let place = if table.is_empty() {
                "at the top".to_owned()
            } else {
                format!("in [{table}]")
            };
            Err(bad(
                key,
                format!("is no key {place}; there are {}.{hint}", known.join(", ")),
            ))
        }
    }
}

fn take<T: DeserializeOwned>(keys: &mut Map<String, Value>, key: &str) -> Result<Option<T>, BuildError> {
    keys.remove(key)
        .map(|value| serde_json::from_value(value).map_err(|error| bad(key, error.to_string())))
        .transpose()
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
    fn docs_become_plain_text() {
        assert_eq!(
            plain("In `[0, 1)`; see [`Thing::of`] and\n[the paper](https://a.b/c). Default none."),
            "In [0, 1); see Thing::of and the paper. Default none."
        );
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text| RunConfig::from_toml(text).unwrap_err().to_string();
        assert_eq!(
            error("[data]\ninptu = 'a.csv'"),
            "inptu: is no key in [data]; there are input, labels, scale. Did you mean input?"
        );
        assert_eq!(
            error("encoder = 'dense'"),
            "encoder: must be a table, [encoder], but is \"dense\""
        );
        assert!(error("seed = ").contains("line 1"), "{}", error("seed = "));
        assert!(error("seed = -1").starts_with("seed: "), "{}", error("seed = -1"));
    }
}
