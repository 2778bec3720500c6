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
    assert_eq!(json["criterion"], "silhouette");
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
        ran.stdout
            .starts_with("6 candidates by silhouette: how well clusters are apart in the manifold\n"),
        "{}",
        ran.stdout
    );
    let head: Vec<&str> = ran.stdout.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        head,
        [
            "candidate",
            "silhouette",
            "dbcv",
            "trustworthiness",
            "stability",
            "ACC"
        ]
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
    for (varied, reason) in [
        (
            "n_clusters=3|4",
            "--clusters: n_clusters is varied; give one of the two",
        ),
        ("ensemble.consensus=graph|vote", "`votes`"),
        ("ensemble.n_members=1|two", "ensemble.n_members=two"),
        ("encoder=dense|idntity", "Did you mean identity?"),
        ("umap.n_neighbors=8|many", "umap.n_neighbors can't be \"many\""),
    ] {
        let said = place.refused(
            2,
            &[
                "select",
                "points.csv",
                "-k",
                "2",
                "--drop",
                "group",
                "--vary",
                varied,
            ],
        );
        assert!(said.contains(reason), "{varied}: {said}");
    }
    for (more, varied, reason) in [
        (&[][..], "n_clusters=3|x", "n_clusters=x: must be a whole number"),
        (
            &["--epochs", "1"],
            "dense.n_epochs=2|3",
            "--epochs: dense.n_epochs is varied",
        ),
        (
            &["--set", "gmm.n_init=1"],
            "gmm.n_init=2|3",
            "--set gmm.n_init=1: gmm.n_init is varied",
        ),
        (
            &["--clusterer", "hdbscan"],
            "n_clusters=3|4",
            "hdbscan finds the number of clusters by itself",
        ),
    ] {
        let said = place.refused(2, &[&["select", "points.csv", "--vary", varied], more].concat());
        assert!(said.contains(reason), "{varied}: {said}");
    }
    let twice = ["--vary", "n_clusters=2|3", "--vary", "n_clusters=4"];
    let said = place.refused(2, &[&["select", "points.csv"], &twice[..]].concat());
    assert!(said.contains("n_clusters is varied already"), "{said}");
    assert!(said.contains("--vary 'umap.n_neighbors=10|20'"), "{said}");
}

#[test]
fn what_can_not_end_well_is_refused_before_anything_is_fitted() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place.write("one.csv", "a,b\n1,2\n");
    let said = place.refused(2, &["select", "one.csv", "-k", "2"]);
    let few = "clusters can't be found in 1 row: there must be at least as many rows as clusters";
    assert!(said.contains(&format!("2 {few}")), "{said}");
    let said = place.refused(2, &["select", "one.csv", "--vary", "n_clusters=1|3"]);
    assert!(said.contains(&format!("3 {few}")), "{said}");
    let said = place.refused(
        2,
        &[
            "select",
            "missing.csv",
            "-k",
            "2",
            "--criterion",
            "stability",
            "--seeds",
            "1",
        ],
    );
    assert!(said.contains("at least 2 are needed, but there is 1"), "{said}");
    let said = place.refused(2, &["select", "points.csv", "-k", "2", "--seeds", "1000000000"]);
    assert!(said.contains("from 1 to 10000"), "{said}");
    let said = place.refused(
        2,
        &[
            "select",
            "points.csv",
            "--seeds",
            "5000",
            "--vary",
            "n_clusters=1|2|3",
        ],
    );
    assert!(said.contains("at most 10000 candidates"), "{said}");
    for refused in [&["--out", "-"][..], &["--checkpoint", "a.ckpt"]] {
        let said = place.refused(2, &[&["select", "points.csv", "-k", "2"], refused].concat());
        assert!(said.contains(refused[0]), "{said}");
    }
}

#[test]
fn the_help_names_what_is_taken() {
    let help = Place::new().ok(&["select", "--help"]).stdout;
    for hidden in ["--checkpoint", "--resume", "for stdout"] {
        assert!(!help.contains(hidden), "{hidden}: {help}");
    }
    for shown in [
        "--out <FILE.csv>",
        "--report",
        "stability_nmi",
        "of one embedding",
    ] {
        assert!(help.contains(shown), "{shown}: {help}");
    }
}

