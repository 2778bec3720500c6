use n2d_core::check::same_features;
use n2d_core::persist::Save;
use n2d_core::{ApplyError, ApproximatePredict, FittedClusterer, Labels, PartConfig, Samples};

use super::DbscanConfig;
use crate::nearest_rows::NearestRows;

/// A fitted [`Dbscan`](crate::Dbscan). It keeps the core rows, to label new ones.
#[derive(Debug, Clone)]
pub struct FittedDbscan {
    pub(super) eps: f64,
    pub(super) n_features: usize,
    pub(super) labels: Labels,
    pub(super) core_sample_indices: Vec<u32>,
    /// The core rows; none where there is none.
    pub(super) core: Option<NearestRows>,
}

impl FittedDbscan {
    pub(super) fn new(config: &DbscanConfig, y: Samples<'_>, labels: Labels, core: &[bool]) -> Self {
        let indices: Vec<u32> = (0..)
            .zip(core)
            .filter(|&(_, &core)| core)
            .map(|(row, _)| row)
            .collect();
        Self {
            eps: config.eps,
            n_features: y.n_features(),
            core: NearestRows::of(y, &indices, &labels, config.metric),
            labels,
            core_sample_indices: indices,
        }
    }

    /// The core rows by number, ascending.
    pub fn core_sample_indices(&self) -> &[u32] {
        &self.core_sample_indices
    }
}

impl FittedClusterer for FittedDbscan {
    fn name(&self) -> &str {
        DbscanConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        self.labels.n_clusters()
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_approximate_predict(&self) -> Option<&dyn ApproximatePredict> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

/// A new row joins the cluster of the nearest core row, if that lies within `eps`, with the strength
/// `1 - distance / eps`; else it is noise, of strength 0. Core rows given again have their labels, and so has noise; a
/// training row between clusters may come out in another than the fit's, which takes the first.
impl ApproximatePredict for FittedDbscan {
    fn approximate_predict(&self, y: Samples<'_>) -> Result<(Labels, Vec<f32>), ApplyError> {
        same_features(self.name(), self.n_features, y)?;
        let one = |(label, distance): (i32, f64)| {
            if distance <= self.eps {
                (label, (1.0 - distance / self.eps) as f32)
            } else {
                (Labels::NOISE, 0.0)
            }
        };
        let found = match &self.core {
            Some(core) => core.nearest(y)?.into_iter().map(one).collect(),
            None => vec![(Labels::NOISE, 0.0); y.n_samples()],
        };
        let (labels, strengths) = found.into_iter().unzip();
        let labels = Labels::new(labels).expect("labels are counted from zero, or noise");
        Ok((labels, strengths))
    }
}
