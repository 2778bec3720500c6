//! What contenders work on: latents, embeddings and pixels, made by the program itself, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Arguments;
use crate::cargo::succeed;

/// The folder of what was made; everything in it can be made again.
pub(super) fn folder(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target/compare");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Files by what is in them.
pub(super) struct Data {
    program: PathBuf,
    folder: PathBuf,
    data_dir: PathBuf,
}

/// A set whose latents are compared: its name, and the words by which the program reads it.
struct Set {
    name: &'static str,
    /// Below the data directory where it is no built-in set.
    rows: &'static str,
    labels: Option<&'static str>,
    /// Of the encoder: what was the default when the records were made.
    epochs: &'static str,
}

const SETS: [Set; 4] = [
    Set {
        name: "mnist",
        rows: "mnist",
        labels: None,
        epochs: "10",
    },
    Set {
        name: "fashion",
        rows: "fashion",
        labels: None,
        epochs: "10",
    },
    Set {
        name: "pendigits",
        rows: "pendigits",
        labels: None,
        epochs: "24",
    },
    Set {
        name: "hapt",
        rows: "hapt/windows.f32.npy.gz",
        labels: Some("hapt/activity.u8.npy.gz"),
        epochs: "25",
    },
];

impl Data {
    pub(super) fn of(root: &Path, arguments: &Arguments) -> Result<Self, String> {
        Ok(Self {
            program: root.join("target/release/n2d"),
            folder: folder(root)?,
            data_dir: root.join(&arguments.data_dir),
        })
    }

    /// The names of all sets with latents.
    pub(super) fn sets() -> [&'static str; 4] {
        SETS.map(|set| set.name)
    }

    /// What a judge needs to find the classes of a set.
    pub(super) fn classes(&self, name: &str) -> Result<serde_json::Value, String> {
        let file = set(name)?.labels.map(|file| self.data_dir.join(file));
        Ok(serde_json::json!({"set": name, "data_dir": self.data_dir, "labels": file}))
    }

    /// The latents of a set, 10 wide, by the dense encoder of seed 0.
    pub(super) fn latents(&self, name: &str) -> Result<PathBuf, String> {
        let set = set(name)?;
        let file = format!("latent-{name}.npy");
        let made = self.folder.join(&file);
        if made.exists() {
            return Ok(made);
        }
        let (rows, labels) = (
            self.data_dir.join(set.rows),
            set.labels.map(|file| self.data_dir.join(file)),
        );
        let mut call = self.program();
        match &labels {
            // The scaling that files had by default when their records were made.
            Some(labels) => call
                .arg("fit")
                .arg(rows)
                .arg("--labels")
                .arg(labels)
                .args(["--scale", "minmax"]),
            None => call.args(["fit", set.rows, "--data-dir"]).arg(&self.data_dir),
        };
        call.args([
            "--epochs",
            set.epochs,
            "--latent-dim",
            "10",
            "--manifold",
            "identity",
            "--latent",
            &file,
        ]);
        succeed(&mut call)?;
        Ok(made)
    }

    /// What UMAP makes of MNIST's latents.
    pub(super) fn embedding(&self, n_components: usize) -> Result<PathBuf, String> {
        let latents = self.latents("mnist")?;
        self.made(&format!("embedding-{n_components}.npy"), |call| {
            call.arg("fit").arg(latents);
            call.args(["--encoder", "identity", "--set"]);
            call.arg(format!("umap.n_components={n_components}"));
        })
    }

    /// MNIST's images, a row each.
    pub(super) fn pixels(&self) -> Result<PathBuf, String> {
        self.made("pixels.npy", |call| {
            call.args(["fit", "mnist", "--data-dir"]).arg(&self.data_dir);
            call.args(["--encoder", "identity", "--manifold", "identity"]);
        })
    }

    /// The embedding of a run that `words` begins.
    fn made(&self, file: &str, words: impl FnOnce(&mut Command)) -> Result<PathBuf, String> {
        let made = self.folder.join(file);
        if !made.exists() {
            let mut call = self.program();
            words(&mut call);
            call.args(["--embedding", file, "--clusters", "10", "--clusterer", "kmeans"]);
            succeed(&mut call)?;
        }
        Ok(made)
    }

    fn program(&self) -> Command {
        let mut call = Command::new(&self.program);
        call.current_dir(&self.folder);
        call
    }
}

fn set(name: &str) -> Result<&'static Set, String> {
    let found = SETS.iter().find(|set| set.name == name);
    found.ok_or_else(|| format!("there is no set {name}"))
}
