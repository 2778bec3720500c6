use std::fmt;
use std::str::FromStr;

use n2d_core::ConfigError;
use n2d_core::check::Options;
use serde::{Deserialize, Serialize};

/// How far apart two rows are. In configurations it is a word: `euclidean`, `manhattan`, `chebyshev`, `minkowski:3` (with its
/// exponent), `cosine`, `correlation`, `hamming` or `canberra`, each as scipy defines it.
///
/// ```
/// use n2d_neighbors::Metric;
///
/// let metric: Metric = "minkowski:3".parse()?;
/// assert_eq!(metric, Metric::Minkowski(3.0));
/// assert_eq!(Metric::Manhattan.distance(&[0.0, 1.0], &[2.0, 4.0]), 5.0);
/// let error = "euclidian".parse::<Metric>().unwrap_err();
/// assert!(error.to_string().contains("euclidean"));
/// # Ok::<(), n2d_neighbors::UnknownMetric>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Metric {
    /// The root of the summed squares of differences.
    #[default]
    Euclidean,
    /// The sum of absolute differences.
    Manhattan,
    /// The greatest absolute difference.
    Chebyshev,
    /// The `p`-th root of the summed `p`-th powers of absolute differences; `p` at least 1 and finite.
    Minkowski(f64),
    /// One minus the cosine of the angle between the rows. A row of zeros is at 0 from another such and at 1 from all else.
    Cosine,
    /// The cosine distance of the rows less their means: one minus Pearson's correlation. Constant rows are as zeros there.
    Correlation,
    /// The share of values that differ.
    Hamming,
    /// The sum of `|a - b| / (|a| + |b|)`, where `0 / 0` counts 0.
    Canberra,
}

impl Metric {
    /// Checks the exponent, as an option of a part.
    ///
    /// # Errors
    /// [`ConfigError`] for an exponent of Minkowski's that is below 1, infinite or NaN.
    pub fn check(self, options: Options, field: &str) -> Result<(), ConfigError> {
        match self {
            Self::Minkowski(p) if !(p.is_finite() && p >= 1.0) => {
                Err(options.refuse(field, "minkowski:P with P finite and at least 1", self))
            }
            _ => Ok(()),
        }
    }

    /// The distance between two rows of one width, summed in double precision.
    pub fn distance(self, a: &[f32], b: &[f32]) -> f64 {
        let pairs = || a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
        match self {
            Self::Euclidean => pairs().map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt(),
            Self::Manhattan => pairs().map(|(a, b)| (a - b).abs()).sum(),
            Self::Chebyshev => pairs().map(|(a, b)| (a - b).abs()).fold(0.0, f64::max),
            Self::Minkowski(p) => minkowski(p, pairs().map(|(a, b)| (a - b).abs())),
            Self::Cosine => cosine(pairs()),
            Self::Correlation => {
                let (mean_a, mean_b) = (mean(a), mean(b));
                cosine(pairs().map(|(a, b)| (a - mean_a, b - mean_b)))
            }
            Self::Hamming => pairs().filter(|(a, b)| a != b).count() as f64 / a.len() as f64,
            Self::Canberra => pairs()
                .filter(|&(a, b)| a != b)
                .map(|(a, b)| (a - b).abs() / (a.abs() + b.abs()))
                .sum(),
        }
    }
}

/// Scaled by the greatest difference, so that no power overflows.
fn minkowski(p: f64, differences: impl Iterator<Item = f64> + Clone) -> f64 {
    let greatest = differences.clone().fold(0.0, f64::max);
    if greatest == 0.0 {
        return 0.0;
    }
    greatest
        * differences
            .map(|d| (d / greatest).powf(p))
            .sum::<f64>()
            .powf(1.0 / p)
}

fn mean(row: &[f32]) -> f64 {
    row.iter().copied().map(f64::from).sum::<f64>() / row.len() as f64
}

fn cosine(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    match (aa == 0.0, bb == 0.0) {
        (true, true) => 0.0,
        (false, false) => (1.0 - ab / (aa.sqrt() * bb.sqrt())).clamp(0.0, 2.0),
        _ => 1.0,
    }
}

