//! The command line, as data.

mod convert;
mod datasets;
mod report;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use n2d::Every;
use n2d::datasets::Scaling;

use crate::select_args::{SELECT_EXAMPLES, SelectArgs};
pub(crate) use convert::{CompletionsArgs, ConvertArgs, ManArgs};
pub(crate) use datasets::{DatasetsAction, DatasetsArgs, FetchArgs, ListArgs};
pub(crate) use report::{MapArg, ReportArgs};

const EXAMPLES: &str = "\
Examples:
  n2d fit pendigits                                     a built-in data set
  n2d fit measurements.csv --clusters 8 --out labels.csv
  n2d fit measurements.csv --clusters 8 --out-model model.n2d
  n2d report model.n2d measurements.csv --out report.html
  n2d predict model.n2d tomorrow.csv --out labels.csv
  n2d datasets                                          the built-in data sets, and where they are
  n2d parts umap                                        the options of a part

Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.";

const FIT_EXAMPLES: &str = "\
Examples:
  n2d fit pendigits
  n2d fit mnist --data-dir data --epochs 10 --seed 1
  n2d fit flowers.csv --labels species --out labels.csv --plot flowers.png
  n2d fit images.npy --clusters 10 --latent latents.npy --embedding embedding.npy
  n2d fit embedding.npy --clusters 10 --encoder identity
  n2d fit table.csv --clusters 3 --set 'dense.hidden=[64,32]' --set umap.n_neighbors=10
  n2d fit table.csv --clusterer hdbscan --set hdbscan.min_cluster_size=20
  n2d fit table.csv --clusters auto --drop id
  n2d fit windows.npy --clusters 6 --encoder conv1d --checkpoint windows.ckpt
  n2d fit windows.npy --clusters 6 --encoder conv1d --checkpoint windows.ckpt --resume
  n2d fit --config n2d.toml --seed 1
  n2d fit pendigits --json | jq .acc

With --json, stdout gets one JSON object (null where unknown):
  dataset, n_samples, n_features, n_clusters, seed, threads
                   n_clusters counts clusters without rows, too
  acc, nmi, ari    agreement with the known classes
  noise            rows that belong to no cluster
  loss             of the encoder, at its end; validation_loss in its place where rows are held out
  n_epochs         that the encoder has trained
  seconds          {encoder, manifold, clusterer, total}; total is wall-clock from
                   start to end, with reading and writing
  cluster_sizes    the rows of cluster 0, 1, 2, ...; noise is not among them
  peak_rss_mb      the most memory used, in MiB
  notes            what the data and the parts have to say, such as how neighbours were searched

Ctrl-C stops the run; what --latent and --embedding name is written as soon as its
stage is finished, and is kept. A second Ctrl-C kills.";

const PREDICT_EXAMPLES: &str = "\
Examples:
  n2d predict model.n2d new.csv --out labels.csv
  n2d predict model.n2d new.csv --proba > probabilities.csv
  n2d predict digits.n2d images.npy --out labels.csv --embedding places.npy --reconstruction images-again.npy

A row gets the same label alone as among a million. Files are read, and outputs written, some rows at a time; an output
takes its name only when it is whole. Training rows, given again, have their fitted labels with umap and a clusterer that labels by a
rule, as gmm; with others some may differ: `n2d assess MODEL DATA --training` tells how many.";

const ASSESS_EXAMPLES: &str = "\
Examples:
  n2d assess model.n2d                                   how well the clusters are apart
  n2d assess model.n2d new.csv --labels species          agreement with known classes
  n2d assess digits.n2d mnist --training                 do the training rows keep their labels?";

const INFO_EXAMPLES: &str = "\
Examples:
  n2d info model.n2d
  n2d info model.n2d --config > n2d.toml
  n2d info model.n2d --json | jq .config";

const CONFIG_EXAMPLES: &str = "\
Examples:
  n2d config > n2d.toml
  n2d config --clusterer hdbscan --set hdbscan.min_cluster_size=20 > n2d.toml
  n2d fit --config n2d.toml";

