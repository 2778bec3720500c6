//! What a saved model is good for: `fit --out-model`, `predict`, `assess`, `info`, `config`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Place, quick, two_groups};
use serde_json::Value;

const FIT: [&str; 6] = [
    "fit",
    "points.csv",
    "--labels",
    "group",
    "--out-model",
    "model.n2d",
];

/// Two groups, and a model of them.
fn with_model() -> Place {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place.ok(&quick(&FIT));
    place
}

#[test]
fn new_rows_get_the_labels_of_their_group_in_any_batch() {
    let place = with_model();
    let ran = place.ok(&["predict", "model.n2d", "points.csv", "--drop", "group", "-q"]);
    let labels: Vec<&str> = ran
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap())
        .collect();
    assert_eq!(ran.stdout.lines().next(), Some("row,cluster"));
    assert_eq!(labels.len(), 120);
    assert!(labels.chunks(2).all(|pair| pair == &labels[..2]), "{labels:?}");
    assert_ne!(labels[0], labels[1]);

    // More rows than go through at once, and one alone.
    let many = two_groups(120).lines().skip(1).collect::<Vec<_>>().join("\n") + "\n";
    let header = "a,b,c,group\n";
    place.write("many.csv", &format!("{header}{}", many.repeat(70)));
    place.ok(&[
        "predict",
        "model.n2d",
        "many.csv",
        "--drop",
        "group",
        "--proba",
        "--out",
        "many-labels.csv",
    ]);
    place.write("one.csv", &format!("{header}{}\n", many.lines().next().unwrap()));
    let one = place
        .ok(&[
            "predict",
            "model.n2d",
            "one.csv",
            "--drop",
            "group",
            "--proba",
            "-q",
        ])
        .stdout;
    let all = String::from_utf8(place.read("many-labels.csv")).unwrap();
    assert_eq!(all.lines().count(), 1 + 120 * 70);
    let tail = |line: &str| line.split_once(',').unwrap().1.to_owned();
    let alone = tail(one.lines().nth(1).unwrap());
    for copy in [0, 33, 69] {
        assert_eq!(
            tail(all.lines().nth(1 + copy * 120).unwrap()),
            alone,
            "copy {copy}"
        );
    }
    let shares: Vec<f64> = alone
        .split(',')
        .skip(1)
        .map(|share| share.parse().unwrap())
        .collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{shares:?}");
}

#[test]
fn columns_that_the_fit_left_out_are_left_out_of_new_rows() {
    let place = Place::new();
    let numbered = |from: usize| -> String {
        let rows = two_groups(120);
        let lines = rows.lines().enumerate();
        lines
            .map(|(at, line)| match at {
                0 => format!("id,{line}\n"),
                _ => format!("row-{},{line}\n", from + at),
            })
            .collect()
    };
    place.write("points.csv", &numbered(0));
    place.write("new.csv", &numbered(120));
    place.ok(&quick(
        &[&FIT[..], &["--drop", "id", "--out", "fitted.csv"]].concat(),
    ));
    let as_they_are = place.ok(&["predict", "model.n2d", "new.csv", "-q"]).stdout;
    let told = [
        "predict",
        "model.n2d",
        "new.csv",
        "-q",
        "--drop",
        "id",
        "--drop",
        "group",
    ];
    assert_eq!(as_they_are, place.ok(&told).stdout);
    assert_eq!(as_they_are.lines().count(), 121);
    // Classes that are not known yet are not asked for.
    let rows = String::from_utf8(place.read("new.csv")).unwrap();
    place.write("unknown.csv", &rows.replace("left", "").replace("right", ""));
    assert_eq!(
        place.ok(&["predict", "model.n2d", "unknown.csv", "-q"]).stdout,
        as_they_are
    );
    let told = place.refused(1, &["assess", "model.n2d", "unknown.csv"]);
    assert!(
        told.contains("--drop COLUMN leaves the column of classes out"),
        "{told}"
    );
    // What can be read but once is not looked at beforehand.
    #[cfg(unix)]
    {
        place.write("features.csv", "a,b,c\n1,2,-1\n9,18,-9\n");
        let piped = Command::new("sh")
            .current_dir(place.root())
            .args([
                "-c",
                "cat features.csv | \"$0\" predict model.n2d /dev/stdin -q",
                env!("CARGO_BIN_EXE_n2d"),
            ])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(piped.stdout).unwrap().lines().count(), 3);
    }
    // Where they are, they are scored.
    let scored = place.ok(&["assess", "model.n2d", "new.csv", "--json"]);
    assert!(scored.stdout.contains("\"acc\":1"), "{}", scored.stdout);
}

