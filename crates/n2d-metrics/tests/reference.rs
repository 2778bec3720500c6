//! Against scikit-learn and scipy: `data/reference.json`, made by the script beside it.

use n2d_core::Labels;
use n2d_metrics::{accuracy, adjusted_rand_index, assess, normalized_mutual_info};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    y_true: Vec<i32>,
    y_pred: Vec<i32>,
    acc: f64,
    nmi: f64,
    ari: f64,
}

#[test]
fn equals_scikit_learn() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/reference.json")).unwrap();
    assert!(cases.len() >= 12);
    for case in cases {
        let y_true = Labels::new(case.y_true).unwrap();
        let y_pred = Labels::new(case.y_pred).unwrap();
        let ours = [
            accuracy(&y_true, &y_pred).unwrap(),
            normalized_mutual_info(&y_true, &y_pred).unwrap(),
            adjusted_rand_index(&y_true, &y_pred).unwrap(),
        ];
        for (ours, reference) in ours.iter().zip([case.acc, case.nmi, case.ari]) {
            assert!(
                (ours - reference).abs() < 1e-12,
                "{}: {ours} for {reference}",
                case.name
            );
        }
        let all = assess(&y_true, &y_pred).unwrap();
        assert_eq!([all.acc, all.nmi, all.ari], ours);
    }
}
