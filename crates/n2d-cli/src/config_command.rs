//! `n2d config`: a configuration file to begin with.

use n2d::{Registry, RunConfig, Stage};

use crate::args::ConfigArgs;
use crate::errors::{CliError, print_stdout};
use crate::plan::read_config;

/// Runs the command.
///
/// # Errors
/// Bad usage: unknown parts and options.
pub(crate) fn run(args: &ConfigArgs) -> Result<(), CliError> {
    let mut run = match &args.config {
        Some(path) => read_config(path)?,
        None => RunConfig::default(),
    };
    for (stage, name) in [
        (Stage::Encoder, &args.encoder),
        (Stage::Manifold, &args.manifold),
        (Stage::Clusterer, &args.clusterer),
    ] {
        if let Some(name) = name {
            run.pipeline.part_mut(stage).name.clone_from(name);
        }
    }
    for setting in &args.settings {
        run.pipeline.set(setting)?;
    }
    print_stdout(&run.to_toml(&Registry::default())?)
}
