//! `n2d report` and `n2d fit --report`: what is in the page, and what is refused. A browser looks at pages in `tests/report_page.rs`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{Place, quick, two_groups};

const FIT: [&str; 6] = [
    "fit",
    "points.csv",
    "--labels",
    "group",
    "--out-model",
    "model.n2d",
];

fn with_model() -> Place {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place.ok(&quick(&FIT));
    place
}

fn page(place: &Place, name: &str) -> String {
    String::from_utf8(place.read(name)).unwrap()
}

#[test]
fn a_page_tells_of_data_fit_clusters_and_options() {
    let place = with_model();
    let args = [
        "report",
        "model.n2d",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "page.html",
    ];
    place.ok(&args);
    let html = page(&place, "page.html");
    for part in [
        "points",
        "ACC",
        "silhouette",
        "dense.hidden",
        "umap.n_neighbors",
        "seed",
        "left",
        "mean strength",
    ] {
        assert!(html.contains(part), "{part}");
    }
    // The same again by an option, by any number of threads, and made by the fit itself, but for the seconds.
    let again = [
        "report",
        "model.n2d",
        "--data",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "again.html",
        "--threads",
        "1",
    ];
    assert_eq!(place.ok(&again).stdout, "");
    assert_eq!(page(&place, "again.html"), html);
    let fit = [
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--report",
        "fit.html",
        "-q",
    ];
    place.ok(&quick(&fit));
    assert!(page(&place, "fit.html").contains("mean strength"));

    // Of the model alone; of new rows.
    place.ok(&["report", "model.n2d", "--out", "alone.html"]);
    assert!(page(&place, "alone.html").contains("silhouette"));
    place.write("new.csv", &two_groups(30));
    let new = [
        "report",
        "model.n2d",
        "new.csv",
        "--labels",
        "group",
        "--new",
        "--out",
        "new.html",
    ];
    place.ok(&new);
    assert!(page(&place, "new.html").contains("30 rows"));
}

#[test]
fn other_rows_than_those_of_the_fit_are_refused() {
    let place = with_model();
    let report = |data: &str| {
        place.refused(
            1,
            &[
                "report",
                "model.n2d",
                data,
                "--labels",
                "group",
                "--out",
                "page.html",
            ],
        )
    };
    place.write("fewer.csv", &two_groups(60));
    let refusal = report("fewer.csv");
    assert!(
        refusal.contains("60 rows, but the model was fitted to 120 rows"),
        "{refusal}"
    );
    assert!(refusal.contains("--new"), "{refusal}");

    // As many, but each group where the other was.
    let text = two_groups(120);
    let (header, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.rotate_left(1);
    place.write("moved.csv", &format!("{header}\n{}\n", rows.join("\n")));
    let refusal = report("moved.csv");
    assert!(
        refusal.contains("not the rows the model was fitted to, or not in their order"),
        "{refusal}"
    );

    let shaped = [
        "report",
        "model.n2d",
        "points.csv",
        "--labels",
        "group",
        "--out",
        "page.html",
        "--shape",
    ];
    let with = |shape| place.refused(2, &[&shaped[..], &[shape]].concat());
    assert!(with("2x2").contains("3 columns"));
    assert!(with("2y").contains("such as 28x28"));
    assert!(!place.files().contains(&"page.html".to_owned()));
}

#[test]
fn what_users_name_is_never_markup() {
    let place = Place::new();
    let evil = "</script><script>alert(1)</script>";
    place.write(
        "points.csv",
        &two_groups(120)
            .replace("a,b", &format!("a{evil},b"))
            .replace("left", evil),
    );
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--report",
        "page.html",
        "-q",
    ]));
    let html = page(&place, "page.html");
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(html.matches("</script>").count(), 2);
}
