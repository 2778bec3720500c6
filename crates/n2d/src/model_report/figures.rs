//! The finished pictures of the page.

use std::any::Any;

use n2d_cluster::FittedHdbscan;
use n2d_core::{FitContext, FittedClusterer};
use n2d_metrics::{Noise, silhouette_samples};
use n2d_neighbors::Metric;
use n2d_plot::{
    ClusterSizes, Colours, CondensedTree, ConfusionMatrix, Figure, LearningCurve, PlotError, Report,
    Silhouettes, TreeRow,
};

use super::clusters::Found;
use super::{ModelReport, ReportError};
use crate::Model;

/// Rows beyond these have no silhouette drawn: it takes the distance of every pair.
const MOST_SILHOUETTES: usize = 12_000;
/// Colours tell so many clusters apart; a picture of more is of no use.
const MOST_CLUSTERS: usize = 60;

/// The value of the encoder's objective after each round of its training, and that of rows held out, if there are any; `None` where it was not trained in rounds.
///
/// # Errors
/// [`PlotError`], for a model file whose values can't be drawn.
pub fn learning_curve(model: &Model) -> Result<Option<Figure>, PlotError> {
    let encoder = model.info().reports.first();
    let Some(report) = encoder.filter(|report| !report.history.is_empty()) else {
        return Ok(None);
    };
    let finite = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Vec<f64>>();
    let (values, held_out) = (finite(&report.history), finite(&report.validation_history));
    if values.is_empty() {
        return Ok(None);
    }
    let title = format!("{}: {}", model.info().dataset, report.part);
    let mut curve = LearningCurve::new(&report.part, &values).with_title(title);
    if !held_out.is_empty() {
        curve = curve.with_series("rows held out", &held_out);
    }
    curve.draw().map(Some)
}

/// The hierarchy of HDBSCAN with the clusters chosen; `None` for other clusterers.
///
/// # Errors
/// [`PlotError`], for a hierarchy that can't be drawn.
pub fn condensed_tree(model: &Model) -> Result<Option<Figure>, PlotError> {
    let clusterer: &dyn FittedClusterer = &**model.pipeline().clusterer();
    let any: &dyn Any = clusterer;
    let Some(hdbscan) = any.downcast_ref::<FittedHdbscan>() else {
        return Ok(None);
    };
    let row = |row: &n2d_cluster::CondensedRow| TreeRow {
        parent: row.parent,
        child: row.child,
        lambda: row.lambda,
        size: row.size,
    };
    let rows: Vec<TreeRow> = hdbscan.condensed_tree().iter().map(row).collect();
    CondensedTree::new(&rows)
        .with_selected(&hdbscan.selected_clusters())
        .with_title(&model.info().dataset)
        .draw()
        .map(Some)
}

/// Adds all pictures there are.
pub(super) fn all<'a>(
    mut report: Report<'a>,
    of: &ModelReport<'a>,
    found: &Found<'_>,
    colours: &Colours,
    ctx: &mut FitContext<'_>,
) -> Result<Report<'a>, ReportError> {
    let few = found.clusters.n_clusters() <= MOST_CLUSTERS;
    if few
        && let Some(data) = found.data
        && let Some(classes) = &data.labels
    {
        let matrix = ConfusionMatrix::new(classes, found.clusters).with_class_names(&data.label_names);
        report = report.with_figure(
            "Classes and clusters",
            matrix.with_title("Classes and clusters").draw()?,
        );
    }
    if few {
        let sizes = ClusterSizes::new(found.clusters).with_colours(colours);
        report = report.with_figure("Cluster sizes", sizes.with_title("Cluster sizes").draw()?);
    }
    if few && found.clusters.n_clusters() > 1 && found.clusters.len() <= MOST_SILHOUETTES {
        let noise = Noise::LeftOut;
        // As many clusters as rows have none.
        if let Ok(values) = silhouette_samples(found.y, found.clusters, noise, Metric::Euclidean, ctx) {
            let plot = Silhouettes::new(&values, found.clusters).with_colours(colours);
            report = report.with_figure("Silhouettes", plot.with_title("Silhouettes").draw()?);
        }
    }
    if let Some(curve) = learning_curve(of.model)? {
        report = report.with_figure("Learning curve of the encoder", curve);
    }
    if let Some(tree) = condensed_tree(of.model)? {
        report = report.with_figure("The clusterer's hierarchy", tree);
    }
    Ok(report)
}
