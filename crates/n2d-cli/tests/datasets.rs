//! `n2d datasets`, `n2d parts`, and where data is looked for.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use common::{Place, ran};
use serde_json::Value;

/// A folder with the right names: enough to be listed.
fn usps_in(place: &Place, dir: &str) {
    let folder = place.path(dir).join("usps");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["usps_train.jf", "usps_test.jf"] {
        std::fs::write(folder.join(name), "10 256\n-1\n").unwrap();
    }
}

fn listed(json: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(json).unwrap();
    json["datasets"].as_array().unwrap().clone()
}

#[test]
fn all_sets_are_listed_with_their_sizes() {
    let place = Place::new();
    let text = place.ok(&["datasets"]).stdout;
    for line in [
        "mnist       70,000      784       10",
        "har         10,299      561        6  missing",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    let sets = listed(&place.ok(&["datasets", "--json"]).stdout);
    let names: Vec<&str> = sets.iter().map(|set| set["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["mnist", "mnist-test", "fashion", "har", "pendigits", "usps"]
    );
    assert_eq!(sets[5]["location"], "missing");
    assert_eq!(sets[5]["can_be_fetched"], false);
    assert_eq!(
        sets[4]["location"] == "compiled in",
        cfg!(feature = "embedded-pendigits")
    );
}

#[test]
fn data_directories_are_looked_at_in_their_order() {
    let place = Place::new();
    let found = |args: &[&str]| {
        let mut command = place.command(&[&["datasets", "--json"], args].concat());
        let output = command
            .env("N2D_DATA_DIR", place.path("variable"))
            .output()
            .unwrap();
        let sets = listed(&ran(&output).stdout);
        sets[5]["folder"].as_str().map(str::to_owned)
    };
    let folder = |dir: &str| Some(place.path(dir).join("usps").display().to_string());
    std::fs::create_dir(place.path("given")).unwrap();
    assert_eq!(found(&[]), None);
    if cfg!(target_os = "linux") {
        usps_in(&place, "cache/n2d");
        assert_eq!(found(&[]), folder("cache/n2d"));
    }
    usps_in(&place, "variable");
    assert_eq!(found(&["--data-dir", "given"]), folder("variable"));
    usps_in(&place, "given");
    assert_eq!(
        found(&["--data-dir", "given"]),
        Some("given/usps".replace('/', std::path::MAIN_SEPARATOR_STR))
    );
}

#[test]
fn the_environment_names_a_data_directory_for_fits() {
    let place = Place::new();
    usps_in(&place, "variable");
    let missing = place.refused(1, &["fit", "usps"]);
    assert!(
        missing.starts_with("error: the data set usps is not there: looked in "),
        "{missing}"
    );
    let mut command = place.command(&["fit", "usps"]);
    let output = command
        .env("N2D_DATA_DIR", place.path("variable"))
        .output()
        .unwrap();
    let refused = ran(&output);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("0 rows, but usps has 9298"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_data_directory_that_is_none_is_refused() {
    let place = Place::new();
    let stderr = place.refused(1, &["datasets", "--data-dir", "nowhere"]);
    assert_eq!(stderr, "error: --data-dir nowhere: does not exist\n");
}

#[test]
fn parts_are_listed_with_their_options() {
    let place = Place::new();
    let all = place.ok(&["parts"]).stdout;
    for said in [
        "dense  (encoder, the default)",
        "kmeans  (clusterer)",
        "n_neighbors",
        "no options",
    ] {
        assert!(all.contains(said), "{said} is missing in\n{all}");
    }
    let one = place.ok(&["parts", "umap"]).stdout;
    assert!(one.starts_with("umap  (manifold, the default)\n"), "{one}");
    assert!(!one.contains("reg_covar"));
}

#[test]
fn help_has_examples_and_the_version_is_told() {
    let place = Place::new();
    for command in [&["--help"][..], &["fit", "--help"], &["datasets", "--help"]] {
        assert!(place.ok(command).stdout.contains("Examples:\n"));
    }
    let version = place.ok(&["--version"]).stdout;
    assert_eq!(version, format!("n2d {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(place.run(&[]).code, Some(2));
}

#[cfg(not(feature = "download"))]
#[test]
fn without_the_feature_nothing_is_fetched() {
    let stderr = Place::new().refused(1, &["datasets", "fetch", "mnist"]);
    assert!(
        stderr.starts_with("error: this n2d was built without the feature `download`"),
        "{stderr}"
    );
}

#[cfg(feature = "download")]
mod fetching {
    use super::common::Place;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// Answers every request with a status and a body; returns its address.
    fn server(status: &'static str, body: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(body));
            }
        });
        format!("http://{address}/")
    }

    #[test]
    fn what_does_not_match_its_digest_is_refused() {
        let place = Place::new();
        let address = server("200 OK", b"anything");
        let stderr = place.refused(
            1,
            &[
                "datasets",
                "fetch",
                "pendigits",
                "--mirror",
                &address,
                "--data-dir",
                "d",
            ],
        );
        assert!(
            stderr.contains("error: pendigits.tra could not be fetched: "),
            "{stderr}"
        );
        assert!(stderr.contains("SHA-256"), "{stderr}");
        assert!(!place.path("d/pendigits/pendigits.tra").exists());
    }

    #[test]
    fn a_refusing_server_is_told_of() {
        let place = Place::new();
        let address = server("404 Not Found", b"");
        let stderr = place.refused(1, &["datasets", "fetch", "pendigits", "--mirror", &address]);
        assert!(stderr.contains("the server answered with status 404"), "{stderr}");
    }

    #[test]
    fn only_what_is_offered_is_fetched() {
        let place = Place::new();
        let stderr = place.refused(1, &["datasets", "fetch", "har", "--quiet"]);
        assert!(
            stderr.starts_with("error: har can't be fetched: unpack "),
            "{stderr}"
        );
        let stderr = place.refused(2, &["datasets", "fetch", "minst"]);
        assert!(stderr.ends_with("hint: did you mean mnist?\n"), "{stderr}");
    }
}