/// A number is no name: what it stood for in one file it need not stand for in the next.
#[test]
fn columns_without_names_are_left_out_only_where_asked() {
    let place = Place::new();
    let headless = |columns: std::ops::Range<usize>| -> String {
        let rows = two_groups(120);
        let row = |line: &str| line.split(',').collect::<Vec<_>>()[columns.clone()].join(",") + "\n";
        rows.lines().skip(1).map(row).collect()
    };
    place.write("points.csv", &headless(0..4));
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "3",
        "--out-model",
        "model.n2d",
    ]));
    place.write("features.csv", &headless(0..3));
    place.write("narrow.csv", &headless(1..4));
    let told = place.ok(&["predict", "model.n2d", "points.csv", "--drop", "3", "-q"]);
    assert_eq!(
        place.ok(&["predict", "model.n2d", "features.csv", "-q"]).stdout,
        told.stdout
    );
    place.refused(1, &["predict", "model.n2d", "points.csv"]);
    place.refused(1, &["predict", "model.n2d", "narrow.csv"]);
}

#[test]
fn hdbscan_says_how_strongly_rows_belong_to_their_clusters() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place.ok(&quick(
        &[&FIT[..], &["--clusterer", "hdbscan", "--out", "fitted.csv"]].concat(),
    ));
    let fitted = String::from_utf8(place.read("fitted.csv")).unwrap();
    let mut lines = fitted.lines();
    assert_eq!(lines.next(), Some("row,cluster,strength"));
    for line in lines {
        let (cluster, strength) = line.split_once(',').unwrap().1.split_once(',').unwrap();
        let strength: f32 = strength.parse().unwrap();
        assert!((0.0..=1.0).contains(&strength), "{line}");
        assert_eq!(strength == 0.0, cluster == "-1", "{line}");
    }
}

#[test]
fn arrays_go_along_and_nothing_is_left_of_what_fails() {
    let place = with_model();
    place.ok(&[
        "predict",
        "model.n2d",
        "points.csv",
        "--drop",
        "group",
        "--out",
        "l.csv",
        "--latent",
        "z.npy",
        "--embedding",
        "y.npy",
        "--reconstruction",
        "x.npy",
    ]);
    let read = |name: &str| {
        n2d::datasets::read_path(place.path(name), &n2d::datasets::ReadOptions::default())
            .unwrap()
            .x
    };
    assert_eq!(
        (read("z.npy").dim(), read("y.npy").dim(), read("x.npy").dim()),
        ((120, 2), (120, 2), (120, 3))
    );
    // In the units of the data, where the least of b is 2.
    assert!(read("x.npy").column(1).mean().unwrap() > 1.0);

    let before = place.files();
    place.write("bad.csv", "a,b,c\n1,2,3\n4,five,6\n");
    let stderr = place.refused(
        1,
        &[
            "predict",
            "model.n2d",
            "bad.csv",
            "--out",
            "none.csv",
            "--latent",
            "none.npy",
        ],
    );
    assert!(stderr.contains("line 3, column \"b\""), "{stderr}");
    let mut after = place.files();
    after.retain(|name| name != "bad.csv");
    assert_eq!(after, before);
}

#[test]
fn what_does_not_fit_is_refused_with_advice() {
    let place = with_model();
    let says = |code: i32, args: &[&str], expected: &str| {
        let stderr = place.refused(code, args);
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    };
    place.write("remarks.csv", "a,b,c,remark\n1,2,3,odd\n");
    says(
        1,
        &["predict", "model.n2d", "remarks.csv"],
        "--drop COLUMN leaves a column out",
    );
    place.write("swapped.csv", "b,a,c\n1,2,3\n");
    says(
        1,
        &["predict", "model.n2d", "swapped.csv"],
        "column 0 is \"b\", but the model was fitted with \"a\" there",
    );
    says(1, &["assess", "model.n2d", "swapped.csv"], "column 0 is \"b\"");
    says(
        2,
        &["predict", "model.n2d", "pendigits", "--drop", "a"],
        "--drop is for text files",
    );
    place.write("narrow.csv", "a,b\n1,2\n");
    says(
        1,
        &["predict", "model.n2d", "narrow.csv"],
        "2 columns, but the model was fitted on rows of 3",
    );
    says(1, &["info", "points.csv"], "this is no file of n2d");
    says(1, &["info", "none.n2d"], "none.n2d can't be read");
    let mut bytes = place.read("model.n2d");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(place.path("damaged.n2d"), bytes).unwrap();
    says(
        1,
        &["predict", "damaged.n2d", "swapped.csv"],
        "damaged: its content does not match its checksum",
    );
    says(
        2,
        &["fit", "points.csv", "--out-model", "points.csv"],
        "would be overwritten",
    );
}

