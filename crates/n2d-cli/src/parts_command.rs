//! `n2d parts`: what a pipeline can be made of.

use n2d::{Registry, Stage};
use serde_json::{Map, Value};

use crate::args::PartsArgs;
use crate::errors::{CliError, nearest, print_stdout};
use crate::text::{Align, Style, table};

const STAGES: [Stage; 3] = [Stage::Encoder, Stage::Manifold, Stage::Clusterer];

/// Runs the command.
///
/// # Errors
/// Bad usage: an unknown name.
pub(crate) fn run(args: &PartsArgs) -> Result<(), CliError> {
    let registry = Registry::default();
    let style = Style::of_stdout();
    let mut text = String::new();
    for stage in STAGES {
        let names = registry.names(stage);
        for (i, name) in names.iter().enumerate() {
            if args.name.as_deref().is_some_and(|wanted| wanted != *name) {
                continue;
            }
            let default = if i == 0 { ", the default" } else { "" };
            let lead = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{lead}{}  ({stage}{default})\n", style.bold(name)));
            let sized = registry.sized_by_clusters(stage, name)?;
            let meanings = match args.name {
                Some(_) => registry.meanings(stage, name)?,
                None => Vec::new(),
            };
            text.push_str(&options(
                stage,
                sized,
                &registry.defaults(stage, name)?,
                &meanings,
            ));
        }
    }
    if let (true, Some(name)) = (text.is_empty(), &args.name) {
        return Err(unknown(&registry, name));
    }
    let more = match args.name {
        Some(_) => "",
        None => "`n2d parts NAME` says what each option means. ",
    };
    text.push_str(&style.dim(&format!(
        "\n{more}Set one with --set PART.OPTION=VALUE; a value of the wrong kind is refused with those allowed.\n",
    )));
    print_stdout(&text)
}

/// The options with their defaults, in a table, or each with its meaning below it; `sized` is the one that the pipeline sets where the number
/// of clusters is known.
fn options(
    stage: Stage,
    sized: Option<&str>,
    defaults: &Map<String, Value>,
    meanings: &[(&str, String)],
) -> String {
    let size = match stage {
        Stage::Encoder => "the number of clusters, or --latent-dim",
        Stage::Manifold | Stage::Clusterer => "the number of clusters",
    };
    let row = |(option, value): (&String, &Value)| {
        let value = match (sized == Some(option.as_str()), value) {
            (true, Value::Null) => size.to_owned(),
            (true, default) => format!("{size}; {default} where that is not known"),
            (false, Value::Null) => "unset".to_owned(),
            (false, Value::String(text)) => text.clone(),
            (false, other) => other.to_string(),
        };
        vec![option.clone(), value]
    };
    let rows: Vec<Vec<String>> = defaults.iter().map(row).collect();
    if rows.is_empty() {
        return "  no options\n".to_owned();
    }
    if meanings.is_empty() {
        return table("  ", &[Align::Left, Align::Left], &rows);
    }
    let entry = |row: &Vec<String>| {
        let meaning = meanings.iter().find(|(option, _)| *option == row[0]);
        let lines = meaning.map_or("", |(_, meaning)| meaning).lines();
        let lines = lines.map(|line| format!("      {line}\n"));
        format!("  {} = {}\n{}", row[0], row[1], lines.collect::<String>())
    };
    rows.iter().map(entry).collect()
}

fn unknown(registry: &Registry, name: &str) -> CliError {
    let mut known: Vec<&str> = STAGES.iter().flat_map(|&stage| registry.names(stage)).collect();
    let mut seen = Vec::new();
    known.retain(|name| {
        !seen.contains(name) && {
            seen.push(*name);
            true
        }
    });
    let refusal = CliError::usage(format!(
        "there is no part \"{name}\"; the parts are {}",
        known.join(", ")
    ));
    match nearest(name, known) {
        Some(near) => refusal.with_hint(format!("did you mean {near}?")),
        None => refusal,
    }
}
