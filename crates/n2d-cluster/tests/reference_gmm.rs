//! Against scikit-learn, from the same starting parameters: `data/gmm.json`, made by the script beside it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{assert_close, samples};
use n2d_cluster::{Covariances, GaussianMixtureConfig, MixtureParameters};
use n2d_core::{FitContext, FittedClusterer, PartConfig, PredictProba, Termination};
use ndarray::{Array1, Array2, Array3};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    n_features: usize,
    x: Vec<f32>,
    max_iter: usize,
    tol: f64,
    reg_covar: f64,
    start: Start,
    n_iter: usize,
    converged: bool,
    lower_bounds: Vec<f64>,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
    labels: Vec<i32>,
    score_samples: Vec<f64>,
    proba: Vec<f64>,
    aic: f64,
    bic: f64,
}

#[derive(Deserialize)]
struct Start {
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    covariances: Vec<Vec<Vec<f64>>>,
}

impl Case {
    fn start(&self) -> MixtureParameters {
        let (k, d) = (self.start.weights.len(), self.n_features);
        let means = self.start.means.concat();
        let covariances = self.start.covariances.concat().concat();
        MixtureParameters {
            weights: Array1::from_vec(self.start.weights.clone()),
            means: Array2::from_shape_vec((k, d), means).unwrap(),
            covariances: Covariances::Full(Array3::from_shape_vec((k, d, d), covariances).unwrap()),
        }
    }

    fn config(&self) -> GaussianMixtureConfig {
        GaussianMixtureConfig {
            max_iter: self.max_iter,
            tol: self.tol,
            reg_covar: self.reg_covar,
            ..GaussianMixtureConfig::new(self.start.weights.len())
        }
    }

    fn check(&self) {
        let name = &self.name;
        let y = samples(&self.x, self.n_features);
        let gmm = self.config().build().unwrap();
        let fit = gmm.fit_from(y, &self.start(), &mut FitContext::new(0)).unwrap();
        let (model, report) = (&fit.model, &fit.report);
        assert_eq!(report.n_iter, self.n_iter, "{name}");
        assert_eq!(
            report.termination == Termination::Converged,
            self.converged,
            "{name}"
        );
        assert_close(name, &report.history, &self.lower_bounds, 1e-6);
        assert_close(name, model.weights(), &self.weights, 1e-5);
        assert_close(name, model.means(), &self.means, 1e-5);
        assert_close(name, model.covariances(), &self.covariances, 1e-5);
        assert_eq!(model.labels().as_slice(), self.labels, "{name}");
        let first = samples(&self.x[..20 * self.n_features], self.n_features);
        assert_close(
            name,
            &model.score_samples(first).unwrap(),
            &self.score_samples,
            1e-5,
        );
        let proba = model.predict_proba(first).unwrap().mapv(f64::from);
        assert_close(name, &proba, &self.proba, 1e-5);
        assert_close(
            name,
            &[model.aic(y).unwrap(), model.bic(y).unwrap()],
            &[self.aic, self.bic],
            1e-5,
        );
    }
}

#[test]
fn equals_scikit_learn() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/gmm.json")).unwrap();
    assert!(cases.len() >= 9);
    cases.iter().for_each(Case::check);
}
