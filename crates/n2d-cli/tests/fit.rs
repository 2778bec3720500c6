//! What `n2d fit` makes of good data.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::fmt::Write as _;

use common::{Place, QUICK, quick, two_groups};
use n2d::datasets::{ReadOptions, Scaling, read_labels, read_path};
use n2d::{FitContext, PipelineConfig, Registry};
use serde_json::Value;

fn with_groups() -> Place {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place
}

#[test]
fn json_has_exactly_its_fields_in_their_order() {
    let place = with_groups();
    let ran = place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--json",
        "--threads",
        "1",
    ]));
    let keys = [
        "dataset",
        "n_samples",
        "n_features",
        "n_clusters",
        "seed",
        "threads",
        "acc",
        "nmi",
        "ari",
        "noise",
        "loss",
        "validation_loss",
        "n_epochs",
        "seconds",
        "cluster_sizes",
        "peak_rss_mb",
        "notes",
    ];
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut found: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let place_of = |key: &&str| ran.stdout.find(&format!("\"{key}\":")).unwrap();
    assert!(keys.is_sorted_by_key(place_of), "{}", ran.stdout);
    found.sort_by_key(|key| keys.iter().position(|known| known == key));
    assert_eq!(found, keys);
    assert_eq!(ran.stdout.lines().count(), 1);

    assert_eq!(json["dataset"], "points");
    assert_eq!(json["n_samples"], 120);
    assert_eq!(json["n_features"], 3);
    assert_eq!(json["n_clusters"], 2);
    assert_eq!(json["seed"], 0);
    assert_eq!(json["threads"], 1);
    assert_eq!(json["acc"], 1.0);
    assert_eq!(json["noise"], 0);
    assert!(json["loss"].as_f64().unwrap() > 0.0);
    assert_eq!(json["cluster_sizes"], serde_json::json!([60, 60]));
    let seconds = json["seconds"].as_object().unwrap();
    assert_eq!(seconds.len(), 4);
    let second = |stage: &str| seconds[stage].as_f64().unwrap();
    assert!(second("total") >= second("encoder") + second("manifold") + second("clusterer") - 0.01);
}

#[test]
fn what_is_unknown_is_null() {
    let place = Place::new();
    place.write("points.csv", "1,2\n1,3\n2,2\n8,9\n9,9\n9,8\n");
    let ran = place.ok(&["fit", "points.csv", "-k", "2", "--encoder", "identity", "--json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    for unknown in ["acc", "nmi", "ari", "loss"] {
        assert!(json[unknown].is_null(), "{unknown}");
    }
}

#[test]
fn files_have_a_row_a_row_and_the_same_bits_for_any_threads() {
    let place = with_groups();
    let run = |threads: &str, ending: &str| {
        let names = ["out", "embedding", "latent"].map(|name| format!("{name}{ending}"));
        let mut args = quick(&[
            "fit",
            "points.csv",
            "--labels",
            "group",
            "--quiet",
            "--threads",
            threads,
        ]);
        args.extend([
            "--out",
            &names[0],
            "--embedding",
            &names[1],
            "--latent",
            &names[2],
        ]);
        args.extend(["--latent-dim", "4", "--seed", "7"]);
        let ran = place.ok(&args);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
        names.map(|name| place.read(&name))
    };
    let one = run("1", ".1");
    assert_eq!(one, run("2", ".2"));
    assert_eq!(one, run("3", ".3"));

    let shape = |name: &str| {
        read_path(place.path(name), &ReadOptions::default())
            .unwrap()
            .x
            .dim()
    };
    assert_eq!(shape("embedding.1"), (120, 2));
    assert_eq!(shape("latent.1"), (120, 4));
    let text = String::from_utf8(one[0].clone()).unwrap();
    assert!(text.starts_with("row,cluster\n0,"), "{text}");
    assert_eq!(text.lines().count(), 121);
}

/// The command line runs the stages one by one; that must change nothing.
#[test]
fn the_result_is_that_of_the_library() {
    let place = with_groups();
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--seed",
        "5",
        "--out",
        "labels.csv",
        "--embedding",
        "y.npy",
        "--latent",
        "z.npy",
    ]));
    let options = ReadOptions {
        label_column: Some("group".into()),
        ..ReadOptions::default()
    };
    let mut data = read_path(place.path("points.csv"), &options).unwrap();
    data.scale(Scaling::MinMax).unwrap();
    let mut config = PipelineConfig::new(2);
    config.set(QUICK[1]).unwrap();
    config.set("dense.n_epochs=3").unwrap();
    let pipeline = Registry::default().build(&config).unwrap();
    let x = data.samples().unwrap();
    let fitted = pipeline.fit(x, &mut FitContext::new(5)).unwrap().model;

    let read = |name: &str| read_path(place.path(name), &ReadOptions::default()).unwrap().x;
    assert_eq!(read("z.npy"), fitted.encode(x).unwrap());
    assert_eq!(read("y.npy"), fitted.embedding());
    let mut expected = "row,cluster\n".to_owned();
    for (row, label) in fitted.labels().as_slice().iter().enumerate() {
        writeln!(expected, "{row},{label}").unwrap();
    }
    assert_eq!(place.read("labels.csv"), expected.into_bytes());
    assert_eq!(place.files(), ["labels.csv", "points.csv", "y.npy", "z.npy"]);
}

