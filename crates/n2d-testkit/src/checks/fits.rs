//! What fits come to.

use std::num::NonZeroUsize;

use n2d_core::{Fit, FitContext, Parallelism, Report};

use crate::data::{DataSet, data_sets};
use crate::fitted::{Answers, Fitted, require};
use crate::subject::{SEED, Subject, caught, groups};

/// Every data set, but those that the part is `allowed` to refuse.
pub(crate) fn sound_results(subject: &Subject, allowed: &dyn Fn(&str) -> bool) -> Result<(), String> {
    let mut failures = Vec::new();
    for data in data_sets() {
        if let Err(found) = caught(|| sound(subject, &data, allowed(data.name()))) {
            failures.push(format!("{}: {found}", data.name()));
        }
    }
    require(failures.is_empty(), || failures.join("; "))
}

fn sound(subject: &Subject, data: &DataSet, allowed: bool) -> Result<(), String> {
    let x = data.samples();
    match (subject.fit)(x, &mut FitContext::new(SEED)) {
        Ok(fit) => {
            sound_report(&fit.report)?;
            fit.model.sound(x, data.new_rows().samples())?;
            require(!allowed, || {
                "it is fitted, although it is declared that it can't be".into()
            })
        }
        Err(error) if allowed => require(!error.to_string().is_empty(), || "the error has no words".into()),
        Err(error) => Err(format!("the fit fails: {error}")),
    }
}

fn sound_report(report: &Report) -> Result<(), String> {
    require(!report.part.is_empty(), || "the report names no part".into())?;
    let lasted = report.seconds.is_finite() && report.seconds > 0.0;
    require(lasted, || {
        format!(
            "the report says {} seconds: is the fit wrapped in `run_stage`?",
            report.seconds
        )
    })?;
    let objective = report.objective.is_none_or(|(_, value)| value.is_finite());
    require(objective, || format!("the objective is {:?}", report.objective))
}

pub(crate) fn fit_twice(subject: &Subject) -> Result<(), String> {
    let data = groups();
    let new = data.new_rows();
    let (first, second) = (subject.fitted_to(&data)?, subject.fitted_to(&data)?);
    same(&first, &second, &new).map_err(|found| format!("two fits with one seed differ: {found}"))?;
    for seed in [0, u64::MAX] {
        let fit = subject.fitted_with(&data, &mut FitContext::new(seed))?;
        let sound = fit.model.sound(data.samples(), new.samples());
        sound.map_err(|found| format!("with the seed {seed}: {found}"))?;
    }
    Ok(())
}

/// That two fits are equal, the reports but for the seconds.
pub(crate) fn same(a: &Fit<Fitted>, b: &Fit<Fitted>, new: &DataSet) -> Result<(), String> {
    let answers = |fit: &Fit<Fitted>| fit.model.answers(new.samples());
    same_answers(&answers(a), &answers(b))?;
    let told = |report: &Report| {
        let mut report = report.clone();
        report.seconds = 0.0;
        report
    };
    let (a, b) = (told(&a.report), told(&b.report));
    // As words, since NaN is equal to NaN here.
    let (a, b) = (format!("{a:?}"), format!("{b:?}"));
    require(a == b, || format!("the reports are {a} and {b}"))
}

pub(crate) fn same_answers(a: &Answers, b: &Answers) -> Result<(), String> {
    match a.difference(b) {
        Some(question) => Err(format!("`{question}` has other bits")),
        None => Ok(()),
    }
}

pub(crate) fn threads(subject: &Subject) -> Result<(), String> {
    let data = groups();
    let new = data.new_rows();
    let mut first: Option<Answers> = None;
    for n_threads in [1, 2, 4] {
        let parallelism = NonZeroUsize::new(n_threads)
            .and_then(|n| Parallelism::threads(n).ok())
            .ok_or_else(|| format!("the system gives no {n_threads} threads"))?;
        let mut ctx = FitContext::new(SEED).with_parallelism(parallelism.clone());
        let fit = subject.fitted_with(&data, &mut ctx)?;
        let answers = parallelism.install(|| fit.model.answers(new.samples()));
        match &first {
            None => first = Some(answers),
            Some(one) => {
                same_answers(one, &answers).map_err(|found| format!("{n_threads} threads or 1: {found}"))?;
            }
        }
    }
    Ok(())
}
