//! What goes wrong, as people read it: one line, perhaps a second one with advice, and an exit code.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use n2d::BuildError;

use crate::log::{self, Entry};

/// The exit code of what the user ended: what shells have for a program that SIGINT ends.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why the program ends without success.
#[derive(Debug)]
pub(crate) struct CliError {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usage,
    Failed,
    Interrupted,
}

impl CliError {
    /// The command line asks for what can't be: exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message.into())
    }

    /// The work could not be done: exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message.into())
    }

    /// The user ended it: exit code [`INTERRUPTED`].
    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, message.into())
    }

    fn new(kind: Kind, message: String) -> Self {
        Self {
            kind,
            message,
            hint: None,
        }
    }

    /// A failure of the library, its sources included.
    pub(crate) fn from_error(error: &dyn Error) -> Self {
        Self::failed(flattened(error))
    }

    /// With advice.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// With advice, where it has none.
    pub(crate) fn or_hint(self, hint: String) -> Self {
        match self.hint {
            Some(_) => self,
            None => self.with_hint(hint),
        }
    }

    /// What it says, without the advice.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Writes it to stderr.
    pub(crate) fn print(&self) {
        if log::is_json() {
            let (message, hint) = (&*self.message, self.hint.as_deref());
            return Entry::Error { message, hint }.write();
        }
        let mut stderr = io::stderr().lock();
        let lead = match self.kind {
            Kind::Interrupted => "",
            Kind::Usage | Kind::Failed => "error: ",
        };
        // Nobody can be told that stderr is closed.
        let _ = writeln!(stderr, "{lead}{}", self.message);
        if let Some(hint) = &self.hint {
            let _ = writeln!(stderr, "hint: {hint}");
        }
    }

    /// 130 where the user ended it, 2 for bad usage, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Usage => ExitCode::from(2),
            Kind::Failed => ExitCode::from(1),
            Kind::Interrupted => ExitCode::from(INTERRUPTED),
        }
    }
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        let hint = match &error {
            BuildError::UnknownPart { .. } => Some("`n2d parts` lists all parts".to_owned()),
            BuildError::BadSetting { setting, .. } if setting == "ensemble.consensus=graph" => {
                Some("an example: --set ensemble.consensus=votes".to_owned())
            }
            BuildError::BadSetting { .. } => Some("an example: --set umap.n_neighbors=30".to_owned()),
            BuildError::UnknownOption { part, .. } | BuildError::BadOption { part, .. } => Some(format!(
                "`n2d parts {part}` lists its options, and says what each means"
            )),
            _ => None,
        };
        let usage = Self::usage(flattened(&error));
        match hint {
            Some(hint) => usage.with_hint(hint),
            None => usage,
        }
    }
}

/// An error with its sources on one line; a source that the text before it contains is not said again.
fn flattened(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    without_number(&text.replace('\n', " "))
}

/// Without the ` (os error 2)` that says to people nothing which the words before it don't.
pub(crate) fn without_number(text: &str) -> String {
    match text.rsplit_once(" (os error ") {
        Some((words, number)) if number.trim_end_matches(')').parse::<i32>().is_ok() => words.to_owned(),
        _ => text.to_owned(),
    }
}

/// The known name nearest to a given one, where one is near.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given, name), name))
        .filter(|&(distance, name)| distance <= 2.max(name.len() / 3))
        .min()
        .map(|(_, name)| name)
}

/// Writes to stdout. A reader that has gone away (`n2d ... | head`) has seen what it wanted.
///
/// # Errors
/// Any other refusal.
pub(crate) fn print_stdout(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::failed(format!("stdout: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl std::fmt::Display for Layer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|layer| layer as _)
        }
    }

    #[test]
    fn sources_are_said_once() {
        let layer = |text, below| Layer(text, Some(Box::new(below)));
        let error = layer(
            "a.npy: cut short",
            layer("cut short", Layer("disk\non fire", None)),
        );
        assert_eq!(flattened(&error), "a.npy: cut short: disk on fire");
        assert_eq!(without_number("a.npy: gone (os error 2)"), "a.npy: gone");
        assert_eq!(without_number("a (os error x)"), "a (os error x)");
    }

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(nearest("Minst", ["mnist", "usps"]), Some("mnist"));
        assert_eq!(nearest("iris", ["mnist", "usps"]), None);
    }
}
