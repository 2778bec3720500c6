//! The CSV of results, one line each, to which is only ever added.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use n2d::metrics::Assessment;

use crate::Fallible;

const HEAD: &str = "data,input,manifold,clusterer,seed,acc,nmi,ari,noise,n_clusters,encoder_seconds,manifold_seconds,clusterer_seconds";

/// One row on one data set with one seed.
pub(crate) struct Line {
    /// Data, input, manifold learner, clusterer.
    pub(crate) key: [String; 4],
    pub(crate) seed: u64,
    pub(crate) scores: Assessment,
    /// The part of all rows.
    pub(crate) noise: f64,
    pub(crate) n_clusters: usize,
    /// Of the encoder, the manifold learner and the clusterer.
    pub(crate) seconds: [f64; 3],
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (key, seed, n_clusters) = (self.key.join(","), self.seed, self.n_clusters);
        let (scores, noise) = (&self.scores, self.noise);
        let [encoder, manifold, clusterer] = self.seconds;
        write!(
            f,
            "{key},{seed},{:.5},{:.5},{:.5},{noise:.5},{n_clusters}",
            scores.acc, scores.nmi, scores.ari
        )?;
        write!(f, ",{encoder:.2},{manifold:.2},{clusterer:.2}")
    }
}

/// The file, and what is in it.
pub(crate) struct Record {
    path: PathBuf,
    lines: Vec<String>,
}

impl Record {
    /// Reads what is there; a file that is not there yet is begun.
    pub(crate) fn open(path: &Path) -> Fallible<Self> {
        if !path.exists() {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, format!("{HEAD}\n"))?;
        }
        let text = std::fs::read_to_string(path)?;
        let mut lines = text.lines().map(str::to_owned);
        if lines.next().as_deref() != Some(HEAD) {
            return Err(format!("{}: its first line must be {HEAD}", path.display()).into());
        }
        Ok(Self {
            path: path.to_owned(),
            lines: lines.collect(),
        })
    }

    pub(crate) fn has(&self, key: [&str; 4], seed: u64) -> bool {
        let start = format!("{},{seed},", key.join(","));
        self.lines.iter().any(|line| line.starts_with(&start))
    }

    pub(crate) fn add(&mut self, line: &Line) -> Fallible<()> {
        let line = line.to_string();
        writeln!(OpenOptions::new().append(true).open(&self.path)?, "{line}")?;
        self.lines.push(line);
        Ok(())
    }
}
