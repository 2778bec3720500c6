use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{ApplyError, FittedManifold, PartConfig, Samples, Transform};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::PcaConfig;
use crate::numbers::{dot, single};

/// A component whose variance is at most this part of the total is rounding: whitened, it is zero.
const ROUNDING: f64 = 1e-14;

/// A fitted [`Pca`](super::Pca): the mean, the components and their variances.
#[derive(Debug, Clone)]
pub struct FittedPca {
    pub(super) mean: Vec<f64>,
    /// `(n_components, n_features)`.
    pub(super) components: Array2<f64>,
    pub(super) variances: Vec<f64>,
    pub(super) total_variance: f64,
    pub(super) whiten: bool,
    pub(super) embedding: Array2<f32>,
}

impl FittedPca {
    /// The mean of each feature, which is taken off before projecting.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The directions, `(n_components, n_features)`, of unit length and orthogonal; the entry of largest absolute value of each is
    /// positive.
    pub fn components(&self) -> ArrayView2<'_, f64> {
        self.components.view()
    }

    /// The variance along each component, descending; divided by `n_samples - 1`.
    pub fn explained_variance(&self) -> &[f64] {
        &self.variances
    }

    /// The share of the total variance along each component; zeros where all rows are equal.
    pub fn explained_variance_ratio(&self) -> Vec<f64> {
        let total = self.total_variance;
        let ratio = |v: &f64| if total > 0.0 { v / total } else { 0.0 };
        self.variances.iter().map(ratio).collect()
    }

    /// The rows nearest to the data that given embeddings stand for, `(n_samples, n_features)`.
    ///
    /// # Errors
    /// [`ApplyError::FeatureMismatch`] for embeddings of another width.
    pub fn inverse_transform(&self, embedding: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(PcaConfig::NAME, self.components.nrows(), embedding)?;
        let d = self.mean.len();
        let mut rows = vec![0.0; embedding.n_samples() * d];
        rows.par_chunks_mut(d).enumerate().for_each(|(row, out)| {
            let mut sum = self.mean.clone();
            for (component, &along) in embedding.row(row).iter().enumerate() {
                let along = f64::from(along) * self.spread(component);
                let direction = self.components.row(component);
                sum.iter_mut()
                    .zip(direction)
                    .for_each(|(sum, v)| *sum += along * v);
            }
            out.iter_mut().zip(sum).for_each(|(out, v)| *out = single(v));
        });
        Ok(Array2::from_shape_vec((embedding.n_samples(), d), rows).expect("n_features values a row"))
    }

    /// What a component is divided by; zero where it is rounding.
    fn spread(&self, component: usize) -> f64 {
        let variance = self.variances[component];
        match self.whiten {
            false => 1.0,
            true if variance <= ROUNDING * self.total_variance => 0.0,
            true => variance.sqrt(),
        }
    }

    /// Rows along the components; a row's place does not depend on the rows beside it.
    pub(super) fn project(&self, z: Samples<'_>) -> Array2<f32> {
        let n_components = self.components.nrows();
        let mut placed = vec![0.0; z.n_samples() * n_components];
        placed
            .par_chunks_mut(n_components)
            .with_min_len(16)
            .enumerate()
            .for_each(|(row, out)| {
                let values = z.row(row);
                let centred: Vec<f64> = values
                    .iter()
                    .zip(&self.mean)
                    .map(|(&v, m)| f64::from(v) - m)
                    .collect();
                for (component, out) in out.iter_mut().enumerate() {
                    let direction = self.components.row(component);
                    let along = dot(&centred, direction.to_slice().expect("row-major"));
                    let spread = self.spread(component);
                    *out = if spread > 0.0 { single(along / spread) } else { 0.0 };
                }
            });
        Array2::from_shape_vec((z.n_samples(), n_components), placed).expect("n_components values a row")
    }
}

impl FittedManifold for FittedPca {
    fn name(&self) -> &str {
        PcaConfig::NAME
    }

    fn n_features(&self) -> usize {
        self.mean.len()
    }

    fn embedding(&self) -> ArrayView2<'_, f32> {
        self.embedding.view()
    }

    fn as_transform(&self) -> Option<&dyn Transform> {
        Some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Persist for FittedPca {
    const KIND: &'static str = PcaConfig::NAME;

    fn save(&self, state: &mut State) {
        self.save_projection(state);
        state.put_matrix("embedding", self.embedding.view());
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let projection = Self::load_projection(state)?;
        let embedding: Array2<f32> = state.finite_matrix("embedding")?;
        let wide = embedding.ncols() == projection.components.nrows();
        state.expect("embedding", "one column for each component", wide)?;
        Ok(Self {
            embedding,
            ..projection
        })
    }
}

/// All but the embedding.
impl FittedPca {
    pub(super) fn save_projection(&self, state: &mut State) {
        state.set("whiten", &self.whiten);
        state.put("mean", &self.mean);
        state.put_matrix("components", self.components.view());
        state.put("variances", &self.variances);
        state.put("total_variance", &[self.total_variance]);
    }

    pub(super) fn load_projection(state: &State) -> Result<Self, LoadError> {
        let components: Array2<f64> = state.finite_matrix("components")?;
        let (n_components, n_features) = components.dim();
        let mean: Vec<f64> = state.finite_vec("mean")?;
        state.expect("mean", "one value for each feature", mean.len() == n_features)?;
        let variances: Vec<f64> = state.finite_vec("variances")?;
        let spread = variances.len() == n_components && variances.iter().all(|&v| v >= 0.0);
        state.expect("variances", "one for each component, 0 or above", spread)?;
        let total: Vec<f64> = state.finite_vec("total_variance")?;
        state.expect(
            "total_variance",
            "a number, 0 or above",
            total.len() == 1 && total[0] >= 0.0,
        )?;
        Ok(Self {
            mean,
            components,
            variances,
            total_variance: total[0],
            whiten: state.get("whiten")?,
            embedding: Array2::zeros((0, n_components)),
        })
    }
}

impl Transform for FittedPca {
    /// The rows' projections: for training rows, bit for bit those of the embedding.
    fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
        same_features(PcaConfig::NAME, self.mean.len(), z)?;
        Ok(self.project(z))
    }
}
