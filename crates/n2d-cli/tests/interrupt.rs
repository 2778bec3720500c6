//! Ctrl-C and readers that go away.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Place, quick, two_groups};

/// Far more than a run needs to give up; a hang is found all the same.
const LONG: Duration = Duration::from_secs(60);

/// Starts the program and waits until stderr has a line; returns what it says from there on.
fn started(place: &Place, args: &[&str], line: &str) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command = place.command(args);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while said.trim_end() != line {
        said.clear();
        assert!(
            stderr.read_line(&mut said).unwrap() > 0,
            "ended without \"{line}\""
        );
    }
    (child, stderr)
}

/// Sends SIGINT and returns the exit code and the rest of stderr.
fn interrupted(mut child: Child, mut stderr: BufReader<std::process::ChildStderr>) -> (Option<i32>, String) {
    let sent = Instant::now();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let code = child.wait().unwrap().code();
    assert!(sent.elapsed() < LONG);
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(stdout, "");
    (code, rest)
}

#[test]
fn an_interrupted_first_stage_leaves_nothing() {
    let place = Place::new();
    place.write("points.csv", &two_groups(2000));
    let args = [
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--epochs",
        "1000000",
        "--latent",
        "z.npy",
        "--json",
    ];
    let (child, stderr) = started(&place, &args, "encoder dense: started");
    let (code, rest) = interrupted(child, stderr);
    assert_eq!(code, Some(130));
    assert_eq!(rest, "interrupted during the encoder (dense); nothing is kept\n");
    assert_eq!(place.files(), ["points.csv"]);
}

#[test]
fn an_interrupted_later_stage_keeps_the_latents() {
    let place = Place::new();
    place.write("points.csv", &two_groups(2000));
    let mut args = quick(&["fit", "points.csv", "--labels", "group", "--seed", "3"]);
    args.extend([
        "--set",
        "umap.n_epochs=100000",
        "--latent",
        "z.npy",
        "--out",
        "labels.csv",
    ]);
    let (child, stderr) = started(&place, &args, "manifold umap: started");
    let (code, rest) = interrupted(child, stderr);
    assert_eq!(code, Some(130));
    let expected = "interrupted during the manifold learner (umap); kept: z.npy (latents, 2000 x 2)\n\
                    hint: go on from there with: n2d fit z.npy --encoder identity --clusters 2 --seed 3\n";
    assert_eq!(rest, expected);
    assert_eq!(place.files(), ["points.csv", "z.npy"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    for args in [&["datasets"][..], &["parts"], &["--help"]] {
        let mut child = place
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), output.stderr),
            (Some(0), Vec::new()),
            "{args:?}"
        );
    }
}

/// Whether the labelling stops between chunks or is ended in the middle of one, what was written so far goes.
#[test]
fn an_interrupted_prediction_leaves_no_unfinished_file() {
    let place = Place::new();
    place.write("points.csv", &two_groups(300));
    place.ok(&quick(&[
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--out-model",
        "model.n2d",
    ]));
    place.write("many.csv", &two_groups(200_000));
    let args = [
        "predict",
        "model.n2d",
        "many.csv",
        "--drop",
        "group",
        "--out",
        "labels.csv",
    ];
    let mut child = place.command(&args).stderr(Stdio::null()).spawn().unwrap();
    let is_begun = || place.files().iter().any(|name| name.starts_with(".n2d-"));
    let start = Instant::now();
    while !is_begun() && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < LONG);
    }
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    child.wait().unwrap();
    assert!(!is_begun(), "{:?}", place.files());
}
