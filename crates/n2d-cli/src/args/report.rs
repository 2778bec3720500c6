//! What `n2d report` is told.

use std::path::PathBuf;

use clap::ValueEnum;

use super::threads;

const REPORT_EXAMPLES: &str = "\
Examples:
  n2d report model.n2d flowers.csv --labels species --out report.html
  n2d report digits.n2d --data mnist --data-dir data --map umap --out digits.html
  n2d report model.n2d tomorrow.csv --new --out tomorrow.html             rows that the model labels
  n2d report windows.n2d windows.csv --shape 128x6 --out windows.html     rows of 128 steps with 6 channels

The page needs no network. In it are, of every row, its place, its labels and its values: of tables the twelve columns that set
clusters apart most, of pictures and sequences all, smaller where they would take more than 24 MiB. Whoever has the page has these data.";

#[derive(Debug, clap::Args)]
#[command(after_help = REPORT_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ReportArgs {
    /// A model that `n2d fit --out-model` has written
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// The rows the model was fitted to, in their order, as for `n2d fit` [default: none; the page then shows no rows]
    #[arg(value_name = "NAME|FILE")]
    pub(crate) input: Option<PathBuf>,

    /// The same, as an option
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "input")]
    pub(crate) data: Option<PathBuf>,

    /// The page's file
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: PathBuf,

    /// The known classes of these rows: a column of the text file, or a file with one label a row
    #[arg(long, value_name = "COLUMN|FILE")]
    pub(crate) labels: Option<PathBuf>,

    /// Leave a column of a text file out, by its name, or its number from 0 where it has no header; may be given often
    ///
    /// Those of the names that the fit left out are left out anyway, and the column of the name that it took as classes is taken as such.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) drop: Vec<String>,

    /// The rows are others than those the model was fitted to: it labels them
    #[arg(long)]
    pub(crate) new: bool,

    /// What a row is: HEIGHTxWIDTH for a picture, with x3 for colours; STEPSxCHANNELS for a sequence; the number of columns for a
    /// table [default: as the file has it]
    #[arg(long, value_name = "SHAPE")]
    pub(crate) shape: Option<RowShape>,

    /// Where the map shows the rows
    #[arg(long, value_name = "MAP", default_value = "umap")]
    pub(crate) map: MapArg,

    /// Where built-in data sets are looked for first
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Threads that work [default: one a core]
    #[arg(long, value_name = "T", value_parser = threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
}

/// Where a map shows the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MapArg {
    /// The first two components of the embedding
    Components,
    /// A UMAP of the embedding in two components, for the eye alone; where the embedding has more than two
    Umap,
}

/// The shape of a row, such as `28x28`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowShape(pub(crate) Vec<usize>);

impl std::str::FromStr for RowShape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lengths = text
            .split('x')
            .map(|length| length.parse().ok().filter(|&length| length > 0));
        lengths
            .collect::<Option<Vec<usize>>>()
            .filter(|lengths| lengths.len() <= 3)
            .map(Self)
            .ok_or_else(|| "one to three whole numbers with x between them, such as 28x28".to_owned())
    }
}
