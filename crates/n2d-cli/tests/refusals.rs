//! What `n2d` says of bad usage, bad data and outputs that can't be written.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{Place, quick, two_groups};

/// One line that says `expected`, perhaps one with a hint.
fn assert_says(stderr: &str, expected: &str) {
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(
        lines[0].starts_with("error: ") && lines[0].contains(expected),
        "{stderr}"
    );
    let hinted = lines.len() == 2 && lines[1].starts_with("hint: ");
    assert!(lines.len() == 1 || hinted, "{stderr}");
}

#[test]
fn bad_files_are_named_with_the_place_in_them() {
    let place = Place::new();
    let cases = [
        (
            "ragged.csv",
            "1,2\n3,4,5\n",
            "ragged.csv: line 2 has 3 columns, but the first row has 2",
        ),
        (
            "text.csv",
            "a,b\n1,2\n3,four\n",
            "text.csv: line 3, column \"b\": \"four\" is no number",
        ),
        (
            "nan.csv",
            "a,b\n1,2\nNaN,4\n",
            "nan.csv: line 3, column \"a\": a value is missing (\"NaN\")",
        ),
        (
            "infinite.csv",
            "1,2\ninf,4\n",
            "infinite.csv: line 2, column 0 (from 0) is inf",
        ),
        ("empty.csv", "", "empty.csv: there is no data in it"),
        (
            "header.csv",
            "a,b\n",
            "header.csv: there is a header (line 1) but no row of data below it",
        ),
        ("short.npy", "\u{1}NUMPY", "short.npy: "),
        ("table.json", "{}", "table.json: this looks like JSON"),
    ];
    for (name, content, expected) in cases {
        place.write(name, content);
        assert_says(&place.refused(1, &["fit", name, "--clusters", "1"]), expected);
    }
    assert_says(
        &place.refused(1, &["fit", "missing.csv", "-k", "2"]),
        "missing.csv: ",
    );
    std::fs::create_dir(place.path("folder.d")).unwrap();
    assert_says(
        &place.refused(1, &["fit", "folder.d", "-k", "2"]),
        "folder.d: this is a folder",
    );
}

#[test]
fn names_that_are_none_bring_those_that_are() {
    let place = Place::new();
    let stderr = place.refused(2, &["fit", "pendigist"]);
    assert_says(
        &stderr,
        "there is no data set \"pendigist\", nor a file of that name",
    );
    assert!(
        stderr.contains("mnist, mnist-test, fashion, har, pendigits, usps"),
        "{stderr}"
    );
    assert!(stderr.ends_with("hint: did you mean pendigits?\n"), "{stderr}");

    let stderr = place.refused(2, &["fit", "pendigits", "--manifold", "unmap"]);
    assert_says(
        &stderr,
        "there is no manifold called unmap; known are umap, tsne, isomap, lle, spectral_embedding, pca, identity. Did you mean umap?",
    );
    let stderr = place.refused(2, &["parts", "kmean"]);
    assert!(stderr.ends_with("hint: did you mean kmeans?\n"), "{stderr}");
}

#[test]
fn options_are_checked_before_any_data_is_read() {
    let place = Place::new();
    let cases: [(&[&str], &str); 10] = [
        (
            &["--set", "umap.n_neighbours=3"],
            "umap has no option n_neighbours",
        ),
        (
            &["--set", "umpa.n_neighbors=3"],
            "no part of this pipeline is called umpa",
        ),
        (
            &["--set", "umap.n_neighbors"],
            "must have the form part.option=value",
        ),
        (
            &["--set", "umap.n_neighbors=1"],
            "umap.n_neighbors must be at least 2, but is 1",
        ),
        (&["--set", "dense.hidden=wide"], "dense.hidden can't be \"wide\""),
        (
            &["--encoder", "identity", "--epochs", "3"],
            "--epochs: the encoder identity has no option n_epochs",
        ),
        (
            &["--epochs", "3", "--set", "dense.n_epochs=4"],
            "n_epochs is given twice",
        ),
        (
            &["--clusters", "3", "--set", "gmm.n_clusters=4"],
            "n_clusters is given twice",
        ),
        (
            &["--clusters", "3", "--clusterer", "hdbscan"],
            "--clusters: hdbscan finds the number of clusters by itself",
        ),
        (
            &["--clusters", "300"],
            "umap.n_components must be between 1 and 256",
        ),
    ];
    for (args, expected) in cases {
        let args = [&["fit", "missing.csv"], args].concat();
        assert_says(&place.refused(2, &args), expected);
    }
}

