//! A configuration as a file for people: every option with its meaning.

use n2d_core::Stage;
use serde_json::Value;

use super::{DataConfig, OutputConfig, RunConfig, STAGES};
use crate::{BuildError, EnsembleConfig, PartChoice, Registry};

const HEAD: &str = "\
# A run of n2d: `n2d fit --config FILE`. Arguments on the command line override it.
# A line with `#` before its key shows an option that is not set.

";

impl RunConfig {
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
        data_text(&mut text, &self.data);
        for stage in STAGES {
            let size = match stage {
                Stage::Encoder => pipeline.latent_dim.or(pipeline.n_clusters),
                Stage::Manifold | Stage::Clusterer => pipeline.n_clusters,
            };
            part_text(&mut text, registry, stage, pipeline.part(stage), size)?;
        }
        ensemble_text(&mut text, pipeline.ensemble.as_ref());
        output_text(&mut text, &self.output);
        Ok(text)
    }
}

fn data_text(text: &mut String, data: &DataConfig) {
    let of = |value: &Option<String>| value.clone().map(Value::from);
    text.push_str("\n[data]\n# A built-in data set or a file.\n");
    optional(text, "input", of(&data.input), "\"measurements.csv\"");
    text.push_str("# The known classes, only to score the clusters: a column of the file, or a file.\n");
    optional(text, "labels", of(&data.labels), "\"species\"");
    text.push_str(
        "# Columns of a text file to leave out, by name, or by number from 0 where there is no header.\n",
    );
    let drop = Some(&data.drop).filter(|drop| !drop.is_empty());
    optional(text, "drop", drop.map(|drop| drop.clone().into()), "[\"id\"]");
    text.push_str("# Where built-in data sets are looked for first.\n");
    optional(text, "data_dir", of(&data.data_dir), "\"data\"");
    text.push_str("# none, minmax, standard, standard-channels or standard-all.\n");
    let scale = data.scale.map(|scale| Value::from(scale.name()));
    optional(text, "scale", scale, "\"minmax\"");
}

fn output_text(text: &mut String, output: &OutputConfig) {
    text.push_str("\n[output]\n");
    for (name, file, example) in [
        ("model", &output.model, "\"model.n2d\""),
        ("labels", &output.labels, "\"labels.csv\""),
        ("embedding", &output.embedding, "\"embedding.npy\""),
        ("latent", &output.latent, "\"latent.npy\""),
        ("plot", &output.plot, "\"clusters.png\""),
        ("report", &output.report, "\"report.html\""),
    ] {
        optional(text, name, file.clone().map(Value::from), example);
    }
}

/// The table of the ensemble; where there is none, as one that is not set.
fn ensemble_text(text: &mut String, ensemble: Option<&EnsembleConfig>) {
    let unset = if ensemble.is_none() { "# " } else { "" };
    text.push_str(&format!(
        "\n# Several of this pipeline as one, from different seeds.\n{unset}[ensemble]\n"
    ));
    let shown = serde_json::to_value(ensemble.cloned().unwrap_or_default()).unwrap_or_default();
    for (option, doc) in EnsembleConfig::option_docs() {
        plain(doc)
            .lines()
            .for_each(|line| text.push_str(&format!("# {line}\n")));
        match toml_of(&shown[option]) {
            Some(value) => text.push_str(&format!("{unset}{option} = {value}\n")),
            None => text.push_str(&format!("# {option} is not set\n")),
        }
    }
}

/// One part's table: every option with its meaning.
fn part_text(
    text: &mut String,
    registry: &Registry,
    stage: Stage,
    choice: &PartChoice,
    size: Option<usize>,
) -> Result<(), BuildError> {
    let mut options = registry.defaults(stage, &choice.name)?;
    let docs = registry.docs(stage, &choice.name)?;
    let sized = registry.sized_by_clusters(stage, &choice.name)?;
    if let Some(option) = choice
        .options
        .keys()
        .find(|&option| !options.contains_key(option))
    {
        return Err(BuildError::unknown_option(&choice.name, option, &options));
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
        match (toml_of(value), size) {
            (_, Some(size)) if follows => text.push_str(&format!("# {option} = {size}\n")),
            (Some(value), None) if follows => text.push_str(&format!("# {option} = {value}\n")),
            _ => line(text, option, value),
        }
    }
    Ok(())
}

/// A doc comment as plain text, in lines of a readable length.
pub(crate) fn plain(doc: &str) -> String {
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
        None => text.push_str(&format!("# {key} is not set\n")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_become_plain_text() {
        assert_eq!(
            plain("In `[0, 1)`; see [`Thing::of`] and\n[the paper](https://a.b/c). Default none."),
            "In [0, 1); see Thing::of and the paper. Default none."
        );
    }
}
