//! Centres as plain arrays.

use n2d_core::PartConfig;
use n2d_core::persist::{LoadError, Persist, State};

use super::{FittedKMeans, KMeansConfig, MiniBatchKMeansConfig};

/// The parts whose fits come to centres.
const NAMES: [&str; 2] = [KMeansConfig::NAME, MiniBatchKMeansConfig::NAME];

impl Persist for FittedKMeans {
    const KIND: &'static str = KMeansConfig::NAME;

    fn save(&self, state: &mut State) {
        state.set("name", self.name);
        state.put_matrix("centers", self.centers.view());
        state.put("inertia", &[self.inertia]);
        state.put_labels("labels", &self.labels);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let name: String = state.get("name")?;
        let known = NAMES.into_iter().find(|known| *known == name);
        let centers = state.finite_matrix("centers")?;
        let inertia: Vec<f64> = state.vec_of("inertia", 1)?;
        state.expect("inertia", "0 or above", inertia[0] >= 0.0)?;
        Ok(Self {
            name: known.ok_or_else(|| state.refuse("name", "kmeans or minibatch_kmeans"))?,
            labels: state.labels_of("labels", centers.nrows())?,
            inertia: inertia[0],
            centers,
        })
    }
}
