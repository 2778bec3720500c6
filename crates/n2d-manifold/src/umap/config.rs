use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use serde::{Deserialize, Serialize};

use super::Umap;
use super::curve::Curve;
use crate::numbers::check_width;

/// Bounds of what a layout takes: far above any use, so that no model file makes placing a row last for ever.
pub(super) const MOST_EPOCHS: usize = 100_000;
pub(super) const MOST_NEGATIVE_SAMPLES: usize = 1000;

/// The options of [`Umap`]. Names and meanings are those of umap-learn; defaults too, but where the N2D paper differs
/// (`n_neighbors`, `min_dist`).
///
/// ```
/// use n2d_core::PartConfig;
/// use n2d_manifold::UmapConfig;
///
/// let umap = UmapConfig { n_neighbors: 30, ..UmapConfig::new(10) }.build()?;
/// let error = UmapConfig { n_neighbors: 1, ..UmapConfig::new(10) }.build().unwrap_err();
/// assert_eq!(error.to_string(), "umap.n_neighbors must be at least 2, but is 1");
/// # Ok::<(), n2d_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct UmapConfig {
    /// Neighbours that make up a point's surroundings, the point itself counted as in umap-learn. Default 20 (the N2D
    /// paper). More show more of the global structure and cost time in proportion. Where there are fewer points, all
    /// are used, and the report says so.
    pub n_neighbors: usize,
    /// How far apart rows are. Default euclidean (umap-learn).
    pub metric: Metric,
    /// How neighbours are searched. Default auto; umap-learn searches approximately above 4096 rows.
    pub search: NeighborSearch,
    /// Width of the embedding, up to 256. Default 2 (umap-learn); the N2D paper and our presets take the number of clusters.
    pub n_components: usize,
    /// How close embedded points may lie, in units of `spread`. Default 0 (the N2D paper): dense clusters.
    pub min_dist: f32,
    /// The scale of the embedding. Default 1 (umap-learn).
    pub spread: f32,
    /// The attraction curve `1 / (1 + a x^(2b))`, with `b`. Default: fitted to `min_dist` and `spread`.
    pub a: Option<f32>,
    /// See `a`; both or neither must be given.
    pub b: Option<f32>,
    /// Rounds of layout, from 1 to 100 000. Default 500 up to 10 000 points, 200 above (umap-learn).
    pub n_epochs: Option<usize>,
    /// The first step length; it falls to 0 linearly. Default 1 (umap-learn).
    pub learning_rate: f32,
    /// Repelling points drawn for each attracting one, at most 1000. Default 5 (umap-learn).
    pub negative_sample_rate: usize,
    /// Weight of the repulsion. Default 1 (umap-learn).
    pub repulsion_strength: f32,
    /// Neighbours taken to be connected at full weight. Default 1 (umap-learn); may be fractional.
    pub local_connectivity: f32,
    /// From intersection (0) to union (1) of the points' views of who is a neighbour. Default 1 (umap-learn).
    pub set_op_mix_ratio: f32,
    /// Rows at this distance or farther are no neighbours, in units of the data. A row that has none left is a piece of the
    /// graph by itself. Default none: all distances count.
    pub disconnection_distance: Option<f32>,
    /// Where the layout starts. Default spectral (umap-learn).
    pub init: Init,
    /// Whether the layout also keeps densities (densMAP): rows whose neighbours are far in the data get far neighbours in the
    /// embedding. 200 more epochs by default, about twice the time for each of the last. Default no (umap-learn).
    pub densmap: bool,
    /// Weight of the densities; only with `densmap`. Default 2 (umap-learn).
    pub dens_lambda: Option<f32>,
    /// The part of all epochs, the last ones, in which densities count; only with `densmap`. Default 0.3 (umap-learn).
    pub dens_frac: Option<f32>,
    /// What is added to the variance of the embedding's radii; keeps the force finite; only with `densmap`. Default 0.1
    /// (umap-learn).
    pub dens_var_shift: Option<f32>,
    /// Whether the fitted part tells the radii of rows in the data and in the embedding
    /// ([`FittedUmap::radii`](super::FittedUmap::radii)), at the cost of a search for neighbours in the embedding. Default no
    /// (umap-learn).
    pub output_dens: bool,
}

/// Where the layout starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// The Laplacian eigenvectors of the neighbour graph; where it is in pieces, those of each piece around centres that lie as
    /// the means of the pieces' rows do, which the report then says.
    #[default]
    Spectral,
    /// Principal components, of which there must be as many as `n_components`.
    Pca,
    /// Uniform in a cube.
    Random,
}

/// What densMAP's force depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct DensOptions {
    pub(super) lambda: f32,
    pub(super) frac: f32,
    pub(super) var_shift: f32,
}

