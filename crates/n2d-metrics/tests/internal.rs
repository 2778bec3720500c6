//! Measures of clusters alone against scikit-learn and hdbscan: `data/internal.json`, made by the script beside it.

use n2d_core::{CancelToken, FitContext, Labels, Parallelism, Samples};
use n2d_metrics::{
    MetricError, Noise, Sampling, SilhouetteOptions, calinski_harabasz, davies_bouldin, dbcv, silhouette,
    silhouette_samples,
};
use n2d_neighbors::Metric;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    clusters: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    n_features: usize,
    x: Vec<f32>,
    labels: Vec<i32>,
    davies_bouldin: f64,
    calinski_harabasz: f64,
    silhouettes: Vec<f64>,
    kept: Kept,
    by_metric: Vec<ByMetric>,
}

/// Without noise.
#[derive(Deserialize)]
struct Kept {
    davies_bouldin: f64,
    calinski_harabasz: f64,
    silhouette: f64,
}

#[derive(Deserialize)]
struct ByMetric {
    metric: Metric,
    silhouette: f64,
    dbcv: Option<ReferenceDbcv>,
}

#[derive(Deserialize)]
struct ReferenceDbcv {
    validity: f64,
    clusters: Vec<(i32, f64)>,
}

impl Case {
    fn samples(&self) -> Samples<'_> {
        Samples::from_rows(&self.x, self.n_features).expect("good reference data")
    }

    fn labels(&self) -> Labels {
        Labels::new(self.labels.clone()).expect("good reference data")
    }

    /// The mean silhouette of all rows.
    fn silhouette(&self, noise: Noise, metric: Metric) -> f64 {
        let options = SilhouetteOptions {
            metric,
            sampling: Sampling::Exact,
        };
        let ctx = &mut FitContext::new(0);
        silhouette(self.samples(), &self.labels(), noise, &options, ctx)
            .expect("good reference data")
            .mean
    }
}

fn cases() -> Vec<Case> {
    let reference: Reference =
        serde_json::from_str(include_str!("data/internal.json")).expect("good reference data");
    assert!(reference.clusters.len() >= 8);
    reference.clusters
}

fn close(what: &str, ours: f64, reference: f64) {
    let tolerance = 1e-9 * reference.abs().max(1.0);
    assert!(
        (ours - reference).abs() < tolerance,
        "{what}: {ours} for {reference}"
    );
}

#[test]
fn noise_as_a_cluster_equals_scikit_learn() {
    for case in cases() {
        let (x, labels, own) = (case.samples(), case.labels(), Noise::OwnCluster);
        close(
            &case.name,
            davies_bouldin(x, &labels, own).unwrap(),
            case.davies_bouldin,
        );
        close(
            &case.name,
            calinski_harabasz(x, &labels, own).unwrap(),
            case.calinski_harabasz,
        );
        let each = silhouette_samples(x, &labels, own, Metric::Euclidean, &mut FitContext::new(0)).unwrap();
        for (ours, reference) in each.iter().zip(&case.silhouettes) {
            close(&case.name, ours.unwrap(), *reference);
        }
        for by_metric in &case.by_metric {
            let what = format!("{} {}", case.name, by_metric.metric);
            close(
                &what,
                case.silhouette(own, by_metric.metric),
                by_metric.silhouette,
            );
        }
    }
}

#[test]
fn noise_left_out_equals_scikit_learn_without_it() {
    for case in cases() {
        let (x, labels, out) = (case.samples(), case.labels(), Noise::LeftOut);
        close(
            &case.name,
            davies_bouldin(x, &labels, out).unwrap(),
            case.kept.davies_bouldin,
        );
        close(
            &case.name,
            calinski_harabasz(x, &labels, out).unwrap(),
            case.kept.calinski_harabasz,
        );
        close(
            &case.name,
            case.silhouette(out, Metric::Euclidean),
            case.kept.silhouette,
        );
    }
}

#[test]
fn noise_counted_wrong_scores_least() {
    for case in cases() {
        let noise = case.labels().n_noise() as f64 / case.labels.len() as f64;
        let expected = (1.0 - noise) * case.kept.silhouette - noise;
        close(
            &case.name,
            case.silhouette(Noise::CountedWrong, Metric::Euclidean),
            expected,
        );
        let (x, labels) = (case.samples(), case.labels());
        let ctx = &mut FitContext::new(0);
        let each = silhouette_samples(x, &labels, Noise::CountedWrong, Metric::Euclidean, ctx).unwrap();
        let mean = each.iter().map(|figure| figure.unwrap()).sum::<f64>() / each.len() as f64;
        close(&case.name, mean, expected);
        let refused = davies_bouldin(x, &labels, Noise::CountedWrong).unwrap_err();
        assert!(
            refused.to_string().contains("cannot be counted_wrong"),
            "{refused}"
        );
        assert!(calinski_harabasz(x, &labels, Noise::CountedWrong).is_err());
    }
}

