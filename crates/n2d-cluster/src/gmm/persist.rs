//! Mixtures as plain arrays.

use n2d_core::PartConfig;
use n2d_core::persist::{LoadError, Persist, State};
use ndarray::{Array1, Array3};

use super::config::GaussianMixtureConfig;
use super::covariances::{CovarianceType, Covariances};
use super::density::Density;
use super::fitted::FittedGaussianMixture;
use super::parameters::{Components, MixtureParameters};

impl Covariances {
    pub(crate) fn save(&self, state: &mut State) {
        state.set("covariance_type", &self.covariance_type());
        let values: Vec<f64> = self.iter().copied().collect();
        state.put_shaped("covariances", self.shape(), &values);
    }

    /// Whether they are those of so many components on so wide rows is checked by [`Covariances::check`].
    pub(crate) fn load(state: &State) -> Result<Self, LoadError> {
        let name = "covariances";
        let kind: CovarianceType = state.get("covariance_type")?;
        Ok(match kind {
            CovarianceType::Full => match state.shaped(name)? {
                (&[a, b, c], values) => Self::Full(
                    Array3::from_shape_vec((a, b, c), values)
                        .map_err(|_| state.wrong_shape(name, "whole"))?,
                ),
                _ => return Err(state.wrong_shape(name, "of three dimensions")),
            },
            CovarianceType::Tied => Self::Tied(state.matrix(name)?),
            CovarianceType::Diag => Self::Diag(state.matrix(name)?),
            CovarianceType::Spherical => Self::Spherical(state.vec(name)?.into()),
        })
    }
}

impl Persist for FittedGaussianMixture {
    const KIND: &'static str = GaussianMixtureConfig::NAME;

    fn save(&self, state: &mut State) {
        let parameters = self.parameters();
        state.put("weights", &parameters.weights.to_vec());
        state.put_matrix("means", parameters.means.view());
        parameters.covariances.save(state);
        state.put_labels("labels", n2d_core::FittedClusterer::labels(self));
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let means = state.finite_matrix("means")?;
        let (n_clusters, n_features) = means.dim();
        let parameters = MixtureParameters {
            weights: Array1::from_vec(state.finite_vec("weights")?),
            means,
            covariances: Covariances::load(state)?,
        };
        parameters
            .check(parameters.covariances.covariance_type(), n_clusters, n_features)
            .map_err(|error| {
                state.refuse(
                    "weights, means and covariances",
                    &format!("of one mixture ({error})"),
                )
            })?;
        let density = Density::of(&Components::from(&parameters))
            .map_err(|_| state.refuse("covariances", "positive definite"))?;
        Ok(Self::from_parts(
            parameters,
            density,
            state.labels_of("labels", n_clusters)?,
        ))
    }
}
