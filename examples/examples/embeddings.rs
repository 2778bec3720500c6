//! Ready-made embeddings without an encoder: `cargo run --release -p n2d-examples --example embeddings -- [FILE.npy] [PICTURE.png]`
//!
//! Vectors of an embedding model (of texts, pictures, ...) are what an encoder would make. So the pipeline begins with the manifold learner: a
//! `ManifoldClusterer` is one by itself. Without a file, the first fifty principal components of MNIST's test set stand in for such vectors.

// A program may print; the libraries may not.
#![allow(clippy::print_stdout)]

use std::error::Error;

use n2d::manifold::PcaConfig;
use n2d::neighbors::Metric;
use n2d::plot::{Colours, Scatter};
use n2d::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, vectors, classes) = match arguments.iter().find(|argument| argument.ends_with(".npy")) {
        Some(file) => (file.clone(), read_path(file, &ReadOptions::default())?.x, None),
        None => {
            let data = BuiltIn::MnistTest.load(&DataDirs::none())?;
            let pca = PcaConfig {
                n_components: 50,
                ..PcaConfig::default()
            }
            .build()?;
            let vectors = pca
                .fit(data.samples()?, &mut FitContext::new(0))?
                .model
                .embedding()
                .to_owned();
            (data.name, vectors, data.labels)
        }
    };
    let x = Samples::new(vectors.view())?;
    println!("{name}: {} vectors of {} numbers", x.n_samples(), x.n_features());

    // The angle between vectors is what embedding models are trained for; two components, whose densities HDBSCAN can tell.
    let umap = UmapConfig {
        metric: Metric::Cosine,
        n_components: 2,
        ..UmapConfig::default()
    };
    let hdbscan = HdbscanConfig {
        min_cluster_size: 100,
        ..HdbscanConfig::default()
    };
    let pipeline = ManifoldClusterer::new(umap.build()?, hdbscan.build()?);
    let fitted = pipeline.fit(x, &mut FitContext::new(0))?.model;

    println!("clusters and their sizes: {:?}", fitted.labels().sizes());
    println!("rows in no cluster: {}", fitted.labels().n_noise());
    if let Some(classes) = &classes {
        println!("{}", fitted.labels().assess(classes)?);
    }
    let some = Samples::new(vectors.slice(ndarray::s![..3, ..]))?;
    let (labels, strengths) = fitted.approximate_predict(some)?;
    println!(
        "three of them as new ones: {:?}, strengths {strengths:.2?}",
        labels.as_slice()
    );

    if let Some(picture) = arguments.iter().find(|argument| argument.ends_with(".png")) {
        let colours = match &classes {
            Some(classes) => Colours::matched(classes, fitted.labels())?,
            None => Colours::of_clusters(fitted.labels()),
        };
        let scatter = Scatter::new(fitted.embedding(), fitted.labels())
            .with_colours(&colours)
            .with_title(name);
        scatter.draw()?.save(picture)?;
    }
    Ok(())
}
