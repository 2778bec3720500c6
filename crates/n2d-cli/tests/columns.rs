//! Which columns are data, which are classes, which are left out; and where labels go.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{Place, quick, two_groups};
use serde_json::Value;

/// The two groups with a number for each row, which says nothing of its group.
fn with_ids(n_rows: usize) -> String {
    let mut lines = two_groups(n_rows).lines().map(str::to_owned).collect::<Vec<_>>();
    lines[0] = format!("id,{}", lines[0]);
    for (row, line) in lines[1..].iter_mut().enumerate() {
        *line = format!("{},{line}", row * 100);
    }
    lines.join("\n") + "\n"
}

#[test]
fn columns_are_dropped_by_every_command() {
    let place = Place::new();
    place.write("points.csv", &with_ids(120));
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--drop",
        "id",
        "--out-model",
        "model.n2d",
        "-q",
    ]));
    let of_rows = ["model.n2d", "points.csv", "--drop", "id"];
    let assessed = |more: &[&str]| {
        let args = [&["assess"], &of_rows[..], more, &["--json", "-q"]].concat();
        serde_json::from_str::<Value>(&place.ok(&args).stdout).unwrap()
    };
    let scores = assessed(&["--labels", "group", "--training", "--threads", "1"]);
    assert_eq!(scores["acc"], 1.0, "{scores}");
    assert_eq!(scores["same_as_fitted"], 1.0, "{scores}");
    assert!(scores["reconstruction_mse"].as_f64().unwrap() > 0.0, "{scores}");
    assert_eq!(assessed(&["--drop", "group"])["acc"], Value::Null);
    let drawn = [&["plot"], &of_rows[..], &["--labels", "group", "--out", "p.svg"]].concat();
    place.ok(&drawn);
    place.write("weighed.csv", "a,b,c,weight\n1,2,3,4\n");
    let told = place.refused(1, &["assess", "model.n2d", "weighed.csv"]);
    assert!(told.contains("--drop COLUMN leaves others out"), "{told}");
    let told = place.refused(2, &["fit", "pendigits", "--drop", "id"]);
    assert!(told.contains("--drop is for text files"), "{told}");
    let told = place.refused(1, &["fit", "points.csv", "--drop", "no", "--clusters", "2"]);
    assert!(
        told.contains("no column \"no\"") && told.contains("id, a, b, c, group"),
        "{told}"
    );
}

#[test]
fn a_configuration_file_says_so_too() {
    let place = Place::new();
    place.write("points.csv", &with_ids(60));
    place.write(
        "n2d.toml",
        "[data]\ninput = 'points.csv'\nlabels = 'group'\ndrop = ['id']\n[encoder]\nhidden = [16]\nn_epochs = 3\n\
         [output]\nplot = 'clusters.svg'\nlabels = '-'\n",
    );
    let ran = place.ok(&["fit", "--config", "n2d.toml"]);
    let mut lines = ran.stdout.lines();
    assert_eq!(lines.next(), Some("row,cluster"), "{}", ran.stdout);
    assert_eq!(lines.count(), 60, "nothing but labels goes to stdout");
    assert!(place.read("clusters.svg").starts_with(b"<svg"));

    let told = |text: &str| {
        place.write("n2d.toml", text);
        place.refused(2, &["fit", "--config", "n2d.toml"])
    };
    for (text, what) in [
        (
            "n_clusters = 0",
            "n2d.toml: n_clusters: can't be 0: it must be a whole number of at least 1",
        ),
        (
            "[encoder]\nn_epochs = 'many'",
            "n2d.toml: dense.n_epochs can't be \"many\": it must be a whole number of at least 0",
        ),
        (
            "[data]\nscale = 'minmx'",
            "n2d.toml: data.scale: can't be \"minmx\"",
        ),
        ("[output]\nplott = 'a.png'", "Did you mean plot?"),
    ] {
        let told = told(text);
        assert!(told.contains(what), "{told}");
    }
    assert!(
        place
            .refused(1, &["fit", "--config", "no.toml"])
            .contains("no.toml can't be read")
    );
}

