//! Against scikit-learn, from the same starting shares: `data/mixtures.json` and `data/bayesian.json`, made by
//! `data/mixtures.py`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{assert_close, samples};
use n2d_cluster::{
    BayesianGaussianMixtureConfig, BayesianMixtureParameters, Covariances, GaussianMixtureConfig,
    WeightConcentration,
};
use n2d_core::{FitContext, FittedClusterer, PartConfig, PredictProba, Report, Samples, Termination};
use ndarray::Array2;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A fit by scikit-learn. Its options are read as our configuration: the names are the same.
#[derive(Deserialize)]
struct Case<C> {
    name: String,
    n_features: usize,
    x: Vec<f32>,
    /// The component that most of a row begins with.
    nearest: Vec<usize>,
    options: C,
    n_iter: usize,
    converged: bool,
    lower_bounds: Vec<f64>,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
    labels: Vec<i32>,
    score: f64,
    score_samples: Vec<f64>,
    proba: Vec<f64>,
    // Of Gaussian mixtures only:
    #[serde(default)]
    n_parameters: usize,
    #[serde(default)]
    aic: f64,
    #[serde(default)]
    bic: f64,
    // Of Bayesian ones only:
    #[serde(default)]
    weight_concentration: Vec<f64>,
    #[serde(default)]
    mean_precision: Vec<f64>,
    #[serde(default)]
    degrees_of_freedom: Vec<f64>,
}

/// What both kinds of models have.
struct Fitted<'a> {
    report: &'a Report,
    weights: &'a [f64],
    means: &'a [f64],
    covariances: &'a Covariances,
    clusterer: &'a dyn FittedClusterer,
    proba: &'a dyn PredictProba,
    score: f64,
    scores: Vec<f64>,
}

impl<C> Case<C> {
    fn y(&self) -> Samples<'_> {
        samples(&self.x, self.n_features)
    }

    fn first_rows(&self) -> Samples<'_> {
        samples(&self.x[..10 * self.n_features], self.n_features)
    }

    /// 1/64 for every component, the rest for one.
    fn shares(&self) -> Array2<f64> {
        let k = self.weights.len();
        let rest = 1.0 - k as f64 / 64.0;
        Array2::from_shape_fn((self.nearest.len(), k), |(row, component)| {
            1.0 / 64.0 + if self.nearest[row] == component { rest } else { 0.0 }
        })
    }

    fn check(&self, fitted: &Fitted<'_>, tolerance: f64) {
        let (name, report) = (&self.name, fitted.report);
        assert_eq!(report.n_iter, self.n_iter, "{name}");
        let converged = report.termination == Termination::Converged;
        assert_eq!(converged, self.converged, "{name}");
        assert_close(name, &report.history, &self.lower_bounds, tolerance);
        assert_close(name, fitted.weights, &self.weights, tolerance);
        assert_close(name, fitted.means, &self.means, tolerance);
        assert_close(name, fitted.covariances, &self.covariances, tolerance);
        assert_eq!(fitted.clusterer.labels().as_slice(), self.labels, "{name}");
        assert_close(name, &[fitted.score], &[self.score], tolerance);
        assert_close(name, &fitted.scores, &self.score_samples, tolerance);
        let proba = fitted.proba.predict_proba(self.first_rows()).unwrap();
        // Probabilities are single-precision numbers.
        assert_close(name, &proba.mapv(f64::from), &self.proba, 1e-6);
    }
}

fn cases<C: DeserializeOwned>(text: &str, at_least: usize) -> Vec<Case<C>> {
    let cases: Vec<Case<C>> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= at_least);
    cases
}

#[test]
fn every_kind_of_covariance_equals_scikit_learn() {
    for case in cases::<GaussianMixtureConfig>(include_str!("data/mixtures.json"), 20) {
        let (gmm, y) = (case.options.build().unwrap(), case.y());
        let fit = gmm
            .fit_from_shares(y, case.shares().view(), &mut FitContext::new(0))
            .unwrap();
        let model = &fit.model;
        let fitted = Fitted {
            report: &fit.report,
            weights: model.weights().to_slice().unwrap(),
            means: model.means().to_slice().unwrap(),
            covariances: model.covariances(),
            clusterer: model,
            proba: model,
            score: model.score(y).unwrap(),
            scores: model.score_samples(case.first_rows()).unwrap(),
        };
        case.check(&fitted, 1e-7);
        assert_eq!(model.n_parameters(), case.n_parameters, "{}", case.name);
        let criteria = [model.aic(y).unwrap(), model.bic(y).unwrap()];
        assert_close(&case.name, &criteria, &[case.aic, case.bic], 1e-7);
    }
}

#[test]
fn bayesian_mixtures_equal_scikit_learn() {
    for case in cases::<BayesianGaussianMixtureConfig>(include_str!("data/bayesian.json"), 24) {
        let (gmm, y) = (case.options.build().unwrap(), case.y());
        let fit = gmm
            .fit_from_shares(y, case.shares().view(), &mut FitContext::new(0))
            .unwrap();
        let model = &fit.model;
        let fitted = Fitted {
            report: &fit.report,
            weights: model.weights().to_slice().unwrap(),
            means: model.means().to_slice().unwrap(),
            covariances: model.covariances(),
            clusterer: model,
            proba: model,
            score: model.score(y).unwrap(),
            scores: model.score_samples(case.first_rows()).unwrap(),
        };
        case.check(&fitted, 1e-7);
        check_posterior(&case, model.posterior());
    }
}

fn check_posterior(case: &Case<BayesianGaussianMixtureConfig>, posterior: &BayesianMixtureParameters) {
    let name = &case.name;
    let concentration: Vec<f64> = match &posterior.weight_concentration {
        WeightConcentration::DirichletProcess { taken, left } => taken.iter().chain(left).copied().collect(),
        WeightConcentration::DirichletDistribution(all) => all.to_vec(),
    };
    assert_close(name, &concentration, &case.weight_concentration, 1e-7);
    assert_close(name, &posterior.mean_precision, &case.mean_precision, 1e-7);
    assert_close(
        name,
        &posterior.degrees_of_freedom,
        &case.degrees_of_freedom,
        1e-7,
    );
}