#[test]
fn dbcv_equals_hdbscan() {
    let mut checked = 0;
    for case in cases() {
        for by_metric in &case.by_metric {
            let Some(reference) = &by_metric.dbcv else {
                continue;
            };
            let what = format!("{} {}", case.name, by_metric.metric);
            let (x, labels) = (case.samples(), case.labels());
            let ctx = &mut FitContext::new(0);
            let ours = dbcv(x, &labels, Noise::CountedWrong, by_metric.metric, ctx).unwrap();
            assert_eq!(ours.clusters.len(), reference.clusters.len());
            for (ours, &(label, validity)) in ours.clusters.iter().zip(&reference.clusters) {
                assert_eq!(ours.label, label);
                close(&what, ours.validity, validity);
            }
            close(&what, ours.validity, reference.validity);
            let left_out = dbcv(x, &labels, Noise::LeftOut, by_metric.metric, ctx).unwrap();
            let clustered = labels.len() - labels.n_noise();
            close(
                &what,
                left_out.validity,
                reference.validity * labels.len() as f64 / clustered as f64,
            );
            checked += 1;
        }
    }
    assert!(checked >= 12, "{checked}");
}

#[test]
fn dbcv_takes_single_rows_for_noise() {
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "a cluster of one row")
        .unwrap();
    let as_noise: Vec<i32> = case
        .labels
        .iter()
        .map(|&label| if label == 9 { -1 } else { label })
        .collect();
    let measured = |labels: Labels, noise| {
        dbcv(
            case.samples(),
            &labels,
            noise,
            Metric::Euclidean,
            &mut FitContext::new(0),
        )
        .unwrap()
    };
    let as_noise = measured(Labels::new(as_noise).unwrap(), Noise::CountedWrong);
    for noise in [Noise::CountedWrong, Noise::LeftOut, Noise::OwnCluster] {
        assert_eq!(measured(case.labels(), noise), as_noise);
    }
}

#[test]
fn odd_inputs_are_refused_or_defined() {
    let values = [1.0, 2.0, 3.0, 4.0];
    let x = Samples::from_rows(&values, 1).unwrap();
    let labels = |values: [i32; 4]| Labels::new(values.to_vec()).unwrap();
    let all = |labels: &Labels, noise| {
        let (options, ctx) = (SilhouetteOptions::default(), &mut FitContext::new(0));
        [
            silhouette(x, labels, noise, &options, ctx).map(|found| found.mean),
            dbcv(x, labels, noise, Metric::Euclidean, ctx).map(|found| found.validity),
            davies_bouldin(x, labels, noise),
            calinski_harabasz(x, labels, noise),
        ]
    };
    // One cluster, all rows apart, all noise, and all but one row noise.
    for odd in [[0; 4], [0, 1, 2, 3], [-1; 4], [-1, -1, -1, 0]] {
        for found in all(&labels(odd), Noise::LeftOut) {
            assert!(
                matches!(found, Err(MetricError::ClusterCount { .. })),
                "{odd:?}: {found:?}"
            );
        }
    }
    let found = all(&Labels::new(vec![0, 1]).unwrap(), Noise::LeftOut);
    let mismatch = MetricError::RowsMismatch {
        n_samples: 4,
        what: "labels",
        given: 2,
    };
    assert_eq!(found, [0; 4].map(|_| Err(mismatch.clone())));
    let wrong_metric = SilhouetteOptions {
        metric: Metric::Minkowski(0.5),
        ..Default::default()
    };
    let ctx = &mut FitContext::new(0);
    let refused = silhouette(x, &labels([0, 0, 1, 1]), Noise::LeftOut, &wrong_metric, ctx).unwrap_err();
    assert!(matches!(refused, MetricError::Option(_)));
    let one = Samples::from_rows(&values[..1], 1).unwrap();
    let single = Labels::new(vec![0]).unwrap();
    assert!(davies_bouldin(one, &single, Noise::OwnCluster).is_err());
    assert!(dbcv(one, &single, Noise::OwnCluster, Metric::Cosine, ctx).is_err());
}

#[test]
fn equal_rows_have_values() {
    let values = [2.5_f32; 12];
    let x = Samples::from_rows(&values, 2).unwrap();
    let labels = Labels::new(vec![0, 0, 1, 1, 2, 2]).unwrap();
    let ctx = &mut FitContext::new(0);
    let found = silhouette(x, &labels, Noise::LeftOut, &SilhouetteOptions::default(), ctx).unwrap();
    assert_eq!(found.mean, 0.0);
    assert_eq!(
        dbcv(x, &labels, Noise::LeftOut, Metric::Euclidean, ctx)
            .unwrap()
            .validity,
        0.0
    );
    assert_eq!(davies_bouldin(x, &labels, Noise::LeftOut), Ok(0.0));
    assert_eq!(calinski_harabasz(x, &labels, Noise::LeftOut), Ok(1.0));
}