const PLOT_EXAMPLES: &str = "\
Examples:
  n2d plot model.n2d --out clusters.png
  n2d plot model.n2d flowers.csv --labels species --out flowers.svg    clusters beside classes
  n2d plot model.n2d flowers.csv --labels species --kind confusion --out confusion.png
  n2d plot model.n2d --map components --out first-two.png              in place of a map of all components
  n2d plot model.n2d --kind curve --out curve.png";

/// Not too deep clustering: an autoencoder learns a representation of the data, a manifold learner finds the
/// local structure in it, a shallow clusterer groups that (McConville et al., arXiv 1908.05968).
#[derive(Debug, Parser)]
#[command(name = "n2d", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// More of what goes on, on stderr: a line for every round
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,

    /// How it is told on stderr what goes on
    #[arg(
        long,
        global = true,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) log: LogForm,
}

/// How progress, notes and errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// For people: bars on a terminal, lines elsewhere
    Text,
    /// For programs: one JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Cluster a built-in data set, or a file
    Fit(Box<FitArgs>),
    /// Fit several settings or seeds, and keep the one that looks best without labels
    #[command(after_help = SELECT_EXAMPLES)]
    Select(Box<SelectArgs>),
    /// Label new rows with a fitted model
    Predict(PredictArgs),
    /// Score a fitted model, on its own data or on rows whose classes are known
    Assess(AssessArgs),
    /// Show what a model file holds: its parts, their options, how the fit went
    Info(InfoArgs),
    /// Draw a model: its embedding by cluster, the learning curve, ...
    Plot(PlotArgs),
    /// Make one HTML page of a model: a map to look around in, each cluster with its rows, scores, options
    Report(ReportArgs),
    /// List the built-in data sets and where they are, or fetch them
    Datasets(DatasetsArgs),
    /// Print a configuration file with every option, its default and its meaning
    Config(ConfigArgs),
    /// List the parts a pipeline can have, with their options
    Parts(PartsArgs),
    /// Write data in another format, or a folder of pictures as an array
    Convert(ConvertArgs),
    /// Print a script that completes arguments in a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