#[test]
fn numbers_out_of_range_are_bad_usage() {
    let place = Place::new();
    for args in [
        ["--clusters", "0"],
        ["--epochs", "0"],
        ["--threads", "0"],
        ["--threads", "1000000"],
        ["--seed", "-1"],
        ["--latent-dim", "x"],
        ["--scale", "log"],
        ["--no-such", "option"],
    ] {
        let ran = place.run(&[&["fit", "points.csv"], &args[..]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
}

#[test]
fn the_number_of_clusters_must_be_known_and_found_in_the_rows() {
    let place = Place::new();
    place.write("points.csv", "1,2\n3,4\n");
    assert_says(&place.refused(2, &["fit", "points.csv"]), "give --clusters K");
    assert_says(
        &place.refused(2, &["fit", "points.csv", "--clusters", "3"]),
        "3 clusters can't be found in 2 rows",
    );
    place.write("one.csv", "1,2\n");
    assert_says(
        &place.refused(2, &["fit", "one.csv", "--clusters", "2"]),
        "2 clusters can't be found in 1 row",
    );
}

#[test]
fn a_clusterer_that_finds_their_number_needs_none() {
    let place = Place::new();
    place.write("points.csv", &two_groups(80));
    let args = [
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--clusterer",
        "hdbscan",
        "--encoder",
        "identity",
    ];
    let ran = place.ok(&[&args[..], &["--manifold", "identity", "--json"]].concat());
    assert!(ran.stdout.contains("\"n_clusters\":2"), "{}", ran.stdout);
}

#[test]
fn labels_that_do_not_fit_are_refused() {
    let place = Place::new();
    place.write("points.csv", &two_groups(6));
    place.write("few.txt", "a\nb\n");
    let labels = |labels: &str| place.refused(1, &["fit", "points.csv", "--labels", labels]);
    let stderr = labels("grup");
    assert_says(&stderr, "there is no column \"grup\"; there are a, b, c, group");
    assert!(stderr.contains("there is no file grup either"), "{stderr}");
    // Text is left in the data where the labels come from elsewhere.
    assert_says(&labels("few.txt"), "column \"group\": \"left\" is no number");
    place.write("values.csv", "1,2\n3,4\n5,6\n");
    let stderr = place.refused(1, &["fit", "values.csv", "--labels", "few.txt"]);
    assert_says(&stderr, "few.txt: 2 labels for 3 rows");
}

#[cfg(feature = "embedded-pendigits")]
#[test]
fn options_of_files_are_not_for_built_in_sets_nor_the_other_way_round() {
    let place = Place::new();
    place.write("points.csv", "1,2\n3,4\n");
    let stderr = place.refused(2, &["fit", "pendigits", "--labels", "class"]);
    assert_says(&stderr, "--labels is for files");
    let stderr = place.refused(2, &["fit", "points.csv", "-k", "2", "--data-dir", "."]);
    assert_says(&stderr, "--data-dir is for built-in data sets");
}

#[test]
fn outputs_are_checked_before_the_work() {
    let place = Place::new();
    place.write("points.csv", &two_groups(20));
    std::fs::create_dir(place.path("folder")).unwrap();
    // Were the data read first, its text would be what is refused.
    let fit = ["fit", "points.csv", "-k", "2"];
    for (args, code, expected) in [
        (
            ["--out", "no/such/labels.csv"],
            1,
            "no/such/labels.csv can't be written: there is no folder no/such",
        ),
        (
            ["--latent", "folder"],
            1,
            "folder can't be written: it is a folder",
        ),
        (
            ["--embedding", "points.csv"],
            2,
            "points.csv is an input: it would be overwritten",
        ),
        (
            ["--out", "./folder/../points.csv"],
            2,
            "is an input: it would be overwritten",
        ),
    ] {
        assert_says(&place.refused(code, &[&fit[..], &args].concat()), expected);
    }
    let twice = [&fit[..], &["--out", "a.csv", "--latent", "./a.csv"]].concat();
    assert_says(&place.refused(2, &twice), "./a.csv is given for two outputs");
    assert_eq!(place.files(), ["folder", "points.csv"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_found_out_before_the_work() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("points.csv", &two_groups(20));
    let folder = place.path("closed");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    if std::fs::write(folder.join("probe"), "").is_ok() {
        return; // Root may write anywhere.
    }
    let stderr = place.refused(1, &["fit", "points.csv", "-k", "2", "--out", "closed/labels.csv"]);
    assert_says(&stderr, "closed/labels.csv can't be written: permission denied");
}

#[test]
fn a_failure_after_a_stage_says_what_is_kept() {
    let place = Place::new();
    place.write("points.csv", &two_groups(20));
    let args = quick(&["fit", "points.csv", "--labels", "group", "--latent", "z.npy"]);
    let stderr = place.run(&[&args[..], &["--set", "gmm.n_clusters=21"]].concat());
    assert_eq!(stderr.code, Some(1));
    let last: Vec<&str> = stderr.stderr.lines().rev().take(2).collect();
    assert_eq!(last[0], "hint: kept: z.npy (latents, 20 x 2)");
    assert_eq!(
        last[1],
        "error: gmm: 21 rows are needed for n_clusters = 21, but there are only 20"
    );
    assert_eq!(place.files(), ["points.csv", "z.npy"]);
}
