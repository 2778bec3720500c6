//! The steps of a fit: neighbours, graph, start, layout.

use std::borrow::Cow;

use n2d_core::check::Options;
use n2d_core::{Fit, FitContext, FitError, PartConfig, Report, Samples, Termination};
use n2d_neighbors::{NeighborIndex, Neighbors, SparseGraph};
use ndarray::Array2;

use super::config::Init;
use super::density::{DensityTerm, Radii, embedded_log_radii, log_radii};
use super::fitted::Seen;
use super::fuzzy::{FuzzyGraph, Views};
use super::given::{check_start, option_error};
use super::init::{Origin, Wanted, start};
use super::kernel::Forces;
use super::layout::Layout;
use super::links::linked;
use super::{FittedUmap, Given, GraphEmbedding, Umap, UmapConfig};

/// The neighbours of all rows, and what became of them.
pub(super) struct Prepared<'a> {
    pub(super) neighbors: Cow<'a, Neighbors>,
    /// Others of each row that count.
    pub(super) k: usize,
    pub(super) fuzzy: FuzzyGraph,
    pub(super) notes: Vec<String>,
}

/// A graph laid out.
pub(super) struct LaidOut {
    pub(super) embedding: Array2<f32>,
    pub(super) report: Report,
}

impl Umap {
    pub(super) fn fit_checked(
        &self,
        z: Samples<'_>,
        given: &Given<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FittedUmap>, FitError> {
        self.check_given(z, given)?;
        let index = self.index(z, ctx)?;
        if z.n_samples() == 1 {
            return Ok(self.single_point(z, index, ctx));
        }
        let prepared = self.prepare(z, Some(&index), given, ctx)?;
        let views = self.views(&prepared.neighbors, prepared.k);
        let graph = &prepared.fuzzy.graph;
        let radii = self.data_radii(graph, &views);
        let density = self.config.dens_options().zip(radii.as_ref());
        let density = density.map(|(options, radii)| DensityTerm::new(&self.pruned(graph), radii, options));
        let wanted = given.start.map_or(Wanted::Made(self.config.init), Wanted::Given);
        let mut laid_out = self.lay_out(graph, wanted, Some(z), density.as_ref(), ctx)?;
        let embedding = Samples::new(laid_out.embedding.view()).map_err(data_error)?;
        let radii = match radii {
            Some(data) if self.config.output_dens => Some(Radii {
                data,
                embedding: embedded_log_radii(embedding, prepared.k, ctx)?,
            }),
            _ => None,
        };
        laid_out.report.notes.extend(prepared.notes);
        let seen = Seen::new(self, z, index, views.mean_distance());
        let seed = ctx.derived_seed("umap transform");
        let placed = GraphEmbedding::new(self, laid_out.embedding, seed);
        Ok(Fit {
            model: FittedUmap::new(seen, placed, radii),
            report: laid_out.report,
        })
    }

    pub(super) fn fuzzy_graph_checked(
        &self,
        z: Samples<'_>,
        given: &Given<'_>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<FuzzyGraph>, FitError> {
        self.check_given(z, given)?;
        let mut report = Report::new(UmapConfig::NAME, Termination::ClosedForm);
        if z.n_samples() == 1 {
            let model = FuzzyGraph::of_one_row();
            return Ok(Fit { model, report });
        }
        let prepared = self.prepare(z, None, given, ctx)?;
        report.notes.extend(prepared.notes);
        Ok(Fit {
            model: prepared.fuzzy,
            report,
        })
    }

    pub(super) fn fit_graph_checked(
        &self,
        graph: &SparseGraph,
        rows: Option<Samples<'_>>,
        start: Option<Samples<'_>>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<GraphEmbedding>, FitError> {
        self.check_graph(graph, rows, start)?;
        let wanted = start.map_or(Wanted::Made(self.config.init), Wanted::Given);
        let laid_out = self.lay_out(graph, wanted, rows, None, ctx)?;
        let seed = ctx.derived_seed("umap transform");
        Ok(Fit {
            model: GraphEmbedding::new(self, laid_out.embedding, seed),
            report: laid_out.report,
        })
    }

    /// Others of each row that are looked at.
    fn n_others(&self, n: usize) -> usize {
        self.config.n_neighbors.min(n) - 1
    }

    pub(super) fn index(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<NeighborIndex, FitError> {
        let k = self.n_others(z.n_samples()).max(1);
        NeighborIndex::build(z, self.config.metric, self.config.search, k, ctx)
    }

    fn origin<'a>(&self, rows: Samples<'a>) -> Origin<'a> {
        Origin {
            rows,
            metric: self.config.metric,
            n_neighbors: self.config.n_neighbors,
        }
    }

