//! Neighbours and manifold learners, and what is judged of anybody's result.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use n2d::datasets::{Dataset, ReadOptions, read_labels, read_path};
use n2d::manifold::{FittedUmap, IsomapConfig, SpectralEmbeddingConfig, TsneConfig};
use n2d::metrics::{EmbeddingOptions, Sampling, assess, embedding_quality};
use n2d::neighbors::{Metric, NeighborIndex, NeighborSearch};
use n2d::prelude::*;
use n2d_benches::{blobs, mixture_of_records};
use ndarray::s;
use serde_json::Value;

use super::{Answer, Job, npy, peak_memory};

/// A UMAP whose fit is not what is timed, and what it was fitted to.
#[derive(Default)]
pub(super) struct Placed(Option<(String, FittedUmap)>);

pub(super) fn answer(job: &Job, data: &Dataset, placed: &mut Placed) -> Answer {
    let options = job.options.clone();
    match job.method.as_str() {
        "umap" => fit::<UmapConfig>(job, data),
        "tsne" => fit::<TsneConfig>(job, data),
        "isomap" => fit::<IsomapConfig>(job, data),
        "spectral_embedding" => fit::<SpectralEmbeddingConfig>(job, data),
        "neighbors" => neighbors(job, data),
        "umap-transform" => transform(job, data, placed),
        "judge-embedding" => judge_embedding(&options, data),
        "judge-neighbors" => judge_neighbors(&options, data),
        other => Err(format!("there is no method {other}").into()),
    }
}

fn fit<C>(job: &Job, data: &Dataset) -> Answer
where
    C: PartConfig<Part: Manifold> + serde::de::DeserializeOwned,
{
    let mut options = job.options.clone();
    let seed = options.as_object_mut().and_then(|options| options.remove("seed"));
    let seed = seed.and_then(|seed| seed.as_u64()).unwrap_or(0);
    let part = serde_json::from_value::<C>(options)?.build()?;
    let start = Instant::now();
    let fit = part.fit(data.samples()?, &mut FitContext::new(seed))?;
    let seconds = start.elapsed().as_secs_f64();
    npy::write_result(job.out.as_deref(), fit.model.embedding())?;
    Ok((seconds, String::new()))
}

fn k_of(options: &Value) -> Result<usize, &'static str> {
    options["k"].as_u64().map(|k| k as usize).ok_or("k is needed")
}

fn neighbors(job: &Job, data: &Dataset) -> Answer {
    let (x, k) = (data.samples()?, k_of(&job.options)?);
    let mut ctx = FitContext::new(0);
    let start = Instant::now();
    let index = NeighborIndex::build(x, Metric::Euclidean, NeighborSearch::Auto, k, &mut ctx)?;
    let graph = index.graph(x, k, &mut ctx)?;
    let seconds = start.elapsed().as_secs_f64();
    npy::write_result(job.out.as_deref(), graph.all_distances())?;
    Ok((seconds, String::new()))
}

/// The last rows are placed among the first `n_fitted`.
fn transform(job: &Job, data: &Dataset, placed: &mut Placed) -> Answer {
    let mut options = job.options.clone();
    let n_fitted = options
        .as_object_mut()
        .and_then(|options| options.remove("n_fitted")?.as_u64());
    let n_fitted = n_fitted.ok_or("n_fitted is needed")? as usize;
    let of = format!("{} {:?} {}", job.file, job.rows, job.options);
    if placed.0.as_ref().is_none_or(|(other, _)| *other != of) {
        let umap = serde_json::from_value::<UmapConfig>(options)?.build()?;
        let x = Samples::new(data.x.slice(s![..n_fitted, ..]))?;
        placed.0 = Some((of, umap.fit(x, &mut FitContext::new(0))?.model));
    }
    let (_, umap) = placed.0.as_ref().ok_or("was put there")?;
    let new = Samples::new(data.x.slice(s![n_fitted.., ..]))?;
    let start = Instant::now();
    let places = umap.transform(new)?;
    let seconds = start.elapsed().as_secs_f64();
    npy::write_result(job.out.as_deref(), places.view())?;
    Ok((seconds, String::new()))
}

/// How true an embedding is to the rows, and how well a mixture on top finds the classes where they are known.
fn judge_embedding(options: &Value, data: &Dataset) -> Answer {
    let path = |name: &str| options[name].as_str().map(Path::new);
    let embedding = read_path(path("out").ok_or("out is needed")?, &ReadOptions::default())?;
    // Of a transform, the rows that were placed are the last ones.
    let first = data.n_samples() - embedding.n_samples();
    let x = Samples::new(data.x.slice(s![first.., ..]))?;
    let quality = EmbeddingOptions {
        n_neighbors: 15,
        sampling: Sampling::Rows(5000),
        ..EmbeddingOptions::default()
    };
    let quality = embedding_quality(x, embedding.samples()?, &quality, &mut FitContext::new(0))?;
    let mut result = format!("trustworthiness {:.4}", quality.trustworthiness);
    if let Some(classes) = classes(options)? {
        let classes = Labels::new(classes.as_slice()[first..][..embedding.n_samples()].to_vec())?;
        let gmm = mixture_of_records(classes.n_clusters()).build()?;
        let found = gmm.fit(embedding.samples()?, &mut FitContext::new(0))?;
        let scores = assess(&classes, found.model.labels())?;
        result += &format!(", ACC {:.4}, NMI {:.4}", scores.acc, scores.nmi);
    }
    Ok((0.0, result))
}

/// The classes of a set, or of a file.
fn classes(options: &Value) -> Result<Option<Labels>, Box<dyn Error>> {
    if let Some(file) = options["labels"].as_str() {
        return Ok(Some(read_labels(file, None)?.labels));
    }
    let (Some(set), Some(data_dir)) = (options["set"].as_str(), options["data_dir"].as_str()) else {
        return Ok(None);
    };
    Ok(set.parse::<BuiltIn>()?.load(&DataDirs::new([data_dir]))?.labels)
}

/// Which share of the nearest was found, by distance: rows at one distance stand for one another.
fn judge_neighbors(options: &Value, data: &Dataset) -> Answer {
    let found = read_path(
        options["out"].as_str().ok_or("out is needed")?,
        &ReadOptions::default(),
    )?;
    let (x, k) = (data.samples()?, k_of(options)?);
    let exact = NeighborIndex::new(x, NeighborSearch::Exact).graph(x, k, &mut FitContext::new(0))?;
    let hits = found.x.rows().into_iter().enumerate().map(|(row, found)| {
        let farthest = exact.distances(row)[k - 1] * (1.0 + 1e-5);
        found.iter().filter(|&&distance| distance <= farthest).count()
    });
    let recall = hits.sum::<usize>() as f64 / (k * x.n_samples()) as f64;
    Ok((0.0, format!("recall {recall:.5}")))
}

/// UMAP on made-up rows, with the most memory that this process has used so far.
pub(super) fn growth(mut options: Value) -> Answer {
    let mut number = |name: &str| {
        let options = options.as_object_mut()?;
        Some(options.remove(name)?.as_u64()? as usize)
    };
    let (n, d) = (number("n_samples"), number("n_features"));
    let data = blobs(n.ok_or("n_samples is needed")?, d.ok_or("n_features is needed")?);
    let umap = serde_json::from_value::<UmapConfig>(options)?.build()?;
    let start = Instant::now();
    umap.fit(Samples::new(data.view())?, &mut FitContext::new(0))?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, format!("peak memory {}", peak_memory())))
}
