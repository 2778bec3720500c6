//! How the tests call the program.

#![allow(dead_code)] // Each test program uses a part of this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder for one test, in which the program runs, with a cache folder and no data of its own.
pub(crate) struct Place {
    folder: TempDir,
}

/// What the program did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// The names of all files in the folder.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.root()).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The program, with an environment of its own.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_n2d"));
        command.args(args).current_dir(self.root());
        for variable in [
            "N2D_DATA_DIR",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
        ] {
            command.env_remove(variable);
        }
        command
            .env("HOME", self.root())
            .env("XDG_CACHE_HOME", self.path("cache"));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(&self.command(args).output().unwrap())
    }

    /// Runs what must go well.
    pub(crate) fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        ran
    }

    /// Runs what must be refused, and returns stderr.
    pub(crate) fn refused(&self, code: i32, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(code), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
        ran.stderr
    }
}

pub(crate) fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// Two groups of points in three columns, `group` beside them, in a file with a header.
pub(crate) fn two_groups(n_rows: usize) -> String {
    let mut text = "a,b,c,group\n".to_owned();
    for row in 0..n_rows {
        // No two rows alike: of many equal ones each would be a piece of the neighbour graph by itself.
        let wobble = |of: usize| ((row * of) as f64 * 0.618_034).fract() * 0.17;
        let (base, group) = if row % 2 == 0 {
            (1.0, "left")
        } else {
            (9.0, "right")
        };
        text.push_str(&format!(
            "{},{},{},{group}\n",
            base + wobble(3),
            2.0 * base + wobble(5),
            wobble(7) - base
        ));
    }
    text
}

/// Options that make a fit quick.
pub(crate) const QUICK: [&str; 4] = ["--set", "dense.hidden=[16]", "--epochs", "3"];

/// `args` and [`QUICK`].
pub(crate) fn quick<'a>(args: &[&'a str]) -> Vec<&'a str> {
    args.iter().copied().chain(QUICK).collect()
}