/// What a model says of its fit is a configuration that gives the same model, column for column.
#[test]
fn a_model_gives_the_configuration_of_its_fit() {
    let place = with_model();
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--drop",
        "c",
        "--seed",
        "3",
        "--scale",
        "standard",
        "--set",
        "umap.n_neighbors=9",
        "--out-model",
        "one.n2d",
    ]));
    let text = place.ok(&["info", "one.n2d"]).stdout;
    assert!(
        text.contains("left out") && text.contains("umap.n_neighbors"),
        "{text}"
    );
    place.write("n2d.toml", &place.ok(&["info", "one.n2d", "--config"]).stdout);
    place.ok(&["fit", "--config", "n2d.toml", "--out-model", "two.n2d"]);
    let labels = |model: &str| {
        let rows = ["predict", model, "points.csv", "--drop", "c", "--drop", "group"];
        place.ok(&rows).stdout
    };
    assert_eq!(labels("one.n2d"), labels("two.n2d"));
    let info = |model: &str| -> Value {
        serde_json::from_str(&place.ok(&["info", model, "--json"]).stdout).unwrap()
    };
    for key in ["config", "data", "seed", "scaling"] {
        assert_eq!(info("one.n2d")[key], info("two.n2d")[key], "{key}");
    }
}

#[test]
fn a_model_tells_where_it_came_from_and_how_good_it_is() {
    let place = with_model();
    let text = place.ok(&["info", "model.n2d"]).stdout;
    for expected in [
        "points",
        "each column scaled to 0..1",
        "a, b, c",
        "dense.hidden",
        "predict_proba",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let info: Value = serde_json::from_str(&place.ok(&["info", "model.n2d", "--json"]).stdout).unwrap();
    assert_eq!((&info["n_samples"], &info["seed"]), (&120.into(), &0.into()));
    assert_eq!(info["config"]["encoder"]["options"]["n_epochs"], 3);
    assert_eq!(
        info["config"]["encoder"]["options"]["batch_size"], 256,
        "defaults too"
    );

    let scores: Value = serde_json::from_str(
        &place
            .ok(&[
                "assess",
                "model.n2d",
                "points.csv",
                "--labels",
                "group",
                "--training",
                "--json",
            ])
            .stdout,
    )
    .unwrap();
    assert_eq!(
        (&scores["acc"], &scores["same_as_fitted"]),
        (&1.0.into(), &1.0.into())
    );
    assert!(place.ok(&["assess", "model.n2d"]).stdout.contains("silhouette"));
    place.write("far.csv", "a,b,c\n1000,2000,3000\n");
    let stderr = place.ok(&["predict", "model.n2d", "far.csv"]).stderr;
    assert!(stderr.contains("are they in the same units?"), "{stderr}");
}

#[test]
fn pictures_are_drawn_of_models_and_of_rows() {
    let place = with_model();
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--plot",
        "fit.png",
        "-q",
    ]));
    assert!(place.read("fit.png").starts_with(b"\x89PNG"));
    let labelled = ["points.csv", "--labels", "group"];
    for (kind, rows) in [
        ("clusters", &[][..]),
        ("clusters", &labelled),
        ("curve", &[]),
        ("sizes", &[]),
        ("confusion", &labelled),
        ("silhouettes", &[]),
    ] {
        let args = [&["plot", "model.n2d", "--out", "p.svg", "--kind", kind], rows].concat();
        place.ok(&args);
        let text = String::from_utf8(place.read("p.svg")).unwrap();
        assert!(text.starts_with("<svg") || text.starts_with("<?xml"), "{kind}");
    }
    let stderr = place.refused(2, &["plot", "model.n2d", "--out", "p.jpg"]);
    assert!(stderr.contains("ends in .png or .svg"), "{stderr}");
    let stderr = place.refused(2, &["plot", "model.n2d", "--kind", "tree", "--out", "tree.png"]);
    assert!(stderr.contains("gmm has no condensed tree"), "{stderr}");
    let stderr = place.refused(2, &["plot", "model.n2d", "--kind", "confusion", "--out", "c.png"]);
    assert!(stderr.contains("--labels COLUMN|FILE"), "{stderr}");
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--clusterer",
        "hdbscan",
        "--out-model",
        "h.n2d",
        "-q",
    ]));
    place.ok(&["plot", "h.n2d", "--kind", "tree", "--out", "tree.png"]);
}

