//! One page about a model: what it found in which rows, how sure it is, what it was told and how it went.

mod clusters;
mod figures;
mod kind;
mod rows;
mod tables;

use n2d_core::{
    ApplyError, ConfigError, DataError, FitContext, FitError, FittedEncoder, FittedManifold, Manifold,
    PartConfig, Samples,
};
use n2d_datasets::Dataset;
use n2d_manifold::UmapConfig;
use n2d_metrics::{MetricError, assess};
use n2d_plot::{Colours, PlotError, Report, RowKind, Scatter};
use ndarray::Array2;

use crate::Model;
pub use figures::{condensed_tree, learning_curve};
pub use kind::row_kind;
use rows::Seen;

/// A self-contained HTML page about a fitted [`Model`]: a map of the rows to look around in, each cluster with its most typical and its most
/// doubtful rows, its mean, its mean reconstruction and what sets it apart, scores, how the fit went, and every option.
///
/// It is the [`Report`](n2d_plot::Report) of `n2d-plot`, with everything filled in. The same model and rows give the same bytes, for any
/// number of threads.
///
/// - **Rows.** Without any, the page tells of the model alone. The training rows ([`with_rows`](Self::with_rows)) keep the labels and places they
///   were fitted with; others ([`with_new_rows`](Self::with_new_rows)) are encoded, placed and labelled first.
/// - **Typical and doubtful.** By the strength of membership, where the clusterer knows it (probabilities of a mixture, strengths of HDBSCAN), in
///   thousandths; of equal ones, and where it does not, by how much nearer a row is to its cluster's centroid than to the next
///   ([`simplified_silhouette_samples`](n2d_metrics::simplified_silhouette_samples)).
/// - **What sets a cluster apart.** Cohen's d of each column ([`cluster_profiles`](n2d_metrics::cluster_profiles)).
///
/// Takes, for n rows, what encoding and decoding them takes, and `O(n k d)` for k clusters and d columns.
///
/// ```
/// use n2d::ModelReport;
/// use n2d::prelude::*;
///
/// let values: Vec<f32> = (0..120).map(|i| (i / 60 * 100 + i % 7) as f32).collect();
/// let mut data = Dataset::new("points", ndarray::Array2::from_shape_vec((40, 3), values)?);
/// data.feature_names = ["a", "b", "c"].map(str::to_owned).to_vec();
/// let config = PipelineConfig { encoder: PartChoice::new("identity"), manifold: PartChoice::new("pca"), ..PipelineConfig::new(2) };
/// let fit = Registry::default().build(&config)?.fit(data.samples()?, &mut FitContext::new(0))?;
/// let model = Model::new(fit.model, ModelInfo::new("points", 0).with_config(config).with_report(&fit.report));
///
/// let html = ModelReport::new(&model).with_rows(&data).to_html(&mut FitContext::new(0))?;
/// assert!(html.starts_with("<!doctype html>") && html.contains("silhouette"));
/// # use n2d::ModelInfo;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelReport<'a> {
    model: &'a Model,
    data: Option<&'a Dataset>,
    are_new: bool,
    kind: Option<RowKind>,
    map: MapLayout,
}

/// Where the page's map shows the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapLayout {
    /// At the first two components of the embedding that was clustered, which may lay clusters above one another that are apart in the others.
    Components,
    /// In a UMAP of that embedding in two components, made for the eye alone; at its components where it has no more than two. The default.
    #[default]
    Umap,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Not as many rows as the model was fitted to.
    #[error("{given} rows are given as the training rows, but the model was fitted to {expected}")]
    RowCount {
        /// Rows of the training data.
        expected: usize,
        /// Rows given.
        given: usize,
    },
    /// Rows that the model's parts can't take.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Rows that are no data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// What can't be measured.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// What can't be shown.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// An option of the map's layout that is not allowed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The layout of the map could not be made, or the cancel token was set.
    #[error(transparent)]
    Fit(#[from] FitError),
}

impl<'a> ModelReport<'a> {
    /// About a model alone.
    pub fn new(model: &'a Model) -> Self {
        Self {
            model,
            data: None,
            are_new: false,
            kind: None,
            map: MapLayout::default(),
        }
    }

    /// With the rows it was fitted to, in their order and in their units: not scaled by the model's scaling.
    pub fn with_rows(self, data: &'a Dataset) -> Self {
        Self {
            data: Some(data),
            are_new: false,
            ..self
        }
    }

    /// Of other rows, which it labels; likewise.
    pub fn with_new_rows(self, data: &'a Dataset) -> Self {
        Self {
            data: Some(data),
            are_new: true,
            ..self
        }
    }

