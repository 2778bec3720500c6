//! Quality of embeddings against scikit-learn: `data/internal.json`, made by the script beside it.

use n2d_core::rng::SplitMix64;
use n2d_core::{CancelToken, FitContext, Labels, Parallelism, Samples};
use n2d_metrics::{
    AgreementOptions, EmbeddingOptions, EmbeddingQuality, MetricError, Noise, Sampling, embedding_quality,
    knn_agreement,
};
use n2d_neighbors::Metric;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    embeddings: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    n_features: usize,
    n_components: usize,
    x: Vec<f32>,
    embedding: Vec<f32>,
    labels: Vec<i32>,
    by_k: Vec<ByK>,
    cosine_trustworthiness: f64,
}

#[derive(Deserialize)]
struct ByK {
    k: usize,
    trustworthiness: f64,
    continuity: f64,
    recall: f64,
    agreement: f64,
}

impl Case {
    fn quality(&self, options: &EmbeddingOptions) -> EmbeddingQuality {
        let x = Samples::from_rows(&self.x, self.n_features).expect("good reference data");
        embedding_quality(x, self.embedded(), options, &mut FitContext::new(0)).expect("good reference data")
    }

    fn embedded(&self) -> Samples<'_> {
        Samples::from_rows(&self.embedding, self.n_components).expect("good reference data")
    }
}

fn with_neighbors(n_neighbors: usize) -> EmbeddingOptions {
    EmbeddingOptions {
        n_neighbors,
        ..EmbeddingOptions::default()
    }
}

fn close(what: &str, ours: f64, reference: f64) {
    assert!((ours - reference).abs() < 1e-12, "{what}: {ours} for {reference}");
}

#[test]
fn equals_scikit_learn() {
    let reference: Reference = serde_json::from_str(include_str!("data/internal.json")).unwrap();
    assert!(reference.embeddings.len() >= 3);
    for case in reference.embeddings {
        let name = &case.name;
        for reference in &case.by_k {
            let ours = case.quality(&with_neighbors(reference.k));
            close(name, ours.trustworthiness, reference.trustworthiness);
            close(name, ours.continuity, reference.continuity);
            close(name, ours.recall, reference.recall);
            let options = AgreementOptions {
                n_neighbors: reference.k,
                ..AgreementOptions::default()
            };
            let (labels, ctx) = (Labels::new(case.labels.clone()).unwrap(), &mut FitContext::new(0));
            let ours = knn_agreement(case.embedded(), &labels, Noise::LeftOut, &options, ctx).unwrap();
            close(name, ours.accuracy, reference.agreement);
        }
        let cosine = EmbeddingOptions {
            metric: Metric::Cosine,
            ..EmbeddingOptions::default()
        };
        close(
            name,
            case.quality(&cosine).trustworthiness,
            case.cosine_trustworthiness,
        );
    }
}

#[test]
fn odd_inputs_are_refused_or_defined() {
    let values = [1.0; 7];
    let x = Samples::from_rows(&values, 1).unwrap();
    let ctx = &mut FitContext::new(0);
    for k in [0, 4, 7, usize::MAX] {
        let refused = embedding_quality(x, x, &with_neighbors(k), ctx).unwrap_err();
        let expected = format!(
            "embedding_quality.n_neighbors must be at least 1 and less than half of the 7 rows, but is {k}"
        );
        assert_eq!(refused.to_string(), expected);
    }
    let fewer = Samples::from_rows(&values[..3], 1).unwrap();
    let mismatch = embedding_quality(x, fewer, &with_neighbors(1), ctx);
    let expected = MetricError::RowsMismatch {
        n_samples: 7,
        what: "embedded rows",
        given: 3,
    };
    assert_eq!(mismatch, Err(expected));
    let one = Samples::from_rows(&values[..1], 1).unwrap();
    assert!(embedding_quality(one, one, &with_neighbors(1), ctx).is_err());
    // All rows equal: ties are in the same order on both sides.
    let equal = embedding_quality(x, x, &with_neighbors(3), ctx).unwrap();
    assert_eq!(
        (equal.trustworthiness, equal.continuity, equal.recall),
        (1.0, 1.0, 1.0)
    );
}

