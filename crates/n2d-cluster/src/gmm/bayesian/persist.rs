//! What is believed of a mixture as plain arrays.

use n2d_core::persist::{LoadError, Persist, State};
use n2d_core::{FittedClusterer, PartConfig};
use ndarray::Array1;

use super::config::{BayesianGaussianMixtureConfig, WeightConcentrationType};
use super::fitted::{BayesianMixtureParameters, FittedBayesianGaussianMixture, WeightConcentration};
use crate::gmm::covariances::Covariances;
use crate::gmm::parameters::MixtureParameters;

impl Persist for FittedBayesianGaussianMixture {
    const KIND: &'static str = BayesianGaussianMixtureConfig::NAME;

    fn save(&self, state: &mut State) {
        let posterior = self.posterior();
        posterior.weight_concentration.save(state);
        state.put("mean_precision", &posterior.mean_precision.to_vec());
        state.put_matrix("means", posterior.means.view());
        state.put("degrees_of_freedom", &posterior.degrees_of_freedom.to_vec());
        posterior.covariances.save(state);
        state.put_labels("labels", self.labels());
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let posterior = BayesianMixtureParameters {
            weight_concentration: WeightConcentration::load(state)?,
            mean_precision: array(state, "mean_precision")?,
            means: state.finite_matrix("means")?,
            degrees_of_freedom: array(state, "degrees_of_freedom")?,
            covariances: Covariances::load(state)?,
        };
        let (n_clusters, n_features) = posterior.means.dim();
        let kind = posterior.covariances.covariance_type();
        let factors = posterior
            .to_factors_of(kind, n_clusters, n_features)
            .map_err(|error| state.refuse("the arrays", &format!("of one mixture ({error})")))?;
        let expected = MixtureParameters {
            weights: factors.concentration.weights().into(),
            means: posterior.means.clone(),
            covariances: posterior.covariances.clone(),
        };
        let density = factors
            .density(kind, n_features)
            .map_err(|_| state.refuse("covariances", "positive definite"))?;
        // Very large parameters overflow in sums.
        let numbers = expected.check(kind, n_clusters, n_features).is_ok()
            && !density.log_factors().iter().any(|factor| factor.is_nan());
        state.expect("weight_concentration", "parameters that give weights", numbers)?;
        Ok(Self {
            labels: state.labels_of("labels", n_clusters)?,
            expected,
            posterior,
            density,
        })
    }
}

impl WeightConcentration {
    fn save(&self, state: &mut State) {
        state.set("weight_concentration_type", &self.concentration_type());
        match self {
            Self::DirichletProcess { taken, left } => {
                state.put("weight_concentration", &taken.to_vec());
                state.put("weight_concentration_left", &left.to_vec());
            }
            Self::DirichletDistribution(all) => state.put("weight_concentration", &all.to_vec()),
        }
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let first = array(state, "weight_concentration")?;
        Ok(match state.get("weight_concentration_type")? {
            WeightConcentrationType::DirichletProcess => Self::DirichletProcess {
                taken: first,
                left: array(state, "weight_concentration_left")?,
            },
            WeightConcentrationType::DirichletDistribution => Self::DirichletDistribution(first),
        })
    }
}

fn array(state: &State, name: &str) -> Result<Array1<f64>, LoadError> {
    Ok(Array1::from_vec(state.finite_vec(name)?))
}