#[test]
fn a_file_of_labels_may_have_a_header() {
    let place = Place::new();
    let text = two_groups(60);
    let (mut points, mut groups) = (String::new(), "side\n".to_owned());
    for line in text.lines() {
        let (values, group) = line.rsplit_once(',').unwrap();
        points.push_str(&format!("{values}\n"));
        if group != "group" {
            groups.push_str(&format!("{group}\n"));
        }
    }
    place.write("points.csv", &points);
    place.write("groups.txt", &groups);
    let args = [
        "fit",
        "points.csv",
        "--labels",
        "groups.txt",
        "--json",
        "-q",
        "--out-model",
        "m.n2d",
    ];
    let record: Value = serde_json::from_str(&place.ok(&quick(&args)).stdout).unwrap();
    assert_eq!(
        (&record["n_clusters"], &record["acc"]),
        (&2.into(), &1.0.into()),
        "{record}"
    );
    let args = [
        "assess",
        "m.n2d",
        "points.csv",
        "--labels",
        "groups.txt",
        "--json",
    ];
    let scores: Value = serde_json::from_str(&place.ok(&args).stdout).unwrap();
    assert_eq!(scores["acc"], 1.0, "{scores}");

    place.write("groups.txt", "left\nright\n");
    let told = place.refused(1, &args);
    assert!(told.contains("groups.txt: 2 labels for 60 rows"), "{told}");
}

#[test]
fn labels_go_to_stdout_by_a_dash_and_nothing_else_does() {
    let place = Place::new();
    place.write("points.csv", &two_groups(60));
    let fit = quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "-",
        "--out-model",
        "m.n2d",
    ]);
    assert!(place.ok(&fit).stdout.starts_with("row,cluster\n0,"));
    let predict = ["predict", "m.n2d", "points.csv", "--drop", "group", "--out", "-"];
    assert!(place.ok(&predict).stdout.starts_with("row,cluster\n0,"));
    let told = place.refused(
        2,
        &[
            "predict",
            "m.n2d",
            "points.csv",
            "--drop",
            "group",
            "--latent",
            "-",
        ],
    );
    assert!(
        told.contains("only labels go to stdout") && told.contains("./-"),
        "{told}"
    );
    let told = place.refused(2, &[&fit[..], &["--json"]].concat());
    assert!(told.contains("both for stdout"), "{told}");
    assert_eq!(place.files(), ["m.n2d", "points.csv"]);
}

#[test]
fn values_in_other_units_are_noticed_by_column() {
    let place = Place::new();
    place.write("points.csv", &two_groups(60));
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--out-model",
        "m.n2d",
        "-q",
    ]));
    // c reaches from -9 to -0.8, well within the values of all columns and far from its own.
    place.write("new.csv", "a,b,c\n1.1,2.1,17\n9.0,18.1,-9\n");
    let told = place.ok(&["predict", "m.n2d", "new.csv"]).stderr;
    assert!(told.contains("\"c\" -9.000 to 17.00 (fitted on"), "{told}");
    assert!(!told.contains("\"a\""), "{told}");
    place.write("alike.csv", "a,b,c\n1.1,2.1,-1\n9.0,18.1,-9\n");
    let told = place.ok(&["predict", "m.n2d", "alike.csv"]).stderr;
    assert!(!told.contains("note"), "{told}");
}

/// UMAP makes clusters of anything.
#[test]
fn rows_that_are_all_the_same_are_noted() {
    let place = Place::new();
    let noted = |scale: &str| {
        let args = ["fit", "points.csv", "--clusters", "2", "--scale", scale];
        let ran = place.ok(&quick(&args));
        ran.stdout.contains("every row is the same")
    };
    place.write("points.csv", &("a,b\n".to_owned() + &"1,2\n".repeat(40)));
    assert!(noted("minmax") && noted("none"));
    place.write("points.csv", &("a,b\n".to_owned() + &"1,2\n1,3\n".repeat(20)));
    assert!(!noted("minmax"));
}
