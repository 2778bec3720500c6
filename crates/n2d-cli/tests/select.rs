//! `n2d select` and `n2d fit --ensemble`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{Place, quick, two_groups};
use serde_json::Value;

#[test]
fn the_best_candidate_is_kept_as_a_model() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    let ran = place.ok(&quick(&[
        "select",
        "points.csv",
        "--labels",
        "group",
        "--seeds",
        "2",
        "--vary",
        "encoder=dense|identity",
        "--out-model",
        "best.n2d",
        "--out",
        "labels.csv",
        "--json",
    ]));
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let candidates = json["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 4);
    let best = &candidates[json["best"].as_u64().unwrap() as usize];
    assert_eq!(best["acc"], 1.0);
    assert_eq!(json["criterion"], "combined");
    let labels = String::from_utf8(place.read("labels.csv")).unwrap();
    assert_eq!(labels.lines().count(), 121);
    place.ok(&[
        "predict",
        "best.n2d",
        "points.csv",
        "--drop",
        "group",
        "--out",
        "again.csv",
    ]);
}

#[test]
fn candidates_are_shown_with_the_chosen_one_marked() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    let ran = place.ok(&quick(&[
        "select",
        "points.csv",
        "--labels",
        "group",
        "--vary",
        "umap.n_neighbors=8|20",
    ]));
    assert!(
        ran.stdout.starts_with("6 candidates by combined\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        ran.stdout.lines().filter(|line| line.starts_with("  *")).count(),
        1
    );
    assert!(
        ran.stdout.contains("umap.n_neighbors=20 seed 1"),
        "{}",
        ran.stdout
    );
}

#[test]
fn mistakes_in_what_is_varied_are_named() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    let said = place.refused(
        2,
        &[
            "select",
            "points.csv",
            "-k",
            "2",
            "--vary",
            "umpa.n_neighbors=8|20",
        ],
    );
    assert!(said.contains("Did you mean umap?"), "{said}");
    let said = place.refused(2, &["select", "points.csv", "-k", "2", "--criterion", "luck"]);
    assert!(said.contains("silhouette"), "{said}");
}

#[test]
fn an_ensemble_says_how_far_its_members_agree() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    for consensus in ["graph", "votes"] {
        let setting = format!("ensemble.consensus={consensus}");
        place.ok(&quick(&[
            "fit",
            "points.csv",
            "--labels",
            "group",
            "--ensemble",
            "3",
            "--set",
            &setting,
            "--out",
            "labels.csv",
            "--out-model",
            "ensemble.n2d",
        ]));
        let labels = String::from_utf8(place.read("labels.csv")).unwrap();
        assert!(labels.starts_with("row,cluster,agreement\n0,"), "{labels}");
        assert!(labels.lines().nth(1).unwrap().ends_with(",1"), "{labels}");
        place.ok(&[
            "predict",
            "ensemble.n2d",
            "points.csv",
            "--drop",
            "group",
            "--out",
            "again.csv",
        ]);
        place.ok(&["info", "ensemble.n2d"]);
    }
    let said = place.refused(
        2,
        &[
            "fit",
            "points.csv",
            "-k",
            "2",
            "--ensemble",
            "3",
            "--manifold",
            "pca",
        ],
    );
    assert!(said.contains("votes takes any"), "{said}");
    let said = place.refused(2, &["fit", "points.csv", "-k", "2", "--ensemble", "0"]);
    assert!(said.contains("at least 1"), "{said}");
}
