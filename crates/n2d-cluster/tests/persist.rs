//! Every fitted clusterer comes back from its file as it was.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use n2d_cluster::{
    AgglomerativeConfig, BayesianGaussianMixtureConfig, CovarianceType, DbscanConfig, FittedAgglomerative,
    FittedDbscan, FittedGaussianMixture, FittedHdbscan, FittedKMeans, FittedOptics, FittedSpectralClustering,
    GaussianMixtureConfig, GaussianMixtureSelectionConfig, HdbscanConfig, HdbscanCut, KMeansConfig,
    MiniBatchKMeansConfig, OpticsConfig, OpticsMethod, SpanningAlgorithm, SpectralClusteringConfig,
    WeightConcentrationType,
};
use n2d_core::persist::{Persist, State, from_bytes, to_bytes};
use n2d_core::rng::SplitMix64;
use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Samples};
use n2d_neighbors::Metric;
use ndarray::{Array2, array};

/// Three groups in three dimensions, and some rows between them.
fn rows() -> Vec<f32> {
    let mut rng = SplitMix64::new(7, 0, 0);
    (0..200 * 3)
        .map(|i| (i / 3 % 3) as f32 * 8.0 + rng.below(1000) as f32 / 300.0)
        .collect()
}

/// The rows, moved a little.
fn moved() -> Vec<f32> {
    rows().iter().map(|v| v * 1.01 - 0.1).collect()
}

fn fitted<C: Clusterer>(clusterer: &C) -> C::Fitted {
    let values = rows();
    let y = Samples::from_rows(&values, 3).unwrap();
    clusterer.fit(y, &mut FitContext::new(3)).unwrap().model
}

/// Fits, saves, loads, and compares all that the part can answer. Gives the fitted and the loaded part.
fn comes_back<C>(clusterer: &C) -> [C::Fitted; 2]
where
    C: Clusterer,
    C::Fitted: Persist,
{
    let fitted = fitted(clusterer);
    let loaded = saved_and_loaded(&fitted);
    [fitted, loaded]
}

fn saved_and_loaded<F: FittedClusterer + Persist>(fitted: &F) -> F {
    assert!(fitted.as_save().is_some(), "{}", fitted.name());
    let bytes = to_bytes(fitted).unwrap();
    let loaded: F = from_bytes(&bytes).unwrap();
    assert_eq!(to_bytes(&loaded).unwrap(), bytes);
    assert_eq!(
        (loaded.name(), loaded.n_clusters()),
        (fitted.name(), fitted.n_clusters())
    );
    assert_eq!(loaded.labels(), fitted.labels());

    let moved = moved();
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
    loaded
}

