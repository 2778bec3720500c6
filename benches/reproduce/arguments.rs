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
    /// Whether these were asked for by name: then they must be there.
    pub(crate) requires_sets: bool,
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
            requires_sets: false,
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
                    arguments.requires_sets = true;
                }
                "--seeds" => arguments.seeds = number(&word, &value()?)?,
                "--epochs" => arguments.epochs = Some(number(&word, &value()?)? as usize),
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
        if arguments.criteria.is_some() && arguments.method_only {
            // The lines of one data set and input are replaced together.
            return Err("--criteria takes all rows, not --rows method".into());
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

fn number(name: &str, text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| format!("{name} must be a whole number of at least 1, not {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Fallible<Arguments> {
        Arguments::parse(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_method_alone_is_three_stages_with_a_mixture_or_hdbscan() {
        let all = parsed("").unwrap();
        let method = parsed("--rows method --sets pendigits,mnist --seeds 2").unwrap();
        let wanted = |arguments: &Arguments| {
            let mut n = 0;
            for input in Input::ALL {
                for learner in Learner::ALL {
                    n += Shallow::ALL
                        .into_iter()
                        .filter(|&row| arguments.wants(input, learner, row))
                        .count();
                }
            }
            n
        };
        assert_eq!([&all, &method].map(wanted), [32, 2]);
        assert_eq!((all.sets.len(), all.requires_sets), (BuiltIn::ALL.len(), false));
        assert_eq!(
            (method.sets.len(), method.requires_sets, method.seeds),
            (2, true, 2)
        );
    }

    #[test]
    fn mistakes_are_named() {
        let refused = |words: &str| parsed(words).err().unwrap().to_string();
        assert!(refused("--seeds 0").contains("--seeds must be a whole number of at least 1"));
        assert!(refused("--epochs many").contains("--epochs"));
        assert!(refused("--sets mnits").contains("mnits"));
        assert!(refused("--rows some").contains("all or method"));
        assert!(refused("--seeds").contains("needs a value"));
        assert!(refused("--fast").contains("--fast"));
        assert!(refused("--rows method --criteria some.csv").contains("all rows"));
    }
}
