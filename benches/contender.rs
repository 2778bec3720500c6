//! The Rust contender of `cargo xtask compare`: reads jobs from stdin, a line of JSON each, and answers each.
//!
//! A job has a method, a .npy file and options, which for our own parts are those of their configurations; the answer has the seconds
//! that the fit took and what came out.

// A program whose output is what it is for.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use hdbscan_rs::HdbscanParams;
use n2d::cluster::LinfaKMeansConfig;
use n2d::datasets::{Dataset, ReadOptions, read_path};
use n2d::prelude::*;
use n2d_benches::blobs;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Job {
    method: String,
    #[serde(default)]
    file: String,
    options: Value,
}

/// The file that was read last: one match after the other is about the same.
#[derive(Default)]
struct Files(Option<(String, Dataset)>);

impl Files {
    fn get(&mut self, file: &str) -> Result<&Dataset, Box<dyn Error>> {
        if self.0.as_ref().is_none_or(|(read, _)| read != file) {
            self.0 = Some((file.to_owned(), read_path(file, &ReadOptions::default())?));
        }
        self.0
            .as_ref()
            .map(|(_, data)| data)
            .ok_or_else(|| "nothing was read".into())
    }
}

fn main() {
    let mut files = Files::default();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match answer(&line, &mut files) {
            Ok((seconds, result)) => json!({"seconds": seconds, "result": result}),
            Err(error) => json!({"error": error.to_string()}),
        };
        println!("{answer}");
    }
}

/// The seconds and what came out.
type Answer = Result<(f64, String), Box<dyn Error>>;

fn answer(line: &str, files: &mut Files) -> Answer {
    let job: Job = serde_json::from_str(line)?;
    match job.method.as_str() {
        "hdbscan-growth" => return growth(job.options),
        "export" => return export(&job.options),
        _ => {}
    }
    let data = files.get(&job.file)?;
    let y = data.samples()?;
    match job.method.as_str() {
        "hdbscan" => fit(
            serde_json::from_value::<HdbscanConfig>(job.options)?,
            y,
            |_, labels| clusters(labels),
        ),
        "gmm" => fit(
            serde_json::from_value::<GaussianMixtureConfig>(job.options)?,
            y,
            |fit, _| {
                let (name, value) = fit.report.objective.unwrap_or(("nothing", f64::NAN));
                format!("{name} {value:.4} after {} rounds", fit.report.n_iter)
            },
        ),
        "kmeans" => fit(
            serde_json::from_value::<KMeansConfig>(job.options)?,
            y,
            |fit, _| format!("inertia {}", figure(fit.model.inertia())),
        ),
        "linfa-kmeans" => fit(
            serde_json::from_value::<LinfaKMeansConfig>(job.options)?,
            y,
            |_, labels| format!("inertia {}", figure(inertia(y, labels))),
        ),
        "hdbscan-rs" => hdbscan_rs(&job.options, data),
        other => Err(format!("there is no method {other}").into()),
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
fn growth(mut options: Value) -> Answer {
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

/// A data set as two .npy files, `rows.npy` and `classes.npy`, for contenders of other languages.
fn export(options: &Value) -> Answer {
    let text = |name: &str| options[name].as_str().ok_or_else(|| format!("{name} is needed"));
    let (folder, set) = (text("folder")?, text("set")?.parse::<BuiltIn>()?);
    let data = set.load(&DataDirs::new([text("data_dir")?]))?;
    let classes = data.labels.as_ref().ok_or("a set without classes")?;
    let rows = data.x.iter().flat_map(|value| value.to_le_bytes());
    let header = |kind: &str, shape: String| {
        let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        // Together with the magic bytes a multiple of 64, the last byte a line break, as the format has it.
        let text = format!("{text:<117}\n");
        [
            b"\x93NUMPY\x01\x00",
            &(text.len() as u16).to_le_bytes()[..],
            text.as_bytes(),
        ]
        .concat()
    };
    std::fs::create_dir_all(folder)?;
    let (n, d) = data.x.dim();
    let whole: Vec<u8> = header("<f4", format!("({n}, {d})"))
        .into_iter()
        .chain(rows)
        .collect();
    std::fs::write(format!("{folder}/rows.npy"), whole)?;
    let labels = classes.as_slice().iter().flat_map(|label| label.to_le_bytes());
    let whole: Vec<u8> = header("<i4", format!("({n},)"))
        .into_iter()
        .chain(labels)
        .collect();
    std::fs::write(format!("{folder}/classes.npy"), whole)?;
    Ok((0.0, format!("{n} x {d}, {} classes", classes.n_clusters())))
}

/// As Linux tells it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix("kB")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    kib.map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib / 1024))
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