#[test]
fn a_file_says_the_same_as_arguments() {
    let place = with_model();
    let config = place
        .ok(&[
            "config",
            "--set",
            "dense.hidden=[16]",
            "--set",
            "dense.n_epochs=3",
        ])
        .stdout;
    let config = config
        .replace("# input = \"measurements.csv\"", "input = \"points.csv\"")
        .replace("# labels = \"species\"", "labels = \"group\"")
        .replace("# labels = \"labels.csv\"", "labels = \"by-file.csv\"");
    place.write("n2d.toml", &config);
    place.ok(&["fit", "--config", "n2d.toml", "-q"]);
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "by-arguments.csv",
        "-q",
    ]));
    assert_eq!(place.read("by-file.csv"), place.read("by-arguments.csv"));
    // An argument has the last word.
    let ran = place.ok(&["fit", "--config", "n2d.toml", "--seed", "7", "--json"]);
    assert!(ran.stdout.contains("\"seed\":7"), "{}", ran.stdout);

    place.write("wrong.toml", "[encoder]\nn_epoch = 3\n");
    let stderr = place.refused(2, &["fit", "points.csv", "--config", "wrong.toml"]);
    assert!(stderr.contains("Did you mean n_epochs?"), "{stderr}");
    place.write("wrong.toml", "[outptu]\n");
    let stderr = place.refused(2, &["fit", "points.csv", "--config", "wrong.toml"]);
    assert!(stderr.contains("Did you mean output?"), "{stderr}");
}

#[test]
fn clusters_auto_finds_their_number() {
    let place = with_model();
    let found = |args: &[&str]| {
        let mut all = quick(&[
            "fit",
            "points.csv",
            "--labels",
            "group",
            "--json",
            "--clusters",
            "auto",
        ]);
        all.extend(args);
        let json: Value = serde_json::from_str(&place.ok(&all).stdout).unwrap();
        json["n_clusters"].as_u64().unwrap()
    };
    assert!(found(&["--set", "hdbscan.min_cluster_size=20"]) >= 2);
    assert!(found(&["--clusterer", "gmm"]) >= 1);
    let stderr = place.refused(
        2,
        &["fit", "points.csv", "--clusters", "auto", "--clusterer", "kmeans"],
    );
    assert!(
        stderr.contains("kmeans must be told the number of clusters"),
        "{stderr}"
    );
}

/// Killed at any moment, a prediction leaves its file as it was: not there, or the old content.
#[cfg(unix)]
#[test]
fn a_killed_prediction_leaves_the_old_file() {
    let place = with_model();
    let rows = two_groups(120);
    let body: String = rows.lines().skip(1).flat_map(|line| [line, "\n"]).collect();
    place.write("many.csv", &format!("a,b,c,group\n{}", body.repeat(200)));
    place.write("labels.csv", "old\n");
    for milliseconds in [5, 40, 120] {
        let mut child: std::process::Child = place
            .command(&[
                "predict",
                "model.n2d",
                "many.csv",
                "--drop",
                "group",
                "--out",
                "labels.csv",
            ])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        // May have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
        let content = String::from_utf8(place.read("labels.csv")).unwrap();
        let whole = content.lines().count() == 1 + 120 * 200 && content.ends_with('\n');
        assert!(content == "old\n" || whole, "{} lines", content.lines().count());
    }
}

/// Killed at any moment, a fit leaves its model as it was: the old file, or the whole new one.
#[cfg(unix)]
#[test]
fn a_killed_fit_leaves_a_whole_model() {
    let place = with_model();
    let old = place.read("model.n2d");
    for milliseconds in [50, 150, 250, 350] {
        let mut child: std::process::Child = place
            .command(&quick(&[&FIT[..], &["--seed", "9"]].concat()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        // May have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
        let is_new = || {
            place
                .ok(&["info", "model.n2d", "--json"])
                .stdout
                .contains("\"seed\":9")
        };
        assert!(place.read("model.n2d") == old || is_new());
    }
}

/// The Python in the README reads a model, where Python with numpy is.
#[test]
fn python_reads_a_model() {
    let python = |args: &[&str], place: &Place| {
        Command::new("python3")
            .args(args)
            .current_dir(place.root())
            .output()
    };
    let place = with_model();
    if !python(&["-c", "import numpy"], &place).is_ok_and(|ran| ran.status.success()) {
        assert!(
            std::env::var_os("N2D_NEED_PYTHON").is_none(),
            "there is no Python with numpy"
        );
        return;
    }
    let readme = include_str!("../../../README.md");
    let (_, code) = readme.split_once("```python\n").unwrap();
    let (code, _) = code.split_once("```").unwrap();
    place.write("read.py", code);
    let ran = python(&["read.py", "model.n2d"], &place).unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{stderr}");
    assert!(
        stdout.contains("'encoder': 'dense'") && stdout.contains("'encoder/encoder.0.weight': (3, 16)"),
        "{stdout}"
    );
}
