//! Clusterers.

use std::time::Instant;

use hdbscan_rs::HdbscanParams;
use n2d::cluster::LinfaKMeansConfig;
use n2d::datasets::Dataset;
use n2d::prelude::*;
use n2d_benches::blobs;
use serde_json::Value;

use super::{Answer, Job, peak_memory};

pub(super) const METHODS: [&str; 5] = ["hdbscan", "gmm", "kmeans", "linfa-kmeans", "hdbscan-rs"];

pub(super) fn answer(job: &Job, data: &Dataset) -> Answer {
    let y = data.samples()?;
    let options = job.options.clone();
    match job.method.as_str() {
        "hdbscan" => fit(
            serde_json::from_value::<HdbscanConfig>(options)?,
            y,
            |_, labels| clusters(labels),
        ),
        "gmm" => fit(
            serde_json::from_value::<GaussianMixtureConfig>(options)?,
            y,
            |fit, _| {
                let (name, value) = fit.report.objective.unwrap_or(("nothing", f64::NAN));
                format!("{name} {value:.4} after {} rounds", fit.report.n_iter)
            },
        ),
        "kmeans" => fit(serde_json::from_value::<KMeansConfig>(options)?, y, |fit, _| {
            format!("inertia {}", figure(fit.model.inertia()))
        }),
        "linfa-kmeans" => fit(
            serde_json::from_value::<LinfaKMeansConfig>(options)?,
            y,
            |_, labels| format!("inertia {}", figure(inertia(y, labels))),
        ),
        _ => hdbscan_rs(&options, data),
    }
}

fn fit<C>(
    config: C,
    y: Samples<'_>,
    result: impl Fn(&Fit<<C::Part as Clusterer>::Fitted>, &Labels) -> String,
) -> Answer
where
    C: PartConfig<Part: Clusterer>,
{
    let part = config.build()?;
    let start = Instant::now();
    let fit = part.fit(y, &mut FitContext::new(0))?;
    let seconds = start.elapsed().as_secs_f64();
    let result = result(&fit, fit.model.labels());
    Ok((seconds, result))
}

/// HDBSCAN on made-up rows, with the most memory that this process has used so far.
pub(super) fn growth(mut options: Value) -> Answer {
    let n = options
        .as_object_mut()
        .and_then(|options| options.remove("n_samples")?.as_u64());
    let data = blobs(n.ok_or("n_samples is needed")? as usize, 2);
    let y = Samples::new(data.view())?;
    let config: HdbscanConfig = serde_json::from_value(options)?;
    fit(config, y, |_, labels| {
        format!("{}; peak memory {}", clusters(labels), peak_memory())
    })
}

fn hdbscan_rs(options: &Value, data: &Dataset) -> Answer {
    let number = |name: &str| options[name].as_u64().map(|n| n as usize);
    let params = HdbscanParams {
        min_cluster_size: number("min_cluster_size").unwrap_or(5),
        min_samples: number("min_samples"),
        ..HdbscanParams::default()
    };
    let values = data.x.iter().copied().map(f64::from).collect();
    let x = ndarray16::Array2::from_shape_vec(data.x.dim(), values)?;
    let mut model = hdbscan_rs::Hdbscan::new(params);
    let start = Instant::now();
    let labels = model.fit_predict(&x.view())?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, clusters(&Labels::new(labels)?)))
}

fn clusters(labels: &Labels) -> String {
    let noise = 100.0 * labels.n_noise() as f64 / labels.len() as f64;
    format!("{} clusters, {noise:.1}% noise", labels.n_clusters())
}

/// Squared distances to the means of the clusters.
fn inertia(y: Samples<'_>, labels: &Labels) -> f64 {
    let n_clusters = labels
        .sizes()
        .last()
        .map_or(0, |&(cluster, _)| cluster as usize + 1);
    let d = y.n_features();
    let (mut sums, mut counts) = (vec![0.0; n_clusters * d], vec![0.0; n_clusters]);
    for (row, &label) in y.rows().zip(labels.as_slice()) {
        counts[label as usize] += 1.0;
        for (sum, &value) in sums[label as usize * d..].iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    let rows = y.rows().zip(labels.as_slice());
    rows.map(|(row, &label)| {
        let mean = sums[label as usize * d..]
            .iter()
            .map(|sum| sum / counts[label as usize]);
        let squares = row
            .iter()
            .zip(mean)
            .map(|(&value, mean)| (f64::from(value) - mean).powi(2));
        squares.sum::<f64>()
    })
    .sum()
}

/// Six digits, as Python's `g`.
fn figure(value: f64) -> String {
    let digits = 5 - value.abs().log10().floor() as i32;
    if digits >= 0 {
        format!("{value:.*}", digits as usize)
    } else {
        format!("{value:.0}")
    }
}
