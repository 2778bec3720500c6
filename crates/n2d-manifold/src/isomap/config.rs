use documented::DocumentedFieldsOpt;
use n2d_core::check::Options;
use n2d_core::{ConfigError, PartConfig};
use n2d_neighbors::{Metric, NeighborSearch};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

use super::Isomap;
use crate::numbers::check_width;

/// The options of [`Isomap`]. Names and defaults are those of scikit-learn, but for `landmarks`.
///
/// ```
/// use n2d_core::PartConfig;
/// use n2d_manifold::IsomapConfig;
///
/// let isomap = IsomapConfig { n_neighbors: 12, ..IsomapConfig::new(3) }.build()?;
/// assert_eq!(isomap.config().n_components, 3);
/// let error = IsomapConfig { n_neighbors: 0, ..IsomapConfig::new(3) }.build().unwrap_err();
/// assert_eq!(error.to_string(), "isomap.n_neighbors must be at least 1, but is 0");
/// # Ok::<(), n2d_core::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DocumentedFieldsOpt)]
#[serde(default, deny_unknown_fields)]
pub struct IsomapConfig {
    /// Neighbours by which a row is linked with the others, the row itself **not** counted, as in scikit-learn; at least 1. Default
    /// 5. Where there are fewer others, all are used, and the report says so.
    pub n_neighbors: usize,
    /// Width of the embedding; at least 1. Default 2.
    pub n_components: usize,
    /// Whether the distances of all pairs of rows are used, or those from some rows. Default [`Landmarks::Auto`].
    pub landmarks: Landmarks,
    /// How far apart rows are. Default euclidean (scikit-learn).
    pub metric: Metric,
    /// How neighbours are searched. Default auto: exactly, but for very many rows, which the report then says.
    pub search: NeighborSearch,
}

/// From which rows [`Isomap`] measures along the manifold: as text or in JSON `auto`, `none`, or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Landmarks {
    /// From all up to [`Isomap::AUTO_MAX_EXACT`] rows, above that from [`Isomap::AUTO_LANDMARKS`], which the report then says.
    #[default]
    Auto,
    /// From all: `O(n^2 log n)` time and `4 n^2` bytes, for up to [`Isomap::MAX_EXACT`] rows. scikit-learn's way.
    None,
    /// From so many, drawn at random, or all where there are no more: `O(n log n)` time and `4 n` bytes for each (de Silva and
    /// Tenenbaum 2003, "Global versus local methods in nonlinear dimensionality reduction").
    Count(usize),
}

impl std::fmt::Display for Landmarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::None => f.write_str("none"),
            Self::Count(n) => n.fmt(f),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "it must be auto, none or a number of rows")]
enum Plain {
    Count(usize),
    Word(String),
}

impl Serialize for Landmarks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = match *self {
            Self::Count(n) => Plain::Count(n),
            word => Plain::Word(word.to_string()),
        };
        plain.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Landmarks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Plain::deserialize(deserializer)? {
            Plain::Count(n) => Ok(Self::Count(n)),
            Plain::Word(word) => match word.as_str() {
                "auto" => Ok(Self::Auto),
                "none" => Ok(Self::None),
                _ => Err(D::Error::custom("it must be auto, none or a number of rows")),
            },
        }
    }
}

impl Default for IsomapConfig {
    fn default() -> Self {
        Self {
            n_neighbors: 5,
            n_components: 2,
            landmarks: Landmarks::Auto,
            metric: Metric::Euclidean,
            search: NeighborSearch::Auto,
        }
    }
}

impl IsomapConfig {
    /// The defaults with a width of the embedding.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            ..Self::default()
        }
    }
}

impl PartConfig for IsomapConfig {
    const NAME: &'static str = "isomap";
    type Part = Isomap;

    fn option_docs() -> Vec<(&'static str, &'static str)> {
        n2d_core::check::option_docs(Self::FIELD_NAMES, Self::FIELD_DOCS)
    }

    fn build(&self) -> Result<Isomap, ConfigError> {
        let options = Options::of(Self::NAME);
        options.at_least("n_neighbors", self.n_neighbors, 1)?;
        check_width(options, self.n_components)?;
        self.metric.check(options, "metric")?;
        self.search.check(options, "search", &self.metric.into())?;
        if let Landmarks::Count(n) = self.landmarks {
            // So many points span n_components dimensions at the least.
            let least = self.n_components + 1;
            if n < least {
                let allowed = format!("at least n_components + 1 = {least}");
                return Err(options.refuse("landmarks", allowed, n));
            }
        }
        Ok(Isomap { config: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landmarks_are_words_or_numbers() {
        for (text, landmarks) in [
            ("\"auto\"", Landmarks::Auto),
            ("\"none\"", Landmarks::None),
            ("300", Landmarks::Count(300)),
        ] {
            let config: IsomapConfig = serde_json::from_str(&format!("{{\"landmarks\": {text}}}")).unwrap();
            assert_eq!(config.landmarks, landmarks);
            assert_eq!(serde_json::to_string(&landmarks).unwrap(), text);
        }
        let error = serde_json::from_str::<IsomapConfig>(r#"{"landmarks": "some"}"#).unwrap_err();
        assert!(error.to_string().contains("it must be auto, none or"), "{error}");
        let error = serde_json::from_str::<IsomapConfig>(r#"{"landmarks": -5}"#).unwrap_err();
        assert!(error.to_string().contains("it must be auto, none or"), "{error}");
    }

    #[test]
    fn bad_options_are_named() {
        let bad = [
            (
                "n_neighbors",
                IsomapConfig {
                    n_neighbors: 0,
                    ..IsomapConfig::default()
                },
            ),
            ("n_components", IsomapConfig::new(0)),
            (
                "landmarks",
                IsomapConfig {
                    landmarks: Landmarks::Count(2),
                    ..IsomapConfig::default()
                },
            ),
        ];
        for (field, config) in bad {
            assert_eq!(config.build().unwrap_err().field, field);
        }
    }
}
