//! Every fitted clusterer comes back from its file as it was.

use n2d_cluster::{CovarianceType, FittedGaussianMixture, GaussianMixtureConfig};
use n2d_core::persist::{Persist, State, from_bytes, to_bytes};
use n2d_core::rng::SplitMix64;
use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};

/// Three groups in three dimensions, and some rows between them.
fn rows() -> Vec<f32> {
    let mut rng = SplitMix64::new(7, 0, 0);
    (0..200 * 3)
        .map(|i| (i / 3 % 3) as f32 * 8.0 + rng.below(1000) as f32 / 300.0)
        .collect()
}

/// Saves, loads, and compares all that the part can answer.
fn comes_back<C>(clusterer: &C)
where
    C: Clusterer,
    C::Fitted: Persist,
{
    let values = rows();
    let y = Samples::from_rows(&values, 3).unwrap();
    let fitted = clusterer.fit(y, &mut FitContext::new(3)).unwrap().model;
    let bytes = to_bytes(&fitted).unwrap();
    let loaded: C::Fitted = from_bytes(&bytes).unwrap();
    assert_eq!(to_bytes(&loaded).unwrap(), bytes);
    assert_eq!(
        (loaded.name(), loaded.n_clusters()),
        (fitted.name(), fitted.n_clusters())
    );
    assert_eq!(loaded.labels(), fitted.labels());

    let moved: Vec<f32> = values.iter().map(|v| v * 1.01 - 0.1).collect();
    let new = Samples::from_rows(&moved, 3).unwrap();
    if let (Some(a), Some(b)) = (loaded.as_predict(), fitted.as_predict()) {
        assert_eq!(a.predict(new).unwrap(), b.predict(new).unwrap());
    }
    if let (Some(a), Some(b)) = (loaded.as_predict_proba(), fitted.as_predict_proba()) {
        assert_eq!(a.predict_proba(new).unwrap(), b.predict_proba(new).unwrap());
    }
    if let (Some(a), Some(b)) = (loaded.as_approximate_predict(), fitted.as_approximate_predict()) {
        assert_eq!(
            a.approximate_predict(new).unwrap(),
            b.approximate_predict(new).unwrap()
        );
    }
}

#[test]
fn mixtures_come_back() {
    use CovarianceType::{Diag, Full, Spherical, Tied};
    for covariance_type in [Full, Tied, Diag, Spherical] {
        let config = GaussianMixtureConfig {
            covariance_type,
            ..GaussianMixtureConfig::new(3)
        };
        comes_back(&config.build().unwrap());
    }
}

#[test]
fn a_mixture_that_is_none_is_refused() {
    let values = rows();
    let y = Samples::from_rows(&values, 3).unwrap();
    let gmm = GaussianMixtureConfig::new(3).build().unwrap();
    let fitted = gmm.fit(y, &mut FitContext::new(3)).unwrap().model;
    let mut state = State::of(&fitted).unwrap();
    state.put_shaped("covariances", &[3, 3, 3], &[0.0; 27]);
    let error = state.load::<FittedGaussianMixture>().unwrap_err();
    assert_eq!(error.to_string(), "`covariances` must be positive definite");
    state.put("weights", &[0.5, 0.5]);
    let error = state.load::<FittedGaussianMixture>().unwrap_err();
    assert!(error.to_string().contains("weights"), "{error}");
}