    /// How rows are shown. Default: [`row_kind`] of the data.
    pub fn with_row_kind(self, kind: RowKind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    /// Where the map shows the rows. Default [`MapLayout::Umap`].
    pub fn with_map(self, map: MapLayout) -> Self {
        Self { map, ..self }
    }

    /// The page.
    ///
    /// # Errors
    /// [`ReportError`]; of [`FitError`] above all [`FitError::Cancelled`].
    pub fn to_html(&self, ctx: &mut FitContext<'_>) -> Result<String, ReportError> {
        let parallelism = ctx.parallelism().clone();
        let seen = match self.data {
            Some(data) => {
                self.check(data)?;
                Some(Seen::of(self.model, data, self.are_new, ctx)?)
            }
            None => None,
        };
        let (embedding, clusters) = match seen.as_ref().and_then(Seen::placed) {
            Some((embedding, clusters)) => (embedding, clusters),
            None => (self.model.embedding(), self.model.labels()),
        };
        let y = Samples::new(embedding)?;
        let layout = self.map.places(y, ctx)?;
        let classes = self.data.and_then(|data| data.labels.as_ref());
        let colours = match classes {
            Some(classes) => Colours::matched(classes, clusters)?,
            None => Colours::of_clusters(clusters),
        };
        let mut scatter = Scatter::new(embedding, clusters)
            .with_colours(&colours)
            .with_title(self.title());
        if let Some(classes) = classes {
            let names = self.data.map_or(&[][..], |data| &data.label_names);
            scatter = scatter
                .with_classes(classes)
                .with_class_names(names)
                .with_facts(assess(classes, clusters)?.to_string());
        }
        if let Some(layout) = &layout {
            scatter = scatter.with_display(layout.view());
        }
        let strengths =
            parallelism.install(|| clusters::strengths(self.model, y, clusters, seen.as_ref()))?;
        if let Some(strengths) = &strengths {
            scatter = scatter.with_strengths(strengths);
        }
        let mut report = Report::new(scatter);
        let kind = self
            .data
            .map(|data| self.kind.clone().unwrap_or_else(|| row_kind(data)));
        let found = clusters::Found {
            data: self.data,
            seen: seen.as_ref(),
            y,
            clusters,
            strengths: strengths.as_deref(),
        };
        if let (Some(data), Some(kind)) = (self.data, kind) {
            let profiles = parallelism.install(|| found.profiles(data))?;
            let shown = kind::shown(data, kind, &profiles);
            report = report.with_details(parallelism.install(|| found.details(data, &shown, &profiles))?);
            ctx.check_cancelled()?;
            if let Some(columns) = shown.columns_of(data.n_features()) {
                report = report.with_table("Columns", [("shown", columns)]);
            }
            let report = tables::all(report, self, &found, ctx)?;
            let report = figures::all(report, self, &found, &colours, ctx)?;
            return Ok(report.with_rows(shown.rows.view(), shown.kind).to_html()?);
        }
        let report = tables::all(report, self, &found, ctx)?;
        Ok(figures::all(report, self, &found, &colours, ctx)?.to_html()?)
    }

    fn title(&self) -> String {
        let name = match (self.data, self.model.info().dataset.as_str()) {
            (Some(data), _) => data.name.as_str(),
            (None, "") => "Model",
            (None, name) => name,
        };
        name.to_owned()
    }

    fn check(&self, data: &Dataset) -> Result<(), ReportError> {
        let (expected, given) = (self.model.n_features(), data.n_features());
        if expected != given {
            let part = self.model.pipeline().encoder().name().to_owned();
            return Err(ApplyError::FeatureMismatch {
                part,
                expected,
                given,
            }
            .into());
        }
        let (expected, given) = (self.model.labels().len(), data.n_samples());
        if !self.are_new && expected != given {
            return Err(ReportError::RowCount { expected, given });
        }
        Ok(())
    }
}

impl MapLayout {
    /// Where rows of an embedding are shown, `(n_samples, 2)`; none where that is at their first two components. Deterministic for the
    /// context's seed; the cost is that of a UMAP of these rows.
    ///
    /// # Errors
    /// [`ReportError::Fit`], also where the cancel token is set.
    pub fn places(
        self,
        y: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Option<Array2<f32>>, ReportError> {
        if self == Self::Components || y.n_features() <= 2 || y.n_samples() < 3 {
            return Ok(None);
        }
        let defaults = UmapConfig::default();
        let config = UmapConfig {
            n_neighbors: defaults.n_neighbors.min(y.n_samples() - 1),
            n_components: 2,
            ..defaults
        };
        let umap = config.build()?;
        Ok(Some(umap.fit(y, ctx)?.model.embedding().to_owned()))
    }
}
