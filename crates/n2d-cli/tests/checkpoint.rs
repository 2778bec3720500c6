//! `n2d fit --checkpoint` and `--resume`, and the encoders by name.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Place, two_groups};

fn with_groups() -> Place {
    let place = Place::new();
    place.write("points.csv", &two_groups(120));
    place
}

const FIT: [&str; 14] = [
    "fit",
    "points.csv",
    "--labels",
    "group",
    "--manifold",
    "pca",
    "--encoder",
    "conv1d",
    "--set",
    "conv1d.channels=[4,4]",
    "--set",
    "conv1d.batch_size=8",
    "--latent",
    "latent.npy",
];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&FIT[..], more].concat()
}

/// Killed at any moment after its first checkpoint, a fit that is resumed gives what an undisturbed one gives.
#[test]
fn a_killed_fit_is_resumed_to_the_same_bits() {
    let place = with_groups();
    place.ok(&args(&["--epochs", "60"]));
    let expected = place.read("latent.npy");
    let checkpointed = args(&[
        "--epochs",
        "60",
        "--checkpoint",
        "fit.ckpt",
        "--checkpoint-every",
        "1",
    ]);
    let mut child = place
        .command(&checkpointed)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !place.path("fit.ckpt").exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    std::thread::sleep(Duration::from_millis(20));
    // May have ended by itself.
    let _ = child.kill();
    child.wait().unwrap();
    place.write("latent.npy", "not this");
    place.ok(&[&checkpointed[..], &["--resume"]].concat());
    assert_eq!(place.read("latent.npy"), expected);
}

/// Fewer epochs than the checkpoint has made are not to be had from it; more are.
#[test]
fn a_fit_is_resumed_for_longer_but_not_for_less() {
    let place = with_groups();
    let of = |epochs, more: &[&'static str]| {
        let more = [&["--epochs", epochs, "--checkpoint", "fit.ckpt"], more].concat();
        place.run(&args(&more))
    };
    assert_eq!(of("9", &[]).code, Some(0));
    let refused = of("3", &["--resume"]);
    assert_ne!(refused.code, Some(0));
    let reason = "has come to epoch 9, but n_epochs is 3: resume with at least 9, or train anew";
    assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    let other = of("9", &["--resume", "--set", "conv1d.noise=0.1"]);
    assert_ne!(other.code, Some(0));
    let reason = "another training: noise was 0.0, but is 0.1";
    assert!(other.stderr.contains(reason), "{}", other.stderr);

    assert_eq!(of("10", &["--resume"]).code, Some(0));
    let resumed = place.read("latent.npy");
    place.ok(&args(&["--epochs", "10"]));
    assert_eq!(place.read("latent.npy"), resumed);
}

#[test]
fn checkpoints_that_can_not_be_are_refused() {
    let place = with_groups();
    let refused = |args: &[&str], expected: &str| {
        let ran = place.run(args);
        assert_ne!(ran.code, Some(0), "{args:?}");
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    };
    let identity = [
        "fit",
        "points.csv",
        "--labels",
        "group",
        "--encoder",
        "identity",
        "--checkpoint",
        "a.ckpt",
    ];
    refused(&identity, "--checkpoint: the encoder identity does not train");
    refused(
        &args(&["--checkpoint", "a.ckpt", "--resume"]),
        "a.ckpt can't be read",
    );
    refused(&args(&["--resume"]), "--checkpoint");
    refused(
        &args(&["--checkpoint", "a.ckpt", "--checkpoint-every", "0"]),
        "a number of epochs",
    );
    refused(&args(&["--checkpoint", "points.csv"]), "points.csv is an input");
    refused(&args(&["--checkpoint", "latent.npy"]), "given for two outputs");
    refused(
        &args(&["--set", "conv1d.device=cuda:9"]),
        "a device that was compiled in",
    );
    refused(
        &args(&["--set", "conv1d.device=toaster"]),
        "there is no device `toaster`",
    );
}

#[test]
fn every_encoder_goes_by_its_name() {
    let place = with_groups();
    for (encoder, settings) in [
        ("conv1d", "conv1d.channels=[4]"),
        ("conv2d", "conv2d.row_shape=[3,1]"),
        ("lstm", "lstm.units=4"),
        ("gru", "gru.units=4"),
        ("variational", "variational.hidden=[8]"),
    ] {
        let fit = [
            "fit",
            "points.csv",
            "--labels",
            "group",
            "--manifold",
            "pca",
            "--encoder",
            encoder,
        ];
        let more = ["--epochs", "2", "--set", settings, "--out-model", "model.n2d"];
        place.ok(&[&fit[..], &more].concat());
        place.ok(&[
            "predict",
            "model.n2d",
            "points.csv",
            "--drop",
            "group",
            "--out",
            "labels.csv",
        ]);
        assert_eq!(
            place
                .read("labels.csv")
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count(),
            121,
            "{encoder}"
        );
    }
}

/// What is no checkpoint is not written over by one.
#[test]
fn another_file_is_not_lost_to_a_checkpoint() {
    let place = with_groups();
    place.write("notes.txt", "not to be lost");
    let refused = place.run(&args(&["--epochs", "1", "--checkpoint", "notes.txt"]));
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("is no checkpoint"), "{}", refused.stderr);
    assert_eq!(place.read("notes.txt"), b"not to be lost");
    place.ok(&args(&["--epochs", "1", "--checkpoint", "fit.ckpt"]));
    place.ok(&args(&["--epochs", "1", "--checkpoint", "fit.ckpt"]));
}
