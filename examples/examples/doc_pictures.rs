//! The pictures and tables of docs/, from pendigits, and the README's from MNIST's test set:
//! `cargo run --release -p n2d-examples --example doc_pictures -- docs`
//!
//! Every figure is a run of the whole pipeline with one option changed. All are of seed 0.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use n2d::Stage;
use n2d::metrics::assess;
use n2d::plot::{Colours, Figure, Scatter};
use n2d::prelude::*;
use ndarray::{Array2, ArrayView2};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SEEDS: [u64; 1] = [0];
const N_CLUSTERS: usize = 10;
/// Coarse: pages show pictures small, and a repository keeps them for ever.
const DPI: u32 = 56;

/// An option, the values it takes and how each is set.
struct Subject {
    option: &'static str,
    values: [usize; 3],
    set: fn(&mut PipelineConfig, usize) -> Outcome<()>,
}

const SUBJECTS: [Subject; 4] = [
    Subject {
        option: "n_neighbors",
        values: [5, 20, 100],
        set: |config, value| Ok(config.set(&format!("umap.n_neighbors={value}"))?),
    },
    Subject {
        option: "latent_dim",
        values: [2, 10, 16],
        set: |config, value| {
            config.latent_dim = Some(value);
            Ok(())
        },
    },
    Subject {
        option: "n_epochs",
        values: [1, 5, 47],
        set: |config, value| Ok(config.set(&format!("dense.n_epochs={value}"))?),
    },
    Subject {
        option: "min_cluster_size",
        values: [15, 100, 500],
        set: |config, value| {
            config.clusterer = PartChoice::new("hdbscan");
            config.n_clusters = None;
            config.latent_dim = Some(N_CLUSTERS);
            config.set(&format!("umap.n_components={N_CLUSTERS}"))?;
            Ok(config.set(&format!("hdbscan.min_cluster_size={value}"))?)
        },
    },
];

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("a folder is needed: docs")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("pictures"))?;
    let data = BuiltIn::Pendigits.load(&DataDirs::none())?;
    let classes = data.labels.as_ref().ok_or("pendigits has classes")?;
    let mut runs = Runs {
        data: &data,
        encoded: BTreeMap::new(),
    };
    let page = folder.join("choosing-parameters.md");
    let mut text = fs::read_to_string(&page)?;
    for subject in &SUBJECTS {
        let mut table = format!(
            "| {} | clusters | ACC | NMI | ARI | noise |\n|---|---|---|---|---|---|\n",
            subject.option
        );
        for value in subject.values {
            let mut scores = Vec::new();
            for seed in SEEDS {
                let mut config = PipelineConfig::new(N_CLUSTERS);
                (subject.set)(&mut config, value)?;
                let (embedding, labels) = runs.run(&config, seed)?;
                let score = assess(classes, &labels)?;
                println!("{}={value}, seed {seed}: {score}", subject.option);
                if seed == SEEDS[0] {
                    let title = format!("{} {value}", subject.option);
                    let figure = picture(&title, embedding.view(), &labels, classes)?;
                    let name = format!("pictures/{}-{value}.png", subject.option);
                    fs::write(folder.join(name), figure.with_dpi(DPI)?.to_png()?)?;
                }
                let noise = 100.0 * labels.n_noise() as f64 / labels.len() as f64;
                scores.push((labels.n_clusters() as f64, score.acc, score.nmi, score.ari, noise));
            }
            table.push_str(&row(value, &scores));
        }
        let shown = format!("{}\n{table}", pictures(subject));
        text = with_table(&text, subject.option, &shown).ok_or("a place for a table is missing")?;
    }
    fs::write(&page, text)?;
    readme_picture(folder)
}

type Scores = (f64, f64, f64, f64, f64);

/// The pictures side by side, under their values.
fn pictures(subject: &Subject) -> String {
    let cells =
        |cell: &dyn Fn(usize) -> String| subject.values.map(|value| format!(" {} |", cell(value))).concat();
    let option = subject.option;
    let values = cells(&|value| value.to_string());
    let images = cells(&|value| format!("![{option} {value}](pictures/{option}-{value}.png)"));
    format!("|{values}\n|---|---|---|\n|{images}\n")
}

