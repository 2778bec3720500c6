//! The shell commands of docs/ are run, each page's in a folder of its own.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::Place;

/// The commands between ```` ```sh ```` and ```` ``` ````.
fn shell_blocks(text: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => script.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    script
}

fn pages() -> Vec<PathBuf> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let entries = std::fs::read_dir(docs)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_command_of_the_docs_runs() {
    let program = Path::new(env!("CARGO_BIN_EXE_n2d")).parent().unwrap();
    let path = std::env::join_paths(
        [program.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let mut n_scripts = 0;
    for page in pages() {
        let script = shell_blocks(&std::fs::read_to_string(&page).unwrap());
        if script.is_empty() {
            continue;
        }
        n_scripts += 1;
        let place = Place::new();
        let mut shell = Command::new("sh");
        shell
            .args(["-eu", "-c", &script])
            .current_dir(place.root())
            .env("PATH", &path);
        shell.env("XDG_CACHE_HOME", place.path("cache"));
        let output = shell.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {stderr}", page.display());
    }
    assert!(n_scripts >= 2, "docs/ has pages with commands");
}
