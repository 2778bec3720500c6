//! The mean of several graphs of the same rows, laid out once.

use documented::DocumentedFieldsOpt;
use n2d_core::check::{Options, same_features};
use n2d_core::persist::Save;
use n2d_core::{
    ApplyError, ConfigError, Fit, FitContext, FitError, FittedManifold, Labels, Manifold, PartConfig, Report,
    Samples, Stage, Termination, Transform,
};
use n2d_neighbors::{Neighbors, SparseGraph};
use ndarray::{Array2, ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::config::Init;
use super::fitted::Seen;
use super::fuzzy::FuzzyGraph;
use super::given::option_error;
use super::init::Wanted;
use super::place::Near;
use super::{GraphEmbedding, Umap, UmapConfig};

/// Most views; far above any use, so that a model file says nothing absurd.
pub(super) const MOST_VIEWS: usize = 1000;

/// Options of [`AveragedUmap`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct AveragedUmapConfig {
    /// Views of a row: its columns are cut into so many blocks of equal width. From 1, the default, to 1000.
    pub n_views: usize,
    /// How each view becomes a graph, and their mean is laid out. Default: that of [`UmapConfig`]. `densmap` and `output_dens` are
    /// refused: a mean of graphs has no distances.
    pub umap: UmapConfig,
}

impl Default for AveragedUmapConfig {
    fn default() -> Self {
        Self {
            n_views: 1,
            umap: UmapConfig::default(),
        }
    }
}

impl PartConfig for AveragedUmapConfig {
    const NAME: &'static str = "averaged_umap";
    type Part = AveragedUmap;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<AveragedUmap, ConfigError> {
        let options = Options::of(Self::NAME);
        options.between("n_views", self.n_views as f64, 1.0, MOST_VIEWS as f64)?;
        for (field, asked) in [
            ("umap.densmap", self.umap.densmap),
            ("umap.output_dens", self.umap.output_dens),
        ] {
            if asked {
                return Err(options.refuse(
                    field,
                    "false for a mean of graphs, which has no distances",
                    true,
                ));
            }
        }
        Ok(AveragedUmap {
            umap: self.umap.build()?,
            n_views: self.n_views,
        })
    }
}

/// UMAP of rows that are seen in several ways, such as the latents of several encoders side by side: each view, a block of columns,
/// has its own fuzzy graph, and the mean of the graphs is laid out once. What few views see weighs little.
///
/// Views need not be of one scale: distances are compared within a view only. With one view this is [`Umap`], bit for bit. A new row is
/// placed by the mean of its memberships in all views. Takes the time of a search for neighbours for each view, and that of one
/// layout of a graph of up to `n_views` times the edges; deterministic as [`Umap`].
///
/// ```
/// use n2d_core::{FitContext, FittedManifold, Manifold, PartConfig, Samples, Transform};
/// use n2d_manifold::UmapConfig;
/// use n2d_manifold::umap::AveragedUmapConfig;
///
/// // Two views of points on a line, the second of them upside down and larger.
/// let values: Vec<f32> = (0..60).flat_map(|i| { let v = (i + i / 30 * 500) as f32; [v, -7.0 * v] }).collect();
/// let z = Samples::from_rows(&values, 2)?;
/// let umap = UmapConfig { n_neighbors: 10, ..UmapConfig::new(2) };
/// let averaged = AveragedUmapConfig { n_views: 2, umap }.build()?;
/// let fit = averaged.fit(z, &mut FitContext::new(42))?;
/// assert_eq!(fit.model.embedding().dim(), (60, 2));
/// assert_eq!(fit.model.transform(Samples::from_rows(&[0.5, -3.5], 2)?)?.dim(), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct AveragedUmap {
    umap: Umap,
    n_views: usize,
}

impl AveragedUmap {
    /// Views of a row.
    pub fn n_views(&self) -> usize {
        self.n_views
    }

