//! A process that takes jobs, a line of JSON each, and answers each with a line of JSON.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running contender.
pub(super) struct Contender {
    name: &'static str,
    child: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a job came to.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// What the work itself took.
    pub(super) seconds: f64,
    /// What came out, in words: how many clusters, what inertia.
    pub(super) result: String,
}

impl Contender {
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let (Some(jobs), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name}: no pipes"));
        };
        Ok(Self {
            name,
            child,
            jobs,
            answers: BufReader::new(answers),
        })
    }

    /// Does one job.
    pub(super) fn run(&mut self, job: &Value) -> Result<Answer, String> {
        let failed = |why: String| format!("{} failed at {job}: {why}", self.name);
        writeln!(self.jobs, "{job}").map_err(|error| failed(error.to_string()))?;
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(|error| failed(error.to_string()))?;
        let answer: Value =
            serde_json::from_str(&line).map_err(|_| failed(format!("it said `{}`", line.trim())))?;
        match (answer["seconds"].as_f64(), answer["result"].as_str()) {
            (Some(seconds), Some(result)) => Ok(Answer {
                seconds,
                result: result.to_owned(),
            }),
            _ => Err(failed(answer["error"].as_str().unwrap_or(&line).to_owned())),
        }
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        // It may have ended by itself, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