/// A word that names no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be one of euclidean, manhattan, chebyshev, minkowski:P with P at least 1, cosine, correlation, hamming, canberra"
)]
pub struct UnknownMetric {
    /// The word.
    pub given: String,
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(word: &str) -> Result<Self, UnknownMetric> {
        Ok(match word {
            "euclidean" => Self::Euclidean,
            "manhattan" => Self::Manhattan,
            "chebyshev" => Self::Chebyshev,
            "cosine" => Self::Cosine,
            "correlation" => Self::Correlation,
            "hamming" => Self::Hamming,
            "canberra" => Self::Canberra,
            _ => {
                let exponent = word.strip_prefix("minkowski:").and_then(|p| p.parse().ok());
                let valid = exponent.filter(|p: &f64| p.is_finite() && *p >= 1.0);
                Self::Minkowski(valid.ok_or_else(|| UnknownMetric {
                    given: word.to_owned(),
                })?)
            }
        })
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Euclidean => "euclidean",
            Self::Manhattan => "manhattan",
            Self::Chebyshev => "chebyshev",
            Self::Minkowski(p) => return write!(f, "minkowski:{p}"),
            Self::Cosine => "cosine",
            Self::Correlation => "correlation",
            Self::Hamming => "hamming",
            Self::Canberra => "canberra",
        })
    }
}

impl TryFrom<String> for Metric {
    type Error = UnknownMetric;

    fn try_from(word: String) -> Result<Self, UnknownMetric> {
        word.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Metric; 8] = [
        Metric::Euclidean,
        Metric::Manhattan,
        Metric::Chebyshev,
        Metric::Minkowski(3.0),
        Metric::Cosine,
        Metric::Correlation,
        Metric::Hamming,
        Metric::Canberra,
    ];

    /// By scipy 1.17's `scipy.spatial.distance` on `[1, 0, -2, 4]` and `[0, 0, 3, 2.5]`.
    #[test]
    fn known_values() {
        let (a, b) = ([1.0, 0.0, -2.0, 4.0], [0.0, 0.0, 3.0, 2.5]);
        let expected = [
            5.315_072_906_367_325,
            7.5,
            5.0,
            5.057_665_709_747_204,
            0.776_480_497_509_154_9,
            1.010_411_584_125_907_1,
            0.75,
            2.230_769_230_769_231,
        ];
        for (metric, expected) in ALL.into_iter().zip(expected) {
            let found = metric.distance(&a, &b);
            assert!((found - expected).abs() < 1e-9, "{metric}: {found} or {expected}");
        }
    }

    #[test]
    fn every_metric_is_symmetric_and_zero_at_itself() {
        let (a, b) = ([1e30_f32, 0.5, -2.0], [-3e30_f32, 0.0, 7.0]);
        for metric in ALL {
            assert!(metric.distance(&a, &a).abs() < 1e-12, "{metric}");
            assert_eq!(metric.distance(&a, &b), metric.distance(&b, &a), "{metric}");
            assert!(metric.distance(&a, &b).is_finite(), "{metric}");
            assert_eq!(metric.distance(&[0.0; 3], &[0.0; 3]), 0.0, "{metric}");
        }
    }

    #[test]
    fn exponents_are_checked() {
        let check = |p| Metric::Minkowski(p).check(Options::of("part"), "metric");
        assert!(check(1.0).is_ok());
        for p in [0.5, f64::NAN, f64::INFINITY] {
            let error = check(p).unwrap_err().to_string();
            assert!(
                error.starts_with("part.metric must be minkowski:P with P finite"),
                "{error}"
            );
        }
    }

    #[test]
    fn words_come_back() {
        for metric in ALL {
            let word = serde_json::to_string(&metric).unwrap();
            assert_eq!(serde_json::from_str::<Metric>(&word).unwrap(), metric);
        }
        for wrong in [
            "",
            "l2",
            "minkowski",
            "minkowski:0.5",
            "minkowski:inf",
            "minkowski:x",
        ] {
            assert!(wrong.parse::<Metric>().is_err(), "{wrong}");
        }
    }
}
