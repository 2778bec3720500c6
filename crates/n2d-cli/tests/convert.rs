//! `n2d convert` and what else came with it: formats, pictures, stdin, logs, completions, manual pages.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{Place, quick, ran, two_groups};
use serde_json::Value;

#[test]
fn every_format_becomes_every_other() {
    let place = Place::new();
    place.write("a.csv", "x,y\n0.5,1\n2,-3.25\n1e-7,4\n");
    let names = ["b.npy", "c.npz", "d.parquet", "e.arrow", "f.tsv", "g.csv"];
    let mut from = "a.csv";
    for name in names {
        let ran = place.ok(&["convert", from, name]);
        assert!(ran.stderr.contains("3 rows x 2 columns"), "{}", ran.stderr);
        from = name;
    }
    let text = place.ok(&["convert", "g.csv", "-"]).stdout;
    assert_eq!(text, "c0,c1\n0.5,1\n2,-3.25\n0.0000001,4\n");
    // Labels go along, and names with them.
    place.write("points.csv", &two_groups(6));
    place.ok(&["convert", "points.csv", "points.parquet", "--labels", "group"]);
    let text = place
        .ok(&["convert", "points.parquet", "-", "--labels", "label"])
        .stdout;
    assert!(
        text.starts_with("a,b,c,label\n") && text.contains("left"),
        "{text}"
    );
    let ran = place.ok(&["convert", "points.csv", "points.npy", "--labels", "group"]);
    assert!(ran.stderr.contains("the labels are not in it"), "{}", ran.stderr);
    for (args, code, what) in [
        (
            &["convert", "a.csv", "a.xls"][..],
            2,
            "the ending says nothing known",
        ),
        (
            &["convert", "a.csv", "a.npy", "--size", "2x2"],
            2,
            "folders of pictures",
        ),
        (&["convert", "none.csv", "a.npy"], 1, "none.csv"),
        (&["convert", "a.csv", "a.csv"], 2, "it would be overwritten"),
    ] {
        let refusal = place.refused(code, args);
        assert!(refusal.contains(what), "{refusal}");
    }
}

#[test]
fn parquet_is_data_like_any_other() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place.ok(&["convert", "points.csv", "points.parquet", "--labels", "group"]);
    let fit = |data: &str, labels: &str, out: &str| {
        place.ok(&quick(&[
            "fit",
            data,
            "--labels",
            labels,
            "--out",
            out,
            "--out-model",
            "m.n2d",
            "-q",
        ]));
        place.read(out)
    };
    assert_eq!(
        fit("points.parquet", "label", "a.csv"),
        fit("points.csv", "group", "b.csv")
    );
    let predicted =
        |data: &str, drop: &str| place.ok(&["predict", "m.n2d", data, "--drop", drop, "-q"]).stdout;
    assert_eq!(
        predicted("points.parquet", "label"),
        predicted("points.csv", "group")
    );
    let refusal = place.refused(1, &["fit", "points.parquet", "--clusters", "2"]);
    assert!(
        refusal.contains("column \"label\"") && refusal.contains("leave the column out"),
        "{refusal}"
    );
    let whole = place.read("points.parquet");
    std::fs::write(place.path("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    let refusal = place.refused(1, &["fit", "cut.parquet", "--clusters", "2"]);
    assert!(refusal.contains("damaged"), "{refusal}");
}

#[test]
fn a_dash_is_stdin() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    let piped = |args: &[&str], input: &[u8]| {
        let mut child = place
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let ran = ran(&child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran
    };
    let fit = quick(&["fit", "-", "--labels", "group", "--out-model", "m.n2d", "--json"]);
    let record = piped(&fit, &place.read("points.csv")).stdout;
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        (&record["dataset"], &record["n_samples"]),
        (&"stdin".into(), &120.into())
    );
    // What is read from its end comes through a pipe, too.
    place.ok(&["convert", "points.csv", "points.parquet", "--drop", "group"]);
    let from_file = place.ok(&["predict", "m.n2d", "points.parquet", "-q"]).stdout;
    assert_eq!(
        piped(&["predict", "m.n2d", "-", "-q"], &place.read("points.parquet")).stdout,
        from_file
    );
}

#[test]
fn logs_for_programs_are_json_line_by_line() {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    let ran = place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--log",
        "json",
    ]));
    let events: Vec<Value> = ran
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |event: &str| events.iter().filter(|entry| entry["event"] == event).count();
    assert_eq!((of("started"), of("finished")), (3, 3));
    assert!(of("progress") >= 3);
    let refusal = place.refused(1, &["fit", "none.csv", "--clusters", "2", "--log", "json"]);
    let error: Value = serde_json::from_str(refusal.trim()).unwrap();
    assert_eq!(error["event"], "error");
    assert!(error["message"].as_str().unwrap().contains("none.csv"));

    let verbose = place
        .ok(&quick(&["fit", "points.csv", "--labels", "group", "--verbose"]))
        .stderr;
    assert!(
        verbose.contains("3 of 3") && verbose.contains("loss"),
        "{verbose}"
    );
}

#[test]
fn shells_and_manuals_know_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(&["completions", shell]).stdout;
        assert!(script.contains("out-model"), "{shell}");
    }
    assert!(place.ok(&["man"]).stdout.starts_with(".ie"));
    place.ok(&["man", "--out", "new/man1"]);
    assert!(place.path("new/man1/n2d-fit.1").is_file());
    let refusal = place.refused(1, &["man", "--out", "new/man1/n2d-fit.1/man1"]);
    assert!(refusal.contains("n2d-fit.1/man1"), "{refusal}");
    let suggestion = place.refused(2, &["fit", "pendigits", "--cluster", "3"]);
    assert!(suggestion.contains("--clusters"), "{suggestion}");
    let suggestion = place.refused(2, &["reprot"]);
    assert!(suggestion.contains("report"), "{suggestion}");
}

#[test]
fn every_help_text_has_an_example() {
    let place = Place::new();
    let commands = place.ok(&["--help"]).stdout;
    let list = commands
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    // A text that goes on in the next line stands farther in.
    let own = list.lines().filter(|line| !line.starts_with("   "));
    let names: Vec<&str> = own.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 12, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let help = place.ok(&[name, "--help"]).stdout;
        assert!(
            help.contains(&format!("n2d {name}")) && help.contains("Examples:"),
            "{name}"
        );
    }
}
