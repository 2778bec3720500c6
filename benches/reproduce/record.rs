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

/// That a file is of the kind that begins so.
pub(crate) fn check_head(head: &str, text: &str, path: &Path) -> Fallible<()> {
    if text.lines().next() != Some(head) {
        return Err(format!("{}: its first line must be {head}", path.display()).into());
    }
    Ok(())
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
        check_head(HEAD, &text, path)?;
        Ok(Self {
            path: path.to_owned(),
            lines: text.lines().skip(1).map(str::to_owned).collect(),
        })
    }

    pub(crate) fn has(&self, key: [&str; 4], seed: u64) -> bool {
        let start = format!("{},{seed},", key.join(","));
        self.lines.iter().any(|line| line.starts_with(&start))
    }

    pub(crate) fn add(&mut self, line: &Line) -> Fallible<()> {
        let line = line.to_string();
        // In one go, so that what is cut short leaves no half line for the next to go on with.
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        self.lines.push(line);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d::Labels;
    use n2d::metrics::Assess;

    fn line(seed: u64) -> Line {
        let labels = Labels::new(vec![0, 0, 1]).unwrap();
        Line {
            key: ["pendigits", "ae", "umap", "gmm"].map(str::to_owned),
            seed,
            scores: labels.assess(&labels).unwrap(),
            noise: 0.0,
            n_clusters: 10,
            seconds: [1.0, 2.0, 3.0],
        }
    }

    #[test]
    fn what_is_recorded_is_known_when_the_file_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records/some.csv");
        let key = ["pendigits", "ae", "umap", "gmm"];
        let mut record = Record::open(&path).unwrap();
        assert!(!record.has(key, 1));
        record.add(&line(1)).unwrap();
        drop(record);
        let mut record = Record::open(&path).unwrap();
        assert!(record.has(key, 1) && !record.has(key, 0) && !record.has(["mnist", "ae", "umap", "gmm"], 1));
        record.add(&line(10)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = "pendigits,ae,umap,gmm,1,1.00000,1.00000,1.00000,0.00000,10,1.00,2.00,3.00";
        assert_eq!(text.lines().nth(1), Some(expected));
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn other_files_are_not_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.csv");
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        let refused = Record::open(&path).err().unwrap().to_string();
        assert!(
            refused.contains("its first line must be data,input,"),
            "{refused}"
        );
    }
}
