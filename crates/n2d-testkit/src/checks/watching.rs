//! Observers and cancelling.

use std::collections::BTreeMap;

use n2d_core::{CancelToken, Control, Event, Fit, FitContext, FitError, Progress, Stage};

use super::fits::same;
use crate::fitted::{Fitted, require};
use crate::subject::{SEED, Subject, groups};

/// An event, kept.
#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Started(Stage, String),
    Step(Stage, Progress),
    Finished(Stage, String),
    Other,
}

impl Heard {
    fn of(event: &Event<'_>) -> Self {
        match event {
            Event::Started { stage, part } => Self::Started(*stage, (*part).to_owned()),
            Event::Progress { stage, progress } => Self::Step(*stage, *progress),
            Event::Finished { stage, report } => Self::Finished(*stage, report.part.clone()),
            _ => Self::Other,
        }
    }
}

/// A fit of the ordinary rows, and what is heard; `answer` says what each event is answered, by its number.
fn heard(
    subject: &Subject,
    token: &CancelToken,
    mut answer: impl FnMut(usize) -> Control + Send,
) -> (Result<Fit<Fitted>, FitError>, Vec<Heard>) {
    let mut all = Vec::new();
    let mut watch = |event: &Event<'_>| {
        all.push(Heard::of(event));
        answer(all.len() - 1)
    };
    let data = groups();
    let mut ctx = FitContext::new(SEED)
        .with_cancel(token.clone())
        .with_observer(&mut watch);
    let fit = (subject.fit)(data.samples(), &mut ctx);
    (fit, all)
}

pub(crate) fn observer(subject: &Subject) -> Result<(), String> {
    let (fit, all) = heard(subject, &CancelToken::new(), |_| Control::Continue);
    let fit = fit.map_err(|error| error.to_string())?;
    let alone = subject.fitted_to(&groups())?;
    same(&alone, &fit, &groups().new_rows()).map_err(|found| format!("with an observer, {found}"))?;
    let stage = match &fit.model {
        Fitted::Encoder(_) => Stage::Encoder,
        Fitted::Manifold(_) => Stage::Manifold,
        Fitted::Clusterer(_) => Stage::Clusterer,
    };
    let part = &fit.report.part;
    let [Heard::Started(first, name), steps @ .., Heard::Finished(last, of)] = &all[..] else {
        return Err(format!(
            "the first and last events are not Started and Finished: {all:?}"
        ));
    };
    require((*first, *last) == (stage, stage), || {
        format!("the events are of the {first}, not the {stage}")
    })?;
    require(name == part && of == part, || {
        format!("the events are of `{name}` and `{of}`, but the report is of `{part}`")
    })?;
    monotone(stage, steps)
}

fn monotone(stage: Stage, steps: &[Heard]) -> Result<(), String> {
    let mut reached: BTreeMap<&'static str, u64> = BTreeMap::new();
    for event in steps {
        let Heard::Step(
            of,
            Progress {
                phase, step, total, ..
            },
        ) = event
        else {
            return Err(format!("{event:?} stands between steps"));
        };
        require(*of == stage, || format!("a step is of the {of}, not the {stage}"))?;
        require(!phase.is_empty(), || "a phase has no name".into())?;
        require(step <= total, || {
            format!("the phase `{phase}` is at step {step} of {total}")
        })?;
        let before = reached.insert(phase, *step).unwrap_or(0);
        require(before <= *step, || {
            format!("the phase `{phase}` falls from step {before} to {step}")
        })?;
    }
    Ok(())
}

/// The numbers of some of the steps among all events: the first, one in the middle, the last but one and the last.
fn some_steps(all: &[Heard]) -> Vec<usize> {
    let steps: Vec<usize> = (0..all.len())
        .filter(|&at| matches!(all[at], Heard::Step(..)))
        .collect();
    let n = steps.len();
    let mut some: Vec<usize> = [Some(0), Some(n / 2), n.checked_sub(2), n.checked_sub(1)]
        .into_iter()
        .flatten()
        .filter_map(|at| steps.get(at).copied())
        .collect();
    some.sort_unstable();
    some.dedup();
    some
}

pub(crate) fn stop(subject: &Subject) -> Result<(), String> {
    let (_, all) = heard(subject, &CancelToken::new(), |_| Control::Continue);
    let data = groups();
    for at in some_steps(&all) {
        let stop_from = |event| {
            if event >= at {
                Control::Stop
            } else {
                Control::Continue
            }
        };
        let (fit, _) = heard(subject, &CancelToken::new(), stop_from);
        let fit = fit.map_err(|error| format!("asked to stop at event {at}, the fit fails: {error}"))?;
        let sound = fit.model.sound(data.samples(), data.new_rows().samples());
        sound.map_err(|found| format!("asked to stop at event {at}: {found}"))?;
    }
    Ok(())
}

pub(crate) fn cancel(subject: &Subject) -> Result<(), String> {
    let token = CancelToken::new();
    token.cancel();
    let (fit, all) = heard(subject, &token, |_| Control::Continue);
    require(matches!(fit, Err(FitError::Cancelled { .. })), || {
        "a token that is set before the fit does not cancel it".into()
    })?;
    require(all.is_empty(), || {
        format!("a fit that is cancelled before it begins tells: {all:?}")
    })?;
    let (_, uncancelled) = heard(subject, &CancelToken::new(), |_| Control::Continue);
    // Event 0 is the beginning.
    let mut some = some_steps(&uncancelled);
    some.insert(0, 0);
    some.into_iter()
        .try_for_each(|at| cancelled_at(subject, at, uncancelled.len()))
}

fn cancelled_at(subject: &Subject, at: usize, n_events: usize) -> Result<(), String> {
    let token = CancelToken::new();
    let (fit, all) = heard(subject, &token, |event| {
        if event == at {
            token.cancel();
        }
        Control::Continue
    });
    // Behind the last step, there is nothing left to cancel but the end.
    let is_last = at + 2 >= n_events;
    match fit {
        Err(FitError::Cancelled { part }) => {
            require(!part.is_empty(), || "Cancelled names no part".into())?;
            let after = &all[(at + 1).min(all.len())..];
            require(after.is_empty(), || {
                format!("cancelled at event {at}, the fit still tells {after:?}")
            })
        }
        Err(error) => Err(format!(
            "cancelled at event {at}, the fit fails otherwise: {error}"
        )),
        Ok(_) => require(is_last, || {
            format!("cancelled at event {at} of {n_events}, the fit goes on to its end")
        }),
    }
}
