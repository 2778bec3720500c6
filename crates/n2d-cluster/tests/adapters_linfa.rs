//! What the parts by linfa promise.
#![cfg(feature = "linfa")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{fit, heaps, samples, source, threads, try_fit};
use linfa::traits::{Fit as _, Transformer};
use linfa_clustering::{Dbscan, GaussianMixtureModel, GmmError, KMeans};
use n2d_cluster::{
    GaussianMixtureConfig, KMeansConfig, LabelsError, LinfaClusterer, LinfaDataset, LinfaDbscanConfig,
    LinfaGmmConfig, LinfaGmmError, LinfaGmmInit, LinfaKMeansConfig, LinfaKMeansInit, LinfaLabeller,
    LinfaOpticsConfig, LinfaRng,
};
use n2d_core::{Clusterer, FitContext, FittedClusterer, PartConfig, Predict, PredictProba, Termination};
use rand::Rng;
use rand_xoshiro06::rand_core::SeedableRng;

fn dbscan(eps: f64) -> LinfaDbscanConfig {
    LinfaDbscanConfig {
        eps,
        ..LinfaDbscanConfig::default()
    }
}

fn optics(eps: f64) -> LinfaOpticsConfig {
    LinfaOpticsConfig {
        eps,
        ..LinfaOpticsConfig::default()
    }
}

#[test]
fn each_part_finds_heaps() {
    let rows = heaps(800, 3, 8, 1);
    let y = samples(&rows, 3);
    let random = LinfaKMeansConfig {
        init: LinfaKMeansInit::Random,
        n_init: 50,
        ..LinfaKMeansConfig::new(8)
    };
    let kmeans = fit(&LinfaKMeansConfig::new(8), y, 1);
    let gmm = fit(&LinfaGmmConfig::new(8), y, 1);
    let found: [(&str, &dyn FittedClusterer); 5] = [
        ("linfa_kmeans", &kmeans.model),
        ("linfa_kmeans", &fit(&random, y, 1).model),
        ("linfa_gmm", &gmm.model),
        ("linfa_dbscan", &fit(&dbscan(1.5), y, 1).model),
        ("linfa_optics", &fit(&optics(1.5), y, 1).model),
    ];
    for (name, model) in found {
        let labels = model.labels().as_slice();
        assert!((0..800).all(|row| labels[row] == labels[row % 8]), "{name}");
        assert_eq!(
            (model.name(), model.n_features(), model.n_clusters()),
            (name, 3, 8)
        );
        assert_eq!(model.labels().n_clusters(), 8, "{name}");
        assert_eq!(
            model.as_predict().is_some(),
            name == "linfa_kmeans" || name == "linfa_gmm"
        );
        assert_eq!(model.as_predict_proba().is_some(), name == "linfa_gmm");
        if let Some(predict) = model.as_predict() {
            assert_eq!(&predict.predict(y).unwrap(), model.labels());
        }
    }
    assert_eq!(kmeans.report.termination, Termination::Converged);
    assert_eq!(kmeans.report.history.len(), kmeans.report.n_iter);
    assert_eq!(gmm.report.termination, Termination::Converged);
}

#[test]
fn round_by_round_is_linfas_own_fit() {
    let rows = heaps(700, 4, 9, 3);
    let y = samples(&rows, 4);
    let config = LinfaKMeansConfig {
        n_init: 1,
        ..LinfaKMeansConfig::new(12)
    };
    let ours = fit(&config, y, 5);
    let seed = FitContext::new(5).rng("linfa_kmeans", 0).next_u64();
    let values = rows.iter().map(|&x| f64::from(x)).collect();
    let data = LinfaDataset::from(ndarray16::Array2::from_shape_vec((700, 4), values).unwrap());
    let theirs = KMeans::params_with_rng(12, LinfaRng::seed_from_u64(seed))
        .n_runs(1)
        .fit(&data)
        .unwrap();
    assert!(ours.report.n_iter > 2);
    assert!(ours.model.centers().iter().eq(theirs.centroids()));
}