impl Default for UmapConfig {
    fn default() -> Self {
        Self {
            n_neighbors: 20,
            metric: Metric::Euclidean,
            search: NeighborSearch::Auto,
            n_components: 2,
            min_dist: 0.0,
            spread: 1.0,
            a: None,
            b: None,
            n_epochs: None,
            learning_rate: 1.0,
            negative_sample_rate: 5,
            repulsion_strength: 1.0,
            local_connectivity: 1.0,
            set_op_mix_ratio: 1.0,
            disconnection_distance: None,
            init: Init::Spectral,
            densmap: false,
            dens_lambda: None,
            dens_frac: None,
            dens_var_shift: None,
            output_dens: false,
        }
    }
}

impl UmapConfig {
    /// The defaults with a width of the embedding.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }

    pub(super) fn epochs(&self, n_samples: usize) -> usize {
        self.n_epochs.unwrap_or_else(|| self.default_epochs(n_samples))
    }

    pub(super) fn default_epochs(&self, n_samples: usize) -> usize {
        let more = if self.densmap { 200 } else { 0 };
        more + if n_samples <= 10_000 { 500 } else { 200 }
    }

    /// What densMAP's force depends on, where it is asked for.
    pub(super) fn dens_options(&self) -> Option<DensOptions> {
        self.densmap.then(|| DensOptions {
            lambda: self.dens_lambda.unwrap_or(2.0),
            frac: self.dens_frac.unwrap_or(0.3),
            var_shift: self.dens_var_shift.unwrap_or(0.1),
        })
    }

    fn check_densities(&self, options: Options) -> Result<(), ConfigError> {
        let given = [
            ("dens_lambda", self.dens_lambda),
            ("dens_frac", self.dens_frac),
            ("dens_var_shift", self.dens_var_shift),
        ];
        if let (false, Some((field, value))) = (
            self.densmap,
            given
                .iter()
                .find_map(|&(field, value)| value.map(|value| (field, value))),
        ) {
            return Err(options.refuse(field, "given with densmap only", value));
        }
        let Some(dens) = self.dens_options() else {
            return Ok(());
        };
        options.not_negative("dens_lambda", dens.lambda.into())?;
        options.between("dens_frac", dens.frac.into(), 0.0, 1.0)?;
        options.positive("dens_var_shift", dens.var_shift.into())
    }

    fn fitted_curve(&self) -> Result<Curve, ConfigError> {
        let curve = Curve::fitted(self.spread.into(), self.min_dist.into());
        if curve.a.is_normal() && curve.b.is_normal() {
            Ok(curve)
        } else {
            Err(Options::of(Self::NAME).refuse(
                "spread",
                "of a size for which the curve's a is a usual f32",
                self.spread,
            ))
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_neighbors", self.n_neighbors, 2)?;
        self.metric.check(options, "metric")?;
        self.search.check(options, "search", &self.metric.into())?;
        check_width(options, self.n_components)?;
        options.positive("spread", self.spread.into())?;
        options.between("min_dist", self.min_dist.into(), 0.0, self.spread.into())?;
        options.positive("learning_rate", self.learning_rate.into())?;
        let most = MOST_NEGATIVE_SAMPLES as f64;
        options.between(
            "negative_sample_rate",
            self.negative_sample_rate as f64,
            0.0,
            most,
        )?;
        options.not_negative("repulsion_strength", self.repulsion_strength.into())?;
        options.between(
            "local_connectivity",
            self.local_connectivity.into(),
            0.0,
            self.n_neighbors as f64,
        )?;
        options.between("set_op_mix_ratio", self.set_op_mix_ratio.into(), 0.0, 1.0)?;
        if let Some(n_epochs) = self.n_epochs {
            options.between("n_epochs", n_epochs as f64, 1.0, MOST_EPOCHS as f64)?;
        }
        if let Some(distance) = self.disconnection_distance {
            options.positive("disconnection_distance", distance.into())?;
        }
        self.check_densities(options)?;
        match (self.a, self.b) {
            (Some(a), Some(b)) => {
                options.positive("a", a.into())?;
                options.positive("b", b.into())
            }
            (None, None) => Ok(()),
            (Some(_), None) => Err(options.refuse("b", "given together with a", "not given")),
            (None, Some(_)) => Err(options.refuse("a", "given together with b", "not given")),
        }
    }
}

impl PartConfig for UmapConfig {
    const NAME: &'static str = "umap";
    type Part = Umap;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Umap, ConfigError> {
        self.check()?;
        let curve = match (self.a, self.b) {
            (Some(a), Some(b)) => Curve { a, b },
            _ => self.fitted_curve()?,
        };
        Ok(Umap {
            config: self.clone(),
            curve,
        })
    }
}