#[test]
fn unlabelled_rows_do_not_vote() {
    let x = Samples::from_rows(&[0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 5.3], 1).unwrap();
    let labels = Labels::new(vec![0, -1, 0, 1, 1, -1, 0]).unwrap();
    let options = AgreementOptions {
        n_neighbors: 1,
        ..AgreementOptions::default()
    };
    let ctx = &mut FitContext::new(0);
    let mut agreement = |noise| knn_agreement(x, &labels, noise, &options, ctx).unwrap();
    let left_out = agreement(Noise::LeftOut);
    assert_eq!((left_out.accuracy, left_out.n_voters), (4.0 / 5.0, 5));
    close(
        "counted wrong",
        agreement(Noise::CountedWrong).accuracy,
        4.0 / 7.0,
    );
    assert_eq!(agreement(Noise::OwnCluster).accuracy, 2.0 / 7.0);
    let none = Labels::new(vec![-1; 7]).unwrap();
    assert!(knn_agreement(x, &none, Noise::LeftOut, &options, ctx).is_err());
    let other = Labels::new(vec![0; 3]).unwrap();
    assert!(knn_agreement(x, &other, Noise::LeftOut, &options, ctx).is_err());
}

/// 2500 rows in 4 dimensions, of which the embedding keeps two.
fn many() -> (Vec<f32>, Vec<f32>) {
    let mut rng = SplitMix64::new(9, 0, 0);
    let x: Vec<f32> = (0..10_000).map(|_| rng.below(1 << 20) as f32).collect();
    let embedding = x.chunks(4).flat_map(|row| [row[0], row[1]]).collect();
    (x, embedding)
}

#[test]
fn a_sample_estimates_the_whole() {
    let (x, embedding) = many();
    let (x, embedding) = (
        Samples::from_rows(&x, 4).unwrap(),
        Samples::from_rows(&embedding, 2).unwrap(),
    );
    let measured = |sampling, seed| {
        let options = EmbeddingOptions {
            sampling,
            ..EmbeddingOptions::default()
        };
        embedding_quality(x, embedding, &options, &mut FitContext::new(seed)).unwrap()
    };
    let whole = measured(Sampling::Exact, 0);
    assert_eq!(whole, measured(Sampling::Auto, 1));
    assert_eq!((whole.n_measured, whole.recall_error), (2500, 0.0));
    for seed in 0..5 {
        let part = measured(Sampling::Rows(250), seed);
        assert_eq!(part.n_measured, 250);
        for (part, whole, error) in [
            (
                part.trustworthiness,
                whole.trustworthiness,
                part.trustworthiness_error,
            ),
            (part.continuity, whole.continuity, part.continuity_error),
            (part.recall, whole.recall, part.recall_error),
        ] {
            assert!(
                error > 0.0 && (part - whole).abs() < 4.0 * error,
                "{part} of {whole}: {error}"
            );
        }
    }
}

#[test]
fn threads_change_nothing_and_cancelling_ends_it() {
    let (x, embedding) = many();
    let (x, embedding) = (
        Samples::from_rows(&x, 4).unwrap(),
        Samples::from_rows(&embedding, 2).unwrap(),
    );
    let options = EmbeddingOptions {
        sampling: Sampling::Rows(300),
        ..with_neighbors(7)
    };
    let measured = |threads: usize| {
        let threads = Parallelism::threads(threads.try_into().unwrap()).unwrap();
        let ctx = &mut FitContext::new(1).with_parallelism(threads);
        embedding_quality(x, embedding, &options, ctx).unwrap()
    };
    assert_eq!(measured(1), measured(3));
    let token = CancelToken::new();
    token.cancel();
    let ctx = &mut FitContext::new(1).with_cancel(token);
    let cancelled = MetricError::Cancelled {
        measure: "embedding_quality",
    };
    assert_eq!(embedding_quality(x, embedding, &options, ctx), Err(cancelled));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn figures_are_in_range_and_turn_round(
        n in 3..40_usize, d in 1..5_usize, levels in 1..50_usize, k in 1..20_usize, seed: u64,
    ) {
        let k = k.min((n - 1) / 2);
        let mut rng = SplitMix64::new(seed, 0, 0);
        let mut draw = |len: usize| (0..len).map(|_| rng.below(levels) as f32).collect::<Vec<_>>();
        let (x, z) = (draw(n * d), draw(n * 2));
        let (x, z) = (Samples::from_rows(&x, d).unwrap(), Samples::from_rows(&z, 2).unwrap());
        let ctx = &mut FitContext::new(0);
        let there = embedding_quality(x, z, &with_neighbors(k), ctx).unwrap();
        let back = embedding_quality(z, x, &with_neighbors(k), ctx).unwrap();
        for figure in [there.trustworthiness, there.continuity, there.recall] {
            prop_assert!((-1e-12..=1.0).contains(&figure), "{}", figure);
        }
        prop_assert_eq!((there.trustworthiness, there.recall), (back.continuity, back.recall));
        let same = embedding_quality(x, x, &with_neighbors(k), ctx).unwrap();
        prop_assert_eq!((same.trustworthiness, same.continuity, same.recall), (1.0, 1.0, 1.0));
    }
}