#[derive(Debug, Clone, clap::Args)]
#[command(after_help = FIT_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct FitArgs {
    /// A built-in data set (see `n2d datasets`), or a file: .npy, .npz, .csv, .tsv, .txt or IDX, also as .gz; .parquet, .arrow or .feather
    ///
    /// What has a dot or a path separator in it is a file, and so is the name of a file that is none of a
    /// built-in set.
    #[arg(value_name = "NAME|FILE", required_unless_present = "config")]
    pub(crate) data: Option<PathBuf>,

    /// A file that names all of this; `n2d config` prints one. Arguments override it
    #[arg(long, value_name = "FILE.toml", help_heading = "Model")]
    pub(crate) config: Option<PathBuf>,

    /// Clusters to find, or `auto` [default: the number of classes, where they are known]. Not for clusterers that find
    /// their number by themselves, such as hdbscan
    ///
    /// `auto` has the number found: by the clusterer named, if it can; for gmm by gmm_auto (BIC); by hdbscan where none is named.
    #[arg(long, short = 'k', value_name = "K|auto", value_parser = clusters, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) clusters: Option<Clusters>,

    /// Passes of the encoder's training over the data [default: by the number of rows, such as 47 for 11 000 and 20 for 70 000]
    ///
    /// With --self-training those of the members; the encoder that is taught has ensemble.taught_epochs.
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) epochs: Option<usize>,

    /// Width of the latents [default: the number of clusters; the encoder's where that is not known]
    #[arg(long, value_name = "D", value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) latent_dim: Option<usize>,

    /// Fixes the result, for any number of threads [default: 0]
    #[arg(long, value_name = "S", allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) seed: Option<u64>,

    /// The encoder, such as conv1d or lstm for sequences, conv2d for images; `identity` for none: the data is then taken as it stands
    /// [default: dense]
    #[arg(long, value_name = "NAME", help_heading = "Model")]
    pub(crate) encoder: Option<String>,

    /// The manifold learner [default: umap]
    #[arg(long, value_name = "NAME", help_heading = "Model")]
    pub(crate) manifold: Option<String>,

    /// The clusterer [default: gmm]
    #[arg(long, value_name = "NAME", help_heading = "Model")]
    pub(crate) clusterer: Option<String>,

    /// Fit so many members from different seeds, and make one result of them: slower, and it hangs less on the seed
    ///
    /// The mean of the members' neighbour graphs is clustered, or with --set ensemble.consensus=votes each by itself, and they vote; co_association in place
    /// of votes is for members that find different numbers of clusters. The file of --out then says how many members agree on each row.
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) ensemble: Option<usize>,

    /// Let what the pipeline is certain of teach another encoder: on MNIST better clusters, at several times the cost
    ///
    /// Certain are the inner rows of clusters. The encoder taught is one of convolutions for images and sequences, else dense; it learns to tell the clusters apart, images and
    /// sequences on changed copies of these rows, and places all rows anew. Short for --set ensemble.consensus=self_training, with one member unless --ensemble or a file
    /// says otherwise; of more, what all of them agree on teaches. `n2d config` tells the options.
    #[arg(long, help_heading = "Model")]
    pub(crate) self_training: bool,

    /// An option of a part, such as umap.n_neighbors=30; may be given often. `n2d parts` lists all
    ///
    /// The part goes by its name or its stage: umap or manifold. The value is a number, a text, true, false, null
    /// (unset), or a list such as [64,32].
    #[arg(long = "set", value_name = "PART.OPTION=VALUE", help_heading = "Model")]
    pub(crate) settings: Vec<String>,

    /// The known classes: a column of the text file, or a file with one label a row
    ///
    /// Used only to score the clusters, and for the default of --clusters; a column of labels is taken out of the
    /// data. A column goes by its name, or by its number from 0 where the file has no header.
    #[arg(long, value_name = "COLUMN|FILE", help_heading = "Data")]
    pub(crate) labels: Option<PathBuf>,

    /// Leave a column of a text file out, by its name, or its number from 0 where it has no header; may be given often
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    pub(crate) drop: Vec<String>,

    /// How values are scaled [default: minmax for tables, as the encoder expects 0..1; standard-channels for sequences and colour images, standard-all for
    /// other rows of known shape; none for built-in data sets, which are scaled as in the paper, and with --encoder identity]
    #[arg(long, value_name = "SCALING", help_heading = "Data")]
    pub(crate) scale: Option<ScaleArg>,

    /// Where built-in data sets are looked for first; see `n2d datasets --help`
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Write the cluster of each row: CSV with the columns row (from 0) and cluster (-1 for noise); `-` for stdout, in
    /// place of the summary
    ///
    /// With hdbscan also strength: how strongly the row belongs to its cluster, 0 to 1.
    ///
    /// Of ensembles also agreement: by votes and co-association the share of members that give the row its cluster, by a mean graph
    /// that of members in whose graph most of its neighbours are in its cluster, with --self-training that of the members that had it
    /// there before an encoder was taught (of one member 0 or 1).
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,

    /// Write the manifold learner's embedding, a float32 array
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    pub(crate) embedding: Option<PathBuf>,

    /// Write the encoder's latents, a float32 array
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    pub(crate) latent: Option<PathBuf>,

    /// Draw the embedding by cluster, and by class where they are known
    #[arg(long, value_name = "FILE.png|FILE.svg", help_heading = "Output")]
    pub(crate) plot: Option<PathBuf>,

    /// Write one HTML page about the fit: a map of the rows, each cluster, scores; `n2d report` makes it of a saved model
    #[arg(long, value_name = "FILE.html", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,

    /// Write the fitted model, for `n2d predict`, `n2d assess` and `n2d info`
    #[arg(long, value_name = "FILE.n2d", help_heading = "Output")]
    pub(crate) out_model: Option<PathBuf>,

    /// Write how far the encoder's training is, for --resume; also when it ends or is interrupted
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// How often: after so many epochs (5), seconds (60s) or minutes (5m) [default: 60s]
    #[arg(long, value_name = "N|Ns|Nm", value_parser = crate::checkpoint::every, requires = "checkpoint", help_heading = "Output")]
    pub(crate) checkpoint_every: Option<Every>,

    /// Go on from where the file of --checkpoint is; the result is that of a run that was never disturbed
    #[arg(long, requires = "checkpoint", help_heading = "Output")]
    pub(crate) resume: bool,

    /// One JSON object on stdout in place of the summary
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// No progress and no summary
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Threads that work [default: one a core]
    #[arg(long, value_name = "T", value_parser = threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = PREDICT_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct PredictArgs {
    /// A model that `n2d fit --out-model` has written
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// The rows to label: a file as for `n2d fit`, or a built-in data set. Read in pieces, whatever its size
    #[arg(value_name = "NAME|FILE")]
    pub(crate) input: PathBuf,

    /// Leave a column of a text file out, by its name, or its number from 0 where it has no header; may be given often
    ///
    /// Those of the names that the fit left out, or took as classes, are left out anyway.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) drop: Vec<String>,

    /// Also how probable each cluster is: columns p0, p1, ...
    #[arg(long)]
    pub(crate) proba: bool,

    /// Where the labels go: CSV with the columns row and cluster (-1 for noise), agreement for ensembles, and strength
    /// for clusterers such as hdbscan [default: stdout]
    ///
    /// Agreement is as in `n2d fit --out`, among the training rows near a row; --self-training has none, as its members are not kept.
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,

    /// Write where the rows lie in the embedding, a float32 array
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    pub(crate) embedding: Option<PathBuf>,

    /// Write the rows' latents, a float32 array
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    pub(crate) latent: Option<PathBuf>,

    /// Write what the encoder keeps of the rows, decoded again, in the units of the data; a float32 array
    #[arg(long, value_name = "FILE.npy", help_heading = "Output")]
    pub(crate) reconstruction: Option<PathBuf>,

    /// Where built-in data sets are looked for first
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// No progress and no count of rows
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Threads that work [default: one a core]
    #[arg(long, value_name = "T", value_parser = threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = ASSESS_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct AssessArgs {
    /// A model that `n2d fit --out-model` has written
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// Rows to label and score, as for `n2d fit` [default: none; the model's own clusters are scored]
    #[arg(value_name = "NAME|FILE")]
    pub(crate) input: Option<PathBuf>,

    /// The known classes of these rows: a column of the text file, or a file with one label a row
    #[arg(long, value_name = "COLUMN|FILE", requires = "input")]
    pub(crate) labels: Option<PathBuf>,

    /// Leave a column of a text file out, by its name, or its number from 0 where it has no header; may be given often
    ///
    /// Those of the names that the fit left out are left out anyway, and the column of the name that it took as classes is taken as such.
    #[arg(long, value_name = "COLUMN", requires = "input")]
    pub(crate) drop: Vec<String>,

    /// The rows are those the model was fitted to: their new labels are compared with the fitted ones
    #[arg(long, requires = "input")]
    pub(crate) training: bool,

    /// Where built-in data sets are looked for first
    #[arg(long, value_name = "DIR", requires = "input")]
    pub(crate) data_dir: Option<PathBuf>,

    /// One JSON object on stdout in place of the table
    #[arg(long)]
    pub(crate) json: bool,

    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Threads that work [default: one a core]
    #[arg(long, value_name = "T", value_parser = threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = INFO_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct InfoArgs {
    /// A model that `n2d fit --out-model` has written
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// One JSON object on stdout in place of the text
    #[arg(long)]
    pub(crate) json: bool,

    /// The configuration file of the fit in place of the text, with the value of every option
    #[arg(long, conflicts_with = "json")]
    pub(crate) config: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = PLOT_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct PlotArgs {
    /// A model that `n2d fit --out-model` has written
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// Rows to draw in place of those the model was fitted to, as for `n2d fit`
    #[arg(value_name = "NAME|FILE")]
    pub(crate) input: Option<PathBuf>,

    /// The picture's file, as its ending says
    #[arg(long, value_name = "FILE.png|FILE.svg")]
    pub(crate) out: PathBuf,

    /// What is drawn
    #[arg(long, value_name = "KIND", default_value = "clusters")]
    pub(crate) kind: Picture,

    /// Where clusters are drawn [default: umap]
    #[arg(long, value_name = "MAP")]
    pub(crate) map: Option<MapArg>,

    /// The known classes of these rows: a column of the text file, or a file with one label a row
    #[arg(long, value_name = "COLUMN|FILE", requires = "input")]
    pub(crate) labels: Option<PathBuf>,

    /// Leave a column of a text file out, by its name, or its number from 0 where it has no header; may be given often
    ///
    /// Those of the names that the fit left out are left out anyway, and the column of the name that it took as classes is taken as such.
    #[arg(long, value_name = "COLUMN", requires = "input")]
    pub(crate) drop: Vec<String>,

    /// Where built-in data sets are looked for first
    #[arg(long, value_name = "DIR", requires = "input")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// What `n2d plot` draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    /// All rows by cluster, and by class where they are known
    Clusters,
    /// The encoder's loss after each epoch
    Curve,
    /// How many rows each cluster has
    Sizes,
    /// Classes against clusters
    Confusion,
    /// How well the rows of each cluster lie in it
    Silhouettes,
    /// The hierarchy of hdbscan with the clusters chosen
    Tree,
}

