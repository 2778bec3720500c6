//! What `n2d convert`, `n2d completions` and `n2d man` are told.

use std::num::NonZeroU32;
use std::path::PathBuf;

const CONVERT_EXAMPLES: &str = "\
Examples:
  n2d convert measurements.parquet measurements.npy
  n2d convert photos/ photos.npz --size 64x64             a folder of PNG and JPEG pictures; folders in it are classes
  n2d convert flowers.csv flowers.parquet --labels species
  cat flowers.csv | n2d convert - flowers.arrow
  n2d convert embedding.npy - | head                      text on stdout

Labels go along as a column `label`, in .npz as the array `y` of their numbers; .npy has none.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  n2d completions bash > ~/.local/share/bash-completion/completions/n2d
  n2d completions zsh > ~/.zfunc/_n2d
  n2d completions fish > ~/.config/fish/completions/n2d.fish";

const MAN_EXAMPLES: &str = "\
Examples:
  n2d man | man -l -
  n2d man --out ~/.local/share/man/man1";

#[derive(Debug, clap::Args)]
#[command(after_help = CONVERT_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ConvertArgs {
    /// The data: a file as for `n2d fit`, a built-in data set, a folder of PNG and JPEG pictures, or - for stdin
    #[arg(value_name = "NAME|FILE|FOLDER|-")]
    pub(crate) input: PathBuf,

    /// The file to write, as its ending says: .npy, .npz, .csv, .tsv, .parquet, .arrow or .feather; - for text on stdout
    #[arg(value_name = "FILE|-")]
    pub(crate) out: PathBuf,

    /// The known classes: a column of the file, or a file with one label a row
    #[arg(long, value_name = "COLUMN|FILE")]
    pub(crate) labels: Option<PathBuf>,

    /// Leave a column out, by its name, or its number from 0 where there are no names; may be given often
    #[arg(long, value_name = "COLUMN")]
    pub(crate) drop: Vec<String>,

    /// Resize pictures of a folder to so many pixels across and down [default: none; all must be of one size]
    #[arg(long, value_name = "WIDTHxHEIGHT")]
    pub(crate) size: Option<PictureSize>,

    /// Keep the colours of pictures of a folder [default: grey]
    #[arg(long)]
    pub(crate) colour: bool,

    /// Where built-in data sets are looked for first
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// Pixels across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureSize(pub(crate) NonZeroU32, pub(crate) NonZeroU32);

impl std::str::FromStr for PictureSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text
            .split_once('x')
            .map(|(width, height)| (width.parse().ok(), height.parse().ok()));
        match sides {
            Some((Some(width), Some(height))) => Ok(Self(width, height)),
            _ => Err("two whole numbers above 0 with x between them, such as 64x64".to_owned()),
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = COMPLETIONS_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct ManArgs {
    /// Write the page of each command into a folder [default: the program's own page, on stdout]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
