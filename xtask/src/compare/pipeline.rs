//! `cargo xtask compare pipeline`: whole runs, from rows to labels, beside the Python stack, over seeds.
//!
//! Each fit is a process of its own, so that its peak memory is that of the fit. What importing and numba's compilation take is in no one's seconds: `pipeline.py`
//! does both before its clock starts.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::contender::Contender;
use super::runs::{Record, last_line, ours};
use super::{Arguments, python};
use crate::cargo::build_measured;

struct Set {
    name: &'static str,
    n_rows: usize,
    n_clusters: usize,
    /// Of all sides: our default's, which ours is told, too.
    epochs: usize,
}

const SETS: [Set; 2] = [
    Set {
        name: "pendigits",
        n_rows: 10_992,
        n_clusters: 10,
        epochs: 47,
    },
    Set {
        name: "mnist",
        n_rows: 70_000,
        n_clusters: 10,
        epochs: 20,
    },
];

impl Set {
    /// The options of our pipeline, and of UMAP and HDBSCAN on the rows as they are, with the settings that `pipeline.py` has.
    fn ours(&self) -> [(&'static str, Vec<String>); 2] {
        let words = |text: String| text.split(' ').map(str::to_owned).collect();
        let raw = format!(
            "--encoder identity --set umap.n_components={} --clusterer hdbscan --set hdbscan.min_cluster_size={} --set hdbscan.min_samples=10",
            self.n_clusters,
            self.n_rows / 100
        );
        [
            ("n2d", words(format!("--epochs {}", self.epochs))),
            ("n2d, UMAP and HDBSCAN (no encoder)", words(raw)),
        ]
    }
}

pub(super) fn run(root: &Path, arguments: &Arguments) -> Result<(), String> {
    let pythons = ["pipeline", "clustpy"].map(|environment| python::interpreter(root, environment));
    let [python, with_torch] = pythons;
    let (python, with_torch) = (python?, with_torch?);
    build_measured(root)?;
    let mut record = Record::open(root, "pipeline")?;
    for set in &SETS {
        let data = set.name;
        let folder = root.join("target/compare").join(data);
        export(root, arguments, data, &folder)?;
        for seed in 0..arguments.rounds {
            let wanted = |contender: &str| arguments.want(&format!("{data}, {contender}"));
            for (contender, options) in set.ours() {
                if wanted(contender) {
                    let options: Vec<&str> = options.iter().map(String::as_str).collect();
                    record.add((data, contender, seed), || {
                        ours(root, arguments, data, &options, seed)
                    })?;
                }
            }
            for (contender, method, python) in [
                ("Keras, umap-learn, scikit-learn (as n2d 0.3.2)", "n2d", &python),
                ("ClustPy 0.0.3, N2D with umap-learn", "clustpy", &with_torch),
                ("umap-learn, hdbscan (no encoder)", "umap-hdbscan", &python),
            ]
            .into_iter()
            .filter(|(contender, ..)| wanted(contender))
            {
                let mut call = python::contender(python, &root.join("benches/peers/pipeline.py"));
                call.arg(method)
                    .args([folder.join("rows.npy"), folder.join("classes.npy")]);
                call.args([set.n_clusters, set.epochs, seed].map(|number| number.to_string()));
                record.add((data, contender, seed), || last_line(&mut call))?;
            }
        }
    }
    record.write()
}

fn export(root: &Path, arguments: &Arguments, data: &str, folder: &Path) -> Result<(), String> {
    let program = Command::new(root.join("target/release/n2d-contender"));
    let options = json!({"set": data, "folder": folder, "data_dir": root.join(&arguments.data_dir)});
    Contender::start("n2d-contender", program)?
        .run(&json!({"method": "export", "options": options}))
        .map(|_| ())
}