#[test]
fn the_number_of_clusters_can_be_chosen() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    let of_one_embedding = [
        "select",
        "points.csv",
        "--drop",
        "group",
        "--encoder",
        "identity",
        "--set",
        "umap.n_components=2",
        "--vary",
        "n_clusters=1|2|3",
        "--seeds",
        "1",
    ];
    let ran = place.ok(&[&of_one_embedding[..], &["--criterion", "bic"]].concat());
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("3 candidates by bic: "), "{}", ran.stdout);
    assert!(lines[0].ends_with("less is better"), "{}", ran.stdout);
    assert!(lines[1].trim_start().starts_with("candidate"), "{}", ran.stdout);
    assert_eq!(lines[1].split_whitespace().nth(1), Some("bic"));
    // Without the last two words, those of a single seed; and with another embedding.
    let several_seeds = [&of_one_embedding[..10], &["--seeds", "2"]].concat();
    let several_manifolds = [&of_one_embedding[..], &["--vary", "umap.n_neighbors=5|6"]].concat();
    for (candidates, difference) in [
        (several_seeds, "the seed"),
        (several_manifolds, "the manifold learner"),
    ] {
        let said = place.refused(2, &[&candidates[..], &["--criterion", "likelihood"]].concat());
        assert!(said.contains("one embedding alone"), "{said}");
        assert!(said.contains(difference), "{said}");
    }
    let ran = place.ok(&of_one_embedding);
    let chosen = ran.stdout.lines().find(|line| line.starts_with("  *")).unwrap();
    assert!(chosen.contains("n_clusters=2"), "{}", ran.stdout);
}

#[test]
fn candidates_are_listed_and_what_none_has_is_refused() {
    let place = Place::new();
    place.write("points.csv", &two_groups(60));
    fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
        let common = ["select", "points.csv", "--labels", "group", "--seeds", "1"];
        quick(&[&common[..], more].concat())
    }
    let listed = with(&[
        "--candidate",
        "encoder=identity; gmm.n_init=2",
        "--candidate",
        "gmm.n_init=3",
    ]);
    let ran = place.ok(&listed);
    let lines = ran
        .stdout
        .lines()
        .filter(|line| line.contains("gmm.n_init="))
        .count();
    assert!(lines >= 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("encoder=identity"), "{}", ran.stdout);
    let said = place.refused(2, &with(&["--candidate", "gmm"]));
    assert!(said.contains("must have the form"), "{said}");
    let said = place.refused(
        2,
        &with(&["--vary", "encoder=pca|identity", "--set", "dense.hidden=[8]"]),
    );
    assert!(said.contains("no candidate has the encoder dense"), "{said}");
}

#[test]
fn an_ensemble_says_how_far_its_members_agree() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    for consensus in ["graph", "votes", "co_association"] {
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
        assert!(labels.lines().nth(1).unwrap().ends_with(",1.0"), "{labels}");
        place.ok(&[
            "predict",
            "ensemble.n2d",
            "points.csv",
            "--drop",
            "group",
            "--out",
            "again.csv",
        ]);
        let again = String::from_utf8(place.read("again.csv")).unwrap();
        assert!(again.starts_with("row,cluster,agreement\n0,"), "{again}");
        assert!(again.lines().nth(1).unwrap().ends_with(",1.0"), "{again}");
        place.ok(&["info", "ensemble.n2d"]);
    }
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--self-training",
        "--out",
        "labels.csv",
    ]));
    let labels = String::from_utf8(place.read("labels.csv")).unwrap();
    assert!(labels.starts_with("row,cluster,agreement\n0,"), "{labels}");
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
    assert!(said.contains("votes and co_association take any"), "{said}");
    let said = place.refused(2, &["fit", "points.csv", "-k", "2", "--ensemble", "0"]);
    assert!(said.contains("at least 1"), "{said}");
}