    fn fit_checked(
        &self,
        z: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedAveragedUmap>, FitError> {
        self.check(z)?;
        let (mut views, mut graphs, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for view in 0..self.n_views {
            let block = block(z, self.n_views, view);
            let rows = Samples::new(block.view()).map_err(super::fit::data_error)?;
            let (seen, fuzzy, said) = self.umap.seen(rows, ctx)?;
            views.push(seen);
            graphs.push(fuzzy.graph);
            notes.extend(said.into_iter().map(|note| format!("view {view}: {note}")));
        }
        let (embedding, mut report) = self.umap.embedding_of(&SparseGraph::mean(&graphs), z, ctx)?;
        report.part = AveragedUmapConfig::NAME.to_owned();
        report.notes.extend(notes);
        let placed = GraphEmbedding::new(&self.umap, embedding, ctx.derived_seed("umap transform"));
        Ok(Fit {
            model: FittedAveragedUmap { views, placed },
            report,
        })
    }

    fn check(&self, z: Samples<'_>) -> Result<(), FitError> {
        let (n_columns, n_views) = (z.n_features(), self.n_views);
        if n_columns.is_multiple_of(n_views) {
            return Ok(());
        }
        let allowed = format!("a number that divides the {n_columns} columns of the rows");
        Err(option_error(
            Options::of(AveragedUmapConfig::NAME).refuse("n_views", allowed, n_views),
        ))
    }
}

/// What averaging asks of UMAP.
impl Umap {
    /// One view of the rows: how new rows see it, its graph, and what the user should know.
    fn seen(
        &self,
        rows: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Seen, FuzzyGraph, Vec<String>), FitError> {
        let index = self.index(rows, ctx)?;
        if rows.n_samples() == 1 {
            return Ok((
                Seen::new(self, rows, index, 0.0),
                FuzzyGraph::of_one_row(),
                Vec::new(),
            ));
        }
        let prepared = self.prepare(rows, Some(&index), &super::Given::default(), ctx)?;
        let mean_distance = self.views(&prepared.neighbors, prepared.k).mean_distance();
        let seen = Seen::new(self, rows, index, mean_distance);
        Ok((seen, prepared.fuzzy, prepared.notes))
    }

    fn embedding_of(
        &self,
        graph: &SparseGraph,
        z: Samples<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<(Array2<f32>, Report), FitError> {
        if z.n_samples() == 1 {
            let report = Report::new(AveragedUmapConfig::NAME, Termination::ClosedForm)
                .with_note("a single point: placed at the origin");
            return Ok((Array2::zeros((1, self.config.n_components)), report));
        }
        if self.config.init == Init::Pca {
            self.check_given(z, &super::Given::default())?;
        }
        let laid_out = self.lay_out(graph, Wanted::Made(self.config.init), Some(z), None, ctx)?;
        Ok((laid_out.embedding, laid_out.report))
    }
}

impl Manifold for AveragedUmap {
    type Fitted = FittedAveragedUmap;

    /// Learns the manifold.
    ///
    /// # Errors
    /// As [`Umap`]'s, and [`FitError::Part`] with a [`ConfigError`] where `n_views` does not divide the columns.
    fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedAveragedUmap>, FitError> {
        ctx.run_stage(Stage::Manifold, AveragedUmapConfig::NAME, |ctx| {
            self.fit_checked(z, ctx)
        })
    }
}

/// A fitted [`AveragedUmap`]: the embedding of its training rows, and what placing new rows needs.
#[derive(Debug, Clone)]
pub struct FittedAveragedUmap {
    pub(super) views: Vec<Seen>,
    pub(super) placed: GraphEmbedding,
}

impl FittedAveragedUmap {
    /// Views of a row.
    pub fn n_views(&self) -> usize {
        self.views.len()
    }

    /// The training rows as a graph that has been laid out.
    pub fn graph_embedding(&self) -> &GraphEmbedding {
        &self.placed
    }

    /// The share of views in which most of a training row's neighbours, by their weights, have its label: how far the views agree on it.
    ///
    /// The neighbours are looked up anew, as in the fit. One row, which has none, agrees with itself.
    ///
    /// # Errors
    /// [`ApplyError::Data`] for training rows that can't be looked up, of which there are none.
    ///
    /// # Panics
    /// Where there are not as many labels as training rows.
    pub fn agreement(&self, labels: &Labels) -> Result<Vec<f32>, ApplyError> {
        let (n, width) = (self.embedding().nrows(), self.views[0].index.n_features());
        assert_eq!(labels.len(), n, "a label for each training row");
        let mut agreeing = vec![0_u32; n];
        for seen in &self.views {
            let points = seen.index.points();
            let rows = Samples::from_rows(&points, width).map_err(|source| ApplyError::Data {
                part: self.name().to_owned(),
                source,
            })?;
            let found = seen.index.query(rows, seen.n_neighbors)?;
            for (row, agreeing) in agreeing.iter_mut().enumerate() {
                let mut near = seen.memberships(found.indices(row), found.distances(row));
                near.retain(|&(other, _)| other as usize != row);
                *agreeing += u32::from(agrees(&near, labels, labels.as_slice()[row]));
            }
        }
        Ok(self.shares(&agreeing))
    }

    /// The same of new rows with their labels: the share of views in which most of the training rows near a new one have its label. `trained` are the
    /// labels of the training rows. A training row given again is its own nearest, unlike in [`agreement`](Self::agreement).
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for rows of another width.
    ///
    /// # Panics
    /// Where there are not as many labels as rows.
    pub fn agreement_on(
        &self,
        z: Samples<'_>,
        trained: &Labels,
        labels: &Labels,
    ) -> Result<Vec<f32>, ApplyError> {
        same_features(self.name(), self.n_features(), z)?;
        assert_eq!(
            trained.len(),
            self.embedding().nrows(),
            "a label for each training row"
        );
        assert_eq!(labels.len(), z.n_samples(), "a label for each row");
        let mut agreeing = vec![0_u32; labels.len()];
        for (seen, found) in self.views.iter().zip(self.neighbors(z)?) {
            for (row, agreeing) in agreeing.iter_mut().enumerate() {
                let near = seen.memberships(found.indices(row), found.distances(row));
                *agreeing += u32::from(agrees(&near, trained, labels.as_slice()[row]));
            }
        }
        Ok(self.shares(&agreeing))
    }

    /// Of all views.
    fn shares(&self, agreeing: &[u32]) -> Vec<f32> {
        let n_views = self.views.len() as f32;
        agreeing.iter().map(|&views| views as f32 / n_views).collect()
    }

    fn neighbors(&self, z: Samples<'_>) -> Result<Vec<Neighbors>, ApplyError> {
        let find = |(view, seen): (usize, &Seen)| {
            let block = block(z, self.views.len(), view);
            let rows = n2d_core::check::made_by(self.name(), block.view())?;
            seen.index.query(rows, seen.n_neighbors)
        };
        self.views.iter().enumerate().map(find).collect()
    }

    /// What a new row is near to: the first training row that it is the same as in every view, if there is one.
    fn near(&self, neighbors: &[Neighbors], row: usize) -> Near {
        let mut same = self
            .views
            .iter()
            .zip(neighbors)
            .map(|(seen, found)| seen.same(found, row));
        let first = same.next().unwrap_or_default();
        let others: Vec<&[u32]> = same.collect();
        match first
            .iter()
            .find(|point| others.iter().all(|same| same.contains(point)))
        {
            Some(&point) => Near::Same(point),
            None => Near::Among(self.memberships(neighbors, row)),
        }
    }

    /// The mean over views of how much each training row counts for a new one, nearest of the first view first.
    fn memberships(&self, neighbors: &[Neighbors], row: usize) -> Vec<(u32, f32)> {
        let mut mean: Vec<(u32, f32)> = Vec::new();
        for (seen, found) in self.views.iter().zip(neighbors) {
            for (point, weight) in seen.memberships(found.indices(row), found.distances(row)) {
                match mean.iter_mut().find(|(other, _)| *other == point) {
                    Some((_, sum)) => *sum += weight,
                    None => mean.push((point, weight)),
                }
            }
        }
        // Summed first: a row that all views take to be a twin counts 1, exactly.
        mean.iter_mut()
            .for_each(|(_, sum)| *sum /= self.views.len() as f32);
        mean
    }
}

impl FittedManifold for FittedAveragedUmap {
    fn name(&self) -> &str {
        AveragedUmapConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.views.iter().map(|seen| seen.index.n_features()).sum()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.placed.embedding()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Transform for FittedAveragedUmap {
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(self.name(), self.n_features(), z)?;
        let neighbors = self.neighbors(z)?;
        Ok(self
            .placed
            .place_all(z.n_samples(), |row| self.near(&neighbors, row)))
    }
}

/// Whether the label of the greatest weight among the neighbours of a row, the lowest of equals, is its own, or it has no neighbours.
fn agrees(near: &[(u32, f32)], trained: &Labels, own: i32) -> bool {
    let mut weights: Vec<(i32, f32)> = near
        .iter()
        .map(|&(other, weight)| (trained.as_slice()[other as usize], weight))
        .collect();
    weights.sort_by_key(|&(label, _)| label);
    let of_one = |group: &[(i32, f32)]| (group[0].0, group.iter().map(|&(_, weight)| weight).sum::<f32>());
    let sums = weights.chunk_by(|a, b| a.0 == b.0).map(of_one);
    let heaviest = sums.reduce(|best, next| if next.1 > best.1 { next } else { best });
    heaviest.is_none_or(|(label, _)| label == own)
}

/// The columns of one view, as rows of their own.
fn block(z: Samples<'_>, n_views: usize, view: usize) -> Array2<f32> {
    let width = z.n_features() / n_views;
    z.view()
        .slice(s![.., view * width..(view + 1) * width])
        .as_standard_layout()
        .into_owned()
}
