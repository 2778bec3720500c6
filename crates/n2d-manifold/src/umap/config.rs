use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use serde::{Deserialize, Serialize};

use super::Umap;
use super::curve::Curve;
use super::layout::MAX_COMPONENTS;

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UmapConfig {
    /// Neighbours that make up a point's surroundings, the point itself counted as in umap-learn. Default 20 (the N2D
    /// paper). More show more of the global structure and cost time in proportion. Where there are fewer points, all
    /// are used, and the report says so.
    pub n_neighbors: usize,
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
    /// Rounds of layout. Default 500 up to 10 000 points, 200 above (umap-learn).
    pub n_epochs: Option<usize>,
    /// The first step length; it falls to 0 linearly. Default 1 (umap-learn).
    pub learning_rate: f32,
    /// Repelling points drawn for each attracting one. Default 5 (umap-learn).
    pub negative_sample_rate: usize,
    /// Weight of the repulsion. Default 1 (umap-learn).
    pub repulsion_strength: f32,
    /// Neighbours taken to be connected at full weight. Default 1 (umap-learn); may be fractional.
    pub local_connectivity: f32,
    /// From intersection (0) to union (1) of the points' views of who is a neighbour. Default 1 (umap-learn).
    pub set_op_mix_ratio: f32,
    /// Where the layout starts. Default spectral (umap-learn).
    pub init: Init,
}

/// Where the layout starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// The Laplacian eigenvectors of the neighbour graph; random where it falls into too many pieces, which the report
    /// then says.
    #[default]
    Spectral,
    /// Uniform in a cube.
    Random,
}

impl Default for UmapConfig {
    fn default() -> Self {
        Self {
            n_neighbors: 20,
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
            init: Init::Spectral,
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
        self.n_epochs
            .unwrap_or(if n_samples <= 10_000 { 500 } else { 200 })
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
        options.between(
            "n_components",
            self.n_components as f64,
            1.0,
            MAX_COMPONENTS as f64,
        )?;
        options.positive("spread", self.spread.into())?;
        options.between("min_dist", self.min_dist.into(), 0.0, self.spread.into())?;
        options.positive("learning_rate", self.learning_rate.into())?;
        options.not_negative("repulsion_strength", self.repulsion_strength.into())?;
        options.between(
            "local_connectivity",
            self.local_connectivity.into(),
            0.0,
            self.n_neighbors as f64,
        )?;
        options.between("set_op_mix_ratio", self.set_op_mix_ratio.into(), 0.0, 1.0)?;
        if let Some(n_epochs) = self.n_epochs {
            options.at_least("n_epochs", n_epochs, 1)?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_option_is_named() {
        let good = UmapConfig::default;
        let bad = [
            (
                "n_neighbors",
                UmapConfig {
                    n_neighbors: 1,
                    ..good()
                },
            ),
            (
                "n_components",
                UmapConfig {
                    n_components: 0,
                    ..good()
                },
            ),
            (
                "min_dist",
                UmapConfig {
                    min_dist: -0.1,
                    ..good()
                },
            ),
            (
                "min_dist",
                UmapConfig {
                    min_dist: 1.1,
                    ..good()
                },
            ),
            (
                "spread",
                UmapConfig {
                    spread: f32::NAN,
                    ..good()
                },
            ),
            (
                "spread",
                UmapConfig {
                    spread: 1e-38,
                    ..good()
                },
            ),
            (
                "n_components",
                UmapConfig {
                    n_components: 257,
                    ..good()
                },
            ),
            (
                "a",
                UmapConfig {
                    b: Some(1.0),
                    ..good()
                },
            ),
            (
                "b",
                UmapConfig {
                    a: Some(1.0),
                    ..good()
                },
            ),
            (
                "a",
                UmapConfig {
                    a: Some(0.0),
                    b: Some(1.0),
                    ..good()
                },
            ),
            (
                "n_epochs",
                UmapConfig {
                    n_epochs: Some(0),
                    ..good()
                },
            ),
            (
                "learning_rate",
                UmapConfig {
                    learning_rate: 0.0,
                    ..good()
                },
            ),
            (
                "repulsion_strength",
                UmapConfig {
                    repulsion_strength: -1.0,
                    ..good()
                },
            ),
            (
                "local_connectivity",
                UmapConfig {
                    local_connectivity: 21.0,
                    ..good()
                },
            ),
            (
                "set_op_mix_ratio",
                UmapConfig {
                    set_op_mix_ratio: 1.5,
                    ..good()
                },
            ),
        ];
        for (field, config) in bad {
            let error = config.build().unwrap_err();
            assert_eq!(
                (error.part.as_str(), error.field.as_str()),
                ("umap", field),
                "{error}"
            );
        }
        assert!(good().build().is_ok());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let error = serde_json::from_str::<UmapConfig>(r#"{"n_neighbours": 3}"#).unwrap_err();
        assert!(error.to_string().contains("n_neighbours"), "{error}");
        let config: UmapConfig = serde_json::from_str(r#"{"init": "random"}"#).unwrap();
        assert_eq!(
            config,
            UmapConfig {
                init: Init::Random,
                ..UmapConfig::default()
            }
        );
    }
}
