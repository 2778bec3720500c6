//! The page's tables: data, scores, stages, notes, options.

use n2d_core::{FitContext, FittedClusterer, FittedEncoder, FittedManifold, Labels, Stage};
use n2d_metrics::{Comparison, Mean, Noise, SilhouetteOptions, assess, davies_bouldin, silhouette};
use n2d_plot::Report;

use super::clusters::Found;
use super::{ModelReport, ReportError};
use crate::{Model, PartChoice, Registry};

type Entries = Vec<(String, String)>;

/// Adds all tables.
pub(super) fn all<'a>(
    report: Report<'a>,
    of: &ModelReport<'a>,
    found: &Found<'_>,
    ctx: &mut FitContext<'_>,
) -> Result<Report<'a>, ReportError> {
    let scores = scores(found, ctx)?;
    let report = report
        .with_table("Data", data(of, found))
        .with_table("Scores", scores)
        .with_table("How the fit went", stages(of.model));
    let notes = notes(of.model);
    let report = if notes.is_empty() {
        report
    } else {
        report.with_table("Notes", notes)
    };
    Ok(report.with_table("Options", options(of.model)))
}

fn entry(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

fn data(of: &ModelReport<'_>, found: &Found<'_>) -> Entries {
    let (info, model) = (of.model.info(), of.model);
    let mut table = Vec::new();
    if let Some(data) = found.data {
        let which = if of.are_new {
            "new rows, labelled by the model"
        } else {
            "the rows the model was fitted to"
        };
        table.push(entry("shown", format!("{}: {which}", data.name)));
    }
    let (rows, columns) = (model.labels().len(), model.n_features());
    table.push(entry(
        "fitted to",
        format!("{} {rows} rows x {columns} columns", info.dataset).trim(),
    ));
    if !info.scaling.is_empty() {
        table.push(entry("values", &info.scaling));
    }
    table.push(entry("clusters", found.clusters.n_clusters()));
    let noise = found.clusters.n_noise();
    if noise > 0 {
        let share = 100.0 * noise as f64 / found.clusters.len() as f64;
        table.push(entry("noise", format!("{noise} rows, {share:.1} %")));
    }
    table
}

/// Agreement with the classes, where they are known; how well the clusters are apart.
fn scores(found: &Found<'_>, ctx: &mut FitContext<'_>) -> Result<Entries, ReportError> {
    let mut table = Vec::new();
    let mut add = |name: &str, value: f64, what: &str| {
        table.push(entry(name, format!("{value:.4} \u{b7} {what}")));
    };
    if let Some(classes) = found.data.and_then(|data| data.labels.as_ref()) {
        agreement(classes, found.clusters, &mut add)?;
    }
    // One cluster has neither.
    let options = SilhouetteOptions::default();
    match silhouette(found.y, found.clusters, Noise::LeftOut, &options, ctx) {
        Ok(silhouette) => {
            let drawn = match silhouette.n_measured < silhouette.n_clustered {
                true => format!(
                    "of {} rows drawn, standard error {:.4}; ",
                    silhouette.n_measured, silhouette.std_error
                ),
                false => String::new(),
            };
            let what = format!("{drawn}in the embedding, noise left out; from -1 to 1, which is best");
            add("silhouette", silhouette.mean, &what);
        }
        Err(n2d_metrics::MetricError::ClusterCount { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if let Ok(index) = davies_bouldin(found.y, found.clusters, Noise::LeftOut) {
        add("Davies-Bouldin", index, "likewise; from 0, which is best");
    }
    Ok(table)
}

fn agreement(
    classes: &Labels,
    clusters: &Labels,
    add: &mut dyn FnMut(&str, f64, &str),
) -> Result<(), ReportError> {
    let found = assess(classes, clusters)?;
    add(
        "ACC",
        found.acc,
        "share of rows in the right cluster, by the best one-to-one mapping; noise is wrong",
    );
    add("NMI", found.nmi, "mutual information with the classes, 1 at best");
    add("ARI", found.ari, "pairs of rows, 0 by chance, 1 at best");
    let all = Comparison::new(classes, clusters, Noise::OwnCluster)?;
    add(
        "AMI",
        all.adjusted_mutual_info(Mean::Arithmetic),
        "mutual information, 0 by chance, 1 at best",
    );
    add(
        "homogeneity",
        all.homogeneity(),
        "1 where each cluster has rows of one class only",
    );
    add(
        "completeness",
        all.completeness(),
        "1 where each class is in one cluster",
    );
    Ok(())
}

fn stages(model: &Model) -> Entries {
    let info = model.info();
    let mut table = Vec::new();
    for (stage, report) in [Stage::Encoder, Stage::Manifold, Stage::Clusterer]
        .iter()
        .zip(&info.reports)
    {
        let reached = match &report.objective {
            Some((name, value)) => format!(", {name} {value:.6}"),
            None => String::new(),
        };
        let rounds = match (report.n_iter, stage) {
            (0, _) => String::new(),
            (n, Stage::Encoder) => format!(" after {n} epochs"),
            (n, _) => format!(" after {n} rounds"),
        };
        let text = format!(
            "{}: {}{rounds}{reached}; {:.3} s",
            report.part, report.ended, report.seconds
        );
        table.push(entry(stage.name(), text));
    }
    if !info.reports.is_empty() {
        let seconds: f64 = info.reports.iter().map(|report| report.seconds).sum();
        table.push(entry("all stages", format!("{seconds:.3} s")));
    }
    let pipeline = model.pipeline();
    let widths = format!(
        "{} columns, {} latents, {} components, {} clusters",
        model.n_features(),
        pipeline.encoder().latent_dim(),
        pipeline.manifold().n_components(),
        pipeline.clusterer().n_clusters()
    );
    table.push(entry("widths", widths));
    table.push(entry("seed", info.seed));
    if !info.n2d.is_empty() {
        table.push(entry("written by", format!("n2d {}", info.n2d)));
    }
    table
}

fn notes(model: &Model) -> Entries {
    let of = |report: &crate::StageReport| {
        let notes = report
            .notes
            .iter()
            .map(|note| (report.part.clone(), note.clone()));
        notes.collect::<Vec<_>>()
    };
    model.info().reports.iter().flat_map(of).collect()
}

/// Every option of every part: those set first, then the defaults that the others have.
fn options(model: &Model) -> Entries {
    let Some(config) = &model.info().config else {
        return vec![entry("parts", names(model))];
    };
    let sizes = [
        ("n_clusters", config.n_clusters),
        ("latent_dim", config.latent_dim),
    ];
    let mut set: Entries = sizes
        .iter()
        .filter_map(|(name, size)| Some(entry(name, (*size)?)))
        .collect();
    let mut defaults = Vec::new();
    let registry = Registry::default();
    let of = |stage, part: &PartChoice, set: &mut Entries, defaults: &mut Entries| {
        for (option, value) in &part.options {
            set.push(entry(
                &format!("{}.{option}", part.name),
                format!("{value} \u{b7} set"),
            ));
        }
        // A part of the user's own has defaults that nobody knows here.
        for (option, value) in registry.defaults(stage, &part.name).into_iter().flatten() {
            if !part.options.contains_key(&option) {
                defaults.push(entry(&format!("{}.{option}", part.name), value));
            }
        }
    };
    for stage in [Stage::Encoder, Stage::Manifold, Stage::Clusterer] {
        of(stage, config.part(stage), &mut set, &mut defaults);
    }
    set.insert(0, entry("parts", names(model)));
    set.extend(defaults);
    set
}

fn names(model: &Model) -> String {
    let pipeline = model.pipeline();
    let (encoder, manifold, clusterer) = (pipeline.encoder(), pipeline.manifold(), pipeline.clusterer());
    format!("{}, {}, {}", encoder.name(), manifold.name(), clusterer.name())
}