#[test]
fn kmeans_comes_as_far_as_ours() {
    let rows = heaps(900, 3, 14, 4);
    let y = samples(&rows, 3);
    let best = KMeansConfig {
        n_init: 30,
        ..KMeansConfig::new(7)
    };
    let least = fit(&best, y, 0).model.inertia();
    let found = LinfaKMeansConfig {
        n_init: 30,
        ..LinfaKMeansConfig::new(7)
    };
    let found = fit(&found, y, 0);
    let inertia = found.model.inertia();
    assert!(
        inertia >= least * (1.0 - 1e-9) && inertia <= least * 1.01,
        "{inertia} for {least}"
    );
    let labels = found.model.labels().as_slice();
    let squares = y.rows().zip(labels).map(|(row, &label)| {
        let center = found.model.centers();
        let pairs = row.iter().zip(center.row(label as usize));
        pairs.map(|(&x, c)| (f64::from(x) - c).powi(2)).sum::<f64>()
    });
    assert!((squares.sum::<f64>() - inertia).abs() < 1e-9 * inertia);
}

#[test]
fn mixture_is_as_likely_as_ours() {
    let rows = heaps(1200, 3, 5, 8);
    let y = samples(&rows, 3);
    let tight = GaussianMixtureConfig {
        tol: 1e-9,
        ..GaussianMixtureConfig::new(5)
    };
    let ours = fit(&tight, y, 0);
    let theirs = LinfaGmmConfig {
        tol: 1e-9,
        n_init: 3,
        ..LinfaGmmConfig::new(5)
    };
    let theirs = fit(&theirs, y, 0);
    let reached = |report: &n2d_core::Report| report.objective.unwrap().1;
    let (a, b) = (reached(&ours.report), reached(&theirs.report));
    assert!((a - b).abs() < 1e-6, "{a} and {b}");
    let densities = theirs.model.score_samples(y).unwrap();
    let same = ours.model.score_samples(y).unwrap();
    assert!(
        densities
            .iter()
            .zip(&same)
            .all(|(a, b)| (a - b).abs() < 1e-3 * (1.0 + b.abs()))
    );
    assert!((theirs.model.weights().sum() - 1.0).abs() < 1e-9);
    assert_eq!(theirs.model.covariances().dim(), (5, 3, 3));
}

#[test]
fn rows_far_from_all_components_have_probabilities() {
    let rows = heaps(200, 2, 2, 5);
    let model = fit(&LinfaGmmConfig::new(2), samples(&rows, 2), 0).model;
    let (from, to) = (model.means().row(0).to_vec(), model.means().row(1).to_vec());
    // Beyond either component, as seen from the other: there linfa's own densities are zero.
    let beyond = |a: &[f64], b: &[f64]| [0, 1].map(|i| (b[i] + 1e3 * (b[i] - a[i])) as f32);
    let far = [beyond(&to, &from), beyond(&from, &to)].concat();
    let proba = model.predict_proba(samples(&far, 2)).unwrap();
    assert!(proba.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-6));
    assert!(proba.iter().all(|p| (0.0..=1.0).contains(p)));
    let labels = model.predict(samples(&far, 2)).unwrap();
    assert_eq!(labels.as_slice().len(), 2);
    assert!(
        model
            .score_samples(samples(&far, 2))
            .unwrap()
            .iter()
            .all(|log| log.is_finite())
    );
}

#[test]
fn a_mixture_that_does_not_converge_says_so() {
    let rows = heaps(400, 2, 9, 6);
    let y = samples(&rows, 2);
    let hasty = LinfaGmmConfig {
        max_iter: 1,
        n_init: 2,
        ..LinfaGmmConfig::new(4)
    };
    let error = source::<LinfaGmmError>(try_fit(&hasty, y, 0).unwrap_err());
    assert!(matches!(error, LinfaGmmError::NotConverged { max_iter: 1, .. }));
    assert!(error.to_string().contains("take `gmm`"));
    let fixed = LinfaGmmConfig {
        init: LinfaGmmInit::Random,
        max_iter: 2000,
        tol: 1e-4,
        ..LinfaGmmConfig::new(3)
    };
    assert_eq!(fit(&fixed, y, 0).report.termination, Termination::Converged);
}