#[derive(Debug, clap::Args)]
#[command(after_help = CONFIG_EXAMPLES)]
pub(crate) struct ConfigArgs {
    /// Start from this configuration file
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) config: Option<PathBuf>,

    /// The encoder [default: dense]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoder: Option<String>,

    /// The manifold learner [default: umap]
    #[arg(long, value_name = "NAME")]
    pub(crate) manifold: Option<String>,

    /// The clusterer [default: gmm]
    #[arg(long, value_name = "NAME")]
    pub(crate) clusterer: Option<String>,

    /// An option of a part, such as umap.n_neighbors=30; may be given often
    #[arg(long = "set", value_name = "PART.OPTION=VALUE")]
    pub(crate) settings: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  n2d parts\n  n2d parts umap")]
pub(crate) struct PartsArgs {
    /// One part alone, such as umap
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// [`Scaling`] as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScaleArg {
    /// Values as they are
    None,
    /// Each column to 0..1
    Minmax,
    /// Each column to mean 0, standard deviation 1
    Standard,
    /// As standard, each channel (the last axis of an array's rows) as a whole
    StandardChannels,
    /// As standard, all values together
    StandardAll,
}

impl From<ScaleArg> for Scaling {
    fn from(scale: ScaleArg) -> Self {
        match scale {
            ScaleArg::None => Self::None,
            ScaleArg::Minmax => Self::MinMax,
            ScaleArg::Standard => Self::Standard,
            ScaleArg::StandardChannels => Self::StandardChannels,
            ScaleArg::StandardAll => Self::StandardAll,
        }
    }
}

