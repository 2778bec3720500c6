//! Ctrl-C: the first asks the run to give up, the second kills.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use n2d::CancelToken;

use crate::errors::CliError;
use crate::progress::Screen;
use crate::unfinished;

/// How long a run may take to give up by itself. What has no step to stop at is then ended with the program.
const GRACE: Duration = Duration::from_millis(1500);

/// What a run has come to, for the case that it is interrupted.
#[derive(Clone)]
pub(crate) struct Interrupt {
    shared: Arc<Shared>,
}

struct Shared {
    token: CancelToken,
    screen: Screen,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    doing: String,
    kept: Vec<Kept>,
    /// What is written from time to time while something is being done.
    checkpoint: Option<Kept>,
    ended: bool,
}

/// A file that is there, whatever comes.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// As the user named it.
    pub(crate) path: PathBuf,
    /// What it holds.
    pub(crate) what: String,
    hint: Option<String>,
}

impl Kept {
    pub(crate) fn new(path: &Path, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            what: what.into(),
            hint: None,
        }
    }

    /// With what to do with it should the run be interrupted.
    pub(crate) fn with_hint(self, hint: String) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }
}

impl Interrupt {
    /// Catches Ctrl-C from now on; the screen is cleared before anything is said.
    ///
    /// # Errors
    /// Where the system refuses.
    pub(crate) fn install(screen: Screen) -> Result<Self, CliError> {
        let interrupt = Self {
            shared: Arc::new(Shared {
                token: CancelToken::new(),
                screen,
                state: Mutex::default(),
            }),
        };
        let (caught, before) = (interrupt.clone(), AtomicBool::new(false));
        ctrlc::set_handler(move || {
            if before.swap(true, Ordering::Relaxed) {
                unfinished::exit();
            }
            caught.give_up();
        })
        .map_err(|error| CliError::failed(format!("Ctrl-C can't be caught: {error}")))?;
        Ok(interrupt)
    }

    /// The token that stops the stages.
    pub(crate) fn token(&self) -> CancelToken {
        self.shared.token.clone()
    }

    /// Something else is being done from now on.
    pub(crate) fn doing(&self, what: impl Into<String>) {
        self.state().doing = what.into();
    }

    /// From now on a checkpoint may be there, whenever the run is interrupted.
    pub(crate) fn checkpoint(&self, checkpoint: Kept) {
        self.state().checkpoint = Some(checkpoint);
    }

    /// Writes a file, which is then kept whatever comes.
    ///
    /// # Errors
    /// As `write`.
    pub(crate) fn keep(
        &self,
        kept: Kept,
        write: impl FnOnce() -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        // Held while writing, so that the program is never ended in the middle of it.
        let mut state = self.state();
        write()?;
        state.kept.push(kept);
        Ok(())
    }

    /// The files that are there.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        self.state().kept.clone()
    }

    /// The end of a run that was asked to give up.
    pub(crate) fn interrupted(&self) -> CliError {
        let mut state = self.state();
        state.ended = true;
        state.interrupted()
    }

    /// The run is over: from now on an interruption has nothing to tell.
    pub(crate) fn end(&self) {
        self.state().ended = true;
    }

    /// A failure, with what is there in spite of it.
    pub(crate) fn failed(&self, error: CliError) -> CliError {
        let mut state = self.state();
        state.ended = true;
        match state.kept_files() {
            Some(files) => error.with_hint(format!("kept: {files}")),
            None => error,
        }
    }

    fn give_up(&self) {
        self.shared.token.cancel();
        let shared = Arc::clone(&self.shared);
        // On a thread of its own: this one waits for the second Ctrl-C.
        std::thread::spawn(move || {
            std::thread::sleep(GRACE);
            let state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            if !state.ended {
                shared.screen.clear();
                state.interrupted().print();
                unfinished::exit();
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn interrupted(&self) -> CliError {
        let doing = &self.doing;
        let message = match self.kept_files() {
            Some(files) => format!("interrupted during {doing}; kept: {files}"),
            None => format!("interrupted during {doing}; nothing is kept"),
        };
        let error = CliError::interrupted(message);
        match self.all_kept().last().and_then(|kept| kept.hint.clone()) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// The files that are there, those of later stages last.
    fn all_kept(&self) -> impl DoubleEndedIterator<Item = &Kept> {
        let checkpoint = self.checkpoint.as_ref().filter(|kept| kept.path.exists());
        checkpoint.into_iter().chain(&self.kept)
    }

    fn kept_files(&self) -> Option<String> {
        let of = |kept: &Kept| format!("{} ({})", kept.path.display(), kept.what);
        let files: Vec<String> = self.all_kept().map(of).collect();
        (!files.is_empty()).then(|| files.join(", "))
    }
}
