/// A fitted part and how its fit went.
#[derive(Debug, Clone)]
pub struct Fit<T> {
    /// The fitted part.
    pub model: T,
    /// How it went.
    pub report: Report,
}

impl<T> Fit<T> {
    /// The same report about another form of the model.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fit<U> {
        Fit {
            model: f(self.model),
            report: self.report,
        }
    }
}

/// How a fit went: why it ended, what it reached, how long it took.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The part's name.
    pub part: String,
    /// Why it ended.
    pub termination: Termination,
    /// Rounds made: epochs of a network or a layout, iterations of an optimiser; 0 for a closed form.
    pub n_iter: usize,
    /// The final value of what was optimised, with its name (`("loss", ..)`, `("log-likelihood", ..)`).
    pub objective: Option<(&'static str, f64)>,
    /// That value after each round, where the part keeps it: of the rows that it works on, where others are held out.
    pub history: Vec<f64>,
    /// The same of the rows held out; empty where there are none.
    pub validation_history: Vec<f64>,
    /// Wall-clock seconds. The only field that differs between two runs of one seed.
    pub seconds: f64,
    /// What the user should know: a choice that was made, a fallback that was taken.
    pub notes: Vec<String>,
    /// The reports of the parts of a composed part, in the order of the stages.
    pub parts: Vec<Report>,
}

impl Report {
    /// A report of a part that ended in such a way.
    pub fn new(part: impl Into<String>, termination: Termination) -> Self {
        Self {
            part: part.into(),
            termination,
            n_iter: 0,
            objective: None,
            history: Vec::new(),
            validation_history: Vec::new(),
            seconds: 0.0,
            notes: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// A report of a part that is made of others: their reports, and their seconds in all.
    pub fn composed(part: impl Into<String>, parts: Vec<Report>) -> Self {
        let seconds = parts.iter().map(|part| part.seconds).sum();
        Self {
            seconds,
            parts,
            ..Self::new(part, Termination::Completed)
        }
    }

    /// With the rounds made.
    pub fn with_n_iter(self, n_iter: usize) -> Self {
        Self { n_iter, ..self }
    }

    /// With what was reached.
    pub fn with_objective(self, name: &'static str, value: f64) -> Self {
        Self {
            objective: Some((name, value)),
            ..self
        }
    }

    /// With what was reached after each round.
    pub fn with_history(self, history: Vec<f64>) -> Self {
        Self { history, ..self }
    }

    /// With something the user should know.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// Why a fit ended. All of these leave a usable model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Termination {
    /// There was nothing to iterate.
    ClosedForm,
    /// The fixed number of rounds is done.
    Completed,
    /// The objective changed by less than the tolerance.
    Converged,
    /// The most rounds allowed were made without converging.
    MaxIter,
    /// No improvement for `patience` rounds.
    EarlyStopping,
    /// The observer asked for it.
    Stopped,
}

impl std::fmt::Display for Termination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ClosedForm => "closed form",
            Self::Completed => "completed",
            Self::Converged => "converged",
            Self::MaxIter => "not converged: max_iter reached",
            Self::EarlyStopping => "stopped early: no improvement",
            Self::Stopped => "stopped on request",
        })
    }
}