/// The median over the seeds.
fn row(value: usize, scores: &[Scores]) -> String {
    let median = |of: fn(&Scores) -> f64| {
        let mut all: Vec<f64> = scores.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (clusters, noise) = (median(|s| s.0), median(|s| s.4));
    let (acc, nmi, ari) = (median(|s| s.1), median(|s| s.2), median(|s| s.3));
    format!("| {value} | {clusters} | {acc:.3} | {nmi:.3} | {ari:.3} | {noise:.1} % |\n")
}

/// The text with a table in its place.
fn with_table(text: &str, option: &str, table: &str) -> Option<String> {
    let mark = format!("<!-- table {option} -->\n");
    let start = text.find(&mark)? + mark.len();
    let end = start + text[start..].find("<!-- end -->")?;
    Some(format!("{}{table}{}", &text[..start], &text[end..]))
}

/// Runs that share their encoders.
struct Runs<'a> {
    data: &'a Dataset,
    encoded: BTreeMap<String, Array2<f32>>,
}

impl Runs<'_> {
    /// The embedding and the clusters.
    fn run(&mut self, config: &PipelineConfig, seed: u64) -> Outcome<(Array2<f32>, Labels)> {
        let pipeline = Registry::default().build(config)?;
        let x = self.data.samples()?;
        let ctx = &mut FitContext::new(seed);
        let key = format!("{:?} {:?} {seed}", config.part(Stage::Encoder), config.latent_dim);
        if !self.encoded.contains_key(&key) {
            let encoder = pipeline.encoder().fit(x, ctx)?.model;
            self.encoded.insert(key.clone(), encoder.encode(x)?);
        }
        let latents = &self.encoded[&key];
        let fitted = pipeline
            .manifold_clusterer()
            .fit(Samples::new(latents.view())?, ctx)?
            .model;
        Ok((fitted.embedding().to_owned(), fitted.labels().clone()))
    }
}

/// In two components made for the eye alone.
fn picture(
    title: &str,
    embedding: ArrayView2<'_, f32>,
    clusters: &Labels,
    classes: &Labels,
) -> Outcome<Figure> {
    let display = UmapConfig {
        n_components: 2,
        ..UmapConfig::default()
    }
    .build()?;
    let display = display
        .fit(Samples::new(embedding)?, &mut FitContext::new(0))?
        .model;
    let colours = Colours::matched(classes, clusters)?;
    Ok(Scatter::new(embedding, clusters)
        .with_display(display.embedding())
        .with_colours(&colours)
        .with_title(title)
        .with_facts(assess(classes, clusters)?.to_string())
        .draw()?)
}

/// MNIST's test set by cluster and by class.
fn readme_picture(folder: &Path) -> Outcome<()> {
    let data = BuiltIn::MnistTest.load(&DataDirs::none())?;
    let classes = data.labels.as_ref().ok_or("MNIST has classes")?;
    let encoder = DenseAutoencoderConfig::new(N_CLUSTERS).build()?;
    let pipeline = N2d::new(encoder, UmapGmm::new(N_CLUSTERS).build()?);
    let fitted = pipeline.fit(data.samples()?, &mut FitContext::new(0))?.model;
    let display = UmapConfig {
        n_components: 2,
        ..UmapConfig::default()
    }
    .build()?;
    let display = display
        .fit(Samples::new(fitted.embedding())?, &mut FitContext::new(0))?
        .model;
    let score = assess(classes, fitted.labels())?;
    println!("MNIST's test set: {score}");
    let figure = Scatter::new(fitted.embedding(), fitted.labels())
        .with_display(display.embedding())
        .with_classes(classes)
        .with_title("10 000 digits of MNIST, clustered without their labels")
        .with_facts(score.to_string())
        .draw()?;
    fs::write(
        folder.join("pictures/mnist-test.png"),
        figure.with_dpi(96)?.to_png()?,
    )?;
    Ok(())
}