#[test]
fn what_was_kept_can_be_gone_on_from() {
    let place = with_groups();
    let start = quick(&["fit", "points.csv", "--labels", "group", "--quiet"]);
    let files = ["--out", "all.csv", "--latent", "z.npy", "--embedding", "y.npy"];
    place.ok(&[&start[..], &files].concat());
    place.ok(&[
        "fit",
        "z.npy",
        "--encoder",
        "identity",
        "-k",
        "2",
        "--out",
        "later.csv",
    ]);
    let last = [
        "--encoder",
        "identity",
        "--manifold",
        "identity",
        "-k",
        "2",
        "--out",
        "last.csv",
    ];
    place.ok(&[&["fit", "y.npy"], &last[..]].concat());
    assert_eq!(place.read("later.csv"), place.read("all.csv"));
    assert_eq!(place.read("last.csv"), place.read("all.csv"));
}

#[test]
fn a_built_up_file_is_clustered_as_it_stands_without_an_encoder() {
    let place = Place::new();
    place.write("points.csv", "10,200\n11,201\n10,203\n80,900\n81,901\n82,905\n");
    let args = [
        "fit",
        "points.csv",
        "-k",
        "2",
        "--encoder",
        "identity",
        "--manifold",
        "identity",
    ];
    place.ok(&[&args[..], &["--embedding", "y.npy", "--latent", "z.npy"]].concat());
    let read = |name: &str| read_path(place.path(name), &ReadOptions::default()).unwrap().x;
    assert_eq!(read("y.npy"), read("points.csv"));
    assert_eq!(read("z.npy"), read("points.csv"));

    place.ok(&[&args[..], &["--latent", "scaled.npy", "--scale", "minmax"]].concat());
    let scaled = read("scaled.npy");
    assert_eq!((scaled[[0, 0]], scaled[[5, 1]]), (0.0, 1.0));
}

#[test]
fn labels_come_from_a_column_or_a_file() {
    let place = with_groups();
    let table = two_groups(120);
    let groups: String = table
        .lines()
        .map(|line| line.rsplit(',').next().unwrap().to_owned() + "\n")
        .collect();
    let values: String = table
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n")
        .collect();
    place.write("values.csv", &values);
    place.write("groups.txt", &groups.replacen("group", "class", 1));
    let by_file = quick(&[
        "fit",
        "values.csv",
        "--labels",
        "groups.txt",
        "--quiet",
        "--out",
        "1.csv",
    ]);
    place.ok(&by_file);
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--quiet",
        "--out",
        "2.csv",
    ]));
    assert_eq!(place.read("1.csv"), place.read("2.csv"));
    // What the program writes it reads as labels.
    assert_eq!(read_labels(place.path("1.csv"), None).unwrap().labels.len(), 120);
    place.ok(&quick(&["fit", "values.csv", "--labels", "1.csv", "--quiet"]));
}

#[test]
fn the_summary_tells_what_was_done() {
    let place = with_groups();
    let ran = place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "labels.csv",
    ]));
    for said in [
        "points  120 rows x 3 columns, 2 classes; each column scaled to 0..1\n",
        "3 epochs, loss 0.",
        "seed 0, ",
        "2 clusters\n",
        "left 100.0 %",
        "right 100.0 %",
        "ACC 1.000  NMI 1.000  ARI 1.000\n",
        "  labels.csv  labels: row, cluster\n",
    ] {
        assert!(ran.stdout.contains(said), "{said} is missing in\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'));
    assert!(
        ran.stderr
            .starts_with("encoder dense: started\nencoder dense: done in "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.lines().count(), 6);
}

#[test]
fn an_existing_output_is_replaced_and_its_neighbours_are_left_alone() {
    let place = with_groups();
    place.write("labels.csv", "old");
    place.write("other.csv", "mine");
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "labels.csv",
    ]));
    assert!(place.read("labels.csv").starts_with(b"row,cluster\n"));
    assert_eq!(place.files(), ["labels.csv", "other.csv", "points.csv"]);
}

#[cfg(feature = "embedded-pendigits")]
#[test]
fn a_built_in_set_needs_nothing_but_its_name() {
    let place = Place::new();
    // A file of that name does not stand in for the set.
    place.write("pendigits", "not this");
    let mut args = vec!["fit", "pendigits", "--json", "--manifold", "identity"];
    args.extend(["--set", "dense.hidden=[16]", "--epochs", "1"]);
    let json: Value = serde_json::from_str(&place.ok(&args).stdout).unwrap();
    assert_eq!(json["dataset"], "pendigits");
    assert_eq!(
        (&json["n_samples"], &json["n_clusters"]),
        (&10_992.into(), &10.into())
    );
    assert!(json["acc"].as_f64().unwrap() > 0.1);
}
