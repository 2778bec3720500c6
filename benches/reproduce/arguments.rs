//! What the program is asked to do.

use std::path::PathBuf;

use n2d::datasets::BuiltIn;

use crate::Fallible;
use crate::rows::{Input, Learner, Shallow};

/// The arguments, each `--name value`.
pub(crate) struct Arguments {
    /// Where data sets lie, one folder a set.
    pub(crate) data_dir: PathBuf,
    /// Where fitted parts are kept.
    pub(crate) cache: PathBuf,
    /// The CSV to which results are added.
    pub(crate) record: PathBuf,
    /// The CSV of criteria without labels that is made instead, of rows that have been fitted.
    pub(crate) criteria: Option<PathBuf>,
    pub(crate) sets: Vec<BuiltIn>,
    /// Seeds 0 to this, itself not.
    pub(crate) seeds: u64,
    /// Of the encoder; none for its own default.
    pub(crate) epochs: Option<usize>,
    /// Whether only the method itself is wanted: the encoder, UMAP, and a mixture or HDBSCAN.
    method_only: bool,
}

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Fallible<Self> {
        let mut arguments = Self {
            data_dir: PathBuf::from("../shared/data"),
            cache: PathBuf::from("target/reproduce"),
            record: PathBuf::from("benches/records/reproduce.csv"),
            criteria: None,
            sets: BuiltIn::ALL.to_vec(),
            seeds: 5,
            epochs: None,
            method_only: false,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--data-dir" => arguments.data_dir = value()?.into(),
                "--cache" => arguments.cache = value()?.into(),
                "--record" => arguments.record = value()?.into(),
                "--criteria" => arguments.criteria = Some(value()?.into()),
                "--sets" => {
                    let sets = value()?;
                    arguments.sets = sets.split(',').map(str::parse).collect::<Result<_, _>>()?;
                }
                "--seeds" => arguments.seeds = value()?.parse()?,
                "--epochs" => arguments.epochs = Some(value()?.parse()?),
                "--rows" => {
                    arguments.method_only = match value()?.as_str() {
                        "all" => false,
                        "method" => true,
                        other => return Err(format!("--rows is all or method, not {other}").into()),
                    }
                }
                other => return Err(format!("there is no argument {other}").into()),
            }
        }
        Ok(arguments)
    }

    pub(crate) fn wants(&self, input: Input, learner: Learner, shallow: Shallow) -> bool {
        let is_method = input == Input::Encoded
            && learner == Learner::Umap
            && matches!(shallow, Shallow::Gmm | Shallow::Hdbscan);
        is_method || !self.method_only
    }
}
