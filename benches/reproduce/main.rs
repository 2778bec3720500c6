//! The work of `cargo xtask reproduce`: every row of the paper's tables (arXiv 1908.05968) on every data set, over many seeds.
//!
//! A row is what is clustered (the data, or an autoencoder's latents), a manifold learner or none, and a clusterer. Fitted encoders
//! and manifold learners are kept, so that each is fitted once; a result is written as soon as it is there, and not made again. So a run
//! that was cut short goes on where it was.

// A program whose output is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod cache;
mod criteria;
mod record;
mod rows;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use arguments::Arguments;
use cache::{Cache, Cached};
use n2d::datasets::BuiltIn;
use n2d::encoder::{FittedDenseAutoencoder, automatic_epochs};
use n2d::metrics::Assess;
use n2d::prelude::*;
use record::{Line, Record};
use rows::{Input, Latents, Learner, Shallow};

/// What may go wrong is shown to a person and ends the program.
pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Fallible<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let dirs = DataDirs::new([&arguments.data_dir]);
    let mut there = Vec::new();
    // All before the first fit, which may be hours before the last.
    for &set in &arguments.sets {
        match set.load(&dirs) {
            Ok(data) => there.push((set, data)),
            Err(error) if arguments.requires_sets => return Err(format!("{set}: {error}").into()),
            Err(error) => println!("{set}: left out: {error}"),
        }
    }
    if let Some(path) = &arguments.criteria {
        criteria::check(path)?;
    }
    for (set, data) in there {
        match &arguments.criteria {
            Some(path) => criteria::measure(&arguments, set, &data, path)?,
            None => fit(&arguments, set, &data)?,
        }
    }
    Ok(())
}

/// What is not yet recorded of a set.
fn fit(arguments: &Arguments, set: BuiltIn, data: &Dataset) -> Fallible<()> {
    let mut record = Record::open(&arguments.record)?;
    // A mixture of the data itself, hundreds of columns wide, takes longer than all else, so that comes last.
    for is_long in [false, true] {
        for seed in 0..arguments.seeds {
            for input in Input::ALL {
                let work = Work {
                    arguments,
                    set,
                    data,
                    seed,
                    input,
                };
                work.run(is_long, &mut record)?;
            }
        }
    }
    Ok(())
}

/// All rows of one input of one seed.
pub(crate) struct Work<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) set: BuiltIn,
    pub(crate) data: &'a Dataset,
    pub(crate) seed: u64,
    pub(crate) input: Input,
}

impl Work<'_> {
    /// Those that are long, or the others.
    fn run(&self, is_long: bool, record: &mut Record) -> Fallible<()> {
        let mut wanted = self.wanted(record);
        wanted.retain(|&row| {
            is_long == (self.input == Input::Raw && row == (Learner::Unembedded, Shallow::Gmm))
        });
        if wanted.is_empty() {
            return Ok(());
        }
        let cache = Cache::new(&self.arguments.cache, self.set.name(), self.seed);
        let latents = self.latents(&cache)?;
        for learner in Learner::ALL {
            let rows: Vec<Shallow> = wanted
                .iter()
                .filter(|(wanted, _)| *wanted == learner)
                .map(|&(_, row)| row)
                .collect();
            if !rows.is_empty() {
                self.cluster(&latents, learner, &rows, &cache, record)?;
            }
        }
        Ok(())
    }

    /// What is asked for and not yet recorded.
    fn wanted(&self, record: &Record) -> Vec<(Learner, Shallow)> {
        let all = Learner::ALL
            .into_iter()
            .flat_map(|learner| Shallow::ALL.map(|row| (learner, row)));
        let input = self.input.name(self.arguments.epochs);
        all.filter(|&(learner, row)| {
            let key = [self.set.name(), &input, learner.name(), row.name()];
            self.arguments.wants(self.input, learner, row) && !record.has(key, self.seed)
        })
        .collect()
    }

    /// What is embedded or clustered.
    pub(crate) fn latents(&self, cache: &Cache) -> Fallible<Latents> {
        if self.input == Input::Raw {
            return Ok(Latents {
                z: self.data.x.clone(),
                seconds: 0.0,
                made_by: None,
            });
        }
        let x = self.data.samples()?;
        let mut config = DenseAutoencoderConfig::new(self.n_clusters());
        // As a number, so that a kept encoder of another default is not taken for one of this.
        let n_batches = x.n_samples().div_ceil(config.batch_size);
        config.n_epochs = self.arguments.epochs.or(Some(automatic_epochs(n_batches)));
        let encoder: Cached<FittedDenseAutoencoder> = cache.get("encoder", &config, || {
            config
                .build()?
                .fit(x, &mut FitContext::new(self.seed))
                .map_err(Into::into)
        })?;
        Ok(Latents {
            z: encoder.part.encode(x)?,
            seconds: encoder.seconds,
            made_by: Some(encoder.options),
        })
    }

    fn n_clusters(&self) -> usize {
        self.set.info().n_classes()
    }

    fn cluster(
        &self,
        latents: &Latents,
        learner: Learner,
        rows: &[Shallow],
        cache: &Cache,
        record: &mut Record,
    ) -> Fallible<()> {
        let input = self.input.name(self.arguments.epochs);
        let name = format!("{input}-{}", learner.name());
        let (y, manifold_seconds) = learner.embed(latents, self.n_clusters(), self.seed, &name, cache)?;
        for &row in rows {
            let start = Instant::now();
            let labels = row.labels(Samples::new(y.view())?, self.n_clusters(), self.seed)?;
            let seconds = start.elapsed().as_secs_f64();
            let classes = self.data.labels.as_ref().ok_or("a set without classes")?;
            let line = Line {
                key: [self.set.name(), &input, learner.name(), row.name()].map(str::to_owned),
                seed: self.seed,
                scores: labels.assess(classes)?,
                noise: labels.n_noise() as f64 / labels.len() as f64,
                n_clusters: labels.n_clusters(),
                seconds: [latents.seconds, manifold_seconds, seconds],
            };
            println!("{line}");
            record.add(&line)?;
        }
        Ok(())
    }
}
