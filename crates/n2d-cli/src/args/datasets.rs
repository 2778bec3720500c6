//! What `n2d datasets` is told.

use std::path::PathBuf;

use clap::Subcommand;

const DATASETS_EXAMPLES: &str = "\
Data directories are looked at in this order: --data-dir, the environment variable N2D_DATA_DIR,
the folder `n2d` of the platform's cache folder. Each holds a folder a set: mnist, har, ...

Examples:
  n2d datasets
  n2d datasets fetch fashion
  n2d datasets fetch mnist fashion --data-dir data";

#[derive(Debug, clap::Args)]
#[command(after_help = DATASETS_EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct DatasetsArgs {
    #[command(subcommand)]
    pub(crate) action: Option<DatasetsAction>,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// The data directory looked at first
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// One JSON object on stdout in place of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DatasetsAction {
    /// Fetch data sets over HTTP; every file is checked against its SHA-256
    Fetch(FetchArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  n2d datasets fetch fashion\n  n2d datasets fetch mnist fashion --data-dir data"
)]
#[cfg_attr(not(feature = "download"), allow(dead_code))]
pub(crate) struct FetchArgs {
    /// The data sets to fetch
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,

    /// The data directory to fetch into [default: N2D_DATA_DIR, else the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The address of a folder to fetch the files from, in place of the known ones
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,

    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