#[test]
fn threads_change_no_bit() {
    let rows = heaps(3000, 4, 6, 2);
    let y = samples(&rows, 4);
    let few = samples(&rows[..2000], 4);
    let one = &mut threads(3, 1);
    let kmeans = LinfaKMeansConfig::new(7).build().unwrap();
    let gmm = LinfaGmmConfig::new(5).build().unwrap();
    let first = (
        kmeans.fit(y, one).unwrap(),
        gmm.fit(y, one).unwrap(),
        fit(&dbscan(0.8), few, 0).model,
        fit(&optics(0.8), few, 0).model,
    );
    for n in [2, 4] {
        let ctx = &mut threads(3, n);
        let other = kmeans.fit(y, ctx).unwrap();
        assert_eq!(other.model.centers(), first.0.model.centers());
        assert_eq!(other.model.labels(), first.0.model.labels());
        assert_eq!(other.report.history, first.0.report.history);
        let other = gmm.fit(y, ctx).unwrap();
        assert_eq!(other.model.means(), first.1.model.means());
        assert_eq!(other.model.covariances(), first.1.model.covariances());
        assert_eq!(other.report.objective, first.1.report.objective);
        let other = dbscan(0.8).build().unwrap().fit(few, ctx).unwrap().model;
        assert_eq!(other.labels(), first.2.labels());
        let other = optics(0.8).build().unwrap().fit(few, ctx).unwrap().model;
        assert_eq!(other.ordering(), first.3.ordering());
    }
    let other_seed = kmeans.fit(y, &mut threads(4, 1)).unwrap();
    assert_ne!(other_seed.report.history, first.0.report.history);
}

#[test]
fn own_clusterers_are_parts_too() {
    let rows = heaps(300, 2, 3, 7);
    let y = samples(&rows, 2);
    let gmm = LinfaClusterer::new("own", 3, |y: &LinfaDataset, rng: LinfaRng| {
        GaussianMixtureModel::params_with_rng(3, rng).fit(y)
    });
    let fitted = gmm.fit(y, &mut FitContext::new(1)).unwrap().model;
    assert_eq!((fitted.name(), fitted.labels().n_clusters()), ("own", 3));
    assert_eq!(fitted.model().means().nrows(), 3);
    assert_eq!(&fitted.as_predict().unwrap().predict(y).unwrap(), fitted.labels());
    assert!(fitted.predict(samples(&rows, 3)).is_err());
    let again = gmm.fit(y, &mut threads(1, 2)).unwrap().model;
    assert_eq!(again.model(), fitted.model());

    let ctx = &mut FitContext::new(0);
    let too_many = LinfaClusterer::new("own", 2, |y: &LinfaDataset, rng: LinfaRng| {
        KMeans::params_with_rng(3, rng).fit(y)
    });
    let error = source::<LabelsError>(too_many.fit(y, ctx).unwrap_err());
    assert!(matches!(
        error,
        LabelsError::Beyond {
            label: 2,
            n_clusters: 2,
            ..
        }
    ));
    let hasty = LinfaClusterer::new("own", 3, |y: &LinfaDataset, rng: LinfaRng| {
        GaussianMixtureModel::params_with_rng(3, rng)
            .max_n_iterations(1)
            .fit(y)
    });
    let error = source::<GmmError>(hasty.fit(y, ctx).unwrap_err());
    assert!(matches!(error, GmmError::NotConverged(_)));

    let labeller = LinfaLabeller::new("own", |y: &LinfaDataset, _: LinfaRng| {
        Dbscan::params(4).tolerance(1.0).transform(y.records())
    });
    assert_eq!(labeller.fit(y, ctx).unwrap().model.labels().n_clusters(), 3);
    let short = LinfaLabeller::new("own", |_: &LinfaDataset, _: LinfaRng| {
        Ok::<_, LinfaGmmError>(ndarray16::array![Some(0)])
    });
    let error = source::<LabelsError>(short.fit(y, ctx).unwrap_err());
    assert!(matches!(
        error,
        LabelsError::Count {
            expected: 300,
            given: 1
        }
    ));
}