#[test]
fn scale_changes_nothing() {
    // 2^-100 and 2^90 round nothing; hdbscan's absolute tolerance would see all distances equal in the first.
    for case in cases() {
        let (labels, ctx) = (case.labels(), &mut FitContext::new(0));
        let before = dbcv(case.samples(), &labels, Noise::LeftOut, Metric::Euclidean, ctx);
        for scale in [2.0_f32.powi(-100), 2.0_f32.powi(90)] {
            let scaled: Vec<f32> = case.x.iter().map(|value| value * scale).collect();
            let scaled = Samples::from_rows(&scaled, case.n_features).unwrap();
            match (
                &before,
                dbcv(scaled, &labels, Noise::LeftOut, Metric::Euclidean, ctx),
            ) {
                (Ok(before), Ok(after)) => close(&case.name, after.validity, before.validity),
                (before, after) => panic!("{before:?} and {after:?}"),
            }
            close(
                &case.name,
                calinski_harabasz(scaled, &labels, Noise::OwnCluster).unwrap(),
                case.calinski_harabasz,
            );
        }
    }
}

/// Two clouds of 3000 rows in 3 dimensions, and labels that are right but for a few.
fn many() -> (Vec<f32>, Labels) {
    let mut rng = n2d_core::rng::SplitMix64::new(5, 0, 0);
    let mut draw = || (0..3).map(|_| rng.below(1000) as f32).sum::<f32>() / 100.0;
    let values = (0..6000)
        .flat_map(|row| [draw() + (row % 2) as f32 * 12.0, draw(), draw()])
        .collect();
    let labels = (0..6000).map(|row| {
        if row % 31 == 0 {
            -1
        } else {
            (row + row % 37 / 36) % 2
        }
    });
    (
        values,
        Labels::new(labels.collect()).expect("good reference data"),
    )
}

#[test]
fn a_sample_estimates_the_whole() {
    let (values, labels) = many();
    let x = Samples::from_rows(&values, 3).unwrap();
    let measured = |sampling, seed| {
        let options = SilhouetteOptions {
            sampling,
            ..Default::default()
        };
        silhouette(x, &labels, Noise::LeftOut, &options, &mut FitContext::new(seed)).unwrap()
    };
    let whole = measured(Sampling::Exact, 0);
    assert_eq!((whole.std_error, whole.n_measured), (0.0, whole.n_clustered));
    assert_eq!(whole, measured(Sampling::Auto, 3));
    for seed in 0..5 {
        let part = measured(Sampling::Rows(400), seed);
        assert_eq!(part.n_measured, 400);
        assert!(
            (part.mean - whole.mean).abs() < 4.0 * part.std_error,
            "{part:?} of {whole:?}"
        );
        assert!((0.001..0.02).contains(&part.std_error), "{}", part.std_error);
    }
}

#[test]
fn threads_change_nothing_and_cancelling_ends_it() {
    let (values, labels) = many();
    let x = Samples::from_rows(&values, 3).unwrap();
    let measured = |threads: usize| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let ctx = &mut FitContext::new(1).with_parallelism(threads);
        let options = SilhouetteOptions {
            sampling: Sampling::Rows(100),
            ..Default::default()
        };
        (
            silhouette(x, &labels, Noise::LeftOut, &options, ctx).unwrap(),
            dbcv(x, &labels, Noise::LeftOut, Metric::Euclidean, ctx).unwrap(),
        )
    };
    assert_eq!(measured(1), measured(3));
    let token = CancelToken::new();
    token.cancel();
    let ctx = &mut FitContext::new(1).with_cancel(token);
    let found = silhouette(x, &labels, Noise::LeftOut, &SilhouetteOptions::default(), ctx);
    assert_eq!(
        found,
        Err(MetricError::Cancelled {
            measure: "silhouette"
        })
    );
    let found = dbcv(x, &labels, Noise::LeftOut, Metric::Euclidean, ctx);
    assert_eq!(found, Err(MetricError::Cancelled { measure: "dbcv" }));
}

#[test]
fn options_are_plain_data() {
    let read = |text: &str| serde_json::from_str::<SilhouetteOptions>(text);
    assert_eq!(read("{}").unwrap(), SilhouetteOptions::default());
    let some = read(r#"{"metric": "cosine", "sampling": {"rows": 7}}"#).unwrap();
    assert_eq!((some.metric, some.sampling), (Metric::Cosine, Sampling::Rows(7)));
    assert!(read(r#"{"metrics": "cosine"}"#).is_err());
}
