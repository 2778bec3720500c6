//! How far a run is, on stderr: bars on a terminal, else a line where a stage begins and where it ends.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use n2d::{Control, Event, Observer, Progress, Report, Stage};

use crate::log::{self, Entry};
use crate::text::{duration, figure};

/// Where progress is shown. Clones show it in the same place.
#[derive(Clone)]
pub(crate) enum Screen {
    /// Nowhere.
    Off,
    /// As lines, in a file or a pipe; a line for every round where that is asked for.
    Lines,
    /// As JSON, for programs.
    Json,
    /// As bars, on a terminal.
    Bars(MultiProgress),
}

impl Screen {
    /// Whatever suits stderr.
    pub(crate) fn new(quiet: bool) -> Self {
        if quiet {
            Self::Off
        } else if log::is_json() {
            Self::Json
        } else if log::is_verbose() {
            Self::Lines
        } else if io::stderr().is_terminal() {
            Self::Bars(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
        } else {
            Self::Lines
        }
    }

    /// Takes the bars away.
    pub(crate) fn clear(&self) {
        if let Self::Bars(bars) = self {
            // A terminal that is gone needs no clearing.
            let _ = bars.clear();
        }
    }

    /// A bar for something of unknown length, on a terminal; it goes when it is dropped.
    pub(crate) fn waiting(&self, what: String) -> Waiting {
        Waiting(match self {
            Self::Bars(bars) => Some(new_bar(bars, what)),
            Self::Off | Self::Lines | Self::Json => None,
        })
    }

    /// A line, where there are no bars.
    pub(crate) fn line(&self, text: &str) {
        match self {
            // Nobody can be told that stderr is closed.
            Self::Lines => drop(writeln!(io::stderr(), "{text}")),
            Self::Json => Entry::Message { text }.write(),
            Self::Off | Self::Bars(_) => {}
        }
    }
}

/// A bar that goes when it is dropped.
pub(crate) struct Waiting(Option<ProgressBar>);

impl Waiting {
    /// How far it is.
    pub(crate) fn say(&self, text: String) {
        if let Some(bar) = &self.0 {
            bar.set_message(text);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Shows the stages of a run.
pub(crate) struct Watcher {
    screen: Screen,
    title: String,
    bar: Option<ProgressBar>,
    phase: &'static str,
    metric: Option<(&'static str, f64)>,
}

impl Watcher {
    pub(crate) fn new(screen: Screen) -> Self {
        Self {
            screen,
            title: String::new(),
            bar: None,
            phase: "",
            metric: None,
        }
    }

    fn started(&mut self, stage: Stage, part: &str) {
        self.title = format!("{stage:<9}  {part}");
        self.phase = "";
        self.metric = None;
        self.screen.line(&format!("{stage} {part}: started"));
        if let Screen::Bars(bars) = &self.screen {
            self.bar = Some(new_bar(bars, self.title.clone()));
        }
    }

    fn progressed(&mut self, progress: &Progress) {
        self.take_metric(progress.metric);
        self.tell_round(progress);
        let Some(bar) = &self.bar else {
            return;
        };
        if self.phase != progress.phase {
            self.phase = progress.phase;
            bar.reset();
            bar.set_length(progress.total);
            bar.set_style(steps_style());
            bar.set_prefix(format!("{}  {}", self.title, self.phase));
        }
        bar.set_position(progress.step);
        if let Some((name, value)) = self.metric {
            bar.set_message(format!("{name} {}", figure(value)));
        }
    }

    /// A line for a round that has come to something; what runs on within a round is left out.
    fn tell_round(&self, progress: &Progress) {
        let within = progress
            .metric
            .is_some_and(|(name, _)| name.starts_with("running "));
        if within || !log::is_verbose() {
            return;
        }
        let reached = progress
            .metric
            .map_or_else(String::new, |(name, value)| format!(", {name} {}", figure(value)));
        let (title, phase, step, total) = (&self.title, progress.phase, progress.step, progress.total);
        self.screen
            .line(&format!("{title}  {phase} {step} of {total}{reached}"));
    }

    /// A running figure is shown until there is the real one.
    fn take_metric(&mut self, metric: Option<(&'static str, f64)>) {
        let is_running = |name: &str| name.starts_with("running ");
        let Some((name, value)) = metric else {
            return;
        };
        let has_real = self.metric.is_some_and(|(known, _)| !is_running(known));
        if !(is_running(name) && has_real) {
            self.metric = Some((name, value));
        }
    }

    fn finished(&mut self, stage: Stage, report: &Report) {
        let mut end = format!("done in {}", duration(report.seconds));
        if let Some((name, value)) = report.objective {
            let _ = write!(end, ", {name} {}", figure(value));
        }
        self.screen.line(&format!("{stage} {}: {end}", report.part));
        if let Some(bar) = self.bar.take() {
            bar.set_style(style("{prefix}  {wide_msg}"));
            bar.set_prefix(self.title.clone());
            bar.finish_with_message(end);
        }
    }
}

impl Observer for Watcher {
    fn observe(&mut self, event: &Event<'_>) -> Control {
        if matches!(self.screen, Screen::Json) {
            tell_json(event);
            return Control::Continue;
        }
        match event {
            Event::Started { stage, part } => self.started(*stage, part),
            Event::Progress { progress, .. } => self.progressed(progress),
            Event::Finished { stage, report } => self.finished(*stage, report),
            _ => {}
        }
        Control::Continue
    }
}

/// Rounds within rounds are told only on demand: there are thousands.
fn tell_json(event: &Event<'_>) {
    match event {
        Event::Started { stage, part } => Entry::Started {
            stage: stage.name(),
            part,
        }
        .write(),
        Event::Progress { stage, progress, .. } => {
            let within = progress
                .metric
                .is_some_and(|(name, _)| name.starts_with("running "));
            if !within || log::is_verbose() {
                Entry::of_progress(*stage, progress).write();
            }
        }
        Event::Finished { stage, report } => Entry::of_report(*stage, report).write(),
        _ => {}
    }
}

/// A bar of unknown length so far.
fn new_bar(bars: &MultiProgress, prefix: String) -> ProgressBar {
    let bar = bars.add(ProgressBar::no_length());
    bar.set_style(style("{prefix}  {spinner} {elapsed}  {wide_msg}"));
    bar.set_prefix(prefix);
    // Some work has long steps: time is seen to pass all the same.
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn steps_style() -> ProgressStyle {
    let left = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let eta = state.eta().as_secs_f64();
        let known = state.pos() > 0 && state.elapsed() > Duration::from_millis(500);
        // A bar can't fail.
        let _ = match known {
            true => write!(text, "{} left", duration(eta.round())),
            false => write!(text, "..."),
        };
    };
    style("{prefix:<32} {bar:24.cyan} {percent:>3} %  {left}  {wide_msg}").with_key("left", left)
}

/// A template of ours, as a style.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸ ")
}