    pub(super) fn check_given(&self, z: Samples<'_>, given: &Given<'_>) -> Result<(), FitError> {
        let n_components = self.config.n_components;
        given.check(z, self.n_others(z.n_samples()), n_components)?;
        let too_narrow = z.n_features() < n_components || z.n_samples() < n_components;
        if given.start.is_none() && self.config.init == Init::Pca && too_narrow {
            let allowed = format!(
                "at most the number of columns ({}) and of rows ({}) for a start by principal components",
                z.n_features(),
                z.n_samples()
            );
            let options = Options::of(UmapConfig::NAME);
            return Err(option_error(options.refuse(
                "n_components",
                allowed,
                n_components,
            )));
        }
        Ok(())
    }

    fn check_graph(
        &self,
        graph: &SparseGraph,
        rows: Option<Samples<'_>>,
        start: Option<Samples<'_>>,
    ) -> Result<(), FitError> {
        let refuse = |field: &str, allowed: &str, given: &str| {
            Err(option_error(
                Options::of(UmapConfig::NAME).refuse(field, allowed, given),
            ))
        };
        let n = graph.n_rows();
        let usable = |(row, (other, weight)): (usize, (u32, f32))| {
            other as usize != row && weight > 0.0 && weight.is_finite()
        };
        let mut pairs = (0..n).flat_map(|row| graph.row(row).map(move |pair| (row, pair)));
        if n == 0 || !pairs.all(usable) || *graph != graph.transposed() {
            return refuse(
                "graph",
                "symmetric, with finite weights above 0 between different rows, of which there are some",
                "another",
            );
        }
        if let Some(rows) = rows {
            super::given::as_many_rows("rows", n, rows.n_samples())?;
            self.check_given(
                rows,
                &Given {
                    start,
                    ..Given::default()
                },
            )?;
        } else if start.is_none() && self.config.init == Init::Pca {
            return refuse("init", "spectral or random for a graph without rows", "pca");
        }
        for (field, asked) in [
            ("densmap", self.config.densmap),
            ("output_dens", self.config.output_dens),
        ] {
            if asked {
                return refuse(field, "false for a graph, which has no distances", "true");
            }
        }
        start.map_or(Ok(()), |start| check_start(start, n, self.config.n_components))
    }

