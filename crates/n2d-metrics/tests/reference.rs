//! External measures against scikit-learn and scipy: `data/reference.json`, made by the script beside it.

use n2d_core::Labels;
use n2d_metrics::{
    Comparison, Contingency, Mean, Noise, accuracy, adjusted_rand_index, assess, normalized_mutual_info,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    y_true: Vec<i32>,
    y_pred: Vec<i32>,
    acc: f64,
    own_cluster: Reference,
    left_out: Option<Reference>,
    apart: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    homogeneity: f64,
    completeness: f64,
    v_measure: f64,
    v_beta_2: f64,
    rand: f64,
    fowlkes_mallows: f64,
    nmi: [f64; 4],
    ami: [f64; 4],
    ari: f64,
    mutual_info: f64,
    pairs: [u64; 4],
    purity: f64,
}

const MEANS: [Mean; 4] = [Mean::Arithmetic, Mean::Geometric, Mean::Min, Mean::Max];

fn cases() -> Vec<(Case, Labels, Labels)> {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("data/reference.json")).expect("good reference data");
    assert!(cases.len() >= 12);
    let labelled = |case: Case| {
        let y_true = Labels::new(case.y_true.clone()).expect("good reference data");
        let y_pred = Labels::new(case.y_pred.clone()).expect("good reference data");
        (case, y_true, y_pred)
    };
    cases.into_iter().map(labelled).collect()
}

fn close(what: &str, ours: f64, reference: f64) {
    assert!((ours - reference).abs() < 1e-12, "{what}: {ours} for {reference}");
}

#[test]
fn equals_scikit_learn() {
    for (case, y_true, y_pred) in cases() {
        let ours = [
            accuracy(&y_true, &y_pred).unwrap(),
            normalized_mutual_info(&y_true, &y_pred).unwrap(),
            adjusted_rand_index(&y_true, &y_pred).unwrap(),
        ];
        let reference = [case.acc, case.own_cluster.nmi[0], case.own_cluster.ari];
        for (ours, reference) in ours.iter().zip(reference) {
            close(&case.name, *ours, reference);
        }
        let all = assess(&y_true, &y_pred).unwrap();
        assert_eq!([all.acc, all.nmi, all.ari], ours);
        let information = Contingency::new(&y_true, &y_pred).unwrap().mutual_info();
        close(&case.name, information, case.own_cluster.mutual_info);
    }
}

/// All measures that look at rows, which are scaled by `share`.
fn check_rows(name: &str, ours: &Comparison, reference: &Reference, share: f64) {
    close(name, ours.purity(), share * reference.purity);
    close(name, ours.homogeneity(), share * reference.homogeneity);
    close(name, ours.completeness(), share * reference.completeness);
    close(
        name,
        ours.v_measure(1.0).expect("good reference data"),
        share * reference.v_measure,
    );
    close(
        name,
        ours.v_measure(2.0).expect("good reference data"),
        share * reference.v_beta_2,
    );
    for (mean, reference) in MEANS.into_iter().zip(reference.nmi) {
        close(name, ours.normalized_mutual_info(mean), share * reference);
    }
}

/// All measures that look at pairs or groups.
fn check_groups(name: &str, ours: &Comparison, reference: &Reference) {
    close(name, ours.adjusted_rand_index(), reference.ari);
    close(name, ours.fowlkes_mallows(), reference.fowlkes_mallows);
    let pairs = ours.pair_confusion();
    let in_order = [
        pairs.apart,
        pairs.only_in_cluster,
        pairs.only_in_class,
        pairs.together,
    ];
    assert_eq!(in_order, reference.pairs, "{name}");
    for (mean, reference) in MEANS.into_iter().zip(reference.ami) {
        // With singletons the smaller entropy is what chance gives: scikit-learn divides two rounding errors.
        if !(mean == Mean::Min && name == "all distinct clusters") {
            close(name, ours.adjusted_mutual_info(mean), reference);
        }
    }
}

#[test]
fn noise_as_a_cluster_equals_scikit_learn() {
    for (case, y_true, y_pred) in cases() {
        let ours = Comparison::new(&y_true, &y_pred, Noise::OwnCluster).unwrap();
        check_rows(&case.name, &ours, &case.own_cluster, 1.0);
        check_groups(&case.name, &ours, &case.own_cluster);
        close(&case.name, ours.rand_index(), case.own_cluster.rand);
    }
}

#[test]
fn noise_left_out_equals_scikit_learn_without_those_rows() {
    for (case, y_true, y_pred) in cases() {
        let Some(reference) = &case.left_out else { continue };
        let ours = Comparison::new(&y_true, &y_pred, Noise::LeftOut).unwrap();
        check_rows(&case.name, &ours, reference, 1.0);
        check_groups(&case.name, &ours, reference);
        close(&case.name, ours.rand_index(), reference.rand);
    }
}

#[test]
fn noise_counted_wrong_is_scaled_or_apart() {
    let mut checked = 0;
    for (case, y_true, y_pred) in cases() {
        let (Some(kept), Some(apart)) = (&case.left_out, &case.apart) else {
            continue;
        };
        let ours = Comparison::new(&y_true, &y_pred, Noise::CountedWrong).unwrap();
        let (n, n_kept) = (y_true.len(), y_true.len() - ours.n_noise());
        check_rows(&case.name, &ours, kept, n_kept as f64 / n as f64);
        check_groups(&case.name, &ours, apart);
        let pairs = |n: usize| (n * (n - 1)) as f64;
        close(
            &case.name,
            ours.rand_index(),
            kept.rand * pairs(n_kept) / pairs(n),
        );
        close(&case.name, ours.accuracy(), case.acc);
        checked += 1;
    }
    assert!(checked >= 3);
}

#[test]
fn without_noise_the_choice_changes_nothing() {
    for (_, y_true, y_pred) in cases() {
        let scores = |noise| {
            Comparison::new(&y_true, &y_pred, noise)
                .unwrap()
                .scores()
                .figures()
        };
        if y_true.n_noise() + y_pred.n_noise() == 0 {
            assert_eq!(scores(Noise::OwnCluster), scores(Noise::LeftOut));
            assert_eq!(scores(Noise::OwnCluster), scores(Noise::CountedWrong));
        }
    }
}
