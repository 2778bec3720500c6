//! Each check fails a part that has the flaw it is for, and none fails a part without any.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::sync::atomic::{AtomicI32, Ordering};

use n2d_core::check::same_features;
use n2d_core::persist::{LoadError, Persist, Save, State};
use n2d_core::{
    ApplyError, Clusterer, ConfigError, Control, Fit, FitContext, FitError, FittedClusterer, Labels,
    PartConfig, Predict, Progress, Report, Samples, Stage, Termination,
};
use n2d_testkit::{Check, Suite};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    None,
    LabelBeyond,
    PanicsOnOneRow,
    NotAStage,
    Moody,
    CountsThreads,
    LooksAround,
    HidesPredict,
    TakesAnyWidth,
    StepsBack,
    FailsWhenStopped,
    DeafToCancel,
    SlowToCancel,
    Forgets,
    Trusts,
}

/// Rows on either side of the first row's first value, shifted by what flaws come by.
struct Sides(Flaw);

#[derive(Clone)]
struct Fitted {
    flaw: Flaw,
    shift: i32,
    n_features: usize,
    /// The number of the border among the values, and these.
    at: usize,
    values: Vec<f32>,
    labels: Labels,
}

static MOOD: AtomicI32 = AtomicI32::new(0);

impl Sides {
    fn steps(&self, n: usize, ctx: &mut FitContext<'_>) -> Result<bool, FitError> {
        let mut cancelled = false;
        for step in 1..=n {
            let told = if self.0 == Flaw::StepsBack { n - step } else { step };
            match ctx.step(Progress::new("rows", told, n)) {
                Ok(Control::Stop) if self.0 == Flaw::FailsWhenStopped => {
                    return Err(FitError::Part {
                        part: "sides".into(),
                        source: "stopped".into(),
                    });
                }
                Ok(Control::Stop) => return Ok(true),
                Ok(Control::Continue) => {}
                Err(_) if self.0 == Flaw::DeafToCancel => cancelled = true,
                Err(error) => return Err(error),
            }
        }
        Ok(cancelled)
    }

    fn model(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Fitted>, FitError> {
        assert!(self.0 != Flaw::PanicsOnOneRow || y.n_samples() > 1);
        self.steps(y.n_samples().min(20), ctx)?;
        let mut model = Fitted {
            flaw: self.0,
            shift: match self.0 {
                Flaw::Moody => MOOD.fetch_add(1, Ordering::Relaxed) % 2,
                Flaw::CountsThreads => i32::from(ctx.parallelism().n_threads() > 1),
                _ => 0,
            },
            n_features: y.n_features(),
            at: 0,
            values: y.as_slice()[..y.n_features()].to_vec(),
            labels: Labels::new(vec![0]).unwrap(),
        };
        model.labels = model.label(y);
        let report = Report::new("sides", Termination::ClosedForm);
        Ok(Fit { model, report })
    }
}

impl Clusterer for Sides {
    type Fitted = Fitted;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<Fitted>, FitError> {
        match self.0 {
            Flaw::NotAStage => self.model(y, ctx),
            Flaw::SlowToCancel => ctx.run_stage(Stage::Clusterer, "sides", |ctx| {
                // Looks at the token when all is done.
                let fit = self.model(y, &mut FitContext::new(0))?;
                ctx.step(Progress::new("rows", 0, 2))?;
                let _ = ctx.step(Progress::new("rows", 1, 2));
                let _ = ctx.step(Progress::new("rows", 2, 2));
                Ok(fit)
            }),
            _ => ctx.run_stage(Stage::Clusterer, "sides", |ctx| self.model(y, ctx)),
        }
    }
}

impl Fitted {
    fn label(&self, y: Samples<'_>) -> Labels {
        let far = i32::from(self.flaw == Flaw::LabelBeyond) * 9;
        let around = i32::from(self.flaw == Flaw::LooksAround && y.n_samples() == 1);
        let side = |row: &[f32]| (i32::from(row[0] > self.values[self.at]) + self.shift + around) % 2 + far;
        Labels::new(y.rows().map(side).collect()).unwrap()
    }
}

impl FittedClusterer for Fitted {
    fn name(&self) -> &str {
        "sides"
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        2
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn as_predict(&self) -> Option<&dyn Predict> {
        (self.flaw != Flaw::HidesPredict).then_some(self)
    }

    fn as_save(&self) -> Option<&dyn Save> {
        Some(self)
    }
}

impl Predict for Fitted {
    fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
        if self.flaw != Flaw::TakesAnyWidth {
            same_features(self.name(), self.n_features, y)?;
        }
        Ok(self.label(y))
    }
}

impl Persist for Fitted {
    const KIND: &'static str = "sides";

    fn save(&self, state: &mut State) {
        let border = if self.flaw == Flaw::Forgets {
            -9.0
        } else {
            self.values[0]
        };
        state.set("at", &self.at);
        state.set("trusts", &(self.flaw == Flaw::Trusts));
        state.put("values", &[&[border], &self.values[1..]].concat());
        state.put_labels("labels", &self.labels);
    }

