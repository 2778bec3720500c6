use n2d_core::Labels;
use serde::Serialize;

use crate::{Comparison, Mean, MetricError, Noise};

/// Every external measure of a clustering at once, with noise treated in one way. Not rounded.
///
/// `Display` shows all figures with three digits on one line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Scores {
    /// How noise was treated.
    pub noise: Noise,
    /// Rows given; noise is among them.
    pub n_samples: usize,
    /// Rows whose true or predicted label is noise.
    pub n_noise: usize,
    /// [`Comparison::accuracy`].
    pub acc: f64,
    /// [`Comparison::purity`].
    pub purity: f64,
    /// [`Comparison::normalized_mutual_info`] with the arithmetic mean.
    pub nmi: f64,
    /// [`Comparison::adjusted_mutual_info`] with the arithmetic mean.
    pub ami: f64,
    /// [`Comparison::adjusted_rand_index`].
    pub ari: f64,
    /// [`Comparison::rand_index`].
    pub rand: f64,
    /// [`Comparison::fowlkes_mallows`].
    pub fowlkes_mallows: f64,
    /// [`Comparison::homogeneity`].
    pub homogeneity: f64,
    /// [`Comparison::completeness`].
    pub completeness: f64,
    /// [`Comparison::v_measure`] with `beta` 1.
    pub v_measure: f64,
}

impl Comparison {
    /// Every measure, with the usual settings.
    pub fn scores(&self) -> Scores {
        Scores {
            noise: self.noise(),
            n_samples: self.n_samples(),
            n_noise: self.n_noise(),
            acc: self.accuracy(),
            purity: self.purity(),
            nmi: self.normalized_mutual_info(Mean::Arithmetic),
            ami: self.adjusted_mutual_info(Mean::Arithmetic),
            ari: self.adjusted_rand_index(),
            rand: self.rand_index(),
            fowlkes_mallows: self.fowlkes_mallows(),
            homogeneity: self.homogeneity(),
            completeness: self.completeness(),
            v_measure: self.v(1.0),
        }
    }
}

impl Scores {
    /// The figures with their names, in the order of the fields: for tables.
    pub fn figures(&self) -> [(&'static str, f64); 10] {
        [
            ("acc", self.acc),
            ("purity", self.purity),
            ("nmi", self.nmi),
            ("ami", self.ami),
            ("ari", self.ari),
            ("rand", self.rand),
            ("fowlkes_mallows", self.fowlkes_mallows),
            ("homogeneity", self.homogeneity),
            ("completeness", self.completeness),
            ("v_measure", self.v_measure),
        ]
    }
}

impl std::fmt::Display for Scores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (name, figure)) in self.figures().into_iter().enumerate() {
            let space = if at == 0 { "" } else { "  " };
            write!(f, "{space}{name} {figure:.3}")?;
        }
        write!(
            f,
            "  (noise {}: {} of {})",
            self.noise, self.n_noise, self.n_samples
        )
    }
}

/// Every external measure of predicted labels, from one table.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_metrics::{Noise, assess_with};
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// let clusters = Labels::new(vec![7, 7, 4, -1])?;
/// let scores = assess_with(&classes, &clusters, Noise::CountedWrong)?;
/// assert_eq!((scores.acc, scores.nmi, scores.n_noise), (0.75, 0.75, 1));
/// assert_eq!(assess_with(&classes, &clusters, Noise::LeftOut)?.acc, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`MetricError`] where the two are not of one length, empty, or noise is left out and nothing else is there.
pub fn assess_with(y_true: &Labels, y_pred: &Labels, noise: Noise) -> Result<Scores, MetricError> {
    Ok(Comparison::new(y_true, y_pred, noise)?.scores())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_all() {
        let labels = Labels::new(vec![0, 1, 1, -1]).unwrap();
        let scores = assess_with(&labels, &labels, Noise::LeftOut).unwrap();
        assert!(scores.figures().iter().all(|&(_, figure)| figure == 1.0));
        let line = scores.to_string();
        assert!(line.starts_with("acc 1.000  purity 1.000  nmi"), "{line}");
        assert!(line.ends_with("(noise left_out: 1 of 4)"), "{line}");
    }
}