/// What a state is refused with once `change` is made to it.
fn refusal<F: Persist>(fitted: &F, change: impl FnOnce(&mut State)) -> String {
    let mut state = State::of(fitted).unwrap();
    change(&mut state);
    match state.load::<F>() {
        Ok(_) => panic!("{} loads", F::KIND),
        Err(error) => error.to_string(),
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

#[test]
fn chosen_and_bayesian_mixtures_come_back() {
    let selection = GaussianMixtureSelectionConfig {
        min_clusters: 2,
        max_clusters: Some(4),
        ..GaussianMixtureSelectionConfig::default()
    };
    comes_back(&selection.build().unwrap());
    use CovarianceType::{Diag, Full, Spherical, Tied};
    use WeightConcentrationType::{DirichletDistribution, DirichletProcess};
    for covariance_type in [Full, Tied, Diag, Spherical] {
        for weight_concentration_prior_type in [DirichletDistribution, DirichletProcess] {
            let config = BayesianGaussianMixtureConfig {
                covariance_type,
                weight_concentration_prior_type,
                ..BayesianGaussianMixtureConfig::new(5)
            };
            let [fitted, loaded] = comes_back(&config.build().unwrap());
            assert_eq!(loaded.posterior(), fitted.posterior());
            assert_eq!(loaded.parameters(), fitted.parameters());
            let values = moved();
            let new = Samples::from_rows(&values, 3).unwrap();
            assert_eq!(
                loaded.score_samples(new).unwrap(),
                fitted.score_samples(new).unwrap()
            );
            assert_eq!(loaded.sample(9, 1), fitted.sample(9, 1));
        }
    }
}

#[test]
fn a_belief_that_is_none_is_refused() {
    let fitted = fitted(&BayesianGaussianMixtureConfig::new(3).build().unwrap());
    let error = refusal(&fitted, |state| state.put("mean_precision", &[1.0, 0.0, 1.0]));
    assert!(error.contains("mean_precision must be above 0"), "{error}");
    let error = refusal(&fitted, |state| state.put("degrees_of_freedom", &[9.0, 2.0, 9.0]));
    assert!(error.contains("degrees_of_freedom must be above 2"), "{error}");
    let error = refusal(&fitted, |state| state.remove("weight_concentration_left"));
    assert_eq!(error, "the model has no array `weight_concentration_left`");
    let error = refusal(&fitted, |state| {
        state.put("weight_concentration", &[f64::MAX; 3]);
        state.put("weight_concentration_left", &[f64::MAX; 3]);
    });
    assert_eq!(
        error,
        "`weight_concentration` must be parameters that give weights"
    );
}

#[test]
fn centres_come_back_under_their_own_name() {
    let [fitted, loaded] = comes_back(&KMeansConfig::new(3).build().unwrap());
    assert_eq!((loaded.name(), loaded.inertia()), ("kmeans", fitted.inertia()));
    let [fitted, loaded] = comes_back(&MiniBatchKMeansConfig::new(3).build().unwrap());
    assert_eq!(
        (loaded.name(), loaded.centers()),
        ("minibatch_kmeans", fitted.centers())
    );
    let error = refusal::<FittedKMeans>(&fitted, |state| state.set("name", "gmm"));
    assert_eq!(error, "`name` must be kmeans or minibatch_kmeans");
    let error = refusal::<FittedKMeans>(&fitted, |state| state.put("labels", &[0, 3]));
    assert_eq!(error, "`labels` must be labels below 3, the number of clusters");
}

fn hdbscans() -> Vec<HdbscanConfig> {
    let plain = HdbscanConfig {
        min_cluster_size: 8,
        min_samples: Some(4),
        ..HdbscanConfig::default()
    };
    let metric = |metric| HdbscanConfig {
        metric,
        ..plain.clone()
    };
    vec![
        HdbscanConfig {
            algorithm: SpanningAlgorithm::Prim,
            cluster_selection_epsilon: 0.25,
            cluster_selection_epsilon_max: Some(f64::INFINITY),
            ..plain.clone()
        },
        metric(Metric::Manhattan),
        metric(Metric::Minkowski(2.5)),
        HdbscanConfig {
            assign_noise: true,
            allow_single_cluster: true,
            min_samples: Some(usize::MAX),
            ..plain.clone()
        },
        plain,
    ]
}

#[test]
fn trees_of_density_come_back() {
    for config in hdbscans() {
        let [fitted, loaded] = comes_back(&config.build().unwrap());
        same_density(&fitted, &loaded);
        let values = moved();
        let new = Samples::from_rows(&values, 3).unwrap();
        assert_eq!(
            loaded.approximate_predict_scores(new).unwrap(),
            fitted.approximate_predict_scores(new).unwrap()
        );
        assert_eq!(
            loaded.membership_vector(new).unwrap(),
            fitted.membership_vector(new).unwrap()
        );
        assert_eq!(
            loaded.membership_vectors().unwrap(),
            fitted.membership_vectors().unwrap()
        );
        assert_eq!(
            loaded.connecting_points(new).unwrap(),
            fitted.connecting_points(new).unwrap()
        );
        assert_eq!(loaded.weighted_medoid(0), fitted.weighted_medoid(0));
    }
}

/// All that does not need the rows.
fn same_density(fitted: &FittedHdbscan, loaded: &FittedHdbscan) {
    assert_eq!(loaded.cut(), fitted.cut());
    assert_eq!(loaded.probabilities(), fitted.probabilities());
    assert_eq!(loaded.outlier_scores(), fitted.outlier_scores());
    assert_eq!(loaded.cluster_persistence(), fitted.cluster_persistence());
    assert_eq!(loaded.minimum_spanning_tree(), fitted.minimum_spanning_tree());
    assert_eq!(loaded.single_linkage_tree(), fitted.single_linkage_tree());
    assert_eq!(loaded.condensed_tree(), fitted.condensed_tree());
    assert_eq!(loaded.core_distances(), fitted.core_distances());
    let cut = HdbscanCut {
        min_cluster_size: 3,
        ..HdbscanCut::default()
    };
    let (a, b) = (fitted.recut(&cut).unwrap(), loaded.recut(&cut).unwrap());
    assert_eq!((a.labels(), a.probabilities()), (b.labels(), b.probabilities()));
}

#[test]
fn a_tree_of_given_distances_comes_back_without_rows() {
    let at = |i: usize| (i * i % 31) as f32 + if i < 20 { 0.0 } else { 90.0 };
    for n in [1, 2, 40] {
        let distances = Array2::from_shape_fn((n, n), |(i, j)| (at(i) - at(j)).abs());
        let hdbscan = HdbscanConfig::default().build().unwrap();
        let fit = hdbscan
            .fit_precomputed(distances.view(), &mut FitContext::new(0))
            .unwrap();
        let loaded: FittedHdbscan = from_bytes(&to_bytes(&fit.model).unwrap()).unwrap();
        assert_eq!((loaded.labels(), loaded.n_features()), (fit.model.labels(), n));
        assert!(loaded.as_approximate_predict().is_none());
        assert!(loaded.membership_vectors().is_err());
        same_density(&fit.model, &loaded);
    }
}

#[test]
fn trees_of_density_that_are_none_are_refused() {
    let values = [0.0, 1.0, 3.0, 6.0];
    let y = Samples::from_rows(&values, 1).unwrap();
    let config = HdbscanConfig {
        min_cluster_size: 2,
        ..HdbscanConfig::default()
    };
    let fitted = config
        .build()
        .unwrap()
        .fit(y, &mut FitContext::new(0))
        .unwrap()
        .model;
    let edges = |ends: [u32; 6]| move |state: &mut State| state.put_shaped("edges", &[3, 2], &ends);
    let tree = "`edges` must be the edges of a tree of all rows, the smaller row of each first";
    for ends in [
        [0, 1, 0, 1, 2, 3],
        [0, 1, 1, 2, 0, 2],
        [0, 1, 1, 2, 2, 4],
        [0, 1, 1, 2, 3, 2],
        [0, 1, 1, 2, 3, 3],
        [0, 1, 1, 2, 2, u32::MAX],
    ] {
        assert_eq!(refusal(&fitted, edges(ends)), tree);
    }
    let weights = |weights: [f64; 3]| move |state: &mut State| state.put("weights", &weights);
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        let error = refusal(&fitted, weights([1.0, 2.0, bad]));
        assert_eq!(error, "`weights` must be finite numbers, 0 or above");
    }
    let error = refusal(&fitted, weights([3.0, 2.0, 1.0]));
    assert_eq!(error, "`weights` must be ascending, equal ones by their rows");
    let error = refusal(&fitted, |state| {
        state.put_shaped("edges", &[2, 2], &[0_u32, 1, 1, 2]);
    });
    assert!(error.ends_with("one edge less than there are rows"), "{error}");
    let error = refusal(&fitted, |state| state.set("index", "products"));
    assert!(error.starts_with("`index` must be auto or kd_tree"), "{error}");
    let error = refusal(&fitted, |state| state.set("metric", "cosine"));
    assert!(error.starts_with("`index` must be auto or kd_tree"), "{error}");
    let error = refusal(&fitted, |state| state.set("min_samples", &0));
    assert_eq!(error, "`min_samples` must be at least 1");
    let cut = |state: &mut State| {
        let wrong = HdbscanCut {
            min_cluster_size: 1,
            ..HdbscanCut::default()
        };
        state.set("cut", &wrong);
    };
    assert!(refusal(&fitted, cut).contains("min_cluster_size must be at least 2"));
    let error = refusal(&fitted, |state| {
        state.put_matrix("rows", array![[0.0_f32], [1.0]].view());
    });
    assert!(error.contains("one row for each of `rows`"), "{error}");
}

#[test]
fn core_rows_come_back() {
    for (metric, eps) in [
        (Metric::Euclidean, 0.9),
        (Metric::Chebyshev, 0.6),
        (Metric::Euclidean, 1e-9),
    ] {
        let config = DbscanConfig {
            eps,
            metric,
            ..DbscanConfig::default()
        };
        let [fitted, loaded] = comes_back(&config.build().unwrap());
        assert_eq!(loaded.core_sample_indices(), fitted.core_sample_indices());
    }
    let fitted = fitted(
        &DbscanConfig {
            eps: 0.9,
            ..DbscanConfig::default()
        }
        .build()
        .unwrap(),
    );
    for wrong in [&[1_u32, 0][..], &[0, 0], &[9999]] {
        let error = refusal::<FittedDbscan>(&fitted, |state| state.put("core_sample_indices", wrong));
        assert!(
            error.ends_with("ascending numbers of rows in clusters"),
            "{error}"
        );
    }
    let error = refusal(&fitted, |state| state.put("labels", &[0, 2]));
    assert_eq!(error, "`labels` must be labels below 2, the number of clusters");
}

#[test]
fn orderings_come_back() {
    for (cluster_method, max_eps) in [(OpticsMethod::Xi, None), (OpticsMethod::Dbscan, Some(1.5))] {
        let config = OpticsConfig {
            cluster_method,
            max_eps,
            ..OpticsConfig::default()
        };
        let [fitted, loaded] = comes_back(&config.build().unwrap());
        assert_eq!(loaded.ordering(), fitted.ordering());
        assert_eq!(loaded.reachability(), fitted.reachability());
        assert_eq!(loaded.core_distances(), fitted.core_distances());
        assert_eq!(loaded.predecessor(), fitted.predecessor());
        assert_eq!(loaded.cluster_hierarchy(), fitted.cluster_hierarchy());
        assert_eq!(loaded.labels_at(0.8), fitted.labels_at(0.8));
    }
    let fitted = fitted(&OpticsConfig::default().build().unwrap());
    let error = refusal::<FittedOptics>(&fitted, |state| state.put("ordering", &[0_u32; 200]));
    assert_eq!(error, "`ordering` must be every row's number, each once");
    let error = refusal(&fitted, |state| state.put("predecessor", &[200; 200]));
    assert_eq!(error, "`predecessor` must be rows' numbers, or -1");
    let error = refusal(&fitted, |state| state.put("reachability", &[f64::NAN; 200]));
    assert_eq!(error, "`reachability` must be numbers, 0 or above");
    let error = refusal(&fitted, |state| {
        state.put_shaped("cluster_hierarchy", &[1, 2], &[3_u32, 200]);
    });
    assert!(error.starts_with("`cluster_hierarchy` must be places"), "{error}");
}

#[test]
fn graphs_and_merges_come_back() {
    let [fitted, loaded] = comes_back(&SpectralClusteringConfig::new(3).build().unwrap());
    assert_eq!(loaded.embedding(), fitted.embedding());
    assert_eq!(loaded.eigenvalues(), fitted.eigenvalues());
    let error = refusal::<FittedSpectralClustering>(&fitted, |state| state.set("n_clusters", &u64::MAX));
    assert_eq!(error, "`n_clusters` must be at most 200, the number of rows");

    let config = AgglomerativeConfig {
        n_clusters: Some(3),
        ..AgglomerativeConfig::default()
    };
    let [fitted, loaded] = comes_back(&config.build().unwrap());
    assert_eq!(loaded.merges(), fitted.merges());
    let small = Samples::from_rows(&[0.0, 1.0, 5.0], 1).unwrap();
    let fitted = config
        .build()
        .unwrap()
        .fit(small, &mut FitContext::new(0))
        .unwrap()
        .model;
    for children in [
        [0_u32, 1, 0, 3],
        [0, 1, 2, 4],
        [0, 3, 1, 2],
        [1, 0, 2, 3],
        [0, 0, 1, 2],
    ] {
        let error =
            refusal::<FittedAgglomerative>(&fitted, |state| state.put_shaped("children", &[2, 2], &children));
        assert!(error.contains("in no other merge"), "{error}");
    }
    let one = Samples::from_rows(&[1.0], 1).unwrap();
    let config = AgglomerativeConfig {
        n_clusters: Some(1),
        ..config
    };
    let fitted = config
        .build()
        .unwrap()
        .fit(one, &mut FitContext::new(0))
        .unwrap()
        .model;
    let loaded: FittedAgglomerative = from_bytes(&to_bytes(&fitted).unwrap()).unwrap();
    assert!(loaded.merges().is_empty());
}

#[cfg(feature = "linfa")]
#[test]
fn clusterers_of_linfa_come_back() {
    use n2d_cluster::{LinfaDbscanConfig, LinfaGmmConfig, LinfaKMeansConfig, LinfaOpticsConfig};
    let [fitted, loaded] = comes_back(&LinfaKMeansConfig::new(3).build().unwrap());
    assert_eq!(loaded.centers(), fitted.centers());
    let [fitted, loaded] = comes_back(&LinfaGmmConfig::new(3).build().unwrap());
    assert_eq!(loaded.covariances(), fitted.covariances());
    comes_back(
        &LinfaDbscanConfig {
            eps: 0.9,
            ..LinfaDbscanConfig::default()
        }
        .build()
        .unwrap(),
    );
    let [fitted, loaded] = comes_back(&LinfaOpticsConfig::default().build().unwrap());
    assert_eq!(loaded.reachability(), fitted.reachability());
    assert_eq!(loaded.labels_at(0.4), fitted.labels_at(0.4));
}

#[cfg(feature = "hdbscan-crate")]
#[test]
fn labels_come_back() {
    let fitted = fitted(&n2d_cluster::HdbscanCrateConfig::default().build().unwrap());
    saved_and_loaded(&fitted);
    let error = refusal(&fitted, |state| state.put("labels", &[i32::MAX]));
    assert!(error.starts_with("`labels` must be labels below 1"), "{error}");
}