/// How many clusters are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clusters {
    /// The clusterer finds their number.
    Auto,
    Number(usize),
}

fn clusters(text: &str) -> Result<Clusters, String> {
    match text {
        "auto" => Ok(Clusters::Auto),
        _ => in_range(text, usize::MAX)
            .map(Clusters::Number)
            .ok_or_else(|| "must be a whole number of at least 1, or auto".to_owned()),
    }
}

/// 0 is for encoders that come with weights, which say so themselves.
fn whole(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "must be a whole number of at least 0".to_owned())
}

pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    in_range(text, usize::MAX).ok_or_else(|| "must be a whole number of at least 1".to_owned())
}

/// More threads than this help nobody, and may bring the machine down.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<usize, String> {
    in_range(text, MOST_THREADS).ok_or_else(allowed_threads)
}

/// The number itself, or what is allowed.
pub(crate) fn in_range_of_threads(threads: usize) -> Result<usize, String> {
    let allowed = (1..=MOST_THREADS).contains(&threads);
    allowed.then_some(threads).ok_or_else(allowed_threads)
}

fn allowed_threads() -> String {
    format!("must be a whole number from 1 to {MOST_THREADS}")
}

impl From<Scaling> for ScaleArg {
    fn from(scale: Scaling) -> Self {
        match scale {
            Scaling::None => Self::None,
            Scaling::MinMax => Self::Minmax,
            Scaling::Standard => Self::Standard,
            Scaling::StandardChannels => Self::StandardChannels,
            Scaling::StandardAll => Self::StandardAll,
        }
    }
}

fn in_range(text: &str, most: usize) -> Option<usize> {
    text.parse().ok().filter(|number| (1..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Args::command().debug_assert();
    }
}