    fn load(state: &State) -> Result<Self, LoadError> {
        let values: Vec<f32> = state.finite_vec("values")?;
        let at: usize = state.get("at")?;
        let flaw = if state.get("trusts")? {
            Flaw::Trusts
        } else {
            Flaw::None
        };
        state.expect("at", "a column", flaw == Flaw::Trusts || at < values.len())?;
        Ok(Self {
            flaw,
            shift: 0,
            n_features: values.len(),
            at,
            values,
            labels: state.labels_of("labels", 2)?,
        })
    }
}

fn suite(flaw: Flaw) -> Suite<Fitted> {
    Suite::clusterer(Sides(flaw)).predicts().saves()
}

#[test]
fn a_part_without_a_flaw_passes() {
    let summary = suite(Flaw::None).run();
    assert_eq!(summary.passed.len(), Check::ALL.len() - 1);
    assert_eq!(
        summary.left_out,
        [(Check::Configuration, "no configuration was given")]
    );
}

#[test]
fn every_flaw_is_found() {
    for (flaw, check, words) in [
        (
            Flaw::LabelBeyond,
            Check::SoundResults,
            "the label 10 is not below n_clusters, 2",
        ),
        (Flaw::PanicsOnOneRow, Check::SoundResults, "one sample: a panic"),
        (
            Flaw::NotAStage,
            Check::SoundResults,
            "is the fit wrapped in `run_stage`?",
        ),
        (Flaw::NotAStage, Check::Observer, "not Started and Finished"),
        (Flaw::Moody, Check::FitTwice, "has other bits"),
        (Flaw::CountsThreads, Check::Threads, "2 threads or 1"),
        (Flaw::LooksAround, Check::BatchSplit, "in pieces of 1 rows"),
        (
            Flaw::HidesPredict,
            Check::StaticAndDynamic,
            "`as_predict` is None",
        ),
        (
            Flaw::TakesAnyWidth,
            Check::FeatureMismatch,
            "`predict` was given rows of 4 features, not 3",
        ),
        (Flaw::StepsBack, Check::Observer, "falls from step"),
        (Flaw::FailsWhenStopped, Check::Stop, "asked to stop at event 1"),
        (Flaw::DeafToCancel, Check::Cancel, "goes on to its end"),
        (Flaw::SlowToCancel, Check::Cancel, "goes on to its end"),
        (Flaw::Forgets, Check::SaveAndLoad, "after loading"),
        (Flaw::Trusts, Check::HostileStates, "a panic"),
        (Flaw::Trusts, Check::DamagedFiles, "made right: a panic"),
    ] {
        let found = suite(flaw).check(check).expect_err(&format!("{flaw:?}"));
        assert!(found.contains(words), "{flaw:?}: {found}");
    }
}

#[test]
fn capabilities_are_declared() {
    let found = Suite::clusterer(Sides(Flaw::None))
        .check(Check::StaticAndDynamic)
        .unwrap_err();
    assert_eq!(
        found,
        "`as_predict` is Some, but the suite is not told: declare it"
    );
}

#[test]
fn exceptions_are_declared_and_needed() {
    let flawed = suite(Flaw::PanicsOnOneRow).allow("one sample", "it panics");
    assert!(
        flawed.check(Check::SoundResults).is_err(),
        "a panic is no exception"
    );
    let needless = suite(Flaw::None)
        .allow("one sample", "none")
        .allow("cancel", "none");
    let found = needless.check(Check::SoundResults).unwrap_err();
    assert!(found.starts_with("one sample: it is fitted, although"), "{found}");
    assert!(
        needless
            .check(Check::Cancel)
            .unwrap_err()
            .starts_with("it passes, although")
    );
    assert_eq!(
        suite(Flaw::DeafToCancel)
            .allow("cancel", "deaf")
            .check(Check::Cancel),
        Ok(())
    );
}

#[test]
#[should_panic(expected = "`sides` does not conform:\nfeature mismatch: `predict` was given")]
fn a_run_names_part_and_check() {
    suite(Flaw::TakesAnyWidth).run();
}

#[test]
#[should_panic(expected = "`two rows` is neither a data set nor a check")]
fn unknown_exceptions_are_refused() {
    let _ = suite(Flaw::None).allow("two rows", "no such set");
}

/// Takes unknown fields, and can't write what it reads.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Lax {
    tol: f64,
}

/// Has a field that must be given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demanding {
    tol: f64,
}

macro_rules! part_config {
    ($($config:ident),*) => {$(
        impl PartConfig for $config {
            const NAME: &'static str = "sides";
            type Part = Sides;

            fn build(&self) -> Result<Sides, ConfigError> {
                Ok(Sides(Flaw::None))
            }
        }
    )*};
}

part_config!(Lax, Demanding);

#[test]
fn configurations_are_checked() {
    let of = |suite: Suite<Fitted>| suite.check(Check::Configuration).unwrap_err();
    let lax = of(suite(Flaw::None).with_config(Lax::default()));
    assert_eq!(lax, "a field that it does not have is not refused");
    let infinite = of(suite(Flaw::None).with_config(Lax { tol: f64::INFINITY }));
    assert!(infinite.starts_with("from its own JSON"), "{infinite}");
    let demanding = of(suite(Flaw::None).with_config(Demanding::default()));
    assert!(
        demanding.starts_with("from {}: missing field `tol`"),
        "{demanding}"
    );
}