    pub(super) fn views<'a>(&self, neighbors: &'a Neighbors, k: usize) -> Views<'a> {
        let local_connectivity = self.config.local_connectivity.into();
        Views::new(
            neighbors,
            k,
            self.config.disconnection_distance,
            local_connectivity,
        )
    }

    /// Finds or takes the neighbours, and makes the graph.
    pub(super) fn prepare<'a>(
        &self,
        z: Samples<'_>,
        index: Option<&NeighborIndex>,
        given: &Given<'a>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Prepared<'a>, FitError> {
        let k = self.n_others(z.n_samples());
        let mut notes = Vec::new();
        let graph_of = |index: &NeighborIndex, notes: &mut Vec<String>, ctx: &mut FitContext<'_>| {
            notes.push(index.description());
            index.graph(z, k, ctx)
        };
        let neighbors = match (given.neighbors, index) {
            (Some(neighbors), _) => Cow::Borrowed(neighbors),
            (None, Some(index)) => Cow::Owned(graph_of(index, &mut notes, ctx)?),
            (None, None) => Cow::Owned(graph_of(&self.index(z, ctx)?, &mut notes, ctx)?),
        };
        if k + 1 < self.config.n_neighbors {
            let asked = self.config.n_neighbors;
            notes.push(format!(
                "n_neighbors = {}, all there are, instead of {asked}",
                k + 1
            ));
        }
        let views = self.views(&neighbors, k);
        let mut fuzzy = views.fuzzy_graph(self.config.set_op_mix_ratio);
        let least = self.least_weight(&fuzzy.graph);
        let origin = given.neighbors.is_none().then(|| self.origin(z));
        // An intersection has lost its neighbours because it was asked to.
        if self.config.set_op_mix_ratio > 0.0
            && let Some((graph, n_linked)) = linked(&fuzzy.graph, &views, least, origin, ctx)?
        {
            fuzzy.graph = graph;
            notes.push(format!(
                "{n_linked} pieces of the neighbour graph are of fewer places than n_neighbors: linked to those around them"
            ));
        }
        if let Some(target) = &given.target {
            fuzzy.graph = target.applied(&fuzzy.graph, k + 1, ctx)?;
        }
        let n_cut = views.n_cut();
        if n_cut > 0 {
            let alone = (0..z.n_samples()).filter(|&row| fuzzy.graph.row(row).len() == 0);
            notes.push(format!(
                "{n_cut} neighbours are at disconnection_distance or farther; {} rows have none left",
                alone.count()
            ));
        }
        Ok(Prepared {
            neighbors,
            k,
            fuzzy,
            notes,
        })
    }

    /// Logarithmic radii of all rows, where anything asks for them.
    fn data_radii(&self, graph: &SparseGraph, views: &Views<'_>) -> Option<Vec<f32>> {
        let asked = self.config.densmap || self.config.output_dens;
        asked.then(|| log_radii(&self.pruned(graph), views))
    }

    /// The graph without edges that pull in no epoch, as umap-learn has it for all that follows.
    fn pruned(&self, graph: &SparseGraph) -> SparseGraph {
        graph.pruned(self.least_weight(graph))
    }

    /// The least weight of edges that pull, in as many epochs as are usual where ten or fewer are asked for.
    fn least_weight(&self, graph: &SparseGraph) -> f32 {
        let n = graph.n_rows();
        let n_epochs = match self.config.epochs(n) {
            ..=10 => self.config.default_epochs(n),
            n_epochs => n_epochs,
        };
        graph.max_weight() / n_epochs as f32
    }

    pub(super) fn lay_out(
        &self,
        graph: &SparseGraph,
        wanted: Wanted<'_>,
        rows: Option<Samples<'_>>,
        density: Option<&DensityTerm>,
        ctx: &mut FitContext<'_>,
    ) -> Result<LaidOut, FitError> {
        let graph = &self.pruned(graph);
        let n_components = self.config.n_components;
        let origin = rows.map(|rows| self.origin(rows));
        let start = start(wanted, graph, origin, n_components, ctx)?;
        let mut positions = start.positions;
        let layout = self.layout(graph.n_rows(), ctx);
        let n_epochs = layout.arrange(graph, &mut positions, density, ctx)?;
        let ended = if n_epochs < layout.n_epochs {
            Termination::Stopped
        } else {
            Termination::Completed
        };
        let mut report = Report::new(UmapConfig::NAME, ended).with_n_iter(n_epochs);
        report.notes.extend(start.note);
        let embedding = Array2::from_shape_vec((graph.n_rows(), n_components), positions)
            .expect("n_components values a row");
        Ok(LaidOut { embedding, report })
    }

    fn layout(&self, n: usize, ctx: &FitContext<'_>) -> Layout {
        Layout {
            forces: Forces::new(self.curve, self.config.repulsion_strength),
            n_epochs: self.config.epochs(n),
            learning_rate: self.config.learning_rate,
            negative_sample_rate: self.config.negative_sample_rate,
            seed: ctx.derived_seed("umap layout"),
        }
    }

    /// One point has no neighbours: it lies at the origin.
    fn single_point(&self, z: Samples<'_>, index: NeighborIndex, ctx: &FitContext<'_>) -> Fit<FittedUmap> {
        let embedding = Array2::zeros((1, self.config.n_components));
        let seen = Seen::new(self, z, index, 0.0);
        let placed = GraphEmbedding::new(self, embedding, ctx.derived_seed("umap transform"));
        let radii = self.config.output_dens.then(|| Radii {
            data: vec![f32::NAN],
            embedding: vec![f32::NAN],
        });
        let report = Report::new(UmapConfig::NAME, Termination::ClosedForm);
        Fit {
            model: FittedUmap::new(seen, placed, radii),
            report: report.with_note("a single point: placed at the origin"),
        }
    }
}

pub(super) fn data_error(source: n2d_core::DataError) -> FitError {
    FitError::Data {
        part: UmapConfig::NAME.to_owned(),
        source,
    }
}
